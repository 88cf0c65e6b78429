package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-mobile/otelcol-mobile/internal/fleet"
)

// fleetFlags are the command line of `mobilectl fleet`.
type fleetFlags struct {
	endpoint, mobileEndpoint string
	key, end, truth          string
	devices, days, rate      int
	seed                     uint64
}

func newFleetCommand() *cobra.Command {
	f := &fleetFlags{}
	cmd := &cobra.Command{
		Use:   "fleet",
		Short: "Play simulated devices with known bugs",
		Long: `Simulate devices of the demo tenants' apps and send what their SDKs would send,
over OTLP/HTTP: app starts, screens, requests, userflows with money, and crashes,
hangs and errors from planted bugs. Time is simulated; sending takes as long as
the endpoint needs. The same seed and end give the same bytes.

With --truth, what a perfect system would answer is written to a file: JSON
documents by path of the API, for a system that received nothing else. Sending
must then happen within a day of the simulated time's end.`,
		Example: `  mobilectl fleet --endpoint http://127.0.0.1:4318 --devices 300 --days 7 --seed 1 --truth truth.json`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.endpoint, "endpoint", "http://127.0.0.1:4318", "base URL of an OTLP/HTTP receiver")
	flags.StringVar(&f.mobileEndpoint, "mobile-endpoint", "", "base URL of a mobile receiver (not supported yet)")
	flags.StringVar(&f.key, "key", "", "play one app only, the one with this key (default all of the demo's)")
	flags.IntVar(&f.devices, "devices", 300, fmt.Sprintf("how many devices, at most %d (%d of one app)", fleet.MaxDevices, fleet.MaxAppDevices))
	flags.IntVar(&f.days, "days", 7, fmt.Sprintf("simulated days, at most %d", fleet.MaxDays))
	flags.Uint64Var(&f.seed, "seed", 1, "chooses among fleets")
	flags.StringVar(&f.end, "end", "", "when the simulated time ends, RFC 3339 (default now)")
	flags.IntVar(&f.rate, "rate", 0, "records sent in a second at most (default as fast as possible)")
	flags.StringVar(&f.truth, "truth", "", "file to write the expected answers to, - for stdout")
	_ = flags.MarkHidden("mobile-endpoint")
	return cmd
}

// options checks the flags and makes a fleet's options of them.
func (f *fleetFlags) options(now time.Time) (fleet.Options, error) {
	o := fleet.Options{Seed: f.seed, End: now.Truncate(time.Second), Days: f.days, Devices: f.devices}
	switch {
	case f.mobileEndpoint != "":
		return o, errors.New("--mobile-endpoint is not supported yet")
	case f.rate < 0:
		return o, fmt.Errorf("--rate must not be negative, got %d", f.rate)
	case !strings.HasPrefix(f.endpoint, "http://") && !strings.HasPrefix(f.endpoint, "https://"):
		return o, fmt.Errorf("--endpoint must be an http or https URL, got %q", f.endpoint)
	}
	if f.end != "" {
		end, err := time.Parse(time.RFC3339, f.end)
		if err != nil {
			return o, fmt.Errorf("--end must be a time as in RFC 3339, such as 2026-01-31T08:00:00Z, got %q", f.end)
		}
		if end.After(now.Add(time.Minute)) {
			return o, fmt.Errorf("--end must not be in the future, got %q", f.end)
		}
		o.End = end
	}
	if f.key != "" {
		o.App, o.Key = fleet.AppByKey(f.key), f.key
		if o.App == "" { // somebody else's key: the shop's devices, unknown truth
			o.App = "shop"
			if f.truth != "" {
				return o, errors.New("--truth needs the key of one of the demo's apps")
			}
		}
	}
	return o, o.Validate()
}

func (f *fleetFlags) run(cmd *cobra.Command) error {
	now := time.Now()
	o, err := f.options(now)
	if err != nil {
		return usageError{err}
	}
	messages := cmd.ErrOrStderr()
	if now.Sub(o.End) > 24*time.Hour && f.truth != "" {
		fmt.Fprintln(messages, "warning: the simulated time ended more than a day ago: the truth of devices whose clock is ahead will not hold")
	}
	p, err := fleet.NewPlan(o)
	if err != nil {
		return fmt.Errorf("plan the fleet: %w", err)
	}
	if f.truth != "" {
		if err := writeTruth(cmd.OutOrStdout(), f.truth, p.Truth()); err != nil {
			return err
		}
	}
	return playFleet(cmd.Context(), messages, p, strings.TrimSuffix(f.endpoint, "/"), f.rate)
}

// playFleet sends a plan's uploads with a progress bar, at most rate records a
// second (0: any number), and says what became of them. The error says how many
// were not acknowledged.
func playFleet(ctx context.Context, messages io.Writer, p *fleet.Plan, endpoint string, rate int) error {
	if err := listens(ctx, endpoint); err != nil {
		return err
	}
	s := &fleet.Sender{Endpoint: endpoint, Rate: rate}
	uploads := p.Uploads()
	bar := newProgressBar(messages, "sending records")
	if bar != nil {
		s.Progress = func(at fleet.Progress) { bar.update(at.Records, at.TotalRecords) }
	}
	begin := time.Now()
	report, err := s.Send(ctx, uploads)
	bar.finish()
	for _, r := range report.Refused {
		fmt.Fprintf(messages, "not taken: %v\n", r)
	}
	took := time.Since(begin)
	fmt.Fprintf(messages, "%d devices sent %d records in %d uploads (%.1f MB) within %.1f s, %d retries\n",
		len(p.Devices), report.Records, report.Uploads, float64(report.Bytes)/1e6, took.Seconds(), report.Retries)
	switch {
	case err != nil:
		return err
	case report.Failed > 0:
		return fmt.Errorf("%d of %d uploads were not acknowledged", report.Failed, report.TotalUploads)
	default:
		return nil
	}
}

// listens fails at once where nobody listens, instead of trying every upload
// again for its whole patience.
func listens(ctx context.Context, endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return fmt.Errorf("read endpoint %q: %w", endpoint, err)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return fmt.Errorf("nobody listens at %s: %w", endpoint, err)
	}
	return conn.Close()
}

// writeTruth writes the truth to a file, or to out where path is "-".
func writeTruth(out io.Writer, path string, t fleet.Truth) error {
	text, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return fmt.Errorf("write truth: %w", err)
	}
	text = append(text, '\n')
	if path == "-" {
		_, err = out.Write(text)
	} else {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write truth to %q: %w", path, err)
	}
	return nil
}
