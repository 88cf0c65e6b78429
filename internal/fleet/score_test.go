package fleet

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// line writes the records of a session by hand, one after the other.
type line struct {
	at   int64
	list []Record
}

func newLine() *line { return &line{at: end.UnixNano()} }

func (l *line) add(r Record, took time.Duration) *line {
	r.At = l.at
	r.End = r.At + int64(took)
	l.at = r.End + int64(time.Second)
	l.list = append(l.list, r)
	return l
}

func (l *line) start(ms int) *line {
	return l.add(Record{Kind: KindStart, Name: startCold}, millis(ms))
}

func (l *line) loads(ms ...int) *line {
	for _, n := range ms {
		l.add(Record{Kind: KindLoad}, millis(n))
	}
	return l
}

func (l *line) requests(n, ms, status int) *line {
	for range n {
		l.add(Record{Kind: KindRequest, Request: &Request{Status: status}}, millis(ms))
	}
	return l
}

func (l *line) flow(name, state string, eye time.Duration) *line {
	id := strconv.Itoa(len(l.list))
	l.add(Record{Kind: KindFlow, Flow: &FlowMark{Name: name, ID: id, State: flowStarted}}, 0)
	return l.add(Record{Kind: KindFlow, Flow: &FlowMark{Name: name, ID: id, State: state, Eye: eye}}, 0)
}

func (l *line) fault(k Kind, background bool) *line {
	return l.add(Record{Kind: k, Fault: &Fault{Bug: &Bug{Kind: k}, Background: background}}, 0)
}

// later lets a minute pass, so that a crash is not one at start.
func (l *line) later() *line {
	l.at += int64(time.Minute)
	return l
}

// frozen gives a rate of frozen frames a minute.
func (l *line) frozen(perMinute int) *line {
	return l.add(Record{Kind: KindJank, Limit: 0.7, Frames: perMinute}, 0)
}

func millis(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func scoreLine(l *line) Scored {
	s := &Session{Device: &Device{App: shop()}, Records: l.list, Begin: l.list[0].At}
	return viewOf(s).scored
}

func good() *line { return newLine().start(900).loads(300, 400).requests(3, 120, 200) }

// mixed is the specification's second example but for its hitches: frozen
// frames stand in for 8 ms/s, of which the utility is .322.
func mixed() *line {
	l := newLine().start(3200).loads(1200, 800, 1600, 900).requests(8, 100, 200).requests(1, 1500, 200).requests(1, 200, 503)
	l.add(Record{Kind: KindHang}, millis(700))
	return l
}

func points(s Scored) map[string]int {
	out := map[string]int{}
	for _, l := range s.Losses {
		out[l.Factor] += l.Points
	}
	return out
}

func TestWorkedExamplesOfTheSpecification(t *testing.T) {
	type pts = map[string]int
	slow := newLine().start(3200)
	// 10: everything at its poor limit.
	poor := newLine().start(5000).loads(4000).requests(1, 4000, 200).flow(flowCheckout, flowSucceeded, 8*time.Second).frozen(4)
	poor.add(Record{Kind: KindHang}, 2*time.Second)
	// 11: checkout 2.9 s, 1 of 5 requests failed, one rage tap.
	slowCheckout := newLine().start(900).loads(300).requests(4, 100, 200).requests(1, 100, 500).
		flow(flowCheckout, flowSucceeded, 2900*time.Millisecond).frozen(0)
	slowCheckout.add(Record{Kind: KindHang}, millis(100)).add(Record{Kind: KindRage}, 0)
	tests := map[string]struct {
		l     *line
		score int
		class string
		want  pts
	}{
		"1 all good":               {good(), 100, satisfied, pts{}},
		"3 crash":                  {good().later().fault(KindCrash, false), 25, frustrated, pts{"crash": 75}},
		"crash at start":           {newLine().start(900).fault(KindCrash, false), 10, frustrated, pts{"crash_at_start": 90}},
		"5 one ANR":                {good().fault(KindANR, false), 45, frustrated, pts{"anr": 55}},
		"6 flow failed":            {good().flow("search", flowFailed, 0), 65, tolerating, pts{"failed_flow": 35}},
		"6 flow timed out":         {good().flow("search", flowTimedOut, 0), 65, tolerating, pts{"failed_flow": 35}},
		"6 critical flow failed":   {good().flow(flowCheckout, flowFailed, 0), 45, frustrated, pts{"critical_flow": 55}},
		"flow abandoned":           {good().flow(flowCheckout, flowAbandoned, 0), 100, satisfied, pts{}},
		"7 one rage tap":           {good().add(Record{Kind: KindRage}, 0), 84, tolerating, pts{"rage_tap": 16}},
		"8 background crash":       {good().fault(KindCrash, true), 90, satisfied, pts{"crash_background": 10}},
		"9 only a slow cold start": {slow, 59, tolerating, pts{"start": 41}},
		"10 everything poor":       {poor, 20, frustrated, pts{"action": 20, "start": 16, "flow": 16, "network": 12, "hang": 8, "render": 8}},
		"11 slow checkout":         {slowCheckout, 78, tolerating, pts{"rage_tap": 16, "flow": 4, "network": 2}},
		"one handled error":        {good().fault(KindError, false), 98, satisfied, pts{"handled_error": 2}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := scoreLine(tt.l)
			assert.Equal(t, tt.score, got.Score)
			assert.Equal(t, tt.class, got.Class)
			assert.Equal(t, tt.want, points(got))
		})
	}
	assert.InDelta(t, .20, scoreLine(slow).Coverage, 1e-9)
}

