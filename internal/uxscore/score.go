package uxscore

import (
	"math"
	"slices"
	"time"
)

// micro is the unit of utilities and coverage: a millionth.
const micro = 1_000_000

// Grade collects the utilities of one factor's observations. Utilities are
// exact integers, so observations may come in any order.
type Grade struct {
	sum, n, worst int64
	last          int64
}

// Observe adds n observations with utility u, in [0, 1], quantised to a
// millionth.
func (g *Grade) Observe(u float64, n int64) {
	q := int64(math.Round(u * micro))
	if g.n == 0 || q < g.worst {
		g.worst = q
	}
	g.sum += q * n
	g.n += n
}

// ObserveLast says which utility the latest observation had. It adds none.
func (g *Grade) ObserveLast(u float64) {
	g.last = int64(math.Round(u * micro))
}

// mean is the mean utility in [0, 1].
func (g *Grade) mean() float64 {
	return float64(g.sum) / float64(g.n) / micro
}

// waited is the value of a factor that users wait for: the worst and the last
// wait weigh a quarter each.
func (g *Grade) waited() float64 {
	return 0.5*g.mean() + 0.25*float64(g.worst)/micro + 0.25*float64(g.last)/micro
}

// Utility returns how well a wait of x is received, in [0, 1]: 1 up to l.T, 0
// from l.F on, and 1 - ln(x/T)/ln(F/T) between them (log law of waiting;
// ITU-T G.1030).
func Utility(x time.Duration, l Limits) float64 {
	return utility(float64(x), float64(l.T), float64(l.F))
}

func utility(x, t, f float64) float64 {
	switch {
	case x <= t:
		return 1
	case x >= f:
		return 0
	}
	return 1 - math.Log(x/t)/math.Log(f/t)
}

// FrozenUtility is the utility of a rate of frozen frames a minute.
func (c *Config) FrozenUtility(perMinute float64) float64 {
	return utility(perMinute, c.FrozenGood, c.FrozenPoor)
}

// Hit is one gate that a session ran into.
type Hit struct {
	Gate Gate
	// Ref names what was hit: a fingerprint or a flow; "" for taps.
	Ref string
	// Time is when, nanoseconds since 1970; it orders equal losses.
	Time int64
}

// Observations are what a session gives the score. A nil grade is a factor
// without data.
type Observations struct {
	Grades [numFactors]*Grade
	Hits   []Hit
}

// Class is what a score means.
type Class string

// The classes: satisfied from 85, tolerating from 50; NotScored where too
// little is known (NS).
const (
	Satisfied  Class = "satisfied"
	Tolerating Class = "tolerating"
	Frustrated Class = "frustrated"
	NotScored  Class = "not_scored"
)

// ClassOf returns the class of a score in [0, 100].
func ClassOf(score int) Class {
	switch {
	case score >= 85:
		return Satisfied
	case score >= 50:
		return Tolerating
	}
	return Frustrated
}

// Points says how many points one thing cost. Exactly one of the names of
// factors and gates stands in Name.
type Points struct {
	Name, Ref string
	Points    int
}

// Result is a session's score.
type Result struct {
	// Score is in [0, 100]; meaningless where Class is NotScored.
	Score int
	Class Class
	// Coverage is the share of the weights that had data, in millionths.
	Coverage int64
	// Points sum to 100 - Score exactly, largest first.
	Points []Points
}

// loss is one line of the explanation before rounding.
type loss struct {
	name, ref  string
	time       int64
	order      int
	log, share float64
	points     int
}

// Score grades what was observed. It is a pure function and does not depend on
// the order of o.Hits. o is not changed.
//
// Formula: q = sum(w u)/sum(w) over the factors with data, Q = 0.2 + 0.8 q,
// S = 100 Q prod(1-d); the loss 100 - S is shared by logarithms, so that the
// shares are exact and independent of order, and rounded by largest remainder.
func Score(c *Config, o *Observations) Result {
	losses, weight, q := c.factorLosses(o)
	quality := 0.2 + 0.8*q
	if weight == 0 {
		quality = 1
	}
	gates := c.gateLosses(o.Hits)
	coverage := int64(math.Round(weight * micro))
	if len(gates) == 0 && coverage < int64(math.Round(c.MinCoverage*micro)) {
		return Result{Class: NotScored, Coverage: coverage}
	}
	shareQuality(losses, math.Log(quality))
	logS := 0.0
	losses = append(gates, losses...)
	for i := range gates {
		logS += gates[i].log
	}
	logS += math.Log(quality)
	s := int(math.Round(100 * math.Exp(logS)))
	return Result{Score: s, Class: ClassOf(s), Coverage: coverage, Points: split(100-s, logS, losses)}
}

