package derive

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/rollup"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
)

const hour0 = int64(480_000)

func settings(tb testing.TB) Settings {
	tb.Helper()
	schedule, err := uxscore.NewSchedule(uxscore.Entry{Default: uxscore.NewRules(uxscore.Default())})
	require.NoError(tb, err)
	return Settings{Schedule: schedule, Batch: 1000}
}

// world is one run: a torn store, the facts that writers were told to store,
// and random numbers that decide everything.
type world struct {
	*tornStore
	r   *rand.Rand
	set Settings
}

func key(s int) store.SessionKey {
	return store.SessionKey{Tenant: "t", App: "a", Session: fmt.Sprint("s", s)}
}

func (w *world) part(s, upload, generation int) store.Part {
	var state session.State
	begin := (hour0 + w.r.Int64N(2)) * int64(time.Hour)
	state.Saw(begin+w.r.Int64N(1000), begin+2000)
	state.Requests.Add(w.r.Int64N(1000), 1)
	if w.r.IntN(3) == 0 {
		state.AddIncident(session.Incident{Kind: session.Crash, ID: strconv.Itoa(w.r.IntN(2)), Time: begin, Version: "f1", Fine: [16]byte{byte(w.r.IntN(2))}})
	}
	p := store.Part{Data: state.Append(nil)}
	p.SessionKey = key(s)
	p.Upload = store.Digest{byte(upload)}
	binary.BigEndian.PutUint32(p.Variant[:], uint32(generation))
	if w.sameVariant {
		p.Variant = store.Variant{}
		return p
	}
	sum := sha256.Sum256(p.Data)
	copy(p.Variant[4:], sum[:])
	return p
}

// task is a coroutine: it runs until it yields, and ends when killed.
type task struct {
	next func() (struct{}, bool)
	kill func()
}

func (w *world) start(body func(worker)) task {
	next, stop := iter.Pull(func(yield func(struct{}) bool) {
		dead := false
		body(worker{w.tornStore, func() bool {
			if !dead && w.r.IntN(3) == 0 {
				dead = !yield(struct{}{})
			}
			return !dead
		}})
	})
	return task{next, stop}
}

// write sends one upload until it is acknowledged. A try may be cut anywhere,
// and enrichment may have changed before the next.
func (w *world) write(s, upload int) func(worker) {
	return func(out worker) {
		p := w.part(s, upload, 0)
		for attempt := 0; ; attempt++ {
			if attempt > 0 && w.r.IntN(5) < 2 {
				p = w.part(s, upload, attempt)
			}
			cut := attempt < 2 && w.r.IntN(7) == 0
			if w.markFirst && !out.putMark(p.SessionKey) {
				return
			}
			if !out.putPart(p) || cut {
				if !out.yield() {
					return
				}
				continue
			}
			if !w.markFirst && !out.putMark(p.SessionKey) {
				return
			}
			if attempt >= 2 || w.r.IntN(10) < 7 {
				return
			}
		}
	}
}

func (w *world) derive(steps int) func(worker) {
	return func(out worker) {
		d := New(out, 0, w.set)
		for range steps {
			if _, err := d.Step(context.Background(), time.Unix(0, 1<<62)); err != nil || !out.yield() {
				return
			}
		}
	}
}

// want computes the rollups from all parts at once.
func (w *world) want(t *testing.T) map[rollupKey][]byte {
	t.Helper()
	buckets := map[store.Bucket]*rollup.Builder{}
	for k := range w.parts {
		d := New(worker{w.tornStore, func() bool { return true }}, 0, w.set)
		h, ok, err := d.head(context.Background(), k, &Step{})
		require.NoError(t, err)
		require.True(t, ok)
		b := bucketOf(&h)
		if buckets[b] == nil {
			buckets[b] = rollup.NewBuilder()
		}
		require.NoError(t, buckets[b].Add(&h))
	}
	out := map[rollupKey][]byte{}
	for b, sum := range buckets {
		for _, r := range sum.Rollups(b) {
			if len(r.Data) > 0 {
				out[rollupKey{b, r.Family}] = r.Data
			}
		}
	}
	return out
}

