package dialect

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// trace returns the parsed stack of an incident. ok is false where there is
// none, or none that can be read; that is noted.
func (b *batch) trace(r *record) (t stacktrace.Trace, ok bool) {
	if val, exists := r.attrs.Get(mobile.AttrStack); exists {
		if val.Type() == pcommon.ValueTypeSlice {
			return t, false // parsed by an earlier stage
		}
		r.attrs.Remove(mobile.AttrStack)
		b.note(NoteWrongType)
	}
	tried := false
	for _, source := range b.n.rules.stacks {
		text := source(r)
		if text == "" {
			continue
		}
		tried = true
		if t, err := stacktrace.Parse(text); err == nil && hasFrames(&t) {
			nameImages(r, &t)
			return t, true
		}
	}
	if tried {
		b.note(NoteUnparsed)
	}
	return stacktrace.Trace{}, false
}

// nameImages completes frames from the list of images that Splunk's SDK for
// Apple sends beside its threads.
func nameImages(r *record, t *stacktrace.Trace) {
	if list := text(r.attrs, "exception.images"); list != "" {
		t.NameImages(list)
	}
}

// hasFrames says whether a trace has a frame that says anything.
func hasFrames(t *stacktrace.Trace) bool {
	for i := range t.Exceptions {
		for _, f := range t.Exceptions[i].Frames {
			if f != (stacktrace.Frame{}) {
				return true
			}
		}
	}
	return false
}

// stackSources returns what finds a stack in a record, best first: Embrace's
// chain of causes says more than the stack beside it. Package stacktrace reads
// all their formats.
func stackSources() []func(r *record) string {
	attr := func(key string) func(*record) string {
		return func(r *record) string { return text(r.attrs, key) }
	}
	return []func(r *record) string{
		attr("emb.android.crash.exception_cause"),
		attr("emb.android.react_native_crash.js_exception"),
		attr(mobile.AttrExceptionStacktrace),
		attr("metrickit.diagnostic.crash.exception.stacktrace_json"),
		attr("metrickit.diagnostic.hang.exception.stacktrace_json"),
		attr("crash.stacktrace"),
		attr("exception.threads"),
		attr("emb.payload"),
		attr("emb.stacktrace.ios"),
		sampledStack,
		exitTrace,
	}
}

// sampledStack returns the newest stack among a hang's samples.
func sampledStack(r *record) string {
	for _, ev := range slices.Backward(r.events) {
		if t := text(ev.attrs, mobile.AttrExceptionStacktrace); t != "" {
			return t
		}
		if t := text(ev.attrs, "emb.stacktrace.ios"); t != "" {
			return t
		}
	}
	return ""
}

// exitTrace returns the main thread's frames of the thread dump that Android
// keeps of an app that did not respond.
func exitTrace(r *record) string {
	if !r.verdict.exit || r.verdict.class != classANR {
		return ""
	}
	_, rest, found := strings.Cut(r.body, "\"main\" ")
	if !found {
		return ""
	}
	thread, _, _ := strings.Cut(rest, "\n\n")
	var frames strings.Builder
	for line := range strings.SplitSeq(thread, "\n") {
		if frame, ok := strings.CutPrefix(strings.TrimSpace(line), "at "); ok {
			frames.WriteString("\tat ")
			frames.WriteString(frame)
			frames.WriteByte('\n')
		}
	}
	return frames.String()
}
