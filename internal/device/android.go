package device

import (
	_ "embed" // the tables are files
	"fmt"
	"strings"
)

//go:embed android.txt
var androidTable string

// maxPrefix is the length of the longest beginning of a model, in bytes.
const maxPrefix = 24

// families is classes by the beginning of a model, in lower case.
type families struct {
	classes           map[string]string
	shortest, longest int
}

// class returns the class that the longest matching beginning stands for; ""
// if none matches.
func (f families) class(model string) string {
	var folded [maxPrefix]byte
	n := min(len(model), f.longest)
	for i := range n {
		folded[i] = lower(model[i])
	}
	for ; n >= f.shortest; n-- {
		if class, ok := f.classes[string(folded[:n])]; ok {
			return class
		}
	}
	return ""
}

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b | 0x20
	}
	return b
}

// parseFamilies reads a table of classes; android.txt says how it looks.
func parseFamilies(table string) (families, error) {
	f := families{classes: map[string]string{}, shortest: maxPrefix}
	for i, line := range strings.Split(table, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		class, prefixes, found := strings.Cut(line, ":")
		if !found || ownClass(class) != class && class != ClassUnknown || class == "" {
			return families{}, fmt.Errorf("classes of devices: line %d has no class", i+1)
		}
		for prefix := range strings.SplitSeq(prefixes, "|") {
			prefix = strings.ToLower(strings.TrimSpace(prefix))
			if prefix == "" || len(prefix) > maxPrefix {
				return families{}, fmt.Errorf("classes of devices: line %d: %q must have 1 to %d bytes", i+1, prefix, maxPrefix)
			}
			if _, twice := f.classes[prefix]; twice {
				return families{}, fmt.Errorf("classes of devices: line %d: %q is there twice", i+1, prefix)
			}
			f.classes[prefix] = class
			f.shortest, f.longest = min(f.shortest, len(prefix)), max(f.longest, len(prefix))
		}
	}
	return f, nil
}
