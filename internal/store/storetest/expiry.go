package storetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

func expiryCases() []namedCase {
	return []namedCase{
		{"what is young enough, or kept for ever, does not expire", nothingExpires},
		{"each kind of row expires by its own retention", kindsExpire},
		{"at most the limit of each kind expires at once", expiryLimit},
		{"marks expire once every named reader has passed them", marksExpire},
		{"marks go on rising after all of them expired", marksRise},
	}
}

func expire(t *testing.T, s store.Store, now time.Time, keep store.Retention, limit int) int64 {
	t.Helper()
	n, err := s.Expire(t.Context(), now, keep, limit)
	require.NoError(t, err)
	return n
}

func nothingExpires(t *testing.T, s store.Store) {
	f := everything(fact(session("s"), 1, 1))
	apply(t, s, f)
	putHeads(t, s, head(session("s"), hour, 1, "x"))
	now := storeTime(t, s)
	day := 24 * time.Hour
	assert.Zero(t, expire(t, s, now.Add(10*365*day), store.Retention{}, 1000))
	assert.Zero(t, expire(t, s, now.Add(6*day), store.Retention{Chunks: 7 * day, Crashes: 7 * day, Parts: 7 * day, Marks: 7 * day}, 1000))
	requireEverything(t, s, f)
	assert.Len(t, collect(t, s.Heads(t.Context(), bucket(hour))), 1)
	assert.Len(t, newMarks(t, s, position{}, 10), 1)
}

func kindsExpire(t *testing.T, s store.Store) {
	key := session("s")
	f := everything(fact(key, 1, 1))
	apply(t, s, f)
	putHeads(t, s, head(key, hour, 1, "x"))
	require.NoError(t, s.PutRollups(t.Context(), []store.Rollup{rollup(hour, 1, "sum")}))
	later := storeTime(t, s).Add(time.Hour)
	assert.EqualValues(t, 1, expire(t, s, later, store.Retention{Chunks: time.Minute, Crashes: 2 * time.Hour}, 1000))
	assert.Empty(t, chunks(t, s, key))
	assert.Len(t, parts(t, s, key), 1)
	assert.Len(t, collect(t, s.Crashes(t.Context(), tenant, app, fingerprint(1), 10)), 1)
	assert.EqualValues(t, 2, expire(t, s, later, store.Retention{Crashes: time.Minute}, 1000))
	assert.Empty(t, collect(t, s.Crashes(t.Context(), tenant, app, fingerprint(1), 10)))
	assert.EqualValues(t, 2, expire(t, s, later, store.Retention{Parts: time.Minute}, 1000), "a part and a head")
	assert.Empty(t, parts(t, s, key))
	assert.Empty(t, collect(t, s.SessionHeads(t.Context(), key)))
	assert.Empty(t, collect(t, s.Heads(t.Context(), bucket(hour))))
	assert.EqualValues(t, 1, expire(t, s, later, store.Retention{Marks: time.Minute}, 1000))
	assert.Empty(t, newMarks(t, s, position{}, 10))
	assert.Len(t, collect(t, s.Rollups(t.Context(), tenant, app, "total", 0, 1<<30)), 1, "sums stay")
	assert.Len(t, collect(t, s.Groups(t.Context(), tenant, app)), 2)
	assert.Len(t, collect(t, s.Apps(t.Context(), tenant)), 1)
	apply(t, s, f)
	requireEverything(t, s, f)
}

func expiryLimit(t *testing.T, s store.Store) {
	const n = 25
	key := session("s")
	for i := range n {
		apply(t, s, upload(fact(key, i, 1)))
	}
	later := storeTime(t, s).Add(time.Hour)
	keep := store.Retention{Chunks: time.Minute, Parts: time.Minute}
	for left := n; left > 0; {
		left -= min(10, left)
		require.Positive(t, expire(t, s, later, keep, 10))
		require.Len(t, parts(t, s, key), left)
		require.Len(t, chunks(t, s, key), left)
	}
	assert.Zero(t, expire(t, s, later, keep, 10))
}

func marksExpire(t *testing.T, s store.Store) {
	const n = 10
	for i := range n {
		apply(t, s, upload(fact(session(strconv.Itoa(i)), 1, 1)))
	}
	marks := newMarks(t, s, position{}, 100)
	now := storeTime(t, s)
	later := now.Add(90 * time.Second)
	keep := store.Retention{Marks: time.Minute}
	until := now.UnixNano()
	// One reader passed all marks, the other the first four of each shard.
	all, some := position{}, position{}
	left := 0
	seen := map[int16]int{}
	for shard := range int16(shards) {
		for _, m := range collect(t, s.Marks(t.Context(), shard, 0, 100)) {
			all[shard] = m.Seq
			if seen[shard]++; seen[shard] <= 4 {
				some[shard] = m.Seq
			} else {
				left++
			}
		}
	}
	require.NotEmpty(t, marks)
	for shard := range all {
		require.NoError(t, s.MoveCursor(t.Context(), "derive/0", shard, store.Cursor{Seq: all[shard], Until: until}))
		require.NoError(t, s.MoveCursor(t.Context(), "emit/sessions", shard, store.Cursor{Seq: some[shard], Until: until}))
	}
	for shard := range int16(shards) {
		if _, has := all[shard]; !has { // where there is nothing to pass
			require.NoError(t, s.MoveCursor(t.Context(), "derive/0", shard, store.Cursor{Until: 1}))
		}
	}
	expire(t, s, later, keep, 1000)
	assert.Len(t, newMarks(t, s, position{}, 100), left)
	assert.Len(t, newMarks(t, s, some, 100), left, "the slower reader misses none")
	// A reader that did not move for twice the retention is gone.
	expire(t, s, now.Add(3*time.Minute), keep, 1000)
	assert.Empty(t, newMarks(t, s, position{}, 100))
}

func marksRise(t *testing.T, s store.Store) {
	apply(t, s, upload(fact(session("s"), 1, 1)), upload(fact(session("s"), 2, 1)))
	p := position{}
	require.Len(t, newMarks(t, s, p, 10), 2)
	expire(t, s, storeTime(t, s).Add(time.Hour), store.Retention{Marks: time.Minute}, 1000)
	require.Empty(t, newMarks(t, s, position{}, 10))
	apply(t, s, upload(fact(session("s"), 3, 1)))
	assert.Len(t, newMarks(t, s, p, 10), 1, "a cursor behind the expired marks sees the new one")
}
