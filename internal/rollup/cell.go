// Package rollup sums session heads into the documents that answer questions
// about many sessions: per app and hour, in total, by release and by
// fingerprint. A document is the sum of the heads in its bucket, whatever
// their order, and documents add up to those of longer ranges.
package rollup

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/sketch"
	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
)

// Other is the key of what did not fit into a document.
const Other = "_other"

// Limits of what a document lists by name. What comes after them in order of
// name goes to Other.
const (
	maxKeys  = 500
	maxNames = 100
)

// Money is an amount in minor units by ISO 4217 currency. Amounts of different
// currencies are never added.
type Money map[string]int64

func (m *Money) add(currency string, minor int64) {
	if minor == 0 || currency == "" {
		return
	}
	if *m == nil {
		*m = Money{}
	}
	(*m)[currency] += minor
}

// FlowKey is a userflow and how it went.
type FlowKey struct {
	Name    string
	Outcome session.Outcome
}

// FlowSum counts flows and what they were worth.
type FlowSum struct {
	N     int64
	Value Money
	// In counts flows by the currency that their value is in.
	In Money
}

func (s *FlowSum) merge(o FlowSum) {
	s.N += o.N
	for currency, minor := range o.Value {
		s.Value.add(currency, minor)
	}
	for currency, n := range o.In {
		s.In.add(currency, n)
	}
}

// Cell is the sum of sessions, or of what one fingerprint saw of them. The
// zero Cell is empty.
type Cell struct {
	// Sessions are those that have a session id of their own; Crashed those
	// in which the user saw a crash.
	Sessions, Crashed int64
	// Events counts canonical records; in a fingerprint's cell, occurrences.
	Events                int64
	Crashes, ANRs, Errors int64
	// Users, CrashedUsers and FrustratedUsers count distinct people, SessionIDs
	// distinct sessions (in fingerprints' cells only).
	Users, CrashedUsers, FrustratedUsers, SessionIDs sketch.Distinct
	// Scores counts the scored sessions by score.
	Scores [101]int64
	// Unscored counts sessions too little is known of; Coverage sums the
	// coverage of scored ones, in millionths.
	Unscored, Coverage int64
	// Points are points lost, by factor or gate.
	Points map[string]int64
	// Requests holds durations of HTTP requests, Cold those of cold starts;
	// microseconds. FailedRequests counts requests that failed.
	Requests, Cold sketch.Values
	FailedRequests int64
	Flows          map[FlowKey]FlowSum
	// Value is the worth of the flows that a fingerprint's crashes ended.
	Value Money
	// First and Last are the times of the earliest and latest event, with the
	// releases seen then; nanoseconds since 1970.
	First, Last               int64
	FirstRelease, LastRelease string
}

// Scored is how many sessions have a score.
func (c *Cell) Scored() int64 {
	var n int64
	for _, v := range c.Scores {
		n += v
	}
	return n
}

// Classes returns how many scored sessions are satisfied, tolerating and
// frustrated, and the sum of their scores.
func (c *Cell) Classes() (satisfied, tolerating, frustrated, sum int64) {
	for score, n := range c.Scores {
		sum += int64(score) * n
		switch uxscore.ClassOf(score) {
		case uxscore.Satisfied:
			satisfied += n
		case uxscore.Tolerating:
			tolerating += n
		default:
			frustrated += n
		}
	}
	return satisfied, tolerating, frustrated, sum
}

// AtRisk is the worth of the flows that failed, timed out or crashed.
func (c *Cell) AtRisk() Money {
	var out Money
	for k, v := range c.Flows {
		if k.Outcome == session.Failed || k.Outcome == session.TimedOut || k.Outcome == session.Crashed {
			for currency, minor := range v.Value {
				out.add(currency, minor)
			}
		}
	}
	return out
}

// Completion is how many flows ended well, of how many that ended or crashed
// (abandoned ones included).
func (c *Cell) Completion() (succeeded, all int64) {
	for k, v := range c.Flows {
		all += v.N
		if k.Outcome == session.Succeeded {
			succeeded += v.N
		}
	}
	return succeeded, all
}

// addHead adds a session to a total.
func (c *Cell) addHead(h *session.Head, implicit bool) {
	c.Events += h.Events
	c.seen(h.First, h.Release.Value)
	c.seen(h.Last, h.Release.Value)
	for _, v := range h.Distinct() {
		switch v.Kind {
		case session.Crash:
			c.Crashes++
		case session.ANR:
			c.ANRs++
		case session.Error:
			c.Errors++
		}
	}
	c.Requests.MergeCoarse(&h.Requests)
	c.Requests.MergeCoarse(&h.Failed)
	c.FailedRequests += h.Failed.Len()
	for _, v := range h.Starts {
		if v.Kind == session.Cold {
			c.Cold.Add(v.Duration, 1)
		}
	}
	c.addFlows(h)
	if implicit {
		return
	}
	c.Sessions++
	addUser(&c.Users, h)
	if h.CrashSeen() {
		c.Crashed++
		addUser(&c.CrashedUsers, h)
	}
	c.addScore(h)
}

