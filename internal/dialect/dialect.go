// Package dialect turns what mobile SDKs send over OTLP into canonical records
// (package mobile). It is pure: the arrival time is an argument, and the same
// payload gives the same records and the same upload ids wherever and however
// often it arrives.
//
// Stages, in order: time fix, event name, SDK detection, upgrade to current
// semantic conventions, replayed reports (what a record says of release and OS
// beats its resource), stack parse. The result is cut into uploads of one
// resource and one signal. Nothing vanishes: a record is passed on, or refused
// with a reason that Counts names.
package dialect

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// Settings bounds what a Normalizer accepts and makes.
type Settings struct {
	// LateWindow is how old a record may be when it arrives. Older ones are
	// refused. Must be positive.
	LateWindow time.Duration
	// MaxUploadBytes is the size of the received records, with their
	// resource, at which an upload is cut. A larger record is an upload of
	// its own. Must be positive.
	MaxUploadBytes int
	// MaxStackBytes is how much of a stack's text is kept once it is parsed,
	// and of every text of a record that is larger than an upload. Must be
	// positive.
	MaxStackBytes int
}

// DefaultSettings returns the settings of the distribution: 30 days, 512 KiB
// and 256 KiB.
func DefaultSettings() Settings {
	return Settings{
		LateWindow:     30 * 24 * time.Hour,
		MaxUploadBytes: mobile.MaxUploadBytes,
		MaxStackBytes:  mobile.MaxStackBytes,
	}
}

// Normalizer turns payloads into canonical records. It has no state and may be
// used by many goroutines at once.
type Normalizer struct {
	set   Settings
	rules *rules
}

// New returns a normalizer, or an error naming the setting that is out of range.
func New(set Settings) (*Normalizer, error) {
	var errs []error
	if set.LateWindow <= 0 {
		errs = append(errs, fmt.Errorf("late window must be positive, got %s", set.LateWindow))
	}
	if set.MaxUploadBytes <= 0 {
		errs = append(errs, fmt.Errorf("upload size must be positive, got %d", set.MaxUploadBytes))
	}
	if set.MaxStackBytes <= 0 {
		errs = append(errs, fmt.Errorf("stack size must be positive, got %d", set.MaxStackBytes))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Normalizer{set: set, rules: newRules()}, nil
}

// Want says which outputs of a trace payload to make.
type Want uint8

// The outputs of a trace payload.
const (
	// WantSpans are the spans that stay spans.
	WantSpans Want = 1 << iota
	// WantLogs are the events that came as spans.
	WantLogs
	// WantAll is both.
	WantAll = WantSpans | WantLogs
)

// Output is what became of one payload. Every ResourceLogs and ResourceSpans
// is one upload.
type Output struct {
	Logs   plog.Logs
	Traces ptrace.Traces
	Counts Counts
}

func newOutput() Output {
	return Output{Logs: plog.NewLogs(), Traces: ptrace.NewTraces()}
}

// Logs normalises a payload of logs that arrived at the given time. It takes
// what it needs out of ld, which is of no use afterwards.
func (n *Normalizer) Logs(ld plog.Logs, arrival time.Time) Output {
	out := newOutput()
	for _, rl := range ld.ResourceLogs().All() {
		n.resourceLogs(rl, arrival.UnixNano(), &out)
	}
	return out
}

// Traces normalises a payload of spans that arrived at the given time and
// makes the wanted outputs; Counts covers only those. It takes what it needs
// out of td, which is of no use afterwards.
func (n *Normalizer) Traces(td ptrace.Traces, arrival time.Time, want Want) Output {
	out := newOutput()
	for _, rs := range td.ResourceSpans().All() {
		n.resourceSpans(rs, arrival.UnixNano(), want, &out)
	}
	return out
}
