package dialect

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// seedLogs returns the payloads that fuzzing starts from: the package's own and,
// where they are, the shared samples.
func seedLogs(f *testing.F) []plog.Logs {
	f.Helper()
	list := []plog.Logs{
		makeLogs(f, android(), rec{event: mobile.EventCrash, attrs: map[string]any{"exception.stacktrace": jvmStack, "session.id": "s"}}),
		makeLogs(f, apple(), rec{event: "metrickit.diagnostic.crash", attrs: map[string]any{"exception.stacktrace": appleDoc}}),
		makeLogs(f, android(), rec{attrs: map[string]any{"emb.type": "sys.exit", "reason": "6", "timestamp": "1"}, body: "\"main\" \n at a.b.c(D:1)"}),
		makeLogs(f, android(), rec{event: mobile.EventSessionStart, attrs: map[string]any{"session.id": "b", "session.previous_id": "a"}},
			rec{event: mobile.EventSessionEnd, attrs: map[string]any{"session.id": "b"}}),
		makeLogs(f, apple(), rec{attrs: map[string]any{"emb.type": "sys.ios.crash", "emb.payload": kscrash, "emb.provider": "metrickit"}}),
	}
	for _, doc := range sharedSamples(f, "*.json") {
		if ld, err := new(plog.JSONUnmarshaler).UnmarshalLogs(doc); err == nil {
			list = append(list, ld)
		}
	}
	return list
}

func sharedSamples(f *testing.F, pattern string) [][]byte {
	f.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "otlp", pattern))
	require.NoError(f, err)
	docs := make([][]byte, 0, len(names))
	for _, name := range names {
		doc, err := os.ReadFile(name)
		require.NoError(f, err)
		docs = append(docs, doc)
	}
	return docs
}

// FuzzLogs: no payload panics, no record vanishes, the same payload has the
// same ids, and what is canonical stays as it is.
func FuzzLogs(f *testing.F) {
	for _, ld := range seedLogs(f) {
		data, err := new(plog.ProtoMarshaler).MarshalLogs(ld)
		require.NoError(f, err)
		f.Add(data)
	}
	n := newNormalizer(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		ld, err := new(plog.ProtoUnmarshaler).UnmarshalLogs(data)
		if err != nil {
			return
		}
		checkLogs(t, n, ld)
	})
}

// checkLogs checks what must hold for any payload.
func checkLogs(t *testing.T, n *Normalizer, ld plog.Logs) {
	t.Helper()
	out := n.Logs(clone(ld), arrival())
	require.Equal(t, int64(ld.LogRecordCount()), out.Counts.Received)
	checkCounts(t, &out)
	checkInvariants(t, &out)
	require.Equal(t, uploadIDs(out), uploadIDs(n.Logs(clone(ld), arrival())))

	first := clone(out.Logs)
	again := n.Logs(out.Logs, arrival())
	require.Zero(t, again.Counts.RefusedTotal())
	requireSameLogs(t, first, again.Logs)
}

// requireSameLogs compares all but the upload ids.
func requireSameLogs(t *testing.T, want, got plog.Logs) {
	t.Helper()
	for _, ld := range []plog.Logs{want, got} {
		for _, rl := range ld.ResourceLogs().All() {
			rl.Resource().Attributes().PutStr(mobile.AttrUploadID, "")
		}
	}
	a, err := new(plog.ProtoMarshaler).MarshalLogs(want)
	require.NoError(t, err)
	b, err := new(plog.ProtoMarshaler).MarshalLogs(got)
	require.NoError(t, err)
	if string(a) != string(b) {
		x, _ := new(plog.JSONMarshaler).MarshalLogs(want)
		y, _ := new(plog.JSONMarshaler).MarshalLogs(got)
		requireSameText(t, string(x), string(y))
		require.Equal(t, a, b)
	}
}

