// Package storetest is the suite that every implementation of store.Store
// passes, without exceptions: named cases, each a promise of the contract, and
// seeded random sequences of operations that are compared with a model made of
// plain maps.
package storetest

import (
	"testing"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// namedCase is one promise of the contract, tried on an empty store.
type namedCase struct {
	name string
	run  func(t *testing.T, s store.Store)
}

// Run runs the suite. open returns an empty store that it closes when the test
// ends; the store has a method Close() error, which may be called twice.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	t.Helper()
	for _, group := range [][]namedCase{factCases(), feedCases(), derivedCases(), readerCases(), expiryCases(), mannerCases()} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
		}
	}
	t.Run("random operations give what the model says", func(t *testing.T) {
		seeds := uint64(16)
		if testing.Short() {
			seeds = 4
		}
		for seed := range seeds {
			runRandom(t, open(t), seed)
		}
	})
}
