package storetest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

func derivedCases() []namedCase {
	return []namedCase{
		{"a derived row of an older revision is not written", olderRevision},
		{"at the same revision the larger data wins", largerData},
		{"the order in which derived rows are written does not matter", anyOrder},
		{"a head that moved its hour is yielded, emptied", movedHour},
		{"several workers at once leave the highest revisions", manyWorkers},
		{"a bucket of 5,000 heads is read whole and in order", manyHeads},
		{"documents are read by family, range, hour and shard", rollupRange},
		{"an issue has one opener", oneOpener},
		{"issues are read in order and announced once for all", issuesOrdered},
	}
}

func olderRevision(t *testing.T, s store.Store) {
	key := session("s")
	putHeads(t, s, head(key, hour, 5, "five"))
	putHeads(t, s, head(key, hour, 4, "zzz"))
	assert.Equal(t, []store.Head{head(key, hour, 5, "five")}, collect(t, s.SessionHeads(t.Context(), key)))
	putHeads(t, s, head(key, hour, 6, "a"))
	assert.Equal(t, []store.Head{head(key, hour, 6, "a")}, collect(t, s.Heads(t.Context(), bucket(hour))))
	require.NoError(t, s.PutRollups(t.Context(), []store.Rollup{rollup(hour, 5, "five")}))
	require.NoError(t, s.PutRollups(t.Context(), []store.Rollup{rollup(hour, 4, "zzz")}))
	assert.Equal(t, []store.Rollup{rollup(hour, 5, "five")}, collect(t, s.Rollups(t.Context(), tenant, app, "total", hour, hour+1)))
}

func largerData(t *testing.T, s store.Store) {
	key := session("s")
	for _, step := range []struct{ put, want string }{
		{"b", "b"},
		{"a", "b"},
		{"", "b"}, // emptied is smallest
		{"ba", "ba"},
		{"\xff", "\xff"}, // bytes, not text
		{"zzzzzz", "\xff"},
	} {
		putHeads(t, s, head(key, hour, 3, step.put))
		require.Equal(t, []store.Head{head(key, hour, 3, step.want)}, collect(t, s.SessionHeads(t.Context(), key)))
		require.NoError(t, s.PutRollups(t.Context(), []store.Rollup{rollup(hour, 3, step.put)}))
		got := collect(t, s.Rollups(t.Context(), tenant, app, "total", hour, hour+1))
		require.Len(t, got, 1)
		require.Equal(t, step.want, string(got[0].Data))
	}
}

// anyOrder writes the same rows in two orders, one with repetitions, for two
// tenants.
func anyOrder(t *testing.T, s store.Store) {
	r := rand.New(rand.NewPCG(3, 4))
	heads, docs := make([]store.Head, 0, 400), make([]store.Rollup, 0, 400)
	for range 300 {
		h := head(session(strconv.Itoa(r.IntN(5))), hour+r.Int32N(3), r.Int64N(5), "")
		h.Data = []byte{byte('a' + r.IntN(3))}
		d := rollup(hour+r.Int32N(3), r.Int64N(5), string(rune('a'+r.IntN(3))))
		heads, docs = append(heads, h), append(docs, d)
	}
	write := func(tenant string) {
		for i := 0; i < len(heads); {
			end := min(i+1+r.IntN(20), len(heads))
			for j := i; j < end; j++ {
				heads[j].Tenant, docs[j].Tenant = tenant, tenant
			}
			require.NoError(t, s.PutHeads(t.Context(), heads[i:end]))
			require.NoError(t, s.PutRollups(t.Context(), docs[i:end]))
			i = end
		}
	}
	write("first")
	r.Shuffle(len(heads), func(i, j int) { heads[i], heads[j] = heads[j], heads[i] })
	r.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
	heads, docs = append(heads, heads[:100]...), append(docs, docs[:100]...)
	write("second")
	for h := range int32(3) {
		b := bucket(hour + h)
		b.Tenant = "first"
		want := collect(t, s.Heads(t.Context(), b))
		b.Tenant = "second"
		got := collect(t, s.Heads(t.Context(), b))
		for i := range got {
			got[i].Tenant = "first"
		}
		require.Equal(t, want, got)
	}
	want := collect(t, s.Rollups(t.Context(), "first", app, "total", 0, 1<<30))
	got := collect(t, s.Rollups(t.Context(), "second", app, "total", 0, 1<<30))
	for i := range got {
		got[i].Tenant = "first"
	}
	require.Len(t, want, 3)
	assert.Equal(t, want, got)
}

func movedHour(t *testing.T, s store.Store) {
	key := session("s")
	putHeads(t, s, head(key, hour, 2, "started here"))
	putHeads(t, s, head(key, hour-1, 3, "started earlier"))
	putHeads(t, s, head(key, hour, 3, ""))
	earlier, emptied := head(key, hour-1, 3, "started earlier"), head(key, hour, 3, "")
	assert.ElementsMatch(t, []store.Head{earlier, emptied}, collect(t, s.SessionHeads(t.Context(), key)))
	got := collect(t, s.Heads(t.Context(), bucket(hour)))
	assert.Equal(t, []store.Head{emptied}, got)
	assert.Nil(t, got[0].Data)
	putHeads(t, s, head(key, hour, 2, "a slow worker's"))
	assert.Equal(t, []store.Head{emptied}, collect(t, s.Heads(t.Context(), bucket(hour))))
	elsewhere := head(key, hour, 1, "in another shard")
	elsewhere.Shard = 3
	putHeads(t, s, elsewhere)
	b := bucket(hour)
	b.Shard = 3
	assert.Equal(t, []store.Head{elsewhere}, collect(t, s.Heads(t.Context(), b)))
	assert.Equal(t, []store.Head{emptied}, collect(t, s.Heads(t.Context(), bucket(hour))))
	assert.ElementsMatch(t, []store.Head{earlier, emptied, elsewhere}, collect(t, s.SessionHeads(t.Context(), key)))
}

