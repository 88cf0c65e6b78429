package stacktrace

import "strings"

// parseDart parses what Dart's virtual machine prints. It stops at the next
// trace, which counts its frames from zero again.
func parseDart(text string, c *chain) {
	c.t.Format = FormatDart
	last := -1
	for line := range strings.SplitSeq(text, "\n") {
		s := strings.TrimSpace(line)
		f, ok := dartFrame(s)
		if !ok {
			continue
		}
		index := nativeIndex(s)
		if index == 0 && last >= 0 {
			return
		}
		last = index
		c.add(&f)
	}
}

// dartFrame parses `#1      Cart.total (package:shop/cart.dart:88:12)`. Line
// and column may be missing. A closure has the name of the function around it.
func dartFrame(s string) (Frame, bool) {
	rest, ok := strings.CutPrefix(s, "#")
	if !ok {
		return Frame{}, false
	}
	index, rest, ok := strings.Cut(rest, " ")
	place := strings.LastIndex(rest, " (")
	if !ok || !isDigits(index) || place < 0 || !strings.HasSuffix(rest, ")") {
		return Frame{}, false
	}
	var f Frame
	f.File, f.Line, f.Column = dartPlace(rest[place+2 : len(rest)-1])
	if !strings.HasPrefix(f.File, "dart:") && !strings.HasSuffix(f.File, ".dart") {
		return Frame{}, false
	}
	f.System = strings.HasPrefix(f.File, "dart:") || strings.HasPrefix(f.File, "package:flutter/")
	name := strings.TrimPrefix(strings.TrimSpace(rest[:place]), "new ")
	f.Function = strings.ReplaceAll(name, ".<anonymous closure>", "")
	return f, f.Function != ""
}

// dartPlace splits `package:shop/cart.dart:88:12`.
func dartPlace(s string) (file string, line, column int) {
	file, line, ok := cutNumber(s)
	if !ok {
		return s, 0, 0
	}
	if outer, n, ok := cutNumber(file); ok {
		return outer, n, line
	}
	return file, line, 0
}
