package fleet

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// otelAndroid is OpenTelemetry Android 1.6, or Honeycomb's distribution 1.0,
// which holds version 1.0.1 of it. Its events have no time and no severity.
type otelAndroid struct{ honeycomb bool }

func (o otelAndroid) resource(s *Session, m pcommon.Map) {
	d := s.Device
	if o.honeycomb {
		m.PutStr(mobile.AttrDeviceID, d.Installation)
		m.PutStr("app.debug.proguard_uuid", lowerUUID(d, s.Release))
		m.PutStr("honeycomb.distro.version", "1.0.0")
		m.PutStr("honeycomb.distro.runtime_version", d.Model.OS)
		m.PutStr("rum.sdk.version", "1.0.1")
		m.PutStr("telemetry.distro.name", "io.honeycomb.opentelemetry.android")
		m.PutStr("telemetry.distro.version", "1.0.0")
	} else {
		m.PutStr("android.os.api_level", d.Model.API)
		m.PutStr(mobile.AttrInstallationID, d.Installation)
	}
	androidDevice(d, m)
	m.PutStr("os.description", "Android Version "+d.Model.OS+" (Build "+d.Model.Build+" API level "+d.Model.API+")")
	m.PutStr(mobile.AttrOSName, "Android")
	m.PutStr(mobile.AttrServiceName, d.App.Name)
	m.PutStr(mobile.AttrServiceVersion, d.App.Releases[s.Release].Version)
	m.PutStr("telemetry.sdk.name", "opentelemetry")
	if o.honeycomb {
		m.PutStr("telemetry.sdk.language", "android")
		m.PutStr("telemetry.sdk.version", "1.57.0")
		return
	}
	m.PutStr("telemetry.sdk.language", "java")
	m.PutStr("telemetry.sdk.version", "1.6.0")
}

// androidDevice writes what all SDKs on Android say of the phone.
func androidDevice(d *Device, m pcommon.Map) {
	m.PutStr(mobile.AttrManufacturer, d.Model.Manufacturer)
	m.PutStr(mobile.AttrModelID, d.Model.ID)
	m.PutStr(mobile.AttrModelName, d.Model.Name)
	m.PutStr(mobile.AttrOSType, "linux")
	m.PutStr(mobile.AttrOSVersion, d.Model.OS)
}

func (o otelAndroid) scope(r *Record) (name, version string) {
	switch r.Kind {
	case KindSessionStart, KindSessionEnd:
		return "otel.session", ""
	case KindStart, KindLoad, KindVisit:
		return "io.opentelemetry.lifecycle", ""
	case KindRequest:
		return "io.opentelemetry.okhttp-3.0", "2.30.0-alpha"
	case KindTap:
		return "io.opentelemetry.android.instrumentation.view.click", ""
	case KindNetwork:
		return "io.opentelemetry.network", ""
	case KindJank:
		return "app.jank", ""
	case KindCrash:
		return "io.opentelemetry.crash", ""
	case KindANR:
		return "io.opentelemetry.anr", ""
	case KindError:
		if o.honeycomb {
			return "io.honeycomb.crash", ""
		}
		return scopeApp, ""
	default:
		return scopeApp, ""
	}
}

// scopeApp is the instrumentation scope of the app's own code.
const scopeApp = "example.app"

// screenKey is how the SDK calls the screen's name.
func (o otelAndroid) screenKey() string {
	if o.honeycomb {
		return "screen.name"
	}
	return mobile.AttrScreenName
}

func (o otelAndroid) common(w *wire, r *Record, a pcommon.Map) {
	a.PutStr(o.screenKey(), r.Screen)
	w.sender.network(a)
	id := w.session()
	if r.Kind == KindSessionEnd {
		id = w.sender.ID // up to 1.6 the id of the session that begins
	}
	a.PutStr(mobile.AttrSessionID, id)
}

func (o otelAndroid) log(w *wire, r *Record, lr plog.LogRecord) {
	w.observed(r, lr)
	a := lr.Attributes()
	o.common(w, r, a)
	switch r.Kind {
	case KindSessionStart:
		lr.SetEventName(mobile.EventSessionStart)
		if w.sender.Previous != "" {
			a.PutStr(mobile.AttrPreviousSessionID, w.sender.Previous)
		}
	case KindSessionEnd:
		lr.SetEventName(mobile.EventSessionEnd)
	case KindTap:
		lr.SetEventName(mobile.EventWidgetClick)
		a.PutStr("app.widget.id", "2131296"+statusText(300+len(r.Name)))
		a.PutStr("app.widget.name", r.Name)
	case KindNetwork:
		lr.SetEventName(mobile.EventNetworkChange)
		a.PutStr("network.status", "available")
	case KindJank:
		lr.SetEventName(mobile.EventJank)
		a.PutInt(mobile.AttrJankFrames, int64(r.Frames))
		a.PutDouble(mobile.AttrJankPeriod, 1)
		a.PutDouble(mobile.AttrJankLimit, r.Limit)
	case KindFlow:
		r.Flow.put(lr)
	case KindRage:
		lr.SetEventName(mobile.EventRageTap)
		a.PutStr("app.widget.name", r.Name)
	default:
		o.fault(w, r, lr)
	}
}

