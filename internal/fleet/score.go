package fleet

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// This is the Mobile Experience Score, version 1, written from its
// specification alone: one session at a time, with no thought of speed.

// Loss is what one thing cost of a session's score.
type Loss struct {
	// Factor is the factor or the disruption.
	Factor string
	Points int
	// Bug is the planted bug behind it, nil if none.
	Bug *Bug

	flow  string
	first int64
	order int
	log   float64
}

// Scored is a session's score and where it comes from.
type Scored struct {
	// Score is in [0, 100]; meaningless where Class is notScored.
	Score    int
	Class    string
	Coverage float64
	// Losses sum to 100 - Score, the largest first.
	Losses []Loss
	// Unsure is true where another way of rounding might change the result.
	Unsure bool
}

const (
	satisfied  = "satisfied"
	tolerating = "tolerating"
	frustrated = "frustrated"
	notScored  = "not_scored"
)

// margin is how close to a boundary, points, a result is unsure.
const margin = 2e-4

// utility is how well a wait of x is received between a good limit and a poor
// one, rounded to millionths.
func utility(x, good, poor float64) float64 {
	u := 0.0
	switch {
	case x <= good:
		u = 1
	case x < poor:
		u = 1 - math.Log(x/good)/math.Log(poor/good)
	}
	return math.Round(u*1e6) / 1e6
}

// grade is one factor: its weight and its value.
type grade struct {
	name      string
	order     int
	weight, u float64
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, u := range list {
		sum += u
	}
	return sum / float64(len(list))
}

// waited is the value of what users wait for. last is the utility of the one
// that ended last.
func waited(list []float64, last float64) float64 {
	return 0.5*mean(list) + 0.25*slices.Min(list) + 0.25*last
}

// grades are the factors that a session has data for.
func grades(v *view) []grade {
	var out []grade
	add := func(order int, name string, weight, u float64) {
		out = append(out, grade{name, order, weight, u})
	}
	if list := startUtilities(v); len(list) > 0 {
		add(0, "start", .20, mean(list))
	}
	if list, last := loadUtilities(v); len(list) > 0 {
		add(1, "action", .25, waited(list, last))
	}
	if list, last := flowUtilities(v); len(list) > 0 {
		add(2, "flow", .20, waited(list, last))
	}
	if list := requestUtilities(v); len(list) > 0 {
		add(3, "network", .15, mean(list))
	}
	if d := longestHang(v); d > 0 {
		add(4, "hang", .10, utility(d.Seconds(), 0.5, 2))
	}
	if frozen, ok := frozenRate(v); ok {
		add(5, "render", .10, utility(frozen, 1, 4))
	}
	return out
}

func startUtilities(v *view) (list []float64) {
	limits := map[string][2]float64{startCold: {2, 5}, startWarm: {1, 2}, startHot: {0.5, 1.5}}
	for _, r := range v.of(KindStart) {
		l := limits[r.Name]
		list = append(list, utility(r.duration().Seconds(), l[0], l[1]))
	}
	return list
}

func loadUtilities(v *view) (list []float64, last float64) {
	end := int64(math.MinInt64)
	for _, r := range v.of(KindLoad) {
		u := utility(r.duration().Seconds(), 1, 4)
		list = append(list, u)
		if r.End > end {
			end, last = r.End, u
		}
	}
	return list, last
}

func flowUtilities(v *view) (list []float64, last float64) {
	end := int64(math.MinInt64)
	for _, f := range v.flows {
		limit := flowRuleOf(f.name).limit
		if limit == 0 || f.outcome != flowSucceeded {
			continue
		}
		u := utility(f.eye.Seconds(), limit.Seconds(), 4*limit.Seconds())
		list = append(list, u)
		if f.end > end {
			end, last = f.end, u
		}
	}
	return list, last
}

func requestUtilities(v *view) (list []float64) {
	for _, r := range v.of(KindRequest) {
		if r.Request.failed() {
			list = append(list, 0)
			continue
		}
		list = append(list, utility(r.duration().Seconds(), 1, 4))
	}
	return list
}

func longestHang(v *view) (d time.Duration) {
	for _, r := range v.of(KindHang) {
		d = max(d, r.duration())
	}
	return d
}

// frozenRate is how many frozen frames came in a minute.
func frozenRate(v *view) (rate float64, ok bool) {
	frozen := 0
	janks := v.of(KindJank)
	for _, r := range janks {
		if r.Limit >= 0.7 {
			frozen += r.Frames
		}
	}
	return float64(frozen) / max(time.Duration(v.last-v.first).Minutes(), 1), len(janks) > 0
}

// gate is a disruption by name with what it takes, in the specification's
// order. most is how often it counts, 0 for always.
type gate struct {
	name  string
	order int
	d     float64
	most  int
}

