package dialect

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

const (
	jvmStack    = "java.lang.IllegalStateException: boom\n\tat com.example.Cart.pay(Cart.kt:8)\n\tat android.os.Looper.loop(Looper.java:1)\n"
	bareStack   = "com.example.Cart.pay(Cart.kt:8)\nandroid.os.Looper.loop(Looper.java:1)\n"
	appleDoc    = `{"callStackTree":{"callStacks":[{"threadAttributed":false,"callStackRootFrames":[]},{"threadAttributed":true,"callStackRootFrames":[{"binaryName":"Shop","binaryUUID":"U","offsetIntoBinaryTextSegment":16,"subFrames":[{"binaryName":"a","sampleCount":1},{"binaryName":"b","sampleCount":"2"}]}]}]}}`
	kscrash     = `{"binary_images":[{"image_addr":4096,"uuid":"U"}],"crash":{"error":{"type":"nsexception","nsexception":{"name":"NSRangeException","reason":"beyond"}},"threads":[{"crashed":false},{"crashed":true,"backtrace":{"contents":[{"object_name":"Shop","object_addr":4096,"instruction_addr":4112,"symbol_name":"pay"}]}}]}}`
	appleReport = "Incident Identifier: 1\nException Type:  EXC_BAD_ACCESS (SIGSEGV)\nTriggered by Thread:  0\n\nThread 0 Crashed:\n0   Shop   0x0000000104a1c2f0 0x104a10000 + 49904\n"
	splunkJSON  = `[{"threadNumber":0,"crashed":false,"stackFrames":[]},{"threadNumber":1,"crashed":true,"stackFrames":[{"imageName":"Shop","symbolName":"pay","instructionPointer":"0x1010","baseAddress":"0x1000","offset":16}]}]`
)

// wanted is what a record must become.
type wanted struct {
	event, kind, sdk, session, screen, exception string
	evidence, background, reporter, parsed       bool
	duration                                     float64
	at                                           time.Time
}

func checkLog(t *testing.T, want *wanted, l *outLog) {
	t.Helper()
	assert.Equal(t, want.event, l.EventName())
	assert.Equal(t, want.kind, l.text(mobile.AttrCrashKind))
	if want.sdk != "" {
		assert.Equal(t, want.sdk, text(l.res, mobile.AttrSDK))
	}
	assert.Equal(t, want.session, l.text(mobile.AttrSessionID))
	assert.Equal(t, want.screen, l.text(mobile.AttrScreenName))
	assert.Equal(t, want.exception, l.text(mobile.AttrExceptionType))
	assert.Equal(t, want.evidence, l.has(mobile.AttrEvidence), "evidence")
	assert.Equal(t, want.background, l.has(mobile.AttrUserPerceived), "background")
	assert.Equal(t, want.reporter, l.has(mobile.AttrReporterSession), "reporter's session")
	assert.Equal(t, want.parsed, l.has(mobile.AttrStack), "parsed")
	d, known := l.Attributes().Get(mobile.AttrHangDuration)
	assert.Equal(t, want.duration != 0, known)
	if known {
		assert.InDelta(t, want.duration, d.Double(), 1e-9)
	}
	if !want.at.IsZero() {
		assert.Equal(t, want.at, l.Timestamp().AsTime())
	}
	switch want.event {
	case mobile.EventCrash:
		assert.NotEmpty(t, l.text(mobile.AttrCrashID))
	case mobile.EventANR:
		assert.NotEmpty(t, l.text(mobile.AttrANRID))
	case mobile.EventException:
		assert.NotEmpty(t, l.text(mobile.AttrErrorID))
	}
}

