package uxscore

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func grade(l Limits, waits ...time.Duration) *Grade {
	g := &Grade{}
	for _, w := range waits {
		g.Observe(Utility(w, l), 1)
	}
	if len(waits) > 0 {
		g.ObserveLast(Utility(waits[len(waits)-1], l))
	}
	return g
}

func ms(v ...int) []time.Duration {
	out := make([]time.Duration, len(v))
	for i := range v {
		out[i] = time.Duration(v[i]) * time.Millisecond
	}
	return out
}

// mixed is worked example 2 of the specification.
func mixed() *Observations {
	c := Default()
	network := grade(c.Network, ms(100, 100, 100, 100, 100, 100, 100, 100, 1500)...)
	network.Observe(0, 1)
	o := &Observations{}
	o.Grades[Start] = grade(c.Cold, ms(3200)...)
	o.Grades[Action] = grade(c.Action, ms(1200, 800, 1600, 900)...)
	o.Grades[Network] = network
	o.Grades[Hang] = grade(c.Hang, ms(700)...)
	o.Grades[Render] = grade(c.Render, ms(8)...)
	return o
}

func with(o *Observations, hits ...Hit) *Observations {
	o.Hits = append(o.Hits, hits...)
	return o
}

func perfect() *Observations {
	c := Default()
	o := &Observations{}
	o.Grades[Start] = grade(c.Cold, ms(900)...)
	o.Grades[Action] = grade(c.Action, ms(300, 400)...)
	o.Grades[Network] = grade(c.Network, ms(120)...)
	return o
}

func poor() *Observations {
	c := Default()
	o := &Observations{}
	for f, l := range map[Factor]Limits{Start: c.Cold, Action: c.Action, Flow: {2 * time.Second, 8 * time.Second}, Network: c.Network, Hang: c.Hang, Render: c.Render} {
		o.Grades[f] = grade(l, l.F)
	}
	return o
}

func TestWorkedExamples(t *testing.T) {
	c := Default()
	onlyStart := &Observations{}
	onlyStart.Grades[Start] = grade(c.Cold, ms(3200)...)
	checkout := perfect()
	checkout.Grades[Hang] = grade(c.Hang, ms(1)...)
	checkout.Grades[Render] = grade(c.Render, ms(1)...)
	checkout.Grades[Flow] = grade(Limits{2 * time.Second, 8 * time.Second}, ms(2900)...)
	checkout.Grades[Network] = grade(c.Network, ms(1, 1, 1, 1)...)
	checkout.Grades[Network].Observe(0, 1)
	tests := map[string]struct {
		o      *Observations
		score  int
		class  Class
		points []Points
	}{
		"1 all good":               {perfect(), 100, Satisfied, nil},
		"2 mixed":                  {mixed(), 75, Tolerating, []Points{{"start", "", 10}, {"render", "", 7}, {"action", "", 4}, {"network", "", 2}, {"hang", "", 2}}},
		"3 crash":                  {with(perfect(), Hit{Gate: Crash}), 25, Frustrated, []Points{{"crash", "", 75}}},
		"4 mixed then crash":       {with(mixed(), Hit{Gate: Crash}), 19, Frustrated, []Points{{"crash", "", 67}, {"start", "", 6}, {"render", "", 4}, {"action", "", 2}, {"network", "", 1}, {"hang", "", 1}}},
		"5 one anr":                {with(perfect(), Hit{Gate: ANR}), 45, Frustrated, []Points{{"anr", "", 55}}},
		"6a flow failed":           {with(perfect(), Hit{Gate: FailedFlow, Ref: "search"}), 65, Tolerating, []Points{{"failed_flow", "search", 35}}},
		"6b critical flow failed":  {with(perfect(), Hit{Gate: CriticalFlow, Ref: "checkout"}), 45, Frustrated, []Points{{"critical_flow", "checkout", 55}}},
		"7 rage tap":               {with(perfect(), Hit{Gate: RageTap}), 84, Tolerating, []Points{{"rage_tap", "", 16}}},
		"8 background crash":       {with(perfect(), Hit{Gate: CrashBackground}), 90, Satisfied, []Points{{"crash_background", "", 10}}},
		"9 only a slow cold start": {onlyStart, 59, Tolerating, []Points{{"start", "", 41}}},
		"10 everything poor":       {poor(), 20, Frustrated, []Points{{"action", "", 20}, {"start", "", 16}, {"flow", "", 16}, {"network", "", 12}, {"hang", "", 8}, {"render", "", 8}}},
		"11 slow checkout":         {with(checkout, Hit{Gate: RageTap}), 78, Tolerating, []Points{{"rage_tap", "", 16}, {"flow", "", 4}, {"network", "", 2}}},
		"crash at start":           {with(perfect(), Hit{Gate: CrashAtStart}), 10, Frustrated, []Points{{"crash_at_start", "", 90}}},
		"nothing known":            {&Observations{}, 0, NotScored, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := Score(&c, tt.o)
			assert.Equal(t, tt.class, got.Class)
			assert.Equal(t, tt.score, got.Score)
			assert.Equal(t, tt.points, got.Points)
		})
	}
	assert.EqualValues(t, 200_000, Score(&c, onlyStart).Coverage)
}

