package canonical

import (
	"math"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"golang.org/x/text/currency"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
)

const (
	// anrLength is how long a hang must be to be an ANR.
	anrLength = 5 * time.Second
	// frozenFrame is the draw time, seconds, from which a frame is frozen.
	frozenFrame = 0.7
)

// logTime returns when a log happened, nanoseconds since 1970; 0 if unknown.
func logTime(lr plog.LogRecord) int64 {
	if t := lr.Timestamp(); t != 0 {
		return int64(t)
	}
	return int64(lr.ObservedTimestamp())
}

// observeLog adds what a canonical log says to a state.
func observeLog(s *session.State, lr plog.LogRecord, at int64) {
	s.Saw(at, at)
	attrs := lr.Attributes()
	switch lr.EventName() {
	case mobile.EventCrash, mobile.EventException, mobile.EventANR:
		observeIncident(s, lr, at)
	case mobile.EventJank:
		observeJank(s, attrs)
	case mobile.EventFlow:
		observeFlow(s, attrs, at)
	case mobile.EventSessionEnd:
		s.Ended = max(s.Ended, at)
	case mobile.EventRageTap, mobile.EventErrorTap:
		s.Taps++
	}
}

// incidentOf returns the incident that a log reports; ok is false where it
// reports none that counts.
func incidentOf(lr plog.LogRecord, at int64) (v session.Incident, ok bool) {
	attrs := lr.Attributes()
	v = session.Incident{Time: at}
	idKey := ""
	switch lr.EventName() {
	case mobile.EventCrash:
		v.Kind, idKey = session.Crash, mobile.AttrCrashID
		v.Background = isFalse(attrs, mobile.AttrUserPerceived)
		if isTrue(attrs, mobile.AttrEvidence) {
			return v, false
		}
	case mobile.EventANR:
		v.Kind, idKey = session.ANR, mobile.AttrANRID
		if d, known := number(attrs, mobile.AttrHangDuration); known && d < anrLength.Seconds() {
			return v, false
		}
	case mobile.EventException:
		v.Kind, idKey = session.Error, mobile.AttrErrorID
	default:
		return v, false
	}
	if v.ID = clip(text(attrs, idKey), maxID); v.ID == "" {
		v.ID = strconv.FormatInt(at, 36)
	}
	if fine, ok := digestAttr(attrs, mobile.AttrGroupFine); ok {
		v.Version, v.Fine = clip(text(attrs, mobile.AttrGroupVersion), maxID), fine
	}
	return v, true
}

func observeIncident(s *session.State, lr plog.LogRecord, at int64) {
	if v, ok := incidentOf(lr, at); ok {
		s.AddIncident(v)
		return
	}
	if d, known := number(lr.Attributes(), mobile.AttrHangDuration); known && lr.EventName() == mobile.EventANR && d > 0 {
		s.Hang = max(s.Hang, int64(d*1e6))
	}
}

func observeJank(s *session.State, attrs pcommon.Map) {
	if ratio, ok := number(attrs, mobile.AttrHitchRatio); ok && ratio >= 0 && ratio < 1e6 {
		s.HitchSum += int64(ratio * 1000) // ms/s to µs/s
		s.HitchN++
	}
	n := min(max(integer(attrs, mobile.AttrJankFrames), 0), math.MaxInt32)
	limit, ok := number(attrs, mobile.AttrJankLimit)
	if !ok {
		return
	}
	s.Janks++
	if limit >= frozenFrame {
		s.Frozen += n
		return
	}
	s.Slow += n
}

func observeFlow(s *session.State, attrs pcommon.Map, at int64) {
	name := clip(text(attrs, mobile.AttrFlowName), maxFlowName)
	id := clip(text(attrs, mobile.AttrFlowID), maxID)
	if name == "" {
		return
	}
	outcomes := map[string]session.Outcome{
		mobile.FlowStarted: session.Started, mobile.FlowSucceeded: session.Succeeded, mobile.FlowFailed: session.Failed,
		mobile.FlowTimedOut: session.TimedOut, mobile.FlowAbandoned: session.Abandoned,
	}
	outcome, ok := outcomes[text(attrs, mobile.AttrFlowState)]
	if !ok {
		return
	}
	mark := session.FlowMark{Time: at, Outcome: outcome}
	if code := text(attrs, mobile.AttrFlowCurrency); isCurrency(code) {
		mark.Currency = code
		mark.Value = min(max(integer(attrs, mobile.AttrFlowValue), 0), maxValue)
	}
	if eye, ok := number(attrs, mobile.AttrFlowEyeTime); ok && eye > 0 && eye < 1e6 {
		mark.Eye = int64(math.Round(eye * 1e6))
	}
	s.AddFlow(id, name, mark)
}

// maxValue bounds what one flow can be worth, minor units: sums of a month
// stay far below the limits of their type.
const maxValue = 1e12

// isCurrency says whether a text is a currency of ISO 4217, which bounds how
// many there can be.
func isCurrency(s string) bool {
	_, err := currency.ParseISO(s)
	return err == nil && s == strings.ToUpper(s)
}

// observeSpan adds what a canonical span says to a state.
func observeSpan(s *session.State, sp ptrace.Span) {
	begin, end := int64(sp.StartTimestamp()), int64(sp.EndTimestamp())
	s.Saw(begin, end)
	micros := max(end-begin, 0) / int64(time.Microsecond)
	attrs := sp.Attributes()
	switch {
	case sp.Name() == mobile.SpanAppStart:
		kinds := map[string]session.StartKind{"cold": session.Cold, "warm": session.Warm, "hot": session.Hot}
		if kind, ok := kinds[text(attrs, mobile.AttrStartType)]; ok {
			s.AddStart(session.Start{Kind: kind, Begin: begin, Duration: micros})
		}
	case sp.Name() == mobile.SpanScreenLoad:
		s.AddLoad(end, micros)
	case sp.Kind() == ptrace.SpanKindClient && text(attrs, mobile.AttrHTTPMethod) != "":
		if requestFailed(sp) {
			s.Failed.Add(micros, 1)
			return
		}
		s.Requests.Add(micros, 1)
	}
}

// requestFailed says whether the user was failed: a transport error, a
// time-out, 408, 429 or a server error.
func requestFailed(sp ptrace.Span) bool {
	attrs := sp.Attributes()
	switch code := integer(attrs, mobile.AttrHTTPStatus); {
	case code == 408 || code == 429 || code >= 500:
		return true
	case code > 0:
		return false
	}
	return sp.Status().Code() == ptrace.StatusCodeError || text(attrs, mobile.AttrErrorType) != ""
}

func isTrue(m pcommon.Map, key string) bool {
	v, ok := m.Get(key)
	return ok && v.Type() == pcommon.ValueTypeBool && v.Bool()
}

func isFalse(m pcommon.Map, key string) bool {
	v, ok := m.Get(key)
	return ok && v.Type() == pcommon.ValueTypeBool && !v.Bool()
}
