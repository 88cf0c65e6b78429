package storetest

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

type crashKey struct {
	store.FactKey
	store.Fingerprint
	id string
	at int64
}

type groupKey struct {
	tenant, app string
	store.Fingerprint
}

type appKey struct{ tenant, app, platform string }

type headKey struct {
	store.SessionKey
	hour  int32
	shard int16
}

type rollupKey struct {
	store.Bucket
	family string
}

type cursorKey struct {
	reader string
	shard  int16
}

type issueKey struct {
	tenant, app string
	id          store.Digest
}

// model is what a store is, as plain maps.
type model struct {
	chunks  map[store.FactKey]store.Chunk
	parts   map[store.FactKey]store.Part
	crashes map[crashKey]store.Crash
	groups  map[groupKey]store.Group
	apps    map[appKey]store.App
	marks   map[store.SessionKey]int // at least so many
	heads   map[headKey]store.Head
	rollups map[rollupKey]store.Rollup
	cursors map[cursorKey]store.Cursor
	issues  map[issueKey]store.Issue
}

func newModel() *model {
	return &model{
		chunks: map[store.FactKey]store.Chunk{}, parts: map[store.FactKey]store.Part{}, crashes: map[crashKey]store.Crash{},
		groups: map[groupKey]store.Group{}, apps: map[appKey]store.App{}, marks: map[store.SessionKey]int{},
		heads: map[headKey]store.Head{}, rollups: map[rollupKey]store.Rollup{}, cursors: map[cursorKey]store.Cursor{},
		issues: map[issueKey]store.Issue{},
	}
}

func (m *model) apply(f *store.Facts) {
	for _, c := range f.Chunks {
		m.chunks[c.FactKey] = c
	}
	touched := map[store.SessionKey]bool{}
	for _, p := range f.Parts {
		m.parts[p.FactKey] = p
		touched[p.SessionKey] = true
	}
	for key := range touched {
		m.marks[key]++
	}
	for _, c := range f.Crashes {
		m.crashes[crashKey{c.FactKey, c.Fingerprint, c.ID, c.Time}] = c
	}
	for _, g := range f.Groups {
		key := groupKey{g.Tenant, g.App, g.Fingerprint}
		if old, is := m.groups[key]; is {
			g = mergeGroups(old, g)
		}
		m.groups[key] = g
	}
	for _, a := range f.Apps {
		key := appKey{a.Tenant, a.App, a.Platform}
		if old, is := m.apps[key]; !is || cmp.Or(cmp.Compare(a.LastSeen, old.LastSeen), strings.Compare(a.Name, old.Name)) > 0 {
			m.apps[key] = a
		}
	}
}

func mergeGroups(a, b store.Group) store.Group {
	texts := func(a, b *store.Group) int {
		return cmp.Or(cmp.Compare(a.FirstSeen, b.FirstSeen), strings.Compare(a.Title, b.Title), strings.Compare(a.Culprit, b.Culprit))
	}
	if texts(&b, &a) < 0 {
		a, b = b, a
	}
	if cmp.Or(cmp.Compare(b.FirstSeen, a.FirstSeen), strings.Compare(b.FirstRelease, a.FirstRelease)) < 0 {
		a.FirstSeen, a.FirstRelease = b.FirstSeen, b.FirstRelease
	}
	if cmp.Or(cmp.Compare(b.LastSeen, a.LastSeen), strings.Compare(b.LastRelease, a.LastRelease)) > 0 {
		a.LastSeen, a.LastRelease = b.LastSeen, b.LastRelease
	}
	return a
}

func above(rev, oldRev int64, data, old []byte) bool {
	return rev > oldRev || rev == oldRev && bytes.Compare(data, old) > 0
}

func (m *model) putHeads(heads []store.Head) {
	for _, h := range heads {
		key := headKey{h.SessionKey, h.Hour, h.Shard}
		if old, is := m.heads[key]; !is || above(h.Rev, old.Rev, h.Data, old.Data) {
			m.heads[key] = h
		}
	}
}

func (m *model) putRollups(docs []store.Rollup) {
	for _, d := range docs {
		key := rollupKey{d.Bucket, d.Family}
		if old, is := m.rollups[key]; !is || above(d.Rev, old.Rev, d.Data, old.Data) {
			m.rollups[key] = d
		}
	}
}

func (m *model) moveCursor(reader string, shard int16, c store.Cursor) {
	key := cursorKey{reader, shard}
	if old := m.cursors[key]; c.Seq > old.Seq || c.Seq == old.Seq && c.Until > old.Until {
		m.cursors[key] = c
	}
}

func (m *model) openIssue(is store.Issue) (stored store.Issue, created bool) {
	key := issueKey{is.Tenant, is.App, is.ID}
	if old, known := m.issues[key]; known {
		return old, false
	}
	m.issues[key] = is
	return is, true
}

