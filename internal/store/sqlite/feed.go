package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// beforeAll is a position before every row that an integer of a narrower type
// leads.
const beforeAll = math.MinInt64

// Marks implements store.Feed. All marks are in shard 0.
func (s *Store) Marks(ctx context.Context, shard int16, after int64, limit int) iter.Seq2[store.Mark, error] {
	if shard != 0 {
		limit = 0
	}
	return list[store.Mark]{
		op: fmt.Sprintf("read marks after %d", after), stmt: s.ask.marks, after: []any{after}, limit: limit,
		scan: func(row scanner, m *store.Mark) (int, error) {
			return 0, row.Scan(&m.Seq, &m.At, &m.Tenant, &m.App, &m.Week, &m.Session)
		},
		position: func(m *store.Mark) []any { return []any{m.Seq} },
	}.all(ctx, s)
}

// Parts implements store.Feed.
func (s *Store) Parts(ctx context.Context, key store.SessionKey) iter.Seq2[store.Part, error] {
	return list[store.Part]{
		op: fmt.Sprintf("read parts of session %q", key.Session), stmt: s.ask.parts,
		about: sessionArgs(&key), after: []any{[]byte{}, []byte{}}, limit: everything,
		scan: func(row scanner, p *store.Part) (int, error) {
			p.SessionKey = key
			err := row.Scan(digest{p.Upload[:]}, digest{p.Variant[:]}, &p.Data)
			return len(p.Data), err
		},
		position: func(p *store.Part) []any { return []any{p.Upload[:], p.Variant[:]} },
	}.all(ctx, s)
}

func sessionArgs(key *store.SessionKey) []any {
	return []any{[]byte(key.Tenant), []byte(key.App), key.Week, []byte(key.Session)}
}

// SessionHeads implements store.Feed, ordered by hour.
func (s *Store) SessionHeads(ctx context.Context, key store.SessionKey) iter.Seq2[store.Head, error] {
	return list[store.Head]{
		op: fmt.Sprintf("read heads of session %q", key.Session), stmt: s.ask.sessionHeads,
		about: sessionArgs(&key), after: []any{int64(beforeAll), int64(beforeAll)}, limit: everything,
		scan: func(row scanner, h *store.Head) (int, error) {
			h.SessionKey = key
			err := row.Scan(&h.Hour, &h.Shard, &h.Rev, &h.Data)
			return len(h.Data), err
		},
		position: func(h *store.Head) []any { return []any{h.Hour, h.Shard} },
	}.all(ctx, s)
}

// Heads implements store.Feed.
func (s *Store) Heads(ctx context.Context, b store.Bucket) iter.Seq2[store.Head, error] {
	return list[store.Head]{
		op: fmt.Sprintf("read heads of app %q hour %d", b.App, b.Hour), stmt: s.ask.heads,
		about: []any{[]byte(b.Tenant), []byte(b.App), b.Hour, b.Shard}, after: []any{[]byte{}, int64(beforeAll)}, limit: everything,
		scan: func(row scanner, h *store.Head) (int, error) {
			h.Tenant, h.App, h.Hour, h.Shard = b.Tenant, b.App, b.Hour, b.Shard
			err := row.Scan(&h.Session, &h.Week, &h.Rev, &h.Data)
			return len(h.Data), err
		},
		position: func(h *store.Head) []any { return []any{[]byte(h.Session), h.Week} },
	}.all(ctx, s)
}

// Cursor implements store.Feed.
func (s *Store) Cursor(ctx context.Context, reader string, shard int16) (store.Cursor, error) {
	op := "read cursor " + reader
	if s.isClosed() {
		return store.Cursor{}, s.explain(ctx, op, store.ErrClosed)
	}
	var c store.Cursor
	err := s.ask.cursor.QueryRowContext(ctx, []byte(reader), shard).Scan(&c.Seq, &c.Until)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Cursor{}, nil
	}
	return c, s.explain(ctx, op, err)
}

// digest scans a BLOB of fixed length.
type digest struct{ to []byte }

// Scan implements sql.Scanner.
func (d digest) Scan(value any) error {
	b, ok := value.([]byte)
	if !ok || len(b) != len(d.to) {
		return fmt.Errorf("column is not a BLOB of %d bytes", len(d.to))
	}
	copy(d.to, b)
	return nil
}
