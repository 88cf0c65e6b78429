// Package derive turns facts into derived rows: it reads which sessions were
// touched, recomputes their heads from all their parts, and recomputes the
// rollup documents of the hours that those heads are in. Every row is a pure
// function of the facts and written upwards by revision, so any number of
// workers may do the same work twice, be interrupted anywhere, or come late.
//
// The order of work is what makes that true: marks, heads, a look at the
// session's heads in other hours, documents, cursor.
package derive

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/rollup"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
)

const (
	// maxParts is how many part rows of a session are read. A session with
	// more is truncated, written once and left.
	maxParts = 10_000
	// generationShift leaves room for maxParts below a generation.
	generationShift = 20
	// maxPending and maxDirty bound what is remembered between steps. At the
	// limit no more marks are read, or documents are made at once.
	maxPending = 100_000
	maxDirty   = 10_000
	// headCost stands for the cost of reading one head: a bucket of n heads
	// is not recomputed within n times this, whatever the cadence says.
	headCost = 200 * time.Microsecond
	// idleCursor is how often the cursor's time moves when nothing happens.
	idleCursor = 5 * time.Second
	// longestQuiet is how long a session that never falls quiet can wait.
	longestQuiet = time.Minute
)

// Store is what a deriver reads and writes.
type Store interface {
	store.Feed
	store.Derived
}

// Settings are a deriver's settings.
type Settings struct {
	Schedule *uxscore.Schedule
	// Generation rises with corrected code. It is in every head's revision.
	Generation int64
	// Quiet is how long a session must be without new facts before it is
	// derived; sessions that get facts for longer wait an eighth of that.
	Quiet time.Duration
	// Live, Today and Older are how often the documents of the current hour,
	// of the last 24 hours and of older hours are recomputed at most.
	Live, Today, Older time.Duration
	// Batch is how many marks are read and sessions derived in one step.
	Batch int
}

// touched is a session with marks that are not reflected yet.
type touched struct {
	key         store.SessionKey
	seq         int64 // of the first mark
	first, last int64 // when marks were written, nanoseconds
}

// dirty is a bucket whose documents do not reflect a mark yet.
type dirty struct {
	seq, at int64 // of the first such mark
}

// Deriver derives one shard of the feed. It is not safe for concurrent use;
// several derivers may work on one store.
type Deriver struct {
	store   Store
	set     Settings
	shard   int16
	started bool
	// read is the last mark read; readAt when the feed was last empty.
	read, emptyAt int64
	// moved and headsAt are where the cursors of documents and heads stand.
	moved, headsAt store.Cursor
	pending        map[store.SessionKey]*touched
	dirty          map[store.Bucket]dirty
	// next is the earliest time at which a bucket is recomputed again.
	next map[store.Bucket]int64
}

// New returns a deriver of a shard that goes on where the cursor stands.
func New(s Store, shard int16, set Settings) *Deriver {
	return &Deriver{
		store: s, set: set, shard: shard,
		pending: map[store.SessionKey]*touched{}, dirty: map[store.Bucket]dirty{}, next: map[store.Bucket]int64{},
	}
}

// Step is what one step did.
type Step struct {
	Marks, Heads, Documents int
	// Corrupt counts parts and heads that could not be decoded and were left
	// out.
	Corrupt int
	// Until is the time up to which everything is reflected.
	Until int64
}

// Step does the work that is due. It returns an error if the store does; the
// work is then done again by the next step, and nothing is lost.
func (d *Deriver) Step(ctx context.Context, now time.Time) (Step, error) {
	var s Step
	if err := d.start(ctx); err != nil {
		return s, err
	}
	if err := d.readMarks(ctx, now, &s); err != nil {
		return s, err
	}
	due := d.dueSessions(now)
	if err := d.deriveSessions(ctx, due, &s); err != nil {
		return s, err
	}
	if err := d.makeDocuments(ctx, now, &s); err != nil {
		return s, err
	}
	return s, d.moveCursors(ctx, &s)
}

func (d *Deriver) start(ctx context.Context) error {
	if d.started {
		return nil
	}
	c, err := d.store.Cursor(ctx, Reader(d.set.Generation), d.shard)
	if err != nil {
		return fmt.Errorf("read cursor: %w", err)
	}
	d.started, d.read, d.moved = true, c.Seq, c
	return nil
}

