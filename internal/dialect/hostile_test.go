package dialect

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// nested returns a value nested depth levels deep.
func nested(val pcommon.Value, depth int) {
	for i := range depth {
		if i%2 == 0 {
			val = val.SetEmptyMap().PutEmpty("k")
		} else {
			val = val.SetEmptySlice().AppendEmpty()
		}
	}
	val.SetStr("end")
}

// manyKeys fills a map with 100,000 different keys. pdata looks keys up one by
// one, so it is decoded rather than built.
func manyKeys(m pcommon.Map) {
	var doc strings.Builder
	doc.WriteString(`{"resourceLogs":[{"resource":{"attributes":[`)
	for i := range 100_000 {
		if i > 0 {
			doc.WriteByte(',')
		}
		fmt.Fprintf(&doc, `{"key":"k%d","value":{"intValue":"1"}}`, i)
	}
	doc.WriteString(`]}}]}`)
	ld, _ := new(plog.JSONUnmarshaler).UnmarshalLogs([]byte(doc.String()))
	ld.ResourceLogs().At(0).Resource().Attributes().CopyTo(m)
}

func depthOf(val pcommon.Value) int {
	deepest := 0
	switch val.Type() {
	case pcommon.ValueTypeMap:
		for _, inner := range val.Map().All() {
			deepest = max(deepest, depthOf(inner))
		}
		return deepest + 1
	case pcommon.ValueTypeSlice:
		for _, inner := range val.Slice().All() {
			deepest = max(deepest, depthOf(inner))
		}
		return deepest + 1
	default:
		return 0
	}
}

func TestHostileRecordsLeaveTheirNeighboursAlone(t *testing.T) {
	tests := map[string]struct {
		spoil func(lr plog.LogRecord)
		note  string
	}{
		"wrong types": {note: NoteWrongType, spoil: func(lr plog.LogRecord) {
			for _, key := range []string{"session.id", "exception.type", "exception.stacktrace", "app.screen.name", "app.crash.id", "service.version"} {
				nested(lr.Attributes().PutEmpty(key), 3)
			}
			lr.Attributes().PutInt("event.name", 5)
			lr.Attributes().PutStr(mobile.AttrHangDuration, "soon")
		}},
		"bytes for a stack": {note: NoteWrongType, spoil: func(lr plog.LogRecord) {
			lr.Attributes().PutEmptyBytes("exception.stacktrace").FromRaw([]byte{0, 255})
		}},
		"a structured stack that is none": {note: NoteWrongType, spoil: func(lr plog.LogRecord) {
			lr.Attributes().PutInt(mobile.AttrStack, 7)
		}},
		"invalid UTF-8": {note: NoteInvalidUTF8, spoil: func(lr plog.LogRecord) {
			lr.SetEventName("app.crash")
			lr.Body().SetStr("\xff\xfe")
			lr.Attributes().PutStr("exception.message", "a\xffb")
			lr.Attributes().PutStr("k\xff", "v")
			lr.Attributes().PutStr("k\xfe", "w")
			nested(lr.Attributes().PutEmpty("deep"), 2)
			lr.Attributes().PutEmptyMap("m").PutStr("\xff", "\xff")
		}},
		"nested 100 deep": {note: NoteNested, spoil: func(lr plog.LogRecord) {
			nested(lr.Attributes().PutEmpty("deep"), 100)
			nested(lr.Attributes().PutEmpty("session.id"), 100)
			nested(lr.Body(), 100)
		}},
		"endless ids": {note: NoteLongID, spoil: func(lr plog.LogRecord) {
			lr.Attributes().PutStr("session.id", strings.Repeat("s", 1<<20))
			lr.Attributes().PutStr("app.crash.id", strings.Repeat("c", 1<<20))
		}},
		"endless texts": {note: NoteCut, spoil: func(lr plog.LogRecord) {
			lr.Attributes().PutStr("exception.type", strings.Repeat("ü", 1<<16))
			lr.Attributes().PutStr(strings.Repeat("k", 1<<16), "v")
		}},
		"stack that is no stack": {note: NoteUnparsed, spoil: func(lr plog.LogRecord) {
			lr.Attributes().PutStr("exception.stacktrace", "{[}")
			lr.Attributes().PutStr("emb.payload", `{"crash":{"threads":5}}`)
			lr.Attributes().PutStr("exception.threads", `[{"crashed":"yes"}]`)
			lr.Attributes().PutStr("emb.stacktrace.ios", "!!")
		}},
		"100,000 attributes": {note: NoteAttributes, spoil: func(lr plog.LogRecord) {
			manyKeys(lr.Attributes())
			manyKeys(lr.Attributes().PutEmptyMap("m"))
		}},
		"repeated keys": {spoil: func(lr plog.LogRecord) {
			// pdata itself makes no repeated keys, the wire does.
			wire := plog.NewLogs()
			rec := wire.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
			for _, key := range []string{"session.ia", "session.ib", "screen.nama", "screen.namb"} {
				rec.Attributes().PutStr(key, key)
			}
			data, _ := new(plog.ProtoMarshaler).MarshalLogs(wire)
			text := strings.NewReplacer("session.ia", "session.id", "session.ib", "session.id", "nama", "name", "namb", "name").Replace(string(data))
			back, _ := new(plog.ProtoUnmarshaler).UnmarshalLogs([]byte(text))
			back.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).CopyTo(lr)
		}},
		"unknown event":     {spoil: func(lr plog.LogRecord) { lr.SetEventName(strings.Repeat("no such event ", 1000)) }},
		"time in 1970":      {note: NoteArrival, spoil: func(lr plog.LogRecord) { lr.SetTimestamp(1) }},
		"empty everything":  {note: NoteArrival, spoil: func(lr plog.LogRecord) { plog.NewLogRecord().CopyTo(lr) }},
		"time beyond int64": {note: NoteArrival, spoil: func(lr plog.LogRecord) { lr.SetTimestamp(1<<64 - 1); lr.SetObservedTimestamp(1 << 63) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ld := makeLogs(t, android(), rec{event: "before"}, rec{event: mobile.EventCrash}, rec{event: "after"})
			tt.spoil(ld.ResourceLogs().At(0).ScopeLogs().At(1).LogRecords().At(0))
			out := newNormalizer(t).Logs(ld, arrival())
			checkCounts(t, &out)
			logs := logsOf(out)
			require.Len(t, logs, 3)
			assert.Len(t, eventsOf(out, "before"), 1)
			assert.Len(t, eventsOf(out, "after"), 1)
			if tt.note != "" {
				assert.Positive(t, out.Counts.Noted[Reason{Reason: tt.note}], "%v", out.Counts.Noted)
			}
			checkInvariants(t, &out)
		})
	}
}

