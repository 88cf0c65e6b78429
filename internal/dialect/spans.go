package dialect

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// spanEvent is an event of a span.
type spanEvent struct {
	name  string
	ns    int64
	attrs pcommon.Map
}

// maxDerived is how many exception events of one span become logs.
const maxDerived = 8

// exceptionEvent returns the last exception event, nil if there is none.
func exceptionEvent(events []spanEvent) *spanEvent {
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].name == mobile.EventException {
			return &events[i]
		}
	}
	return nil
}

// resourceSpans normalises one received ResourceSpans.
func (n *Normalizer) resourceSpans(rs ptrace.ResourceSpans, arrival int64, want Want, out *Output) {
	d := newDigester(rs.Resource(), signalTraces)
	scopes := rs.ScopeSpans()
	b := n.newBatch(rs.Resource().Attributes(), arrival, &out.Counts, want&WantSpans == 0, func(i int) (string, bool) {
		if i >= scopes.Len() {
			return "", false
		}
		return scopes.At(i).Scope().Name(), true
	})
	cut := newCutter(b, d, out)
	cut.schema = rs.SchemaUrl()

	items, moments := b.readSpans(rs, d, want)
	b.shift = planShift(moments, arrival, n.set.LateWindow)
	var made []item
	for i := range items {
		it := &items[i]
		if !it.wanted {
			continue
		}
		made = b.canonicalSpan(it, moments[i], want, made)
	}
	cut.emit(made)
}

// readSpans reads every span's time, and judges and digests as received those
// that are wanted.
func (b *batch) readSpans(rs ptrace.ResourceSpans, d *digester, want Want) ([]item, []moment) {
	var items []item
	var moments []moment
	for _, ss := range rs.ScopeSpans().All() {
		d.scope(ss.Scope(), ss.SchemaUrl())
		for _, span := range ss.Spans().All() {
			it := item{scope: ss.Scope(), schema: ss.SchemaUrl(), span: span, seen: scan(span.Attributes())}
			it.verdict = b.classifySpan(span, &it)
			it.asLog = spanLog(it.verdict.class)
			it.derives = !b.canonical && !it.asLog && it.verdict.class != classRequest && hasException(span)
			it.wanted = want&WantSpans != 0 && !it.asLog || want&WantLogs != 0 && (it.asLog || it.derives)
			if it.wanted {
				it.digest, it.size = d.span(span)
			}
			m, repaired := spanMoment(span, b.arrival)
			if it.owned(want) {
				b.counts.Received++
				if repaired {
					b.note(NoteSpanTime)
				}
			}
			if it.verdict.name == mobile.EventSessionStart {
				b.noteStart(m, span.Attributes())
			}
			items, moments = append(items, it), append(moments, m)
		}
	}
	return items, moments
}

// classifySpan gives a span its verdict. A canonical one is what it is called.
func (b *batch) classifySpan(span ptrace.Span, it *item) verdict {
	if !b.canonical {
		v := b.n.rules.classifySpan(span, it.scope.Name(), &it.seen)
		if v.class == classExit {
			v = exitVerdict(span.Attributes(), v)
		}
		if v.class != classJank || !b.janksTwice {
			return v
		}
		// The events count: the span is what a canonical one of its name is.
	}
	switch {
	case span.Name() == mobile.SpanAppStart, span.Name() == mobile.SpanScreenLoad:
		return b.n.rules.bySpan[span.Name()]
	case it.seen.http && span.Kind() == ptrace.SpanKindClient:
		return verdict{class: classRequest}
	default:
		return verdict{}
	}
}

// owned says whether the outputs wanted include what the item itself becomes,
// so that this call counts it.
func (it *item) owned(want Want) bool {
	if it.asLog {
		return want&WantLogs != 0
	}
	return want&WantSpans != 0
}

