package stacktrace

import "strings"

// parseApple parses callStackSymbols and crash reports. Of a report it takes
// the last exception's back trace, else the crashed thread, else the first.
func parseApple(text string, c *chain) {
	c.t.Format = FormatApple
	p := appleParser{}
	for line := range strings.SplitSeq(text, "\n") {
		p.line(strings.TrimSpace(line))
	}
	p.finish(c)
}

// appleSection is the part of a report that a line stands in.
type appleSection int

const (
	appleFirst appleSection = iota // the first list of frames, also outside of any thread
	appleCrashed
	appleException
	appleOther
	appleImages
	appleSections = appleOther
)

type appleParser struct {
	header  appleHeader
	lists   [appleSections]chain
	section appleSection
	last    int // index of the last frame in the section
	raw     []uint64
	images  appleImageList
}

func (p *appleParser) line(s string) {
	if p.section == appleImages {
		p.images.add(s)
		return
	}
	if index, f, ok := appleFrame(s); ok {
		if p.section != appleOther {
			if p.section == appleFirst && p.count() > 0 && index <= p.last {
				p.section = appleOther
				return
			}
			p.lists[p.section].add(&f)
			p.last = index
		}
		return
	}
	switch {
	case strings.HasPrefix(s, "Last Exception Backtrace"):
		p.section = appleException
	case strings.HasPrefix(s, "Binary Images:"):
		p.section = appleImages
	case strings.HasPrefix(s, "Thread "):
		p.thread(strings.TrimPrefix(s, "Thread "))
	case p.section == appleException && strings.HasPrefix(s, "(0x"):
		p.addresses(s)
	default:
		p.header.line(s)
	}
}

func (p *appleParser) count() int { return p.lists[p.section].seen }

// thread takes the head of a thread, "4 Crashed:" or "4:" or "4 name: x".
func (p *appleParser) thread(s string) {
	number, rest := s, ""
	if i := strings.IndexAny(s, " :"); i >= 0 {
		number, rest = s[:i], s[i:]
	}
	if !isDigits(number) || strings.Contains(rest, "State") {
		if isDigits(number) {
			p.section = appleOther // registers follow
		}
		return
	}
	switch {
	case strings.HasPrefix(rest, " Crashed"), number == p.header.thread:
		p.section = appleCrashed
	case p.lists[appleFirst].seen == 0:
		p.section = appleFirst
	default:
		p.section = appleOther
	}
	if p.section == appleCrashed && p.count() > 0 { // its name stands before it
		p.section = appleOther
	}
	p.last = -1
}

// addresses takes an exception's back trace without symbols.
func (p *appleParser) addresses(s string) {
	for word := range strings.FieldsSeq(strings.Trim(s, "()")) {
		if len(p.raw) == MaxFrames {
			return
		}
		p.raw = append(p.raw, hex(word))
	}
}

func (p *appleParser) finish(c *chain) {
	chosen := appleFirst
	for _, s := range [...]appleSection{appleException, appleCrashed} {
		if p.lists[s].seen > 0 || s == appleException && len(p.raw) > 0 && len(p.images.list) > 0 {
			chosen = s
			break
		}
	}
	list := &p.lists[chosen]
	if list.seen == 0 {
		for _, address := range p.raw {
			if f, ok := p.images.at(address); ok {
				list.add(&f)
			}
		}
	}
	c.begin(p.header.name())
	e := c.current()
	list.end()
	if len(list.t.Exceptions) > 0 {
		e.Frames, e.Omitted = list.t.Exceptions[0].Frames, list.t.Exceptions[0].Omitted
		c.t.Truncated = list.t.Truncated
	}
	p.images.name(e.Frames)
}

// appleHeader is what a report says before its threads.
type appleHeader struct {
	typ, codes       string
	exception, cause string // of the NSException
	thread           string
	other            string
}

