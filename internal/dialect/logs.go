package dialect

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// resourceLogs normalises one received ResourceLogs.
func (n *Normalizer) resourceLogs(rl plog.ResourceLogs, arrival int64, out *Output) {
	d := newDigester(rl.Resource(), signalLogs)
	scopes := rl.ScopeLogs()
	b := n.newBatch(rl.Resource().Attributes(), arrival, &out.Counts, false, func(i int) (string, bool) {
		if i >= scopes.Len() {
			return "", false
		}
		return scopes.At(i).Scope().Name(), true
	})
	cut := newCutter(b, d, out)
	cut.schema = rl.SchemaUrl()

	items, moments := b.readLogs(rl, d)
	out.Counts.Received += int64(len(items))
	b.shift = planShift(moments, arrival, n.set.LateWindow)
	for i := range items {
		it := &items[i]
		it.refused = !b.canonicalLog(it, moments[i])
		it.over = overrideOf(it.log.Attributes(), b.res)
	}
	cut.emit(items)
}

// readLogs digests the records as received and reads their times.
func (b *batch) readLogs(rl plog.ResourceLogs, d *digester) ([]item, []moment) {
	size := 0
	for _, sl := range rl.ScopeLogs().All() {
		size += sl.LogRecords().Len()
	}
	items := make([]item, 0, size)
	moments := make([]moment, 0, size)
	for _, sl := range rl.ScopeLogs().All() {
		d.scope(sl.Scope(), sl.SchemaUrl())
		for _, lr := range sl.LogRecords().All() {
			it := item{scope: sl.Scope(), schema: sl.SchemaUrl(), asLog: true, log: lr}
			it.digest, it.size = d.log(lr)
			m := logMoment(lr, b.arrival)
			if lr.EventName() == mobile.EventSessionStart || text(lr.Attributes(), mobile.AttrEventNameOld) == mobile.EventSessionStart {
				b.noteStart(m, lr.Attributes())
			}
			items, moments = append(items, it), append(moments, m)
		}
	}
	return items, moments
}

// canonicalLog makes a log canonical. It returns false for one that is refused.
func (b *batch) canonicalLog(it *item, m moment) bool {
	lr := it.log
	r := record{attrs: lr.Attributes(), seen: scan(lr.Attributes()), scope: it.scope.Name(), moment: m}
	if !b.canonical {
		r.moment = toldMoment(r.seen.embType, r.attrs, m)
	}
	ns, _, ok := b.fixTime(r.moment, r.attrs)
	b.quiet = !ok // a refused record is finished too: its upload's cut depends on it
	r.ns = ns
	lr.SetTimestamp(stamp(ns))
	b.classifyLog(lr, &r)
	b.sanitizeBody(lr)
	if r.verdict.class == classExit {
		r.body = lr.Body().AsString()
		r.verdict = exitVerdict(r.attrs, r.verdict)
	}
	b.finishLog(lr, &r)
	b.quiet = false
	return ok
}

// classifyLog gives the record its original name and its verdict. A canonical
// record is what it is called.
func (b *batch) classifyLog(lr plog.LogRecord, r *record) {
	if b.canonical {
		r.original = lr.EventName()
		if v := b.n.rules.byName[r.original]; v.name == r.original {
			r.verdict = v
		}
		return
	}
	r.original = eventName(lr, &r.seen)
	r.verdict = b.n.rules.classifyLog(r.original, r.scope, &r.seen, lr.SeverityNumber())
}

// finishLog names the log and runs the stages for its class.
func (b *batch) finishLog(lr plog.LogRecord, r *record) {
	b.upgrade(r)
	r.rename(lr, b)
	switch r.verdict.class {
	case classCrash:
		b.incident(r)
		if lr.SeverityNumber() == plog.SeverityNumberUnspecified {
			lr.SetSeverityNumber(plog.SeverityNumberFatal)
		}
	case classError, classANR:
		b.incident(r)
	case classJank:
		jank(r)
	default: // other classes have no more to fill in
	}
}

// rename gives the log its canonical name and keeps the SDK's.
func (r *record) rename(lr plog.LogRecord, b *batch) {
	name := r.verdict.name
	if name == "" {
		name = r.original
	}
	if name == "" && !b.canonical && r.scope == scopeSession && present(r.attrs, mobile.AttrPreviousSessionID) {
		name = mobile.EventSessionStart
	}
	name = validText(cutText(name, maxKeyBytes))
	if r.original != "" && r.original != name && r.verdict.name != "" && !present(r.attrs, mobile.AttrOriginalName) {
		r.attrs.PutStr(mobile.AttrOriginalName, validText(cutText(r.original, maxKeyBytes)))
	}
	if name != lr.EventName() {
		lr.SetEventName(name)
	}
	if r.seen.eventName != "" && !b.canonical {
		r.attrs.Remove(mobile.AttrEventNameOld)
	}
}

// sanitizeBody repairs a log's body and its other texts.
func (b *batch) sanitizeBody(lr plog.LogRecord) {
	var rep repairs
	rep.value(lr.Body(), 1)
	if text := lr.SeverityText(); validText(text) != text {
		lr.SetSeverityText(validText(text))
		rep.utf8 = true
	}
	b.noteRepairs(rep)
}

// jank gives the events of SDKs that count slow and frozen frames in spans of
// their own the canonical attributes.
func jank(r *record) {
	if r.verdict.jankLimit == 0 {
		return
	}
	if count, ok := r.attrs.Get("count"); ok {
		if n, ok := number(count); ok && !present(r.attrs, mobile.AttrJankFrames) {
			r.attrs.PutInt(mobile.AttrJankFrames, int64(n))
		}
	}
	if !present(r.attrs, mobile.AttrJankLimit) {
		r.attrs.PutDouble(mobile.AttrJankLimit, r.verdict.jankLimit)
	}
}

// exitVerdict says what an exit record of Android tells: a crash that a handler
// reported too, a hang, or just an end.
func exitVerdict(attrs pcommon.Map, v verdict) verdict {
	reason, ok := attrs.Get("reason")
	if !ok {
		return v
	}
	switch reason.AsString() {
	case "4":
		v.class, v.name, v.kind = classCrash, mobile.EventCrash, mobile.CrashJVM
	case "5":
		v.class, v.name, v.kind = classCrash, mobile.EventCrash, mobile.CrashNative
	case "6":
		v.class, v.name = classANR, mobile.EventANR
	}
	return v
}

// toldMoment is when a record of Embrace's happened that is about an earlier
// process: never after the record itself.
func toldMoment(embType string, attrs pcommon.Map, m moment) moment {
	told := m
	switch embType {
	case typeExit:
		told = exitMoment(attrs, m)
	case typeHang:
		told = hangMoment(attrs, m)
	}
	if told.ns > m.ns {
		return m
	}
	return told
}

// exitMoment is when the process ended: an exit record is sent by a later
// process, and says so in milliseconds.
func exitMoment(attrs pcommon.Map, m moment) moment {
	val, ok := attrs.Get("timestamp")
	if !ok {
		return m
	}
	ms, ok := number(val)
	if !ok || ms < 0 || ms > 1e13 {
		return m
	}
	if ns, ok := sane(pcommon.Timestamp(ms * 1e6)); ok {
		return moment{original: ns, ns: ns}
	}
	return m
}
