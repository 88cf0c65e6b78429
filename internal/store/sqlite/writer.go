package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// The states of a call. Caller and writer race for a waiting one: the caller
// abandons it when its context ends, the writer runs it. Only the winner may
// touch what the call writes.
const (
	waiting int32 = iota
	running
	abandoned
)

// call is what one caller wants written: all of it or nothing.
type call struct {
	rows  int
	do    func(ctx context.Context, w *writer) error // may run twice, if a neighbour fails
	state atomic.Int32
	done  chan error
}

// leave moves a waiting call to another state and says whether it was waiting.
func (c *call) leave(to int32) bool { return c.state.CompareAndSwap(waiting, to) }

// writer is the goroutine that writes, its connection and its statements.
type writer struct {
	statements
	db   *sql.DB
	conn *sql.Conn
	set  Settings

	queue chan *call
	// closing is closed when no further calls are taken, stopped when the
	// goroutine has ended.
	closing, stopped chan struct{}

	// Of the goroutine alone:
	now   int64 // of the group, nanoseconds
	group []*call
	last  int // calls in the group before
	timer *time.Timer

	calls, groups, rows, failed atomic.Int64
}

func newWriter(ctx context.Context, db *sql.DB, conn *sql.Conn, set Settings) (*writer, error) {
	w := &writer{
		db: db, conn: conn, set: set, queue: make(chan *call, set.Queue),
		closing: make(chan struct{}), stopped: make(chan struct{}),
	}
	if err := w.prepare(ctx, conn); err != nil {
		return nil, err
	}
	return w, nil
}

// start starts the goroutine. ctx must not end: a group that has begun is
// finished, whoever waits for it.
func (w *writer) start(ctx context.Context) {
	w.timer = time.NewTimer(time.Hour)
	w.timer.Stop()
	go w.run(ctx)
}

// stop takes no further calls, finishes those that wait and ends the
// goroutine.
func (w *writer) stop() {
	close(w.closing)
	<-w.stopped
}

// close closes the connection, after stop or without start.
func (w *writer) close() error {
	return errors.Join(w.statements.close(), w.conn.Close(), w.db.Close())
}

func (w *writer) stats() Stats {
	return Stats{
		Waiting: len(w.queue), Calls: w.calls.Load(), Groups: w.groups.Load(),
		Rows: w.rows.Load(), Failed: w.failed.Load(),
	}
}

// submit has do run in a transaction and returns when that is on disk. Of a
// call that it gives up because ctx ended nothing is written; once the writer
// has begun, submit waits for the result.
func (w *writer) submit(ctx context.Context, rows int, do func(ctx context.Context, w *writer) error) error {
	c := &call{rows: rows, do: do, done: make(chan error, 1)}
	select {
	case <-w.closing:
		return store.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	select {
	case w.queue <- c:
	case <-w.closing:
		return store.ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("wait for a place in the queue: %w", ctx.Err())
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		if c.leave(abandoned) {
			return fmt.Errorf("wait in the queue: %w", ctx.Err())
		}
	case <-w.stopped:
		// It came into the queue after the writer had emptied that.
		if c.leave(abandoned) {
			return store.ErrClosed
		}
	}
	return <-c.done
}

func (w *writer) run(ctx context.Context) {
	defer close(w.stopped)
	for {
		select {
		case c := <-w.queue:
			w.collect(c)
			w.commit(ctx)
		case <-w.closing:
			for len(w.queue) > 0 {
				w.collect(<-w.queue)
				w.commit(ctx)
			}
			return
		}
	}
}

// collect makes the next group: what waits, and, if the group before had more
// calls, what comes within GroupWait. So a caller on its own never waits, and
// many at once share a commit: those that were answered together come back
// together.
func (w *writer) collect(first *call) {
	w.group = w.group[:0]
	rows := w.add(first)
	for rows < w.set.GroupRows {
		select {
		case c := <-w.queue:
			rows += w.add(c)
			continue
		default:
		}
		break
	}
	if len(w.group) < w.last && rows < w.set.GroupRows && w.set.GroupWait > 0 {
		w.await(rows)
	}
	w.last = len(w.group)
}

// await adds calls until there are as many as in the group before.
func (w *writer) await(rows int) {
	w.timer.Reset(w.set.GroupWait)
	defer w.timer.Stop()
	for rows < w.set.GroupRows && len(w.group) < w.last {
		select {
		case c := <-w.queue:
			rows += w.add(c)
		case <-w.timer.C:
			return
		case <-w.closing:
			return
		}
	}
}

// add adds a call to the group unless its caller gave it up.
func (w *writer) add(c *call) (rows int) {
	if !c.leave(running) {
		return 0
	}
	w.group = append(w.group, c)
	return c.rows
}

// commit writes the group and answers its calls. If one of them is at fault,
// each is written by itself, so that only that one fails.
func (w *writer) commit(ctx context.Context) {
	w.now = w.set.Now().UnixNano()
	err := w.together(ctx, w.group)
	if err == nil || len(w.group) == 1 || !personal(err) {
		for _, c := range w.group {
			w.answer(c, err)
		}
	} else {
		for _, c := range w.group {
			w.answer(c, w.together(ctx, []*call{c}))
		}
	}
	clear(w.group)
}

func (w *writer) answer(c *call, err error) {
	if err != nil {
		w.failed.Add(1)
	} else {
		w.calls.Add(1)
		w.rows.Add(int64(c.rows))
	}
	c.done <- err
}

// together runs calls in one transaction.
func (w *writer) together(ctx context.Context, group []*call) error {
	if len(group) == 0 {
		return nil
	}
	if _, err := w.begin.ExecContext(ctx); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	err := w.runAll(ctx, group)
	if err == nil {
		if _, err = w.commitGroup.ExecContext(ctx); err == nil {
			w.groups.Add(1)
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	// After some errors, such as a full disk, SQLite has rolled back by itself
	// and this fails.
	_, _ = w.rollback.ExecContext(ctx)
	return err
}

func (w *writer) runAll(ctx context.Context, group []*call) error {
	for _, c := range group {
		if err := c.do(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// exec runs a statement and returns how many rows it changed.
func (w *writer) exec(ctx context.Context, stmt *sql.Stmt, args ...any) (int64, error) {
	result, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
