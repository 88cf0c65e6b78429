package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// ErrInUse is what Open answers while another store, in this process or
// another, has the file open.
var ErrInUse = errors.New("file is in use by another process")

// primary takes the extension off a result code of SQLite.
const primary = 0xff

// code returns the primary result code of SQLite in err, 0 if there is none.
func code(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & primary
	}
	return 0
}

// permanent says whether err is the fault of the rows that were to be written:
// trying again cannot help. Everything else (busy, disk full, I/O, even a
// damaged file) is trouble of the store; the sender shall keep its data.
func permanent(err error) bool {
	switch code(err) {
	case codes.SQLITE_TOOBIG, codes.SQLITE_CONSTRAINT, codes.SQLITE_MISMATCH, codes.SQLITE_RANGE:
		return true
	}
	return false
}

// personal says whether err may concern only one of the calls in a group.
func personal(err error) bool { return code(err) == 0 || permanent(err) }

// explain names the operation in err and says what the caller may do about it:
// store.ErrClosed, the error of its context, or store.ErrUnavailable.
func (s *Store) explain(ctx context.Context, op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrClosed), errors.Is(err, sql.ErrConnDone):
		return fmt.Errorf("%s: %w", op, store.ErrClosed)
	case s.isClosed():
		return fmt.Errorf("%s: %w", op, store.ErrClosed)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", op, ctx.Err())
	case permanent(err), errors.Is(err, store.ErrUnavailable):
		return fmt.Errorf("%s: %w", op, err)
	}
	return fmt.Errorf("%s: %w: %w", op, store.ErrUnavailable, err)
}
