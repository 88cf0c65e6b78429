package stacktrace

import "strings"

// parseJVM parses what Throwable.printStackTrace writes, bare frames, and the
// main thread of a thread dump.
func parseJVM(text string, c *chain) {
	c.t.Format = FormatJVM
	p := jvmParser{chain: c, suppressed: -1}
	for line := range strings.SplitSeq(mainThread(text), "\n") {
		if !p.line(strings.TrimRight(line, "\r ")) {
			break
		}
	}
	splitJavascript(c)
}

// mainThread returns the main thread's part of a thread dump, else the text.
func mainThread(text string) string {
	start := 0
	if !strings.HasPrefix(text, `"main" `) {
		start = strings.Index(text, "\n\"main\" ") + 1
		if start == 0 {
			return text
		}
	}
	if !strings.Contains(firstLine(text[start:]), "tid=") {
		return text
	}
	_, frames, _ := strings.Cut(text[start:], "\n")
	if end := strings.Index(frames, "\n\n"); end >= 0 {
		frames = frames[:end]
	}
	if end := strings.Index(frames, "\n\""); end >= 0 {
		frames = frames[:end]
	}
	return frames
}

type jvmParser struct {
	*chain

	// header is true between an exception's header and its first frame, where
	// lines belong to its message.
	header bool
	// before is what stands before the first exception.
	before preamble
	// suppressed is the indentation of the Suppressed line whose exceptions
	// are being left out, -1 outside.
	suppressed int
}

// line takes the next line. It returns false where another trace begins.
func (p *jvmParser) line(line string) bool {
	s := strings.TrimSpace(line)
	if p.suppressed >= 0 {
		// What a suppressed exception was caused by stands as deep as itself.
		if !strings.HasPrefix(s, "Caused by: ") || p.suppressed > 0 && indent(line) >= p.suppressed {
			return true
		}
		p.suppressed = -1
	}
	rest, at := strings.CutPrefix(s, "at ")
	if f, ok := jvmFrame(rest); ok && (at || len(p.t.Exceptions) == 0 || !p.header) {
		if len(p.t.Exceptions) == 0 && len(p.before.lines) > 0 {
			p.begin(p.before.header())
		}
		p.header = false
		p.add(&f)
		return true
	}
	return p.between(line, s)
}

// between takes a line that is no frame.
func (p *jvmParser) between(line, s string) bool {
	if rest, ok := strings.CutPrefix(s, "Caused by: "); ok {
		if len(p.t.Exceptions) == 0 && len(p.before.lines) > 0 {
			p.begin(p.before.header())
		}
		if strings.HasPrefix(rest, "[CIRCULAR REFERENCE") {
			return false
		}
		typ, message, _ := jvmHeader(rest)
		p.begin(typ, message)
		p.header = true
		return true
	}
	switch {
	case strings.HasPrefix(s, "Suppressed: "):
		p.suppressed = indent(line)
	case strings.HasPrefix(s, "... "):
		if n, _, _ := strings.Cut(s[4:], " "); len(p.t.Exceptions) > 0 {
			p.current().Omitted += atoi(n)
		}
	case strings.HasPrefix(s, "[CIRCULAR REFERENCE"):
		return false
	case p.header:
		p.addMessage(s)
	case s == "", s[0] == '|', strings.HasPrefix(s, "- "), strings.HasPrefix(s, "native: "): // a thread dump's state and locks
	case strings.HasPrefix(s, `"`) && strings.Contains(s, " tid="):
		return len(p.t.Exceptions) == 0
	case len(p.t.Exceptions) == 0:
		p.before.add(s)
	default:
		_, _, ok := jvmHeader(s)
		return !ok
	}
	return true
}

// jvmFrame parses `[module/]class.method(source)`.
func jvmFrame(s string) (Frame, bool) {
	head, source, found := strings.Cut(s, "(")
	if !found {
		return Frame{}, false
	}
	source, after, found := strings.Cut(source, ")")
	if !found || after != "" && !strings.HasPrefix(after, " ~[") && !strings.HasPrefix(after, " [") {
		return Frame{}, false
	}
	spaced := strings.HasSuffix(head, " ")
	head = stripLoader(strings.TrimSuffix(head, " "))
	dot := strings.LastIndexByte(head, '.')
	if dot <= 0 || !isDotted(head) {
		return Frame{}, false
	}
	f := Frame{Module: head[:dot], Function: head[dot+1:]}
	if f.Module[len(f.Module)-1] == '.' || !jvmSource(source, &f) {
		return Frame{}, false
	}
	if spaced && f.File != "" && !isJVMFile(f.File) {
		return Frame{}, false
	}
	return f, true
}

// stripLoader cuts "java.base@17/", "app//" off a class. In
// "A$$Lambda$14/0x0800.run" the part after the slash is no class.
func stripLoader(head string) string {
	i := strings.LastIndexByte(head, '/')
	if i < 0 || i+1 == len(head) || head[i+1] >= '0' && head[i+1] <= '9' {
		return head
	}
	return head[i+1:]
}

// jvmSource parses what stands in a frame's brackets. R8's map id and its
// stand-ins say nothing of a file.
func jvmSource(source string, f *Frame) bool {
	file, line, numbered := cutNumber(source)
	switch {
	case file == "" || strings.EqualFold(file, "Native Method"), file == "Unknown Source", file == "SourceFile", file == "PG", file == "<unknown>",
		strings.HasPrefix(file, "r8-map-id-"):
		f.Line = line
		return source != ""
	case strings.ContainsAny(file, " ,/:;&*[]"):
		return false // parameters (.NET) or an address (JavaScript)
	case !numbered && !isJVMFile(file):
		return false
	}
	f.File, f.Line = file, line
	return true
}

func isJVMFile(file string) bool {
	for _, suffix := range [...]string{".java", ".kt", ".kts", ".scala", ".groovy", ".clj"} {
		if strings.HasSuffix(file, suffix) {
			return true
		}
	}
	return strings.HasPrefix(file, "D8$$")
}

// splitJavascript makes a cause of the JavaScript stack that React Native's
// Android part puts into the message of a JavascriptException.
func splitJavascript(c *chain) {
	c.end()
	for i := range c.t.Exceptions {
		e := &c.t.Exceptions[i]
		if !strings.HasSuffix(e.Type, "JavascriptException") {
			continue
		}
		message, stack, found := strings.Cut(e.Message, ", stack:\n")
		if !found {
			return
		}
		e.Message = message
		c.t.Exceptions = c.t.Exceptions[:i+1]
		typ, text := jsHeader(message)
		if len(c.t.Exceptions) == MaxExceptions {
			return
		}
		c.begin(typ, text)
		for line := range strings.SplitSeq(stack, "\n") {
			if f, ok := jsFrame(strings.TrimSpace(line)); ok {
				c.add(&f)
			}
		}
		c.t.Format = FormatJS
		return
	}
}
