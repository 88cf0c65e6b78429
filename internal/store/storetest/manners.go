package storetest

import (
	"context"
	"errors"
	"io"
	"iter"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

func mannerCases() []namedCase {
	return []namedCase{
		{"sequences may be stopped early", stoppedEarly},
		{"a reader may ask and write while it reads", readWhileReading},
		{"a context that ended is answered with its error", contextEnded},
		{"a closed store answers ErrClosed", closedStore},
		{"a store may be closed while it is used", closedWhileUsed},
	}
}

// question is a call that reads or writes, by name.
type question struct {
	name string
	ask  func(ctx context.Context) error
}

// asked makes a question of a sequence.
func asked[T any](t *testing.T, name string, seq func(ctx context.Context) iter.Seq2[T, error]) question {
	t.Helper()
	return question{name, func(ctx context.Context) error { return firstError(t, seq(ctx)) }}
}

func reads(t *testing.T, s store.Store) []question {
	t.Helper()
	key := session("s")
	return []question{
		asked(t, "Marks", func(ctx context.Context) iter.Seq2[store.Mark, error] { return s.Marks(ctx, 0, 0, 10) }),
		asked(t, "Parts", func(ctx context.Context) iter.Seq2[store.Part, error] { return s.Parts(ctx, key) }),
		asked(t, "SessionHeads", func(ctx context.Context) iter.Seq2[store.Head, error] { return s.SessionHeads(ctx, key) }),
		asked(t, "Heads", func(ctx context.Context) iter.Seq2[store.Head, error] { return s.Heads(ctx, bucket(hour)) }),
		asked(t, "Apps", func(ctx context.Context) iter.Seq2[store.App, error] { return s.Apps(ctx, tenant) }),
		asked(t, "Tenants", func(ctx context.Context) iter.Seq2[string, error] { return s.Tenants(ctx) }),
		asked(t, "Chunks", func(ctx context.Context) iter.Seq2[store.Chunk, error] { return s.Chunks(ctx, key) }),
		asked(t, "Rollups", func(ctx context.Context) iter.Seq2[store.Rollup, error] {
			return s.Rollups(ctx, tenant, app, "total", 0, 1<<30)
		}),
		asked(t, "Groups", func(ctx context.Context) iter.Seq2[store.Group, error] { return s.Groups(ctx, tenant, app) }),
		asked(t, "Crashes", func(ctx context.Context) iter.Seq2[store.Crash, error] {
			return s.Crashes(ctx, tenant, app, fingerprint(1), 10)
		}),
		asked(t, "SessionWeeks", func(ctx context.Context) iter.Seq2[store.SessionKey, error] {
			return s.SessionWeeks(ctx, tenant, app, "s")
		}),
		asked(t, "Issues", func(ctx context.Context) iter.Seq2[store.Issue, error] { return s.Issues(ctx, tenant, app) }),
		{"Cursor", func(ctx context.Context) error {
			_, err := s.Cursor(ctx, "derive/0", 0)
			return err
		}},
	}
}

func writes(s store.Store) []question {
	key := session("s")
	return []question{
		{"Apply", func(ctx context.Context) error { return s.Apply(ctx, everything(fact(key, 1, 1))) }},
		{"PutHeads", func(ctx context.Context) error { return s.PutHeads(ctx, []store.Head{head(key, hour, 1, "x")}) }},
		{"PutRollups", func(ctx context.Context) error { return s.PutRollups(ctx, []store.Rollup{rollup(hour, 1, "x")}) }},
		{"MoveCursor", func(ctx context.Context) error { return s.MoveCursor(ctx, "derive/0", 0, store.Cursor{Seq: 1}) }},
		{"OpenIssue", func(ctx context.Context) error {
			_, _, err := s.OpenIssue(ctx, issue(1))
			return err
		}},
		{"Announce", func(ctx context.Context) error { return s.Announce(ctx, tenant, app, issue(1).ID) }},
		{"Expire", func(ctx context.Context) error {
			_, err := s.Expire(ctx, time.Unix(0, 0), store.Retention{Chunks: time.Hour}, 10)
			return err
		}},
	}
}

func stoppedEarly(t *testing.T, s store.Store) {
	const n = 600
	var f store.Facts
	for i := range n {
		f.Parts = append(f.Parts, part(fact(session("s"), i, 1)))
	}
	apply(t, s, &f)
	for i := range 200 {
		read := 0
		for _, err := range s.Parts(t.Context(), session("s")) {
			require.NoError(t, err)
			if read++; read > i*3 {
				break
			}
		}
	}
	apply(t, s, upload(fact(session("s"), n, 1)))
	assert.Len(t, parts(t, s, session("s")), n+1)
}

// errorList collects errors of goroutines.
type errorList struct {
	mu  sync.Mutex
	all []error
}

func (l *errorList) add(err error) {
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all = append(l.all, err)
	}
}

func readWhileReading(t *testing.T, s store.Store) {
	const n = 40
	for i := range n {
		apply(t, s, upload(fact(session(strconv.Itoa(i)), 1, 1)))
	}
	var failures errorList
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for shard := range int16(shards) {
				for m, err := range s.Marks(t.Context(), shard, 0, n) {
					failures.add(err)
					for p, err := range s.Parts(t.Context(), m.SessionKey) {
						failures.add(err)
						failures.add(s.PutHeads(t.Context(), []store.Head{head(m.SessionKey, hour, 1, string(p.Data))}))
					}
				}
			}
		})
	}
	wg.Wait()
	assert.Empty(t, failures.all)
	assert.Len(t, collect(t, s.Heads(t.Context(), bucket(hour))), n)
}

func contextEnded(t *testing.T, s store.Store) {
	apply(t, s, everything(fact(session("s"), 1, 1)))
	cause := errors.New("the caller's own cause")
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	late, stop := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer stop()
	for _, q := range append(reads(t, s), writes(s)...) {
		require.ErrorIs(t, q.ask(cancelled), context.Canceled, q.name)
		require.ErrorIs(t, q.ask(late), context.DeadlineExceeded, q.name)
	}
	for _, q := range append(writes(s), reads(t, s)...) {
		require.NoError(t, q.ask(t.Context()), q.name)
	}
}

func closeStore(t *testing.T, s store.Store) {
	t.Helper()
	c, ok := s.(io.Closer)
	require.True(t, ok, "a store can be closed")
	require.NoError(t, c.Close())
}

func closedStore(t *testing.T, s store.Store) {
	apply(t, s, everything(fact(session("s"), 1, 1)))
	closeStore(t, s)
	closeStore(t, s)
	for _, q := range append(reads(t, s), writes(s)...) {
		require.ErrorIs(t, q.ask(t.Context()), store.ErrClosed, q.name)
	}
	require.ErrorIs(t, s.Apply(t.Context(), &store.Facts{}), store.ErrClosed)
}

// closedWhileUsed closes the store under readers and writers: each call either
// succeeds or answers ErrClosed, and all return.
func closedWhileUsed(t *testing.T, s store.Store) {
	var wg, begun sync.WaitGroup
	for _, q := range append(reads(t, s), writes(s)...) {
		begun.Add(1)
		wg.Go(func() {
			err := q.ask(t.Context())
			begun.Done()
			for err == nil {
				err = q.ask(t.Context())
			}
			assert.ErrorIs(t, err, store.ErrClosed, q.name)
		})
	}
	begun.Wait()
	closeStore(t, s)
	wg.Wait()
}
