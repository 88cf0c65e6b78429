package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

func factCases() []namedCase {
	return []namedCase{
		{"empty facts change nothing", emptyFacts},
		{"facts applied twice leave the same rows", appliedTwice},
		{"facts applied in halves and again leave the same rows", appliedInHalves},
		{"every variant of an upload is a part of its own", variantsAreParts},
		{"of a chunk the highest variant of each upload is read", highestChunk},
		{"keys keep their boundaries and their bytes", awkwardKeys},
		{"what is known of a fingerprint does not depend on the order", groupsMerge},
		{"what is known of an app does not depend on the order", appsMerge},
		{"a session of 10,000 parts is read whole", manyParts},
		{"large values are kept", largeValues},
		{"nothing of the facts is kept", factsAreNotKept},
	}
}

func emptyFacts(t *testing.T, s store.Store) {
	apply(t, s, &store.Facts{})
	assert.Empty(t, newMarks(t, s, position{}, 10))
}

// everything is an upload with rows of every kind.
func everything(key store.FactKey) *store.Facts {
	f := upload(key)
	f.Crashes = []store.Crash{crash(key, fingerprint(1), "a", 10), crash(key, fingerprint(2), "b", 20)}
	f.Groups = []store.Group{group(fingerprint(1), 10, "one", "1.0"), group(fingerprint(2), 20, "two", "1.0")}
	f.Apps = []store.App{{Tenant: key.Tenant, App: key.App, Platform: "android", Name: "Shop", LastSeen: 20}}
	return f
}

// requireEverything checks that the store holds f and nothing else.
func requireEverything(t *testing.T, s store.Store, f *store.Facts) {
	t.Helper()
	key := f.Parts[0].SessionKey
	require.Equal(t, f.Parts, parts(t, s, key))
	require.Equal(t, f.Chunks, chunks(t, s, key))
	for _, c := range f.Crashes {
		require.Equal(t, []store.Crash{c}, collect(t, s.Crashes(t.Context(), key.Tenant, key.App, c.Fingerprint, 10)))
	}
	require.Equal(t, f.Groups, collect(t, s.Groups(t.Context(), key.Tenant, key.App)))
	require.Equal(t, f.Apps, collect(t, s.Apps(t.Context(), key.Tenant)))
}

func appliedTwice(t *testing.T, s store.Store) {
	f := everything(fact(session("s"), 1, 1))
	apply(t, s, f, f)
	requireEverything(t, s, f)
}

func appliedInHalves(t *testing.T, s store.Store) {
	f := everything(fact(session("s"), 1, 1))
	apply(t, s,
		&store.Facts{Chunks: f.Chunks, Crashes: f.Crashes[:1], Groups: f.Groups[1:]},
		&store.Facts{Crashes: f.Crashes[1:], Parts: f.Parts, Groups: f.Groups[:1], Apps: f.Apps},
		f,
	)
	requireEverything(t, s, f)
}

func variantsAreParts(t *testing.T, s store.Store) {
	key := session("s")
	apply(t, s, upload(fact(key, 1, 2)), upload(fact(key, 1, 1)), upload(fact(key, 2, 1)))
	assert.Equal(t, []store.Part{part(fact(key, 1, 1)), part(fact(key, 1, 2)), part(fact(key, 2, 1))}, parts(t, s, key))
}

func highestChunk(t *testing.T, s store.Store) {
	key, other := session("s"), session("other")
	high := 1 << 31 // compared as bytes, not as a signed number
	apply(t, s,
		upload(fact(key, 1, 5)), upload(fact(key, 1, high)), upload(fact(key, 1, 7)),
		upload(fact(key, 2, 1)), upload(fact(other, 2, 9)))
	assert.Equal(t, []store.Chunk{chunk(fact(key, 1, high)), chunk(fact(key, 2, 1))}, chunks(t, s, key))
	assert.Equal(t, []store.Chunk{chunk(fact(other, 2, 9))}, chunks(t, s, other))
}

func awkwardKeys(t *testing.T, s store.Store) {
	long := strings.Repeat("x", 3000)
	keys := make([]store.SessionKey, 0, 64)
	for _, words := range [][3]string{
		{"ab", "c", "d"},
		{"a", "bc", "d"},
		{"a", "b", "cd"},
		{"ab", "cd", ""},
		{"a\x00b", "c", "d"},
		{"a", "\x00b", "c"},
		{"a", "b\x00", "c"},
		{"a", "b", "\x00"},
		{"a", "b", "c\x00"},
		{"a", "b", "c"},
		{"a", "b", "C"},
		{"a", "b", "c "},
		{"a", "b", "\xff\xfe"},
		{"a", "b", "\xff"},
		{"a", "b", "é"},
		{"a", "b", "e\u0301"},
		{"a", "b", "%"},
		{"a", "b", "';--"},
		{"a", "b", "~phone~2026-01-01"},
		{"a", "b", long},
		{"a", "b", long + "y"},
		{long, "b", "c"},
	} {
		for w := range int32(2) {
			keys = append(keys, store.SessionKey{Tenant: words[0], App: words[1], Session: words[2], Week: w})
		}
	}
	for _, k := range keys {
		apply(t, s, upload(fact(k, 1, 1)))
		putHeads(t, s, head(k, hour, 1, fmt.Sprintf("%q", k)))
	}
	for _, k := range keys {
		require.Equal(t, []store.Part{part(fact(k, 1, 1))}, parts(t, s, k))
		require.Equal(t, []store.Chunk{chunk(fact(k, 1, 1))}, chunks(t, s, k))
		require.Equal(t, []store.Head{head(k, hour, 1, fmt.Sprintf("%q", k))}, collect(t, s.SessionHeads(t.Context(), k)))
	}
	counts := marked(newMarks(t, s, position{}, 7))
	require.Len(t, counts, len(keys))
	for _, k := range keys {
		require.Contains(t, counts, k)
	}
}

