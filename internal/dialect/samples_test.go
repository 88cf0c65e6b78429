package dialect

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

func TestSampleAndroidCrash(t *testing.T) {
	out := sampleLogs(t, "01-otel-android-1.6-jvm-crash.json")
	logs := logsOf(out)
	require.Len(t, logs, 1)
	crash := logs[0]
	assert.Equal(t, mobile.EventCrash, crash.EventName())
	assert.Equal(t, pcommon.Timestamp(1787227421512340117), crash.Timestamp())
	assert.Equal(t, sourceObserved, crash.text(mobile.AttrTimeSource))
	assert.Equal(t, plog.SeverityNumberFatal, crash.SeverityNumber())
	assert.Equal(t, mobile.CrashJVM, crash.text(mobile.AttrCrashKind))
	assert.False(t, crash.has(mobile.AttrEvidence))
	assert.False(t, crash.has(mobile.AttrUserPerceived), "absent means that the user saw it")
	assert.Len(t, crash.text(mobile.AttrCrashID), 32)
	assert.Equal(t, "3d7a5c1e9b2f4d6088aa13c5e7f9012b4d6f80a1c3e5f7091b2d4f60718293a4", crash.text(mobile.AttrBuildID))
	assert.Equal(t, "lte", crash.text(mobile.AttrNetworkSub))
	assert.Equal(t, mobile.SDKOTelAndroid, text(crash.res, mobile.AttrSDK))

	types, frames := stackOf(crash.Attributes())
	require.Equal(t, []string{"java.lang.IllegalStateException", "java.lang.NullPointerException"}, types,
		"the last cause is the root, and what was suppressed is no cause")
	require.NotEmpty(t, frames[1])
	for _, chain := range frames {
		for _, f := range chain {
			file, _ := f["file"].(string)
			assert.NotContains(t, file, "r8-map-id-")
		}
	}
}

func TestSampleAndroidANR(t *testing.T) {
	out := sampleLogs(t, "02-otel-android-1.6-anr.json")
	anrs := eventsOf(out, mobile.EventANR)
	require.Len(t, anrs, 2)
	gap := time.Duration(anrs[1].Timestamp() - anrs[0].Timestamp())
	assert.InDelta(t, 10, gap.Seconds(), 1, "the second report of one hang")
	assert.NotEqual(t, anrs[0].text(mobile.AttrANRID), anrs[1].text(mobile.AttrANRID))
	assert.False(t, anrs[0].has(mobile.AttrHangDuration), "the SDK does not say how long it lasted")
	_, first := stackOf(anrs[0].Attributes())
	_, second := stackOf(anrs[1].Attributes())
	require.Len(t, first, 1)
	assert.Equal(t, first, second, "one chain: the stacks are equal")
	require.Greater(t, len(first[0]), 3)
	assert.Equal(t, "awaitPrices", first[0][2]["function"], "the third line is the first of the app")
}

func TestSampleAndroidJank(t *testing.T) {
	out := sampleLogs(t, "03-otel-android-1.6-jank.json")
	events := eventsOf(out, mobile.EventJank)
	require.Len(t, events, 3)
	slow, frozen := map[int64]int64{}, map[int64]int64{}
	for _, e := range events {
		second := int64(e.Timestamp()) / int64(time.Second)
		frames, _ := e.Attributes().Get(mobile.AttrJankFrames)
		limit, _ := e.Attributes().Get(mobile.AttrJankLimit)
		if limit.Double() >= 0.7 {
			frozen[second] += frames.Int()
		} else {
			slow[second] += frames.Int()
		}
	}
	// The slow events contain the frozen frames: 7 slow of which 1 frozen.
	assert.Equal(t, map[int64]int64{1787227231: 7, 1787227232: 3}, slow)
	assert.Equal(t, map[int64]int64{1787227231: 1}, frozen)
}

