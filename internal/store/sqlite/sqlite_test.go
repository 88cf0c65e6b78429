package sqlite

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store/storetest"
)

// clock returns a clock that shows a millisecond more each time.
func clock() func() time.Time {
	var n atomic.Int64
	return func() time.Time { return time.UnixMilli(1_780_000_000_000 + n.Add(1)) }
}

func openEmpty(tb testing.TB) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), Settings{Path: filepath.Join(tb.TempDir(), "test.db"), Now: clock()})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return openEmpty(t) })
}

func TestSizeIsThatOfFileAndLog(t *testing.T) {
	s := openEmpty(t)
	before, err := s.Size()
	require.NoError(t, err)
	for n := range uint64(100) {
		require.NoError(t, s.Apply(t.Context(), numbered(n)))
	}
	after, err := s.Size()
	require.NoError(t, err)
	require.Greater(t, after, before+100*3000)
}