func manyWorkers(t *testing.T, s store.Store) {
	const workers, revisions, sessions = 4, 20, 10
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for _, rev := range r.Perm(revisions) {
				heads := make([]store.Head, 0, sessions)
				for i := range sessions {
					heads = append(heads, head(session(strconv.Itoa(i)), hour, int64(rev+1), fmt.Sprint("worker ", w)))
				}
				assert.NoError(t, s.PutHeads(t.Context(), heads))
				assert.NoError(t, s.PutRollups(t.Context(), []store.Rollup{rollup(hour, int64(rev+1), fmt.Sprint("worker ", w))}))
			}
		})
	}
	wg.Wait()
	last := fmt.Sprint("worker ", workers-1)
	want := make([]store.Head, 0, sessions)
	for i := range sessions {
		want = append(want, head(session(strconv.Itoa(i)), hour, revisions, last))
	}
	assert.Equal(t, want, collect(t, s.Heads(t.Context(), bucket(hour))))
	assert.Equal(t, []store.Rollup{rollup(hour, revisions, last)}, collect(t, s.Rollups(t.Context(), tenant, app, "total", hour, hour+1)))
}

func manyHeads(t *testing.T, s store.Store) {
	const n = 5000
	heads := make([]store.Head, n)
	for i := range heads {
		heads[i] = head(session(fmt.Sprintf("%05d", i/2)), hour, 1, fmt.Sprintf("%0600d", i))
		heads[i].Week += int32(i % 2)
	}
	shuffled := make([]store.Head, n)
	for i, j := range rand.New(rand.NewPCG(5, 6)).Perm(n) {
		shuffled[i] = heads[j]
	}
	for i := 0; i < n; i += 1000 {
		putHeads(t, s, shuffled[i:i+1000]...)
	}
	putHeads(t, s, head(session("next hour"), hour+1, 1, "x"))
	got := collect(t, s.Heads(t.Context(), bucket(hour)))
	require.Len(t, got, n)
	for i := range got {
		require.Equal(t, heads[i], got[i], "ordered by session and week")
	}
}

func rollupRange(t *testing.T, s store.Store) {
	docs := make([]store.Rollup, 0, 15)
	for h := range int32(5) {
		for shard := range int16(3) {
			d := rollup(hour+h, 1, fmt.Sprint(h, shard))
			d.Shard = shard
			docs = append(docs, d)
		}
	}
	other := rollup(hour+2, 1, "by release")
	other.Family = "release"
	require.NoError(t, s.PutRollups(t.Context(), append(docs[7:15:15], other)))
	require.NoError(t, s.PutRollups(t.Context(), docs[:7]))
	read := func(family string, from, to int32) []store.Rollup {
		return collect(t, s.Rollups(t.Context(), tenant, app, family, from, to))
	}
	assert.Equal(t, docs, read("total", 0, 1<<30))
	assert.Equal(t, docs[3:9], read("total", hour+1, hour+3), "half-open")
	assert.Empty(t, read("total", hour+3, hour+3))
	assert.Empty(t, read("total", hour+3, hour+1))
	assert.Equal(t, []store.Rollup{other}, read("release", 0, 1<<30))
	assert.Empty(t, read("tot", 0, 1<<30))
}

func issue(n int) store.Issue {
	return store.Issue{Tenant: tenant, App: app, ID: store.Digest{byte(n), 0xee}, Opened: int64(n), Status: "open"}
}

func oneOpener(t *testing.T, s store.Store) {
	const openers, issues = 16, 5
	var won [issues]atomic.Int32
	var wg sync.WaitGroup
	for o := range openers {
		wg.Go(func() {
			for n := range issues {
				is := issue(n)
				is.Opened = int64(o)
				stored, created, err := s.OpenIssue(t.Context(), is)
				if assert.NoError(t, err) && created {
					won[n].Add(1)
					assert.Equal(t, is, stored)
				}
				assert.Equal(t, is.ID, stored.ID)
			}
		})
	}
	wg.Wait()
	all := collect(t, s.Issues(t.Context(), tenant, app))
	require.Len(t, all, issues)
	for n := range issues {
		assert.EqualValues(t, 1, won[n].Load(), "openers of issue %d", n)
		stored, created, err := s.OpenIssue(t.Context(), issue(n))
		require.NoError(t, err)
		assert.False(t, created)
		assert.Equal(t, all[n], stored)
	}
}

func issuesOrdered(t *testing.T, s store.Store) {
	for _, n := range []int{3, 200, 1} {
		_, created, err := s.OpenIssue(t.Context(), issue(n))
		require.NoError(t, err)
		require.True(t, created)
	}
	require.NoError(t, s.Announce(t.Context(), tenant, app, issue(3).ID))
	require.NoError(t, s.Announce(t.Context(), tenant, app, issue(3).ID))
	require.NoError(t, s.Announce(t.Context(), tenant, app, issue(77).ID), "an unknown issue is nothing to announce")
	announced := issue(3)
	announced.Announced = true
	assert.Equal(t, []store.Issue{issue(1), announced, issue(200)}, collect(t, s.Issues(t.Context(), tenant, app)))
	stored, created, err := s.OpenIssue(t.Context(), issue(3))
	require.NoError(t, err)
	assert.False(t, created)
	assert.Equal(t, announced, stored)
}
