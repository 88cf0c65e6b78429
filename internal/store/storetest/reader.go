package storetest

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

func readerCases() []namedCase {
	return []namedCase{
		{"crashes are read newest first, up to the limit", newestCrashes},
		{"of a crash the highest variant of each upload is read", highestCrash},
		{"a crash that a later variant put elsewhere is not read where it was", movedCrash},
		{"the weeks of a session are read newest first", sessionWeeks},
		{"a tenant reads nothing of another", tenantsAreIsolated},
	}
}

func newestCrashes(t *testing.T, s store.Store) {
	const n = 700
	fp := fingerprint(1)
	var f store.Facts
	for i := range n {
		key := fact(session(strconv.Itoa(i%7)), i, 1)
		f.Crashes = append(f.Crashes, crash(key, fp, strconv.Itoa(i), int64(i*37%n)))
	}
	apply(t, s, &f)
	for _, limit := range []int{0, 1, 5, n, n + 1} {
		got := collect(t, s.Crashes(t.Context(), tenant, app, fp, limit))
		require.Len(t, got, min(limit, n))
		for i := range got {
			require.EqualValues(t, n-1-i, got[i].Time)
		}
	}
	assert.Empty(t, collect(t, s.Crashes(t.Context(), tenant, app, store.Fingerprint{Version: "f2", Fine: fp.Fine}, 10)))
	same, ids := fingerprint(2), map[string]bool{}
	for i := range f.Crashes {
		f.Crashes[i].Fingerprint, f.Crashes[i].Time = same, 77
	}
	apply(t, s, &f)
	for _, c := range collect(t, s.Crashes(t.Context(), tenant, app, same, n+1)) {
		ids[c.ID] = true
	}
	assert.Len(t, ids, n, "many at the same time")
}

func highestCrash(t *testing.T, s store.Store) {
	fp, key := fingerprint(1), session("s")
	old, current := crash(fact(key, 1, 1), fp, "a", 50), crash(fact(key, 1, 2), fp, "a", 40)
	second := crash(fact(key, 1, 2), fp, "b", 45)
	other := crash(fact(session("other"), 1, 1), fp, "c", 30)
	for _, c := range []store.Crash{current, old, second, other} {
		apply(t, s, &store.Facts{Crashes: []store.Crash{c}})
	}
	assert.Equal(t, []store.Crash{second, current, other}, collect(t, s.Crashes(t.Context(), tenant, app, fp, 10)))
	assert.Equal(t, []store.Crash{second}, collect(t, s.Crashes(t.Context(), tenant, app, fp, 1)), "what is hidden does not count for the limit")
}

func movedCrash(t *testing.T, s store.Store) {
	before, after := fingerprint(1), fingerprint(2)
	key := session("s")
	old, current := crash(fact(key, 1, 1), before, "a", 50), crash(fact(key, 1, 2), after, "a", 50)
	stays := crash(fact(key, 2, 1), before, "b", 40)
	for _, c := range []store.Crash{old, current, stays} {
		f := upload(c.FactKey)
		f.Crashes = []store.Crash{c}
		apply(t, s, f)
	}
	assert.Equal(t, []store.Crash{stays}, collect(t, s.Crashes(t.Context(), tenant, app, before, 10)))
	assert.Equal(t, []store.Crash{current}, collect(t, s.Crashes(t.Context(), tenant, app, after, 10)))
	apply(t, s, upload(fact(key, 2, 9)))
	assert.Empty(t, collect(t, s.Crashes(t.Context(), tenant, app, before, 10)), "the part's higher variant has no such crash")
}

