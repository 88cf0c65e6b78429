package fleet

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// otelSwift is OpenTelemetry Swift 2.5, or Honeycomb's distribution 2.4. The
// former knows of crashes only from MetricKit.
type otelSwift struct{ honeycomb bool }

func (o otelSwift) resource(s *Session, m pcommon.Map) {
	d := s.Device
	release := d.App.Releases[s.Release]
	m.PutStr(mobile.AttrDeviceID, d.Installation)
	m.PutStr(mobile.AttrModelID, d.Model.ID)
	m.PutStr(mobile.AttrOSType, "darwin")
	m.PutStr(mobile.AttrOSName, "iOS")
	m.PutStr("os.description", "iOS Version "+strings.TrimSuffix(d.Model.OS, ".0")+" (Build "+d.Model.Build+")")
	m.PutStr(mobile.AttrOSVersion, d.Model.OS)
	m.PutStr("telemetry.sdk.name", "opentelemetry")
	m.PutStr("telemetry.sdk.language", "swift")
	if !o.honeycomb {
		m.PutStr(mobile.AttrServiceName, strings.ReplaceAll(d.App.Name, " ", ""))
		m.PutStr(mobile.AttrServiceVersion, release.Version+" ("+statusText(release.Build)+")")
		m.PutStr("telemetry.sdk.version", "2.5.1")
		return
	}
	m.PutStr(mobile.AttrServiceName, d.App.ID+"-ios")
	m.PutStr(mobile.AttrServiceVersion, release.Version)
	m.PutStr("app.bundle.version", statusText(release.Build))
	m.PutStr("app.bundle.shortVersionString", release.Version)
	m.PutStr("app.bundle.executable", d.App.Name)
	m.PutStr("app.debug.build_uuid", release.UUID)
	m.PutStr("app.debug.binaryName", "/private/var/containers/Bundle/Application/7F0A/"+d.App.Name+".app/"+d.App.Name)
	m.PutStr("honeycomb.distro.version", "2.4.2")
	m.PutStr("honeycomb.distro.runtime_version", d.Model.OS)
	m.PutStr("telemetry.distro.name", "honeycomb-opentelemetry-swift")
	m.PutStr("telemetry.distro.version", "2.4.2")
	m.PutStr("telemetry.sdk.version", "2.4.0")
}

func (o otelSwift) scope(r *Record) (name, version string) {
	switch r.Kind {
	case KindSessionStart, KindSessionEnd:
		return "io.opentelemetry.sessions", ""
	case KindRequest:
		return "NSURLSession", "1.0.0"
	case KindLoad, KindVisit:
		return "io.honeycomb.navigation", ""
	case KindCrash:
		if o.honeycomb {
			return "io.honeycomb.error", ""
		}
		return "MetricKit", ""
	case KindDiagnostic:
		return "MetricKit", ""
	case KindMetrics:
		return "MetricKit", "0.0.1"
	case KindTwin:
		return "io.honeycomb.metrickit", ""
	default:
		return scopeApp, ""
	}
}

func (o otelSwift) log(w *wire, r *Record, lr plog.LogRecord) {
	w.times(r, lr)
	a := lr.Attributes()
	a.PutStr(mobile.AttrSessionID, w.session())
	switch r.Kind {
	case KindSessionStart, KindSessionEnd:
		lr.SetEventName(mobile.EventSessionStart)
		if r.Kind == KindSessionEnd {
			lr.SetEventName(mobile.EventSessionEnd)
		}
		if previous := w.of.Previous; previous != "" {
			a.PutStr(mobile.AttrPreviousSessionID, previous)
		}
	case KindFlow:
		r.Flow.put(lr)
	case KindRage:
		lr.SetEventName(mobile.EventRageTap)
		a.PutStr("app.widget.name", r.Name)
	case KindError:
		lr.SetEventName(mobile.EventException)
		lr.SetSeverityNumber(plog.SeverityNumberWarn)
		r.Fault.exception(a, r.Fault.symbolsText())
	case KindCrash, KindTwin, KindDiagnostic:
		o.diagnostic(w, r, lr)
	default:
		lr.SetSeverityNumber(plog.SeverityNumberInfo)
		lr.SetSeverityText("INFO")
		lr.Body().SetStr(r.Name)
	}
}

// kitPrefix begins the attributes of MetricKit's reports of crashes.
const kitPrefix = "metrickit.diagnostic.crash.exception."