func TestSampleAndroidStartAndRequests(t *testing.T) {
	out := sampleTraces(t, "04-otel-android-1.6-appstart-http-traces.json")
	assert.Zero(t, out.Logs.LogRecordCount(), "a failed request is no handled error")
	spans := spansOf(out)
	require.Len(t, spans, 4)

	start := spans[0]
	assert.Equal(t, mobile.SpanAppStart, start.Name())
	assert.Equal(t, "cold", text(start.Attributes(), mobile.AttrStartType))
	assert.InDelta(t, 814.5, milliseconds(start), 0.05)
	assert.Equal(t, "AppStart", text(start.Attributes(), mobile.AttrOriginalName))
	assert.False(t, present(start.Attributes(), mobile.AttrScreenName), "unknown is no screen")

	load := spans[1]
	assert.Equal(t, mobile.SpanScreenLoad, load.Name())
	assert.Equal(t, "MainActivity", text(load.Attributes(), mobile.AttrScreenName))
	assert.InDelta(t, 532.7, milliseconds(load), 0.05)

	get := spans[2]
	assert.Equal(t, ptrace.SpanKindClient, get.Kind())
	assert.Equal(t, "/v2/items/{id}", text(get.Attributes(), mobile.AttrURLTemplate))
	code, _ := get.Attributes().Get(mobile.AttrHTTPStatus)
	assert.Equal(t, int64(200), code.Int())

	post := spans[3]
	assert.Equal(t, ptrace.StatusCodeError, post.Status().Code())
	assert.Equal(t, "java.net.SocketTimeoutException", text(post.Attributes(), mobile.AttrErrorType))
	assert.False(t, present(post.Attributes(), mobile.AttrHTTPStatus))
}

func milliseconds(span ptrace.Span) float64 {
	return time.Duration(span.EndTimestamp()-span.StartTimestamp()).Seconds() * 1000
}

func TestSampleAndroidSessions(t *testing.T) {
	out := sampleLogs(t, "05-otel-android-sessions.json")
	require.Equal(t, 2, out.Logs.ResourceLogs().Len())
	ends := eventsOf(out, mobile.EventSessionEnd)
	require.Len(t, ends, 2)
	assert.Equal(t, "2b1f4e6a7c8d90123456789abcdef012", ends[0].text(mobile.AttrSessionID), "the id on the record is that of the new session")
	assert.Equal(t, "77aa88bb99cc00dd11ee22ff33445566", ends[1].text(mobile.AttrSessionID), "right already")
	starts := eventsOf(out, mobile.EventSessionStart)
	require.Len(t, starts, 3)
	assert.Equal(t, "9f6bb2c7d1e04f5a8b3c6d7e8f901234", starts[1].text(mobile.AttrSessionID))
	assert.Equal(t, "2b1f4e6a7c8d90123456789abcdef012", starts[1].text(mobile.AttrPreviousSessionID))
}

func TestSampleAndroidNativeCrash(t *testing.T) {
	out := sampleLogs(t, "06-otel-android-main-native-crash.json")
	logs := logsOf(out)
	require.Len(t, logs, 1)
	crash := logs[0]
	assert.Equal(t, mobile.EventCrash, crash.EventName())
	assert.Equal(t, mobile.CrashNative, crash.text(mobile.AttrCrashKind))
	assert.Equal(t, pcommon.Timestamp(1787174109331200441), crash.Timestamp())
	assert.Equal(t, "5e5e5e5e6f6f6f6f7a7a7a7a8b8b8b8b", crash.text(mobile.AttrSessionID))
	assert.Equal(t, "4.11.2", text(crash.res, mobile.AttrServiceVersion), "what the record says beats the resource")
	assert.Equal(t, "14", text(crash.res, mobile.AttrOSVersion))
	for _, key := range []string{mobile.AttrScreenName, mobile.AttrNetworkType, "network.carrier.name"} {
		assert.False(t, crash.has(key), "%s is the reporter's", key)
	}
	assert.Equal(t, "SIGSEGV", crash.text(mobile.AttrExceptionType))
	assert.False(t, crash.has(mobile.AttrStack))
	assert.Empty(t, out.Counts.Noted, "no stack is not a stack that cannot be parsed")
}

