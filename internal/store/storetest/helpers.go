package storetest

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// shards bounds the shards that a store may put marks into.
const shards = 64

const (
	tenant = "acme"
	app    = "shop"
	week   = 2916
	hour   = 490_000
)

func session(id string) store.SessionKey {
	return store.SessionKey{Tenant: tenant, App: app, Session: id, Week: week}
}

// fact names what an upload said of a session. Variants compare as their
// number.
func fact(key store.SessionKey, upload, variant int) store.FactKey {
	f := store.FactKey{SessionKey: key}
	binary.BigEndian.PutUint64(f.Upload[:], uint64(upload))
	binary.BigEndian.PutUint32(f.Variant[:], uint32(variant))
	return f
}

// content is what a key covers: equal keys have equal content.
func content(kind string, key store.FactKey) []byte {
	return fmt.Appendf(nil, "%s %q %x %x", kind, key.SessionKey, key.Upload, key.Variant)
}

func part(key store.FactKey) store.Part { return store.Part{FactKey: key, Data: content("part", key)} }

func chunk(key store.FactKey) store.Chunk {
	return store.Chunk{FactKey: key, Start: int64(key.Upload[7]) * 1000, Records: 3, Signal: 'l', Payload: content("chunk", key)}
}

func fingerprint(n int) store.Fingerprint {
	return store.Fingerprint{Version: "f1", Fine: store.Digest{byte(n), 0xfe}}
}

func crash(key store.FactKey, fp store.Fingerprint, id string, at int64) store.Crash {
	return store.Crash{
		FactKey: key, Fingerprint: fp, ID: id, Time: at,
		Release: "1.0", OS: "14", Device: "phone", Class: "high", Body: content("crash "+id, key),
	}
}

func group(fp store.Fingerprint, seen int64, title, release string) store.Group {
	return store.Group{
		Tenant: tenant, App: app, Fingerprint: fp, Coarse: store.Digest{9}, Kind: "crash", Fatal: true, Quality: 2,
		Title: title, Culprit: "at " + title, FirstSeen: seen, LastSeen: seen, FirstRelease: release, LastRelease: release,
	}
}

// upload is a part with its chunk.
func upload(key store.FactKey) *store.Facts {
	return &store.Facts{Parts: []store.Part{part(key)}, Chunks: []store.Chunk{chunk(key)}}
}

func head(key store.SessionKey, hour int32, rev int64, data string) store.Head {
	h := store.Head{SessionKey: key, Hour: hour, Rev: rev}
	if data != "" {
		h.Data = []byte(data)
	}
	return h
}

func bucket(hour int32) store.Bucket { return store.Bucket{Tenant: tenant, App: app, Hour: hour} }

func rollup(hour int32, rev int64, data string) store.Rollup {
	return store.Rollup{Bucket: bucket(hour), Family: "total", Rev: rev, Data: []byte(data)}
}

func apply(t *testing.T, s store.Store, facts ...*store.Facts) {
	t.Helper()
	for _, f := range facts {
		require.NoError(t, s.Apply(t.Context(), f))
	}
}

func putHeads(t *testing.T, s store.Store, heads ...store.Head) {
	t.Helper()
	require.NoError(t, s.PutHeads(t.Context(), heads))
}

// collect reads a sequence that must not fail.
func collect[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		require.NoError(t, err)
		all = append(all, v)
	}
	return all
}

// firstError returns the error that a sequence yields, nil if it has none. An
// error must be the last that it yields.
func firstError[T any](t *testing.T, seq iter.Seq2[T, error]) error {
	t.Helper()
	var found error
	for _, err := range seq {
		require.NoError(t, found, "the sequence goes on after its error")
		found = err
	}
	return found
}

func parts(t *testing.T, s store.Store, key store.SessionKey) []store.Part {
	t.Helper()
	all := collect(t, s.Parts(t.Context(), key))
	slices.SortFunc(all, func(a, b store.Part) int { return compareFacts(&a.FactKey, &b.FactKey) })
	return all
}

func chunks(t *testing.T, s store.Store, key store.SessionKey) []store.Chunk {
	t.Helper()
	all := collect(t, s.Chunks(t.Context(), key))
	slices.SortFunc(all, func(a, b store.Chunk) int { return compareFacts(&a.FactKey, &b.FactKey) })
	return all
}

func compareFacts(a, b *store.FactKey) int {
	return cmp.Or(compareSessions(&a.SessionKey, &b.SessionKey), bytes.Compare(a.Upload[:], b.Upload[:]), bytes.Compare(a.Variant[:], b.Variant[:]))
}

func compareSessions(a, b *store.SessionKey) int {
	return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.App, b.App), cmp.Compare(a.Session, b.Session), cmp.Compare(a.Week, b.Week))
}

// position is how far a reader of all shards has come.
type position map[int16]int64

// newMarks reads the marks after p in pages of limit and moves p behind them.
func newMarks(t *testing.T, s store.Store, p position, limit int) []store.Mark {
	t.Helper()
	var all []store.Mark
	for shard := range int16(shards) {
		for {
			page := collect(t, s.Marks(t.Context(), shard, p[shard], limit))
			require.LessOrEqual(t, len(page), limit)
			for _, m := range page {
				require.Greater(t, m.Seq, p[shard], "seq rises in a shard")
				p[shard] = m.Seq
			}
			all = append(all, page...)
			if len(page) < limit {
				break
			}
		}
	}
	return all
}

// marked returns how many marks each session has.
func marked(marks []store.Mark) map[store.SessionKey]int {
	count := map[store.SessionKey]int{}
	for _, m := range marks {
		count[m.SessionKey]++
	}
	return count
}

// storeTime returns what the store's clock said last; the store must have a
// mark.
func storeTime(t *testing.T, s store.Store) time.Time {
	t.Helper()
	var at int64
	for _, m := range newMarks(t, s, position{}, 1000) {
		at = max(at, m.At)
	}
	require.NotZero(t, at)
	return time.Unix(0, at)
}
