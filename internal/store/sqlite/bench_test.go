package sqlite

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// upload makes the facts of a typical upload: a packed chunk of 4 KB and a
// part of 600 B of one of many sessions, and what is known of the app.
func upload(n uint64) *store.Facts {
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24), 7})
	random := func(size int) []byte {
		b := make([]byte, size)
		_, _ = r.Read(b) // never fails
		return b
	}
	session := n / 3 // three uploads a session
	key := store.FactKey{SessionKey: store.SessionKey{
		Tenant: "acme", App: "shop", Week: int32(2900 + session/1_000_000),
		Session: fmt.Sprintf("%016x%016x", session*0x9e3779b97f4a7c15, session),
	}}
	binary.BigEndian.PutUint64(key.Upload[:], n*0x9e3779b97f4a7c15)
	copy(key.Variant[4:], random(16))
	return &store.Facts{
		Chunks: []store.Chunk{{FactKey: key, Start: int64(n), Records: 30, Signal: 'l', Payload: random(4096)}},
		Parts:  []store.Part{{FactKey: key, Data: random(600)}},
		Apps:   []store.App{{Tenant: "acme", App: "shop", Platform: "android", Name: "Shop", LastSeen: int64(n)}},
	}
}

func BenchmarkApply(b *testing.B) {
	for _, callers := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := openEmpty(b)
			var next atomic.Uint64
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for n := next.Add(1); n <= uint64(b.N); n = next.Add(1) {
						if err := s.Apply(b.Context(), upload(n)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "uploads/s")
			b.ReportMetric(float64(s.Stats().Calls)/float64(s.Stats().Groups), "calls/group")
		})
	}
}

func bucketOfHeads(b *testing.B, s *Store, n, size int) store.Bucket {
	b.Helper()
	bucket := store.Bucket{Tenant: "acme", App: "shop", Hour: 490_000}
	heads := make([]store.Head, n)
	for i := range heads {
		key := store.SessionKey{Tenant: "acme", App: "shop", Session: fmt.Sprintf("%032x", uint64(i)*0x9e3779b97f4a7c15), Week: 2916}
		heads[i] = store.Head{SessionKey: key, Hour: bucket.Hour, Rev: 1, Data: make([]byte, size)}
	}
	require.NoError(b, s.PutHeads(b.Context(), heads))
	return bucket
}

func BenchmarkHeads(b *testing.B) {
	s := openEmpty(b)
	bucket := bucketOfHeads(b, s, 5000, 1000)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range s.Heads(b.Context(), bucket) {
			require.NoError(b, err)
			n++
		}
		require.Equal(b, 5000, n)
	}
}
