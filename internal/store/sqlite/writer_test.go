package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

func openWith(t *testing.T, set Settings) *Store {
	t.Helper()
	set.Path, set.Now = filepath.Join(t.TempDir(), "test.db"), clock()
	s, err := Open(t.Context(), set)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// hold keeps the writer busy until release is called.
func hold(t *testing.T, s *Store) (release func()) {
	t.Helper()
	begun, free := make(chan struct{}), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		assert.NoError(t, s.write.submit(t.Context(), 1, func(context.Context, *writer) error {
			close(begun)
			<-free
			return nil
		}))
	})
	<-begun
	return func() {
		close(free)
		done.Wait()
	}
}

// enqueue starts calls and waits until all of them are in the queue.
func enqueue(t *testing.T, s *Store, calls ...func()) *sync.WaitGroup {
	t.Helper()
	var wg sync.WaitGroup
	before := s.Stats().Waiting
	for _, c := range calls {
		wg.Go(c)
	}
	require.Eventually(t, func() bool { return s.Stats().Waiting == before+len(calls) }, 10*time.Second, time.Millisecond)
	return &wg
}

func parts(t *testing.T, s *Store, n uint64) int {
	t.Helper()
	count := 0
	for _, err := range s.Parts(t.Context(), numbered(n).Parts[0].SessionKey) {
		require.NoError(t, err)
		count++
	}
	return count
}

func TestCallsThatWaitAreCommittedTogether(t *testing.T) {
	s := openWith(t, Settings{})
	release := hold(t, s)
	calls := make([]func(), 0, 50)
	for n := range uint64(50) {
		calls = append(calls, func() { assert.NoError(t, s.Apply(t.Context(), numbered(n))) })
	}
	wg := enqueue(t, s, calls...)
	before := s.Stats()
	release()
	wg.Wait()
	after := s.Stats()
	assert.EqualValues(t, 51, after.Calls-before.Calls)
	assert.EqualValues(t, 2, after.Groups-before.Groups, "the one that held, and all others")
	assert.Zero(t, after.Failed)
	assert.Zero(t, after.Waiting)
}

func TestAGroupIsClosedByItsRows(t *testing.T) {
	s := openWith(t, Settings{GroupRows: 8})
	release := hold(t, s)
	calls := make([]func(), 0, 4)
	for n := range uint64(4) {
		calls = append(calls, func() { assert.NoError(t, s.Apply(t.Context(), numbered(n))) })
	}
	wg := enqueue(t, s, calls...)
	release()
	wg.Wait()
	assert.EqualValues(t, 3, s.Stats().Groups, "four rows a call: two calls a group")
}

// A value over the limit of the engine is the only fault of a request; here the
// limit is lowered.
func TestARequestAtFaultFailsAlone(t *testing.T) {
	s := openWith(t, Settings{})
	_, err := driver.Limit(s.write.conn, codes.SQLITE_LIMIT_LENGTH, 100_000)
	require.NoError(t, err)
	release := hold(t, s)
	calls := make([]func(), 0, 20)
	var failed error
	for n := range uint64(20) {
		calls = append(calls, func() {
			f := numbered(n)
			if n != 7 {
				assert.NoError(t, s.Apply(t.Context(), f))
				return
			}
			f.Parts[0].Data = make([]byte, 200_000)
			failed = s.Apply(t.Context(), f)
		})
	}
	wg := enqueue(t, s, calls...)
	release()
	wg.Wait()
	require.Error(t, failed)
	require.NotErrorIs(t, failed, store.ErrUnavailable, "no retry can help")
	for n := range uint64(20) {
		if n != 7 {
			require.Equal(t, 1, parts(t, s, n))
		}
	}
	for _, err := range s.Chunks(t.Context(), numbered(7).Parts[0].SessionKey) {
		require.NoError(t, err)
		assert.Fail(t, "the other rows of the failed request are not written either")
	}
	assert.EqualValues(t, 1, s.Stats().Failed)
}

func TestAFullDiskIsTemporary(t *testing.T) {
	s := openWith(t, Settings{})
	limit := func(pages int) {
		require.NoError(t, s.write.submit(t.Context(), 1, func(ctx context.Context, w *writer) error {
			var got int
			return w.conn.QueryRowContext(ctx, fmt.Sprintf("PRAGMA max_page_count(%d)", pages)).Scan(&got)
		}))
	}
	limit(60)
	var err error
	n := uint64(0)
	for ; err == nil && n < 1000; n++ {
		err = s.Apply(t.Context(), numbered(n))
	}
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.Zero(t, parts(t, s, n-1), "all or nothing")
	require.Equal(t, 1, parts(t, s, 0))
	limit(1 << 30)
	require.NoError(t, s.Apply(t.Context(), numbered(n-1)), "it works again when there is space")
	require.Equal(t, 1, parts(t, s, n-1))
}