func sessionWeeks(t *testing.T, s store.Store) {
	key := session("s")
	for _, w := range []int32{2910, 2916, 0, 2913} {
		key.Week = w
		apply(t, s, upload(fact(key, 1, 1)), upload(fact(key, 2, 1)))
	}
	for w := range int32(20) { // weeks of other sessions lie between
		other := session("other")
		other.Week = 2900 + w
		apply(t, s, upload(fact(other, 1, 1)))
	}
	weeks := make([]int32, 0, 4)
	for _, k := range collect(t, s.SessionWeeks(t.Context(), tenant, app, "s")) {
		assert.Equal(t, store.SessionKey{Tenant: tenant, App: app, Session: "s", Week: k.Week}, k)
		weeks = append(weeks, k.Week)
	}
	assert.Equal(t, []int32{2916, 2913, 2910, 0}, weeks)
	assert.Empty(t, collect(t, s.SessionWeeks(t.Context(), tenant, app, "unknown")))
}

// tenantsAreIsolated gives two tenants rows under the same names and asks every
// question for a third, and for a second app.
func tenantsAreIsolated(t *testing.T, s store.Store) {
	for _, name := range []string{"acme", "globex"} {
		key := session("s")
		key.Tenant = name
		f := everything(fact(key, 1, 1))
		for i := range f.Groups {
			f.Groups[i].Tenant, f.Groups[i].Title = name, name
		}
		f.Apps[0].Name = name
		apply(t, s, f)
		putHeads(t, s, head(key, hour, 1, name))
		doc, is := rollup(hour, 1, name), issue(1)
		doc.Tenant, is.Tenant, is.Status = name, name, name
		require.NoError(t, s.PutRollups(t.Context(), []store.Rollup{doc}))
		_, created, err := s.OpenIssue(t.Context(), is)
		require.NoError(t, err)
		require.True(t, created, "an issue of another tenant is another issue")
	}
	require.NoError(t, s.Announce(t.Context(), "globex", app, issue(1).ID))
	require.NoError(t, s.Announce(t.Context(), "initech", app, issue(1).ID))
	for _, where := range []struct {
		tenant, app string
		rows        int
	}{{"acme", app, 1}, {"globex", app, 1}, {"initech", app, 0}, {"acme", "bank", 0}, {"", app, 0}} {
		requireOnly(t, s, where.tenant, where.app, where.rows)
	}
	for _, is := range collect(t, s.Issues(t.Context(), "acme", app)) {
		assert.False(t, is.Announced, "announced by another tenant")
	}
}

// requireOnly asks every question of one tenant and app and requires rows rows
// of it, all of that tenant.
func requireOnly(t *testing.T, s store.Store, tenant, app string, rows int) {
	t.Helper()
	ctx := t.Context()
	key := store.SessionKey{Tenant: tenant, App: app, Session: "s", Week: week}
	if app == "shop" {
		list := collect(t, s.Apps(ctx, tenant))
		require.Len(t, list, rows)
		for _, a := range list {
			require.Equal(t, tenant, a.Name)
		}
	}
	require.Len(t, collect(t, s.Parts(ctx, key)), rows)
	require.Len(t, collect(t, s.Chunks(ctx, key)), rows)
	require.Len(t, collect(t, s.SessionWeeks(ctx, tenant, app, "s")), rows)
	require.Len(t, collect(t, s.Crashes(ctx, tenant, app, fingerprint(1), 10)), rows)
	groups := collect(t, s.Groups(ctx, tenant, app))
	require.Len(t, groups, 2*rows)
	for _, g := range groups {
		require.Equal(t, tenant, g.Title)
	}
	heads := collect(t, s.Heads(ctx, store.Bucket{Tenant: tenant, App: app, Hour: hour}))
	docs := collect(t, s.Rollups(ctx, tenant, app, "total", 0, 1<<30))
	issues := collect(t, s.Issues(ctx, tenant, app))
	require.Len(t, collect(t, s.SessionHeads(ctx, key)), rows)
	require.Len(t, heads, rows)
	require.Len(t, docs, rows)
	require.Len(t, issues, rows)
	for i := range heads {
		require.Equal(t, tenant, string(heads[i].Data))
		require.Equal(t, tenant, string(docs[i].Data))
		require.Equal(t, tenant, issues[i].Status)
	}
}