func addUser(to *sketch.Distinct, h *session.Head) {
	if h.UserRank != 0 {
		to.Add(h.User)
	}
}

func (c *Cell) addFlows(h *session.Head) {
	for _, f := range h.FlowResults() {
		if c.Flows == nil {
			c.Flows = map[FlowKey]FlowSum{}
		}
		k := FlowKey{f.Name, f.Outcome}
		sum := c.Flows[k]
		sum.N++
		sum.Value.add(f.Currency, f.Value)
		sum.In.add(f.Currency, 1)
		c.Flows[k] = sum
	}
}

func (c *Cell) addScore(h *session.Head) {
	if h.Score.Class == uxscore.NotScored {
		c.Unscored++
		return
	}
	c.Scores[h.Score.Score]++
	c.Coverage += h.Score.Coverage
	for _, p := range h.Score.Points {
		c.addPoints(p.Name, int64(p.Points))
	}
	if h.Score.Class == uxscore.Frustrated {
		addUser(&c.FrustratedUsers, h)
	}
}

func (c *Cell) addPoints(name string, points int64) {
	if c.Points == nil {
		c.Points = map[string]int64{}
	}
	c.Points[name] += points
}

// seen widens the span of times. Of two releases at the same time the smaller
// text stands.
func (c *Cell) seen(at int64, release string) {
	if at == 0 {
		return
	}
	if c.First == 0 || at < c.First || at == c.First && release < c.FirstRelease {
		c.First, c.FirstRelease = at, release
	}
	if at > c.Last || at == c.Last && release < c.LastRelease {
		c.Last, c.LastRelease = at, release
	}
}

// Merge adds everything in o, which is not changed.
func (c *Cell) Merge(o *Cell) {
	for i, v := range o.numbers() {
		*c.numbers()[i] += *v
	}
	for i, v := range o.distincts() {
		c.distincts()[i].Merge(v)
	}
	for i, n := range o.Scores {
		c.Scores[i] += n
	}
	for name, n := range o.Points {
		c.addPoints(name, n)
	}
	c.Requests.Merge(&o.Requests)
	c.Cold.Merge(&o.Cold)
	for k, v := range o.Flows {
		if c.Flows == nil {
			c.Flows = map[FlowKey]FlowSum{}
		}
		sum := c.Flows[k]
		sum.merge(v)
		c.Flows[k] = sum
	}
	for currency, minor := range o.Value {
		c.Value.add(currency, minor)
	}
	c.seen(o.First, o.FirstRelease)
	c.seen(o.Last, o.LastRelease)
}

// numbers and distincts are the fields that add up, in the order in which they
// are stored.
func (c *Cell) numbers() [9]*int64 {
	return [...]*int64{&c.Sessions, &c.Crashed, &c.Events, &c.Crashes, &c.ANRs, &c.Errors, &c.Unscored, &c.Coverage, &c.FailedRequests}
}

func (c *Cell) distincts() [4]*sketch.Distinct {
	return [...]*sketch.Distinct{&c.Users, &c.CrashedUsers, &c.FrustratedUsers, &c.SessionIDs}
}

// foldFlows keeps the first names in order and adds the rest to Other.
func (c *Cell) foldFlows() {
	names := map[string]bool{}
	for k := range c.Flows {
		names[k.Name] = true
	}
	if len(names) <= maxNames {
		return
	}
	sorted := make([]string, 0, len(names))
	for n := range names {
		if n != Other {
			sorted = append(sorted, n)
		}
	}
	slices.Sort(sorted)
	for _, k := range sortedFlows(c.Flows) {
		if i, _ := slices.BinarySearch(sorted, k.Name); i < maxNames-1 || k.Name == Other {
			continue
		}
		to := FlowKey{Other, k.Outcome}
		sum := c.Flows[to]
		sum.merge(c.Flows[k])
		c.Flows[to] = sum
		delete(c.Flows, k)
	}
}

func sortedFlows(flows map[FlowKey]FlowSum) []FlowKey {
	keys := make([]FlowKey, 0, len(flows))
	for k := range flows {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b FlowKey) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Outcome, b.Outcome))
	})
	return keys
}
