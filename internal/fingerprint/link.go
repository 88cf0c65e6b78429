package fingerprint

import (
	"slices"
	"strings"

	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// fewFrames is how many frames a cause needs to stand alone. One with less
// continues with those of the exception that it caused.
const fewFrames = 5

// link is the exception that decides, with its place in the chain.
type link struct {
	index        int // of the exception with the frames, -1 where none has any
	typ, message string
}

// chooseLink takes the innermost exception that has frames, and the type and
// message of the innermost that has a type: a cause whose frames are all its
// parent's ("... 12 more") has none of its own.
func chooseLink(in *Input) link {
	list := in.Trace.Exceptions
	if len(list) > stacktrace.MaxExceptions {
		list = list[:stacktrace.MaxExceptions]
	}
	l := link{index: -1, typ: in.Type, message: in.Message}
	for i := range slices.Backward(list) {
		if len(list[i].Frames) > 0 {
			l.index = i
			break
		}
	}
	for i := len(list) - 1; i >= max(l.index, 0); i-- {
		if list[i].Type != "" {
			l.typ, l.message = list[i].Type, list[i].Message
			break
		}
		if l.message == "" {
			l.message = list[i].Message
		}
	}
	for range 4 {
		typ, message, ok := wrapped(l.message)
		if !ok {
			break
		}
		l.typ, l.message = typ, message
	}
	return l
}

// wrapped splits a message that is another exception's text: "java.io.IOException:
// no space".
func wrapped(message string) (typ, rest string, ok bool) {
	end := strings.IndexAny(message, " :\n")
	if end < 0 {
		end = len(message)
	}
	typ = message[:end]
	if !strings.Contains(typ, ".") || !strings.HasSuffix(typ, "Exception") && !strings.HasSuffix(typ, "Error") {
		return "", "", false
	}
	if end < len(message) && message[end] != ':' {
		return "", "", false
	}
	return typ, strings.TrimSpace(strings.TrimPrefix(message[end:], ":")), isQualified(typ)
}

// isQualified says whether s is made of what class names are made of.
func isQualified(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && c != '.' && c != '$' && c != '_' && c != '+' {
			return false
		}
	}
	return true
}

// tokens normalises the chosen exception's frames. A short cause is continued
// with its parents' frames that it does not have.
func (n *normaliser) tokens(in *Input, l link) []token {
	if l.index < 0 {
		return nil
	}
	frames := in.Trace.Exceptions[l.index].Frames
	tokens := make([]token, 0, min(len(frames), stacktrace.MaxFrames)+fewFrames)
	for i := l.index; i >= 0; i-- {
		frames := in.Trace.Exceptions[i].Frames
		have := len(tokens)
		if i < l.index && !n.chains() {
			break
		}
		for j := range frames[:min(len(frames), stacktrace.MaxFrames)] {
			t := n.token(&frames[j])
			if i < l.index && contains(tokens[:have], &t) {
				continue
			}
			t.exception, t.index = i, j
			tokens = append(tokens, t)
		}
		if usable(tokens) >= fewFrames {
			break
		}
	}
	return tokens
}

// chains says whether a cause's frames end where its parent's go on.
func (n *normaliser) chains() bool {
	return n.format == stacktrace.FormatJVM || n.format == stacktrace.FormatDotnet
}

func contains(tokens []token, t *token) bool {
	for i := range tokens {
		if tokens[i].same(t) {
			return true
		}
	}
	return false
}

func usable(tokens []token) int {
	n := 0
	for i := range tokens {
		if c := tokens[i].class; c == app || c == system {
			n++
		}
	}
	return n
}
