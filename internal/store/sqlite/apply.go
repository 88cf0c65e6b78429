package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// Apply implements store.Writer.
func (s *Store) Apply(ctx context.Context, facts *store.Facts) error {
	rows := 2*len(facts.Parts) + len(facts.Chunks) + len(facts.Crashes) + len(facts.Groups) + len(facts.Apps)
	if rows == 0 && !s.isClosed() {
		return nil
	}
	err := s.write.submit(ctx, rows, func(ctx context.Context, w *writer) error { return w.apply(ctx, facts) })
	return s.explain(ctx, "apply facts", err)
}

func (w *writer) apply(ctx context.Context, f *store.Facts) error {
	for i := range f.Chunks {
		if err := w.chunk(ctx, &f.Chunks[i]); err != nil {
			return fmt.Errorf("chunk of session %q: %w", f.Chunks[i].Session, err)
		}
	}
	for i := range f.Parts {
		if err := w.part(ctx, &f.Parts[i]); err != nil {
			return fmt.Errorf("part of session %q: %w", f.Parts[i].Session, err)
		}
	}
	for i := range f.Crashes {
		if err := w.crash(ctx, &f.Crashes[i]); err != nil {
			return fmt.Errorf("crash %q: %w", f.Crashes[i].ID, err)
		}
	}
	for i := range f.Groups {
		if err := w.fingerprint(ctx, &f.Groups[i]); err != nil {
			return fmt.Errorf("fingerprint %x: %w", f.Groups[i].Fine, err)
		}
	}
	for i := range f.Apps {
		a := &f.Apps[i]
		if _, err := w.exec(ctx, w.putApp, []byte(a.Tenant), []byte(a.App), []byte(a.Platform), []byte(a.Name), a.LastSeen); err != nil {
			return fmt.Errorf("app %q: %w", a.App, err)
		}
	}
	return w.mark(ctx, f.Parts)
}

func (w *writer) chunk(ctx context.Context, c *store.Chunk) error {
	_, err := w.exec(ctx, w.insertChunk, w.now, []byte(c.Tenant), []byte(c.App), c.Week, []byte(c.Session), c.Upload[:], c.Variant[:],
		c.Start, c.Records, c.Signal, blob(c.Payload))
	return err
}

func (w *writer) part(ctx context.Context, p *store.Part) error {
	_, err := w.exec(ctx, w.insertPart, w.now, []byte(p.Tenant), []byte(p.App), p.Week, []byte(p.Session), p.Upload[:], p.Variant[:], blob(p.Data))
	return err
}

func (w *writer) crash(ctx context.Context, c *store.Crash) error {
	_, err := w.exec(ctx, w.insertCrash, w.now, []byte(c.Tenant), []byte(c.App), c.Week, []byte(c.Session), c.Upload[:], c.Variant[:],
		[]byte(c.Fingerprint.Version), c.Fingerprint.Fine[:], []byte(c.ID), c.Time,
		[]byte(c.Release), []byte(c.OS), []byte(c.Device), []byte(c.Class), blob(c.Body))
	return err
}

func (w *writer) fingerprint(ctx context.Context, g *store.Group) error {
	key := []any{[]byte(g.Tenant), []byte(g.App), []byte(g.Version), g.Fine[:]}
	_, err := w.exec(ctx, w.groupTexts, append(key[:4:4], g.Coarse[:], []byte(g.Kind), g.Fatal, g.Quality, []byte(g.Title), []byte(g.Culprit),
		g.FirstSeen, []byte(g.FirstRelease), g.LastSeen, []byte(g.LastRelease))...)
	if err != nil {
		return err
	}
	if _, err = w.exec(ctx, w.groupFirst, append(key[:4:4], g.FirstSeen, []byte(g.FirstRelease))...); err != nil {
		return err
	}
	_, err = w.exec(ctx, w.groupLast, append(key[:4:4], g.LastSeen, []byte(g.LastRelease))...)
	return err
}

