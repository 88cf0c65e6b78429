package stacktrace

import "strings"

// endOfInner ends the frames of an inner exception in .NET's texts.
const endOfInner = "--- End of inner exception stack trace ---"

// parseDotnet parses .NET and Mono. They print the whole chain of headers
// first ("Outer: m ---> Inner: m"), then the frames from the root outwards.
func parseDotnet(text string, c *chain) {
	c.t.Format = FormatDotnet
	p := dotnetParser{}
	for line := range strings.SplitSeq(text, "\n") {
		if !p.line(strings.TrimSpace(line)) {
			break
		}
	}
	p.finish(c)
}

type dotnetParser struct {
	before preamble
	// signal is what Mono says of a crash in native code.
	signal string
	// frames are of the root first; done counts the inner ones that ended.
	frames [MaxExceptions]chain
	done   int
	// started is true after the first frame.
	started bool
}

func (p *dotnetParser) line(s string) bool {
	if rest, ok := strings.CutPrefix(s, "at "); ok {
		if f, ok := dotnetFrame(rest); ok {
			p.started = true
			p.frames[min(p.done, MaxExceptions-1)].add(&f)
			return true
		}
	}
	switch {
	case s == "":
	case strings.HasPrefix(s, endOfInner):
		p.done++
	case strings.HasPrefix(s, "Got a SIG"):
		p.signal, _, _ = strings.Cut(s[len("Got a "):], " ")
	case !p.started && strings.HasPrefix(s, "---> ") && len(p.before.lines) > 0:
		p.before.extend(s)
	case p.started:
		// Another exception's header ends this trace, but not what stands
		// between the managed and the Java half of one.
		_, _, ok := jvmHeader(cleanHeader(s))
		return !ok || p.done > 0
	default:
		p.before.add(s)
	}
	return true
}

// headers splits what precedes the frames into the chain's headers, outermost
// first.
func (p *dotnetParser) headers() []Exception {
	typ, message := p.before.header()
	list := []Exception{{Type: typ}}
	for i, part := 0, ""; message != ""; i++ {
		part, message, _ = strings.Cut(message, " ---> ")
		if i == 0 {
			list[0].Message = part
			continue
		}
		inner, text, ok := jvmHeader(firstLine(part))
		if !ok { // the arrow was part of the message
			if last := &list[len(list)-1]; len(last.Message) < maxMessage {
				last.Message += " ---> " + part
			}
			continue
		}
		list = append(list, Exception{Type: inner, Message: text + part[len(firstLine(part)):]})
		if len(list) == MaxExceptions {
			break
		}
	}
	if typ == "" && p.signal != "" {
		list[0].Type = p.signal
	}
	return list
}

// finish puts headers and frames together, outermost first. Where the text has
// fewer ends of inner exceptions than headers, the frames are the root's.
func (p *dotnetParser) finish(c *chain) {
	headers := p.headers()
	count := max(len(headers), min(p.done, MaxExceptions-1)+1)
	for i := range count {
		c.begin("", "")
		e := c.current()
		if i < len(headers) {
			e.Type, e.Message = clip(headers[i].Type, maxType), clip(headers[i].Message, maxMessage)
		}
		inner := &p.frames[count-1-i]
		inner.end()
		if len(inner.t.Exceptions) > 0 {
			e.Frames, e.Omitted = inner.t.Exceptions[0].Frames, inner.t.Exceptions[0].Omitted
			c.t.Truncated = c.t.Truncated || inner.t.Truncated
		}
	}
}

// dotnetFrame parses `Type.Method(args) in file:line n` and Mono's
// `Type.Method (args) [0x0] in <guid>:0`, `(wrapper x) Type:Method (args)`.
func dotnetFrame(s string) (Frame, bool) {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "(wrapper "); ok {
		_, after, found := strings.Cut(rest, ") ")
		if !found {
			return Frame{}, false
		}
		f, ok := dotnetFrame(after)
		f.System = true
		return f, ok
	}
	name, args, found := strings.Cut(s, "(")
	if !found {
		name, args, found = strings.Cut(s, " [0x")
		if !found {
			return Frame{}, false
		}
	}
	f, ok := dotnetName(strings.TrimSpace(name))
	if !ok {
		return Frame{}, false
	}
	if i := strings.LastIndex(args, " in "); i >= 0 {
		dotnetPlace(strings.TrimSpace(args[i+4:]), &f)
	}
	return f, true
}

// dotnetName splits a method's full name.
func dotnetName(name string) (Frame, bool) {
	if name == "" || strings.ContainsAny(name, " \"'=") && !strings.ContainsAny(name, "[<") {
		return Frame{}, false
	}
	if i := strings.LastIndexByte(name, ':'); i > 0 && i+1 < len(name) {
		return Frame{Module: strings.TrimSuffix(name[:i], ":"), Function: name[i+1:]}, true
	}
	// A.B`1[[C.D, E]].F and A.<M>g__L|0_0: the last dot outside of brackets.
	depth := 0
	for i := len(name) - 1; i > 0; i-- {
		switch name[i] {
		case ']', '>':
			depth++
		case '[', '<':
			depth--
		case '.':
			if depth > 0 {
				continue
			}
			split := i
			if name[i-1] == '.' { // X..ctor
				split = i - 1
			}
			return Frame{Module: name[:split], Function: name[split+1:]}, split > 0
		}
	}
	return Frame{}, false
}

// dotnetPlace parses `file:line n`, `file:n` and `<guid>:0`.
func dotnetPlace(place string, f *Frame) {
	if strings.HasPrefix(place, "<") {
		return
	}
	if file, line, ok := strings.Cut(place, ":line "); ok {
		f.File, f.Line = file, atoi(line)
		return
	}
	f.File, f.Line, _ = cutNumber(place)
}
