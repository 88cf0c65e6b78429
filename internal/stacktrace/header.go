package stacktrace

import (
	"slices"
	"strings"
)

// maxPreamble bounds the lines before the frames that are searched for a
// header.
const maxPreamble = 64

// preamble is what stands before the first frame: log lines, a header, its
// message.
type preamble struct {
	lines []string
	bytes int
}

func (p *preamble) add(line string) {
	if line == "" || len(p.lines) == maxPreamble || p.bytes > maxMessage {
		return
	}
	p.lines = append(p.lines, clip(line, maxMessage))
	p.bytes += len(line)
}

// extend appends to the last line.
func (p *preamble) extend(s string) {
	if last := len(p.lines) - 1; p.bytes <= maxMessage {
		p.lines[last] += " " + clip(s, maxMessage)
		p.bytes += len(s)
	}
}

// header finds the exception's type and message. A line that begins with an
// error's name is best, then one that names an error somewhere, then a first
// line of another type. Else all of it is message.
func (p *preamble) header() (typ, message string) {
	for i, line := range p.lines {
		if typ, message, ok := jvmHeader(cleanHeader(line)); ok && (isErrorName(typ) || isClassName(typ)) {
			return typ, joinMessage(message, p.lines[i+1:])
		}
	}
	for i, line := range slices.Backward(p.lines) {
		if typ, message, ok := innerHeader(line); ok {
			return typ, joinMessage(message, p.lines[i+1:])
		}
	}
	if len(p.lines) > 0 {
		if typ, message, ok := jvmHeader(cleanHeader(p.lines[0])); ok {
			return typ, joinMessage(message, p.lines[1:])
		}
	}
	return "", strings.Join(p.lines, "\n")
}

func joinMessage(first string, rest []string) string {
	if len(rest) == 0 {
		return first
	}
	return strings.TrimSpace(first + "\n" + strings.Join(rest, "\n"))
}

// cleanHeader cuts off what runtimes print before an exception's name.
func cleanHeader(s string) string {
	for _, noise := range [...]string{
		"[ERROR] ", "FATAL UNHANDLED EXCEPTION: ", "UNHANDLED EXCEPTION: ", "Unhandled Exception: ", "Unhandled exception. ",
		"Unhandled Exception:", "Unhandled JS Exception: ", "Uncaught (in promise) ", "Uncaught ", "[Unhandled promise rejection: ",
	} {
		s = strings.TrimPrefix(s, noise)
	}
	return strings.Trim(s, " \"{")
}

// innerHeader finds an error's name inside a line: `x: a.BError: message`,
// `message (a.BException)`.
func innerHeader(line string) (typ, message string, ok bool) {
	line = clip(line, 4096)
	for start := 0; start < len(line); {
		end := strings.IndexAny(line[start:], " \t:()[]\"'")
		if end < 0 {
			end = len(line) - start
		}
		word := line[start : start+end]
		end += start
		if isErrorName(word) && isDotted(word) && len(word) > len("Exception") {
			rest := line[end:]
			switch {
			case strings.HasPrefix(rest, ": "), rest == "", rest == ":":
				return word, strings.TrimSpace(strings.TrimPrefix(rest, ":")), true
			case rest == ")" && start > 0:
				return word, strings.TrimSpace(line[:start-1]), true
			}
		}
		start = end + 1
	}
	return "", "", false
}

// jvmHeader parses "[Exception in thread "x" ] class [: message]".
func jvmHeader(line string) (typ, message string, ok bool) {
	if rest, found := strings.CutPrefix(line, "Exception in thread \""); found {
		if _, after, quoted := strings.Cut(rest, "\" "); quoted {
			line = after
		}
	}
	typ, message, found := strings.Cut(line, ":")
	typ = strings.TrimSpace(typ)
	if before, code, spaced := strings.Cut(typ, " (0x"); spaced && strings.HasSuffix(code, ")") {
		typ = before // .NET puts an HRESULT there
	}
	if !isDotted(typ) || !strings.Contains(typ, ".") && !isErrorName(typ) {
		return "", line, false
	}
	if found && message != "" && message[0] != ' ' { // a.b:1, file.c:3
		return "", line, false
	}
	return typ, strings.TrimSpace(message), true
}

// isErrorName says whether an identifier is called as errors are.
func isErrorName(name string) bool {
	return strings.HasSuffix(name, "Exception") || strings.HasSuffix(name, "Error") || strings.HasSuffix(name, "Throwable")
}

// isClassName says whether a name has packages in lower case and a class that
// begins in upper case.
func isClassName(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || name[dot+1] < 'A' || name[dot+1] > 'Z' {
		return false
	}
	return strings.ToLower(name[:dot]) == name[:dot] && !strings.Contains(name, "/")
}
