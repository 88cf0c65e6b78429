package canonical

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

const (
	t0       = int64(1_780_000_000) * int64(time.Second)
	uploadID = "000102030405060708090a0b0c0d0e0f"
)

func resource(m pcommon.Map, records int64) {
	m.PutStr(mobile.AttrTenantID, "acme")
	m.PutStr(mobile.AttrAppID, "shop")
	m.PutStr(mobile.AttrUploadID, uploadID)
	m.PutInt(mobile.AttrUploadRecords, records)
	m.PutInt(mobile.AttrArrival, t0+int64(time.Minute))
	m.PutStr(mobile.AttrInstallationID, "phone-1")
	m.PutStr(mobile.AttrServiceVersion, "1.2.3")
}

// logs returns one resource with a record for each session id.
func logs(records int64, sessions ...string) (plog.Logs, []plog.LogRecord) {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	resource(rl.Resource().Attributes(), records)
	list := rl.ScopeLogs().AppendEmpty().LogRecords()
	for i, s := range sessions {
		lr := list.AppendEmpty()
		lr.SetTimestamp(pcommon.Timestamp(t0 + int64(i)))
		if s != "" {
			lr.Attributes().PutStr(mobile.AttrSessionID, s)
		}
	}
	out := make([]plog.LogRecord, len(sessions))
	for i := range out {
		out[i] = list.At(i)
	}
	return ld, out
}

func make1(t *testing.T, ld plog.Logs) (*store.Facts, Counts) {
	t.Helper()
	m, err := NewMaker(0)
	require.NoError(t, err)
	return m.Logs(ld)
}

func stateOf(t *testing.T, p store.Part) session.State {
	t.Helper()
	var s session.State
	require.NoError(t, s.Decode(p.Data))
	return s
}

func TestAnUploadIsPartedBySession(t *testing.T) {
	ld, _ := logs(4, "a", "b", "a", "")
	f, c := make1(t, ld)
	require.Len(t, f.Parts, 3)
	assert.EqualValues(t, 4, c.Stored)
	assert.Equal(t, "a", f.Parts[0].Session)
	assert.True(t, session.IsImplicit(f.Parts[2].Session))
	assert.EqualValues(t, 2, stateOf(t, f.Parts[0]).Events)
	assert.Equal(t, "1.2.3", stateOf(t, f.Parts[0]).Release.Value)
	u, err := NewUnpacker()
	require.NoError(t, err)
	total := 0
	for i, chunk := range f.Chunks {
		assert.Equal(t, f.Parts[i].FactKey, chunk.FactKey)
		back, err := u.Logs(chunk.Payload)
		require.NoError(t, err)
		assert.EqualValues(t, chunk.Records, back.LogRecordCount())
		total += back.LogRecordCount()
	}
	assert.Equal(t, 4, total)
}

func TestFactsAreAFunctionOfTheUpload(t *testing.T) {
	ld, _ := logs(2, "a", "b")
	f1, _ := make1(t, ld)
	f2, _ := make1(t, ld)
	assert.Equal(t, f1, f2)
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr(mobile.AttrServiceVersion, "2")
	f3, _ := make1(t, ld)
	assert.Equal(t, f1.Parts[0].Upload, f3.Parts[0].Upload)
	assert.NotEqual(t, f1.Parts[0].Variant, f3.Parts[0].Variant, "enrichment makes another variant")
}

func TestTornUploadsAreKeptUnderTheirContent(t *testing.T) {
	whole, _ := logs(2, "a", "a")
	left, _ := logs(2, "a")
	right, _ := logs(2, "")
	seen := map[store.Digest]bool{}
	for i, ld := range []plog.Logs{whole, left, right} {
		f, c := make1(t, ld)
		seen[f.Parts[0].Upload] = true
		assert.Equal(t, i > 0, c.Torn == 1)
	}
	assert.Len(t, seen, 3)
}

func TestRecordsThatCannotBePlacedAreCounted(t *testing.T) {
	ld, records := logs(2, "a", "a")
	records[0].SetTimestamp(0)
	ld.ResourceLogs().At(0).Resource().Attributes().Remove(mobile.AttrArrival)
	f, c := make1(t, ld)
	assert.EqualValues(t, 1, c.NoTime)
	assert.EqualValues(t, 1, c.Stored)
	require.Len(t, f.Parts, 1)
	ld.ResourceLogs().At(0).Resource().Attributes().Remove(mobile.AttrTenantID)
	f, c = make1(t, ld)
	assert.EqualValues(t, 2, c.NoTenant)
	assert.Empty(t, f.Parts)
}

