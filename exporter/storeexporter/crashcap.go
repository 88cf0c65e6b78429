package storeexporter

import (
	"sync"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// maxCapKeys bounds how many fingerprints and days are remembered. At the
// limit all are forgotten: the cap is approximate, counts never rest on it.
const maxCapKeys = 100_000

// capKey is what occurrences are capped by.
type capKey struct {
	tenant, app string
	fp          store.Fingerprint
	day         int64
}

// crashCap limits how many occurrences of a fingerprint and day are kept one
// by one. It is safe for concurrent use.
type crashCap struct {
	perDay int
	mu     sync.Mutex
	seen   map[capKey]int
}

func newCrashCap(perDay int) *crashCap {
	return &crashCap{perDay: perDay, seen: map[capKey]int{}}
}

// limit drops the occurrences that are over the cap and returns how many.
func (c *crashCap) limit(f *store.Facts) int64 {
	if len(f.Crashes) == 0 {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen) > maxCapKeys {
		clear(c.seen)
	}
	kept := f.Crashes[:0]
	for _, v := range f.Crashes {
		k := keyOf(&v)
		if c.seen[k] < c.perDay {
			c.seen[k]++
			kept = append(kept, v)
		}
	}
	dropped := int64(len(f.Crashes) - len(kept))
	f.Crashes = kept
	return dropped
}

// release gives back what limit counted of facts that were not stored.
func (c *crashCap) release(f *store.Facts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range f.Crashes {
		if k := keyOf(&v); c.seen[k] > 0 {
			c.seen[k]--
		}
	}
}

func keyOf(v *store.Crash) capKey {
	return capKey{v.Tenant, v.App, v.Fingerprint, v.Time / int64(24*time.Hour)}
}