func TestSampleSwiftMetricKit(t *testing.T) {
	out := sampleLogs(t, "07-otel-swift-2.5-metrickit-diagnostics.json")
	logs := logsOf(out)
	require.Len(t, logs, 6)
	for _, l := range logs {
		assert.False(t, l.has(mobile.AttrSessionID), "the session is the reporter's")
		assert.Equal(t, "C2D0A7B1-7C9E-4B0E-9E51-5B0E61B6A0F3", l.text(mobile.AttrReporterSession))
		assert.Equal(t, pcommon.Timestamp(1787184000000000000), l.Timestamp())
		assert.Equal(t, "3.2.0", text(l.res, mobile.AttrServiceVersion))
		assert.Equal(t, "1042", text(l.res, attrBundleVersion))
		assert.Equal(t, "1B4F0E98-5A1D-4C55-8E0B-77B7D6D1F0A2", text(l.res, mobile.AttrInstallationID))
	}
	crashes := eventsOf(out, mobile.EventCrash)
	require.Len(t, crashes, 2)
	for _, c := range crashes {
		assert.Equal(t, mobile.CrashApple, c.text(mobile.AttrCrashKind))
		assert.False(t, c.has(mobile.AttrEvidence), "nobody else reports these")
	}
	_, frames := stackOf(crashes[0].Attributes())
	require.Len(t, frames, 1)
	assert.Equal(t, "ExampleShop", frames[0][0]["image"])
	types, _ := stackOf(crashes[1].Attributes())
	assert.Equal(t, []string{"NSInvalidArgumentException"}, types)

	hangs := eventsOf(out, mobile.EventANR)
	require.Len(t, hangs, 1)
	duration, _ := hangs[0].Attributes().Get(mobile.AttrHangDuration)
	assert.InDelta(t, 4.5, duration.Double(), 1e-9)
	reports := map[string]int{}
	for _, l := range eventsOf(out, mobile.EventReport) {
		reports[l.text(mobile.AttrOriginalName)]++
	}
	assert.Equal(t, map[string]int{
		"metrickit.diagnostic.cpu_exception": 1, "metrickit.diagnostic.disk_write_exception": 1, "metrickit.diagnostic.app_launch": 1,
	}, reports)
}

func TestSampleEmbraceCrash(t *testing.T) {
	out := sampleLogs(t, "08-embrace-android-9.2-jvm-crash.json")
	logs := logsOf(out)
	require.Len(t, logs, 1)
	crash := logs[0]
	assert.Equal(t, mobile.EventCrash, crash.EventName(), "emb.type selects: there is no event name, and the severity is ERROR")
	assert.Equal(t, mobile.CrashJVM, crash.text(mobile.AttrCrashKind))
	assert.Equal(t, "f0e1d2c3b4a5968778695a4b3c2d1e0f", crash.text(mobile.AttrSessionID))
	assert.Equal(t, "0d9f8e7c6b5a4938271605f4e3d2c1b0", crash.text(mobile.AttrCrashID), "log.record.uid")
	assert.Equal(t, "com.example.shop.checkout.CheckoutActivity", crash.text(mobile.AttrScreenName))
	assert.Equal(t, mobile.SDKEmbraceAndroid, text(crash.res, mobile.AttrSDK))
	types, frames := stackOf(crash.Attributes())
	require.Equal(t, []string{"java.lang.IllegalStateException", "java.util.NoSuchElementException"}, types, "element 0 is the root cause")
	require.NotEmpty(t, frames[1])
	assert.Equal(t, "lookup", frames[1][0]["function"])
}

func TestSampleHoneycombExceptions(t *testing.T) {
	out := sampleLogs(t, "09-honeycomb-android-1.0-swift-2.4-exceptions.json")
	logs := logsOf(out)
	require.Len(t, logs, 3)

	handled := logs[0]
	assert.Equal(t, mobile.EventException, handled.EventName(), "handled, though its event is called device.crash")
	assert.Equal(t, "device.crash", handled.text(mobile.AttrOriginalName))
	assert.Len(t, handled.text(mobile.AttrErrorID), 32)
	assert.Equal(t, "MainActivity", handled.text(mobile.AttrScreenName))
	assert.Equal(t, "6a8cb813-45f6-4652-ad33-778fd1eab196", text(handled.res, mobile.AttrBuildID))

	fatal := logs[1]
	assert.Equal(t, mobile.EventCrash, fatal.EventName())
	assert.Equal(t, mobile.CrashApple, fatal.text(mobile.AttrCrashKind))
	assert.False(t, fatal.has(mobile.AttrEvidence))
	assert.Equal(t, "C2D0A7B1-7C9E-4B0E-9E51-5B0E61B6A0F3", fatal.text(mobile.AttrSessionID))
	_, frames := stackOf(fatal.Attributes())
	require.Len(t, frames, 1)
	require.Greater(t, len(frames[0]), 4)
	assert.Equal(t, "Example Shop", frames[0][3]["image"], "image names contain spaces")

	twin := logs[2]
	assert.Equal(t, mobile.EventCrash, twin.EventName())
	evidence, ok := twin.Attributes().Get(mobile.AttrEvidence)
	require.True(t, ok)
	assert.True(t, evidence.Bool(), "the same crash again: counted once")
	assert.Equal(t, "NSRangeException", twin.text(mobile.AttrExceptionType))
	assert.False(t, twin.has(mobile.AttrSessionID))
	_, frames = stackOf(twin.Attributes())
	require.Len(t, frames, 1)
	assert.Len(t, frames[0], 3)
}

