package derive

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// errKilled is what a worker's store answers from the moment it is killed.
var errKilled = errors.New("worker was killed")

// tornStore is a store without snapshots or transactions, the weakest that the
// contract allows: each row is read and written by itself, and between any two
// other workers may run. It is shared by workers that run as coroutines, so
// every interleaving is decided by the test's random numbers alone.
type tornStore struct {
	parts   map[store.SessionKey]map[store.FactKey]store.Part
	marks   []store.Mark
	heads   map[headKey]store.Head
	rollups map[rollupKey]store.Rollup
	cursors map[string]store.Cursor
	broken
}

// broken says which rule a run leaves out.
type broken struct {
	markFirst, sameVariant, blind, lastWins bool
}

type headKey struct {
	store.SessionKey
	hour int32
}

type rollupKey struct {
	store.Bucket
	family string
}

func newTornStore() *tornStore {
	return &tornStore{
		parts: map[store.SessionKey]map[store.FactKey]store.Part{}, heads: map[headKey]store.Head{},
		rollups: map[rollupKey]store.Rollup{}, cursors: map[string]store.Cursor{},
	}
}

// worker is one worker's view of a tornStore: yield lets the others run and
// returns false once the worker is killed.
type worker struct {
	*tornStore
	yield func() bool
}

func (w worker) putPart(p store.Part) bool {
	if !w.yield() {
		return false
	}
	m := w.parts[p.SessionKey]
	if m == nil {
		m = map[store.FactKey]store.Part{}
		w.parts[p.SessionKey] = m
	}
	m[p.FactKey] = p
	return true
}

func (w worker) putMark(key store.SessionKey) bool {
	if !w.yield() {
		return false
	}
	n := int64(len(w.marks) + 1)
	w.marks = append(w.marks, store.Mark{Seq: n, At: n, SessionKey: key})
	return true
}

func (w worker) Marks(_ context.Context, _ int16, after int64, limit int) iter.Seq2[store.Mark, error] {
	return func(yield func(store.Mark, error) bool) {
		for _, m := range w.marks {
			if m.Seq <= after {
				continue
			}
			if limit--; limit < 0 || !yield(m, nil) {
				return
			}
		}
	}
}

func (w worker) Parts(_ context.Context, key store.SessionKey) iter.Seq2[store.Part, error] {
	return func(yield func(store.Part, error) bool) {
		keys := make([]store.FactKey, 0, len(w.parts[key]))
		for k := range w.parts[key] {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, compareFacts)
		for _, k := range keys {
			if !w.yield() {
				yield(store.Part{}, errKilled)
				return
			}
			if !yield(w.parts[key][k], nil) {
				return
			}
		}
	}
}

func compareFacts(a, b store.FactKey) int {
	return cmp.Or(bytes.Compare(a.Upload[:], b.Upload[:]), bytes.Compare(a.Variant[:], b.Variant[:]))
}

func (w worker) rows(keep func(headKey) bool) iter.Seq2[store.Head, error] {
	return func(yield func(store.Head, error) bool) {
		var keys []headKey
		for k := range w.heads {
			if keep(k) {
				keys = append(keys, k)
			}
		}
		slices.SortFunc(keys, func(a, b headKey) int { return cmp.Or(cmp.Compare(a.Session, b.Session), cmp.Compare(a.hour, b.hour)) })
		for _, k := range keys {
			if !w.yield() {
				yield(store.Head{}, errKilled)
				return
			}
			if !yield(w.heads[k], nil) {
				return
			}
		}
	}
}

func (w worker) SessionHeads(_ context.Context, key store.SessionKey) iter.Seq2[store.Head, error] {
	return w.rows(func(k headKey) bool { return k.SessionKey == key && !w.blind })
}

func (w worker) Heads(_ context.Context, b store.Bucket) iter.Seq2[store.Head, error] {
	return w.rows(func(k headKey) bool { return k.Tenant == b.Tenant && k.App == b.App && k.hour == b.Hour })
}

func (w worker) PutHeads(_ context.Context, heads []store.Head) error {
	for _, h := range heads {
		if !w.yield() {
			return errKilled
		}
		k := headKey{h.SessionKey, h.Hour}
		if old, is := w.heads[k]; !is || w.lastWins || upwards(h.Rev, old.Rev, h.Data, old.Data) {
			w.heads[k] = h
		}
	}
	return nil
}

func (w worker) PutRollups(_ context.Context, docs []store.Rollup) error {
	for _, r := range docs {
		if !w.yield() {
			return errKilled
		}
		k := rollupKey{r.Bucket, r.Family}
		if old, is := w.rollups[k]; !is || w.lastWins || upwards(r.Rev, old.Rev, r.Data, old.Data) {
			w.rollups[k] = r
		}
	}
	return nil
}

func upwards(rev, old int64, data, oldData []byte) bool {
	return rev > old || rev == old && bytes.Compare(data, oldData) > 0
}

func (w worker) Tenants(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("t", nil) }
}

func (w worker) Cursor(_ context.Context, reader string, _ int16) (store.Cursor, error) {
	return w.cursors[reader], nil
}

func (w worker) MoveCursor(_ context.Context, reader string, _ int16, c store.Cursor) error {
	if !w.yield() {
		return errKilled
	}
	if old := w.cursors[reader]; c.Seq > old.Seq || c.Seq == old.Seq && c.Until > old.Until {
		w.cursors[reader] = c
	}
	return nil
}
