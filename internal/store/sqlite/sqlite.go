// Package sqlite is the store in one SQLite file, for a machine without any
// server. One goroutine writes: it collects what callers want written at the
// same time, commits it together, and then answers them all. Readers run
// beside it. Everything acknowledged is on disk.
//
// A file belongs to one open Store: a second one, in this process or another,
// is refused with ErrInUse.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// Settings are a store's settings. Zero values stand for the defaults.
type Settings struct {
	// Path is the database file. Its folder must exist; beside it lie files
	// with the suffixes -wal, -shm and .lock. Required.
	Path string
	// Now is the store's clock: when rows arrive and marks are written.
	// Required.
	Now func() time.Time
	// Readers is how many reads run at the same time. Default 8.
	Readers int
	// Queue is how many calls may wait for the writer; further ones wait for a
	// place until their context ends. Default 1024.
	Queue int
	// GroupRows closes a group of calls that are committed together. Default
	// 1000.
	GroupRows int
	// GroupWait is how long a group waits for calls when the one before had
	// more of them. Default 5 ms, negative for none.
	GroupWait time.Duration
}

func (s *Settings) setDefaults() {
	if s.Readers == 0 {
		s.Readers = 8
	}
	if s.Queue == 0 {
		s.Queue = 1024
	}
	if s.GroupRows == 0 {
		s.GroupRows = 1000
	}
	if s.GroupWait == 0 {
		s.GroupWait = 5 * time.Millisecond
	}
}

// Store implements store.Store. It is safe for concurrent use.
type Store struct {
	path   string
	lock   *sql.DB
	read   *sql.DB
	write  *writer
	ask    questions
	closer sync.Once
	result error // of Close
}

var _ store.Store = (*Store)(nil)

// Open opens the store in a file, which it makes if there is none. It returns
// ErrInUse if another Store has it open and ErrNewerSchema if it was written
// by a newer program. ctx bounds the opening alone.
func Open(ctx context.Context, set Settings) (*Store, error) {
	s, err := open(ctx, set)
	if err != nil {
		return nil, fmt.Errorf("open database %q: %w", set.Path, err)
	}
	return s, nil
}

func open(ctx context.Context, set Settings) (*Store, error) {
	if set.Now == nil {
		return nil, errors.New("no clock")
	}
	set.setDefaults()
	path, err := resolve(set.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path}
	if s.lock, err = lock(ctx, path); err != nil {
		return nil, err
	}
	if err := s.openFile(ctx, set); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	s.write.start(context.WithoutCancel(ctx))
	return s, nil
}

// openFile opens what needs the lock.
func (s *Store) openFile(ctx context.Context, set Settings) error {
	if err := create(s.path); err != nil {
		return err
	}
	db, conn, err := connect(ctx, s.path)
	if err != nil {
		return err
	}
	if s.write, err = newWriter(ctx, db, conn, set); err != nil {
		return errors.Join(err, conn.Close(), db.Close())
	}
	if s.read, err = pool(s.path, set.Readers, readerParams()); err != nil {
		return errors.Join(err, s.write.close())
	}
	if err := s.ask.prepare(ctx, s.read); err != nil {
		return errors.Join(err, s.read.Close(), s.write.close())
	}
	return nil
}

// Close finishes the writes that wait and the reads under way, and closes the
// file. Further calls answer store.ErrClosed; closing twice does nothing.
func (s *Store) Close() error {
	s.closer.Do(func() {
		s.write.stop()
		// The writer's connection is the last: it empties the log.
		if err := errors.Join(s.read.Close(), s.write.close(), s.lock.Close()); err != nil {
			s.result = fmt.Errorf("close database: %w", err)
		}
	})
	return s.result
}

func (s *Store) isClosed() bool {
	select {
	case <-s.write.closing:
		return true
	default:
		return false
	}
}

// Stats says what the writer did since the store was opened.
type Stats struct {
	// Waiting is how many calls wait now.
	Waiting int
	// Calls were committed in Groups with Rows; Failed were not.
	Calls, Groups, Rows, Failed int64
}

// Stats returns what the writer did.
func (s *Store) Stats() Stats { return s.write.stats() }

// Size returns the size of the file and of its log, in bytes.
func (s *Store) Size() (int64, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return 0, fmt.Errorf("size of database: %w", err)
	}
	size := info.Size()
	if info, err = os.Stat(s.path + "-wal"); err == nil {
		size += info.Size()
	}
	return size, nil
}
