package session

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
)

const t0 = int64(1_780_000_000) * int64(time.Second)

func at(d time.Duration) int64 { return t0 + int64(d) }

// records returns random observations, each as a step that adds it to a state.
func records(r *rand.Rand) []func(*State) {
	n := 1 + r.IntN(60)
	out := make([]func(*State), 0, 2*n)
	for range n {
		when := at(time.Duration(r.Int64N(int64(time.Hour))))
		n, id := r.Int64N(3_000_000), strconv.Itoa(r.IntN(6))
		out = append(out, func(s *State) { s.Saw(when, when+n*1000) })
		out = append(out, []func(*State){
			func(s *State) { s.AddStart(Start{Kind: StartKind(n % 3), Begin: when, Duration: n}) },
			func(s *State) {
				s.AddIncident(Incident{Kind: IncidentKind(n % 3), ID: id, Time: when, Version: "f1", Fine: [16]byte{byte(n)}, Background: n%2 == 0})
			},
			func(s *State) {
				s.AddFlow(id, "checkout", FlowMark{Time: when, Outcome: Outcome(n % 5), Value: n, Currency: "EUR", Eye: n})
			},
			func(s *State) { s.AddLoad(when, n) },
			func(s *State) { s.Requests.Add(n, 1) },
			func(s *State) { s.Failed.Add(n, 1) },
			func(s *State) { s.Hang = max(s.Hang, n) },
			func(s *State) { s.Janks++; s.Slow += n % 9; s.Frozen += n % 2 },
			func(s *State) { s.Release.merge(Label{when, id}); s.AddUser(uint8(n%3), uint64(n)) },
		}[r.IntN(9)])
	}
	return out
}

func TestStateIsAFunctionOfItsRecords(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 4))
		steps := records(r)
		var whole State
		for _, step := range steps {
			step(&whole)
		}
		want := whole.Append(nil)
		parts := make([]State, 1+r.IntN(5))
		for _, i := range r.Perm(len(steps)) {
			steps[i](&parts[r.IntN(len(parts))])
		}
		var merged State
		for _, i := range r.Perm(len(parts)) {
			var stored State
			require.NoError(t, stored.Decode(parts[i].Append(nil)))
			merged.Merge(&stored)
		}
		require.Equal(t, want, merged.Append(nil), "seed %d", seed)
		rules := uxscore.NewRules(uxscore.Default())
		a, b := Grade(whole, "s", rules), Grade(merged, "s", rules)
		require.Equal(t, a.Append(nil), b.Append(nil))
		var back Head
		require.NoError(t, back.Decode(a.Append(nil)))
		require.Equal(t, a.Append(nil), back.Append(nil))
	}
}

func TestIncidentsFlowsAndStartsCountOnceHoweverOftenSent(t *testing.T) {
	var once State
	once.AddStart(Start{Begin: t0, Duration: 5})
	once.AddIncident(Incident{Kind: Crash, ID: "a", Time: t0})
	once.AddFlow("f", "checkout", FlowMark{Time: t0, Outcome: Started})
	twice := once
	twice.Merge(&once)
	assert.Equal(t, once.Append(nil), twice.Append(nil))
}

func TestRepeatedReportsOfAHangAreOne(t *testing.T) {
	var s State
	for i, d := range []time.Duration{0, 10 * time.Second, 20 * time.Second, 60 * time.Second} {
		s.AddIncident(Incident{Kind: ANR, ID: strconv.Itoa(i), Time: at(d), Version: "f1", Fine: [16]byte{1}})
	}
	s.AddIncident(Incident{Kind: ANR, ID: "other", Time: at(5 * time.Second), Version: "f1", Fine: [16]byte{2}})
	assert.Len(t, s.Distinct(), 3)
}

