package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// run is one random sequence: the store, what it should be, and the numbers
// that decide. Names are few, so that rows meet, and joined without a
// separator some are equal.
type run struct {
	t *testing.T
	s store.Store
	m *model
	r *rand.Rand
}

func tenantNames() []string  { return []string{"acme", "acm"} }
func appNames() []string     { return []string{"shop", "eshop"} }
func sessionNames() []string { return []string{"s", "s\x00", "\xff\xfe", strings.Repeat("long", 200)} }
func families() []string     { return []string{"total", "release"} }
func readers() []string      { return []string{"derive/0", "emit/sessions"} }

func runRandom(t *testing.T, s store.Store, seed uint64) {
	t.Helper()
	r := &run{t, s, newModel(), rand.New(rand.NewPCG(seed, 42))}
	const steps, checks = 120, 3
	for step := range steps {
		r.step()
		if (step+1)%(steps/checks) == 0 {
			r.check(fmt.Sprintf("seed %d, step %d", seed, step))
		}
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (r *run) step() {
	switch n := r.r.IntN(40); {
	case n < 20:
		r.apply()
	case n < 27:
		heads := several(r.r, r.head)
		require.NoError(r.t, r.s.PutHeads(r.t.Context(), heads))
		r.m.putHeads(heads)
	case n < 32:
		docs := several(r.r, r.rollup)
		require.NoError(r.t, r.s.PutRollups(r.t.Context(), docs))
		r.m.putRollups(docs)
	case n < 35:
		reader, shard := pick(r.r, readers()), int16(r.r.IntN(2))
		c := store.Cursor{Seq: r.r.Int64N(5), Until: r.r.Int64N(5)}
		require.NoError(r.t, r.s.MoveCursor(r.t.Context(), reader, shard, c))
		r.m.moveCursor(reader, shard, c)
	case n < 39:
		r.issue()
	default:
		r.expire()
	}
}

// several returns up to four values.
func several[T any](r *rand.Rand, next func() T) []T {
	out := make([]T, 0, 4)
	for range r.IntN(5) {
		out = append(out, next())
	}
	return out
}

func (r *run) session() store.SessionKey {
	return store.SessionKey{
		Tenant: pick(r.r, tenantNames()), App: pick(r.r, appNames()),
		Session: pick(r.r, sessionNames()), Week: week + r.r.Int32N(2),
	}
}

func (r *run) fact() store.FactKey {
	f := fact(r.session(), r.r.IntN(4), 0)
	f.Variant[0] = pick(r.r, []byte{0, 1, 0x7f, 0x80, 0xff})
	return f
}

func (r *run) facts() *store.Facts {
	return &store.Facts{
		Chunks: several(r.r, func() store.Chunk { return chunk(r.fact()) }),
		Parts:  several(r.r, func() store.Part { return part(r.fact()) }),
		Crashes: several(r.r, func() store.Crash {
			return crash(r.fact(), fingerprint(r.r.IntN(3)), strconv.Itoa(r.r.IntN(2)), r.r.Int64N(20))
		}),
		Groups: several(r.r, func() store.Group {
			g := group(fingerprint(r.r.IntN(3)), r.r.Int64N(6), fmt.Sprint("title ", r.r.IntN(3)), strconv.Itoa(r.r.IntN(3)))
			g.Tenant, g.App = pick(r.r, tenantNames()), pick(r.r, appNames())
			return g
		}),
		Apps: several(r.r, func() store.App {
			return store.App{
				Tenant: pick(r.r, tenantNames()), App: pick(r.r, appNames()), Platform: pick(r.r, []string{"", "ios"}),
				Name: strconv.Itoa(r.r.IntN(3)), LastSeen: r.r.Int64N(6),
			}
		}),
	}
}

// apply applies facts once, twice, or in halves of which one is repeated.
func (r *run) apply() {
	f := r.facts()
	calls := []*store.Facts{f}
	switch r.r.IntN(4) {
	case 0:
		calls = append(calls, f)
	case 1:
		a := &store.Facts{Chunks: f.Chunks, Groups: f.Groups}
		b := &store.Facts{Parts: f.Parts, Crashes: f.Crashes, Apps: f.Apps}
		calls = []*store.Facts{a, b, pick(r.r, []*store.Facts{a, b, f})}
	}
	for _, c := range calls {
		require.NoError(r.t, r.s.Apply(r.t.Context(), c))
		r.m.apply(c)
	}
}

func (r *run) head() store.Head {
	h := head(r.session(), hour+r.r.Int32N(2), r.r.Int64N(4), pick(r.r, []string{"", "a", "b", "\xff"}))
	h.Shard = int16(r.r.IntN(2))
	return h
}

func (r *run) rollup() store.Rollup {
	d := rollup(hour+r.r.Int32N(3), r.r.Int64N(4), pick(r.r, []string{"a", "b", "\xff"}))
	d.Tenant, d.App, d.Family = pick(r.r, tenantNames()), pick(r.r, appNames()), pick(r.r, families())
	d.Shard = int16(r.r.IntN(2))
	return d
}

func (r *run) issue() {
	is := issue(r.r.IntN(3))
	is.Tenant, is.App, is.Opened = pick(r.r, tenantNames()), pick(r.r, appNames()), r.r.Int64N(100)
	if r.r.IntN(3) == 0 {
		require.NoError(r.t, r.s.Announce(r.t.Context(), is.Tenant, is.App, is.ID))
		r.m.announce(is.Tenant, is.App, is.ID)
		return
	}
	stored, created, err := r.s.OpenIssue(r.t.Context(), is)
	require.NoError(r.t, err)
	wantStored, wantCreated := r.m.openIssue(is)
	require.Equal(r.t, wantCreated, created)
	require.Equal(r.t, wantStored, stored)
}

// expire lets all rows of some kinds be too old.
func (r *run) expire() {
	if len(r.m.marks) == 0 {
		return
	}
	maybe := func() time.Duration { return time.Duration(r.r.IntN(2)) * time.Minute }
	keep := store.Retention{Chunks: maybe(), Crashes: maybe(), Parts: maybe()}
	expire(r.t, r.s, storeTime(r.t, r.s).Add(time.Hour), keep, 1_000_000)
	r.m.expireAll(keep)
}

// check compares all that can be read with the model.
func (r *run) check(when string) {
	r.t.Helper()
	counts := marked(newMarks(r.t, r.s, position{}, 17))
	require.Len(r.t, counts, len(r.m.marks), when)
	for key, n := range r.m.marks {
		require.GreaterOrEqual(r.t, counts[key], n, when)
	}
	for _, reader := range readers() {
		for shard := range int16(2) {
			c, err := r.s.Cursor(r.t.Context(), reader, shard)
			require.NoError(r.t, err)
			require.Equal(r.t, r.m.cursors[cursorKey{reader, shard}], c, when)
		}
	}
	var known []string
	for _, tenant := range slices.Sorted(slices.Values(tenantNames())) {
		if len(r.m.appsOf(tenant)) > 0 {
			known = append(known, tenant)
		}
	}
	require.Equal(r.t, known, collect(r.t, r.s.Tenants(r.t.Context())), when)
	for _, tenant := range tenantNames() {
		require.Equal(r.t, r.m.appsOf(tenant), collect(r.t, r.s.Apps(r.t.Context(), tenant)), when)
		for _, app := range appNames() {
			r.checkApp(tenant, app, when)
		}
	}
}

func (r *run) checkApp(tenant, app, when string) {
	r.t.Helper()
	ctx := r.t.Context()
	require.Equal(r.t, r.m.groupsOf(tenant, app), collect(r.t, r.s.Groups(ctx, tenant, app)), when)
	require.Equal(r.t, r.m.issuesOf(tenant, app), collect(r.t, r.s.Issues(ctx, tenant, app)), when)
	for n := range 3 {
		got := collect(r.t, r.s.Crashes(ctx, tenant, app, fingerprint(n), 1000))
		require.True(r.t, slices.IsSortedFunc(got, func(a, b store.Crash) int { return int(b.Time - a.Time) }), "newest first")
		slices.SortFunc(got, func(a, b store.Crash) int { return compareCrashes(&a, &b) })
		require.Equal(r.t, r.m.crashesOf(tenant, app, fingerprint(n)), got, when)
	}
	for _, family := range families() {
		require.Equal(r.t, r.m.rollupsOf(tenant, app, family, hour, hour+2), collect(r.t, r.s.Rollups(ctx, tenant, app, family, hour, hour+2)), when)
	}
	for h := range int32(2) {
		for shard := range int16(2) {
			b := store.Bucket{Tenant: tenant, App: app, Hour: hour + h, Shard: shard}
			want := r.m.headsOf(func(k headKey) bool {
				return store.Bucket{Tenant: k.Tenant, App: k.App, Hour: k.hour, Shard: k.shard} == b
			})
			require.Equal(r.t, want, collect(r.t, r.s.Heads(ctx, b)), when)
		}
	}
	for _, name := range sessionNames() {
		require.Equal(r.t, r.m.weeksOf(tenant, app, name), collect(r.t, r.s.SessionWeeks(ctx, tenant, app, name)), when)
		for w := range int32(2) {
			r.checkSession(store.SessionKey{Tenant: tenant, App: app, Session: name, Week: week + w}, when)
		}
	}
}

func (r *run) checkSession(key store.SessionKey, when string) {
	r.t.Helper()
	require.Equal(r.t, r.m.partsOf(key), parts(r.t, r.s, key), when)
	require.Equal(r.t, r.m.chunksOf(key), chunks(r.t, r.s, key), when)
	heads := collect(r.t, r.s.SessionHeads(r.t.Context(), key))
	require.ElementsMatch(r.t, r.m.headsOf(func(k headKey) bool { return k.SessionKey == key }), heads, when)
}