func TestIncidents(t *testing.T) {
	labelled := func(m pcommon.Map) {
		m.PutStr(mobile.AttrGroupVersion, "f1")
		m.PutStr(mobile.AttrGroupFine, "ffffffffffffffffffffffffffffffff")
		m.PutStr(mobile.AttrGroupCoarse, uploadID)
		m.PutInt(mobile.AttrGroupQuality, 3)
		m.PutStr(mobile.AttrGroupTitle, "boom")
	}
	tests := map[string]struct {
		event  string
		attrs  func(pcommon.Map)
		counts int
		stored int
	}{
		"crash":                    {mobile.EventCrash, labelled, 1, 1},
		"handled error":            {mobile.EventException, labelled, 1, 1},
		"hang of unknown length":   {mobile.EventANR, labelled, 1, 1},
		"hang of six seconds":      {mobile.EventANR, func(m pcommon.Map) { labelled(m); m.PutDouble(mobile.AttrHangDuration, 6) }, 1, 1},
		"hang of two seconds":      {mobile.EventANR, func(m pcommon.Map) { labelled(m); m.PutDouble(mobile.AttrHangDuration, 2) }, 0, 0},
		"second report of a crash": {mobile.EventCrash, func(m pcommon.Map) { labelled(m); m.PutBool(mobile.AttrEvidence, true) }, 0, 0},
		"without fingerprint":      {mobile.EventCrash, func(pcommon.Map) {}, 1, 0},
		"with a broken one":        {mobile.EventCrash, func(m pcommon.Map) { m.PutStr(mobile.AttrGroupFine, "xyz") }, 1, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ld, records := logs(1, "a")
			records[0].SetEventName(tt.event)
			tt.attrs(records[0].Attributes())
			f, c := make1(t, ld)
			s := stateOf(t, f.Parts[0])
			assert.Len(t, s.Incidents, tt.counts)
			assert.Len(t, f.Crashes, tt.stored)
			assert.Len(t, f.Groups, tt.stored)
			assert.EqualValues(t, tt.counts-tt.stored, c.Unlabelled)
			if tt.event == mobile.EventANR && tt.counts == 0 {
				assert.EqualValues(t, 2_000_000, s.Hang)
			}
		})
	}
}

func TestSpans(t *testing.T) {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	resource(rs.Resource().Attributes(), 5)
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	span := func(name string, d time.Duration) ptrace.Span {
		sp := spans.AppendEmpty()
		sp.SetName(name)
		sp.SetStartTimestamp(pcommon.Timestamp(t0))
		sp.SetEndTimestamp(pcommon.Timestamp(t0 + int64(d)))
		sp.Attributes().PutStr(mobile.AttrSessionID, "a")
		return sp
	}
	span(mobile.SpanAppStart, 3*time.Second).Attributes().PutStr(mobile.AttrStartType, "cold")
	span(mobile.SpanScreenLoad, time.Second)
	for _, code := range []int64{200, 404, 503} {
		sp := span("GET", 100*time.Millisecond)
		sp.SetKind(ptrace.SpanKindClient)
		sp.Attributes().PutStr(mobile.AttrHTTPMethod, "GET")
		sp.Attributes().PutInt(mobile.AttrHTTPStatus, code)
	}
	m, err := NewMaker(0)
	require.NoError(t, err)
	f, c := m.Traces(td)
	assert.EqualValues(t, 5, c.Stored)
	s := stateOf(t, f.Parts[0])
	assert.Equal(t, []session.Start{{Kind: session.Cold, Begin: t0, Duration: 3_000_000}}, s.Starts)
	assert.EqualValues(t, 1, s.Loads.Len())
	assert.EqualValues(t, 2, s.Requests.Len())
	assert.EqualValues(t, 1, s.Failed.Len())
}

func TestLongTextsStayDifferent(t *testing.T) {
	long := string(make([]byte, 300))
	assert.Len(t, clip(long, maxID), maxID)
	assert.NotEqual(t, clip(long+"a", maxID), clip(long+"b", maxID))
	assert.Equal(t, "a?b", clip("a\xffb", maxID))
}

func BenchmarkLogs(b *testing.B) {
	sessions := make([]string, 30)
	for i := range sessions {
		sessions[i] = "9f6bb2c7d1e04f5a8b3c6d7e8f901234"
	}
	ld, records := logs(30, sessions...)
	for _, lr := range records {
		lr.SetEventName(mobile.EventJank)
		lr.Attributes().PutInt(mobile.AttrJankFrames, 3)
		lr.Attributes().PutDouble(mobile.AttrJankLimit, 0.016)
		lr.Attributes().PutStr(mobile.AttrScreenName, "CheckoutActivity")
	}
	m, err := NewMaker(0)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		m.Logs(ld)
	}
}