func (m *model) announce(tenant, app string, id store.Digest) {
	key := issueKey{tenant, app, id}
	if is, known := m.issues[key]; known {
		is.Announced = true
		m.issues[key] = is
	}
}

// expireAll forgets all rows of the kinds that have a retention.
func (m *model) expireAll(keep store.Retention) {
	if keep.Chunks > 0 {
		clear(m.chunks)
	}
	if keep.Crashes > 0 {
		clear(m.crashes)
	}
	if keep.Parts > 0 {
		clear(m.parts)
		clear(m.heads)
	}
}

// sorted returns the values that are kept, in order.
func sorted[K comparable, V any](rows map[K]V, keep func(K) bool, order func(a, b *V) int) []V {
	var out []V
	for k, v := range rows {
		if keep(k) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b V) int { return order(&a, &b) })
	return out
}

func (m *model) partsOf(key store.SessionKey) []store.Part {
	return sorted(m.parts, func(k store.FactKey) bool { return k.SessionKey == key }, func(a, b *store.Part) int { return compareFacts(&a.FactKey, &b.FactKey) })
}

func (m *model) chunksOf(key store.SessionKey) []store.Chunk {
	return sorted(m.chunks, func(k store.FactKey) bool {
		for other := range m.chunks {
			if outranks(&other, &k) {
				return false
			}
		}
		return k.SessionKey == key
	}, func(a, b *store.Chunk) int { return compareFacts(&a.FactKey, &b.FactKey) })
}

// outranks says whether a is a higher variant of b's upload and session.
func outranks(a, b *store.FactKey) bool {
	return a.SessionKey == b.SessionKey && a.Upload == b.Upload && bytes.Compare(a.Variant[:], b.Variant[:]) > 0
}

func (m *model) crashesOf(tenant, app string, fp store.Fingerprint) []store.Crash {
	return sorted(m.crashes, func(k crashKey) bool {
		if k.Tenant != tenant || k.App != app || k.Fingerprint != fp {
			return false
		}
		for other := range m.parts {
			if outranks(&other, &k.FactKey) {
				return false
			}
		}
		for other := range m.crashes {
			if outranks(&other.FactKey, &k.FactKey) {
				return false
			}
		}
		return true
	}, compareCrashes)
}

// compareCrashes orders newest first. Stores may order equal times as they
// like; here they have one order.
func compareCrashes(a, b *store.Crash) int {
	return cmp.Or(cmp.Compare(b.Time, a.Time), compareFacts(&a.FactKey, &b.FactKey), strings.Compare(a.ID, b.ID))
}

func (m *model) groupsOf(tenant, app string) []store.Group {
	return sorted(m.groups, func(k groupKey) bool { return k.tenant == tenant && k.app == app }, func(a, b *store.Group) int {
		return cmp.Or(strings.Compare(a.Version, b.Version), bytes.Compare(a.Fine[:], b.Fine[:]))
	})
}

func (m *model) appsOf(tenant string) []store.App {
	return sorted(m.apps, func(k appKey) bool { return k.tenant == tenant }, func(a, b *store.App) int {
		return cmp.Or(strings.Compare(a.App, b.App), strings.Compare(a.Platform, b.Platform))
	})
}

func (m *model) headsOf(keep func(headKey) bool) []store.Head {
	return sorted(m.heads, keep, func(a, b *store.Head) int {
		return cmp.Or(compareSessions(&a.SessionKey, &b.SessionKey), cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Shard, b.Shard))
	})
}

func (m *model) rollupsOf(tenant, app, family string, from, to int32) []store.Rollup {
	return sorted(m.rollups, func(k rollupKey) bool {
		return k.Tenant == tenant && k.App == app && k.family == family && k.Hour >= from && k.Hour < to
	}, func(a, b *store.Rollup) int {
		return cmp.Or(cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Shard, b.Shard))
	})
}

func (m *model) issuesOf(tenant, app string) []store.Issue {
	return sorted(m.issues, func(k issueKey) bool { return k.tenant == tenant && k.app == app }, func(a, b *store.Issue) int {
		return bytes.Compare(a.ID[:], b.ID[:])
	})
}

func (m *model) weeksOf(tenant, app, session string) []store.SessionKey {
	weeks := map[store.SessionKey]store.SessionKey{}
	for k := range m.parts {
		weeks[k.SessionKey] = k.SessionKey
	}
	return sorted(weeks, func(k store.SessionKey) bool { return k.Tenant == tenant && k.App == app && k.Session == session },
		func(a, b *store.SessionKey) int { return cmp.Compare(b.Week, a.Week) })
}
