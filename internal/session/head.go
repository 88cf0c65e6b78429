package session

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
	"github.com/otelcol-mobile/otelcol-mobile/internal/wire"
)

const (
	// implicitPrefix begins the id of a pseudo-session.
	implicitPrefix = "~"
	// chainGap is how long after a report of a hang another report with the
	// same fingerprint is still the same hang: SDKs repeat about every 10 s.
	chainGap = 15 * time.Second
	// startWindow is how long after a cold start a crash counts as one at
	// start: nothing was delivered.
	startWindow = 10 * time.Second
)

// ImplicitID names the pseudo-session of an installation and UTC day, where
// records without a session go. It is not scored and is no session in counts.
func ImplicitID(installation string, at time.Time) string {
	return implicitPrefix + installation + implicitPrefix + at.UTC().Format(time.DateOnly)
}

// IsImplicit says whether id names a pseudo-session.
func IsImplicit(id string) bool { return strings.HasPrefix(id, implicitPrefix) }

// ExplicitID makes an SDK's session id unlike that of any pseudo-session.
func ExplicitID(id string) string {
	if IsImplicit(id) {
		return "_" + id[1:]
	}
	return id
}

// Week returns the UTC week of a time, weeks since 1970-01-01. at is in
// nanoseconds.
func Week(at int64) int32 { return int32(at / int64(7*24*time.Hour)) }

// Hour returns the UTC hour of a time, hours since 1970. at is in nanoseconds.
func Hour(at int64) int32 { return int32(at / int64(time.Hour)) }

// Ref is the text by which points name a fingerprint.
func (v *Incident) Ref() string {
	if v.Version == "" {
		return ""
	}
	return v.Version + ":" + hex.EncodeToString(v.Fine[:])
}

// Distinct returns the incidents with repeated reports of one hang taken
// together, by time.
func (s *State) Distinct() []Incident {
	all := slices.Clone(s.Incidents)
	slices.SortFunc(all, func(a, b Incident) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), compareIncidents(a, b))
	})
	out := all[:0]
	last := map[string]int64{}
	for _, v := range all {
		if v.Kind == ANR {
			before, seen := last[v.Ref()]
			last[v.Ref()] = v.Time
			if seen && v.Time-before <= int64(chainGap) {
				continue
			}
		}
		out = append(out, v)
	}
	return out
}

// FlowResult is how one run of a userflow went.
type FlowResult struct {
	Name    string
	Outcome Outcome
	// Time is the end, or the begin of a flow without one.
	Time int64
	// Value is in minor units of Currency; Eye is in microseconds.
	Value    int64
	Currency string
	Eye      int64
	// By is the Ref of the crash that ended the flow.
	By string
}

// FlowResults decides each flow: one that has no end crashed if the user saw a
// crash at or after its begin, and was abandoned otherwise.
func (s *State) FlowResults() []FlowResult {
	out := make([]FlowResult, 0, len(s.Flows))
	for _, f := range s.Flows {
		r := FlowResult{Name: f.Name, Outcome: f.End.Outcome, Time: f.End.Time, Value: f.End.Value, Currency: f.End.Currency, Eye: f.End.Eye}
		if f.End.Time == 0 {
			r = FlowResult{Name: f.Name, Outcome: Abandoned, Time: f.Begin.Time, Eye: f.Begin.Eye}
			if c := s.crashAfter(f.Begin.Time); c != nil {
				r.Outcome, r.By = Crashed, c.Ref()
			}
		}
		if r.Currency == "" {
			r.Value, r.Currency = f.Begin.Value, f.Begin.Currency
		}
		out = append(out, r)
	}
	return out
}

// crashAfter returns the first crash that the user saw at or after a time.
func (s *State) crashAfter(at int64) *Incident {
	var first *Incident
	for i := range s.Incidents {
		v := &s.Incidents[i]
		if v.Kind == Crash && !v.Background && v.Time >= at && (first == nil || v.Time < first.Time) {
			first = v
		}
	}
	return first
}

// CrashSeen says whether the user saw a crash.
func (s *State) CrashSeen() bool { return s.crashAfter(math.MinInt64) != nil }

