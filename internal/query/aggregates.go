package query

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/rollup"
)

// App is one app of a tenant.
type App struct {
	App       string     `json:"app"`
	Name      string     `json:"name"`
	Platforms []string   `json:"platforms"`
	LastSeen  *time.Time `json:"last_seen"`
}

// Apps is the answer to which apps a tenant has.
type Apps struct {
	Answer
	Items      []App  `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// Apps returns the tenant's apps: those that are registered, and those that
// sent something.
func (e *Engine) Apps(ctx context.Context, tenant string, registered []string) (Apps, error) {
	a, err := e.answer(ctx, nil)
	if err != nil {
		return Apps{}, err
	}
	byID := map[string]*App{}
	for _, id := range registered {
		byID[id] = &App{App: id, Name: id, Platforms: []string{}}
	}
	for row, err := range e.store.Apps(ctx, tenant) {
		if err != nil {
			return Apps{}, fmt.Errorf("read apps of %s: %w", tenant, err)
		}
		app := byID[row.App]
		if app == nil {
			app = &App{App: row.App, Name: row.App, Platforms: []string{}}
			byID[row.App] = app
		}
		if row.Platform != "" {
			app.Platforms = append(app.Platforms, row.Platform)
		}
		if at := nanoTime(row.LastSeen); app.LastSeen == nil || at.After(*app.LastSeen) {
			app.LastSeen = &at
			if row.Name != "" {
				app.Name = row.Name
			}
		}
	}
	out := Apps{Answer: a, Items: make([]App, 0, len(byID))}
	for _, app := range byID {
		slices.Sort(app.Platforms)
		app.Platforms = slices.Compact(app.Platforms)
		out.Items = append(out.Items, *app)
	}
	slices.SortFunc(out.Items, func(a, b App) int { return strings.Compare(a.App, b.App) })
	return out, nil
}

// Score is the experience of many sessions. Undefined numbers are null.
type Score struct {
	Mean       *float64 `json:"mean"`
	Index      *float64 `json:"index"`
	Satisfied  int64    `json:"satisfied"`
	Tolerating int64    `json:"tolerating"`
	Frustrated int64    `json:"frustrated"`
	NotScored  int64    `json:"not_scored"`
	Coverage   *float64 `json:"coverage"`
	// SmallGroup is true below 100 scored sessions, where the mean says little.
	SmallGroup bool `json:"small_group"`
	// Points are points lost, by factor or disruption.
	Points map[string]int64 `json:"points"`
}

// ValueAtRisk is what flows that failed, timed out or crashed were worth.
type ValueAtRisk struct {
	Gross *Money `json:"gross"`
	// Others are amounts in other currencies than the leading one.
	Others []Money `json:"gross_other_currencies,omitempty"`
}

// Summary is the answer to how an app does.
type Summary struct {
	Answer
	Sessions          int64       `json:"sessions"`
	Users             int64       `json:"users"`
	Events            int64       `json:"events"`
	Crashes           int64       `json:"crashes"`
	ANRs              int64       `json:"anrs"`
	Errors            int64       `json:"errors"`
	CrashFreeSessions *float64    `json:"crash_free_sessions"`
	CrashFreeUsers    *float64    `json:"crash_free_users"`
	Score             Score       `json:"score"`
	ValueAtRisk       ValueAtRisk `json:"value_at_risk"`
}

// Summary sums an app over a range.
func (e *Engine) Summary(ctx context.Context, s Scope) (Summary, error) {
	a, err := e.answer(ctx, &s)
	if err != nil {
		return Summary{}, err
	}
	doc, err := e.docs(ctx, s, rollup.FamilyTotal)
	if err != nil {
		return Summary{}, err
	}
	c := doc.Total()
	return Summary{
		Answer: a, Sessions: c.Sessions, Users: c.Users.Count(), Events: c.Events,
		Crashes: c.Crashes, ANRs: c.ANRs, Errors: c.Errors,
		CrashFreeSessions: number("crash_free_sessions", c), CrashFreeUsers: number("crash_free_users", c),
		Score: scoreOf(c), ValueAtRisk: riskOf(c),
	}, nil
}

func scoreOf(c *rollup.Cell) Score {
	satisfied, tolerating, frustrated, _ := c.Classes()
	out := Score{
		Mean: number("score", c), Satisfied: satisfied, Tolerating: tolerating, Frustrated: frustrated,
		NotScored: c.Unscored, SmallGroup: c.Scored() < 100, Points: c.Points,
	}
	if n := c.Scored(); n > 0 {
		index := (float64(satisfied) + float64(tolerating)/2) / float64(n)
		coverage := float64(c.Coverage) / float64(n) / 1e6
		out.Index, out.Coverage = &index, &coverage
	}
	return out
}

func riskOf(c *rollup.Cell) ValueAtRisk {
	risk, lead := c.AtRisk(), c.LeadingCurrency()
	if lead == "" {
		return ValueAtRisk{}
	}
	out := ValueAtRisk{Gross: leading(risk, lead)}
	for currency, minor := range risk {
		if currency != lead {
			out.Others = append(out.Others, Money{minor, currency})
		}
	}
	slices.SortFunc(out.Others, func(a, b Money) int { return strings.Compare(a.Currency, b.Currency) })
	return out
}

// Point is a metric over one step. Value is null where it is undefined; Key is
// set in a series by dimension.
type Point struct {
	Time  time.Time `json:"time"`
	Key   *string   `json:"key,omitempty"`
	Value *float64  `json:"value"`
}

// Series is a metric over time.
type Series struct {
	Answer
	Metric string  `json:"metric"`
	Unit   string  `json:"unit"`
	Step   string  `json:"step"`
	By     string  `json:"by,omitempty"`
	Items  []Point `json:"items"`
}

// maxPoints bounds the answer of one series.
const maxPoints = 10_000

// Series returns a metric over time in steps of whole hours, in total (by "")
// or by release. Steps are aligned to the range's begin.
func (e *Engine) Series(ctx context.Context, s Scope, metric string, step time.Duration, by string) (Series, error) {
	m, ok := rollup.MetricNamed(metric)
	if !ok {
		return Series{}, &ParamError{"metric", "must be one of " + strings.Join(metricNames(), ", ")}
	}
	hours := int32(step / time.Hour)
	if hours < 1 || step%time.Hour != 0 {
		return Series{}, &ParamError{"step", "must be whole hours, such as 1h or 24h"}
	}
	if int(s.To-s.From)/int(hours) > maxPoints {
		return Series{}, &ParamError{"step", fmt.Sprintf("must give at most %d points", maxPoints)}
	}
	a, err := e.answer(ctx, &s)
	if err != nil {
		return Series{}, err
	}
	family := rollup.FamilyTotal
	if by != "" {
		family = rollup.FamilyRelease
	}
	steps, err := e.steps(ctx, s, family, hours)
	if err != nil {
		return Series{}, err
	}
	out := Series{Answer: a, Metric: m.Name, Unit: m.Unit, Step: formatStep(step), By: by, Items: []Point{}}
	for i, doc := range steps {
		at := hourTime(s.From + int32(i)*hours)
		if by == "" {
			out.Items = append(out.Items, Point{Time: at, Value: number(m.Name, doc.Total())})
			continue
		}
		for key, c := range doc {
			out.Items = append(out.Items, Point{Time: at, Key: &key, Value: number(m.Name, c)})
		}
	}
	if len(out.Items) > maxPoints {
		return Series{}, &ParamError{"step", fmt.Sprintf("must give at most %d points", maxPoints)}
	}
	slices.SortStableFunc(out.Items, func(a, b Point) int {
		if c := a.Time.Compare(b.Time); c != 0 || a.Key == nil {
			return c
		}
		return strings.Compare(*a.Key, *b.Key)
	})
	return out, nil
}

// steps merges a family's documents by step.
func (e *Engine) steps(ctx context.Context, s Scope, family string, hours int32) ([]rollup.Doc, error) {
	out := make([]rollup.Doc, (s.To-s.From+hours-1)/hours)
	for i := range out {
		out[i] = rollup.Doc{}
	}
	for r, err := range e.store.Rollups(ctx, s.Tenant, s.App, family, s.From, s.To) {
		if err != nil {
			return nil, fmt.Errorf("read %s rollups of %s/%s: %w", family, s.Tenant, s.App, err)
		}
		if !out[(r.Hour-s.From)/hours].TryMerge(r.Data) {
			return nil, fmt.Errorf("read %s rollups of %s/%s: the document of hour %d is damaged", family, s.Tenant, s.App, r.Hour)
		}
	}
	return out, nil
}

func formatStep(step time.Duration) string { return strconv.Itoa(int(step/time.Hour)) + "h" }

func metricNames() []string {
	all := rollup.Metrics()
	out := make([]string, 0, len(all))
	for _, m := range all {
		out = append(out, m.Name)
	}
	return out
}