// factorLosses returns each factor's loss w (1-u), the sum of the weights that
// have data, and their mean utility.
func (c *Config) factorLosses(o *Observations) (losses []loss, weight, mean float64) {
	sum := 0.0
	for f, g := range o.Grades {
		if g == nil || g.n == 0 || c.Weights[f] == 0 {
			continue
		}
		u := g.mean()
		if Factor(f) == Action || Factor(f) == Flow {
			u = g.waited()
		}
		weight += c.Weights[f]
		sum += c.Weights[f] * u
		if u < 1 {
			losses = append(losses, loss{name: Factor(f).String(), time: math.MaxInt64, order: int(numGates) + f, share: c.Weights[f] * (1 - u)})
		}
	}
	if weight == 0 {
		return nil, 0, 1
	}
	return losses, weight, sum / weight
}

// shareQuality shares ln Q among the factors by their losses.
func shareQuality(losses []loss, logQ float64) {
	total := 0.0
	for i := range losses {
		total += losses[i].share
	}
	for i := range losses {
		losses[i].log = logQ * losses[i].share / total
	}
}

// gateLosses adds up the hits by gate and reference, earliest first, within
// the limits of how often a gate counts.
func (c *Config) gateLosses(hits []Hit) []loss {
	hits = slices.Clone(hits)
	slices.SortFunc(hits, compareHits)
	counted := [numGates]int{}
	limits := [numGates]int{RageTap: 3, HandledError: 5}
	var out []loss
	for _, h := range hits {
		if counted[h.Gate]++; limits[h.Gate] > 0 && counted[h.Gate] > limits[h.Gate] || c.Gates[h.Gate] == 0 {
			continue
		}
		l := math.Log(1 - c.Gates[h.Gate])
		i := slices.IndexFunc(out, func(o loss) bool { return o.order == int(h.Gate) && o.ref == h.Ref })
		if i >= 0 {
			out[i].log += l
			continue
		}
		out = append(out, loss{name: h.Gate.String(), ref: h.Ref, time: h.Time, order: int(h.Gate), log: l})
	}
	return out
}

func compareHits(a, b Hit) int {
	if a.Time != b.Time {
		if a.Time < b.Time {
			return -1
		}
		return 1
	}
	if a.Gate != b.Gate {
		return int(a.Gate) - int(b.Gate)
	}
	return compareText(a.Ref, b.Ref)
}

// split shares total points by largest remainder. Equal remainders go to what
// happened first, then by the order of gates and factors.
func split(total int, logS float64, losses []loss) []Points {
	if total <= 0 || logS == 0 {
		return nil
	}
	left := total
	for i := range losses {
		losses[i].share = float64(total) * losses[i].log / logS
		losses[i].points = int(math.Floor(losses[i].share + 1e-9))
		left -= losses[i].points
	}
	slices.SortFunc(losses, func(a, b loss) int {
		if ra, rb := a.share-float64(a.points), b.share-float64(b.points); math.Abs(ra-rb) > 1e-9 {
			if ra > rb {
				return -1
			}
			return 1
		}
		return compareLosses(a, b)
	})
	for i := range losses {
		if left <= 0 {
			break
		}
		losses[i].points++
		left--
	}
	slices.SortFunc(losses, func(a, b loss) int {
		if a.points != b.points {
			return b.points - a.points
		}
		return compareLosses(a, b)
	})
	var out []Points
	for _, l := range losses {
		if l.points > 0 {
			out = append(out, Points{Name: l.name, Ref: l.ref, Points: l.points})
		}
	}
	return out
}

func compareLosses(a, b loss) int {
	if a.time != b.time {
		if a.time < b.time {
			return -1
		}
		return 1
	}
	if a.order != b.order {
		return a.order - b.order
	}
	return compareText(a.ref, b.ref)
}
