package dialect

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// generator makes payloads of what the selectors look at, mixed at random with
// values that no SDK sends. The same seed gives the same payload.
type generator struct{ *rand.Rand }

func (g generator) of(list ...string) string { return list[g.IntN(len(list))] }

func (g generator) key() string {
	return g.of("emb.type", "event.name", "name", "component", "emb.state", "exception.type", "exception.message", "exception.stacktrace",
		"http.method", "http.request.method", "http.url", "url.full", "url.path", "http.target", "http.status_code", "http.response.status_code",
		"session.id", "session.previous_id", "emb.user_session_id", "splunk.rumSessionId", "screen.name", "app.screen.name", "view.name",
		"network.connection.type", "network.connection.subtype", "service.version", "os.name", "os.version", "app.build_id", "splunk.build_id",
		"emb.android.crash.exception_cause", "emb.payload", "emb.provider", "exception.threads", "emb.stacktrace.ios", "reason", "timestamp",
		"aei_user_session_id", "recovered_context", "start.type", "count", "activityName", "activity.name", "error.type", "error.message",
		"hermes.eventloop.delay", "hang.hang_duration", "exception.images", "crash.stacktrace", "diagnostic.timestamp_end",
		"metrickit.diagnostic.crash.exception.objc.name", "android.state", "ios.app.state",
		"log.record.uid", "app.crash.id", "exception.id", "device.anr.id", "device.anr.duration", "mobile.time.source", "user.id", "url.template",
		"app.jank.frame_count", mobile.AttrStack, mobile.AttrOriginalName, mobile.AttrReporterSession, "crash.kind", "crash.user_perceived", "x")
}

func (g generator) word() string {
	return g.of("", "unknown", "sys.android.crash", "sys.android.native_crash", "sys.ios.crash", "sys.ios.hang", "sys.exit", "sys.exception",
		"perf.thread_blockage", "perf.network_request", "perf.ui_load", "sys.startup", "ux.view", "crash", "error", "background",
		"device.crash", "app.crash", "exception", "device.anr", "session.start", "session.end", "metrickit.diagnostic.crash", "metrickit.diagnostic.hang",
		"4", "5", "6", "1787220000000", "GET", "https://u:p@a.example:1/v1/5?x=1#y", "/a/1;b/2?x", "LTE", "vpn", "prewarm", "cold", "SIGSEGV", "3.2.0 (7)",
		jvmStack, bareStack, appleDoc, kscrash, splunkJSON, "\xff", "true", "metrickit", strings.Repeat("é", 200), "1e309", "NaN", "-5", "a", "b")
}

func (g generator) value(val pcommon.Value) {
	switch g.IntN(12) {
	case 0:
		val.SetInt(g.Int64() - g.Int64())
	case 1:
		val.SetDouble(g.NormFloat64() * 1e300 * 1e10)
	case 2:
		val.SetBool(g.IntN(2) == 0)
	case 3:
		nested(val, g.IntN(40))
	case 4:
		val.SetEmptyBytes().FromRaw([]byte{0xff})
	case 5:
	default:
		val.SetStr(g.word())
	}
}

func (g generator) attributes(m pcommon.Map) {
	for range g.IntN(12) {
		g.value(m.PutEmpty(g.key()))
	}
}

func (g generator) time() pcommon.Timestamp {
	at := arrival()
	switch g.IntN(8) {
	case 0:
		return pcommon.Timestamp(g.Uint64())
	case 1:
		return pcommon.Timestamp(g.IntN(10))
	case 2:
		return pcommon.NewTimestampFromTime(at.Add(time.Duration(g.IntN(1e9)) * time.Second))
	case 3:
		return pcommon.NewTimestampFromTime(at.Add(-time.Duration(g.IntN(1e7)) * time.Second))
	default:
		return pcommon.NewTimestampFromTime(at.Add(-time.Duration(g.IntN(2000)) * time.Millisecond))
	}
}

