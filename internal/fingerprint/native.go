package fingerprint

import (
	"strconv"
	"strings"

	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// native normalises a frame of machine code: Objective-C, Swift, C, C++, Rust.
func (n *normaliser) native(f *stacktrace.Frame) token {
	t := token{image: imageName(f.Image)}
	ours := n.isInApp(t.image)
	isSystem := !ours && (f.System || isSystemImage(t.image))
	symbol := f.Function
	if symbol == "" || symbol == "0" || symbol == "??" || symbol == "<redacted>" || symbol == "<unknown>" || symbol == "???" {
		return n.rawFrame(&t, f, isSystem)
	}
	t.scope, t.name = nativeSymbol(symbol)
	switch {
	case t.name == "":
		t.class = nothing
	case ours:
		t.class = app
	default:
		t.class = nativeRule(t.name, t.scope)
		if t.class == unknown && isSystem {
			t.class = system
		}
	}
	return t
}

// rawFrame is a frame without symbol. The app's counts by the offset in its
// image, which the image's id or the build must scope; a system's changes with
// every version of it, so that only the image is left.
func (n *normaliser) rawFrame(t *token, f *stacktrace.Frame, isSystem bool) token {
	t.name, t.raw = t.image, true
	switch {
	case t.image == "":
		t.class = nothing
	case isThrowImage(t.image):
		t.class = throw
	case isSystem:
		t.class = system
	default:
		t.class = app
		id := f.ImageID
		if id == "" {
			id = n.build
		}
		if id != "" && f.Offset != 0 {
			t.name = t.image + "+" + strconv.FormatUint(f.Offset, 16) + "@" + strings.ToLower(strings.ReplaceAll(id, "-", ""))
		}
	}
	return *t
}

// imageName is an image's file without path, version and the archive around it.
func imageName(path string) string {
	name := baseName(path)
	if i := strings.LastIndexByte(name, '!'); i >= 0 { // base.apk!libx.so
		name = name[i+1:]
	}
	if strings.HasPrefix(name, "libsystem_") {
		return "libsystem"
	}
	if name == "UIKitCore" {
		return "UIKit"
	}
	if name == "<unknown>" || name == "???" || strings.HasPrefix(name, "[") {
		return ""
	}
	return name
}

// nativeSymbol splits a symbol into class and function.
func nativeSymbol(s string) (scope, name string) {
	if cls, method, ok := objectiveC(s); ok {
		return cls, method
	}
	if name, ok := mangled(s); ok {
		return splitQualified(name)
	}
	s = swift(s)
	s = cutSuffixes(s)
	return splitQualified(cutSignature(s))
}

// splitQualified splits A::b and A.b at the last separator.
func splitQualified(s string) (scope, name string) {
	if i := strings.LastIndex(s, "::"); i > 0 {
		return s[:i], s[i+2:]
	}
	if i := strings.LastIndexByte(s, '.'); i > 0 && i+1 < len(s) && !strings.ContainsAny(s, " -[") {
		return s[:i], s[i+1:]
	}
	return "", s
}

// objectiveC parses -[Class(Category) selector:], also of a block written in
// it (__31-[Class selector:]_block_invoke_2).
func objectiveC(s string) (class, method string, ok bool) {
	open := strings.IndexByte(s, '[')
	if open < 1 || s[open-1] != '-' && s[open-1] != '+' || strings.Trim(s[:open-1], "_0123456789") != "" {
		return "", "", false
	}
	sign, body := s[open-1:open], s[open+1:]
	rest := ""
	if end := strings.IndexByte(body, ']'); end >= 0 {
		body, rest = body[:end], body[end+1:]
	}
	class, method, _ = strings.Cut(body, " ")
	if i := strings.IndexByte(class, '('); i > 0 {
		class = class[:i]
	}
	if strings.Contains(rest, "_block_invoke") {
		method += " block"
	}
	return class, sign + method, true
}

// swift cuts off what Swift's compiler puts before and after a function's name.
func swift(s string) string {
	closure := false
	for range 8 {
		before := s
		for _, prefix := range [...]string{
			"specialized ", "partial apply for ", "@objc ", "merged ", "generic ", "dispatch thunk of ", "reabstraction thunk helper from ", "thunk for ",
			"static ", "@nonobjc ", "implicit ", "outlined ", "lazy protocol witness ", "default argument 0 of ",
		} {
			s = strings.TrimPrefix(s, prefix)
		}
		if strings.HasPrefix(s, "closure #") || strings.HasPrefix(s, "$defer #") || strings.HasPrefix(s, "closure ") {
			if _, rest, ok := strings.Cut(s, " in "); ok {
				closure, s = true, rest
			}
		}
		if strings.HasPrefix(s, "(") { // (1) suspend resume partial function for f
			if _, rest, ok := strings.Cut(s, " partial function for "); ok {
				s = rest
			}
		}
		if rest, ok := strings.CutPrefix(s, "protocol witness for "); ok {
			if member, in, ok := strings.Cut(rest, " in conformance "); ok {
				member = cutSignature(member)
				s = in + "." + member[strings.LastIndexByte(member, '.')+1:]
			}
		}
		if s == before {
			break
		}
	}
	if closure {
		return cutSignature(s) + " closure"
	}
	return s
}

// cutSuffixes cuts off what linkers and optimisers append.
func cutSuffixes(s string) string {
	if i := strings.Index(s, "_block_invoke"); i > 0 {
		s = strings.TrimLeft(s[:i], "_") + " block"
	}
	if i := strings.Index(s, "@@"); i > 0 {
		s = s[:i]
	}
	s = strings.TrimSuffix(s, "@plt")
	for _, mark := range [...]string{" [clone", " [inlined", ".cold", ".isra.", ".part.", ".constprop.", ".llvm.", ".lto_priv.", "+ ", "[abi:"} {
		if i := strings.Index(s, mark); i > 0 {
			s = s[:i]
		}
	}
	if i := strings.LastIndex(s, "::h"); i > 0 && len(s)-i == 19 { // Rust's hash
		s = s[:i]
	}
	return strings.TrimSpace(s)
}

// cutSignature leaves a function's qualified name: without return type,
// parameters, template arguments, and with one name for lambdas.
func cutSignature(s string) string {
	if !strings.ContainsAny(s, "(<{ ") {
		return s
	}
	if rest, ok := strings.CutSuffix(s, " closure"); ok {
		return cutSignature(rest) + " closure"
	}
	if strings.HasSuffix(s, " block") || strings.Contains(s, "operator") {
		return s
	}
	for _, anonymous := range [...]string{"(anonymous namespace)", "`anonymous namespace'", "<unnamed>"} {
		s = strings.ReplaceAll(s, anonymous, "anonymous")
	}
	name := cutBrackets(s)
	if name == "" {
		return s
	}
	for _, inline := range [...]string{"std::__1::", "std::__ndk1::", "std::__cxx11::"} {
		name = strings.ReplaceAll(name, inline, "std::")
	}
	return name
}

// cutBrackets leaves what stands outside of () and <>, from after the return
// type to what follows the parameters.
func cutBrackets(s string) string {
	out := make([]byte, 0, len(s))
	round, angle := 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '(':
			round++
		case c == ')':
			round = max(round-1, 0)
		case c == '<' && len(out) > 0:
			angle++
		case c == '>':
			angle = max(angle-1, 0)
		case round > 0 || angle > 0:
		case c == ' ' && len(out) > 0 && endsName(s[i+1:]):
			return string(out)
		case c == ' ':
			out = out[:0]
		case c == '{':
			out = append(out, "{lambda}"...)
			i += max(strings.IndexByte(s[i:], '}'), 0)
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// endsName says whether s, after a space, is no longer a function's name:
// "-> Int", "const", "in Module".
func endsName(s string) bool {
	return strings.HasPrefix(s, "-") || strings.HasPrefix(s, "const") || strings.HasPrefix(s, "in ")
}