// fault writes crashes, ANRs and handled errors.
func (o otelAndroid) fault(w *wire, r *Record, lr plog.LogRecord) {
	a, f := lr.Attributes(), r.Fault
	a.PutInt("thread.id", int64(2+len(f.Thread)%40))
	a.PutStr(mobile.AttrThreadName, f.Thread)
	switch r.Kind {
	case KindCrash:
		lr.SetEventName(mobile.EventCrash)
		if o.honeycomb {
			lr.SetEventName("device.crash")
		}
		f.exception(a, f.jvmText())
		a.PutInt("heap.free", 5242880)
		a.PutInt("storage.free", 48318382080)
		a.PutDouble("battery.percent", 62)
	case KindANR:
		lr.SetEventName(mobile.EventANR)
		a.PutStr(mobile.AttrExceptionStacktrace, f.bareText())
	case KindError:
		f.exception(a, f.jvmText())
		if o.honeycomb { // says device.crash, means a handled one
			w.times(r, lr)
			lr.SetSeverityNumber(plog.SeverityNumberError)
			lr.SetSeverityText("ERROR")
			a.PutStr(mobile.AttrEventNameOld, "device.crash")
			a.PutStr("app.debug.proguard_uuid", lowerUUID(w.device(), f.Session.Release))
			structured(f.jvmFrames(), a)
			return
		}
		lr.SetEventName(mobile.EventException)
		lr.SetSeverityNumber(plog.SeverityNumberWarn)
	default: // the fleet records nothing else on Android
	}
}

// structured writes frames as Honeycomb does beside the text: one list for each
// part of them.
func structured(frames []string, a pcommon.Map) {
	const prefix = "exception.structured_stacktrace."
	for part, name := range []string{"classes", "methods", "source_files"} {
		list := a.PutEmptySlice(prefix + name)
		for _, text := range frames {
			call, source, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
			dot := strings.LastIndexByte(call, '.')
			file, _, _ := strings.Cut(source, ":")
			list.AppendEmpty().SetStr([]string{call[:dot], call[dot+1:], file}[part])
		}
	}
	lines := a.PutEmptySlice(prefix + "lines")
	for _, text := range frames {
		_, number, _ := strings.Cut(strings.TrimSuffix(text, ")"), ":")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			n = -2 // what Java says of native methods
		}
		lines.AppendEmpty().SetInt(n)
	}
}

func (o otelAndroid) span(w *wire, r *Record, sp ptrace.Span) {
	a := sp.Attributes()
	o.common(w, r, a)
	switch r.Kind {
	case KindStart:
		sp.SetName("AppStart")
		a.PutStr(mobile.AttrStartType, r.Name)
	case KindLoad:
		sp.SetName("Created")
		a.PutStr("activity.name", r.Name)
		for i, name := range []string{"activityPreCreated", "activityCreated", "activityPostCreated", "activityPreStarted", "activityPostStarted", "activityPreResumed", "activityPostResumed"} {
			ev := sp.Events().AppendEmpty()
			ev.SetName(name)
			ev.SetTimestamp(w.stamp(r.At + int64(i)*(r.End-r.At)/8))
		}
	case KindVisit:
		sp.SetName("Resumed")
		a.PutStr("activity.name", r.Name)
	case KindRequest:
		o.request(w, r, sp)
	default: // the SDK sends no other spans
	}
}

// request writes a span of OkHttp's instrumentation.
func (o otelAndroid) request(w *wire, r *Record, sp ptrace.Span) {
	q, a := r.Request, sp.Attributes()
	sp.SetName(q.Method)
	sp.SetKind(ptrace.SpanKindClient)
	q.stable(a)
	switch {
	case q.Status == 0:
		sp.Status().SetCode(ptrace.StatusCodeError)
		a.PutStr(mobile.AttrErrorType, "java.net.SocketTimeoutException")
		ev := sp.Events().AppendEmpty()
		ev.SetName(mobile.EventException)
		ev.SetTimestamp(w.stamp(r.End - 100_000))
		ev.Attributes().PutStr(mobile.AttrExceptionType, "java.net.SocketTimeoutException")
		ev.Attributes().PutStr(mobile.AttrExceptionMessage, q.Failure)
		ev.Attributes().PutStr(mobile.AttrExceptionStacktrace, "java.net.SocketTimeoutException: timeout\n\tat okhttp3.internal.http2.Http2Stream$StreamTimeout.newTimeoutException(Http2Stream.kt:676)\n\tat okhttp3.internal.http2.Http2Stream.takeHeaders(Http2Stream.kt:160)\n\tat okhttp3.internal.connection.Exchange.readResponseHeaders(Exchange.kt:110)\n")
	case q.Status >= 400:
		sp.Status().SetCode(ptrace.StatusCodeError)
		a.PutStr(mobile.AttrErrorType, statusText(q.Status))
	}
}
