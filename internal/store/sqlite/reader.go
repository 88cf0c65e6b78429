package sqlite

import (
	"context"
	"fmt"
	"iter"
	"math"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// Tenants implements store.Feed. It leaps along the index from one tenant to the
// next, however many apps each has.
func (s *Store) Tenants(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for last, more := "", true; more; {
			more = false
			next := list[string]{
				op: "read tenants", stmt: s.ask.tenants, after: []any{[]byte(last)}, limit: 1,
				scan:     func(from scanner, tenant *string) (int, error) { return 0, from.Scan(tenant) },
				position: func(tenant *string) []any { return []any{[]byte(*tenant)} },
			}.all(ctx, s)
			for tenant, err := range next {
				if !yield(tenant, err) || err != nil {
					return
				}
				last, more = tenant, true
			}
		}
	}
}

// Apps implements store.Reader.
func (s *Store) Apps(ctx context.Context, tenant string) iter.Seq2[store.App, error] {
	type row struct {
		id int64
		store.App
	}
	rows := list[row]{
		op: "read apps", stmt: s.ask.apps,
		about: []any{[]byte(tenant)}, after: []any{[]byte{}, []byte{}, 0}, limit: everything,
		scan: func(from scanner, r *row) (int, error) {
			r.Tenant = tenant
			return 0, from.Scan(&r.id, &r.App.App, &r.Platform, &r.Name, &r.LastSeen)
		},
		position: func(r *row) []any { return []any{[]byte(r.App.App), []byte(r.Platform), r.id} },
	}.all(ctx, s)
	return func(yield func(store.App, error) bool) {
		for r, err := range rows {
			if !yield(r.App, err) {
				return
			}
		}
	}
}

// Chunks implements store.Reader.
func (s *Store) Chunks(ctx context.Context, key store.SessionKey) iter.Seq2[store.Chunk, error] {
	return list[store.Chunk]{
		op: fmt.Sprintf("read chunks of session %q", key.Session), stmt: s.ask.chunks,
		about: sessionArgs(&key), after: []any{[]byte{}}, limit: everything,
		scan: func(row scanner, c *store.Chunk) (int, error) {
			c.SessionKey = key
			err := row.Scan(digest{c.Upload[:]}, digest{c.Variant[:]}, &c.Start, &c.Records, &c.Signal, &c.Payload)
			return len(c.Payload), err
		},
		position: func(c *store.Chunk) []any { return []any{c.Upload[:]} },
	}.all(ctx, s)
}

// Rollups implements store.Reader.
func (s *Store) Rollups(ctx context.Context, tenant, app, family string, from, to int32) iter.Seq2[store.Rollup, error] {
	return list[store.Rollup]{
		op: fmt.Sprintf("read rollups of app %q", app), stmt: s.ask.rollups,
		about: []any{[]byte(tenant), []byte(app), []byte(family), to}, after: []any{from, int64(beforeAll)}, limit: everything,
		scan: func(row scanner, r *store.Rollup) (int, error) {
			r.Tenant, r.App, r.Family = tenant, app, family
			err := row.Scan(&r.Hour, &r.Shard, &r.Rev, &r.Data)
			return len(r.Data), err
		},
		position: func(r *store.Rollup) []any { return []any{r.Hour, r.Shard} },
	}.all(ctx, s)
}

// Groups implements store.Reader.
func (s *Store) Groups(ctx context.Context, tenant, app string) iter.Seq2[store.Group, error] {
	return list[store.Group]{
		op: fmt.Sprintf("read fingerprints of app %q", app), stmt: s.ask.groups,
		about: []any{[]byte(tenant), []byte(app)}, after: []any{[]byte{}, []byte{}}, limit: everything,
		scan: func(row scanner, g *store.Group) (int, error) {
			g.Tenant, g.App = tenant, app
			return len(g.Title) + len(g.Culprit), row.Scan(&g.Version, digest{g.Fine[:]}, digest{g.Coarse[:]}, &g.Kind, &g.Fatal, &g.Quality,
				&g.Title, &g.Culprit, &g.FirstSeen, &g.FirstRelease, &g.LastSeen, &g.LastRelease)
		},
		position: func(g *store.Group) []any { return []any{[]byte(g.Version), g.Fine[:]} },
	}.all(ctx, s)
}

// Crashes implements store.Reader.
func (s *Store) Crashes(ctx context.Context, tenant, app string, fp store.Fingerprint, limit int) iter.Seq2[store.Crash, error] {
	type row struct {
		id int64
		store.Crash
	}
	rows := list[row]{
		op: fmt.Sprintf("read crashes of fingerprint %x", fp.Fine), stmt: s.ask.crashes,
		about: []any{[]byte(tenant), []byte(app), []byte(fp.Version), fp.Fine[:]}, after: []any{int64(math.MaxInt64), int64(math.MaxInt64)}, limit: limit,
		scan: func(from scanner, r *row) (int, error) {
			r.Tenant, r.App, r.Fingerprint = tenant, app, fp
			err := from.Scan(&r.id, &r.Week, &r.Session, digest{r.Upload[:]}, digest{r.Variant[:]}, &r.ID, &r.Time,
				&r.Release, &r.OS, &r.Device, &r.Class, &r.Body)
			return len(r.Body), err
		},
		position: func(r *row) []any { return []any{r.Time, r.id} },
	}.all(ctx, s)
	return func(yield func(store.Crash, error) bool) {
		for r, err := range rows {
			if !yield(r.Crash, err) {
				return
			}
		}
	}
}

// SessionWeeks implements store.Reader.
func (s *Store) SessionWeeks(ctx context.Context, tenant, app, session string) iter.Seq2[store.SessionKey, error] {
	return list[store.SessionKey]{
		op: fmt.Sprintf("read weeks of session %q", session), stmt: s.ask.weeks,
		about: []any{[]byte(tenant), []byte(app), []byte(session)}, after: []any{int64(math.MaxInt64)}, limit: everything,
		scan: func(row scanner, k *store.SessionKey) (int, error) {
			k.Tenant, k.App, k.Session = tenant, app, session
			return 0, row.Scan(&k.Week)
		},
		position: func(k *store.SessionKey) []any { return []any{k.Week} },
	}.all(ctx, s)
}

// Issues implements store.Issues.
func (s *Store) Issues(ctx context.Context, tenant, app string) iter.Seq2[store.Issue, error] {
	return list[store.Issue]{
		op: fmt.Sprintf("read issues of app %q", app), stmt: s.ask.issues,
		about: []any{[]byte(tenant), []byte(app)}, after: []any{[]byte{}}, limit: everything,
		scan: func(row scanner, is *store.Issue) (int, error) {
			is.Tenant, is.App = tenant, app
			return scanIssue(row, is)
		},
		position: func(is *store.Issue) []any { return []any{is.ID[:]} },
	}.all(ctx, s)
}

func scanIssue(row scanner, is *store.Issue) (int, error) {
	return 0, row.Scan(digest{is.ID[:]}, &is.Opened, &is.Status, &is.Announced)
}