func TestSampleReactNativeError(t *testing.T) {
	out := sampleTraces(t, "10-honeycomb-rn-0.7-js-error-traces.json")
	assert.Zero(t, out.Traces.SpanCount(), "a span that became a log is not passed on too")
	logs := logsOf(out)
	require.Len(t, logs, 1)
	js := logs[0]
	assert.Equal(t, mobile.EventException, js.EventName(), "the SDK does not say whether it was fatal")
	assert.Equal(t, "TypeError", js.text(mobile.AttrExceptionType))
	assert.Equal(t, pcommon.Timestamp(1787227681337000000), js.Timestamp())
	assert.Equal(t, "d1c2b3a4958677685a4b3c2d1e0f1234", js.TraceID().String())
	assert.Equal(t, mobile.SDKHoneycombRN, text(js.res, mobile.AttrSDK))
	assert.Equal(t, "e63db37d-9886-452a-8e56-2250dcc20102", text(js.res, mobile.AttrBuildID), "the source map's")
	types, frames := stackOf(js.Attributes())
	require.Equal(t, []string{"TypeError"}, types)
	assert.Len(t, frames[0], 4)
}

// TestSampleCounts is the table of what each sample must give.
func TestSampleCounts(t *testing.T) {
	tests := map[string]map[string]int{
		"01-otel-android-1.6-jvm-crash.json":                 {mobile.EventCrash: 1},
		"02-otel-android-1.6-anr.json":                       {mobile.EventANR: 2},
		"03-otel-android-1.6-jank.json":                      {mobile.EventJank: 3},
		"04-otel-android-1.6-appstart-http-traces.json":      {mobile.SpanAppStart: 1, mobile.SpanScreenLoad: 1, "request": 2},
		"05-otel-android-sessions.json":                      {mobile.EventSessionStart: 3, mobile.EventSessionEnd: 2},
		"06-otel-android-main-native-crash.json":             {mobile.EventCrash: 1},
		"07-otel-swift-2.5-metrickit-diagnostics.json":       {mobile.EventCrash: 2, mobile.EventANR: 1, mobile.EventReport: 3},
		"08-embrace-android-9.2-jvm-crash.json":              {mobile.EventCrash: 1},
		"09-honeycomb-android-1.0-swift-2.4-exceptions.json": {mobile.EventException: 1, mobile.EventCrash: 1, "evidence": 1},
		"10-honeycomb-rn-0.7-js-error-traces.json":           {mobile.EventException: 1},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			var out Output
			if strings.Contains(name, "traces") {
				out = sampleTraces(t, name)
			} else {
				out = sampleLogs(t, name)
			}
			got := map[string]int{}
			for _, l := range logsOf(out) {
				if l.has(mobile.AttrEvidence) {
					got["evidence"]++
					continue
				}
				got[l.EventName()]++
			}
			for _, s := range spansOf(out) {
				if s.Kind() == ptrace.SpanKindClient {
					got["request"]++
					continue
				}
				got[s.Name()]++
			}
			assert.Equal(t, want, got)
			assert.Zero(t, out.Counts.RefusedTotal())
			assert.Zero(t, out.Counts.Noted[Reason{Reason: NoteUnparsed}])
		})
	}
}