func TestLogsOfDialects(t *testing.T) {
	embrace := android("telemetry.distro.name", "io.embrace.android.embracesdk.core")
	embraceApple := apple("emb.sdk.version", "6.21.0")
	tests := map[string]struct {
		res  map[string]any
		rec  rec
		want wanted
	}{
		"event name lost in the disk buffer": {
			res:  android(),
			rec:  rec{scope: "io.opentelemetry.crash", attrs: map[string]any{"exception.type": "E", "exception.stacktrace": jvmStack, "session.id": "s"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashJVM, sdk: mobile.SDKOTelAndroid, session: "s", exception: "E", parsed: true},
		},
		"event name as attribute": {
			res:  android(),
			rec:  rec{attrs: map[string]any{"event.name": "device.crash", "exception.type": "E", "screen.name": "Cart", "android.state": "background"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashJVM, screen: "Cart", exception: "E", background: true},
		},
		"replayed native crash of 1.6 carries the wrong session": {
			res:  android(),
			rec:  rec{scope: scopeNativeCrash, event: mobile.EventCrash, attrs: map[string]any{"exception.type": "SIGABRT", "session.id": "later"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashNative, exception: "SIGABRT", reporter: true},
		},
		"fatal exception event": {
			res:  android(),
			rec:  rec{event: "exception", severity: plog.SeverityNumberFatal, attrs: map[string]any{"exception.type": "E"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashJVM, exception: "E"},
		},
		"handled exception without a name": {
			res:  android(),
			rec:  rec{scope: "io.opentelemetry.android.log", severity: plog.SeverityNumberError, attrs: map[string]any{"exception.type": "E", "exception.stacktrace": jvmStack}},
			want: wanted{event: mobile.EventException, exception: "E", parsed: true},
		},
		"failed request's event stays": {
			res:  android(),
			rec:  rec{event: "http.client.request.exception", attrs: map[string]any{"exception.type": "E"}},
			want: wanted{event: "http.client.request.exception", exception: "E"},
		},
		"bare ANR": {
			res:  android(),
			rec:  rec{scope: "io.opentelemetry.anr", attrs: map[string]any{"exception.stacktrace": bareStack}},
			want: wanted{event: mobile.EventANR, parsed: true},
		},
		"embrace native crash keeps its session": {
			res:  embrace,
			rec:  rec{attrs: map[string]any{"emb.type": "sys.android.native_crash", "emb.user_session_id": "crashed", "emb.state": "background"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashNative, sdk: mobile.SDKEmbraceAndroid, session: "crashed", background: true},
		},
		"embrace react native crash": {
			res: embrace,
			rec: rec{attrs: map[string]any{
				"emb.type": "sys.android.react_native_crash",
				"emb.android.react_native_crash.js_exception": `{"name":"TypeError","message":"m","stacktrace":"TypeError: m\n    at pay (index.android.bundle:1:5)"}`,
			}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashJS, exception: "TypeError", parsed: true},
		},
		"embrace logged exception": {
			res:  embrace,
			rec:  rec{attrs: map[string]any{"emb.type": "sys.exception", "exception.type": "E", "exception.stacktrace": `["com.example.Cart.pay(Cart.kt:8)"]`}},
			want: wanted{event: mobile.EventException, exception: "E", parsed: true},
		},
		"embrace exit by crash is evidence": {
			res: embrace,
			rec: rec{attrs: map[string]any{
				"emb.type": "sys.exit", "reason": "4", "emb.user_session_id": "", "aei_user_session_id": "old",
				"timestamp": "1787220000000",
			}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashJVM, session: "old", evidence: true, at: time.UnixMilli(1787220000000).UTC()},
		},
		"embrace exit in the future": {
			res:  embrace,
			rec:  rec{attrs: map[string]any{"emb.type": "sys.exit", "reason": "10", "timestamp": 4102444800000}},
			want: wanted{event: "sys.exit", at: arrival().Add(-time.Minute)},
		},
		"embrace exit by ANR": {
			res: embrace,
			rec: rec{
				body:  "----- pid 1 -----\n\"main\" prio=5 tid=1 Blocked\n  | group=\"main\"\n  at com.example.Cart.pay(Cart.java:8)\n  - waiting to lock <0x0a>\n\n\"other\" prio=5\n  at a.b.c(D.java:1)\n",
				attrs: map[string]any{"emb.type": "sys.exit", "reason": 6},
			},
			want: wanted{event: mobile.EventANR, parsed: true},
		},
		"embrace exit by the user": {
			res:  embrace,
			rec:  rec{attrs: map[string]any{"emb.type": "sys.exit", "reason": "10", "aei_user_session_id": "old"}},
			want: wanted{event: "sys.exit", session: "old"},
		},
		"embrace apple crash": {
			res:  embraceApple,
			rec:  rec{scope: "EmbraceLogger", severity: plog.SeverityNumberFatal, attrs: map[string]any{"emb.type": "sys.ios.crash", "emb.provider": "kscrash", "emb.payload": kscrash, "session.id": "s"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashApple, sdk: mobile.SDKEmbraceApple, session: "s", exception: "NSRangeException", parsed: true},
		},
		"embrace apple's twin": {
			res:  embraceApple,
			rec:  rec{scope: "EmbraceLogger", attrs: map[string]any{"emb.type": "sys.ios.crash", "emb.provider": "metrickit", "emb.payload": appleDoc}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashApple, evidence: true, parsed: true},
		},
		"embrace apple hang": {
			res: embraceApple,
			rec: rec{attrs: map[string]any{
				"emb.type": "sys.ios.hang", "session.id": "s",
				"emb.payload": `{"diagnosticMetaData":{"hangDuration":"2,500 ms"},"callStackTree":{"callStacks":[{"callStackRootFrames":[{"binaryName":"Shop"}]}]}}`,
			}},
			want: wanted{event: mobile.EventANR, reporter: true, duration: 2.5, parsed: true},
		},
		"embrace apple hang at the end of its window": {
			res: embraceApple,
			rec: rec{attrs: map[string]any{
				"emb.type": "sys.ios.hang", "diagnostic.timestamp_end": "1787220000000000001", "emb.payload": `{"diagnosticMetaData":{"hangDuration":"3 sec"}}`,
			}},
			want: wanted{event: mobile.EventANR, duration: 3, at: time.Unix(1787220000, 1).UTC()},
		},
		"embrace apple log with stack": {
			res: embraceApple,
			rec: rec{attrs: map[string]any{
				"exception.type": "E", "emb.stacktrace.ios": base64.StdEncoding.EncodeToString([]byte(`[{"m":"Shop","u":"U","o":16,"s":"pay"}]`)),
			}},
			want: wanted{event: mobile.EventException, exception: "E", parsed: true},
		},
		"honeycomb metrickit crash without a twin": {
			res:  apple("telemetry.distro.name", "honeycomb-opentelemetry-swift"),
			rec:  rec{scope: scopeHoneycombKit, attrs: map[string]any{"name": "metrickit.diagnostic.crash", "metrickit.diagnostic.crash.exception.mach_exception.name": "EXC_BAD_ACCESS", "metrickit.diagnostic.crash.exception.stacktrace_json": appleDoc, "session.id": "s"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashApple, sdk: mobile.SDKHoneycombSwift, exception: "EXC_BAD_ACCESS", reporter: true, parsed: true},
		},
		"aws crash without its context": {
			res:  apple("cloud.platform", "aws_rum"),
			rec:  rec{event: "device.crash", attrs: map[string]any{"exception.type": "crash", "recovered_context": false, "session.id": "s", "screen.name": "Cart"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashApple, sdk: mobile.SDKAWS, exception: "crash", reporter: true},
		},
		"aws crash with its context": {
			res:  apple("cloud.platform", "aws_rum"),
			rec:  rec{event: "device.crash", attrs: map[string]any{"exception.type": "crash", "recovered_context": true, "session.id": "s", "screen.name": "Cart"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashApple, exception: "crash", session: "s", screen: "Cart"},
		},
		"aws crash names the type of the report": {
			res:  apple("cloud.platform", "aws_rum"),
			rec:  rec{event: "device.crash", attrs: map[string]any{"exception.type": "crash", "exception.stacktrace": appleReport}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashApple, exception: "EXC_BAD_ACCESS", parsed: true},
		},
		"aws metrickit crash of older releases": {
			res: apple("cloud.platform", "aws_rum"),
			rec: rec{scope: scopeAWSCrash, body: "crash", attrs: map[string]any{
				"crash.exception_reason.name": "NSRangeException", "crash.exception_type": 1, "crash.stacktrace": appleDoc, "session.id": "s",
			}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashApple, exception: "NSRangeException", reporter: true, parsed: true},
		},
		"aws metrickit hang of older releases": {
			res:  apple("cloud.platform", "aws_rum"),
			rec:  rec{scope: scopeAWSHang, body: "hang", attrs: map[string]any{"hang.hang_duration": 2e9, "exception.stacktrace": appleDoc, "session.id": "s"}},
			want: wanted{event: mobile.EventANR, duration: 2, reporter: true, parsed: true},
		},
		"honeycomb swift error": {
			res:  apple("telemetry.distro.name", "honeycomb-opentelemetry-swift"),
			rec:  rec{scope: "io.honeycomb.error", severity: plog.SeverityNumberError, attrs: map[string]any{"error.type": "E", "error.message": "m", "session.id": "s"}},
			want: wanted{event: mobile.EventException, exception: "E", session: "s"},
		},
		"honeycomb swift exception": {
			res:  apple("telemetry.distro.name", "honeycomb-opentelemetry-swift"),
			rec:  rec{scope: "io.honeycomb.error", severity: plog.SeverityNumberFatal, attrs: map[string]any{"exception.type": "E"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashApple, exception: "E"},
		},
		"aws hang in nanoseconds": {
			res:  apple("cloud.platform", "aws_rum"),
			rec:  rec{event: "metrickit.diagnostic.hang", attrs: map[string]any{"hang.hang_duration": 2_000_000_000}},
			want: wanted{event: mobile.EventANR, duration: 2},
		},
		"unknown event": {
			res:  map[string]any{},
			rec:  rec{event: "checkout.shown", attrs: map[string]any{"session.id": "s"}},
			want: wanted{event: "checkout.shown", sdk: mobile.SDKOther, session: "s"},
		},
		"empty": {res: map[string]any{}, want: wanted{sdk: mobile.SDKOther}},
		"session of the resource": {
			res:  android("session.id", "r"),
			rec:  rec{event: mobile.EventWidgetClick},
			want: wanted{event: mobile.EventWidgetClick, session: "r"},
		},
		"old click": {
			res:  android(),
			rec:  rec{event: "event.app.widget.click"},
			want: wanted{event: mobile.EventWidgetClick},
		},
		"end of a session of an SDK that names opentelemetry-java's version": {
			res:  android("telemetry.sdk.version", "1.44.1", "rum.sdk.version", "0.10.0"),
			rec:  rec{event: mobile.EventSessionEnd, attrs: map[string]any{"session.id": "new"}},
			want: wanted{event: mobile.EventSessionEnd, reporter: true},
		},
		"end of a session whose start is elsewhere": {
			res:  android(),
			rec:  rec{event: mobile.EventSessionEnd, attrs: map[string]any{"session.id": "new"}},
			want: wanted{event: mobile.EventSessionEnd, reporter: true},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := normalised(t, makeLogs(t, tt.res, tt.rec))
			checkLog(t, &tt.want, &l)
		})
	}
}

func TestEventsThatComeAsSpans(t *testing.T) {
	splunk := map[string]any{
		"app": "shop", "app.version": "1.2", "service.name": "unknown_service", "splunk.rumVersion": "2.3", "os.name": "Android",
		"device.id": "Pixel 8", "app.installation.id": "i",
	}
	thrown := map[string]any{"exception.type": "E", "exception.stacktrace": jvmStack}
	tests := map[string]struct {
		res  map[string]any
		span spn
		want wanted
	}{
		"splunk crash": {
			res:  splunk,
			span: spn{scope: scopeSplunk, name: "device.crash", attrs: map[string]any{"component": "crash", "exception.type": "E", "exception.stacktrace": jvmStack, "splunk.rumSessionId": "s", "screen.name": "Cart"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashJVM, sdk: mobile.SDKSplunk, session: "s", screen: "Cart", exception: "E", parsed: true},
		},
		"splunk crash on iOS": {
			res:  map[string]any{},
			span: spn{scope: scopeSplunk, name: "SIGSEGV", attrs: map[string]any{"component": "crash", "signalName": "SIGSEGV", "exception.threads": splunkJSON, "ios.state": "background"}},
			want: wanted{event: mobile.EventCrash, kind: mobile.CrashApple, sdk: mobile.SDKSplunk, exception: "SIGSEGV", background: true, parsed: true},
		},
		"splunk error": {
			res:  splunk,
			span: spn{scope: scopeSplunk, name: "IOException", attrs: map[string]any{"component": "error"}, exception: thrown},
			want: wanted{event: mobile.EventException, exception: "E", parsed: true},
		},
		"splunk ANR": {
			res:  splunk,
			span: spn{scope: "com.splunk.rum.anr", name: "ANR", attrs: map[string]any{"exception.stacktrace": bareStack}},
			want: wanted{event: mobile.EventANR, parsed: true},
		},
		"splunk ANR filed under errors": {
			res:  splunk,
			span: spn{scope: "com.splunk.rum.anr", name: "ANR", attrs: map[string]any{"component": "error", "exception.stacktrace": bareStack}},
			want: wanted{event: mobile.EventANR, parsed: true},
		},
		"splunk event without length": {
			res:  splunk,
			span: spn{scope: scopeSplunk, name: mobile.EventWidgetClick},
			want: wanted{event: mobile.EventWidgetClick},
		},
		"session start": {
			res:  splunk,
			span: spn{scope: scopeSplunk, name: "session.start", attrs: map[string]any{"session.id": "s", "splunk.rum.previous_session_id": "p"}},
			want: wanted{event: mobile.EventSessionStart, session: "s"},
		},
		"network change": {res: splunk, span: spn{name: "network.change"}, want: wanted{event: mobile.EventNetworkChange}},
		"flutter error": {
			res:  map[string]any{"telemetry.sdk.language": "dart"},
			span: spn{name: "error.Bad state", kind: ptrace.SpanKindClient, length: time.Millisecond, attrs: map[string]any{"error.type": "StateError", "error.message": "Bad state"}, exception: map[string]any{"exception.message": "x"}},
			want: wanted{event: mobile.EventException, sdk: mobile.SDKFlutter, exception: "StateError"},
		},
		"flutter error with a stack": {
			res:  map[string]any{"telemetry.sdk.language": "dart"},
			span: spn{name: "error.x", attrs: map[string]any{"error.message": "x"}, exception: map[string]any{"exception.type": "E", "exception.stacktrace": "#0      Cart.total (package:shop/cart.dart:88:12)\n"}},
			want: wanted{event: mobile.EventException, exception: "E", parsed: true},
		},
		"react native slow event loop": {
			res:  map[string]any{"telemetry.sdk.language": "hermesjs"},
			span: spn{name: "slow event loop", length: time.Second, attrs: map[string]any{"hermes.eventloop.delay": 150}},
			want: wanted{event: mobile.EventANR, sdk: mobile.SDKHoneycombRN, duration: 0.15},
		},
		"embrace thread blockage": {
			res:  android("telemetry.distro.name", "io.embrace.android.embracesdk.core"),
			span: spn{name: "emb-thread-blockage", length: 6 * time.Second, attrs: map[string]any{"emb.type": "perf.thread_blockage", "emb.user_session_id": "s"}, exception: map[string]any{"exception.stacktrace": bareStack}},
			want: wanted{event: mobile.EventANR, session: "s", duration: 6, parsed: true},
		},
		"metric payload of a day": {
			res:  apple(),
			span: spn{scope: scopeMetricKit, name: "MXMetricPayload", length: 24 * time.Hour, begin: arrival().Add(-26 * time.Hour), attrs: map[string]any{"session.id": "s"}},
			want: wanted{event: mobile.EventReport, reporter: true, at: arrival().Add(-2 * time.Hour)},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := newNormalizer(t).Traces(makeTraces(t, tt.res, tt.span), arrival(), WantAll)
			checkCounts(t, &out)
			assert.Zero(t, out.Traces.SpanCount(), "not passed on as a span too")
			logs := logsOf(out)
			require.Len(t, logs, 1)
			checkLog(t, &tt.want, &logs[0])
		})
	}
}

func TestSlowAndFrozenSpans(t *testing.T) {
	out := newNormalizer(t).Traces(makeTraces(t, android("rum.sdk.version", "0.14.0"),
		spn{name: "slowRenders", attrs: map[string]any{"count": 7, "activityName": "Cart"}}, spn{name: "frozenRenders", attrs: map[string]any{"count": "2"}},
	), arrival(), WantAll)
	got := make([]map[string]any, 0, 2)
	for _, l := range eventsOf(out, mobile.EventJank) {
		raw := l.Attributes().AsRaw()
		got = append(got, map[string]any{"n": raw[mobile.AttrJankFrames], "limit": raw[mobile.AttrJankLimit]})
	}
	assert.Equal(t, []map[string]any{{"n": int64(7), "limit": 0.016}, {"n": int64(2), "limit": 0.7}}, got)
}

func TestSpansOfSlowFramesThatRepeatEventsAreNotCountedTwice(t *testing.T) {
	for version, events := range map[string]int{"0.14.0": 1, "0.15.0": 0, "1.2.0": 0, "2": 1} {
		out := newNormalizer(t).Traces(makeTraces(t, android("telemetry.sdk.version", version), spn{name: "frozenRenders", attrs: map[string]any{"count": 2}}), arrival(), WantAll)
		checkCounts(t, &out)
		assert.Len(t, eventsOf(out, mobile.EventJank), events, version)
		assert.Len(t, spansOf(out), 1-events, version)
	}
}

func TestSpansThatStaySpans(t *testing.T) {
	tests := map[string]struct {
		span               spn
		name, start, where string
	}{
		"app start":                   {span: spn{name: "AppStart", attrs: map[string]any{"start.type": "hot"}}, name: mobile.SpanAppStart, start: "hot"},
		"app start without a type":    {span: spn{name: "AppStart"}, name: mobile.SpanAppStart, start: "cold"},
		"prewarmed start":             {span: spn{name: "AppStart", attrs: map[string]any{"start.type": "prewarm"}}, name: "AppStart", start: "prewarm"},
		"embrace cold start":          {span: spn{name: "emb-app-startup-cold", attrs: map[string]any{"emb.type": "sys.startup"}}, name: mobile.SpanAppStart, start: "cold"},
		"embrace apple prewarmed":     {span: spn{name: "emb-app-startup-cold", attrs: map[string]any{"emb.type": "sys.startup", "isPrewarmed": "true"}}, name: "emb-app-startup-cold"},
		"embrace apple stage":         {span: spn{name: "emb-app-pre-main-init", child: true, attrs: map[string]any{"emb.type": "sys.startup"}}, name: "emb-app-pre-main-init"},
		"embrace warm start":          {span: spn{name: "emb-app-startup-warm"}, name: mobile.SpanAppStart, start: "warm"},
		"react native start":          {span: spn{name: "react native startup"}, name: mobile.SpanAppStart, start: "cold"},
		"activity":                    {span: spn{name: "Created", attrs: map[string]any{"activityName": "Cart"}}, name: mobile.SpanScreenLoad, where: "Cart"},
		"fragment":                    {span: spn{name: "Created", attrs: map[string]any{"fragment.name": "F"}}, name: "Created"},
		"aws first appearance":        {span: spn{name: "TimeToFirstAppear", attrs: map[string]any{"view.name": "Cart"}}, name: mobile.SpanScreenLoad, where: "Cart"},
		"honeycomb view":              {span: spn{name: "View Render", attrs: map[string]any{"view.name": "Cart"}}, name: mobile.SpanScreenLoad, where: "Cart"},
		"embrace load":                {span: spn{name: "emb-Cart-cold-time-to-initial-display", attrs: map[string]any{"emb.type": "perf.ui_load"}}, name: mobile.SpanScreenLoad, where: "Cart"},
		"embrace first render":        {span: spn{name: "emb-Cart-time-to-first-render", length: time.Second}, name: mobile.SpanScreenLoad, where: "Cart"},
		"embrace time to complete":    {span: spn{name: "emb-Cart-cold-time-to-full-display", attrs: map[string]any{"emb.type": "perf.ui_load"}}, name: "emb-Cart-cold-time-to-full-display"},
		"embrace stage of a load":     {span: spn{name: "emb-Cart-create", child: true, attrs: map[string]any{"emb.type": "perf.ui_load"}}, name: "emb-Cart-create"},
		"somebody's span":             {span: spn{name: "pay", length: time.Second}, name: "pay"},
		"flutter span of kind client": {span: spn{name: "screen.Cart", kind: ptrace.SpanKindClient, attrs: map[string]any{"ui.screen.name": "Cart"}}, name: "screen.Cart", where: "Cart"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := newNormalizer(t).Traces(makeTraces(t, android(), tt.span), arrival(), WantAll)
			checkCounts(t, &out)
			spans := spansOf(out)
			require.Len(t, spans, 1)
			assert.Equal(t, tt.name, spans[0].Name())
			assert.Equal(t, tt.start, text(spans[0].Attributes(), mobile.AttrStartType))
			assert.Equal(t, tt.where, text(spans[0].Attributes(), mobile.AttrScreenName))
		})
	}
}

func TestExceptionsRecordedOnSpansBecomeLogsToo(t *testing.T) {
	payload := makeTraces(t, android(),
		spn{name: "pay", begin: arrival().Add(time.Hour), length: time.Second, attrs: map[string]any{"session.id": "s"}, exception: map[string]any{"exception.type": "E", "exception.stacktrace": jvmStack}},
		spn{name: "GET", kind: ptrace.SpanKindClient, attrs: map[string]any{"http.request.method": "GET"}, exception: map[string]any{"exception.type": "IOException"}},
	)
	fresh := func() ptrace.Traces {
		td := ptrace.NewTraces()
		payload.CopyTo(td)
		return td
	}
	n := newNormalizer(t)
	both := n.Traces(fresh(), arrival(), WantAll)
	checkCounts(t, &both)
	assert.Equal(t, int64(1), both.Counts.Derived, "a failed request is counted as one")
	assert.Equal(t, 2, both.Traces.SpanCount())
	logs := logsOf(both)
	require.Len(t, logs, 1)
	checkLog(t, &wanted{event: mobile.EventException, session: "s", exception: "E", parsed: true}, &logs[0])
	id := logs[0].text(mobile.AttrErrorID)
	assert.Equal(t, id, text(spansOf(both)[0].Events().At(0).Attributes(), mobile.AttrErrorID), "the event names its log")

	// The two connectors see the payload apart and must agree.
	spans, events := n.Traces(fresh(), arrival(), WantSpans), n.Traces(fresh(), arrival(), WantLogs)
	checkCounts(t, &spans)
	checkCounts(t, &events)
	assert.Equal(t, uploadIDs(both), append(uploadIDs(events), uploadIDs(spans)...))
	assert.Equal(t, id, logsOf(events)[0].text(mobile.AttrErrorID))
	assert.Equal(t, id, text(spansOf(spans)[0].Events().At(0).Attributes(), mobile.AttrErrorID))

	again := n.Traces(both.Traces, arrival(), WantAll)
	assert.Zero(t, again.Counts.Derived, "once is enough")
}