// The second and fourth example have hitches of 8 ms/s, which no dialect of the
// fleet sends: the formula is asked for the grades themselves.
func TestWorkedExamplesWithHitches(t *testing.T) {
	v := &view{}
	for i := range mixed().list {
		v.records = append(v.records, &mixed().list[i])
	}
	us := map[string]float64{}
	weights, sum := 0.0, 0.0
	list := append(grades(v), grade{"render", 5, .10, utility(8, 5, 10)})
	for _, g := range list {
		us[g.name] = g.u
		weights += g.weight
		sum += g.weight * g.u
	}
	for name, want := range map[string]float64{"start": .487, "action": .856, "network": .871, "hang": .757, "render": .322} {
		assert.InDelta(t, want, us[name], 5e-4, name)
	}
	assert.InDelta(t, .6876, sum/weights, 5e-5)
	assert.InDelta(t, .7501, 0.2+0.8*sum/weights, 5e-5)
	assert.Equal(t, tolerating, classOf(75))
}

func TestUtility(t *testing.T) {
	for x, want := range map[float64]float64{0.5: 1, 1: 1, 1.5: .708, 2: .5, 3: .208, 4: 0, 9: 0} {
		assert.InDelta(t, want, utility(x, 1, 4), 5e-4, x)
	}
}

func TestPointsSumToWhatIsMissing(t *testing.T) {
	p := newPlan(t, Options{Seed: 2, Days: 3, Devices: 60})
	scored := 0
	for _, app := range p.Apps {
		for _, v := range p.views(app) {
			if v.session == nil || v.scored.Class == notScored {
				continue
			}
			scored++
			sum := 0
			for _, l := range v.scored.Losses {
				sum += l.Points
			}
			assert.Equal(t, 100-v.scored.Score, sum)
		}
	}
	assert.Greater(t, scored, 100)
}

func TestTooLittleIsNotScored(t *testing.T) {
	l := newLine().add(Record{Kind: KindLog}, 0)
	assert.Equal(t, notScored, scoreLine(l).Class)
	assert.Equal(t, notScored, scoreLine(newLine().add(Record{Kind: KindHang}, time.Second)).Class, "coverage .10")
	got := scoreLine(newLine().requests(1, 100, 200))
	assert.Equal(t, satisfied, got.Class, "coverage .15")
	got = scoreLine(l.fault(KindError, false))
	assert.Equal(t, 98, got.Score, "a disruption alone is scored")
}

func TestOnlySomeOfManyCount(t *testing.T) {
	l := good()
	bug := &Bug{Kind: KindError}
	for range 9 {
		l.add(Record{Kind: KindError, Fault: &Fault{Bug: bug}}, 0)
	}
	got := scoreLine(l)
	require.Len(t, got.Losses, 1)
	assert.Equal(t, 90, got.Score, "100 * .98^5")
	l = good()
	for range 9 {
		l.add(Record{Kind: KindRage}, 0)
	}
	assert.Equal(t, 59, scoreLine(l).Score, "100 * .84^3")
}

func TestABoundaryIsCalledUnsure(t *testing.T) {
	l := good().later().fault(KindError, false).fault(KindCrash, false)
	assert.True(t, scoreLine(l).Unsure, "exactly 24.5")
	assert.False(t, scoreLine(good()).Unsure)
}
