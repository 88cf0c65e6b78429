// Package uxscore is the Mobile Experience Score, version 1: one integer from 0
// to 100 for what a user went through in a session, the class it puts the
// session in, and which observation cost how many points.
//
// The score has three layers. Failures (a crash, an ANR, a failed flow)
// multiply the score down as gates. Frustration (waiting) is graded by the log
// law of waiting between a good and a poor limit. Annoyances are small gates.
// docs/score.md gives the sources of the limits and weights.
package uxscore

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Version is the version of the formula, stored with every score.
const Version = 1

// Factor is something that is graded between a good and a poor limit.
type Factor int

// The factors, in the order in which equal losses are listed.
const (
	Start Factor = iota
	Action
	Flow
	Network
	Hang
	Render
	numFactors
)

// String returns the factor's name in configuration and answers.
func (f Factor) String() string {
	return [...]string{"start", "action", "flow", "network", "hang", "render"}[f]
}

// Gate is something that multiplies the score down.
type Gate int

// The gates, in the order in which equal losses are listed.
const (
	Crash Gate = iota
	CrashAtStart
	CrashBackground
	ANR
	CriticalFlow
	FailedFlow
	RageTap
	HandledError
	numGates
)

// String returns the gate's name in configuration and answers.
func (g Gate) String() string {
	return [...]string{"crash", "crash_at_start", "crash_background", "anr", "critical_flow", "failed_flow", "rage_tap", "handled_error"}[g]
}

// Limits are the good limit T and the poor limit F of a wait or rate. A wait
// up to T has utility 1, one from F on 0.
type Limits struct {
	T, F time.Duration
}

// FlowConfig is what a userflow is held to. T of 0 means that its duration is
// not graded.
type FlowConfig struct {
	Critical bool
	T        time.Duration
}

// Config holds the limits, weights and gates of the score. Render's limits are
// hitch time per second of scrolling, Frozen's are frozen frames a minute.
type Config struct {
	Cold, Warm, Hot, Action, Network, Hang, Render Limits
	FrozenGood, FrozenPoor                         float64
	Weights                                        [numFactors]float64
	Gates                                          [numGates]float64
	Flows                                          map[string]FlowConfig
	// MinCoverage is the share of weights below which a session without a
	// gate is not scored.
	MinCoverage float64
}

// Default is the configuration of version 1 (docs/score.md).
func Default() Config {
	return Config{
		Cold:       Limits{2 * time.Second, 5 * time.Second},
		Warm:       Limits{time.Second, 2 * time.Second},
		Hot:        Limits{500 * time.Millisecond, 1500 * time.Millisecond},
		Action:     Limits{time.Second, 4 * time.Second},
		Network:    Limits{time.Second, 4 * time.Second},
		Hang:       Limits{500 * time.Millisecond, 2 * time.Second},
		Render:     Limits{5 * time.Millisecond, 10 * time.Millisecond},
		FrozenGood: 1, FrozenPoor: 4,
		Weights:     [numFactors]float64{Start: .20, Action: .25, Flow: .20, Network: .15, Hang: .10, Render: .10},
		Gates:       [numGates]float64{Crash: .75, CrashAtStart: .90, CrashBackground: .10, ANR: .55, CriticalFlow: .55, FailedFlow: .35, RageTap: .16, HandledError: .02},
		MinCoverage: .15,
	}
}

// Validate reports every limit, weight or gate that the formula cannot use.
func (c *Config) Validate() error {
	errs := append(c.limitErrors(), c.shareErrors()...)
	for _, name := range slices.Sorted(maps.Keys(c.Flows)) {
		if c.Flows[name].T < 0 {
			errs = append(errs, fmt.Errorf("flows::%s::t must not be negative, got %v", name, c.Flows[name].T))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return compareText(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func (c *Config) limitErrors() []error {
	var errs []error
	for name, l := range map[string]Limits{
		"start_cold": c.Cold, "start_warm": c.Warm, "start_hot": c.Hot, "action": c.Action,
		"network": c.Network, "hang": c.Hang, "render": c.Render,
	} {
		if l.T <= 0 || l.F <= l.T {
			errs = append(errs, fmt.Errorf("factors::%s: needs 0 < t < f, got t %v, f %v", name, l.T, l.F))
		}
	}
	if c.FrozenGood <= 0 || c.FrozenPoor <= c.FrozenGood {
		errs = append(errs, fmt.Errorf("frozen: needs 0 < t < f, got t %v, f %v", c.FrozenGood, c.FrozenPoor))
	}
	return errs
}

func (c *Config) shareErrors() []error {
	var errs []error
	sum := 0.0
	for f, w := range c.Weights {
		sum += w
		if !(w >= 0 && w <= 1) {
			errs = append(errs, fmt.Errorf("factors::%s::weight must be in [0, 1], got %v", Factor(f), w))
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		errs = append(errs, fmt.Errorf("factors: weights must sum to 1, got %v", sum))
	}
	for g, d := range c.Gates {
		if !(d >= 0 && d < 1) {
			errs = append(errs, fmt.Errorf("gates::%s must be in [0, 1), got %v", Gate(g), d))
		}
	}
	if !(c.MinCoverage >= 0 && c.MinCoverage <= 1) {
		errs = append(errs, fmt.Errorf("min_coverage must be in [0, 1], got %v", c.MinCoverage))
	}
	return errs
}

func compareText(a, b string) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// GateNamed returns the gate of a name.
func GateNamed(name string) (g Gate, ok bool) {
	for g := range numGates {
		if g.String() == name {
			return g, true
		}
	}
	return 0, false
}
