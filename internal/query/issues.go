package query

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/issue"
	"github.com/otelcol-mobile/otelcol-mobile/internal/rollup"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// Fingerprint is an issue's first fine fingerprint with its coarse one.
type Fingerprint struct {
	Version string `json:"version"`
	Fine    string `json:"fine"`
	Coarse  string `json:"coarse"`
	Quality uint8  `json:"quality"`
}

// Issue is one line in the list of what goes wrong. Events, users, sessions,
// points and value are those of the range; first and last seen are of all time.
type Issue struct {
	ID           string      `json:"id"`
	Title        string      `json:"title"`
	Kind         string      `json:"kind"`
	Fatal        bool        `json:"fatal"`
	Status       string      `json:"status"`
	Culprit      string      `json:"culprit"`
	FirstSeen    time.Time   `json:"first_seen"`
	LastSeen     time.Time   `json:"last_seen"`
	FirstRelease string      `json:"first_release"`
	LastRelease  string      `json:"last_release"`
	Events       int64       `json:"events"`
	Users        int64       `json:"users"`
	Sessions     int64       `json:"sessions"`
	Points       int64       `json:"points"`
	Value        *Money      `json:"value"`
	Fingerprint  Fingerprint `json:"fingerprint"`

	id    store.Digest
	fine  []store.Fingerprint
	worth int64
	first store.Group
}

// Issues is a page of issues.
type Issues struct {
	Answer
	Items      []Issue `json:"items"`
	NextCursor string  `json:"next_cursor,omitempty"`
}

// IssueQuery says which issues, in which order, and where to go on.
type IssueQuery struct {
	Sort, Status string
	Limit        int
	Cursor       string
}

// sortKeys are the orders in which issues can be asked for, largest first.
func sortKeys() map[string]func(*Issue) int64 {
	return map[string]func(*Issue) int64{
		"last_seen": func(i *Issue) int64 { return i.LastSeen.UnixNano() },
		"events":    func(i *Issue) int64 { return i.Events },
		"users":     func(i *Issue) int64 { return i.Users },
		"points":    func(i *Issue) int64 { return i.Points },
		"value":     func(i *Issue) int64 { return i.worth },
	}
}

// issueCursor is a position in a list of issues.
type issueCursor struct {
	Sort string `json:"s"`
	Key  int64  `json:"k"`
	ID   string `json:"i"`
}

// after reads the cursor.
func (q *IssueQuery) after() (c issueCursor, err error) {
	if err := decodeCursor(q.Cursor, &c); err != nil {
		return c, err
	}
	if q.Cursor != "" && (c.Sort != q.Sort || c.ID == "") {
		return c, &ParamError{"cursor", "is not one of this list in this order"}
	}
	return c, nil
}

// Issues returns a page of the issues that happened in the range. Issues with
// equal keys are ordered by id.
func (e *Engine) Issues(ctx context.Context, s Scope, q IssueQuery) (Issues, error) {
	key, ok := sortKeys()[q.Sort]
	if !ok {
		return Issues{}, &ParamError{"sort", "must be one of last_seen, events, users, points, value"}
	}
	if q.Status != "" && q.Status != issue.Open {
		return Issues{}, &ParamError{"status", "must be open; other states are not supported yet"}
	}
	after, err := q.after()
	if err != nil {
		return Issues{}, err
	}
	a, err := e.answer(ctx, &s)
	if err != nil {
		return Issues{}, err
	}
	all, err := e.issues(ctx, s)
	if err != nil {
		return Issues{}, err
	}
	slices.SortFunc(all, func(a, b *Issue) int { return cmp.Or(cmp.Compare(key(b), key(a)), strings.Compare(a.ID, b.ID)) })
	out := Issues{Answer: a, Items: []Issue{}}
	for _, i := range all {
		if k := key(i); q.Cursor != "" && (k > after.Key || k == after.Key && i.ID <= after.ID) {
			continue
		}
		if len(out.Items) == q.Limit {
			last := &out.Items[q.Limit-1]
			out.NextCursor = encodeCursor(issueCursor{q.Sort, key(last), last.ID})
			break
		}
		out.Items = append(out.Items, *i)
	}
	return out, nil
}

// issues sums the fingerprints of a range by the issue they belong to.
func (e *Engine) issues(ctx context.Context, s Scope) ([]*Issue, error) {
	cells, err := e.docs(ctx, s, rollup.FamilyFingerprint)
	if err != nil {
		return nil, err
	}
	byID, sums := map[store.Digest]*Issue{}, map[store.Digest]*rollup.Cell{}
	for g, err := range e.store.Groups(ctx, s.Tenant, s.App) {
		if err != nil {
			return nil, fmt.Errorf("read fingerprints of %s/%s: %w", s.Tenant, s.App, err)
		}
		c := cells[g.Version+":"+hex.EncodeToString(g.Fine[:])]
		if c == nil {
			continue
		}
		id := issue.ID(g.Version, g.Coarse)
		if byID[id] == nil {
			byID[id], sums[id] = newIssue(id, g), &rollup.Cell{}
		}
		byID[id].add(g)
		sums[id].Merge(c)
	}
	total, err := e.docs(ctx, s, rollup.FamilyTotal)
	if err != nil {
		return nil, err
	}
	lead := total.Total().LeadingCurrency()
	out := make([]*Issue, 0, len(byID))
	for id, i := range byID {
		i.sum(sums[id], lead)
		out = append(out, i)
	}
	return out, nil
}

