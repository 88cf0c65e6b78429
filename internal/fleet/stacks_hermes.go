package fleet

import (
	"strconv"
	"strings"
)

// jsFrame is a frame in a release bundle: a function and where in the byte
// code it is.
type jsFrame struct {
	function string
	column   int64
}

const bundleURL = "/index.android.bundle"

// jsFrames are a bug's frames and, of several ways to it, one.
func (f *Fault) jsFrames() []jsFrame {
	var out []jsFrame
	for _, text := range f.Bug.Frames {
		function, column, _ := strings.Cut(text, " ")
		n, _ := strconv.ParseInt(column, 10, 64)
		out = append(out, jsFrame{function, n})
	}
	ways := [...][]jsFrame{
		{{"onResponderRelease", 160344}, {"executeDispatch", 70021}},
		{{"onLongPress", 161800}, {"executeDispatch", 70021}},
		{{"callTimer", 90112}, {"anonymous", 88760}},
	}
	return append(out, ways[f.Variant%len(ways)]...)
}

// jsText is a stack as Honeycomb's React Native SDK sends it.
func (f *Fault) jsText() string {
	var b strings.Builder
	b.WriteString(f.Bug.Type + ": " + f.message())
	for _, fr := range f.jsFrames() {
		b.WriteString("\n    at " + fr.function + " (" + bundleURL + ":1:" + strconv.FormatInt(fr.column, 10) + ")")
	}
	return b.String()
}
