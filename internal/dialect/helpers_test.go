package dialect

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// arrival is when the tests' payloads arrive, shortly after the samples'
// newest record.
func arrival() time.Time { return time.Unix(1787230800, 0).UTC() }

func newNormalizer(tb testing.TB) *Normalizer {
	tb.Helper()
	n, err := New(DefaultSettings())
	require.NoError(tb, err)
	return n
}

// sample reads a shared sample, and skips the test where there are none.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "samples", "otlp", name))
	if err != nil {
		t.Skipf("no shared samples beside the repository: %v", err)
	}
	return data
}

func readLogs(tb testing.TB, doc []byte) plog.Logs {
	tb.Helper()
	ld, err := new(plog.JSONUnmarshaler).UnmarshalLogs(doc)
	require.NoError(tb, err)
	return ld
}

func readTraces(tb testing.TB, doc []byte) ptrace.Traces {
	tb.Helper()
	td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(doc)
	require.NoError(tb, err)
	return td
}

// sampleLogs normalises a sample of logs.
func sampleLogs(t *testing.T, name string) Output {
	t.Helper()
	out := newNormalizer(t).Logs(readLogs(t, sample(t, name)), arrival())
	checkCounts(t, &out)
	return out
}

// sampleTraces normalises a sample of spans.
func sampleTraces(t *testing.T, name string) Output {
	t.Helper()
	out := newNormalizer(t).Traces(readTraces(t, sample(t, name)), arrival(), WantAll)
	checkCounts(t, &out)
	return out
}

// checkCounts checks that no record vanished.
func checkCounts(tb testing.TB, out *Output) {
	tb.Helper()
	c := &out.Counts
	require.Equal(tb, int64(out.Logs.LogRecordCount()+out.Traces.SpanCount()), c.Sent, "records sent")
	require.Equal(tb, c.Received+c.Derived, c.Sent+c.RefusedTotal(), "records received and sent")
}

// outLog is a log with its resource.
type outLog struct {
	plog.LogRecord

	res pcommon.Map
}

func (l *outLog) text(key string) string { return text(l.Attributes(), key) }

func (l *outLog) has(key string) bool {
	_, ok := l.Attributes().Get(key)
	return ok
}

func logsOf(out Output) []outLog {
	var list []outLog
	for _, rl := range out.Logs.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				list = append(list, outLog{lr, rl.Resource().Attributes()})
			}
		}
	}
	return list
}

// eventsOf returns the logs of one event name.
func eventsOf(out Output, name string) []outLog {
	var list []outLog
	for _, l := range logsOf(out) {
		if l.EventName() == name {
			list = append(list, l)
		}
	}
	return list
}

func spansOf(out Output) []ptrace.Span {
	var list []ptrace.Span
	for _, rs := range out.Traces.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				list = append(list, span)
			}
		}
	}
	return list
}

// uploadIDs returns the ids of all uploads in order.
func uploadIDs(out Output) []string {
	var ids []string
	for _, rl := range out.Logs.ResourceLogs().All() {
		ids = append(ids, text(rl.Resource().Attributes(), mobile.AttrUploadID))
	}
	for _, rs := range out.Traces.ResourceSpans().All() {
		ids = append(ids, text(rs.Resource().Attributes(), mobile.AttrUploadID))
	}
	return ids
}

// stackOf returns types and frame functions of a parsed stack, as
// "type: module.function …" per exception.
func stackOf(attrs pcommon.Map) (types []string, frames [][]map[string]any) {
	val, ok := attrs.Get(mobile.AttrStack)
	if !ok {
		return nil, nil
	}
	for _, e := range val.Slice().All() {
		m := e.Map().AsRaw()
		kind, _ := m["type"].(string)
		types = append(types, kind)
		var list []map[string]any
		raw, _ := m["frames"].([]any)
		for _, f := range raw {
			frame, _ := f.(map[string]any)
			list = append(list, frame)
		}
		frames = append(frames, list)
	}
	return types, frames
}

// rec is a log as a test writes it.
type rec struct {
	scope, event string
	severity     plog.SeverityNumber
	at           time.Time
	body         string
	attrs        map[string]any
}

// makeLogs makes a payload of one resource. Records without a time happened a
// minute before they arrive.
func makeLogs(tb testing.TB, res map[string]any, recs ...rec) plog.Logs {
	tb.Helper()
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	require.NoError(tb, rl.Resource().Attributes().FromRaw(res))
	for _, r := range recs {
		sl := rl.ScopeLogs().AppendEmpty()
		sl.Scope().SetName(r.scope)
		lr := sl.LogRecords().AppendEmpty()
		lr.SetEventName(r.event)
		lr.SetSeverityNumber(r.severity)
		at := r.at
		if at.IsZero() {
			at = arrival().Add(-time.Minute)
		}
		lr.SetTimestamp(pcommon.NewTimestampFromTime(at))
		if r.body != "" {
			lr.Body().SetStr(r.body)
		}
		require.NoError(tb, lr.Attributes().FromRaw(r.attrs))
	}
	return ld
}

// normalised returns the single log that a payload becomes.
func normalised(t *testing.T, ld plog.Logs) outLog {
	t.Helper()
	out := newNormalizer(t).Logs(ld, arrival())
	checkCounts(t, &out)
	logs := logsOf(out)
	require.Len(t, logs, 1)
	return logs[0]
}

// spn is a span as a test writes it.
type spn struct {
	scope, name string
	kind        ptrace.SpanKind
	begin       time.Time
	length      time.Duration
	attrs       map[string]any
	// exception, where set, is an exception event's attributes.
	exception map[string]any
	child     bool
}

func makeTraces(tb testing.TB, res map[string]any, spans ...spn) ptrace.Traces {
	tb.Helper()
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	require.NoError(tb, rs.Resource().Attributes().FromRaw(res))
	for i, s := range spans {
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName(s.scope)
		span := ss.Spans().AppendEmpty()
		span.SetName(s.name)
		span.SetKind(s.kind)
		span.SetTraceID(pcommon.TraceID{1, byte(i)})
		span.SetSpanID(pcommon.SpanID{2, byte(i)})
		if s.child {
			span.SetParentSpanID(pcommon.SpanID{3})
		}
		begin := s.begin
		if begin.IsZero() {
			begin = arrival().Add(-time.Minute)
		}
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(begin))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(begin.Add(s.length)))
		require.NoError(tb, span.Attributes().FromRaw(s.attrs))
		if s.exception != nil {
			ev := span.Events().AppendEmpty()
			ev.SetName(mobile.EventException)
			ev.SetTimestamp(span.EndTimestamp())
			require.NoError(tb, ev.Attributes().FromRaw(s.exception))
		}
	}
	return td
}

func android(extra ...string) map[string]any {
	res := map[string]any{
		"service.name": "shop", "service.version": "4.12.0", "os.name": "Android", "os.version": "16", "os.type": "linux",
		"app.installation.id": "install-1", "telemetry.sdk.language": "java", "telemetry.sdk.version": "1.6.0",
	}
	for i := 0; i+1 < len(extra); i += 2 {
		res[extra[i]] = extra[i+1]
	}
	return res
}

func apple(extra ...string) map[string]any {
	res := map[string]any{
		"service.name": "shop", "service.version": "3.2.0 (1042)", "os.name": "iOS", "os.version": "18.5.0", "os.type": "darwin",
		"device.id": "vendor-1", "telemetry.sdk.language": "swift", "telemetry.sdk.version": "2.5.1",
	}
	for i := 0; i+1 < len(extra); i += 2 {
		res[extra[i]] = extra[i+1]
	}
	return res
}
