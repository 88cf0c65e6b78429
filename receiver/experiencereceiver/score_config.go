package experiencereceiver

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
)

// ScoreConfig is the configuration of the score from a time on. What it does
// not set is as in version 1 of the score (docs/score.md).
type ScoreConfig struct {
	// From is when it begins to hold, RFC 3339, rounded down to the hour;
	// sessions that started before keep the score they have. Exactly one
	// entry has no From and holds from the beginning.
	From time.Time `mapstructure:"from"`
	// Rules hold for all tenants.
	Rules RulesConfig `mapstructure:",squash"`
	// Tenants override rules by tenant id.
	Tenants map[string]RulesConfig `mapstructure:"tenants"`
}

// RulesConfig are changes to the rules of the score.
type RulesConfig struct {
	// MinCoverage is the share of weights below which a session without a
	// disruption is not scored. Range [0, 1]. Default 0.15.
	MinCoverage *float64 `mapstructure:"min_coverage"`
	// Factors change limits and weights of start_cold, start_warm, start_hot,
	// action, flow, network, hang and render. The three starts share a weight.
	Factors map[string]FactorConfig `mapstructure:"factors"`
	// Gates change by how much a disruption lowers the score: crash,
	// crash_at_start, crash_background, anr, critical_flow, failed_flow,
	// rage_tap, handled_error. Range [0, 1).
	Gates map[string]float64 `mapstructure:"gates"`
	// Flows say what userflows are held to, by name.
	Flows map[string]FlowConfig `mapstructure:"flows"`
}

// FactorConfig changes one factor.
type FactorConfig struct {
	// T is the good limit, F the poor one. A flow's limits are set by flow.
	T time.Duration `mapstructure:"t"`
	F time.Duration `mapstructure:"f"`
	// Weight is the factor's share. Range [0, 1]; all must sum to 1.
	Weight *float64 `mapstructure:"weight"`
}

// FlowConfig is what a userflow is held to.
type FlowConfig struct {
	// Critical makes a failure of the flow weigh like an ANR. Default false.
	Critical bool `mapstructure:"critical"`
	// T is the good limit of its foreground time; the poor one is 4 T.
	// Default 0: not graded.
	T time.Duration `mapstructure:"t"`
}

// apply returns base with the changes, and what is wrong with them.
func (c *RulesConfig) apply(base uxscore.Config) (uxscore.Config, error) {
	var errs []error
	if c.MinCoverage != nil {
		base.MinCoverage = *c.MinCoverage
	}
	limits := map[string]*uxscore.Limits{
		"start_cold": &base.Cold, "start_warm": &base.Warm, "start_hot": &base.Hot, "action": &base.Action,
		"network": &base.Network, "hang": &base.Hang, "render": &base.Render, "flow": {},
	}
	weights := map[string]uxscore.Factor{
		"start_cold": uxscore.Start, "start_warm": uxscore.Start, "start_hot": uxscore.Start, "action": uxscore.Action,
		"flow": uxscore.Flow, "network": uxscore.Network, "hang": uxscore.Hang, "render": uxscore.Render,
	}
	for _, name := range slices.Sorted(maps.Keys(c.Factors)) {
		f := c.Factors[name]
		l, ok := limits[name]
		if !ok {
			errs = append(errs, fmt.Errorf("factors::%s is no factor; it must be one of %v", name, slices.Sorted(maps.Keys(limits))))
			continue
		}
		if f.T != 0 {
			l.T = f.T
		}
		if f.F != 0 {
			l.F = f.F
		}
		if f.Weight != nil {
			base.Weights[weights[name]] = *f.Weight
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Gates)) {
		g, ok := uxscore.GateNamed(name)
		if !ok {
			errs = append(errs, fmt.Errorf("gates::%s is no gate", name))
			continue
		}
		base.Gates[g] = c.Gates[name]
	}
	base.Flows = maps.Clone(base.Flows)
	for name, f := range c.Flows {
		if base.Flows == nil {
			base.Flows = map[string]uxscore.FlowConfig{}
		}
		base.Flows[name] = uxscore.FlowConfig{Critical: f.Critical, T: f.T}
	}
	return base, errors.Join(append(errs, base.Validate())...)
}

// schedule returns the schedule of the configured scores. Errors name the
// entry and its key.
func schedule(scores []ScoreConfig) (*uxscore.Schedule, error) {
	if len(scores) == 0 {
		scores = []ScoreConfig{{}}
	}
	var errs []error
	entries := make([]uxscore.Entry, 0, len(scores))
	for i := range scores {
		e := uxscore.Entry{Tenants: map[string]*uxscore.Rules{}}
		if !scores[i].From.IsZero() {
			e.From = session.Hour(scores[i].From.UnixNano())
		}
		base, err := scores[i].Rules.apply(uxscore.Default())
		if err != nil {
			errs = append(errs, fmt.Errorf("score[%d]: %w", i, err))
		}
		e.Default = uxscore.NewRules(base)
		for tenant, rules := range scores[i].Tenants {
			own, err := rules.apply(base)
			if err != nil {
				errs = append(errs, fmt.Errorf("score[%d]::tenants::%s: %w", i, tenant, err))
			}
			e.Tenants[tenant] = uxscore.NewRules(own)
		}
		entries = append(entries, e)
	}
	s, err := uxscore.NewSchedule(entries...)
	return s, errors.Join(append(errs, err)...)
}
