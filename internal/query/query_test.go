package query

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/derive"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store/sqlite"
	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
)

var begin = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)

// clock is when facts arrive.
func clock() time.Time { return begin.AddDate(0, 0, 2) }

// plain decodes nothing: chunks and crashes here have empty bodies.
type plain struct{}

func (plain) Events(c store.Chunk) ([]Event, error) {
	return []Event{{Time: nanoTime(c.Start), Name: string(c.Payload)}}, nil
}

func (plain) Occurrence(c store.Crash) (Occurrence, error) { return Occurrence{ID: c.ID}, nil }

// world is a store with two tenants' facts, derived.
type world struct {
	*sqlite.Store
	engine *Engine
}

// one is one session: when it began, who, which release, and which
// fingerprints it crashed with.
type one struct {
	tenant, id string
	at         time.Duration
	user       uint64
	release    string
	crashes    []byte
}

func sessions() []one {
	return []one{
		{"acme", "a", 0, 1, "1.0", nil},
		{"acme", "b", 10 * time.Minute, 1, "1.0", []byte{1}},
		{"acme", "c", 70 * time.Minute, 2, "1.1", []byte{1}},
		{"acme", "d", 80 * time.Minute, 3, "1.1", []byte{2}},
		{"acme", "e", 25 * time.Hour, 3, "1.1", nil},
		{"globex", "a", 0, 9, "7", []byte{3}},
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Settings{Path: filepath.Join(t.TempDir(), "mobile.db"), Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	for i, v := range sessions() {
		require.NoError(t, s.Apply(t.Context(), v.facts(byte(i+1))))
	}
	schedule, err := uxscore.NewSchedule(uxscore.Entry{Default: uxscore.NewRules(uxscore.Default())})
	require.NoError(t, err)
	_, err = derive.New(s, 0, derive.Settings{Schedule: schedule, Batch: 100}).Step(t.Context(), clock().Add(time.Hour))
	require.NoError(t, err)
	return &world{s, NewEngine(s, plain{}, 0)}
}

func (v one) facts(upload byte) *store.Facts {
	at := begin.Add(v.at).UnixNano()
	var s session.State
	s.Saw(at, at+int64(time.Minute))
	s.AddUser(1, v.user)
	s.Release = session.Label{Time: at, Value: v.release}
	s.AddLoad(at, 500_000)
	s.AddFlow("f", "checkout", session.FlowMark{Time: at, Outcome: session.Started, Value: 1000, Currency: "EUR"})
	f := &store.Facts{}
	key := store.FactKey{SessionKey: store.SessionKey{Tenant: v.tenant, App: "shop", Session: v.id, Week: session.Week(at)}, Upload: store.Digest{upload}}
	for _, fine := range v.crashes {
		fp := store.Fingerprint{Version: "f1", Fine: store.Digest{fine}}
		s.AddIncident(session.Incident{Kind: session.Crash, ID: "c", Time: at + 1, Version: "f1", Fine: fp.Fine})
		f.Groups = append(f.Groups, store.Group{
			Tenant: v.tenant, App: "shop", Fingerprint: fp, Coarse: store.Digest{fine}, Kind: "crash", Fatal: true, Quality: 3,
			Title: fmt.Sprintf("bug %d", fine), FirstSeen: at + 1, LastSeen: at + 1, FirstRelease: v.release, LastRelease: v.release,
		})
		f.Crashes = append(f.Crashes, store.Crash{FactKey: key, Fingerprint: fp, ID: "crash-" + v.id, Time: at + 1})
	}
	f.Parts = []store.Part{{FactKey: key, Data: s.Append(nil)}}
	f.Chunks = []store.Chunk{{FactKey: key, Start: at, Records: 1, Signal: 'l', Payload: []byte("hello")}}
	f.Apps = []store.App{{Tenant: v.tenant, App: "shop", Platform: "android", Name: "Shop", LastSeen: at}}
	return f
}

func scope(t *testing.T, tenant string, from, to time.Time) Scope {
	t.Helper()
	s, err := NewScope(tenant, "shop", from, to)
	require.NoError(t, err)
	return s
}

func day(t *testing.T) Scope {
	t.Helper()
	return scope(t, "acme", begin, begin.Add(24*time.Hour))
}

func TestSummaryCountsTheRangeAndTheTenant(t *testing.T) {
	w := newWorld(t)
	got, err := w.engine.Summary(t.Context(), day(t))
	require.NoError(t, err)
	assert.EqualValues(t, 4, got.Sessions)
	assert.EqualValues(t, 3, got.Users)
	assert.EqualValues(t, 3, got.Crashes)
	assert.InDelta(t, 0.25, *got.CrashFreeSessions, 1e-9)
	assert.InDelta(t, 0, *got.CrashFreeUsers, 1e-9)
	assert.Equal(t, &Money{3000, "EUR"}, got.ValueAtRisk.Gross)
	assert.EqualValues(t, 1, got.Score.Satisfied)
	assert.EqualValues(t, 3, got.Score.Frustrated)
	assert.True(t, got.Score.SmallGroup)
	assert.NotNil(t, got.DerivedUntil)
	empty, err := w.engine.Summary(t.Context(), scope(t, "acme", begin.AddDate(0, 0, 9), begin.AddDate(0, 0, 10)))
	require.NoError(t, err)
	assert.Nil(t, empty.CrashFreeSessions)
	assert.Nil(t, empty.Score.Mean)
	assert.Nil(t, empty.ValueAtRisk.Gross)
}

func TestIssuesAreRankedAndPaged(t *testing.T) {
	w := newWorld(t)
	all, err := w.engine.Issues(t.Context(), day(t), IssueQuery{Sort: "events", Limit: 50})
	require.NoError(t, err)
	require.Len(t, all.Items, 2)
	first := all.Items[0]
	assert.Equal(t, "bug 1", first.Title)
	assert.EqualValues(t, 2, first.Events)
	assert.EqualValues(t, 2, first.Users)
	assert.EqualValues(t, 2, first.Sessions)
	assert.EqualValues(t, 150, first.Points)
	assert.Equal(t, &Money{2000, "EUR"}, first.Value)
	assert.Equal(t, "1.0", first.FirstRelease)
	assert.Equal(t, "1.1", first.LastRelease)
	var paged []string
	for cursor := ""; ; {
		page, err := w.engine.Issues(t.Context(), day(t), IssueQuery{Sort: "users", Limit: 1, Cursor: cursor})
		require.NoError(t, err)
		for _, i := range page.Items {
			paged = append(paged, i.Title)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	assert.Equal(t, []string{"bug 1", "bug 2"}, paged)
}

func TestACursorFitsItsListOnly(t *testing.T) {
	w := newWorld(t)
	page, err := w.engine.Issues(t.Context(), day(t), IssueQuery{Sort: "users", Limit: 1})
	require.NoError(t, err)
	for _, cursor := range []string{page.NextCursor, "bnVsbA"} { // of another order; null
		_, err = w.engine.Issues(t.Context(), day(t), IssueQuery{Sort: "events", Limit: 1, Cursor: cursor})
		var param *ParamError
		require.ErrorAs(t, err, &param)
		assert.Equal(t, "cursor", param.Param)
	}
}

func TestAnIssueShowsItsNewestStack(t *testing.T) {
	w := newWorld(t)
	all, err := w.engine.Issues(t.Context(), day(t), IssueQuery{Sort: "events", Limit: 50})
	require.NoError(t, err)
	got, err := w.engine.Issue(t.Context(), day(t), all.Items[0].ID)
	require.NoError(t, err)
	assert.Equal(t, "crash-c", got.Newest.ID)
	_, err = w.engine.Issue(t.Context(), scope(t, "globex", begin, begin.Add(time.Hour)), all.Items[0].ID)
	require.ErrorIs(t, err, ErrNotFound, "another tenant's issue is unknown")
	_, err = w.engine.Issue(t.Context(), day(t), "../etc")
	require.ErrorIs(t, err, ErrNotFound)
}

func TestSessionsArePagedNewestFirst(t *testing.T) {
	w := newWorld(t)
	s := scope(t, "acme", begin, begin.Add(48*time.Hour))
	for _, limit := range []int{1, 2, 500} {
		var ids []string
		for cursor := ""; ; {
			page, err := w.engine.Sessions(t.Context(), s, limit, cursor, begin.AddDate(0, 1, 0))
			require.NoError(t, err)
			require.LessOrEqual(t, len(page.Items), limit)
			for _, i := range page.Items {
				ids = append(ids, i.ID)
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		assert.Equal(t, []string{"e", "d", "c", "b", "a"}, ids, "limit %d", limit)
	}
}

func TestASessionExplainsItsScore(t *testing.T) {
	w := newWorld(t)
	got, err := w.engine.Session(t.Context(), "acme", "shop", "b", begin.AddDate(0, 1, 0))
	require.NoError(t, err)
	require.Equal(t, 25, *got.Score)
	require.Len(t, got.Points, 1)
	assert.Equal(t, "crash", got.Points[0].Factor)
	assert.NotEmpty(t, got.Points[0].Issue)
	assert.True(t, got.Closed)
	assert.Equal(t, "crashed", got.Flows[0].Outcome)
	require.Len(t, got.Events, 1)
	assert.Equal(t, "hello", got.Events[0].Name)
	_, err = w.engine.Session(t.Context(), "globex", "shop", "b", begin)
	require.ErrorIs(t, err, ErrNotFound)
}

func TestASumThatLacksAnHourIsNotAnswered(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.PutRollups(t.Context(), []store.Rollup{{
		Bucket: store.Bucket{Tenant: "acme", App: "shop", Hour: day(t).From}, Family: "total", Rev: 1 << 60, Data: []byte{0xff},
	}}))
	_, err := w.engine.Summary(t.Context(), day(t))
	require.ErrorContains(t, err, "damaged")
	_, err = w.engine.Series(t.Context(), day(t), "users", time.Hour, "")
	require.ErrorContains(t, err, "damaged")
}

func TestATimelineKeepsTheEarliestWithoutGaps(t *testing.T) {
	events := make([]Event, 0, 3*maxTimeline)
	for i := range 3 * maxTimeline {
		at := (i * 7919) % (3 * maxTimeline)
		events = append(events, Event{Time: begin.Add(time.Duration(at) * time.Second)})
	}
	kept, _, cut := earliest(events)
	require.True(t, cut)
	require.Len(t, kept, maxTimeline)
	for i := range kept {
		require.Equal(t, begin.Add(time.Duration(i)*time.Second), kept[i].Time)
	}
	large := []Event{{Size: maxTimelineBytes}, {Size: 1}}
	kept, size, cut := earliest(large)
	assert.True(t, cut)
	assert.Len(t, kept, 1)
	assert.Equal(t, maxTimelineBytes, size)
}

func TestSeriesHasAPointForEveryStep(t *testing.T) {
	w := newWorld(t)
	s := scope(t, "acme", begin, begin.Add(4*time.Hour))
	got, err := w.engine.Series(t.Context(), s, "sessions", 2*time.Hour, "")
	require.NoError(t, err)
	require.Len(t, got.Items, 2)
	assert.InDelta(t, 4, *got.Items[0].Value, 1e-9)
	assert.InDelta(t, 0, *got.Items[1].Value, 1e-9)
	shares, err := w.engine.Series(t.Context(), s, "crash_free_sessions", time.Hour, "")
	require.NoError(t, err)
	assert.InDelta(t, 0.5, *shares.Items[0].Value, 1e-9)
	assert.Nil(t, shares.Items[3].Value, "a share of no sessions is undefined")
	by, err := w.engine.Series(t.Context(), s, "crashes", 4*time.Hour, "release")
	require.NoError(t, err)
	require.Len(t, by.Items, 2)
	assert.Equal(t, "1.1", *by.Items[1].Key)
	assert.InDelta(t, 2, *by.Items[1].Value, 1e-9)
}

func TestAppsAreThoseRegisteredAndThoseSeen(t *testing.T) {
	w := newWorld(t)
	got, err := w.engine.Apps(t.Context(), "acme", []string{"bank", "shop"})
	require.NoError(t, err)
	require.Len(t, got.Items, 2)
	assert.Nil(t, got.Items[0].LastSeen)
	assert.Equal(t, "Shop", got.Items[1].Name)
	assert.Equal(t, []string{"android"}, got.Items[1].Platforms)
}

func TestRangesAreRoundedOutward(t *testing.T) {
	s := scope(t, "acme", begin.Add(10*time.Minute), begin.Add(70*time.Minute))
	assert.Equal(t, Range{begin, begin.Add(2 * time.Hour)}, s.Range())
	for name, r := range map[string][2]time.Time{
		"empty": {begin, begin}, "backwards": {begin.Add(1), begin}, "too long": {begin, begin.AddDate(2, 0, 0)},
		"year 0": {time.Time{}, time.Time{}.Add(time.Hour)},
	} {
		_, err := NewScope("acme", "shop", r[0], r[1])
		var param *ParamError
		assert.ErrorAs(t, err, &param, name)
	}
}

func TestWrongParametersAreNamed(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for param, ask := range map[string]func() error{
		"sort": func() error { _, err := w.engine.Issues(ctx, day(t), IssueQuery{Sort: "x"}); return err },
		"status": func() error {
			_, err := w.engine.Issues(ctx, day(t), IssueQuery{Sort: "users", Status: "x"})
			return err
		},
		"cursor": func() error { _, err := w.engine.Sessions(ctx, day(t), 1, "!", begin); return err },
		"metric": func() error { _, err := w.engine.Series(ctx, day(t), "x", time.Hour, ""); return err },
		"step":   func() error { _, err := w.engine.Series(ctx, day(t), "users", time.Minute, ""); return err },
	} {
		var wrong *ParamError
		require.ErrorAs(t, ask(), &wrong, param)
		assert.Equal(t, param, wrong.Param)
	}
}
