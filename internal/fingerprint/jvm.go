package fingerprint

import (
	"strings"

	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// jvm normalises a frame of Java, Kotlin or what R8 made of them.
func (n *normaliser) jvm(f *stacktrace.Frame) token {
	module := cutLoader(f.Module)
	scope, synthetic := jvmClass(module)
	t := token{scope: scope, name: jvmFunction(f.Function)}
	made := strings.HasPrefix(f.File, "D8$$") // by the compiler
	t.minified = (f.File == "" || made) && len(t.name) <= 2 && allShort(scope)
	t.delegate = synthetic || made || isAccessor(f.Function)
	if inner, method, ok := lambdaClass(scope, f.Function); ok {
		t.scope, t.name = inner, method
	}
	switch {
	case f.Function == "" && f.Module == "", isGUID(f.Function):
		t.class = nothing
	case n.isInApp(module):
		t.class = app
	default:
		t.class = jvmRule(scope, t.name)
	}
	if t.class == unknown && f.System {
		t.class = system
	}
	return t
}

// cutLoader cuts "java.base@17/" off a class. In "A$$Lambda$14/0x08" the part
// after the slash is no class.
func cutLoader(module string) string {
	i := strings.LastIndexByte(module, '/')
	if i < 0 || i+1 == len(module) || module[i+1] >= '0' && module[i+1] <= '9' {
		return module
	}
	return module[i+1:]
}

// syntheticMark finds what compilers, proxies and mocks append to a class.
func syntheticMark(name string) (at int, ok bool) {
	for _, mark := range [...]string{
		"-$$Lambda$", "$$ExternalSynthetic", "$$Lambda", "$$SyntheticClass", "$$InternalSynthetic", "$$inlined", "$$IA", "-CC", "_$$_javassist",
		"$$EnhancerBy", "$$FastClassBy", "$$SpringCGLIB", "$HibernateProxy", "$MockitoMock", "$ByteBuddy",
	} {
		if i := strings.Index(name, mark); i >= 0 {
			return i, true
		}
	}
	return 0, false
}

// jvmClass cuts off a class's name what differs from build to build. synthetic
// is true for a class of which the compiler or a proxy made all methods.
func jvmClass(name string) (class string, synthetic bool) {
	if strings.IndexByte(name, '$') < 0 && !strings.HasSuffix(name, "-CC") {
		return cutFacade(name), false
	}
	if i := strings.Index(name, "$Proxy"); i >= 0 && isDigits(name[i+len("$Proxy"):]) {
		return "$Proxy", true
	}
	if i, ok := syntheticMark(name); ok {
		synthetic = !strings.HasPrefix(name[i:], "-CC") && !strings.HasPrefix(name[i:], "$$inlined")
		if rest, old := strings.CutPrefix(name[i:], "-$$Lambda$"); old { // com.x.-$$Lambda$Cart$hash
			outer, _, _ := strings.Cut(rest, "$")
			return name[:i] + outer, true
		}
		name = name[:i]
	}
	return cutNumbers(cutFacade(name)), synthetic
}

// cutFacade turns Kotlin's FooKt__FooKt into FooKt.
func cutFacade(name string) string {
	if i := strings.Index(name, "Kt__"); i > 0 {
		return name[:i+2]
	}
	return name
}

// cutNumbers leaves one # of the numbers at the end of a class's name and none
// of those inside: A$B$1$2 becomes A$B$#, A$1$B and A$1B become A$B.
func cutNumbers(name string) string {
	if strings.IndexByte(name, '$') < 0 {
		return name
	}
	parts := strings.Split(name, "$")
	out := parts[:1]
	trailing := false
	for _, part := range parts[1:] {
		rest := strings.TrimLeft(part, "0123456789")
		trailing = rest == "" && part != ""
		if rest != "" {
			out = append(out, rest)
		}
	}
	joined := strings.Join(out, "$")
	if trailing {
		joined += "$#"
	}
	return joined
}

// lambdaClass finds the method in which Kotlin's lambda or coroutine class was
// written: A$load$1.invokeSuspend is A|load.
func lambdaClass(scope, function string) (class, method string, ok bool) {
	if function != "invokeSuspend" && function != "invoke" {
		return "", "", false
	}
	name := strings.TrimSuffix(scope, "$#")
	i := strings.LastIndexByte(name, '$')
	if i <= 0 || i+1 == len(name) || name[i+1] < 'a' || name[i+1] > 'z' {
		return "", "", false
	}
	return name[:i], name[i+1:], true
}

// jvmFunction cuts off a method's name what compilers add to it.
func jvmFunction(name string) string {
	for strings.HasPrefix(name, "lambda$") { // lambda$onCreate$0, lambda$onCreate$0$com-x-Cart
		name = name[len("lambda$"):]
		if inner, _, ok := strings.Cut(name, "$"); ok && inner != "lambda" {
			name = inner
		}
	}
	if i := strings.IndexByte(name, '$'); i > 0 {
		switch rest := name[i:]; {
		case strings.HasPrefix(rest, "$lambda"), rest == "$default", rest == "$suspendImpl", strings.HasSuffix(rest, "_release"), strings.HasSuffix(rest, "_debug"):
			name = name[:i]
		}
	}
	if i := strings.IndexByte(name, '-'); i > 0 { // value classes, Compose: draw-0d7_KjU
		name = name[:i]
	}
	return name
}

// isAccessor says whether a compiler made a method to call another one.
func isAccessor(name string) bool {
	if name == "" {
		return false
	}
	switch name[0] {
	case 'a':
		return strings.HasPrefix(name, "access$")
	case 'b':
		return name == "bridge"
	case '-':
		return strings.HasPrefix(name, "-$$Nest$") || strings.HasPrefix(name, "-get") || strings.HasPrefix(name, "-set") || strings.HasPrefix(name, "-wrap")
	case '$':
		return strings.HasPrefix(name, "$r8$")
	default:
		return false
	}
}

// allShort says whether all labels of a name are as short as obfuscators make
// them.
func allShort(name string) bool {
	n := 0
	for i := range len(name) {
		switch name[i] {
		case '.', '$':
			n = 0
		case '#':
		default:
			if n++; n > 2 {
				return false
			}
		}
	}
	return name != ""
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
