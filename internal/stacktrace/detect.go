package stacktrace

import (
	"slices"
	"strings"
)

// enoughVotes ends the detection: that many lines of one format decide.
const enoughVotes = 8

// detect returns the format that most lines of text are frames of. Lines
// without any mark of a frame ("a.b.C.d(C.java:1)") decide only where no other
// line does.
func detect(text string) Format {
	formats := [...]Format{FormatJVM, FormatApple, FormatJS, FormatDotnet, FormatNative, FormatDart}
	var votes [len(formats)]int
	bare := false
	for line := range strings.SplitSeq(text, "\n") {
		v := vote(strings.TrimSpace(line))
		bare = bare || v == formatBare
		if i := slices.Index(formats[:], v); i >= 0 {
			if votes[i]++; votes[i] >= enoughVotes {
				return v
			}
		}
	}
	most := 0
	for i := range votes {
		if votes[i] > votes[most] {
			most = i
		}
	}
	switch {
	case votes[most] > 0:
		return formats[most]
	case bare:
		return FormatJVM
	default:
		return FormatUnknown
	}
}

// formatBare marks a JVM frame without "at".
const formatBare Format = "bare"

// vote returns the format of which a trimmed line is a frame.
func vote(line string) Format {
	if line == "" {
		return FormatUnknown
	}
	if rest, ok := strings.CutPrefix(line, "at "); ok {
		return voteAt(rest)
	}
	switch {
	case line[0] >= '0' && line[0] <= '9':
		if _, _, ok := appleFrame(line); ok {
			return FormatApple
		}
	case line[0] == '#' || strings.HasPrefix(line, "frame #") || strings.HasPrefix(line, "* frame #"):
		if _, ok := dartFrame(line); ok {
			return FormatDart
		}
		if _, ok := nativeFrame(line); ok {
			return FormatNative
		}
		return FormatUnknown
	}
	if _, ok := jscFrame(line); ok {
		return FormatJS
	}
	if _, ok := jvmFrame(line); ok {
		return formatBare
	}
	return FormatUnknown
}

// voteAt tells the three formats apart whose frames begin with "at".
func voteAt(rest string) Format {
	if _, ok := jvmFrame(rest); ok {
		return FormatJVM
	}
	if _, ok := v8Frame(rest); ok {
		return FormatJS
	}
	if _, ok := dotnetFrame(rest); ok {
		return FormatDotnet
	}
	return FormatUnknown
}