func (g generator) scope() string {
	return g.of("", "io.opentelemetry.crash", scopeNativeCrash, "io.opentelemetry.anr", "app.jank", scopeSession, scopeHandled, "io.honeycomb.error",
		scopeHoneycombKit, scopeMetricKit, scopeAWSCrash, scopeSplunk, "com.splunk.rum.anr", scopeGlobalErrors, "EmbraceLogger")
}

func (g generator) resource(res pcommon.Map) {
	for key, words := range map[string][]string{
		"telemetry.distro.name":  {"", "io.embrace.android.embracesdk.core", "honeycomb-opentelemetry-swift", "io.honeycomb.opentelemetry.android"},
		"telemetry.sdk.language": {"", "java", "swift", "dart", "hermesjs"},
		"telemetry.sdk.version":  {"", "1.6.0", "1.7.0"},
		"rum.sdk.version":        {"", "1.0.1"},
		"os.name":                {"", "Android", "iOS"},
		"service.version":        {"", "-", "3.2.0 (7)", "4"},
		"app.build_id":           {"", "B"},
		"session.id":             {"", "", "r"},
		"device.id":              {"", "d"},
		"splunk.rumVersion":      {"", "", "", "2"},
	} {
		if word := g.of(words...); word != "" {
			res.PutStr(key, word)
		}
	}
	if g.IntN(4) == 0 {
		g.attributes(res)
	}
}

func (g generator) logs() plog.Logs {
	ld := plog.NewLogs()
	for range 1 + g.IntN(3) {
		rl := ld.ResourceLogs().AppendEmpty()
		g.resource(rl.Resource().Attributes())
		for range g.IntN(4) {
			sl := rl.ScopeLogs().AppendEmpty()
			sl.Scope().SetName(g.scope())
			for range g.IntN(4) {
				lr := sl.LogRecords().AppendEmpty()
				if g.IntN(2) == 0 {
					lr.SetEventName(g.word())
				}
				lr.SetTimestamp(g.time())
				lr.SetObservedTimestamp(g.time())
				lr.SetSeverityNumber(plog.SeverityNumber(g.IntN(25)))
				g.value(lr.Body())
				g.attributes(lr.Attributes())
			}
		}
	}
	return ld
}

func (g generator) traces() ptrace.Traces {
	td := ptrace.NewTraces()
	for range 1 + g.IntN(3) {
		rs := td.ResourceSpans().AppendEmpty()
		g.resource(rs.Resource().Attributes())
		for range g.IntN(4) {
			ss := rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName(g.scope())
			for range g.IntN(4) {
				g.span(ss.Spans().AppendEmpty())
			}
		}
	}
	return td
}

func (g generator) span(span ptrace.Span) {
	span.SetName(g.of("AppStart", "Created", "GET", "ANR", "slowRenders", "MXMetricPayload", "View Render", "emb-A-time-to-first-render",
		"error.x", "exception", "session.start", "device.crash", "emb-thread-blockage", "pay", "\xff", g.word()))
	span.SetKind(ptrace.SpanKind(g.IntN(6)))
	span.SetStartTimestamp(g.time())
	span.SetEndTimestamp(g.time())
	g.attributes(span.Attributes())
	for range g.IntN(3) {
		ev := span.Events().AppendEmpty()
		ev.SetName(g.of("exception", "other"))
		ev.SetTimestamp(g.time())
		g.attributes(ev.Attributes())
	}
}

// FuzzGeneratedLogs holds generated payloads to what FuzzLogs holds.
func FuzzGeneratedLogs(f *testing.F) {
	for seed := range uint64(1000) {
		f.Add(seed)
	}
	n := newNormalizer(f)
	f.Fuzz(func(t *testing.T, seed uint64) {
		checkLogs(t, n, generator{rand.New(rand.NewPCG(seed, 1))}.logs())
	})
}

// FuzzGeneratedTraces holds generated payloads to what FuzzTraces holds.
func FuzzGeneratedTraces(f *testing.F) {
	for seed := range uint64(1000) {
		f.Add(seed)
	}
	n := newNormalizer(f)
	f.Fuzz(func(t *testing.T, seed uint64) {
		checkTraces(t, n, generator{rand.New(rand.NewPCG(seed, 2))}.traces())
	})
}
