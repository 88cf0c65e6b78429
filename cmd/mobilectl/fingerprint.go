package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/otelcol-mobile/otelcol-mobile/internal/fingerprint"
	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// maxEventBytes bounds one line of the fingerprint command's input.
const maxEventBytes = 16 << 20

var (
	errLinked  = errors.New("--level linked is not supported yet: it needs the issues that a store holds")
	errLevel   = errors.New("--level must be fine or coarse")
	errFrom    = errors.New("--from must be raw or frames")
	errEventID = errors.New("the event has no id")
)

// newFingerprintCommand returns the fingerprint command: events in, groups out.
func newFingerprintCommand() *cobra.Command {
	c := fingerprintCommand{}
	cmd := &cobra.Command{
		Use:   "fingerprint",
		Short: "Group crash events by their fingerprint",
		Long: `fingerprint reads crash events from standard input, one JSON object a line
({"id", "platform", "type", "message", "frames", "exceptions", "raw"}), and writes
"id<TAB>group" for each, in the order in which they came. Events with the same
group are the same bug as far as one event tells.

By default an event's raw text is parsed, and its frames are used where it has no
text or none that can be parsed. --from raw and --from frames use one of the two.
With --explain a line is a JSON object that says which frames were used and what
the rules held each for.`,
		Example: `  zcat events.jsonl.gz | mobilectl fingerprint > groups.tsv
  mobilectl fingerprint --level coarse --explain < events.jsonl`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.validate(); err != nil {
				return usageError{err}
			}
			return c.run(cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&c.level, "level", "fine", "which fingerprint is the group: fine or coarse")
	cmd.Flags().StringVar(&c.from, "from", "", "what to read of an event: raw or frames (default: raw where it parses, else frames)")
	cmd.Flags().BoolVar(&c.explain, "explain", false, "write how each group came about, as JSON lines")
	return cmd
}

type fingerprintCommand struct {
	level, from string
	explain     bool
}

func (c *fingerprintCommand) validate() error {
	switch c.level {
	case "fine", "coarse":
	case "linked":
		return errLinked
	default:
		return fmt.Errorf("%w, got %q", errLevel, c.level)
	}
	switch c.from {
	case "", "raw", "frames":
		return nil
	default:
		return fmt.Errorf("%w, got %q", errFrom, c.from)
	}
}

func (c *fingerprintCommand) run(in io.Reader, to io.Writer) error {
	out := bufio.NewWriter(to)
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxEventBytes)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := c.event(lines.Bytes(), out); err != nil {
			return errors.Join(fmt.Errorf("read event in line %d: %w", n, err), out.Flush())
		}
	}
	if err := lines.Err(); err != nil {
		return errors.Join(fmt.Errorf("read events: %w", err), out.Flush())
	}
	return out.Flush()
}

func (c *fingerprintCommand) event(line []byte, out io.Writer) error {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	if e.ID == "" {
		return errEventID
	}
	in := fingerprint.Input{Kind: fingerprint.KindCrash, Format: formatOf(e.Platform), Type: e.Type, Message: e.Message}
	in.Trace = e.trace(c.from)
	result, decisions := fingerprint.Explain(in, fingerprint.Options{})
	group := result.Fine
	if c.level == "coarse" {
		group = result.Coarse
	}
	if !c.explain {
		_, err := fmt.Fprintf(out, "%s\t%x\n", e.ID, group)
		return err
	}
	return json.NewEncoder(out).Encode(explanationOf(&e, group, &result, decisions))
}

// event is a labelled crash event.
type event struct {
	ID         string           `json:"id"`
	Platform   string           `json:"platform"`
	Raw        string           `json:"raw"`
	Exceptions []eventException `json:"exceptions"`

	eventException
}

type eventException struct {
	Type    string       `json:"type"`
	Message string       `json:"message"`
	Frames  []eventFrame `json:"frames"`
}

type eventFrame struct {
	Module   string `json:"module"`
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Wrapper  string `json:"wrapper"`
}

// trace returns an event's stack from its text, its frames, or the better of
// the two where from is empty.
func (e *event) trace(from string) stacktrace.Trace {
	if from != "frames" && e.Raw != "" || from == "raw" {
		t, err := stacktrace.Parse(e.Raw)
		if err == nil || from == "raw" || len(e.Frames) == 0 {
			return t
		}
	}
	t := stacktrace.Trace{Format: formatOf(e.Platform)}
	list := e.Exceptions
	if len(list) == 0 {
		list = []eventException{e.eventException}
	}
	for i := range list {
		to := stacktrace.Exception{Type: list[i].Type, Message: list[i].Message}
		for _, f := range list[i].Frames {
			to.Frames = append(to.Frames, f.frame(t.Format))
		}
		t.Exceptions = append(t.Exceptions, to)
	}
	return t
}

func (f *eventFrame) frame(format stacktrace.Format) stacktrace.Frame {
	to := stacktrace.Frame{Module: f.Module, Function: f.Function, File: f.File, Line: f.Line, System: f.Wrapper != ""}
	if format == stacktrace.FormatApple || format == stacktrace.FormatNative {
		to.Module, to.Image = "", f.Module
	}
	return to
}

// formatOf returns the format of a platform's frames.
func formatOf(platform string) stacktrace.Format {
	switch platform {
	case "jvm":
		return stacktrace.FormatJVM
	case "dotnet":
		return stacktrace.FormatDotnet
	case "apple":
		return stacktrace.FormatApple
	case "native", "android-native":
		return stacktrace.FormatNative
	case "javascript":
		return stacktrace.FormatJS
	default:
		return stacktrace.FormatUnknown
	}
}

// explanation is a line of the command's output with --explain.
type explanation struct {
	ID      string             `json:"id"`
	Group   string             `json:"group"`
	Version string             `json:"version"`
	Fine    string             `json:"fine"`
	Coarse  string             `json:"coarse"`
	Quality uint8              `json:"quality"`
	Title   string             `json:"title"`
	Culprit string             `json:"culprit,omitempty"`
	Frames  []explanationFrame `json:"frames"`
}

type explanationFrame struct {
	Exception int    `json:"exception"`
	Index     int    `json:"index"`
	Token     string `json:"token"`
	Class     string `json:"class"`
	Fine      bool   `json:"fine"`
	Coarse    bool   `json:"coarse"`
}

func explanationOf(e *event, group [16]byte, r *fingerprint.Result, decisions []fingerprint.Decision) explanation {
	x := explanation{
		ID: e.ID, Group: hex.EncodeToString(group[:]), Version: r.Version, Fine: hex.EncodeToString(r.Fine[:]), Coarse: hex.EncodeToString(r.Coarse[:]),
		Quality: r.Quality, Title: r.Title, Culprit: r.Culprit, Frames: make([]explanationFrame, 0, len(decisions)),
	}
	for _, d := range decisions {
		x.Frames = append(x.Frames, explanationFrame{
			Exception: d.Exception, Index: d.Index, Token: d.Token, Class: d.Class, Fine: d.Fine, Coarse: d.Coarse,
		})
	}
	return x
}