// canonicalSpan makes a span canonical, or a log of it, and appends what comes
// of it to made.
func (b *batch) canonicalSpan(it *item, m moment, want Want, made []item) []item {
	span := it.span
	_, source := b.shift.by(m)
	if !it.owned(want) {
		delta, _ := b.shift.by(m)
		if m.ns-delta >= b.arrival-int64(b.n.set.LateWindow) {
			moveSpan(span, delta)
			made = b.derive(it, source, delta, want, made)
		}
		return made
	}
	_, delta, ok := b.fixTime(m, span.Attributes())
	it.refused = !ok // it is finished too: its upload's cut depends on it
	moveSpan(span, delta)
	var derived []item
	if ok {
		derived = b.derive(it, source, delta, want, nil)
	}
	b.quiet = !ok
	r := record{
		attrs: span.Attributes(), seen: it.seen, scope: it.scope.Name(), moment: m, verdict: it.verdict,
		original: span.Name(), ns: nanos(span.StartTimestamp()),
		durationNS: nanos(span.EndTimestamp()) - nanos(span.StartTimestamp()),
	}
	if it.asLog {
		it.log = b.logOf(span, &r)
	} else {
		b.finishSpan(span, &r)
	}
	b.quiet = false
	it.over = overrideOf(r.attrs, b.res)
	return append(append(made, *it), derived...)
}

// finishSpan names the span and runs the stages for its class.
func (b *batch) finishSpan(span ptrace.Span, r *record) {
	if name := span.Name(); validText(name) != name {
		span.SetName(validText(name))
		b.note(NoteInvalidUTF8)
	}
	b.sanitizeEvents(span)
	b.upgrade(r)
	switch r.verdict.class {
	case classStart:
		if !present(r.attrs, mobile.AttrStartType) {
			kind := r.verdict.startType
			if kind == "" {
				kind = "cold"
			}
			r.attrs.PutStr(mobile.AttrStartType, kind)
		}
	case classScreenLoad:
		if !present(r.attrs, mobile.AttrScreenName) {
			if screen := firstText(r.attrs, attrActivity); screen != "" {
				putText(r.attrs, mobile.AttrScreenName, screen)
			} else if screen := screenOf(r.original); screen != "" {
				putText(r.attrs, mobile.AttrScreenName, screen)
			}
		}
	case classRequest:
		request(span)
	default: // passes through
	}
	if r.verdict.name != "" && r.verdict.name != span.Name() {
		if !present(r.attrs, mobile.AttrOriginalName) {
			r.attrs.PutStr(mobile.AttrOriginalName, cutText(span.Name(), maxKeyBytes))
		}
		span.SetName(r.verdict.name)
	}
}

// sanitizeEvents repairs the attributes of a span's events.
func (b *batch) sanitizeEvents(span ptrace.Span) {
	var rep repairs
	fix := func(attrs pcommon.Map) {
		if found := scan(attrs); found.strange {
			rep = rep.or(sanitize(attrs))
		}
	}
	for _, ev := range span.Events().All() {
		fix(ev.Attributes())
		ev.SetName(validText(ev.Name()))
	}
	for _, link := range span.Links().All() {
		fix(link.Attributes())
	}
	span.Status().SetMessage(validText(span.Status().Message()))
	b.noteRepairs(rep)
}

// logOf makes a canonical log of a span that tells of an event. It takes the
// span's attributes.
func (b *batch) logOf(span ptrace.Span, r *record) plog.LogRecord {
	b.sanitizeEvents(span)
	lr := plog.NewLogRecord()
	for _, ev := range span.Events().All() {
		r.events = append(r.events, spanEvent{ev.Name(), nanos(ev.Timestamp()), ev.Attributes()})
	}
	r.attrs.MoveTo(lr.Attributes())
	r.attrs = lr.Attributes()
	lr.SetTimestamp(stamp(r.ns))
	lr.SetObservedTimestamp(span.EndTimestamp())
	lr.SetTraceID(span.TraceID())
	lr.SetSpanID(span.SpanID())
	lr.SetFlags(plog.LogRecordFlags(span.Flags() & 0xff))
	if msg := span.Status().Message(); msg != "" {
		lr.Body().SetStr(validText(cutText(msg, limitOf(mobile.AttrExceptionMessage).bytes)))
	}
	if r.verdict.class == classReport || r.ns < b.arrival-int64(b.n.set.LateWindow) {
		// A window's event lies at its end, as MetricKit's logs do; and a
		// beginning before the late window is none.
		lr.SetTimestamp(span.EndTimestamp())
	}
	b.finishLog(lr, r)
	return lr
}

