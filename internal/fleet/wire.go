package fleet

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// wire is what all dialects need to write one record.
type wire struct {
	// sender is the session that sends, of the one it belongs to: nil for
	// none.
	sender, of *Session
}

func newWire(u *Upload, c carriedRecord) *wire { return &wire{u.Session, c.of} }

func (w *wire) device() *Device { return w.sender.Device }

// stamp is a time as the device's clock shows it.
func (w *wire) stamp(ns int64) pcommon.Timestamp {
	if w.device().Clock == ClockAhead {
		ns += int64(ahead)
	}
	return pcommon.Timestamp(ns)
}

// times stamps a log with time and observed time.
func (w *wire) times(r *Record, lr plog.LogRecord) {
	lr.SetObservedTimestamp(w.stamp(r.At) + 400_000)
	lr.SetTimestamp(w.stamp(r.At))
	if w.device().Clock == ClockUnset { // seconds since the phone was switched on
		lr.SetTimestamp(pcommon.Timestamp(r.At % int64(300*day)))
		lr.SetObservedTimestamp(w.stamp(r.At))
	}
}

// observed stamps a log with nothing but its observed time.
func (w *wire) observed(r *Record, lr plog.LogRecord) { lr.SetObservedTimestamp(w.stamp(r.At)) }

// frame writes what all spans have.
func (w *wire) frame(r *Record, sp ptrace.Span) {
	var trace pcommon.TraceID
	var span pcommon.SpanID
	binary.BigEndian.PutUint64(trace[:8], r.id)
	binary.BigEndian.PutUint64(trace[8:], mix(r.id))
	binary.BigEndian.PutUint64(span[:], mix(r.id+1))
	sp.SetTraceID(trace)
	sp.SetSpanID(span)
	sp.SetFlags(257)
	sp.SetKind(ptrace.SpanKindInternal)
	sp.SetStartTimestamp(w.stamp(r.At))
	sp.SetEndTimestamp(w.stamp(r.End))
}

// session is the id that a record carries: its session's, or its sender's.
func (w *wire) session() string {
	if w.of != nil {
		return w.of.ID
	}
	return w.sender.ID
}

// uid is the id of a record, 32 hex digits.
func uid(r *Record) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], mix(r.id+2))
	binary.BigEndian.PutUint64(b[8:], mix(r.id+3))
	return hex.EncodeToString(b[:])
}

// put writes a userflow's state: the app's own code does so with the names of
// the canonical record, whatever the SDK.
func (m *FlowMark) put(lr plog.LogRecord) {
	lr.SetEventName(mobile.EventFlow)
	a := lr.Attributes()
	a.PutStr(mobile.AttrFlowName, m.Name)
	a.PutStr(mobile.AttrFlowID, m.ID)
	a.PutStr(mobile.AttrFlowState, m.State)
	if m.Currency != "" {
		a.PutInt(mobile.AttrFlowValue, m.Minor)
		a.PutStr(mobile.AttrFlowCurrency, m.Currency)
	}
	if m.State != flowStarted {
		a.PutDouble(mobile.AttrFlowEyeTime, float64(m.Eye/time.Microsecond)/1e6)
	}
}

// network writes the connection, as SDKs do on every record.
func (s *Session) network(a pcommon.Map) {
	a.PutStr(mobile.AttrNetworkType, s.Network)
	if s.Network == "cell" {
		a.PutStr(mobile.AttrNetworkSub, "LTE")
		a.PutStr("network.carrier.name", "Example Mobile")
		a.PutStr("network.carrier.mcc", "310")
		a.PutStr("network.carrier.mnc", "260")
		a.PutStr("network.carrier.icc", "us")
	}
}

// url is the request's address.
func (q *Request) url() string { return "https://" + q.Host + q.Path }

// stable writes a request in today's conventions.
func (q *Request) stable(a pcommon.Map) {
	a.PutStr(mobile.AttrHTTPMethod, q.Method)
	a.PutStr(mobile.AttrURLFull, q.url())
	a.PutStr(mobile.AttrServerName, q.Host)
	a.PutInt(mobile.AttrServerPort, 443)
	if q.Status > 0 {
		a.PutInt(mobile.AttrHTTPStatus, int64(q.Status))
		a.PutStr("network.protocol.version", "2")
		a.PutStr("network.peer.address", "203.0.113.17")
		a.PutInt("network.peer.port", 443)
	}
}

// old writes a request in the conventions of before 2023.
func (q *Request) old(a pcommon.Map) {
	a.PutStr("http.method", q.Method)
	a.PutStr("http.url", q.url())
	a.PutStr("http.scheme", "https")
	a.PutInt("http.status_code", int64(q.Status))
}

// statusText writes a number as text.
func statusText(code int) string { return strconv.Itoa(code) }

// exception writes what was thrown.
func (f *Fault) exception(a pcommon.Map, stack string) {
	a.PutStr(mobile.AttrExceptionType, f.Bug.Type)
	if message := f.message(); message != "" {
		a.PutStr(mobile.AttrExceptionMessage, message)
	}
	a.PutStr(mobile.AttrExceptionStacktrace, stack)
}
