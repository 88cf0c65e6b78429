package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/canonical"
	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
)

// scoreLine is one session's score. Score is null where too little is known.
type scoreLine struct {
	Session  string         `json:"session"`
	Score    *int           `json:"score"`
	Class    uxscore.Class  `json:"class"`
	Coverage float64        `json:"coverage"`
	Points   map[string]int `json:"points"`
	Events   int64          `json:"events"`
}

func newScoreCommand() *cobra.Command {
	var critical []string
	cmd := &cobra.Command{
		Use:   "score",
		Short: "Score the sessions in canonical OTLP JSON",
		Long: `Read canonical OTLP JSON (logs and traces, one document after the other) from
stdin and write one JSON line for each session: its score, class, coverage, and
the points that each factor or disruption cost.`,
		Example: "  mobilectl normalize upload.json | mobilectl score",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg := uxscore.Default()
			cfg.Flows = map[string]uxscore.FlowConfig{}
			for _, name := range critical {
				cfg.Flows[name] = uxscore.FlowConfig{Critical: true}
			}
			return score(cmd.InOrStdin(), cmd.OutOrStdout(), uxscore.NewRules(cfg))
		},
	}
	cmd.Flags().StringSliceVar(&critical, "critical-flow", nil, "name of a userflow whose failure is critical; may be repeated")
	return cmd
}

// score reads documents and writes a line for each session in them, in order.
// An upload that stands there twice counts once.
func score(in io.Reader, out io.Writer, rules *uxscore.Rules) error {
	maker, err := canonical.NewMaker(0)
	if err != nil {
		return err
	}
	parts := map[store.FactKey][]byte{}
	dec := json.NewDecoder(in)
	for n := 1; ; n++ {
		var doc json.RawMessage
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("read document %d: %w", n, err)
		}
		facts, err := factsOf(maker, doc)
		if err != nil {
			return fmt.Errorf("read document %d: %w", n, err)
		}
		for _, p := range facts.Parts {
			parts[p.FactKey] = p.Data
		}
	}
	states := map[store.SessionKey]*session.State{}
	for key, data := range parts {
		var part session.State
		if err := part.Decode(data); err != nil {
			return err
		}
		if states[key.SessionKey] == nil {
			states[key.SessionKey] = &session.State{}
		}
		states[key.SessionKey].Merge(&part)
	}
	return writeScores(out, states, rules)
}

func writeScores(out io.Writer, states map[store.SessionKey]*session.State, rules *uxscore.Rules) error {
	keys := make([]store.SessionKey, 0, len(states))
	for k := range states {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b store.SessionKey) int {
		return cmp.Or(strings.Compare(a.Session, b.Session), cmp.Compare(a.Week, b.Week), strings.Compare(a.Tenant, b.Tenant), strings.Compare(a.App, b.App))
	})
	enc := json.NewEncoder(out)
	for _, k := range keys {
		if session.IsImplicit(k.Session) {
			continue
		}
		h := session.Grade(*states[k], k.Session, rules)
		line := scoreLine{Session: k.Session, Class: h.Score.Class, Coverage: float64(h.Score.Coverage) / 1e6, Points: map[string]int{}, Events: h.Events}
		if h.Score.Class != uxscore.NotScored {
			line.Score = &h.Score.Score
		}
		for _, p := range h.Score.Points {
			line.Points[p.Name] += p.Points
		}
		if err := enc.Encode(line); err != nil {
			return fmt.Errorf("write score of session %q: %w", k.Session, err)
		}
	}
	return nil
}

// factsOf makes facts of one OTLP JSON document. Files need not name a tenant.
func factsOf(maker *canonical.Maker, doc []byte) (*store.Facts, error) {
	var has map[string]json.RawMessage
	if err := json.Unmarshal(doc, &has); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	switch {
	case len(has) == 0: // an empty request
		return &store.Facts{}, nil
	case has["resourceSpans"] != nil:
		td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(doc)
		if err != nil {
			return nil, fmt.Errorf("unmarshal spans: %w", err)
		}
		for _, rs := range td.ResourceSpans().All() {
			ensureTenant(rs.Resource().Attributes())
		}
		facts, _ := maker.Traces(td)
		return facts, nil
	case has["resourceLogs"] != nil:
		ld, err := new(plog.JSONUnmarshaler).UnmarshalLogs(doc)
		if err != nil {
			return nil, fmt.Errorf("unmarshal logs: %w", err)
		}
		for _, rl := range ld.ResourceLogs().All() {
			ensureTenant(rl.Resource().Attributes())
		}
		facts, _ := maker.Logs(ld)
		return facts, nil
	default:
		return nil, errNoOTLP
	}
}

func ensureTenant(m pcommon.Map) {
	for _, key := range []string{mobile.AttrTenantID, mobile.AttrAppID} {
		if _, ok := m.Get(key); !ok {
			m.PutStr(key, "-")
		}
	}
}
