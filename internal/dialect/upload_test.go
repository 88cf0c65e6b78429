package dialect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// randomLogs returns a payload of a few resources with records of any kind.
func randomLogs(t *testing.T, rng *rand.Rand) plog.Logs {
	t.Helper()
	ld := plog.NewLogs()
	for r := range 1 + rng.IntN(4) {
		recs := make([]rec, 0, 40)
		for i := range 1 + rng.IntN(40) {
			events := []string{"app.crash", "exception", "device.anr", "session.start", "mine", ""}
			recs = append(recs, rec{
				scope: fmt.Sprint("scope", rng.IntN(3)), event: events[rng.IntN(len(events))],
				at: arrival().Add(-time.Duration(rng.IntN(1000)) * time.Hour),
				attrs: map[string]any{
					"n": i, "session.id": fmt.Sprint("s", rng.IntN(3)), "exception.type": "E", "pad": strings.Repeat("x", rng.IntN(2000)),
				},
			})
			if rng.IntN(10) == 0 {
				recs[i].attrs["service.version"] = fmt.Sprint("4.", rng.IntN(3))
			}
		}
		one := makeLogs(t, android("app.installation.id", fmt.Sprint("install", r)), recs...)
		one.ResourceLogs().MoveAndAppendTo(ld.ResourceLogs())
	}
	return ld
}

func smallUploads(t *testing.T) *Normalizer {
	t.Helper()
	set := DefaultSettings()
	set.MaxUploadBytes = 16 << 10
	n, err := New(set)
	require.NoError(t, err)
	return n
}

func clone(ld plog.Logs) plog.Logs {
	c := plog.NewLogs()
	ld.CopyTo(c)
	return c
}

func TestSamePayloadSameUploads(t *testing.T) {
	n := smallUploads(t)
	for seed := range uint64(50) {
		ld := randomLogs(t, rand.New(rand.NewPCG(seed, 1)))
		first := n.Logs(clone(ld), arrival())
		checkCounts(t, &first)
		ids := uploadIDs(first)
		assert.Len(t, slices.Compact(slices.Sorted(slices.Values(ids))), len(ids), "ids are different")

		again := n.Logs(clone(ld), arrival())
		assert.Equal(t, ids, uploadIDs(again), "sent twice")

		var apart []string
		for _, rl := range ld.ResourceLogs().All() {
			one := plog.NewLogs()
			rl.CopyTo(one.ResourceLogs().AppendEmpty())
			apart = append(apart, uploadIDs(n.Logs(one, arrival()))...)
		}
		assert.Equal(t, ids, apart, "split apart by resource")

		stamped := clone(ld)
		for _, rl := range stamped.ResourceLogs().All() {
			rl.Resource().Attributes().PutStr(mobile.AttrTenantID, "acme")
			rl.Resource().Attributes().PutStr(mobile.AttrAppID, "shop")
		}
		assert.Equal(t, ids, uploadIDs(n.Logs(stamped, arrival())), "sent to a tenant")

		wire, err := new(plog.ProtoMarshaler).MarshalLogs(ld)
		require.NoError(t, err)
		decoded, err := new(plog.ProtoUnmarshaler).UnmarshalLogs(wire)
		require.NoError(t, err)
		assert.Equal(t, ids, uploadIDs(n.Logs(decoded, arrival())), "over the wire")

		// Days later more of it is refused, and the clock may be judged
		// differently; the uploads that are left have the same ids.
		later := uploadIDs(n.Logs(clone(ld), arrival().Add(72*time.Hour)))
		assert.Subset(t, ids, later, "sent again days later")
		earlier := uploadIDs(n.Logs(clone(ld), arrival().Add(-400*time.Hour)))
		assert.NotEmpty(t, earlier)
		for _, id := range ids {
			assert.Contains(t, earlier, id, "nothing is too old yet")
		}
	}
}

func TestUploadsStayWithinTheirSize(t *testing.T) {
	n := smallUploads(t)
	ld := randomLogs(t, rand.New(rand.NewPCG(7, 7)))
	for _, rl := range n.Logs(ld, arrival()).Logs.ResourceLogs().All() {
		records := 0
		for _, sl := range rl.ScopeLogs().All() {
			records += sl.LogRecords().Len()
		}
		stamp, _ := rl.Resource().Attributes().Get(mobile.AttrUploadRecords)
		assert.Equal(t, int64(records), stamp.Int())
		at, _ := rl.Resource().Attributes().Get(mobile.AttrArrival)
		assert.Equal(t, arrival().UnixNano(), at.Int())
		assert.Less(t, new(plog.ProtoMarshaler).ResourceLogsSize(rl), 24<<10, "a third over what was received at most")
	}
}

