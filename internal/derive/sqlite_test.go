package derive

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/issue"
	"github.com/otelcol-mobile/otelcol-mobile/internal/rollup"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store/sqlite"
)

// clock stands still: facts arrive now, and steps are done an hour later.
func clock() time.Time { return time.Unix(1_780_000_000, 0) }

func openSQLite(t *testing.T) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Settings{Path: filepath.Join(t.TempDir(), "mobile.db"), Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// documents reads every document that has data.
func documents(t *testing.T, s store.Reader) map[rollupKey][]byte {
	t.Helper()
	out := map[rollupKey][]byte{}
	for _, family := range rollup.Families() {
		for r, err := range s.Rollups(t.Context(), "t", "a", family, 0, int32(hour0)+1000) {
			require.NoError(t, err)
			if len(r.Data) > 0 {
				out[rollupKey{r.Bucket, r.Family}] = r.Data
			}
		}
	}
	return out
}

// upload makes random parts of a few sessions, some in several variants.
func (w *world) upload(n int) []store.Part {
	parts := make([]store.Part, 0, 2*n)
	for u := range n {
		for variant := range 1 + w.r.IntN(2) {
			parts = append(parts, w.part(w.r.IntN(12), u, variant))
		}
	}
	return parts
}

func TestWorkersOnOneFileAgreeWithOneComputation(t *testing.T) {
	for seed := range uint64(6) {
		w := &world{tornStore: newTornStore(), r: rand.New(rand.NewPCG(seed, 3)), set: settings(t)}
		w.set.Batch = 3
		s := openSQLite(t)
		parts := w.upload(30)
		var stopped atomic.Bool
		var writers, workers sync.WaitGroup
		for i := range 3 { // each sends everything, in its own order
			order := rand.New(rand.NewPCG(seed, uint64(i))).Perm(len(parts))
			writers.Go(func() {
				for _, j := range order {
					assert.NoError(t, s.Apply(t.Context(), &store.Facts{Parts: parts[j : j+1]}))
				}
			})
		}
		for range 3 {
			workers.Go(func() {
				d := New(s, 0, w.set)
				for now := clock().Add(time.Hour); !stopped.Load(); now = now.Add(time.Second) {
					_, err := d.Step(t.Context(), now)
					assert.NoError(t, err)
				}
			})
		}
		writers.Wait()
		stopped.Store(true)
		workers.Wait()
		d := New(s, 0, w.set)
		for now := clock().Add(time.Hour); ; now = now.Add(time.Second) {
			step, err := d.Step(t.Context(), now)
			require.NoError(t, err)
			if step.Marks+step.Heads+step.Documents == 0 {
				break
			}
		}
		for _, p := range parts {
			worker{w.tornStore, func() bool { return true }}.putPart(p)
		}
		require.Equal(t, w.want(t), documents(t, s), "seed %d", seed)
	}
}

func TestEmitterSendsStatesOnceAndIssuesUntilTheyAreTaken(t *testing.T) {
	s := openSQLite(t)
	w := &world{tornStore: newTornStore(), r: rand.New(rand.NewPCG(1, 3)), set: settings(t)}
	group := store.Group{Tenant: "t", App: "a", Fingerprint: store.Fingerprint{Version: "f1"}, Coarse: store.Digest{7}, Title: "boom", FirstSeen: 5, LastSeen: 5}
	require.NoError(t, s.Apply(t.Context(), &store.Facts{Parts: []store.Part{w.part(0, 0, 0)}, Groups: []store.Group{group}}))
	later := clock().Add(time.Hour)
	_, err := New(s, 0, w.set).Step(t.Context(), later)
	require.NoError(t, err)

	e := NewEmitter(s, 0, EmitSettings{Idle: time.Minute, Batch: 10})
	sent := 0
	count := func(_ context.Context, list []Scored) error { sent += len(list); return nil }
	n, err := e.Sessions(t.Context(), clock(), count)
	require.NoError(t, err)
	assert.Zero(t, n, "the session is not idle yet")
	_, err = e.Sessions(t.Context(), later, func(context.Context, []Scored) error { return assert.AnError })
	require.ErrorIs(t, err, assert.AnError)
	for range 2 {
		_, err = e.Sessions(t.Context(), later, count)
		require.NoError(t, err)
	}
	assert.Equal(t, 1, sent, "once, after the consumer took it")

	var opened []Opened
	refuse := func(context.Context, []Opened) error { return assert.AnError }
	take := func(_ context.Context, list []Opened) error { opened = append(opened, list...); return nil }
	_, err = e.Issues(t.Context(), refuse)
	require.ErrorIs(t, err, assert.AnError)
	_, err = NewEmitter(s, 0, EmitSettings{Batch: 10}).Issues(t.Context(), take)
	require.NoError(t, err)
	require.Len(t, opened, 1, "whoever comes next announces it")
	assert.Equal(t, issue.ID("f1", store.Digest{7}), opened[0].ID)
	_, err = NewEmitter(s, 1, EmitSettings{Batch: 10}).Issues(t.Context(), take)
	require.NoError(t, err)
	assert.Len(t, opened, 1)
}

func BenchmarkSQLite(b *testing.B) {
	s, err := sqlite.Open(b.Context(), sqlite.Settings{Path: filepath.Join(b.TempDir(), "mobile.db"), Now: clock})
	require.NoError(b, err)
	b.Cleanup(func() { assert.NoError(b, s.Close()) })
	w := &world{tornStore: newTornStore(), r: rand.New(rand.NewPCG(1, 3)), set: settings(b)}
	const sessions, uploads = 1000, 8
	for i := range sessions {
		var f store.Facts
		for u := range uploads {
			f.Parts = append(f.Parts, w.part(i, u, 0))
		}
		require.NoError(b, s.Apply(b.Context(), &f))
	}
	w.set.Batch = 1000
	generation := int64(0)
	for b.Loop() {
		generation++
		w.set.Generation = generation
		d := New(s, 0, w.set)
		for done := 0; done < sessions; {
			step, err := d.Step(b.Context(), clock().Add(time.Hour))
			if err != nil {
				b.Fatal(err)
			}
			done += step.Heads
		}
	}
	b.ReportMetric(float64(b.N*sessions)/b.Elapsed().Seconds(), "derivations/s")
	b.ReportMetric(0, "ns/op")
}
