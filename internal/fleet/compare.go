package fleet

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Difference is one place where an answer is not as the truth says.
type Difference struct {
	// Path leads to it, such as items[2].events; "" is the document itself.
	Path string
	// Want and Got are JSON values; Got is nil where there is nothing.
	Want, Got any
}

// String says what is different, for people.
func (d Difference) String() string {
	return fmt.Sprintf("%s: want %s, got %s", d.Path, brief(d.Want), brief(d.Got))
}

func brief(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if len(text) > 200 {
		return string(text[:200]) + "…"
	}
	return string(text)
}

// Compare returns where got is not as truth says. Fields that truth does not
// name are free; lists must have the same length and order; numbers may differ
// by a billionth of themselves; two texts of the same instant are equal. Both
// may be anything that encoding/json can write.
func Compare(truth, got any) []Difference {
	want, err := plain(truth)
	if err != nil {
		return []Difference{{Want: err.Error(), Got: got}}
	}
	have, err := plain(got)
	if err != nil {
		return []Difference{{Want: truth, Got: err.Error()}}
	}
	var out []Difference
	compare("", want, have, &out)
	return out
}

// plain turns a value into what encoding/json decodes it to.
func plain(v any) (out any, err error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write %T as JSON: %w", v, err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("read %T back: %w", v, err)
	}
	return out, nil
}

func compare(path string, want, got any, out *[]Difference) {
	differs := func() { *out = append(*out, Difference{path, want, got}) }
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			differs()
			return
		}
		compareFields(path, w, g, out)
	case []any:
		g, ok := got.([]any)
		if !ok {
			differs()
			return
		}
		compareLists(path, w, g, out)
	case float64:
		if g, ok := got.(float64); !ok || !near(w, g) {
			differs()
		}
	case string:
		if g, ok := got.(string); !ok || w != g && !sameInstant(w, g) {
			differs()
		}
	default: // true, false and null
		if want != got {
			differs()
		}
	}
}

func compareFields(path string, want, got map[string]any, out *[]Difference) {
	names := make([]string, 0, len(want))
	for name := range want {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		to := name
		if path != "" {
			to = path + "." + name
		}
		value, ok := got[name]
		if !ok {
			*out = append(*out, Difference{Path: to, Want: want[name]})
			continue
		}
		compare(to, want[name], value, out)
	}
}

func compareLists(path string, want, got []any, out *[]Difference) {
	if len(want) != len(got) {
		*out = append(*out, Difference{path + ".length", len(want), len(got)})
	}
	for i := range min(len(want), len(got)) {
		compare(path+"["+strconv.Itoa(i)+"]", want[i], got[i], out)
	}
}

// near says whether two numbers are equal but for rounding.
func near(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b))
}

func sameInstant(a, b string) bool {
	at, err := time.Parse(time.RFC3339Nano, a)
	if err != nil {
		return false
	}
	bt, err := time.Parse(time.RFC3339Nano, b)
	return err == nil && at.Equal(bt)
}