func (h *appleHeader) line(s string) {
	if _, rest, ok := strings.Cut(s, "uncaught exception '"); ok && h.exception == "" {
		name, reason, _ := strings.Cut(rest, "'")
		h.exception = name
		if _, reason, ok = strings.Cut(reason, "reason: '"); ok {
			h.cause = strings.TrimSuffix(reason, "'")
		}
		return
	}
	key, value, ok := strings.Cut(s, ":")
	if !ok {
		return
	}
	value = strings.TrimSpace(value)
	switch key {
	case "Exception Type":
		if value != "0 (0)" {
			h.typ = value
		}
	case "Exception Codes", "Exception Subtype":
		h.codes = strings.TrimSpace(h.codes + " " + value)
	case "Triggered by Thread", "Crashed Thread":
		h.thread, _, _ = strings.Cut(value, " ")
	default:
		if typ, message, ok := jvmHeader(s); ok && h.other == "" && isErrorName(typ) {
			h.other, h.cause = typ, message
		}
	}
}

func (h *appleHeader) name() (typ, message string) {
	switch {
	case h.exception != "":
		return h.exception, h.cause
	case h.typ == "":
		return h.other, h.cause
	}
	typ, signal, _ := strings.Cut(h.typ, " ")
	return typ, strings.TrimSpace(signal + " " + h.codes)
}

// appleFrame parses `index image address symbol + offset`, with the variants of
// the tools that write reports. index is the frame's own.
func appleFrame(s string) (index int, f Frame, ok bool) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == 0 || n > 4 || n == len(s) || s[n] != ' ' && s[n] != '\t' {
		return 0, Frame{}, false
	}
	image, rest, ok := cutAddress(s[n:])
	if !ok {
		return 0, Frame{}, false
	}
	f.Image = base(image)
	f.System = isSystemPath(image)
	appleSymbol(strings.TrimSpace(rest), &f)
	return atoi(s[:n]), f, true
}

// cutAddress splits s at the first word that is an address.
func cutAddress(s string) (before, after string, ok bool) {
	for from := 0; ; {
		i := strings.Index(s[from:], "0x")
		if i < 0 {
			return "", "", false
		}
		i += from
		end := strings.IndexAny(s[i:], " \t")
		if end < 0 {
			end = len(s) - i
		}
		if i > 0 && (s[i-1] == ' ' || s[i-1] == '\t') && isHex(s[i:i+end]) {
			before = strings.TrimSpace(s[:i])
			return before, s[i+end:], before != ""
		}
		from = i + 2
	}
}

// appleSymbol parses what follows the address: `symbol + 12 (File.swift:3)`,
// `0x1000 + 12`, `0x1000 + 12 (symbol + 3)`, `image + 12`, `symbol (in image)
// (file.c:3)`.
func appleSymbol(s string, f *Frame) {
	if load, rest, ok := strings.Cut(s, " + "); ok && isHex(load) {
		offset, symbol, _ := strings.Cut(rest, " ")
		f.Offset = atoi64(offset)
		s = strings.TrimSuffix(strings.TrimPrefix(symbol, "("), ")")
	}
	s = cutPlace(s, f)
	if plus := strings.LastIndex(s, "+ "); plus >= 0 && isDigits(s[plus+2:]) {
		offset := s[plus+2:]
		s = strings.TrimSpace(s[:plus])
		if s == f.Image {
			f.Offset = atoi64(offset)
		}
	}
	s, _, _ = strings.Cut(s, " (in ")
	switch {
	case s == f.Image, s == "0", s == "<redacted>", s == "???", isHex(s):
	default:
		f.Function = strings.TrimSpace(s)
	}
}

// cutPlace takes ` (File.swift:3)` off the end of s.
func cutPlace(s string, f *Frame) string {
	i := strings.LastIndex(s, " (")
	if i <= 0 || !strings.HasSuffix(s, ")") {
		return s
	}
	file, line, ok := cutNumber(s[i+2 : len(s)-1])
	if !ok || strings.ContainsAny(file, " ()") {
		return s
	}
	f.File, f.Line = file, line
	return s[:i]
}
