package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Truth is what a perfect system would answer once it has all uploads.
type Truth struct {
	Tenants map[string]TenantTruth `json:"tenants"`
}

// TenantTruth is the truth of one tenant. Paths are keyed by path and query;
// each is the part of the answer that must be equal. Ids, fingerprints,
// cursors and percentiles are left out, and what different readings of the
// contract would answer differently.
type TenantTruth struct {
	Token string         `json:"token"`
	Paths map[string]any `json:"paths"`
}

// apiPrefix begins every path.
const apiPrefix = "/api/v1"

// pageSize is how much of a list is asked for.
const pageSize = 100

// Truth returns the truth of the plan. It holds for a system that had received
// nothing else, that keeps the demo's configuration, and to which all was sent
// within a day of the end of the simulated time.
func (p *Plan) Truth() Truth {
	t := Truth{Tenants: map[string]TenantTruth{}}
	platforms := map[string][]map[string]any{}
	for _, app := range p.Apps {
		if _, ok := t.Tenants[app.Tenant]; !ok {
			t.Tenants[app.Tenant] = TenantTruth{Token: app.Token, Paths: map[string]any{}}
		}
		a := newAppTruth(p, app)
		a.fill(t.Tenants[app.Tenant].Paths)
		platforms[app.Tenant] = append(platforms[app.Tenant], a.listed())
	}
	if p.Options.App == "" { // the list names all apps of a tenant
		for tenant, items := range platforms {
			slices.SortFunc(items, func(a, b map[string]any) int { return cmp.Compare(fmt.Sprint(a["app"]), fmt.Sprint(b["app"])) })
			t.Tenants[tenant].Paths[apiPrefix+"/apps"] = map[string]any{"items": items}
		}
	}
	return t
}

// appTruth is the truth of one app.
type appTruth struct {
	app      *App
	views    []*view // pseudo-sessions included
	sessions []*view
	from, to time.Time
	// exact is false where wrong clocks leave open when things happened.
	exact bool
}

func newAppTruth(p *Plan, app *App) *appTruth {
	a := &appTruth{app: app, views: p.views(app), exact: true}
	a.from, a.to = p.span()
	for _, v := range a.views {
		if v.session != nil {
			a.sessions = append(a.sessions, v)
		}
		a.exact = a.exact && v.device.Clock == ClockRight
	}
	return a
}

// span is the range that the truth is about: whole days that hold all that
// happens, and what is shifted to its arrival.
func (p *Plan) span() (from, to time.Time) {
	hour := p.Options.End.Truncate(time.Hour)
	return hour.Add(-time.Duration(p.Options.Days) * day), hour.Add(2 * day)
}

// Query is the range that the truth is about, as parameters of the API's paths.
func (p *Plan) Query() string { return rangeQuery(p.span()) }

func rangeQuery(from, to time.Time) string {
	return "from=" + from.Format(time.RFC3339) + "&to=" + to.Format(time.RFC3339)
}

// path is a path of the app's with its range and other parameters.
func (a *appTruth) path(what string, from, to time.Time, params ...string) string {
	query := append(slices.Clone(params), rangeQuery(from, to))
	return apiPrefix + "/apps/" + a.app.ID + "/" + what + "?" + strings.Join(query, "&")
}

// fill adds all paths of the app.
func (a *appTruth) fill(paths map[string]any) {
	paths[a.path("summary", a.from, a.to)] = a.summary(a.views)
	a.fillIssues(paths)
	a.fillSessions(paths)
	if !a.exact {
		return
	}
	from := a.from.Add(day)
	paths[a.path("summary", from, from.Add(day))] = a.summary(within(a.views, from, from.Add(day)))
	for _, metric := range metricNames() {
		for _, step := range []time.Duration{time.Hour, day} {
			if doc, ok := a.series(metric, step); ok {
				params := []string{"metric=" + metric, "step=" + strconv.Itoa(int(step/time.Hour)) + "h"}
				paths[a.path("series", a.from, a.to, params...)] = doc
			}
		}
	}
}

// within are the views that begin in a range of whole hours: a session and all
// in it count in its first hour.
func within(views []*view, from, to time.Time) []*view {
	var out []*view
	for _, v := range views {
		if v.first >= from.UnixNano() && v.first < to.UnixNano() {
			out = append(out, v)
		}
	}
	return out
}

// listed is the app's line in the list of apps.
func (a *appTruth) listed() map[string]any {
	doc := map[string]any{"app": a.app.ID}
	platforms := []string{}
	lastLog, lastSpan := int64(0), int64(0)
	for _, v := range a.views {
		name := "android"
		if v.device.Dialect.apple() {
			name = "ios"
		}
		if !slices.Contains(platforms, name) {
			platforms = append(platforms, name)
		}
		for _, r := range v.records {
			if r.At == r.End {
				lastLog = max(lastLog, r.At)
			} else {
				lastSpan = max(lastSpan, r.End)
			}
		}
	}
	slices.Sort(platforms)
	doc["platforms"] = platforms
	if a.exact && lastLog >= lastSpan {
		doc["last_seen"] = timeText(lastLog)
	}
	return doc
}

// fillIssues adds the list of issues in each order. A list with ties is asked
// for up to the first.
func (a *appTruth) fillIssues(paths map[string]any) {
	list := issuesOf(a.views)
	for name, key := range orders() {
		order, all := sorted(list, key)
		limit := pageSize
		if !all {
			limit = len(order)
		}
		if limit == 0 {
			continue
		}
		items := make([]any, 0, len(order))
		for _, s := range order {
			items = append(items, s.doc(a.app))
		}
		paths[a.path("issues", a.from, a.to, "sort="+name, "limit="+strconv.Itoa(limit))] = map[string]any{"items": items}
	}
}

// fillSessions adds the newest sessions. Those whose clock is ahead arrive
// after all others, so that a range can leave them out.
func (a *appTruth) fillSessions(paths map[string]any) {
	to := a.to
	if !a.exact {
		to = a.to.Add(-2*day - time.Hour)
	}
	list := slices.DeleteFunc(within(a.sessions, a.from, to), func(v *view) bool { return v.device.Clock == ClockAhead })
	slices.SortFunc(list, func(a, b *view) int { return cmp.Compare(b.first, a.first) })
	for i := 1; i < len(list); i++ {
		if list[i].first == list[i-1].first {
			return
		}
	}
	items := []any{}
	for _, v := range list[:min(len(list), pageSize)] {
		items = append(items, v.doc())
	}
	paths[a.path("sessions", a.from, to, "limit="+strconv.Itoa(pageSize))] = map[string]any{"items": items}
}

// doc is a session as the API answers it.
func (v *view) doc() map[string]any {
	app := v.device.App
	doc := map[string]any{
		"started": timeText(v.first), "class": v.scored.Class, "coverage": v.scored.Coverage,
		"crashed": v.crashed, "events": len(v.records), "release": app.Releases[v.session.Release].Version, "score": nil,
	}
	points := []any{}
	if v.scored.Class != notScored {
		doc["score"] = v.scored.Score
		for _, l := range v.scored.Losses {
			points = append(points, map[string]any{"factor": l.Factor, "points": l.Points})
		}
	}
	doc["points"] = points
	// A session.end that came with the next session may or may not be its
	// last activity.
	if v.session.End == nil || v.device.Dialect.apple() {
		doc["last_seen"] = timeText(v.last)
	}
	// Other models and systems have names that a catalogue makes of theirs.
	if v.device.Model.Manufacturer == "Google" {
		doc["os"], doc["device"] = v.device.Model.OS, v.device.Model.Name
	}
	return doc
}