func TestRecordsKeepTheirOrder(t *testing.T) {
	recs := make([]rec, 0, 200)
	for i := range 200 {
		recs = append(recs, rec{scope: "s", event: "mine", attrs: map[string]any{"n": i, "pad": strings.Repeat("x", 1000)}})
	}
	out := smallUploads(t).Logs(makeLogs(t, android(), recs...), arrival())
	require.Greater(t, out.Logs.ResourceLogs().Len(), 10)
	for i, l := range logsOf(out) {
		n, _ := l.Attributes().Get("n")
		assert.Equal(t, int64(i), n.Int())
	}
}

func TestHugeRecordIsAnUploadOfItsOwn(t *testing.T) {
	stack := "java.lang.IllegalStateException: boom\n" + strings.Repeat("\tat com.example.Shop.pay(Shop.kt:1)\n", 150_000)
	require.Greater(t, len(stack), 5<<20)
	out := newNormalizer(t).Logs(makeLogs(t, android(),
		rec{event: "before"}, rec{event: mobile.EventCrash, attrs: map[string]any{"exception.stacktrace": stack, "note": stack}}, rec{event: "after"},
	), arrival())
	checkCounts(t, &out)
	require.Equal(t, 3, out.Logs.ResourceLogs().Len())
	logs := logsOf(out)
	require.Len(t, logs, 3)
	crash := logs[1]
	assert.Equal(t, mobile.EventCrash, crash.EventName())
	assert.LessOrEqual(t, len(crash.text(mobile.AttrExceptionStacktrace)), mobile.MaxStackBytes)
	assert.LessOrEqual(t, len(crash.text("note")), mobile.MaxStackBytes)
	assert.True(t, crash.has(mobile.AttrStack), "it is parsed before it is cut")
	size := new(plog.ProtoMarshaler).ResourceLogsSize(out.Logs.ResourceLogs().At(1))
	assert.Less(t, size, 2<<20)
	assert.Equal(t, int64(1), out.Counts.Noted[Reason{Reason: NoteOversize}])
}

func TestOtherReleasesAreUploadsOfTheirOwn(t *testing.T) {
	out := newNormalizer(t).Logs(makeLogs(t, android("app.build_id", "b2", "os.description", "Android 16"),
		rec{event: "mine"},
		rec{event: mobile.EventCrash, attrs: map[string]any{"service.version": "4.11.0"}},
		rec{event: mobile.EventCrash, attrs: map[string]any{"service.version": "4.12.0", "os.version": "16"}},
		rec{event: mobile.EventCrash, attrs: map[string]any{"service.version": "4.11.0"}},
		rec{event: mobile.EventCrash, attrs: map[string]any{"os.version": "15", "app.build_id": "b1"}},
	), arrival())
	require.Equal(t, 3, out.Logs.ResourceLogs().Len())
	var got []string
	for _, rl := range out.Logs.ResourceLogs().All() {
		a := rl.Resource().Attributes()
		n, _ := a.Get(mobile.AttrUploadRecords)
		got = append(got, strings.Join([]string{
			text(a, mobile.AttrServiceVersion), text(a, mobile.AttrBuildID), text(a, mobile.AttrOSVersion), text(a, "os.description"), n.AsString(),
		}, "|"))
	}
	assert.Equal(t, []string{"4.12.0|b2|16|Android 16|2", "4.11.0||16|Android 16|2", "4.12.0|b1|15||1"}, got)
}

func TestOverridesAreBounded(t *testing.T) {
	recs := make([]rec, 0, 100)
	for i := range 100 {
		recs = append(recs, rec{event: "mine", attrs: map[string]any{"service.version": fmt.Sprint("hostile ", i)}})
	}
	out := newNormalizer(t).Logs(makeLogs(t, android(), recs...), arrival())
	checkCounts(t, &out)
	assert.Equal(t, maxOverrides+1, out.Logs.ResourceLogs().Len())
	assert.Equal(t, int64(100-maxOverrides), out.Counts.Noted[Reason{Reason: NoteOverride}])
}

func TestReceivedUploadStampsAreReplaced(t *testing.T) {
	res := android(mobile.AttrUploadID, "forged", mobile.AttrUploadRecords, "many")
	l := normalised(t, makeLogs(t, res, rec{event: "mine"}))
	assert.Len(t, text(l.res, mobile.AttrUploadID), 32)
	n, _ := l.res.Get(mobile.AttrUploadRecords)
	assert.Equal(t, pcommon.ValueTypeInt, n.Type())
}