func random(r *rand.Rand) *Observations {
	c := Default()
	o := &Observations{}
	for f, l := range map[Factor]Limits{Start: c.Cold, Action: c.Action, Network: c.Network, Hang: c.Hang} {
		if r.IntN(3) == 0 {
			continue
		}
		o.Grades[f] = &Grade{}
		for range 1 + r.IntN(5) {
			u := Utility(time.Duration(r.Int64N(int64(6*time.Second))), l)
			o.Grades[f].Observe(u, 1)
			o.Grades[f].ObserveLast(u)
		}
	}
	for range r.IntN(4) {
		o.Hits = append(o.Hits, Hit{Gate: Gate(r.IntN(int(numGates))), Ref: []string{"a", "b"}[r.IntN(2)], Time: r.Int64N(5)})
	}
	return o
}

func TestScoreProperties(t *testing.T) {
	c := Default()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 9))
		o := random(r)
		got := Score(&c, o)
		if got.Class == NotScored {
			continue
		}
		require.True(t, got.Score >= 0 && got.Score <= 100, "bounded: %d", got.Score)
		sum := 0
		for _, p := range got.Points {
			sum += p.Points
		}
		require.Equal(t, 100-got.Score, sum, "points sum exactly, seed %d", seed)
		shuffled := *o
		shuffled.Hits = make([]Hit, len(o.Hits))
		for i, j := range r.Perm(len(o.Hits)) {
			shuffled.Hits[i] = o.Hits[j]
		}
		require.Equal(t, got, Score(&c, &shuffled), "order of hits, seed %d", seed)
		worse := *o
		worse.Hits = append(slices.Clone(shuffled.Hits), Hit{Gate: Gate(r.IntN(int(numGates)))})
		require.LessOrEqual(t, Score(&c, &worse).Score, got.Score, "another gate never raises the score")
	}
}

func TestSlowerIsNeverBetter(t *testing.T) {
	c := Default()
	last := 101
	for wait := 1500 * time.Millisecond; wait < 6*time.Second; wait += 50 * time.Millisecond {
		o := mixed()
		o.Grades[Start] = grade(c.Cold, wait)
		got := Score(&c, o).Score
		require.LessOrEqual(t, got, last)
		last = got
	}
}

func TestValidateNamesEveryMistake(t *testing.T) {
	c := Default()
	require.NoError(t, c.Validate())
	c.Cold.F = time.Second
	c.Weights[Hang] = 2
	c.Gates[ANR] = 1
	c.MinCoverage = -1
	c.Flows = map[string]FlowConfig{"pay": {T: -1}}
	err := c.Validate()
	for _, key := range []string{"factors::start_cold", "factors::hang::weight", "weights must sum to 1", "gates::anr", "min_coverage", "flows::pay::t"} {
		assert.ErrorContains(t, err, key)
	}
}

func BenchmarkScore(b *testing.B) {
	c := Default()
	o := with(mixed(), Hit{Gate: Crash, Ref: "x"})
	b.ReportAllocs()
	for b.Loop() {
		Score(&c, o)
	}
}