func TestACallThatIsGivenUpWritesNothing(t *testing.T) {
	s := openWith(t, Settings{Queue: 1})
	release := hold(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	wg := enqueue(t, s, func() { assert.ErrorIs(t, s.Apply(ctx, numbered(1)), context.Canceled) })
	var full sync.WaitGroup
	full.Go(func() { assert.ErrorIs(t, s.Apply(ctx, numbered(2)), context.Canceled) })
	cancel()
	wg.Wait()
	full.Wait()
	release()
	require.NoError(t, s.Apply(t.Context(), numbered(3)))
	assert.Zero(t, parts(t, s, 1))
	assert.Zero(t, parts(t, s, 2))
	assert.Equal(t, 1, parts(t, s, 3))
}

func TestACallThatHasBegunIsFinished(t *testing.T) {
	s := openWith(t, Settings{})
	ctx, cancel := context.WithCancel(t.Context())
	written := false
	require.NoError(t, s.write.submit(ctx, 1, func(context.Context, *writer) error {
		cancel()
		<-time.NewTimer(20 * time.Millisecond).C // the caller sees its context end
		written = true
		return nil
	}))
	assert.True(t, written, "its caller waited for the result")
}

func TestCloseFinishesWhatWaits(t *testing.T) {
	s := openWith(t, Settings{})
	release := hold(t, s)
	calls := make([]func(), 0, 10)
	for n := range uint64(10) {
		calls = append(calls, func() { assert.NoError(t, s.Apply(t.Context(), numbered(n))) })
	}
	wg := enqueue(t, s, calls...)
	var closing sync.WaitGroup
	closing.Go(func() { assert.NoError(t, s.Close()) })
	<-s.write.closing
	require.ErrorIs(t, s.Apply(t.Context(), numbered(11)), store.ErrClosed)
	release()
	wg.Wait()
	closing.Wait()
}

// fakeWriter is a writer whose groups are counted instead of written.
func fakeWriter(wait time.Duration) *writer {
	return &writer{
		set: Settings{GroupRows: 1000, GroupWait: wait}, queue: make(chan *call, 100),
		closing: make(chan struct{}), stopped: make(chan struct{}), timer: time.NewTimer(time.Hour),
	}
}

func TestAGroupWaitsForAsManyCallsAsBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := fakeWriter(5 * time.Millisecond)
		now := time.Now //nolint:forbidigo // the clock of synctest is the test's own
		begin := now()
		w.collect(&call{rows: 1})
		assert.Zero(t, now().Sub(begin), "a caller on its own does not wait")
		for range 3 {
			w.queue <- &call{rows: 1}
		}
		w.collect(<-w.queue)
		assert.Zero(t, now().Sub(begin), "nor do those that came meanwhile")
		assert.Len(t, w.group, 3)
		go func() {
			<-time.NewTimer(2 * time.Millisecond).C
			w.queue <- &call{rows: 1}
			w.queue <- &call{rows: 1}
		}()
		w.collect(&call{rows: 1})
		assert.Equal(t, 2*time.Millisecond, now().Sub(begin), "it waits for the others to come back")
		assert.Len(t, w.group, 3)
		w.collect(&call{rows: 1})
		assert.Equal(t, 7*time.Millisecond, now().Sub(begin), "but not for ever")
		assert.Len(t, w.group, 1)
		w.collect(&call{rows: 1})
		assert.Equal(t, 7*time.Millisecond, now().Sub(begin), "and not again")
	})
}

func TestErrorsSayWhetherToTryAgain(t *testing.T) {
	s := openWith(t, Settings{})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		err, want error
	}{
		"unknown trouble":   {broken, store.ErrUnavailable},
		"cause is kept":     {broken, broken},
		"closed meanwhile":  {store.ErrClosed, store.ErrClosed},
		"nothing went awry": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, s.explain(t.Context(), "try", tt.err), tt.want)
		})
	}
	require.ErrorIs(t, s.explain(cancelled, "try", broken), context.Canceled)
}
