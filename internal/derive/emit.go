package derive

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/issue"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

const (
	sessionReader = "emit/sessions"
	issueReader   = "emit/issues"
	// maxSent bounds what an emitter remembers of what it sent. At the limit
	// it forgets, and sends states again that consumers drop by revision.
	maxSent = 50_000
)

// Scored is the state of a session: its key, revision and head. A consumer
// keeps the highest revision of a key.
type Scored struct {
	store.SessionKey
	Rev  int64
	Head session.Head
}

// Opened is an issue that was seen for the first time.
type Opened struct {
	ID    store.Digest
	Group store.Group
}

// Emitter is the second reader of the feed. It sends states, never
// differences, and moves its cursors only after the consumer took them: a dead
// consumer delays emissions and never changes numbers. It is not safe for
// concurrent use.
type Emitter struct {
	store store.Store
	shard int16
	set   EmitSettings
	sent  map[store.SessionKey]int64
}

// EmitSettings are an emitter's settings.
type EmitSettings struct {
	// Generation is the deriver's: sessions are sent once it derived them.
	Generation int64
	// Idle is how long after a session's facts arrived its state is sent.
	Idle time.Duration
	// Batch is how many marks are read in one step.
	Batch int
}

// NewEmitter returns an emitter of a shard of the feed.
func NewEmitter(s store.Store, shard int16, set EmitSettings) *Emitter {
	return &Emitter{store: s, shard: shard, set: set, sent: map[store.SessionKey]int64{}}
}

// Sessions sends the states of sessions whose facts arrived Idle ago, unless
// the same revision was sent before. It returns how many marks it passed.
func (e *Emitter) Sessions(ctx context.Context, now time.Time, send func(context.Context, []Scored) error) (marks int, err error) {
	derived, err := e.store.Cursor(ctx, HeadReader(e.set.Generation), e.shard)
	if err != nil {
		return 0, fmt.Errorf("read cursor: %w", err)
	}
	due := func(m store.Mark) bool {
		return m.Seq <= derived.Seq && m.At <= now.Add(-e.set.Idle).UnixNano()
	}
	return e.pass(ctx, sessionReader, due, func(keys []store.SessionKey) error {
		var out []Scored
		for _, key := range keys {
			s, ok, err := e.scored(ctx, key)
			if err != nil {
				return err
			}
			if ok && e.sent[key] != s.Rev {
				out = append(out, s)
			}
		}
		if len(out) == 0 {
			return nil
		}
		if err := send(ctx, out); err != nil {
			return err
		}
		if len(e.sent) > maxSent {
			clear(e.sent)
		}
		for _, s := range out {
			e.sent[s.SessionKey] = s.Rev
		}
		return nil
	})
}

// scored returns the state of a session that counts as one.
func (e *Emitter) scored(ctx context.Context, key store.SessionKey) (s Scored, ok bool, err error) {
	if session.IsImplicit(key.Session) {
		return s, false, nil
	}
	for h, err := range e.store.SessionHeads(ctx, key) {
		if err != nil {
			return s, false, fmt.Errorf("read heads of session %q: %w", key.Session, err)
		}
		if len(h.Data) == 0 || ok && h.Rev <= s.Rev {
			continue
		}
		s = Scored{SessionKey: key, Rev: h.Rev}
		ok = s.Head.Decode(h.Data) == nil // the deriver writes it anew when the session gets facts
	}
	return s, ok, nil
}

// Issues opens the issues of apps that got facts and sends those that nobody
// announced yet. It returns how many marks it passed.
func (e *Emitter) Issues(ctx context.Context, send func(context.Context, []Opened) error) (marks int, err error) {
	all := func(store.Mark) bool { return true }
	return e.pass(ctx, issueReader, all, func(keys []store.SessionKey) error {
		apps := map[[2]string]bool{}
		for _, k := range keys {
			apps[[2]string{k.Tenant, k.App}] = true
		}
		for app := range apps {
			if err := e.openIssues(ctx, app[0], app[1], send); err != nil {
				return err
			}
		}
		return nil
	})
}

// openIssues opens the issues of an app that are missing and announces those
// that nobody did.
func (e *Emitter) openIssues(ctx context.Context, tenant, app string, send func(context.Context, []Opened) error) error {
	known := map[store.Digest]bool{} // and whether it was announced
	for is, err := range e.store.Issues(ctx, tenant, app) {
		if err != nil {
			return fmt.Errorf("read issues of %s/%s: %w", tenant, app, err)
		}
		known[is.ID] = is.Announced
	}
	fresh := map[store.Digest]store.Group{}
	for g, err := range e.store.Groups(ctx, tenant, app) {
		if err != nil {
			return fmt.Errorf("read fingerprints of %s/%s: %w", tenant, app, err)
		}
		id := issue.ID(g.Version, g.Coarse)
		if first, seen := fresh[id]; !known[id] && (!seen || g.FirstSeen < first.FirstSeen) {
			fresh[id] = g
		}
	}
	var out []Opened
	for id, g := range fresh {
		if _, exists := known[id]; !exists {
			stored, _, err := e.store.OpenIssue(ctx, store.Issue{Tenant: tenant, App: app, ID: id, Opened: g.FirstSeen, Status: issue.Open})
			if err != nil {
				return fmt.Errorf("open issue %s of %s/%s: %w", issue.Text(id), tenant, app, err)
			}
			if stored.Announced {
				continue
			}
		}
		out = append(out, Opened{id, g})
	}
	slices.SortFunc(out, func(a, b Opened) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return e.announce(ctx, tenant, app, out, send)
}

// announce sends issues and then, not before, notes that it did.
func (e *Emitter) announce(ctx context.Context, tenant, app string, out []Opened, send func(context.Context, []Opened) error) error {
	if len(out) == 0 {
		return nil
	}
	if err := send(ctx, out); err != nil {
		return err
	}
	for _, o := range out {
		if err := e.store.Announce(ctx, tenant, app, o.ID); err != nil {
			return fmt.Errorf("announce issue %s of %s/%s: %w", issue.Text(o.ID), tenant, app, err)
		}
	}
	return nil
}

// pass reads a batch of marks that are due, does the work for their sessions,
// and moves the reader's cursor.
func (e *Emitter) pass(ctx context.Context, reader string, due func(store.Mark) bool, work func([]store.SessionKey) error) (marks int, err error) {
	c, err := e.store.Cursor(ctx, reader, e.shard)
	if err != nil {
		return 0, fmt.Errorf("read cursor %q: %w", reader, err)
	}
	var keys []store.SessionKey
	seen := map[store.SessionKey]bool{}
	for m, err := range e.store.Marks(ctx, e.shard, c.Seq, e.set.Batch) {
		if err != nil {
			return 0, fmt.Errorf("read marks after %d: %w", c.Seq, err)
		}
		if !due(m) {
			break
		}
		c = store.Cursor{Seq: m.Seq, Until: m.At}
		marks++
		if !seen[m.SessionKey] {
			seen[m.SessionKey] = true
			keys = append(keys, m.SessionKey)
		}
	}
	if marks == 0 {
		return 0, nil
	}
	if err := work(keys); err != nil {
		return 0, err
	}
	if err := e.store.MoveCursor(ctx, reader, e.shard, c); err != nil {
		return 0, fmt.Errorf("move cursor %q: %w", reader, err)
	}
	return marks, nil
}
