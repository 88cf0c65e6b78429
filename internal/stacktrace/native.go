package stacktrace

import "strings"

// parseNative parses Android's tombstones and the back traces of gdb and lldb.
// Of several threads it takes the first, which a tombstone has crashed.
func parseNative(text string, c *chain) {
	c.t.Format = FormatNative
	typ, message := "", ""
	last := -1
	for line := range strings.SplitSeq(text, "\n") {
		s := strings.TrimSpace(line)
		if f, ok := nativeFrame(s); ok {
			n := nativeIndex(s)
			if n <= last && n == 0 {
				break // the next thread
			}
			last = n
			if len(c.t.Exceptions) == 0 {
				c.begin(typ, message)
			}
			c.add(&f)
			continue
		}
		if len(c.t.Exceptions) == 0 {
			nativeHeader(s, &typ, &message)
		}
	}
}

// nativeHeader reads `signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr
// 0x0`, `Abort message: 'x'` and lldb's stop reason.
func nativeHeader(s string, typ, message *string) {
	if rest, ok := strings.CutPrefix(s, "signal "); ok {
		if _, name, found := strings.Cut(rest, "("); found && *typ == "" {
			*typ, *message, _ = strings.Cut(name, ")")
			*message = strings.TrimLeft(*message, ", ")
		}
		return
	}
	if rest, ok := strings.CutPrefix(s, "Abort message: "); ok {
		*message = strings.Trim(rest, "'")
		return
	}
	if _, rest, ok := strings.Cut(s, "stop reason = "); ok && *typ == "" {
		*typ, *message, _ = strings.Cut(rest, " ")
	}
}

func nativeIndex(s string) int {
	_, rest, _ := strings.Cut(s, "#")
	n := 0
	for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
		n++
	}
	return atoi(rest[:n])
}

// nativeFrame parses `#00 pc 0012  /lib/libx.so (f(int)+4) (BuildId: ab)`,
// `#1  0x0 in f (a=1) at x.c:3` and `frame #0: 0x0 image`f(a=1) at x.c:3`.
func nativeFrame(s string) (Frame, bool) {
	s = strings.TrimPrefix(s, "* ")
	if rest, ok := strings.CutPrefix(s, "frame #"); ok {
		_, after, found := strings.Cut(rest, ": ")
		if !found {
			return Frame{}, false
		}
		return lldbFrame(after)
	}
	rest, ok := strings.CutPrefix(s, "#")
	if !ok {
		return Frame{}, false
	}
	n := 0
	for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
		n++
	}
	if n == 0 || n == len(rest) || rest[n] != ' ' && rest[n] != '\t' {
		return Frame{}, false
	}
	rest = strings.TrimSpace(rest[n:])
	if pc, ok := strings.CutPrefix(rest, "pc "); ok {
		return tombstoneFrame(pc)
	}
	return gdbFrame(rest)
}

func tombstoneFrame(s string) (Frame, bool) {
	pc, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	address := hex(pc)
	if address == 0 && strings.Trim(pc, "0") != "" {
		return Frame{}, false
	}
	rest = strings.TrimSpace(rest)
	f := Frame{Offset: address}
	if before, id, ok := strings.Cut(rest, " (BuildId: "); ok {
		f.ImageID = strings.TrimSuffix(strings.TrimSpace(id), ")")
		rest = before
	}
	image, symbol, _ := strings.Cut(rest, " (")
	if at, ok := strings.CutPrefix(symbol, "offset "); ok { // of the library in its apk
		_, symbol, _ = strings.Cut(at, " (")
	}
	f.Image = strings.TrimSpace(image)
	symbol = strings.TrimSuffix(strings.TrimSpace(symbol), ")")
	if i := strings.LastIndexByte(symbol, '+'); i > 0 && isDigits(symbol[i+1:]) {
		symbol = symbol[:i]
	}
	f.Function = symbol
	f.System = isSystemPath(f.Image)
	return f, true
}

func gdbFrame(s string) (Frame, bool) {
	if address, rest, ok := strings.Cut(s, " in "); ok && isHex(strings.TrimSpace(address)) {
		s = rest
	} else if !strings.Contains(s, " (") {
		return Frame{}, false
	}
	if strings.Contains(s, "package:") || strings.Contains(s, "(dart:") {
		return Frame{}, false
	}
	var f Frame
	if before, place, ok := strings.Cut(s, ") at "); ok {
		f.File, f.Line, _ = cutNumber(strings.TrimSpace(place))
		s = before
	}
	if before, image, ok := strings.Cut(s, ") from "); ok {
		f.Image, s = strings.TrimSpace(image), before
		f.System = isSystemPath(f.Image)
	}
	if i := strings.Index(s, " ("); i >= 0 {
		s = s[:i]
	}
	f.Function = strings.TrimSpace(s)
	if f.Function == "??" {
		f.Function = ""
	}
	return f, true
}

func lldbFrame(s string) (Frame, bool) {
	address, rest, found := strings.Cut(s, " ")
	if !found || !isHex(address) {
		return Frame{}, false
	}
	image, symbol, found := strings.Cut(rest, "`")
	if !found {
		return Frame{}, false
	}
	f := Frame{Image: image}
	if before, place, ok := strings.Cut(symbol, " at "); ok {
		f.File, f.Line, _ = cutNumber(place)
		symbol = before
	}
	if i := strings.LastIndex(symbol, " + "); i > 0 && isDigits(symbol[i+3:]) {
		symbol = symbol[:i]
	}
	f.Function = symbol
	return f, true
}

// isSystemPath says whether an image is part of the operating system.
func isSystemPath(path string) bool {
	for _, prefix := range [...]string{"/system/", "/apex/", "/vendor/", "/product/", "/odm/", "/System/", "/usr/lib/", "/lib/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return strings.Contains(path, "/RuntimeRoot/System/") || strings.Contains(path, "/RuntimeRoot/usr/lib/")
}