// mark writes one mark for each session that got parts.
func (w *writer) mark(ctx context.Context, parts []store.Part) error {
	var seen map[store.SessionKey]bool
	if len(parts) > 1 {
		seen = make(map[store.SessionKey]bool, len(parts))
	}
	for i := range parts {
		key := &parts[i].SessionKey
		if seen[*key] {
			continue
		}
		if seen != nil {
			seen[*key] = true
		}
		if _, err := w.exec(ctx, w.insertMark, w.now, []byte(key.Tenant), []byte(key.App), key.Week, []byte(key.Session)); err != nil {
			return fmt.Errorf("mark of session %q: %w", key.Session, err)
		}
	}
	return nil
}

// blob makes an absent value an empty one: no column takes NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// PutHeads implements store.Derived.
func (s *Store) PutHeads(ctx context.Context, heads []store.Head) error {
	err := s.write.submit(ctx, len(heads), func(ctx context.Context, w *writer) error {
		for i := range heads {
			h := &heads[i]
			if _, err := w.exec(ctx, w.putHead, w.now, []byte(h.Tenant), []byte(h.App), h.Week, []byte(h.Session), h.Hour, h.Shard, h.Rev, blob(h.Data)); err != nil {
				return fmt.Errorf("session %q: %w", h.Session, err)
			}
		}
		return nil
	})
	return s.explain(ctx, "put heads", err)
}

// PutRollups implements store.Derived.
func (s *Store) PutRollups(ctx context.Context, docs []store.Rollup) error {
	err := s.write.submit(ctx, len(docs), func(ctx context.Context, w *writer) error {
		for i := range docs {
			r := &docs[i]
			if _, err := w.exec(ctx, w.putRollup, []byte(r.Tenant), []byte(r.App), []byte(r.Family), r.Hour, r.Shard, r.Rev, blob(r.Data)); err != nil {
				return fmt.Errorf("family %q: %w", r.Family, err)
			}
		}
		return nil
	})
	return s.explain(ctx, "put rollups", err)
}

// MoveCursor implements store.Feed.
func (s *Store) MoveCursor(ctx context.Context, reader string, shard int16, c store.Cursor) error {
	err := s.write.submit(ctx, 1, func(ctx context.Context, w *writer) error {
		_, err := w.exec(ctx, w.moveCursor, []byte(reader), shard, c.Seq, c.Until)
		return err
	})
	return s.explain(ctx, "move cursor "+reader, err)
}

// OpenIssue implements store.Issues.
func (s *Store) OpenIssue(ctx context.Context, is store.Issue) (stored store.Issue, created bool, err error) {
	stored = store.Issue{Tenant: is.Tenant, App: is.App}
	err = s.write.submit(ctx, 1, func(ctx context.Context, w *writer) error {
		key := []any{[]byte(is.Tenant), []byte(is.App), is.ID[:]}
		n, e := w.exec(ctx, w.openIssue, append(key[:3:3], is.Opened, []byte(is.Status), is.Announced)...)
		if e != nil {
			return e
		}
		created = n > 0
		_, e = scanIssue(w.readIssue.QueryRowContext(ctx, key...), &stored)
		return e
	})
	if err != nil {
		return store.Issue{}, false, s.explain(ctx, "open issue", err)
	}
	return stored, created, nil
}

// Announce implements store.Issues.
func (s *Store) Announce(ctx context.Context, tenant, app string, id store.Digest) error {
	err := s.write.submit(ctx, 1, func(ctx context.Context, w *writer) error {
		_, err := w.exec(ctx, w.announced, []byte(tenant), []byte(app), id[:])
		return err
	})
	return s.explain(ctx, "announce issue", err)
}

// Expire implements store.Maintainer. The file does not shrink: new rows take
// the place of deleted ones.
func (s *Store) Expire(ctx context.Context, now time.Time, keep store.Retention, limit int) (deleted int64, err error) {
	err = s.write.submit(ctx, limit, func(ctx context.Context, w *writer) error {
		deleted = 0
		for _, kind := range w.expiries(keep) {
			if kind.keep <= 0 {
				continue
			}
			args := []any{now.Add(-kind.keep).UnixNano(), limit}
			if kind.stmt == w.expireMarks {
				args = append(args, now.Add(-2*kind.keep).UnixNano())
			}
			n, e := w.exec(ctx, kind.stmt, args...)
			if e != nil {
				return e
			}
			deleted += n
		}
		return nil
	})
	if err != nil {
		return 0, s.explain(ctx, "expire", err)
	}
	return deleted, nil
}
