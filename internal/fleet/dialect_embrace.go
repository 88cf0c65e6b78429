package fleet

import (
	"encoding/json"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// embraceAndroid is Embrace Android 9.2: everything has an emb.type, and all
// its attributes are texts.
type embraceAndroid struct{}

const embraceScope = "io.embrace.android.embracesdk.core"

func (embraceAndroid) resource(s *Session, m pcommon.Map) {
	d := s.Device
	m.PutStr("android.os.api_level", d.Model.API)
	androidDevice(d, m)
	m.PutStr("os.build_id", d.Model.Build)
	m.PutStr(mobile.AttrOSName, "android")
	m.PutStr(mobile.AttrServiceName, d.App.Package)
	m.PutStr(mobile.AttrServiceVersion, d.App.Releases[s.Release].Version)
	m.PutStr("telemetry.distro.name", embraceScope)
	m.PutStr("telemetry.distro.version", "9.2.0")
}

func (embraceAndroid) scope(*Record) (name, version string) { return embraceScope, "9.2.0" }

// common writes what every record has: its type and its session.
func (e embraceAndroid) common(w *wire, a pcommon.Map, kind string) {
	a.PutStr("emb.type", kind)
	a.PutStr("emb.user_session_id", w.session())
	a.PutStr("emb.session_part_id", w.session()[16:]+w.session()[:16])
}

func (e embraceAndroid) log(w *wire, r *Record, lr plog.LogRecord) {
	w.times(r, lr)
	lr.SetObservedTimestamp(lr.Timestamp())
	lr.Body().SetStr("")
	a := lr.Attributes()
	kind := "sys.log"
	switch r.Kind {
	case KindCrash:
		kind = "sys.android.crash"
	case KindError:
		kind = "sys.exception"
	default: // the rest is logged by the app itself
	}
	e.common(w, a, kind)
	a.PutStr("log.record.uid", uid(r))
	a.PutStr("emb.state", "foreground")
	a.PutStr("emb.state.network", w.sender.Network)
	a.PutStr("emb.state.screen-automatic", w.device().App.Package+"."+r.Screen)
	a.PutStr(mobile.AttrUserID, w.device().User)
	switch r.Kind {
	case KindCrash:
		e.crash(r.Fault, lr)
	case KindError:
		severity(lr, plog.SeverityNumberError)
		a.PutStr("emb.exception_handling", "handled")
		r.Fault.exception(a, jsonTexts(r.Fault.jvmFrames()))
	case KindFlow:
		r.Flow.put(lr)
	case KindRage:
		lr.SetEventName(mobile.EventRageTap)
	default:
		severity(lr, plog.SeverityNumberInfo)
		lr.Body().SetStr(r.Name)
	}
}

func severity(lr plog.LogRecord, n plog.SeverityNumber) {
	lr.SetSeverityNumber(n)
	lr.SetSeverityText(strings.ToUpper(n.String()))
}

// embraceCause is a link of the chain of causes, the root first.
type embraceCause struct {
	Name    string   `json:"n"`
	Message string   `json:"m"`
	Frames  []string `json:"tt"`
}

// embraceThread is a thread at the time of a crash.
type embraceThread struct {
	ID       int      `json:"threadId"`
	State    string   `json:"state"`
	Name     string   `json:"n"`
	Priority int      `json:"p"`
	Frames   []string `json:"tt"`
	Count    int      `json:"fc"`
}

// crash writes the outer exception's frames beside a chain of all.
func (e embraceAndroid) crash(f *Fault, lr plog.LogRecord) {
	severity(lr, plog.SeverityNumberError)
	a := lr.Attributes()
	if f.Background {
		a.PutStr("emb.state", "background")
	}
	frames := f.jvmFrames()
	f.exception(a, jsonTexts(frames))
	chain := []embraceCause{{f.Bug.Type, f.message(), frames}}
	if c := f.Bug.Cause; c != nil {
		cause := embraceCause{c.Type, f.causeMessage(), append(f.lines(c.Frames), frames[1:]...)}
		chain = []embraceCause{cause, chain[0]}
	}
	a.PutStr("emb.android.crash.exception_cause", jsonOf(chain))
	a.PutStr("emb.android.threads", jsonOf([]embraceThread{
		{2, "RUNNABLE", f.Thread, 5, frames, len(frames)},
		{41, "WAITING", "OkHttp Dispatcher", 5, []string{"java.lang.Object.wait(Native Method)"}, 1},
	}))
	a.PutStr("emb.android.crash_number", "1")
	a.PutStr("emb.private.send_mode", "DEFER")
}

// jsonOf writes a list of texts and numbers, which cannot fail.
func jsonOf(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "[]"
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func jsonTexts(list []string) string { return jsonOf(list) }

func (e embraceAndroid) span(w *wire, r *Record, sp ptrace.Span) {
	a := sp.Attributes()
	switch r.Kind {
	case KindStart:
		sp.SetName("emb-app-startup-" + r.Name)
		e.common(w, a, "perf")
	case KindStage:
		sp.SetName(r.Name)
		parent := sp.TraceID()
		sp.SetParentSpanID(pcommon.SpanID(parent[:8]))
		e.common(w, a, "perf")
	case KindLoad:
		sp.SetName("emb-" + r.Name + "-cold-time-to-initial-display")
		e.common(w, a, "perf.ui_load")
	case KindVisit:
		sp.SetName("emb-screen-view")
		e.common(w, a, "ux.view")
		a.PutStr("view.name", r.Name)
	case KindHang:
		e.hang(w, r, sp)
	case KindSpan:
		sp.SetName("emb-session")
		e.common(w, a, "ux.session")
		a.PutStr("emb.cold_start", "true")
		a.PutStr("emb.clean_exit", "true")
		a.PutStr("emb.state", "foreground")
	case KindRequest:
		e.request(w, r, sp)
	default: // the SDK sends no other spans
	}
}

// hang writes a hang with a sample of the main thread.
func (e embraceAndroid) hang(w *wire, r *Record, sp ptrace.Span) {
	sp.SetName("emb-thread-blockage")
	e.common(w, sp.Attributes(), "perf.thread_blockage")
	sp.Attributes().PutStr("interval_code", "0")
	ev := sp.Events().AppendEmpty()
	ev.SetName("perf.thread_blockage_sample")
	ev.SetTimestamp(w.stamp(r.At + (r.End-r.At)/2))
	p := w.device().App.Package
	ev.Attributes().PutStr(mobile.AttrExceptionStacktrace, p+".ui.ListState.restore(ListState.kt:61)\n"+p+"."+r.Screen+".onResume("+r.Screen+".kt:48)\nandroid.os.Handler.dispatchMessage(Handler.java:103)\nandroid.os.Looper.loop(Looper.java:338)\n")
	ev.Attributes().PutStr("jvm.thread.state", "runnable")
	ev.Attributes().PutStr("frame_count", "4")
}

// request writes a request: today's conventions, but as texts.
func (e embraceAndroid) request(w *wire, r *Record, sp ptrace.Span) {
	q, a := r.Request, sp.Attributes()
	sp.SetName("emb-" + q.Method + " " + q.Path)
	sp.SetKind(ptrace.SpanKindClient)
	e.common(w, a, "perf.network_request")
	a.PutStr(mobile.AttrHTTPMethod, q.Method)
	a.PutStr(mobile.AttrURLFull, q.url())
	if q.Status > 0 {
		a.PutStr(mobile.AttrHTTPStatus, statusText(q.Status))
		a.PutStr("http.response.body.size", "2048")
	} else {
		a.PutStr(mobile.AttrErrorType, "java.net.SocketTimeoutException")
		a.PutStr("error.message", q.Failure)
	}
	if q.failed() {
		sp.Status().SetCode(ptrace.StatusCodeError)
		a.PutStr("emb.error_code", "failure")
	}
}