func gates() map[string]gate {
	out := map[string]gate{}
	for i, g := range []gate{
		{name: "crash", d: .75},
		{name: "crash_at_start", d: .90},
		{name: "crash_background", d: .10},
		{name: "anr", d: .55},
		{name: "critical_flow", d: .55},
		{name: "failed_flow", d: .35},
		{name: "rage_tap", d: .16, most: 3},
		{name: "handled_error", d: .02, most: 5},
	} {
		g.order = i
		out[g.name] = g
	}
	return out
}

// hit is one disruption of a session.
type hit struct {
	gate string
	at   int64
	bug  *Bug
	flow string
}

// hits are a session's disruptions in order of time.
func hits(v *view) []hit {
	var out []hit
	for _, i := range v.incidents {
		name := map[Kind]string{KindCrash: "crash", KindANR: "anr", KindError: "handled_error"}[i.bug.Kind]
		switch {
		case i.bug.Kind == KindCrash && i.background:
			name = "crash_background"
		case i.bug.Kind == KindCrash && v.justStarted(i.at):
			name = "crash_at_start"
		}
		out = append(out, hit{gate: name, at: i.at, bug: i.bug})
	}
	for _, f := range v.flows {
		if f.outcome != flowFailed && f.outcome != flowTimedOut {
			continue
		}
		name := "failed_flow"
		if flowRuleOf(f.name).critical {
			name = "critical_flow"
		}
		out = append(out, hit{gate: name, at: f.end, flow: f.name})
	}
	for _, r := range v.of(KindRage) {
		out = append(out, hit{gate: "rage_tap", at: r.At})
	}
	slices.SortStableFunc(out, func(a, b hit) int { return cmp.Compare(a.at, b.at) })
	return out
}

// disruptions adds up the hits that are alike.
func disruptions(v *view) []Loss {
	var out []Loss
	counted := map[string]int{}
	table := gates()
	for _, h := range hits(v) {
		g := table[h.gate]
		if counted[g.name]++; g.most > 0 && counted[g.name] > g.most {
			continue
		}
		i := slices.IndexFunc(out, func(l Loss) bool { return l.Factor == g.name && l.Bug == h.bug && l.flow == h.flow })
		if i < 0 {
			i = len(out)
			out = append(out, Loss{Factor: g.name, Bug: h.bug, flow: h.flow, first: h.at, order: g.order})
		}
		out[i].log += math.Log(1 - g.d)
	}
	return out
}

// score is the specification's steps 3 to 6.
func score(v *view) Scored {
	weights, sum := 0.0, 0.0
	factors := grades(v)
	for _, g := range factors {
		weights += g.weight
		sum += g.weight * g.u
	}
	quality := 1.0
	if weights > 0 {
		quality = 0.20 + 0.80*sum/weights
	}
	losses := disruptions(v)
	out := Scored{Coverage: math.Round(weights*1e6) / 1e6, Class: notScored}
	if len(losses) == 0 && out.Coverage < .15 {
		return out
	}
	left := quality
	for i := range losses {
		left *= math.Exp(losses[i].log)
	}
	out.Score = int(math.Round(100 * left))
	out.Class = classOf(out.Score)
	out.Unsure = math.Abs(100*left-math.Floor(100*left)-0.5) < margin
	for _, g := range factors {
		if g.u < 1 {
			share := g.weight * (1 - g.u) / (weights - sum)
			losses = append(losses, Loss{Factor: g.name, first: math.MaxInt64, order: 100 + g.order, log: share * math.Log(quality)})
		}
	}
	out.explain(losses, math.Log(left))
	return out
}

func classOf(score int) string {
	switch {
	case score >= 85:
		return satisfied
	case score >= 50:
		return tolerating
	default:
		return frustrated
	}
}

// explain shares out the loss by logarithms, rounded by largest remainder.
func (s *Scored) explain(losses []Loss, total float64) {
	lost := 100 - s.Score
	if lost <= 0 {
		return
	}
	rest := make([]float64, len(losses))
	order := make([]int, len(losses))
	left := lost
	for i := range losses {
		share := float64(lost) * losses[i].log / total
		losses[i].Points = int(math.Floor(share + 1e-9))
		rest[i], order[i] = share-float64(losses[i].Points), i
		left -= losses[i].Points
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	if left > 0 && left < len(order) && rest[order[left-1]]-rest[order[left]] < margin {
		s.Unsure = true
	}
	for _, i := range order[:max(left, 0)] {
		losses[i].Points++
	}
	losses = slices.DeleteFunc(losses, func(l Loss) bool { return l.Points == 0 })
	slices.SortFunc(losses, func(a, b Loss) int {
		return cmp.Or(cmp.Compare(b.Points, a.Points), cmp.Compare(a.first, b.first), cmp.Compare(a.order, b.order))
	})
	s.Losses = losses
}