// Length is how long the session lasted.
func (s *State) Length() time.Duration { return time.Duration(max(s.Last-s.First, 0)) }

// Observations returns what the state gives the score under a configuration.
func (s *State) Observations(c *uxscore.Config) *uxscore.Observations {
	o := &uxscore.Observations{Hits: s.hits(c)}
	g := &o.Grades
	g[uxscore.Start] = s.gradeStarts(c)
	if s.Loads.Len() > 0 {
		g[uxscore.Action] = &uxscore.Grade{}
		for _, v := range s.Loads.Counts() {
			g[uxscore.Action].Observe(uxscore.Utility(micros(v.Value), c.Action), v.N)
		}
		g[uxscore.Action].ObserveLast(uxscore.Utility(micros(s.LastLoad), c.Action))
	}
	g[uxscore.Flow] = s.gradeFlows(c)
	if n := s.Failed.Len(); s.Requests.Len()+n > 0 {
		g[uxscore.Network] = &uxscore.Grade{}
		for _, v := range s.Requests.Counts() {
			g[uxscore.Network].Observe(uxscore.Utility(micros(v.Value), c.Network), v.N)
		}
		if n > 0 {
			g[uxscore.Network].Observe(0, n)
		}
	}
	if s.Hang > 0 {
		g[uxscore.Hang] = &uxscore.Grade{}
		g[uxscore.Hang].Observe(uxscore.Utility(micros(s.Hang), c.Hang), 1)
	}
	g[uxscore.Render] = s.gradeRender(c)
	return o
}

func micros(v int64) time.Duration { return time.Duration(v) * time.Microsecond }

func (s *State) gradeStarts(c *uxscore.Config) *uxscore.Grade {
	if len(s.Starts) == 0 {
		return nil
	}
	g := &uxscore.Grade{}
	limits := [...]uxscore.Limits{Cold: c.Cold, Warm: c.Warm, Hot: c.Hot}
	for _, v := range s.Starts {
		g.Observe(uxscore.Utility(micros(v.Duration), limits[v.Kind]), 1)
	}
	return g
}

func (s *State) gradeFlows(c *uxscore.Config) *uxscore.Grade {
	var g *uxscore.Grade
	last := int64(math.MinInt64)
	for _, f := range s.FlowResults() {
		t := c.Flows[f.Name].T
		if t == 0 || f.Outcome != Succeeded {
			continue
		}
		if g == nil {
			g = &uxscore.Grade{}
		}
		u := uxscore.Utility(micros(f.Eye), uxscore.Limits{T: t, F: 4 * t})
		g.Observe(u, 1)
		if f.Time > last {
			last = f.Time
			g.ObserveLast(u)
		}
	}
	return g
}

func (s *State) gradeRender(c *uxscore.Config) *uxscore.Grade {
	g := &uxscore.Grade{}
	switch {
	case s.HitchN > 0:
		g.Observe(uxscore.Utility(micros(s.HitchSum/s.HitchN), c.Render), 1)
	case s.Janks > 0:
		g.Observe(c.FrozenUtility(float64(s.Frozen)/max(s.Length().Minutes(), 1)), 1)
	default:
		return nil
	}
	return g
}

// hits lists the gates that the session ran into.
func (s *State) hits(c *uxscore.Config) []uxscore.Hit {
	var out []uxscore.Hit
	for _, v := range s.Distinct() {
		gate := uxscore.HandledError
		switch {
		case v.Kind == ANR:
			gate = uxscore.ANR
		case v.Kind == Crash && v.Background:
			gate = uxscore.CrashBackground
		case v.Kind == Crash && s.atStart(v.Time):
			gate = uxscore.CrashAtStart
		case v.Kind == Crash:
			gate = uxscore.Crash
		}
		out = append(out, uxscore.Hit{Gate: gate, Ref: v.Ref(), Time: v.Time})
	}
	for _, f := range s.FlowResults() {
		if f.Outcome != Failed && f.Outcome != TimedOut {
			continue
		}
		gate := uxscore.FailedFlow
		if c.Flows[f.Name].Critical {
			gate = uxscore.CriticalFlow
		}
		out = append(out, uxscore.Hit{Gate: gate, Ref: f.Name, Time: f.Time})
	}
	for range min(s.Taps, 3) {
		out = append(out, uxscore.Hit{Gate: uxscore.RageTap, Time: s.Last})
	}
	return out
}

