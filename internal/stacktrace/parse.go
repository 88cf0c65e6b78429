package stacktrace

import (
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf8"
)

// Limits of a trace. Deep stacks repeat in the middle: the frames near the
// throw and near the thread's start are kept.
const (
	// MaxExceptions is how many links of a chain are kept: the outermost ones
	// and the root.
	MaxExceptions = 16
	// MaxFrames is how many frames an exception keeps: the first 200 and the
	// last 56.
	MaxFrames = 256

	headFrames = 200
	tailFrames = MaxFrames - headFrames

	// A longer text is cut in the middle: what was thrown stands at its start,
	// the root cause at its end.
	maxText  = 1 << 20
	headText = maxText * 3 / 4
	// JSON cannot be cut; a longer document counts as unknown text.
	maxJSON    = 1 << 20
	maxMessage = 16 << 10
	maxType    = 512
)

// ErrNoFrames answers a text in which no frame was found.
var ErrNoFrames = errors.New("no frames found")

// Parse finds the format of text and parses it: what the JVM, ART, R8, Apple's
// runtimes and crash reports, JavaScript engines, .NET, Android's tombstones
// print, Dart, and the JSON documents (also in base64) in which MetricKit, Embrace
// and Splunk send the same.
//
// It never fails: where it finds no frames it returns ErrNoFrames together with
// a trace of one exception that holds the text as its message. It takes time
// linear in the text up to its limits, whatever the text.
func Parse(text string) (Trace, error) {
	trimmed := strings.TrimSpace(text)
	if t, ok := parseDocument(trimmed); ok {
		return t, nil
	}
	body, cut := cutText(trimmed)
	c := chain{}
	switch detect(body) {
	case FormatJVM:
		parseJVM(body, &c)
	case FormatApple:
		parseApple(body, &c)
	case FormatJS:
		parseJS(body, &c)
	case FormatDotnet:
		parseDotnet(body, &c)
	case FormatNative:
		parseNative(body, &c)
	case FormatDart:
		parseDart(body, &c)
	default:
		return unknown(trimmed)
	}
	t := c.trace()
	t.Truncated = t.Truncated || cut
	if !t.hasFrames() {
		return unknown(trimmed)
	}
	return t, nil
}

// unknown keeps a text that has no frames.
func unknown(text string) (Trace, error) {
	e := Exception{Message: clip(text, maxMessage)}
	if typ, message, ok := jvmHeader(firstLine(text)); ok {
		e.Type = clip(typ, maxType)
		e.Message = clip(message+text[len(firstLine(text)):], maxMessage)
	}
	return Trace{Exceptions: []Exception{e}, Truncated: len(text) > maxMessage}, ErrNoFrames
}

func (t *Trace) hasFrames() bool {
	for i := range t.Exceptions {
		if len(t.Exceptions[i].Frames) > 0 {
			return true
		}
	}
	return false
}

// parseDocument parses JSON, plain or in base64. ok is false for other text.
func parseDocument(text string) (t Trace, ok bool) {
	if text == "" || len(text) > maxJSON {
		return Trace{}, false
	}
	switch text[0] {
	case '{', '[':
		return parseJSON([]byte(text))
	case 'e', 'W': // what {" and [ become
		if !strings.HasPrefix(text, "ey") && !strings.HasPrefix(text, "W3") && !strings.HasPrefix(text, "WyJ") {
			return Trace{}, false
		}
		doc, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(doc) == 0 || doc[0] != '{' && doc[0] != '[' {
			return Trace{}, false
		}
		return parseJSON(doc)
	default:
		return Trace{}, false
	}
}

// cutText cuts the middle out of a text that is too long, at line ends.
func cutText(text string) (string, bool) {
	if len(text) <= maxText {
		return text, false
	}
	head, tail := text[:headText], text[len(text)-(maxText-headText):]
	if i := strings.LastIndexByte(head, '\n'); i > 0 {
		head = head[:i]
	}
	if i := strings.IndexByte(tail, '\n'); i >= 0 {
		tail = tail[i+1:]
	}
	return head + "\n" + tail, true
}

// clip shortens s to at most limit bytes and keeps it valid UTF-8 if it was.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimRight(line, "\r")
}

// chain collects exceptions and frames within the limits.
type chain struct {
	t Trace
	// seen counts the frames of the current exception, kept or not.
	seen int
	// message holds further lines of the current exception's message.
	message []byte
}

// begin starts the next exception, one that caused the last. Beyond
// MaxExceptions each replaces the one before, so that the root stays.
func (c *chain) begin(typ, message string) {
	c.end()
	e := Exception{Type: clip(typ, maxType), Message: clip(message, maxMessage)}
	if len(c.t.Exceptions) == MaxExceptions {
		c.t.Exceptions[MaxExceptions-1] = e
		c.t.Truncated = true
		return
	}
	c.t.Exceptions = append(c.t.Exceptions, e)
}

// current returns the exception that frames go to; it makes one without type
// where there is none.
func (c *chain) current() *Exception {
	if len(c.t.Exceptions) == 0 {
		c.begin("", "")
	}
	return &c.t.Exceptions[len(c.t.Exceptions)-1]
}

// add appends a frame to the current exception. Beyond the limit the last
// tailFrames places are a ring.
func (c *chain) add(f *Frame) {
	e := c.current()
	if c.seen < MaxFrames {
		e.Frames = append(e.Frames, *f)
	} else {
		e.Frames[headFrames+(c.seen-headFrames)%tailFrames] = *f
	}
	c.seen++
}

// end finishes the current exception: it completes the message and turns the
// ring straight.
func (c *chain) end() {
	if len(c.message) > 0 {
		e := c.current()
		e.Message = strings.TrimSpace(clip(e.Message+string(c.message), maxMessage))
		c.message = c.message[:0]
	}
	if c.seen > MaxFrames {
		e := c.current()
		ring := e.Frames[headFrames:]
		at := (c.seen - headFrames) % tailFrames
		straight := append(append(make([]Frame, 0, tailFrames), ring[at:]...), ring[:at]...)
		copy(ring, straight)
		e.Omitted += c.seen - MaxFrames
		c.t.Truncated = true
	}
	c.seen = 0
}

// addMessage appends a line to the current exception's message.
func (c *chain) addMessage(line string) {
	if len(c.message) >= maxMessage {
		c.t.Truncated = true
		return
	}
	c.message = append(append(c.message, '\n'), clip(line, maxMessage)...)
}

func (c *chain) trace() Trace {
	c.end()
	return c.t
}
