package stacktrace

import (
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// parseJSON parses the documents in which SDKs send stacks. ok is false where
// doc is none of them or holds no frame.
func parseJSON(doc []byte) (Trace, bool) {
	c := chain{}
	if doc[0] == '[' {
		parseList(doc, &c)
	} else {
		parseObject(doc, &c)
	}
	t := c.trace()
	return t, t.hasFrames()
}

// decode reads JSON. A member of another type than expected is left out.
func decode(doc []byte, to any) bool {
	err := json.Unmarshal(doc, to)
	var typed *json.UnmarshalTypeError
	return err == nil || errors.As(err, &typed)
}

// number is an unsigned number, also sent as text, decimal or 0x….
type number uint64

// UnmarshalJSON implements json.Unmarshaler. What is no such number is 0.
func (n *number) UnmarshalJSON(data []byte) error {
	v, err := strconv.ParseUint(strings.Trim(string(data), `"`), 0, 64)
	if err != nil {
		v = 0
	}
	*n = number(v)
	return nil
}

// listItem is an element of a list: one of Embrace Android's causes (n, m,
// tt), of Splunk's threads (crashed, stackFrames) or of Embrace Apple's frames
// (m, u, o, s).
type listItem struct {
	text string

	Name    string   `json:"n"`
	Message string   `json:"m"`
	Lines   []string `json:"tt"`
	Length  int      `json:"length"`

	Crashed bool          `json:"crashed"`
	Frames  []splunkFrame `json:"stackFrames"`

	UUID   string `json:"u"`
	Offset number `json:"o"`
	Symbol string `json:"s"`
}

type splunkFrame struct {
	Image   string `json:"imageName"`
	Symbol  string `json:"symbolName"`
	Pointer number `json:"instructionPointer"`
	Base    number `json:"baseAddress"`
}

// UnmarshalJSON implements json.Unmarshaler: an element may be a frame's text.
func (l *listItem) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &l.text)
	}
	type plain listItem
	var typed *json.UnmarshalTypeError
	if err := json.Unmarshal(data, (*plain)(l)); err != nil && !errors.As(err, &typed) {
		return err
	}
	return nil
}

func parseList(doc []byte, c *chain) {
	var items []listItem
	if !decode(doc, &items) || len(items) == 0 {
		return
	}
	switch first := &items[0]; {
	case first.text != "":
		lines := make([]string, 0, len(items))
		for i := range items {
			lines = append(lines, items[i].text)
		}
		addLines(lines, c)
	case len(first.Lines) > 0 || first.Name != "":
		embraceCauses(items, c)
	case first.Frames != nil:
		splunkThreads(items, c)
	default:
		c.t.Format = FormatApple
		for i := range items {
			it := &items[i]
			c.add(&Frame{Image: base(it.Message), ImageID: it.UUID, Offset: uint64(it.Offset), Function: it.Symbol})
		}
	}
}

// addLines adds frames that come as texts, of the JVM or of JavaScript.
func addLines(lines []string, c *chain) {
	for _, line := range lines {
		s := strings.TrimPrefix(strings.TrimSpace(line), "at ")
		if f, ok := jvmFrame(s); ok {
			c.t.Format = FormatJVM
			c.add(&f)
		} else if f, ok := jsFrame(strings.TrimSpace(line)); ok {
			c.t.Format = cmp.Or(c.t.Format, FormatJS)
			c.add(&f)
		}
	}
}

// embraceCauses adds a chain of causes, which comes with the root first.
func embraceCauses(items []listItem, c *chain) {
	for i := len(items) - 1; i >= 0; i-- {
		it := &items[i]
		c.begin(it.Name, it.Message)
		addLines(it.Lines, c)
		c.current().Omitted += max(it.Length-len(it.Lines), 0)
	}
	c.t.Format = FormatJVM
}

// splunkThreads adds the crashed thread.
func splunkThreads(items []listItem, c *chain) {
	c.t.Format = FormatApple
	chosen := 0
	for i := range items {
		if items[i].Crashed {
			chosen = i
			break
		}
	}
	for i := range items[chosen].Frames {
		f := &items[chosen].Frames[i]
		c.add(&Frame{Image: base(f.Image), Function: f.Symbol, Offset: distance(f.Pointer, f.Base), System: isSystemPath(f.Image)})
	}
}

func distance(pointer, base number) uint64 {
	if base == 0 || pointer <= base {
		return 0
	}
	return uint64(pointer - base)
}