func (s *State) atStart(at int64) bool {
	return slices.ContainsFunc(s.Starts, func(v Start) bool {
		return v.Kind == Cold && at >= v.Begin && at-v.Begin <= int64(startWindow)
	})
}

// Head is a session's derived row: its merged state and its score.
type Head struct {
	State
	Score uxscore.Result
	// Config is the hash of the configuration that scored it.
	Config uint64
	// Truncated is true where the session has more parts than are read.
	Truncated bool
}

// Grade makes the head of a session. A pseudo-session is not scored.
func Grade(s State, id string, r *uxscore.Rules) Head {
	h := Head{State: s, Score: uxscore.Result{Class: uxscore.NotScored}}
	if !IsImplicit(id) {
		h.Score = uxscore.Score(&r.Config, s.Observations(&r.Config))
		h.Config = r.ID
	}
	return h
}

// classCodes are how classes are stored.
var classCodes = [...]uxscore.Class{uxscore.NotScored, uxscore.Satisfied, uxscore.Tolerating, uxscore.Frustrated} //nolint:gochecknoglobals // a constant table

// Field numbers of a stored Head. They are never reused.
const (
	hState protowire.Number = iota + 1
	hScore
	hClass
	hCoverage
	hPoints
	hConfig
	hTruncated
	hVersion
)

// Append appends the encoding of h to b. Equal heads have equal bytes.
func (h *Head) Append(b []byte) []byte {
	b = wire.AppendMessage(b, hState, h.State.Append)
	b = wire.AppendInt(b, hScore, h.Score.Score)
	b = wire.AppendInt(b, hClass, slices.Index(classCodes[:], h.Score.Class))
	b = wire.AppendInt(b, hCoverage, h.Score.Coverage)
	for _, p := range h.Score.Points {
		b = wire.AppendMessage(b, hPoints, func(b []byte) []byte {
			b = wire.AppendBytes(b, 1, p.Name)
			b = wire.AppendBytes(b, 2, p.Ref)
			return wire.AppendInt(b, 3, p.Points)
		})
	}
	b = wire.AppendFixed(b, hConfig, h.Config)
	b = wire.AppendBool(b, hTruncated, h.Truncated)
	return wire.AppendInt(b, hVersion, uxscore.Version)
}

// Decode replaces h by the head that b encodes. An error wraps
// wire.ErrCorrupt or sketch.ErrCorrupt.
func (h *Head) Decode(b []byte) error {
	*h = Head{Score: uxscore.Result{Class: uxscore.NotScored}}
	err := wire.Fields(b, func(f wire.Field) error {
		switch f.Num {
		case hState:
			return h.State.Decode(f.Bytes)
		case hScore:
			if f.Int > 100 {
				return fmt.Errorf("%w: score %d", wire.ErrCorrupt, f.Int)
			}
			h.Score.Score = int(f.Int)
		case hClass:
			if f.Int >= uint64(len(classCodes)) {
				return fmt.Errorf("%w: class %d", wire.ErrCorrupt, f.Int)
			}
			h.Score.Class = classCodes[f.Int]
		case hCoverage:
			h.Score.Coverage = int64(f.Int)
		case hPoints:
			p, err := decodePoints(f.Bytes)
			h.Score.Points = append(h.Score.Points, p)
			return err
		case hConfig:
			h.Config = f.Int
		case hTruncated:
			h.Truncated = f.Int != 0
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("decode session head: %w", err)
	}
	return nil
}

func decodePoints(b []byte) (p uxscore.Points, err error) {
	err = wire.Fields(b, func(f wire.Field) error {
		switch f.Num {
		case 1:
			p.Name = f.Text()
		case 2:
			p.Ref = f.Text()
		case 3:
			p.Points = int(min(f.Int, 100))
		}
		return nil
	})
	return p, err
}