func (w *world) got() map[rollupKey][]byte {
	out := map[rollupKey][]byte{}
	for k, r := range w.rollups {
		if len(r.Data) > 0 {
			out[k] = r.Data
		}
	}
	return out
}

// run interleaves writers and workers, kills some, and lets a last worker
// catch up.
func (w *world) run() {
	writers := make([]task, 0, 12)
	var workers []task
	for s := range 3 {
		for u := range 1 + w.r.IntN(4) {
			writers = append(writers, w.start(w.write(s, u)))
		}
	}
	for range 1 + w.r.IntN(3) {
		workers = append(workers, w.start(w.derive(1+w.r.IntN(4))))
	}
	for step := 0; step < 3000 && len(writers)+len(workers) > 0; step++ {
		i := w.r.IntN(len(writers) + len(workers))
		list := &writers
		if i >= len(writers) {
			i, list = i-len(writers), &workers
		}
		_, alive := (*list)[i].next()
		if alive && list == &workers && w.r.IntN(60) == 0 {
			(*list)[i].kill()
			alive = false
		}
		if alive {
			continue
		}
		*list = append((*list)[:i], (*list)[i+1:]...)
		if list == &workers && w.r.IntN(3) > 0 {
			workers = append(workers, w.start(w.derive(1+w.r.IntN(4))))
		}
	}
	for _, t := range writers {
		for alive := true; alive; {
			_, alive = t.next()
		}
	}
	for _, t := range workers {
		t.kill()
	}
	last := worker{w.tornStore, func() bool { return true }}
	w.derive(3)(last)
}

func TestDerivedRowsAreAFunctionOfTheFacts(t *testing.T) {
	runs := uint64(4000)
	if testing.Short() {
		runs = 400
	}
	for seed := range runs {
		w := &world{tornStore: newTornStore(), r: rand.New(rand.NewPCG(seed, 8)), set: settings(t)}
		w.run()
		require.Equal(t, w.want(t), w.got(), "seed %d", seed)
	}
}

// Each rule of the facts and of the order of work is needed: without it some
// interleaving gives wrong numbers, and the property above would see it.
func TestEveryRuleIsNeeded(t *testing.T) {
	for name, breakIt := range map[string]func(*broken){
		"a mark follows its part":           func(b *broken) { b.markFirst = true },
		"a part's key covers its content":   func(b *broken) { b.sameVariant = true },
		"a worker looks at the other hours": func(b *broken) { b.blind = true },
		"derived rows only rise":            func(b *broken) { b.lastWins = true },
	} {
		t.Run(name, func(t *testing.T) {
			wrong := 0
			for seed := range uint64(3000) {
				w := &world{tornStore: newTornStore(), r: rand.New(rand.NewPCG(seed, 8)), set: settings(t)}
				breakIt(&w.broken)
				w.run()
				if !assert.ObjectsAreEqual(w.want(t), w.got()) {
					wrong++
				}
			}
			assert.NotZero(t, wrong)
		})
	}
}

func fill(w worker, sessions, uploads int, r *rand.Rand) {
	world := &world{tornStore: w.tornStore, r: r}
	for s := range sessions {
		for u := range uploads {
			w.putPart(world.part(s, u, 0))
			w.putMark(key(s))
		}
	}
}

func TestASessionWaitsUntilItIsQuiet(t *testing.T) {
	w := worker{newTornStore(), func() bool { return true }}
	fill(w, 1, 1, rand.New(rand.NewPCG(1, 1)))
	set := settings(t)
	set.Quiet = time.Second
	d := New(w, 0, set)
	at := time.Unix(0, w.tornStore.marks[0].At)
	s, err := d.Step(context.Background(), at.Add(900*time.Millisecond))
	require.NoError(t, err)
	assert.Zero(t, s.Heads)
	s, err = d.Step(context.Background(), at.Add(time.Second))
	require.NoError(t, err)
	assert.Equal(t, 1, s.Heads)
	assert.EqualValues(t, 1, w.cursors[Reader(0)].Seq)
}

