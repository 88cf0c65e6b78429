package derive

import (
	"context"
	"fmt"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// Reader is the name of the deriver's cursor in a generation, so that an older
// binary cannot move a newer one's.
func Reader(generation int64) string { return fmt.Sprintf("derive/%d", generation) }

// HeadReader is the name of the cursor that says how far heads are: emissions
// follow it and need not wait for the documents of old hours.
func HeadReader(generation int64) string { return fmt.Sprintf("heads/%d", generation) }

// moveCursors moves the cursors: that of documents to just before the first
// mark that is not reflected everywhere, that of heads to just before the first
// whose session was not derived. A deriver that dies is followed by one that
// starts at the former and does again what was under way.
func (d *Deriver) moveCursors(ctx context.Context, s *Step) error {
	heads := store.Cursor{Seq: d.read, Until: max(d.emptyAt, d.headsAt.Until)}
	for _, t := range d.pending {
		heads = before(heads, t.seq, t.first, d.headsAt)
	}
	docs := store.Cursor{Seq: heads.Seq, Until: max(d.emptyAt, d.moved.Until)}
	if heads.Seq < d.read {
		docs.Until = max(heads.Until, d.moved.Until)
	}
	for _, b := range d.dirty {
		docs = before(docs, b.seq, b.at, d.moved)
	}
	s.Until = docs.Until
	if err := d.move(ctx, HeadReader(d.set.Generation), &d.headsAt, heads, s.Heads > 0); err != nil {
		return err
	}
	return d.move(ctx, Reader(d.set.Generation), &d.moved, docs, s.Documents > 0)
}

// before returns the cursor that stands before a mark, if c is not already; its
// time never falls below that of stood.
func before(c store.Cursor, seq, at int64, stood store.Cursor) store.Cursor {
	if seq > c.Seq {
		return c
	}
	return store.Cursor{Seq: seq - 1, Until: max(at, stood.Until)}
}

// move writes a cursor if it moved, or if its time did for a while.
func (d *Deriver) move(ctx context.Context, reader string, stood *store.Cursor, c store.Cursor, worked bool) error {
	if c == *stood || c.Seq == stood.Seq && c.Until-stood.Until < int64(idleCursor) && !worked {
		return nil
	}
	if err := d.store.MoveCursor(ctx, reader, d.shard, c); err != nil {
		return fmt.Errorf("move cursor %q to %d: %w", reader, c.Seq, err)
	}
	*stood = c
	return nil
}
