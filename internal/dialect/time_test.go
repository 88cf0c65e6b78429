package dialect

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

func TestTimeOfOneRecord(t *testing.T) {
	at := arrival()
	day := 24 * time.Hour
	tests := map[string]struct {
		own, observed time.Time
		want          time.Time
		source        string
		refused       bool
	}{
		"own":                            {own: at.Add(-time.Hour), observed: at, want: at.Add(-time.Hour)},
		"missing, observed":              {observed: at.Add(-time.Hour), want: at.Add(-time.Hour), source: sourceObserved},
		"1970, observed":                 {own: time.Unix(5, 0), observed: at.Add(-time.Hour), want: at.Add(-time.Hour), source: sourceObserved},
		"1999, observed":                 {own: time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC), observed: at, want: at, source: sourceObserved},
		"neither":                        {want: at, source: sourceArrival},
		"1970, observed 1970":            {own: time.Unix(1, 0), observed: time.Unix(2, 0), want: at, source: sourceArrival},
		"just within five minutes ahead": {own: at.Add(5 * time.Minute), want: at.Add(5 * time.Minute)},
		"six minutes ahead":              {own: at.Add(6 * time.Minute), want: at, source: sourceShifted},
		"2100":                           {own: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), want: at, source: sourceShifted},
		"missing, observed ahead":        {observed: at.Add(day), want: at, source: sourceShifted},
		"29 days old":                    {own: at.Add(-29 * day), want: at.Add(-29 * day)},
		"31 days old":                    {own: at.Add(-31 * day), refused: true},
		"2003":                           {own: time.Date(2003, 1, 1, 0, 0, 0, 0, time.UTC), refused: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ld := plog.NewLogs()
			lr := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
			if !tt.own.IsZero() {
				lr.SetTimestamp(pcommon.NewTimestampFromTime(tt.own))
			}
			if !tt.observed.IsZero() {
				lr.SetObservedTimestamp(pcommon.NewTimestampFromTime(tt.observed))
			}
			out := newNormalizer(t).Logs(ld, at)
			checkCounts(t, &out)
			if tt.refused {
				assert.Equal(t, map[Reason]int64{{Reason: RefusedLate}: 1}, out.Counts.Refused)
				return
			}
			logs := logsOf(out)
			require.Len(t, logs, 1)
			assert.Equal(t, tt.want, logs[0].Timestamp().AsTime())
			assert.Equal(t, tt.source, logs[0].text(mobile.AttrTimeSource))
		})
	}
}

func TestClockAheadShiftsTheWholeUpload(t *testing.T) {
	at := arrival()
	ahead := at.Add(50 * time.Hour)
	out := newNormalizer(t).Logs(makeLogs(t, android(),
		rec{event: "a", at: ahead.Add(-time.Hour)}, rec{event: "b", at: ahead}, rec{event: "c", at: at.Add(-time.Hour)},
	), at)
	logs := logsOf(out)
	require.Len(t, logs, 3)
	assert.Equal(t, at.Add(-time.Hour), logs[0].Timestamp().AsTime())
	assert.Equal(t, at, logs[1].Timestamp().AsTime())
	assert.Equal(t, at.Add(-51*time.Hour), logs[2].Timestamp().AsTime(), "order and distances stay")
	for _, l := range logs {
		assert.Equal(t, sourceShifted, l.text(mobile.AttrTimeSource))
	}
}

func TestOneCorruptTimeDoesNotRefuseItsNeighbours(t *testing.T) {
	at := arrival()
	out := newNormalizer(t).Logs(makeLogs(t, android(),
		rec{event: "good", at: at.Add(-time.Hour)}, rec{event: "corrupt", at: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)},
	), at)
	checkCounts(t, &out)
	logs := logsOf(out)
	require.Len(t, logs, 2)
	assert.Equal(t, at.Add(-time.Hour), logs[0].Timestamp().AsTime())
	assert.False(t, logs[0].has(mobile.AttrTimeSource))
	assert.Equal(t, at, logs[1].Timestamp().AsTime())
}

func TestBothEndsOfASpanMoveTogether(t *testing.T) {
	at := arrival()
	td := makeTraces(t, android(), spn{name: "work", begin: at.Add(time.Hour), length: 3 * time.Second, exception: map[string]any{"exception.type": "E"}})
	out := newNormalizer(t).Traces(td, at, WantSpans)
	spans := spansOf(out)
	require.Len(t, spans, 1)
	assert.Equal(t, at.Add(-3*time.Second), spans[0].StartTimestamp().AsTime())
	assert.Equal(t, at, spans[0].EndTimestamp().AsTime())
	assert.Equal(t, at, spans[0].Events().At(0).Timestamp().AsTime(), "and its events with it")
	assert.Equal(t, sourceShifted, text(spans[0].Attributes(), mobile.AttrTimeSource))
}

func TestSpansWithBrokenTimes(t *testing.T) {
	at := pcommon.NewTimestampFromTime(arrival())
	good := at - pcommon.Timestamp(time.Minute)
	tests := map[string]struct{ start, end, wantStart, wantEnd pcommon.Timestamp }{
		"no times":         {0, 0, at, at},
		"no start":         {0, good, good, good},
		"no end":           {good, 0, good, good},
		"end before start": {good, good - 5, good, good},
		"overflowing end":  {good, 1 << 63, good, good},
		"start in 1970":    {7, good, good, good},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			td := makeTraces(t, android(), spn{name: "x"})
			span := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
			span.SetStartTimestamp(tt.start)
			span.SetEndTimestamp(tt.end)
			out := newNormalizer(t).Traces(td, arrival(), WantSpans)
			spans := spansOf(out)
			require.Len(t, spans, 1)
			assert.Equal(t, tt.wantStart, spans[0].StartTimestamp())
			assert.Equal(t, tt.wantEnd, spans[0].EndTimestamp())
		})
	}
}
