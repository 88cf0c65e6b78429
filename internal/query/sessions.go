package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/issue"
	"github.com/otelcol-mobile/otelcol-mobile/internal/rollup"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
)

// closedAfter is how long after its last activity a session is closed.
const closedAfter = 15 * time.Minute

// Points says what cost how many points of a session's score.
type Points struct {
	// Factor is the factor or disruption.
	Factor string `json:"factor"`
	Points int    `json:"points"`
	// Issue is the issue behind it, Flow the userflow.
	Issue string `json:"issue,omitempty"`
	Flow  string `json:"flow,omitempty"`
}

// Session is one session's head.
type Session struct {
	ID       string    `json:"id"`
	Started  time.Time `json:"started"`
	LastSeen time.Time `json:"last_seen"`
	// DurationMS is the time from the first to the last activity.
	DurationMS float64 `json:"duration_ms"`
	// Closed is true once the session has ended or was idle for long.
	Closed bool `json:"closed"`
	// Score is null where too little is known to score the session.
	Score       *int     `json:"score"`
	Class       string   `json:"class"`
	Coverage    float64  `json:"coverage"`
	Crashed     bool     `json:"crashed"`
	Crashes     int      `json:"crashes"`
	ANRs        int      `json:"anrs"`
	Errors      int      `json:"errors"`
	Events      int64    `json:"events"`
	Release     string   `json:"release"`
	OSFamily    string   `json:"os_family"`
	OS          string   `json:"os"`
	Device      string   `json:"device"`
	DeviceClass string   `json:"device_class"`
	SDK         string   `json:"sdk"`
	Points      []Points `json:"points"`
	Revision    int64    `json:"revision"`
	Truncated   bool     `json:"truncated,omitempty"`

	key   store.SessionKey
	start int64
}

// Sessions is a page of sessions, newest first.
type Sessions struct {
	Answer
	Items      []Session `json:"items"`
	NextCursor string    `json:"next_cursor,omitempty"`
}

// sessionCursor is a position in a list of sessions.
type sessionCursor struct {
	Start int64  `json:"s"`
	ID    string `json:"i"`
	Week  int32  `json:"w"`
}

func (c sessionCursor) compare(o sessionCursor) int {
	return cmp.Or(cmp.Compare(o.Start, c.Start), strings.Compare(c.ID, o.ID), cmp.Compare(o.Week, c.Week))
}

func (s *Session) cursor() sessionCursor { return sessionCursor{s.start, s.key.Session, s.key.Week} }

func afterSession(cursor string) (c sessionCursor, err error) {
	if err := decodeCursor(cursor, &c); err != nil {
		return c, err
	}
	if cursor != "" && c.ID == "" {
		return c, &ParamError{"cursor", "is not one of this list"}
	}
	return c, nil
}

// Sessions returns a page of the sessions that started in the range, newest
// first.
func (e *Engine) Sessions(ctx context.Context, s Scope, limit int, cursor string, now time.Time) (Sessions, error) {
	after, err := afterSession(cursor)
	if err != nil {
		return Sessions{}, err
	}
	a, err := e.answer(ctx, &s)
	if err != nil {
		return Sessions{}, err
	}
	buckets, err := e.buckets(ctx, s)
	if err != nil {
		return Sessions{}, err
	}
	issueOf, err := e.issueOf(ctx, s)
	if err != nil {
		return Sessions{}, err
	}
	out := Sessions{Answer: a, Items: []Session{}}
	for len(buckets) > 0 {
		hour := buckets[0].Hour
		n := slices.IndexFunc(buckets, func(b store.Bucket) bool { return b.Hour != hour })
		if n < 0 {
			n = len(buckets)
		}
		if cursor != "" && hour > session.Hour(after.Start) {
			buckets = buckets[n:] // all of it came on earlier pages
			continue
		}
		page, err := e.hour(ctx, buckets[:n], issueOf, now)
		if err != nil {
			return Sessions{}, err
		}
		buckets = buckets[n:]
		for i := range page {
			if cursor != "" && page[i].cursor().compare(after) <= 0 {
				continue
			}
			if len(out.Items) == limit {
				out.NextCursor = encodeCursor(out.Items[limit-1].cursor())
				return out, nil
			}
			out.Items = append(out.Items, page[i])
		}
	}
	return out, nil
}