func TestDocumentsFollowTheCadenceAndTheCursorWaitsForThem(t *testing.T) {
	w := worker{newTornStore(), func() bool { return true }}
	fill(w, 1, 1, rand.New(rand.NewPCG(1, 1)))
	set := settings(t)
	set.Live, set.Today, set.Older = time.Minute, time.Minute, time.Hour
	d := New(w, 0, set)
	now := time.Unix(0, hour0*int64(time.Hour)).AddDate(0, 0, 3)
	_, err := d.Step(context.Background(), now)
	require.NoError(t, err)
	w.putMark(key(0))
	s, err := d.Step(context.Background(), now.Add(30*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, 1, s.Heads)
	assert.Zero(t, s.Documents)
	assert.EqualValues(t, 1, w.cursors[Reader(0)].Seq, "the second mark is not reflected yet")
	s, err = d.Step(context.Background(), now.Add(61*time.Minute))
	require.NoError(t, err)
	assert.Equal(t, 1, s.Documents)
	assert.EqualValues(t, 2, w.cursors[Reader(0)].Seq)
}

func TestHeadsAreAheadOfTheSumsOfOldHours(t *testing.T) {
	w := worker{newTornStore(), func() bool { return true }}
	fill(w, 1, 1, rand.New(rand.NewPCG(1, 1)))
	set := settings(t)
	set.Older = time.Hour
	d := New(w, 0, set)
	now := time.Unix(0, hour0*int64(time.Hour)).AddDate(0, 0, 3)
	_, err := d.Step(context.Background(), now)
	require.NoError(t, err)
	w.putMark(key(0))
	_, err = d.Step(context.Background(), now.Add(time.Minute))
	require.NoError(t, err)
	assert.EqualValues(t, 1, w.cursors[Reader(0)].Seq)
	assert.EqualValues(t, 2, w.cursors[HeadReader(0)].Seq, "emissions need not wait an hour")
}

func TestTooManyPartsAreReadOnce(t *testing.T) {
	w := worker{newTornStore(), func() bool { return true }}
	world := &world{tornStore: w.tornStore, r: rand.New(rand.NewPCG(1, 1))}
	for u := range maxParts + 10 {
		p := world.part(0, 0, 0)
		binary.BigEndian.PutUint32(p.Upload[:], uint32(u))
		w.putPart(p)
	}
	w.putMark(key(0))
	d := New(w, 0, settings(t))
	_, err := d.Step(context.Background(), time.Unix(0, 1<<62))
	require.NoError(t, err)
	require.Len(t, w.heads, 1)
	for _, first := range w.heads {
		var h session.Head
		require.NoError(t, h.Decode(first.Data))
		assert.True(t, h.Truncated)
		assert.EqualValues(t, maxParts+1, first.Rev)
		p := world.part(0, 0, 0)
		p.Upload = store.Digest{}
		w.putPart(p)
		w.putMark(key(0))
		_, err = d.Step(context.Background(), time.Unix(0, 1<<62))
		require.NoError(t, err)
		assert.Equal(t, first, w.heads[headKey{key(0), first.Hour}])
	}
}

func BenchmarkStep(b *testing.B) {
	w := worker{newTornStore(), func() bool { return true }}
	fill(w, 500, 8, rand.New(rand.NewPCG(1, 1)))
	set := settings(b)
	set.Batch = 10_000
	b.ReportAllocs()
	for b.Loop() {
		clear(w.cursors)
		d := New(w, 0, set)
		if _, err := d.Step(context.Background(), time.Unix(0, 1<<62)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*500)/b.Elapsed().Seconds(), "heads/s")
}
