package crashgroupprocessor

import (
	"context"
	"encoding/hex"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-mobile/otelcol-mobile/internal/canonical"
	"github.com/otelcol-mobile/otelcol-mobile/internal/fingerprint"
	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
	"github.com/otelcol-mobile/otelcol-mobile/processor/crashgroupprocessor/internal/metadata"
)

// outcome is what became of an incident.
type outcome int

const (
	labelled outcome = iota
	unparsed
	failed
	outcomes
)

// grouper labels incidents with their fingerprints.
type grouper struct {
	options  fingerprint.Options
	counter  metric.Int64Counter
	outcomes [outcomes]metric.MeasurementOption
}

func newGrouper(cfg *Config, set component.TelemetrySettings) (*grouper, error) {
	tel, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, fmt.Errorf("create own metrics: %w", err)
	}
	g := &grouper{options: fingerprint.Options{InApp: cfg.InApp}, counter: tel.MobileCrashGroupIncidents}
	for o, name := range [outcomes]string{labelled: "labelled", unparsed: "unparsed", failed: "failed"} {
		g.outcomes[o] = metric.WithAttributeSet(attribute.NewSet(attribute.String("outcome", name)))
	}
	return g, nil
}

// processLogs labels every crash, hang and error in place.
func (g *grouper) processLogs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	var counts [outcomes]int64
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				if kind := kindOf(lr.EventName()); kind != "" {
					counts[g.label(lr.Attributes(), rl.Resource().Attributes(), kind)]++
				}
			}
		}
	}
	for o, n := range counts {
		if n > 0 {
			g.counter.Add(ctx, n, g.outcomes[o])
		}
	}
	return ld, nil
}

// kindOf returns the kind of incident that an event is, none for others.
func kindOf(event string) fingerprint.Kind {
	switch event {
	case mobile.EventCrash:
		return fingerprint.KindCrash
	case mobile.EventException:
		return fingerprint.KindError
	case mobile.EventANR:
		return fingerprint.KindANR
	default:
		return ""
	}
}

// label writes an incident's labels. What the payload said of them is gone
// either way: it may be anybody's.
func (g *grouper) label(attrs, resource pcommon.Map, kind fingerprint.Kind) outcome {
	in := fingerprint.Input{Kind: kind, Type: text(attrs, mobile.AttrExceptionType), Message: text(attrs, mobile.AttrExceptionMessage)}
	in.Format, in.Cause = read(text(attrs, mobile.AttrCrashKind))
	in.BuildID = first(attrs, resource, mobile.AttrBuildID, mobile.AttrServiceVersion)
	result := labelled
	var ok bool
	if in.Trace, ok = canonical.TraceOf(attrs); !ok {
		if stack := text(attrs, mobile.AttrExceptionStacktrace); stack != "" {
			var err error
			if in.Trace, err = stacktrace.Parse(stack); err != nil {
				result = unparsed
			}
		}
	}
	if isEmpty(&in) {
		for _, key := range [...]string{
			mobile.AttrGroupVersion, mobile.AttrGroupFine, mobile.AttrGroupCoarse, mobile.AttrGroupQuality, mobile.AttrGroupTitle, mobile.AttrGroupCulprit,
		} {
			attrs.Remove(key)
		}
		return failed
	}
	put(attrs, fingerprint.Of(in, g.options))
	return result
}

// isEmpty says whether nothing is known that could tell one bug from another.
func isEmpty(in *fingerprint.Input) bool {
	return in.Type == "" && in.Message == "" && in.Cause == "" && len(in.Trace.Exceptions) == 0
}

func put(attrs pcommon.Map, r fingerprint.Result) {
	attrs.PutStr(mobile.AttrGroupVersion, r.Version)
	attrs.PutStr(mobile.AttrGroupFine, hex.EncodeToString(r.Fine[:]))
	attrs.PutStr(mobile.AttrGroupCoarse, hex.EncodeToString(r.Coarse[:]))
	attrs.PutInt(mobile.AttrGroupQuality, int64(r.Quality))
	attrs.PutStr(mobile.AttrGroupTitle, r.Title)
	if r.Culprit == "" {
		attrs.Remove(mobile.AttrGroupCulprit)
		return
	}
	attrs.PutStr(mobile.AttrGroupCulprit, r.Culprit)
}

// read returns what a crash's kind says of its frames' format and its cause.
func read(crashKind string) (format stacktrace.Format, cause string) {
	switch crashKind {
	case mobile.CrashJVM:
		return stacktrace.FormatJVM, ""
	case mobile.CrashNative:
		return stacktrace.FormatNative, ""
	case mobile.CrashApple:
		return stacktrace.FormatApple, ""
	case mobile.CrashJS:
		return stacktrace.FormatJS, ""
	case mobile.CrashDotnet:
		return stacktrace.FormatDotnet, ""
	case mobile.CrashOOM, mobile.CrashWatchdog:
		return stacktrace.FormatUnknown, crashKind
	default:
		return stacktrace.FormatUnknown, ""
	}
}

// first returns the first of keys that is set, the record's before the
// resource's: a report about an earlier process names that one's build.
func first(attrs, resource pcommon.Map, keys ...string) string {
	for _, key := range keys {
		if v := text(attrs, key); v != "" {
			return v
		}
		if v := text(resource, key); v != "" {
			return v
		}
	}
	return ""
}

// text returns a text attribute, "" where there is none or one of another
// type.
func text(m pcommon.Map, key string) string {
	if v, ok := m.Get(key); ok && v.Type() == pcommon.ValueTypeStr {
		return v.Str()
	}
	return ""
}