func TestFlowOutcomes(t *testing.T) {
	crash := Incident{Kind: Crash, ID: "c", Time: at(time.Minute), Version: "f1", Fine: [16]byte{9}}
	begin := FlowMark{Time: t0, Outcome: Started, Value: 1200, Currency: "EUR"}
	tests := map[string]struct {
		marks  []FlowMark
		crash  *Incident
		want   Outcome
		value  int64
		reason string
	}{
		"succeeded with the value of its end": {marks: []FlowMark{begin, {Time: at(time.Second), Outcome: Succeeded, Value: 999, Currency: "EUR"}}, want: Succeeded, value: 999},
		"failed with the value of its begin":  {marks: []FlowMark{begin, {Time: at(time.Second), Outcome: Failed}}, want: Failed, value: 1200},
		"open and no crash is abandoned":      {marks: []FlowMark{begin}, want: Abandoned, value: 1200},
		"open and a later crash is crashed":   {marks: []FlowMark{begin}, crash: &crash, want: Crashed, value: 1200, reason: crash.Ref()},
		"the earlier end stands":              {marks: []FlowMark{{Time: at(2 * time.Second), Outcome: Succeeded}, {Time: at(time.Second), Outcome: Failed}}, want: Failed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var s State
			for _, m := range tt.marks {
				s.AddFlow("f", "checkout", m)
			}
			if tt.crash != nil {
				s.AddIncident(*tt.crash)
			}
			got := s.FlowResults()
			require.Len(t, got, 1)
			assert.Equal(t, tt.want, got[0].Outcome)
			assert.Equal(t, tt.value, got[0].Value)
			assert.Equal(t, tt.reason, got[0].By)
		})
	}
}

func TestCrashAfterAColdStartIsOneAtStart(t *testing.T) {
	rules := uxscore.NewRules(uxscore.Default())
	score := func(crash time.Duration, background bool) int {
		var s State
		s.AddStart(Start{Kind: Cold, Begin: t0, Duration: 1_000_000})
		s.Saw(t0, at(time.Minute))
		s.AddIncident(Incident{Kind: Crash, ID: "c", Time: at(crash), Background: background})
		return Grade(s, "s", rules).Score.Score
	}
	assert.Equal(t, 10, score(9*time.Second, false))
	assert.Equal(t, 25, score(11*time.Second, false))
	assert.Equal(t, 90, score(9*time.Second, true))
}

func TestLimitsKeepStatesSmallInAnyOrder(t *testing.T) {
	var a, b State
	for i := range 3 * maxIncidents {
		a.AddIncident(Incident{Kind: Error, ID: fmt.Sprintf("%05d", i), Time: t0})
		b.AddIncident(Incident{Kind: Error, ID: fmt.Sprintf("%05d", 3*maxIncidents-1-i), Time: t0})
	}
	assert.Len(t, a.Incidents, maxIncidents)
	assert.True(t, a.Overflow)
	assert.Equal(t, a.Append(nil), b.Append(nil))
}

func TestPseudoSessionsAreNotScored(t *testing.T) {
	id := ImplicitID("phone", time.Unix(0, t0))
	assert.True(t, IsImplicit(id))
	assert.False(t, IsImplicit(ExplicitID(id)), "an SDK cannot name one")
	var s State
	s.Saw(t0, t0)
	s.AddIncident(Incident{Kind: Crash, ID: "c", Time: t0})
	assert.Equal(t, uxscore.NotScored, Grade(s, id, uxscore.NewRules(uxscore.Default())).Score.Class)
}

func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	var s State
	for _, step := range records(r) {
		step(&s)
	}
	h := Grade(s, "s", uxscore.NewRules(uxscore.Default()))
	f.Add(h.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h Head
		if h.Decode(b) != nil {
			return
		}
		var again Head
		require.NoError(t, again.Decode(h.Append(nil)))
		require.Equal(t, h.Append(nil), again.Append(nil))
		h.Observations(&uxscore.Config{})
	})
}

func BenchmarkDeriveTwentyParts(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 3))
	parts := make([][]byte, 0, 20)
	for range 20 {
		var s State
		for _, step := range records(r) {
			step(&s)
		}
		parts = append(parts, s.Append(nil))
	}
	rules := uxscore.NewRules(uxscore.Default())
	b.ReportAllocs()
	for b.Loop() {
		var merged State
		for _, p := range parts {
			var s State
			_ = s.Decode(p)
			merged.Merge(&s)
		}
		h := Grade(merged, "s", rules)
		h.Append(nil)
	}
}