// FuzzTraces: as FuzzLogs, and the two connectors agree with each other.
func FuzzTraces(f *testing.F) {
	for _, td := range []ptrace.Traces{
		makeTraces(f, android(), spn{name: "AppStart"}, spn{name: "Created", attrs: map[string]any{"activity.name": "A"}},
			spn{name: "GET", kind: ptrace.SpanKindClient, attrs: map[string]any{"http.method": "GET", "http.url": "https://a.example/5"}}),
		makeTraces(f, android(), spn{name: "device.crash", attrs: map[string]any{"component": "crash", "exception.stacktrace": jvmStack}}),
		makeTraces(f, android(), spn{name: "pay", exception: map[string]any{"exception.type": "E"}}, spn{name: "slowRenders", attrs: map[string]any{"count": 5}}),
		makeTraces(f, apple(), spn{name: "MXMetricPayload"}, spn{scope: scopeSplunk, name: "x", attrs: map[string]any{"component": "crash", "exception.threads": splunkJSON}}),
	} {
		data, err := new(ptrace.ProtoMarshaler).MarshalTraces(td)
		require.NoError(f, err)
		f.Add(data)
	}
	for _, doc := range sharedSamples(f, "*traces.json") {
		td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(doc)
		require.NoError(f, err)
		data, err := new(ptrace.ProtoMarshaler).MarshalTraces(td)
		require.NoError(f, err)
		f.Add(data)
	}
	n := newNormalizer(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		td, err := new(ptrace.ProtoUnmarshaler).UnmarshalTraces(data)
		if err != nil {
			return
		}
		checkTraces(t, n, td)
	})
}

// checkTraces checks what must hold for any payload.
func checkTraces(t *testing.T, n *Normalizer, td ptrace.Traces) {
	t.Helper()
	fresh := func() ptrace.Traces {
		c := ptrace.NewTraces()
		td.CopyTo(c)
		return c
	}
	out := n.Traces(fresh(), arrival(), WantAll)
	require.Equal(t, int64(td.SpanCount()), out.Counts.Received)
	checkCounts(t, &out)
	checkInvariants(t, &out)
	spans, logs := n.Traces(fresh(), arrival(), WantSpans), n.Traces(fresh(), arrival(), WantLogs)
	require.Equal(t, uploadIDs(out), append(uploadIDs(logs), uploadIDs(spans)...))
	require.Equal(t, out.Counts.Received, spans.Counts.Received+logs.Counts.Received)

	firstLogs, firstSpans := clone(out.Logs), ptrace.NewTraces()
	out.Traces.CopyTo(firstSpans)
	requireSameSpans(t, out.Traces, spans.Traces)
	requireSameLogs(t, out.Logs, logs.Logs)
	again := n.Traces(out.Traces, arrival(), WantAll)
	require.Zero(t, again.Logs.LogRecordCount(), "a canonical span stays a span")
	requireSameSpans(t, firstSpans, again.Traces)
	requireSameLogs(t, firstLogs, n.Logs(out.Logs, arrival()).Logs)
}

func requireSameSpans(t *testing.T, want, got ptrace.Traces) {
	t.Helper()
	for _, td := range []ptrace.Traces{want, got} {
		for _, rs := range td.ResourceSpans().All() {
			rs.Resource().Attributes().PutStr(mobile.AttrUploadID, "")
		}
	}
	a, err := new(ptrace.ProtoMarshaler).MarshalTraces(want)
	require.NoError(t, err)
	b, err := new(ptrace.ProtoMarshaler).MarshalTraces(got)
	require.NoError(t, err)
	if string(a) != string(b) {
		x, _ := new(ptrace.JSONMarshaler).MarshalTraces(want)
		y, _ := new(ptrace.JSONMarshaler).MarshalTraces(got)
		requireSameText(t, string(x), string(y))
		require.Equal(t, a, b)
	}
}

// requireSameText shows the first difference of two long texts.
func requireSameText(t *testing.T, a, b string) {
	t.Helper()
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(i-200, 0)
			require.FailNow(t, "different", "%s\n\n%s", a[from:min(i+200, len(a))], b[from:min(i+200, len(b))])
		}
	}
	from := max(min(len(a), len(b))-200, 0)
	require.FailNow(t, "longer", "%s\n\n%s", a[from:min(from+400, len(a))], b[from:min(from+400, len(b))])
}