// checkInvariants checks what holds for every canonical record.
func checkInvariants(tb testing.TB, out *Output) {
	tb.Helper()
	late := arrival().Add(-DefaultSettings().LateWindow)
	soon := arrival().Add(time.Duration(maxAhead))
	check := func(attrs pcommon.Map) {
		for key, val := range attrs.All() {
			require.True(tb, utf8.ValidString(key))
			require.LessOrEqual(tb, len(key), maxKeyBytes)
			require.LessOrEqual(tb, depthOf(val), maxDepth)
			if val.Type() == pcommon.ValueTypeStr {
				require.True(tb, utf8.ValidString(val.Str()), "%q", key)
			}
			if lim := limitOf(key); lim.bytes > 0 {
				require.Equal(tb, pcommon.ValueTypeStr, val.Type(), "%q", key)
				require.LessOrEqual(tb, len(val.Str()), lim.bytes, "%q", key)
			}
		}
	}
	for _, l := range logsOf(*out) {
		check(l.res)
		check(l.Attributes())
		require.True(tb, utf8.ValidString(l.EventName()))
		require.False(tb, l.Timestamp().AsTime().Before(late), "%v", l.Timestamp().AsTime())
		require.False(tb, l.Timestamp().AsTime().After(soon), "%v", l.Timestamp().AsTime())
	}
	for _, s := range spansOf(*out) {
		check(s.Attributes())
		require.True(tb, utf8.ValidString(s.Name()))
		require.LessOrEqual(tb, s.StartTimestamp(), s.EndTimestamp())
		require.False(tb, s.EndTimestamp().AsTime().Before(late))
		require.False(tb, s.EndTimestamp().AsTime().After(soon))
	}
}

func TestScopesAreMadeValid(t *testing.T) {
	ld := makeLogs(t, android(), rec{scope: "s\xff", event: "mine"})
	ld.ResourceLogs().At(0).ScopeLogs().At(0).Scope().Attributes().PutStr("\xff", "\xff")
	out := newNormalizer(t).Logs(ld, arrival())
	data, err := new(plog.JSONMarshaler).MarshalLogs(out.Logs)
	require.NoError(t, err)
	assert.True(t, utf8.Valid(data))
	scope := out.Logs.ResourceLogs().At(0).ScopeLogs().At(0).Scope()
	assert.Equal(t, "s\uFFFD", scope.Name())
	assert.Equal(t, map[string]any{"\uFFFD": "\uFFFD"}, scope.Attributes().AsRaw())
}

func TestDuplicateIDsAreKept(t *testing.T) {
	same := rec{event: mobile.EventCrash, attrs: map[string]any{"app.crash.id": "x"}}
	out := newNormalizer(t).Logs(makeLogs(t, android(), same, same), arrival())
	checkCounts(t, &out)
	assert.Equal(t, 2, out.Logs.LogRecordCount())
}

func TestEmptyPayloads(t *testing.T) {
	n := newNormalizer(t)
	ld := plog.NewLogs()
	ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
	out := n.Logs(ld, arrival())
	checkCounts(t, &out)
	assert.Zero(t, out.Logs.ResourceLogs().Len())
	td := ptrace.NewTraces()
	td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	out = n.Traces(td, arrival(), WantAll)
	checkCounts(t, &out)
	assert.Equal(t, 1, out.Traces.SpanCount())
}

func TestCountsNameTheTenant(t *testing.T) {
	ld := makeLogs(t, android(mobile.AttrTenantID, "acme"), rec{event: "old", at: arrival().Add(-40 * 24 * time.Hour)})
	out := newNormalizer(t).Logs(ld, arrival())
	assert.Equal(t, map[Reason]int64{{Tenant: "acme", Reason: RefusedLate}: 1}, out.Counts.Refused)
}

func TestSettingsOutOfRange(t *testing.T) {
	_, err := New(Settings{})
	require.Error(t, err)
	for _, word := range []string{"late window", "upload size", "stack size"} {
		assert.ErrorContains(t, err, word)
	}
}