// readMarks remembers the sessions of new marks, at most a batch of them.
func (d *Deriver) readMarks(ctx context.Context, now time.Time, s *Step) error {
	limit := min(d.set.Batch, maxPending-len(d.pending))
	if limit <= 0 {
		return nil
	}
	for m, err := range d.store.Marks(ctx, d.shard, d.read, limit) {
		if err != nil {
			return fmt.Errorf("read marks after %d: %w", d.read, err)
		}
		t := d.pending[m.SessionKey]
		if t == nil {
			t = &touched{key: m.SessionKey, seq: m.Seq, first: m.At}
			d.pending[m.SessionKey] = t
		}
		t.last = m.At
		d.read = m.Seq
		s.Marks++
	}
	if s.Marks < limit {
		d.emptyAt = now.UnixNano()
	}
	return nil
}

// dueSessions returns the sessions that have been quiet for long enough, the
// one that waited longest first, at most a batch of them.
func (d *Deriver) dueSessions(now time.Time) []*touched {
	var due []*touched
	for _, t := range d.pending {
		quiet := max(int64(d.set.Quiet), (t.last-t.first)/8)
		if at := min(t.last+quiet, t.first+int64(max(longestQuiet, d.set.Quiet))); at <= now.UnixNano() {
			due = append(due, t)
		}
	}
	slices.SortFunc(due, func(a, b *touched) int { return cmp.Compare(a.seq, b.seq) })
	return due[:min(len(due), d.set.Batch)]
}

// deriveSessions writes the heads of sessions, then looks for heads that they
// left behind in other hours.
func (d *Deriver) deriveSessions(ctx context.Context, due []*touched, s *Step) error {
	heads := make([]store.Head, 0, len(due))
	for _, t := range due {
		h, ok, err := d.head(ctx, t.key, s)
		if err != nil {
			return err
		}
		if ok {
			heads = append(heads, h)
		}
	}
	if len(heads) > 0 {
		if err := d.store.PutHeads(ctx, heads); err != nil {
			return fmt.Errorf("write %d heads: %w", len(heads), err)
		}
	}
	touchedBuckets, err := d.look(ctx, heads)
	if err != nil {
		return err
	}
	bySession := make(map[store.SessionKey]*touched, len(due))
	for _, t := range due {
		bySession[t.key] = t
	}
	for i := range touchedBuckets {
		b := &touchedBuckets[i]
		d.soil(b.bucket, bySession[b.key])
	}
	for _, t := range due {
		delete(d.pending, t.key)
	}
	s.Heads = len(heads)
	return nil
}

func compareBuckets(a, b store.Bucket) int {
	return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.App, b.App), cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Shard, b.Shard))
}

// head computes a session's head from all its parts; ok is false where there
// is none to write.
func (d *Deriver) head(ctx context.Context, key store.SessionKey, s *Step) (h store.Head, ok bool, err error) {
	state, rows, err := d.merge(ctx, key, s)
	if err != nil || rows == 0 || state.First == 0 {
		return store.Head{}, false, err
	}
	hour := session.Hour(state.First)
	head := session.Grade(state, key.Session, d.set.Schedule.At(key.Tenant, hour))
	head.Truncated = rows > maxParts
	h = store.Head{SessionKey: key, Hour: hour, Rev: d.set.Generation<<generationShift + int64(rows), Data: head.Append(nil)}
	if head.Truncated {
		return d.leave(ctx, h)
	}
	return h, true, nil
}

// leave keeps the head that was written when a session first had too many
// parts: which of them are read after that is chance.
func (d *Deriver) leave(ctx context.Context, h store.Head) (store.Head, bool, error) {
	stands, err := d.standing(ctx, &h)
	for _, old := range stands {
		if old.Rev >= h.Rev && len(old.Data) > 0 {
			return old, true, err
		}
	}
	return h, true, err
}

// merge merges the highest variant of each upload and counts the rows of all.
// Parts come ordered by upload and variant, so one is held at a time.
func (d *Deriver) merge(ctx context.Context, key store.SessionKey, s *Step) (state session.State, rows int, err error) {
	var last store.Part
	add := func() {
		var part session.State
		if err := part.Decode(last.Data); err != nil {
			s.Corrupt++
			return
		}
		state.Merge(&part)
	}
	for p, err := range d.store.Parts(ctx, key) {
		if err != nil {
			return state, 0, fmt.Errorf("read parts of session %q: %w", key.Session, err)
		}
		if rows > 0 && p.Upload != last.Upload {
			add()
		}
		last = p
		if rows++; rows > maxParts {
			break
		}
	}
	if rows > 0 {
		add()
	}
	return state, rows, nil
}