func newIssue(id store.Digest, g store.Group) *Issue {
	return &Issue{ID: issue.Text(id), id: id, Status: issue.Open, first: g}
}

// add adds a fingerprint to its issue. The texts are those of the first seen.
func (i *Issue) add(g store.Group) {
	i.fine = append(i.fine, g.Fingerprint)
	if f := &i.first; g.FirstSeen < f.FirstSeen || g.FirstSeen == f.FirstSeen && bytes.Compare(g.Fine[:], f.Fine[:]) < 0 {
		i.first = g
	}
	if at := nanoTime(g.LastSeen); i.LastSeen.IsZero() || at.After(i.LastSeen) {
		i.LastSeen, i.LastRelease = at, g.LastRelease
	}
	g = i.first
	i.Title, i.Culprit, i.Kind, i.Fatal = g.Title, g.Culprit, g.Kind, g.Fatal
	i.FirstSeen, i.FirstRelease = nanoTime(g.FirstSeen), g.FirstRelease
	i.Fingerprint = Fingerprint{g.Version, hex.EncodeToString(g.Fine[:]), hex.EncodeToString(g.Coarse[:]), g.Quality}
}

// sum takes the numbers of the range. Issues are ranked by their worth in the
// app's leading currency; one that has none of it shows what it has.
func (i *Issue) sum(c *rollup.Cell, lead string) {
	i.Events, i.Users, i.Sessions = c.Events, c.Users.Count(), c.SessionIDs.Count()
	for _, n := range c.Points {
		i.Points += n
	}
	i.worth = c.Value[lead]
	if i.worth == 0 {
		lead = ""
	}
	i.Value = leading(c.Value, lead)
}

// Frame is one call of a stack.
type Frame struct {
	Module   string `json:"module,omitempty"`
	Function string `json:"function,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Image    string `json:"image,omitempty"`
	System   bool   `json:"system,omitempty"`
}

// Exception is one link of a chain of causes, innermost frame first.
type Exception struct {
	Type    string  `json:"type,omitempty"`
	Message string  `json:"message,omitempty"`
	Frames  []Frame `json:"frames"`
}

// Occurrence is one event of an issue.
type Occurrence struct {
	ID         string      `json:"id"`
	Time       time.Time   `json:"time"`
	Session    string      `json:"session,omitempty"`
	Release    string      `json:"release"`
	OS         string      `json:"os"`
	Device     string      `json:"device"`
	Thread     string      `json:"thread,omitempty"`
	Exceptions []Exception `json:"exceptions"`
	Stack      string      `json:"stack"`
}

// IssueDetail is an issue with its newest stack.
type IssueDetail struct {
	Answer
	Issue
	Fingerprints []string    `json:"fingerprints"`
	Newest       *Occurrence `json:"newest"`
}

// Issue returns one issue. Its numbers are those of the range, even if that is
// none. ErrNotFound answers an id that the app does not have.
func (e *Engine) Issue(ctx context.Context, s Scope, idText string) (IssueDetail, error) {
	id, ok := issue.ParseID(idText)
	if !ok {
		return IssueDetail{}, ErrNotFound
	}
	a, err := e.answer(ctx, &s)
	if err != nil {
		return IssueDetail{}, err
	}
	cells, err := e.docs(ctx, s, rollup.FamilyFingerprint)
	if err != nil {
		return IssueDetail{}, err
	}
	var found *Issue
	sum := &rollup.Cell{}
	out := IssueDetail{Answer: a}
	for g, err := range e.store.Groups(ctx, s.Tenant, s.App) {
		if err != nil {
			return IssueDetail{}, fmt.Errorf("read fingerprints of %s/%s: %w", s.Tenant, s.App, err)
		}
		if issue.ID(g.Version, g.Coarse) != id {
			continue
		}
		if found == nil {
			found = newIssue(id, g)
		}
		found.add(g)
		ref := g.Version + ":" + hex.EncodeToString(g.Fine[:])
		out.Fingerprints = append(out.Fingerprints, ref)
		if c := cells[ref]; c != nil {
			sum.Merge(c)
		}
	}
	if found == nil {
		return IssueDetail{}, ErrNotFound
	}
	found.sum(sum, "")
	out.Issue = *found
	out.Newest, err = e.newest(ctx, s, found.fine)
	return out, err
}

// newest returns the newest stored occurrence of any of the fingerprints.
func (e *Engine) newest(ctx context.Context, s Scope, fine []store.Fingerprint) (*Occurrence, error) {
	var best *store.Crash
	for _, fp := range fine {
		list, err := collect(e.store.Crashes(ctx, s.Tenant, s.App, fp, 1))
		if err != nil {
			return nil, fmt.Errorf("read crashes of %s/%s: %w", s.Tenant, s.App, err)
		}
		if len(list) > 0 && (best == nil || list[0].Time > best.Time) {
			best = &list[0]
		}
	}
	if best == nil {
		return nil, nil //nolint:nilnil // an issue may outlive its stored occurrences
	}
	o, err := e.decode.Occurrence(*best)
	if err != nil {
		return nil, fmt.Errorf("read crash %q of %s/%s: %w", best.ID, s.Tenant, s.App, err)
	}
	return &o, nil
}