// buckets returns the buckets of a range that have sessions, newest first.
func (e *Engine) buckets(ctx context.Context, s Scope) ([]store.Bucket, error) {
	var out []store.Bucket
	for r, err := range e.store.Rollups(ctx, s.Tenant, s.App, rollup.FamilyTotal, s.From, s.To) {
		if err != nil {
			return nil, fmt.Errorf("read rollups of %s/%s: %w", s.Tenant, s.App, err)
		}
		if len(r.Data) > 0 {
			out = append(out, r.Bucket)
		}
	}
	slices.Reverse(out)
	return out, nil
}

// hour returns the sessions of an hour, newest first.
func (e *Engine) hour(ctx context.Context, buckets []store.Bucket, issueOf map[string]string, now time.Time) ([]Session, error) {
	var out []Session
	for _, b := range buckets {
		for row, err := range e.store.Heads(ctx, b) {
			if err != nil {
				return nil, fmt.Errorf("read heads of %s/%s hour %d: %w", b.Tenant, b.App, b.Hour, err)
			}
			if len(row.Data) == 0 || session.IsImplicit(row.Session) {
				continue
			}
			var h session.Head
			if h.Decode(row.Data) != nil {
				continue // a damaged head hides its own session only
			}
			out = append(out, sessionOf(&row, &h, issueOf, now))
		}
	}
	slices.SortFunc(out, func(a, b Session) int { return a.cursor().compare(b.cursor()) })
	return out, nil
}

// issueOf maps the refs of an app's fingerprints to their issues.
func (e *Engine) issueOf(ctx context.Context, s Scope) (map[string]string, error) {
	out := map[string]string{}
	for g, err := range e.store.Groups(ctx, s.Tenant, s.App) {
		if err != nil {
			return nil, fmt.Errorf("read fingerprints of %s/%s: %w", s.Tenant, s.App, err)
		}
		v := session.Incident{Version: g.Version, Fine: g.Fine}
		out[v.Ref()] = issue.Text(issue.ID(g.Version, g.Coarse))
	}
	return out, nil
}

func sessionOf(row *store.Head, h *session.Head, issueOf map[string]string, now time.Time) Session {
	out := Session{
		ID: row.Session, Started: nanoTime(h.First), LastSeen: nanoTime(h.Last), DurationMS: h.Length().Seconds() * 1000,
		Closed: h.Ended >= h.Last && h.Ended > 0 || now.Sub(nanoTime(h.Last)) > closedAfter,
		Class:  string(h.Score.Class), Coverage: float64(h.Score.Coverage) / 1e6, Crashed: h.CrashSeen(), Events: h.Events,
		Release: h.Release.Value, OSFamily: h.OSFamily.Value, OS: h.OSVersion.Value, Device: h.Device.Value,
		DeviceClass: h.DeviceClass.Value, SDK: h.SDK.Value, Points: []Points{}, Revision: row.Rev, Truncated: h.Truncated,
		key: row.SessionKey, start: h.First,
	}
	if h.Score.Class != uxscore.NotScored {
		out.Score = &h.Score.Score
	}
	for _, v := range h.Distinct() {
		switch v.Kind {
		case session.Crash:
			out.Crashes++
		case session.ANR:
			out.ANRs++
		case session.Error:
			out.Errors++
		}
	}
	for _, p := range h.Score.Points {
		v := Points{Factor: p.Name, Points: p.Points}
		if p.Name == uxscore.FailedFlow.String() || p.Name == uxscore.CriticalFlow.String() {
			v.Flow = p.Ref
		} else {
			v.Issue = issueOf[p.Ref]
		}
		out.Points = append(out.Points, v)
	}
	return out
}

// Event is one canonical record of a session.
type Event struct {
	Time time.Time `json:"time"`
	// Name is the event's or span's name, or the log's text.
	Name string `json:"name"`
	// Type is log or span.
	Type       string         `json:"type"`
	DurationMS *float64       `json:"duration_ms,omitempty"`
	Attributes map[string]any `json:"attributes"`
	// Size is about how many bytes the attributes take.
	Size int `json:"-"`
}

// Flow is one run of a userflow.
type Flow struct {
	Name    string    `json:"name"`
	Outcome string    `json:"outcome"`
	Time    time.Time `json:"time"`
	Value   *Money    `json:"value"`
	EyeMS   float64   `json:"eye_ms"`
}

