package sqlite

import (
	"context"
	"database/sql"
	"iter"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// Limits of what is read before it is handed on.
const (
	pageRows  = 512
	pageBytes = 1 << 20
	// everything stands for no limit.
	everything = 1 << 62
)

// list reads rows in the order of an index, page by page. No connection is
// held while a caller looks at what it got: it may ask again in between, take
// its time or stop, and nothing is left behind. The price is that rows written
// meanwhile may be seen or not, as the contract allows.
type list[T any] struct {
	op   string
	stmt *sql.Stmt
	// The statement's parameters: what is asked for, the position after which
	// the page begins, and how many rows it has.
	about, after []any
	limit        int
	// scan reads a row and returns its size in bytes; position is that of a
	// row.
	scan     func(row scanner, v *T) (size int, err error)
	position func(v *T) []any
}

// scanner is a row.
type scanner interface {
	Scan(dest ...any) error
}

// all yields the rows. After an error it yields that and ends.
func (l list[T]) all(ctx context.Context, s *Store) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		after, left := l.after, l.limit
		for left > 0 {
			page, more, err := l.page(ctx, s, after, left)
			if err != nil {
				var zero T
				yield(zero, s.explain(ctx, l.op, err))
				return
			}
			for i := range page {
				if !yield(page[i], nil) {
					return
				}
			}
			if !more || len(page) == 0 {
				return
			}
			after = l.position(&page[len(page)-1])
			left -= len(page)
		}
	}
}

// page reads at most left rows, and less if they are many or large; more says
// that there may be further ones.
func (l list[T]) page(ctx context.Context, s *Store, after []any, left int) (page []T, more bool, err error) {
	if s.isClosed() {
		return nil, false, store.ErrClosed
	}
	limit := min(left, pageRows)
	args := make([]any, 0, len(l.about)+len(after)+1)
	args = append(append(append(args, l.about...), after...), limit)
	rows, err := l.stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	size := 0
	for size < pageBytes && rows.Next() {
		var v T
		n, err := l.scan(rows, &v)
		if err != nil {
			return nil, false, err
		}
		page, size = append(page, v), size+n
	}
	return page, size >= pageBytes || len(page) == limit, rows.Err()
}
