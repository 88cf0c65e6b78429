package dialect

import (
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

const (
	// earliest is the first sane time, 2000-01-01, nanoseconds since 1970:
	// what lies before is a clock that was never set.
	earliest = int64(946684800) * int64(time.Second)
	// maxAhead is how far ahead of its arrival a record may be.
	maxAhead = int64(5 * time.Minute)
)

// Values of mobile.AttrTimeSource.
const (
	sourceObserved = "observed"
	sourceArrival  = "arrival"
	sourceShifted  = "shifted"
)

// sane returns a timestamp as nanoseconds since 1970, or ok = false where it is
// missing, before 2000 or no time at all.
func sane(t pcommon.Timestamp) (ns int64, ok bool) {
	if t > math.MaxInt64 || int64(t) < earliest {
		return 0, false
	}
	return int64(t), true
}

// stamp and nanos convert times whose range sane has checked.
func stamp(ns int64) pcommon.Timestamp { return pcommon.Timestamp(ns) } //nolint:gosec // never negative

func nanos(t pcommon.Timestamp) int64 { return int64(t) } //nolint:gosec // below 2^63

// moment is when a record happened, as received.
type moment struct {
	// original is the SDK's time, 0 where it sent none that is sane. Ids are
	// made from it, since it does not depend on the arrival.
	original int64
	// ns is what the time is taken to be before any shift.
	ns int64
	// source is a value of mobile.AttrTimeSource, "" for the SDK's own time.
	source string
}

// logMoment reads the time of a log record.
func logMoment(lr plog.LogRecord, arrival int64) moment {
	if ns, ok := sane(lr.Timestamp()); ok {
		return moment{original: ns, ns: ns}
	}
	if ns, ok := sane(lr.ObservedTimestamp()); ok {
		return moment{original: ns, ns: ns, source: sourceObserved}
	}
	return moment{ns: arrival, source: sourceArrival}
}

// spanMoment reads the time of a span: its end, since start and end move
// together. It makes both ends sane first, and says whether it had to.
func spanMoment(span ptrace.Span, arrival int64) (m moment, repaired bool) {
	start, okStart := sane(span.StartTimestamp())
	end, okEnd := sane(span.EndTimestamp())
	switch {
	case !okStart && !okEnd:
		span.SetStartTimestamp(stamp(arrival))
		span.SetEndTimestamp(stamp(arrival))
		return moment{ns: arrival, source: sourceArrival}, false
	case !okStart:
		span.SetStartTimestamp(stamp(end))
		return moment{original: end, ns: end}, true
	case !okEnd || end < start:
		span.SetEndTimestamp(stamp(start))
		return moment{original: start, ns: start}, true
	}
	return moment{original: start, ns: end}, false
}

// shift is how a batch is moved because its clock is ahead.
type shift struct {
	arrival int64
	// delta is taken off every time of the SDK's.
	delta int64
	// single moves only what is ahead, each to the arrival.
	single bool
}

// planShift decides how to bring a batch whose newest time is more than
// maxAhead ahead of its arrival back to it. The whole batch moves, so that
// order and durations stay; but where that would push a record out of the late
// window that is inside it as received, the clock was not what is wrong (one
// corrupt record among good ones), and only what is ahead moves.
func planShift(moments []moment, arrival int64, late time.Duration) shift {
	s := shift{arrival: arrival}
	newest := int64(math.MinInt64)
	for _, m := range moments {
		newest = max(newest, m.ns)
	}
	if newest <= arrival+maxAhead {
		return s
	}
	s.delta = newest - arrival
	oldest := arrival - int64(late)
	for _, m := range moments {
		if m.source != sourceArrival && m.ns >= oldest && m.ns-s.delta < oldest {
			s.single = true
			return s
		}
	}
	return s
}

// by returns how far a moment moves back, and its source after that.
func (s shift) by(m moment) (delta int64, source string) {
	switch {
	case s.delta == 0 || m.source == sourceArrival:
		return 0, m.source
	case !s.single:
		return s.delta, sourceShifted
	case m.ns > s.arrival+maxAhead:
		return m.ns - s.arrival, sourceShifted
	default:
		return 0, m.source
	}
}

// moveSpan takes delta off every time of a span whose ends are sane. What would
// leave the sane times by that (a span of decades) begins at its end; events
// without a sane time get the span's start.
func moveSpan(span ptrace.Span, delta int64) {
	end := nanos(span.EndTimestamp()) - delta
	start := nanos(span.StartTimestamp()) - delta
	if start < earliest {
		start = end
	}
	span.SetStartTimestamp(stamp(start))
	span.SetEndTimestamp(stamp(end))
	for _, ev := range span.Events().All() {
		ns, ok := sane(ev.Timestamp())
		if !ok || ns-delta < earliest {
			ev.SetTimestamp(span.StartTimestamp())
			continue
		}
		ev.SetTimestamp(stamp(ns - delta))
	}
}

// fixTime applies the time fix to one record: it returns the record's time, how
// far that was moved, and whether the record is within the late window. Its
// flag and notes are set on the way.
func (b *batch) fixTime(m moment, attrs pcommon.Map) (ns, delta int64, ok bool) {
	delta, source := b.shift.by(m)
	ns = m.ns - delta
	if ns < b.arrival-int64(b.n.set.LateWindow) {
		b.counts.refuse(b.tenant, RefusedLate)
		return ns, delta, false
	}
	switch source {
	case "":
		return ns, delta, true
	case sourceObserved:
		b.note(NoteObserved)
	case sourceArrival:
		b.note(NoteArrival)
	default:
		b.note(NoteShifted)
	}
	attrs.PutStr(mobile.AttrTimeSource, source)
	return ns, delta, true
}