// diagnostic writes crashes and MetricKit's reports. The latter are stamped
// with the end of their window and carry the session that delivers them.
func (o otelSwift) diagnostic(w *wire, r *Record, lr plog.LogRecord) {
	a := lr.Attributes()
	if r.Kind == KindCrash && o.honeycomb {
		lr.SetSeverityNumber(plog.SeverityNumberFatal)
		lr.SetSeverityText("FATAL")
		r.Fault.exception(a, r.Fault.symbolsText())
		return
	}
	lr.SetTimestamp(w.stamp(r.End))
	lr.SetObservedTimestamp(w.stamp(w.sender.Begin) + 900_000_000)
	name := "metrickit.diagnostic.crash"
	if r.Kind == KindDiagnostic {
		name = "metrickit.diagnostic." + r.Name
	}
	a.PutStr("name", name)
	if !o.honeycomb {
		lr.SetEventName(name)
	}
	switch {
	case r.Kind == KindDiagnostic:
		o.quantity(r, a)
	case o.honeycomb:
		kitReason(r.Fault, a)
		a.PutStr(kitPrefix+"stacktrace_json", r.Fault.nestedText())
		if w.sender.Previous != "" {
			a.PutStr(mobile.AttrPreviousSessionID, w.sender.Previous)
		}
	default:
		kitReason(r.Fault, a)
		r.Fault.exception(a, r.Fault.kitText())
	}
}

// quantity writes what a diagnostic other than a crash measured.
func (o otelSwift) quantity(r *Record, a pcommon.Map) {
	key, value := "app_launch.launch_duration", 21.4
	switch r.Name {
	case "disk_write_exception":
		key, value = "disk_write_exception.total_writes_caused", 1101004800
	case "cpu_exception":
		key, value = "cpu_exception.total_cpu_time", 83.2
		a.PutDouble("metrickit.diagnostic.cpu_exception.total_sampled_time", 104.5)
	}
	a.PutDouble("metrickit.diagnostic."+key, value)
}

// kitReason writes why the process ended.
func kitReason(f *Fault, a pcommon.Map) {
	a.PutInt(kitPrefix+"code", 0)
	a.PutInt(kitPrefix+"mach_exception.type", 10)
	a.PutStr(kitPrefix+"mach_exception.name", "EXC_CRASH")
	a.PutStr(kitPrefix+"mach_exception.description", "Abnormal process exit")
	a.PutInt(kitPrefix+"signal", 6)
	a.PutStr(kitPrefix+"signal.name", "SIGABRT")
	a.PutStr(kitPrefix+"signal.description", "abort()")
	a.PutStr(kitPrefix+"termination_reason", "Namespace SIGNAL, Code 6 Abort trap: 6")
	a.PutStr(kitPrefix+"objc.type", "NSException")
	a.PutStr(kitPrefix+"objc.message", f.message())
	a.PutStr(kitPrefix+"objc.classname", "NSException")
	a.PutStr(kitPrefix+"objc.name", f.Bug.Type)
}

func (o otelSwift) span(w *wire, r *Record, sp ptrace.Span) {
	a := sp.Attributes()
	a.PutStr(mobile.AttrSessionID, w.session())
	switch r.Kind {
	case KindRequest:
		o.request(w, r, sp)
	case KindLoad:
		sp.SetName("View Render")
		a.PutStr("view.name", r.Name)
		a.PutDouble("view.renderDuration", r.duration().Seconds())
		a.PutDouble("view.totalDuration", r.duration().Seconds())
	case KindVisit:
		sp.SetName("NavigationTo")
		a.PutStr("screen.name", r.Name)
		a.PutStr("screen.path", "/"+r.Name)
	case KindMetrics:
		sp.SetName("MXMetricPayload")
		release := w.device().App.Releases[w.sender.Release]
		a.PutBool("metrickit.includes_multiple_application_versions", false)
		a.PutStr("metrickit.latest_application_version", release.Version)
		a.PutStr("metrickit.metadata.device_type", w.device().Model.ID)
		a.PutDouble("metrickit.app_launch.time_to_first_draw_average", 0.81)
		a.PutDouble("metrickit.app_responsiveness.hang_time_average", 0.12)
		a.PutDouble("metrickit.animation.scroll_hitch_time_ratio", 2.5)
		a.PutInt("metrickit.app_exit.foreground.normal_app_exit_count", 2)
	default: // the SDK sends no other spans
	}
}

// request writes a span of URLSession's instrumentation, which speaks the old
// conventions by default.
func (o otelSwift) request(w *wire, r *Record, sp ptrace.Span) {
	q, a := r.Request, sp.Attributes()
	sp.SetName("HTTP " + q.Method)
	sp.SetKind(ptrace.SpanKindClient)
	q.old(a)
	a.PutStr("http.target", q.Path)
	a.PutStr("net.peer.name", q.Host)
	a.PutInt("net.peer.port", 443)
	a.PutStr(mobile.AttrNetworkType, w.sender.Network)
	if q.Status > 0 {
		a.PutInt("http.response.body.size", 2048)
	}
	if q.Status < 100 || q.Status >= 400 {
		sp.Status().SetCode(ptrace.StatusCodeError)
		sp.Status().SetMessage(statusText(q.Status))
	}
}

// lowerUUID is a build's id in lower case.
func lowerUUID(d *Device, release int) string { return strings.ToLower(d.App.Releases[release].UUID) }
