package fingerprint

import (
	"strings"

	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// dotnet normalises a frame of .NET, Mono or IL2CPP.
func (n *normaliser) dotnet(f *stacktrace.Frame) token {
	module, function := f.Module, f.Function
	switch {
	case module == "<Module>", module == "object", function == "<unknown>", strings.HasPrefix(function, "runtime_invoke_"), isGUID(function):
		return token{class: nothing}
	case isCallback(function):
		return token{scope: module, name: function, class: nothing}
	}
	scope, name := stateMachine(cutArguments(module), cutArguments(function))
	scope = strings.TrimPrefix(dotnetClass(scope), "MonoTouch.")
	name = strings.TrimPrefix(cutGenerics(name), ".")
	if i := strings.IndexByte(name, '('); i > 0 {
		name = name[:i]
	}
	t := token{scope: scope, name: name}
	if n.isInApp(module) {
		t.class = app
		return t
	}
	t.class = dotnetRule(scope, name)
	if t.class == unknown && f.System {
		t.class = system
	}
	return t
}

// isGUID says whether a name is the id of a method made at run time.
func isGUID(s string) bool {
	return len(s) >= 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' && isHexRun(s[:8], 8)
}

// cutArguments cuts arities and type arguments in square brackets off a name:
// A`2[B.C,D].E is A.E.
func cutArguments(name string) string {
	if !strings.ContainsAny(name, "[`") {
		return name
	}
	out := make([]byte, 0, len(name))
	depth := 0
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '[':
			depth++
		case c == ']':
			depth = max(depth-1, 0)
		case depth > 0:
		case c == '`':
			for i+1 < len(name) && name[i+1] >= '0' && name[i+1] <= '9' {
				i++
			}
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// isCallback says whether a method is Xamarin's native callback n_OnX_LY.
func isCallback(name string) bool {
	return strings.HasPrefix(name, "n_") && len(name) > 3 && name[2] >= 'A' && name[2] <= 'Z'
}

// dotnetClass cuts generics off a class's name and unifies what stands between
// a class and one nested in it.
func dotnetClass(name string) string {
	name = cutGenerics(name)
	if i := strings.IndexByte(name, '@'); i > 0 { // F#'s closures
		name = name[:i]
	}
	if strings.ContainsAny(name, "+/") {
		name = strings.NewReplacer("+", ".", "/", ".").Replace(name)
	}
	return strings.TrimSuffix(name, ".")
}

// stateMachine finds the method in which the compiler's classes for lambdas,
// iterators and async methods were written: X+<M>d__7.MoveNext is X, M;
// X.<M>b__1 is X, M; X+<>c__DisplayClass3_0.<M>b__0 is X, M.
func stateMachine(module, function string) (scope, name string) {
	scope, name = module, function
	if method, ok := generated(function); ok {
		name = method
	}
	for range 4 {
		open := strings.LastIndexAny(scope, "+/.")
		if open < 0 {
			break
		}
		inner := scope[open+1:]
		if !strings.HasPrefix(inner, "<") && !strings.HasPrefix(inner, "c__") {
			break
		}
		if method, ok := generated(inner); ok && (name == "MoveNext" || name == function) {
			name = method
		}
		scope = scope[:open]
	}
	return scope, name
}

// generated parses <M>d__7, <M>c__async0, <M>b__1, <M>g__L|2_0. A name without
// method (<>c) is generated, too, but names none.
func generated(s string) (method string, ok bool) {
	rest, found := strings.CutPrefix(s, "<")
	if !found {
		return "", false
	}
	method, kind, found := strings.Cut(rest, ">")
	if !found || method == "" || kind == "" {
		return "", false
	}
	if strings.HasPrefix(kind, "g__") {
		if local, _, ok := strings.Cut(kind[3:], "|"); ok {
			return local, true
		}
	}
	return method, true
}
