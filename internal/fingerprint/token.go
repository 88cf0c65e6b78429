package fingerprint

import (
	"strings"
	"unicode/utf8"

	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// class says what a frame is to the fingerprint.
type class uint8

const (
	// unknown is what no rule knows; it counts as the app's.
	unknown class = iota
	app
	// system is the operating system's and other people's code.
	system
	// plumbing only passes calls on: reflection, executors, loopers.
	plumbing
	// throw only raises what it is told to raise; it and all above it are cut.
	throw
	// trampoline is where a signal handler was called; all above it is cut.
	trampoline
	// bottom is a thread's start; it is cut from the stack's end.
	bottom
	// wait is where an idle thread rests; it is cut from the top of a hang.
	wait
	// nothing says nothing.
	nothing
)

// String names the class in explanations.
func (c class) String() string {
	return [...]string{"unknown", "app", "system", "plumbing", "throw", "trampoline", "bottom", "wait", "nothing"}[c]
}

// token is a normalised frame.
type token struct {
	// scope is the class or file, name the function; either may be empty.
	scope, name string
	// image is the binary.
	image string
	class class
	// raw is true for a frame without symbol, minified for one whose names are
	// likely to be made up by an obfuscator.
	raw, minified bool
	// delegate is true for what a compiler made to call what it stands for; it
	// counts only as the throw site.
	delegate bool
	// exception and index are where it stood.
	exception, index int
}

func (t *token) text() string {
	switch {
	case t.scope == "":
		return t.name
	case t.name == "":
		return t.scope
	default:
		return t.scope + "|" + t.name
	}
}

func (t *token) same(o *token) bool {
	return t.name == o.name && t.scope == o.scope && (t.name != "" || t.scope != "" || t.image == o.image)
}

// appendTo appends the token to what is hashed. Names of the system alone are
// too common without their image.
func (t *token) appendTo(b []byte, withImage bool) []byte {
	image := ""
	if withImage {
		image = t.image
	}
	return appendField(appendField(appendField(b, image), t.scope), t.name)
}

// normaliser turns frames into tokens.
type normaliser struct {
	format stacktrace.Format
	// inApp are prefixes of the app's classes.
	appPrefix string
	inApp     []string
	// build scopes what has no id of its own.
	build string
}

func newNormaliser(in *Input, opts Options) *normaliser {
	n := &normaliser{format: in.Trace.Format, inApp: opts.InApp, appPrefix: appPackage(in.AppPrefix), build: in.BuildID}
	if n.format == stacktrace.FormatUnknown {
		n.format = in.Format
	}
	return n
}

// appPackage returns the first two labels of an application id.
func appPackage(id string) string {
	first, rest, ok := strings.Cut(id, ".")
	if !ok {
		return ""
	}
	second, _, _ := strings.Cut(rest, ".")
	if first == "" || second == "" {
		return ""
	}
	return id[:len(first)+1+len(second)]
}

// token normalises a frame.
func (n *normaliser) token(f *stacktrace.Frame) token {
	var t token
	switch n.format {
	case stacktrace.FormatJVM:
		t = n.jvm(f)
	case stacktrace.FormatJS:
		t = n.js(f)
	case stacktrace.FormatDotnet:
		t = n.dotnet(f)
	case stacktrace.FormatApple, stacktrace.FormatNative:
		t = n.native(f)
	default:
		t = generic(f)
	}
	if t.scope == "" && t.name == "" && t.image == "" {
		t.class = nothing
	}
	if t.class == unknown {
		t.class = app
	}
	return t
}

// generic keeps what a frame of an unknown format says, without places.
func generic(f *stacktrace.Frame) token {
	t := token{scope: f.Module, name: f.Function, image: baseName(f.Image)}
	if t.scope == "" {
		t.scope = baseName(f.File)
	}
	if f.System {
		t.class = system
	}
	return t
}

// isInApp says whether the operator or the application id claim a class.
func (n *normaliser) isInApp(name string) bool {
	if n.appPrefix != "" && hasLabelPrefix(name, n.appPrefix) {
		return true
	}
	for _, prefix := range n.inApp {
		if hasLabelPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// hasLabelPrefix says whether name is prefix or stands below it.
func hasLabelPrefix(name, prefix string) bool {
	return strings.HasPrefix(name, prefix) && (len(name) == len(prefix) || name[len(prefix)] == '.' || name[len(prefix)] == '$' || strings.HasSuffix(prefix, "."))
}

// scope returns the build outside of which the tokens mean nothing, where most
// of the app's are obfuscated.
func buildScope(tokens []token, build string) string {
	ours, minified := 0, 0
	for i := range tokens {
		if t := &tokens[i]; t.class == app {
			ours++
			if t.minified {
				minified++
			}
		}
	}
	if minified > 0 && minified*5 >= ours*3 {
		return "build " + build
	}
	return ""
}

func baseName(path string) string {
	if i := strings.LastIndexAny(path, `/\`); i >= 0 {
		return path[i+1:]
	}
	return path
}

// clip shortens s to at most limit bytes at a character's end.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
