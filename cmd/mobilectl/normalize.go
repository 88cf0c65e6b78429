package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/dialect"
)

// errNoOTLP answers JSON that is neither a logs nor a traces payload.
var errNoOTLP = errors.New("neither resourceLogs nor resourceSpans at the top level")

// newNormalizeCommand returns the normalize command: OTLP JSON of any SDK in,
// canonical OTLP JSON out.
func newNormalizeCommand() *cobra.Command {
	arrival := ""
	cmd := &cobra.Command{
		Use:   "normalize FILE",
		Short: "Turn OTLP JSON of any mobile SDK into canonical OTLP JSON",
		Long: `normalize reads one OTLP/JSON payload of logs or traces ("-" is standard input)
and writes what mobile_normalize makes of it: one line of canonical logs, and
one of canonical traces where spans are left. Every resource in the output is
one upload. What was refused or changed is said on standard error.`,
		Example: `  mobilectl normalize crash.json
  mobilectl normalize --arrival 2026-08-20T12:00:00Z - < crash.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			at := time.Now()
			if arrival != "" {
				var err error
				if at, err = time.Parse(time.RFC3339, arrival); err != nil {
					return usageError{fmt.Errorf("read --arrival %q: %w", arrival, err)}
				}
			}
			payload, err := readInput(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			out, err := normalize(payload, at)
			if err != nil {
				return fmt.Errorf("normalize %q: %w", args[0], err)
			}
			reportCounts(cmd.ErrOrStderr(), &out.Counts)
			return writeOutput(cmd.OutOrStdout(), out)
		},
	}
	cmd.Flags().StringVar(&arrival, "arrival", "", "when the payload arrived, RFC 3339 (default now)")
	return cmd
}

// readInput reads a file, or in where the name is "-".
func readInput(name string, in io.Reader) ([]byte, error) {
	if name == "-" {
		data, err := io.ReadAll(in)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return data, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read payload: %w", err)
	}
	return data, nil
}

// normalize turns one OTLP/JSON payload that arrived at a time into canonical
// records. errNoOTLP answers other JSON.
func normalize(payload []byte, at time.Time) (dialect.Output, error) {
	var kind struct {
		Logs  json.RawMessage `json:"resourceLogs"`
		Spans json.RawMessage `json:"resourceSpans"`
	}
	if err := json.Unmarshal(payload, &kind); err != nil {
		return dialect.Output{}, fmt.Errorf("read JSON: %w", err)
	}
	n, err := dialect.New(dialect.DefaultSettings())
	if err != nil {
		return dialect.Output{}, err
	}
	switch {
	case kind.Logs != nil:
		ld, err := new(plog.JSONUnmarshaler).UnmarshalLogs(payload)
		if err != nil {
			return dialect.Output{}, fmt.Errorf("read logs: %w", err)
		}
		return n.Logs(ld, at), nil
	case kind.Spans != nil:
		td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(payload)
		if err != nil {
			return dialect.Output{}, fmt.Errorf("read traces: %w", err)
		}
		return n.Traces(td, at, dialect.WantAll), nil
	default:
		return dialect.Output{}, errNoOTLP
	}
}

// writeOutput writes canonical logs, if there are any, and where spans are left
// traces, each on a line.
func writeOutput(w io.Writer, out dialect.Output) error {
	if out.Logs.LogRecordCount() > 0 || out.Traces.SpanCount() == 0 {
		logs, err := new(plog.JSONMarshaler).MarshalLogs(out.Logs)
		if err != nil {
			return fmt.Errorf("write logs: %w", err)
		}
		if _, err = fmt.Fprintf(w, "%s\n", logs); err != nil {
			return fmt.Errorf("write logs: %w", err)
		}
	}
	if out.Traces.SpanCount() == 0 {
		return nil
	}
	traces, err := new(ptrace.JSONMarshaler).MarshalTraces(out.Traces)
	if err != nil {
		return fmt.Errorf("write traces: %w", err)
	}
	if _, err = fmt.Fprintf(w, "%s\n", traces); err != nil {
		return fmt.Errorf("write traces: %w", err)
	}
	return nil
}

// reportCounts says what did not pass as it came.
func reportCounts(w io.Writer, c *dialect.Counts) {
	for _, group := range []struct {
		word   string
		counts map[dialect.Reason]int64
	}{{"refused", c.Refused}, {"noted", c.Noted}} {
		lines := make([]string, 0, len(group.counts))
		for reason, n := range group.counts {
			lines = append(lines, fmt.Sprintf("%s %d: %s", group.word, n, reason.Reason))
		}
		slices.Sort(lines)
		for _, line := range lines {
			_, _ = fmt.Fprintln(w, line)
		}
	}
}