// derive makes logs of the exceptions that a span which stays a span recorded.
// The event gets the log's id, which says that it was done.
//
// Who wants only the spans needs the id all the same, and it must be the one
// that the log gets elsewhere.
func (b *batch) derive(it *item, source string, delta int64, want Want, made []item) []item {
	if !it.derives {
		return made
	}
	b.quiet = want&WantLogs == 0
	defer func() { b.quiet = false }()
	parent := it.span.Attributes()
	done := 0
	for i, ev := range it.span.Events().All() {
		if ev.Name() != mobile.EventException || present(ev.Attributes(), mobile.AttrErrorID) || done == maxDerived {
			continue
		}
		done++
		lr := plog.NewLogRecord()
		ev.Attributes().CopyTo(lr.Attributes())
		lr.Attributes().Remove(mobile.AttrTimeSource)
		for key, val := range parent.All() {
			if inherited(key) || slices.Contains(screenKeys(), key) {
				dst, exists := lr.Attributes().GetOrPutEmpty(key)
				if !exists {
					val.CopyTo(dst)
				}
			}
		}
		if source != "" {
			lr.Attributes().PutStr(mobile.AttrTimeSource, source)
		}
		lr.SetTimestamp(b.eventTime(it.span, ev))
		lr.SetObservedTimestamp(it.span.EndTimestamp())
		lr.SetTraceID(it.span.TraceID())
		lr.SetSpanID(it.span.SpanID())
		r := record{
			attrs: lr.Attributes(), seen: scan(lr.Attributes()), scope: it.scope.Name(), original: mobile.EventException,
			verdict: b.n.rules.byName[mobile.EventException],
			moment:  moment{original: nanos(ev.Timestamp()) + delta},
		}
		b.finishLog(lr, &r)
		if id := text(lr.Attributes(), mobile.AttrErrorID); want&WantSpans != 0 {
			ev.Attributes().PutStr(mobile.AttrErrorID, id)
		}
		if want&WantLogs == 0 {
			continue
		}
		b.counts.Derived++
		made = append(made, item{
			scope: it.scope, schema: it.schema, asLog: true, log: lr, size: it.size,
			digest: eventDigest(it.digest, i), over: overrideOf(lr.Attributes(), b.res),
		})
	}
	return made
}

// eventTime is when an event of a span happened: within the span, and within
// the late window.
func (b *batch) eventTime(span ptrace.Span, ev ptrace.SpanEvent) pcommon.Timestamp {
	at := ev.Timestamp()
	if at < span.StartTimestamp() || at > span.EndTimestamp() || nanos(at) < b.arrival-int64(b.n.set.LateWindow) {
		return span.EndTimestamp()
	}
	return at
}

// inherited says whether a log made of a span's event gets an attribute of the
// span: who and where, not what the span measured.
func inherited(key string) bool {
	switch key {
	case mobile.AttrSessionID, mobile.AttrScreenName, mobile.AttrUserID, mobile.AttrNetworkType, mobile.AttrNetworkSub,
		mobile.AttrThreadName, "thread.id", mobile.AttrServiceVersion, mobile.AttrOSName, mobile.AttrOSVersion, mobile.AttrBuildID,
		mobile.AttrInstallationID, "emb.user_session_id", "splunk.rumSessionId", "screen.name":
		return true
	default:
		return false
	}
}