// groupsMerge applies rows of one fingerprint in random orders, with equal
// times and titles among them.
func groupsMerge(t *testing.T, s store.Store) {
	rows := []store.Group{
		group(fingerprint(0), 50, "beta", "1.5"),
		group(fingerprint(0), 10, "delta", "1.1"),
		group(fingerprint(0), 10, "alpha", "1.2"),
		group(fingerprint(0), 10, "alpha", "1.0"),
		group(fingerprint(0), 90, "aaa", "1.7"),
		group(fingerprint(0), 90, "aab", "1.9"),
		group(fingerprint(0), 60, "zeta", "9.9"),
	}
	rows[6].FirstSeen, rows[6].FirstRelease = 30, "0.1" // a merged row may be merged again
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]store.Group, 0, 40)
	for n := range 40 {
		fp := fingerprint(n)
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for i := range rows {
			rows[i].Fingerprint = fp
			apply(t, s, &store.Facts{Groups: rows[i : i+1]})
		}
		apply(t, s, &store.Facts{Groups: rows[2:5]})
		want := group(fp, 10, "alpha", "1.0")
		want.LastSeen, want.LastRelease = 90, "1.9"
		all = append(all, want)
	}
	other := group(fingerprint(0), 70, "another version", "2.0")
	other.Version = "f0"
	apply(t, s, &store.Facts{Groups: []store.Group{other}})
	assert.Equal(t, append([]store.Group{other}, all...), collect(t, s.Groups(t.Context(), tenant, app)), "ordered by version and fingerprint")
}

func appsMerge(t *testing.T, s store.Store) {
	row := func(app, platform, name string, seen int64) store.App {
		return store.App{Tenant: tenant, App: app, Platform: platform, Name: name, LastSeen: seen}
	}
	apply(t, s,
		&store.Facts{Apps: []store.App{row("shop", "ios", "Shop", 10), row("shop", "android", "Shop 2", 30)}},
		&store.Facts{Apps: []store.App{row("shop", "android", "Shop 1", 20), row("bank", "ios", "B", 5), row("bank", "ios", "A", 5)}},
		&store.Facts{Apps: []store.App{row("shop", "ios", "Shop new", 40), row("shop", "ios", "Shop", 10), row("", "", "", 1)}},
	)
	assert.Equal(t, []store.App{
		row("", "", "", 1), row("bank", "ios", "B", 5), row("shop", "android", "Shop 2", 30), row("shop", "ios", "Shop new", 40),
	}, collect(t, s.Apps(t.Context(), tenant)))
}

func manyParts(t *testing.T, s store.Store) {
	const n = 10_000
	key := session("kiosk")
	var f store.Facts
	for i := range n {
		f.Parts = append(f.Parts, part(fact(key, i, 1)))
		if len(f.Parts) == 500 {
			apply(t, s, &f)
			f.Parts = f.Parts[:0]
		}
	}
	got := parts(t, s, key)
	require.Len(t, got, n)
	for i := range got {
		require.Equal(t, part(fact(key, i, 1)), got[i])
	}
}

func largeValues(t *testing.T, s store.Store) {
	key := session("s")
	var f store.Facts
	for i := range 6 {
		c := chunk(fact(key, i, 1))
		c.Payload = []byte(strings.Repeat(string(rune('a'+i)), 512<<10))
		f.Chunks = append(f.Chunks, c)
	}
	apply(t, s, &f)
	assert.Equal(t, f.Chunks, chunks(t, s, key))
}

func factsAreNotKept(t *testing.T, s store.Store) {
	key := fact(session("s"), 1, 1)
	f := upload(key)
	apply(t, s, f)
	clear(f.Parts[0].Data)
	clear(f.Chunks[0].Payload)
	got := parts(t, s, key.SessionKey)
	assert.Equal(t, []store.Part{part(key)}, got)
	clear(got[0].Data) // a reader owns what it got
	assert.Equal(t, []store.Part{part(key)}, parts(t, s, key.SessionKey))
	assert.Equal(t, []store.Chunk{chunk(key)}, chunks(t, s, key.SessionKey))
}