// placed is a bucket that holds, or held, a session's head.
type placed struct {
	bucket store.Bucket
	key    store.SessionKey
}

// look empties the heads that sessions have in other hours than their own.
// Heads were written first: of two workers that place a session in different
// hours, at least one sees both heads here, and the one that saw more parts
// has the higher revision.
func (d *Deriver) look(ctx context.Context, heads []store.Head) ([]placed, error) {
	var all []placed
	var lost []store.Head
	for i := range heads {
		stands, err := d.standing(ctx, &heads[i])
		if err != nil {
			return nil, err
		}
		top := int64(0)
		for _, h := range stands {
			top = max(top, h.Rev)
		}
		won := heads[i].Rev == top
		for _, h := range stands {
			all = append(all, placed{bucketOf(&h), h.SessionKey})
			if won && h.Hour == heads[i].Hour || !won && h.Rev == top {
				continue
			}
			lost = append(lost, store.Head{SessionKey: h.SessionKey, Hour: h.Hour, Shard: h.Shard, Rev: top})
		}
	}
	if len(lost) > 0 {
		if err := d.store.PutHeads(ctx, lost); err != nil {
			return nil, fmt.Errorf("empty %d heads: %w", len(lost), err)
		}
	}
	return all, nil
}

// standing returns a session's heads in all hours.
func (d *Deriver) standing(ctx context.Context, h *store.Head) ([]store.Head, error) {
	var out []store.Head
	for other, err := range d.store.SessionHeads(ctx, h.SessionKey) {
		if err != nil {
			return nil, fmt.Errorf("read heads of session %q: %w", h.Session, err)
		}
		out = append(out, other)
	}
	return out, nil
}

func bucketOf(h *store.Head) store.Bucket {
	return store.Bucket{Tenant: h.Tenant, App: h.App, Hour: h.Hour, Shard: h.Shard}
}

// soil marks a bucket as not reflecting a session's marks.
func (d *Deriver) soil(b store.Bucket, t *touched) {
	before, is := d.dirty[b]
	if !is || t.seq < before.seq {
		d.dirty[b] = dirty{seq: t.seq, at: t.first}
	}
}

// makeDocuments recomputes the buckets that are due.
func (d *Deriver) makeDocuments(ctx context.Context, now time.Time, s *Step) error {
	var due []store.Bucket
	for b := range d.dirty {
		if len(d.dirty) > maxDirty || d.next[b] <= now.UnixNano() {
			due = append(due, b)
		}
	}
	slices.SortFunc(due, compareBuckets)
	for _, b := range due {
		n, err := d.makeDocument(ctx, b, s)
		if err != nil {
			return err
		}
		d.next[b] = now.UnixNano() + int64(max(d.cadence(b, now), time.Duration(n)*headCost))
		delete(d.dirty, b)
		s.Documents++
	}
	if len(d.next) > maxDirty {
		for b, at := range d.next {
			if at <= now.UnixNano() {
				delete(d.next, b)
			}
		}
	}
	return nil
}

func (d *Deriver) cadence(b store.Bucket, now time.Time) time.Duration {
	switch age := session.Hour(now.UnixNano()) - b.Hour; {
	case age <= 0:
		return d.set.Live
	case age <= 24:
		return d.set.Today
	}
	return d.set.Older
}

// makeDocument sums a bucket's heads and writes its documents.
func (d *Deriver) makeDocument(ctx context.Context, b store.Bucket, s *Step) (heads int, err error) {
	sum := rollup.NewBuilder()
	for h, err := range d.store.Heads(ctx, b) {
		if err != nil {
			return 0, fmt.Errorf("read heads of %s/%s hour %d: %w", b.Tenant, b.App, b.Hour, err)
		}
		if err := sum.Add(&h); err != nil {
			s.Corrupt++
		}
		heads++
	}
	if err := d.store.PutRollups(ctx, sum.Rollups(b)); err != nil {
		return 0, fmt.Errorf("write documents of %s/%s hour %d: %w", b.Tenant, b.App, b.Hour, err)
	}
	return heads, nil
}
