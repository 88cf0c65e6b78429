package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-mobile/otelcol-mobile/internal/fleet"
)

// demoOptions are how large the demo is.
type demoOptions struct {
	devices, days int
	seed          uint64
	exit          bool
}

// settleTime is how long the Collector may take to reflect what it was sent.
const settleTime = 2 * time.Minute

func newDemoCommand() *cobra.Command {
	o := demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Start everything on this machine and play simulated phones into it",
		Long: `Start config/standalone.yaml, play a fleet of simulated phones with known bugs
into it over OTLP/HTTP, and print what the API answers: the ranked crash groups,
the score and the value at risk of each app. Then stay up until Ctrl-C, or with
--exit compare the answers with what was planted and end.

Run it in the repository's root. Each demo starts afresh in the folder demo
below MOBILE_DATA (default ./data), which it empties first.`,
		Example: "  mobilectl demo --exit",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.devices, "devices", 300, "simulated phones")
	f.IntVar(&o.days, "days", 7, "simulated days")
	f.Uint64Var(&o.seed, "seed", 1, "which fleet; the same seed and time play the same")
	f.BoolVar(&o.exit, "exit", false, "compare with the truth and end: exit 0 only if all is equal")
	return cmd
}

func demo(ctx context.Context, out, msg io.Writer, o demoOptions) error {
	bind := envOr("MOBILE_BIND", "127.0.0.1")
	data := filepath.Join(envOr("MOBILE_DATA", "data"), "demo")
	if err := emptyFolder(data); err != nil {
		return err
	}
	plan, err := fleet.NewPlan(fleet.Options{Seed: o.seed, End: time.Now().UTC().Truncate(time.Second), Days: o.days, Devices: o.devices})
	if err != nil {
		return err
	}
	fmt.Fprintf(msg, "Starting the collector (log: %s) ...\n", filepath.Join(data, "collector.log"))
	began := time.Now()
	c, err := startCollector(ctx, bind, data)
	if err != nil {
		return err
	}
	fmt.Fprintf(msg, "Ready after %.1f s.\n", time.Since(began).Seconds())
	err = play(ctx, out, msg, plan, bind, o)
	if err == nil && !o.exit {
		err = c.wait(ctx)
	}
	return errors.Join(err, c.stop())
}

// play sends the fleet, waits until it is reflected, and shows the answers.
func play(ctx context.Context, out, msg io.Writer, plan *fleet.Plan, bind string, o demoOptions) error {
	if err := playFleet(ctx, msg, plan, "http://"+bind+":4318", 0); err != nil {
		return err
	}
	truth, err := asJSON(plan.Truth())
	if err != nil {
		return err
	}
	api := "http://" + bind + ":8400"
	fmt.Fprintln(msg, "Waiting until everything is scored and counted ...")
	differences, err := settle(ctx, api, truth)
	if err != nil {
		return err
	}
	if err := showAnswers(ctx, out, api, plan, truth); err != nil {
		return err
	}
	if !o.exit {
		showAddresses(out, api)
		return nil
	}
	if len(differences) == 0 {
		fmt.Fprintf(out, "The answers equal the truth: %d questions, no difference.\n", questions(truth))
		return nil
	}
	for _, d := range differences[:min(len(differences), 20)] {
		fmt.Fprintln(msg, d)
	}
	return fmt.Errorf("%d answers differ from the truth", len(differences))
}

// settle compares until the answers equal the truth or the time is over, and
// returns what is different then.
func settle(ctx context.Context, api string, truth fleet.Truth) ([]string, error) {
	deadline := time.Now().Add(settleTime)
	for {
		differences, err := compareAll(ctx, api, truth)
		if err != nil || len(differences) == 0 || time.Now().After(deadline) {
			return differences, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// compareAll asks every question whose answer is known.
func compareAll(ctx context.Context, api string, truth fleet.Truth) ([]string, error) {
	var out []string
	for _, tenant := range slices.Sorted(maps.Keys(truth.Tenants)) {
		t := truth.Tenants[tenant]
		client := apiClient{base: api, token: t.Token}
		for _, path := range slices.Sorted(maps.Keys(t.Paths)) {
			var got any
			if err := client.get(ctx, path, &got); err != nil {
				return nil, err
			}
			for _, d := range fleet.Compare(t.Paths[path], got) {
				out = append(out, fmt.Sprintf("%s %s: %s", tenant, path, d))
			}
		}
	}
	return out, nil
}

func questions(truth fleet.Truth) int {
	n := 0
	for _, t := range truth.Tenants {
		n += len(t.Paths)
	}
	return n
}

// asJSON returns the truth as a reader of its file would see it.
func asJSON(truth fleet.Truth) (out fleet.Truth, err error) {
	b, err := json.Marshal(truth)
	if err != nil {
		return out, fmt.Errorf("encode truth: %w", err)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, fmt.Errorf("decode truth: %w", err)
	}
	return out, nil
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// emptyFolder makes a folder and removes what an earlier demo left in it.
func emptyFolder(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("empty %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	return nil
}
