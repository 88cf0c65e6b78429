package fleet

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// honeycombRN is Honeycomb React Native 0.7 on Android: errors are spans.
type honeycombRN struct{}

func (honeycombRN) resource(s *Session, m pcommon.Map) {
	d := s.Device
	m.PutStr("app.debug.proguard_uuid", lowerUUID(d, s.Release))
	m.PutStr("app.debug.source_map_uuid", lowerUUID(d, s.Release))
	m.PutStr("deployment.environment.name", "production")
	m.PutStr(mobile.AttrDeviceID, d.Installation)
	androidDevice(d, m)
	m.PutStr("honeycomb.distro.runtime_version", "0.76.3")
	m.PutStr("honeycomb.distro.version", "0.7.2")
	m.PutStr("os.description", "Android Version "+d.Model.OS+" (Build "+d.Model.Build+" API level "+d.Model.API+")")
	m.PutStr(mobile.AttrOSName, "Android")
	m.PutStr(mobile.AttrServiceName, d.App.ID+"-rn")
	m.PutStr(mobile.AttrServiceVersion, d.App.Releases[s.Release].Version)
	m.PutStr("telemetry.distro.name", "@honeycombio/opentelemetry-react-native")
	m.PutStr("telemetry.distro.version", "0.7.2")
	m.PutStr("telemetry.sdk.language", "hermesjs")
	m.PutStr("telemetry.sdk.name", "opentelemetry")
	m.PutStr("telemetry.sdk.version", "0.7.2")
}

func (honeycombRN) scope(r *Record) (name, version string) {
	switch r.Kind {
	case KindError:
		return "@honeycombio/instrumentation-global-errors", "0.7.2"
	case KindRequest:
		return "@opentelemetry/instrumentation-fetch", "0.203.0"
	case KindStart:
		return "@honeycombio/app-startup", "0.7.2"
	case KindHang:
		return "@honeycombio/slow-event-loop", "0.7.2"
	case KindLog:
		return "@honeycombio/navigation", "0.7.2"
	default:
		return scopeApp, ""
	}
}

func (honeycombRN) log(w *wire, r *Record, lr plog.LogRecord) {
	w.times(r, lr)
	lr.Attributes().PutStr(mobile.AttrSessionID, w.session())
	if r.Kind == KindFlow {
		r.Flow.put(lr)
	}
}

func (h honeycombRN) span(w *wire, r *Record, sp ptrace.Span) {
	a := sp.Attributes()
	a.PutStr(mobile.AttrSessionID, w.session())
	switch r.Kind {
	case KindStart:
		sp.SetName("react native startup")
	case KindHang:
		sp.SetName("slow event loop")
		a.PutDouble("hermes.eventloop.delay", float64(r.duration().Microseconds())/1000)
	case KindLog:
		sp.SetName("screen appeared")
		a.PutStr("screen.route", "/"+r.Screen)
	case KindError:
		h.failure(r.Fault, sp)
	case KindRequest:
		q := r.Request
		sp.SetName("HTTP " + q.Method)
		sp.SetKind(ptrace.SpanKindClient)
		a.PutStr("component", "fetch")
		q.old(a)
		a.PutStr("http.host", q.Host)
		a.PutStr("http.user_agent", "okhttp/4.12.0")
		if q.failed() {
			sp.Status().SetCode(ptrace.StatusCodeError)
		}
	default: // the SDK sends no other spans
	}
}

// failure writes an error, of which the SDK does not say whether it was fatal.
func (h honeycombRN) failure(f *Fault, sp ptrace.Span) {
	sp.SetName("exception")
	sp.Status().SetCode(ptrace.StatusCodeError)
	sp.Status().SetMessage(f.message())
	a := sp.Attributes()
	f.exception(a, f.jsText())
	columns := a.PutEmptySlice("exception.structured_stacktrace.columns")
	lines := a.PutEmptySlice("exception.structured_stacktrace.lines")
	for _, fr := range f.jsFrames() {
		columns.AppendEmpty().SetInt(fr.column)
		lines.AppendEmpty().SetInt(1)
	}
	functions := a.PutEmptySlice("exception.structured_stacktrace.functions")
	for _, fr := range f.jsFrames() {
		functions.AppendEmpty().SetStr(fr.function)
	}
	urls := a.PutEmptySlice("exception.structured_stacktrace.urls")
	for range f.jsFrames() {
		urls.AppendEmpty().SetStr(bundleURL)
	}
}
