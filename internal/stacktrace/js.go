package stacktrace

import "strings"

// parseJS parses the stacks of V8, Hermes and JavaScriptCore.
func parseJS(text string, c *chain) {
	c.t.Format = FormatJS
	started := false
	var before preamble
	for line := range strings.SplitSeq(text, "\n") {
		s := strings.TrimSpace(line)
		if f, ok := jsFrame(s); ok {
			if !started {
				started = true
				c.begin(before.header())
			}
			c.add(&f)
			continue
		}
		if n, ok := skipped(s); ok && started {
			c.current().Omitted += n
			continue
		}
		if !started {
			before.add(s)
		}
	}
}

// skipped parses Hermes' "... skipping N frames".
func skipped(s string) (int, bool) {
	rest, ok := strings.CutPrefix(s, "... skipping ")
	if !ok {
		return 0, false
	}
	n, _, _ := strings.Cut(rest, " ")
	return atoi(n), true
}

// jsHeader parses "Name: message". A line that is no such thing is all
// message.
func jsHeader(line string) (typ, message string) {
	line = cleanHeader(line)
	typ, message, found := strings.Cut(line, ": ")
	if !isDotted(typ) || !found && !isErrorName(typ) {
		return "", line
	}
	return typ, strings.TrimSpace(message)
}

// jsFrame parses a frame of any engine.
func jsFrame(s string) (Frame, bool) {
	if rest, ok := strings.CutPrefix(s, "at "); ok {
		return v8Frame(rest)
	}
	return jscFrame(s)
}

// v8Frame parses `[async ][new ]fn[ [as m]] (url:l:c)` and `url:l:c`, without
// the "at".
func v8Frame(s string) (Frame, bool) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "async ")
	if s == "<anonymous>" || s == "native" {
		return Frame{}, true
	}
	if !strings.HasSuffix(s, ")") {
		var f Frame
		return f, jsPlace(s, &f) && !strings.ContainsAny(f.File, "()")
	}
	open := strings.Index(s, " (")
	if open < 0 {
		return Frame{}, false
	}
	f := Frame{Function: strings.TrimSpace(s[:open])}
	place := s[open+2 : len(s)-1]
	place = strings.TrimPrefix(place, "address at ")
	if place == "native" || place == "<anonymous>" || place == "unknown location" {
		return f, true
	}
	// eval at f (url:1:2), <anonymous>:3:4 has its own place last
	if strings.HasPrefix(place, "eval at ") {
		f.Function = "eval"
		if i := strings.LastIndex(place, ", "); i >= 0 {
			place = place[i+2:]
		}
	}
	return f, jsPlace(place, &f)
}

// jscFrame parses `fn@url:l:c`, `@url:l:c` and `fn@[native code]`.
func jscFrame(s string) (Frame, bool) {
	at := strings.IndexByte(s, '@')
	if at < 0 || strings.IndexByte(s[:at], ' ') >= 0 && !strings.HasPrefix(s, "global code") && !strings.HasPrefix(s, "eval code") {
		return Frame{}, false
	}
	// A name may hold an @ of its own only before a path (node_modules/@x).
	f := Frame{Function: s[:at]}
	place := s[at+1:]
	if place == "[native code]" {
		return f, true
	}
	if line, column, found := strings.Cut(place, ":"); found && isDigits(line) && isDigits(column) {
		f.Line, f.Column = atoi(line), atoi(column) // React Native leaves the bundle out
		return f, true
	}
	return f, jsPlace(place, &f)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// jsPlace parses `url:l:c` or `url:l`.
func jsPlace(s string, f *Frame) bool {
	rest, last, ok := cutNumber(s)
	if !ok {
		return false
	}
	if file, line, two := cutNumber(rest); two {
		f.File, f.Line, f.Column = file, line, last
	} else if strings.ContainsAny(rest, "./") {
		f.File, f.Line = rest, last
	}
	return f.File != "" && !strings.ContainsAny(f.File, "\"<>|") || strings.HasSuffix(f.File, "<anonymous>")
}
