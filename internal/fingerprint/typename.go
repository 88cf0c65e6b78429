package fingerprint

import (
	"strings"

	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// typeName is an exception's type as the levels hash it, and for people.
type typeName struct {
	fine, coarse, short string
}

// typeOf normalises a type.
func typeOf(l link, format stacktrace.Format) typeName {
	if format == stacktrace.FormatApple || format == stacktrace.FormatNative || strings.HasPrefix(l.typ, "SIG") || strings.HasPrefix(l.typ, "EXC_") {
		if name, ok := signalName(l.typ + " " + clip(l.message, 64)); ok {
			t := typeName{fine: name, coarse: name, short: l.typ}
			if name == "SEGV" && nullPage(l.message) {
				t.fine = "SEGV null"
			}
			return t
		}
	}
	name := cutGenerics(l.typ)
	for _, prefix := range [...]string{"java.lang.", "Java.Lang.", "builtins."} {
		name = strings.TrimPrefix(name, prefix)
	}
	name = strings.TrimPrefix(name, "MonoTouch.")
	return typeName{fine: name, coarse: name, short: lastLabel(name)}
}

// signalName folds the names under which systems report the same fault: Mach's
// and the signal's, and a trap's on each processor.
func signalName(s string) (string, bool) {
	word := s
	if i := strings.IndexAny(s, " ,:"); i >= 0 {
		word = s[:i]
	}
	switch word {
	case "SIGSEGV", "SIGBUS", "EXC_BAD_ACCESS":
		return "SEGV", true
	case "SIGTRAP", "SIGILL", "EXC_BREAKPOINT", "EXC_BAD_INSTRUCTION":
		return "TRAP", true
	case "SIGFPE", "EXC_ARITHMETIC":
		return "FPE", true
	case "SIGABRT", "EXC_CRASH":
		return "ABRT", true
	case "SIGKILL", "SIGSYS", "SIGPIPE", "SIGTERM", "SIGSTOP", "EXC_RESOURCE", "EXC_GUARD":
		return word, true
	default:
		return "", false
	}
}

// nullPage says whether a fault's address lies in the first 64 KiB.
func nullPage(message string) bool {
	for _, mark := range [...]string{"at 0x", "addr 0x", "address=0x", "address 0x"} {
		if _, rest, ok := strings.Cut(message, mark); ok {
			n := 0
			for n < len(rest) && isHexDigit(rest[n]) {
				n++
			}
			return n > 0 && len(strings.TrimLeft(rest[:n], "0")) <= 4
		}
	}
	return false
}

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// cutGenerics cuts what stands in <> or [] and .NET's arities (`1) out of a
// name.
func cutGenerics(name string) string {
	name = cutArguments(name)
	if strings.IndexByte(name, '<') < 0 {
		return name
	}
	out := make([]byte, 0, len(name))
	depth := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c == '<':
			depth++
		case c == '>':
			depth = max(depth-1, 0)
		case depth == 0:
			out = append(out, c)
		}
	}
	return string(out)
}

// lastLabel is the class without its packages.
func lastLabel(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 && i+1 < len(name) {
		return name[i+1:]
	}
	return name
}