// SessionDetail is a session with everything that is stored of it.
type SessionDetail struct {
	Answer
	Session
	Flows []Flow `json:"flows"`
	// Events are in order of time; More is true where there are more than fit.
	Events []Event `json:"timeline"`
	More   bool    `json:"timeline_truncated,omitempty"`
}

// maxTimeline and maxTimelineBytes bound what of a session is answered: its
// earliest events.
const (
	maxTimeline      = 5000
	maxTimelineBytes = 16 << 20
)

// Session returns a session with its timeline. Of a session id that lived for
// longer than a week, the newest week is answered. ErrNotFound answers an id
// that the app does not have.
func (e *Engine) Session(ctx context.Context, tenant, app, id string, now time.Time) (SessionDetail, error) {
	a, err := e.answer(ctx, nil)
	if err != nil {
		return SessionDetail{}, err
	}
	for key, err := range e.store.SessionWeeks(ctx, tenant, app, id) {
		if err != nil {
			return SessionDetail{}, fmt.Errorf("read session %q of %s/%s: %w", id, tenant, app, err)
		}
		row, h, err := e.head(ctx, key)
		if err != nil {
			return SessionDetail{}, err
		}
		if row == nil {
			continue
		}
		issueOf, err := e.issueOf(ctx, Scope{Tenant: tenant, App: app})
		if err != nil {
			return SessionDetail{}, err
		}
		out := SessionDetail{Answer: a, Session: sessionOf(row, h, issueOf, now), Flows: flowsOf(h)}
		out.Events, out.More, err = e.timeline(ctx, key)
		return out, err
	}
	return SessionDetail{}, ErrNotFound
}

// head returns the head that stands of a session, nil where there is none yet.
func (e *Engine) head(ctx context.Context, key store.SessionKey) (*store.Head, *session.Head, error) {
	var best *store.Head
	for row, err := range e.store.SessionHeads(ctx, key) {
		if err != nil {
			return nil, nil, fmt.Errorf("read heads of session %q: %w", key.Session, err)
		}
		if len(row.Data) > 0 && (best == nil || row.Rev > best.Rev) {
			best = &row
		}
	}
	if best == nil {
		return nil, nil, nil
	}
	var h session.Head
	if err := h.Decode(best.Data); err != nil {
		return nil, nil, fmt.Errorf("session %q: %w", key.Session, err)
	}
	return best, &h, nil
}

func flowsOf(h *session.Head) []Flow {
	results := h.FlowResults()
	out := make([]Flow, 0, len(results))
	for _, f := range results {
		v := Flow{Name: f.Name, Outcome: f.Outcome.String(), Time: nanoTime(f.Time), EyeMS: float64(f.Eye) / 1000}
		if f.Currency != "" {
			v.Value = &Money{f.Value, f.Currency}
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b Flow) int { return a.Time.Compare(b.Time) })
	return out
}

// timeline reads a session's events in order of time. Of more than fit the
// earliest are kept, without gaps.
func (e *Engine) timeline(ctx context.Context, key store.SessionKey) (events []Event, more bool, err error) {
	events = []Event{}
	size := 0
	for c, err := range e.store.Chunks(ctx, key) {
		if err != nil {
			return nil, false, fmt.Errorf("read events of session %q: %w", key.Session, err)
		}
		list, err := e.decode.Events(c)
		if err != nil {
			more = true // a damaged chunk hides its own events only, and the answer says that some are missing
			continue
		}
		for i := range list {
			size += list[i].Size
		}
		events = append(events, list...)
		if len(events) > 2*maxTimeline || size > 2*maxTimelineBytes {
			var cut bool
			events, size, cut = earliest(events)
			more = more || cut
		}
	}
	events, _, cut := earliest(events)
	return events, more || cut, nil
}

// earliest sorts events and cuts them to what is answered. It returns their size
// and whether anything was cut.
func earliest(events []Event) (kept []Event, size int, cut bool) {
	slices.SortStableFunc(events, func(a, b Event) int { return a.Time.Compare(b.Time) })
	for i := range events {
		if i == maxTimeline || i > 0 && size+events[i].Size > maxTimelineBytes {
			clear(events[i:])
			return events[:i], size, true
		}
		size += events[i].Size
	}
	return events, size, false
}
