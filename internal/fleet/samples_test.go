package fleet

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// shape is what of a record does not depend on who sent it and when.
type shape struct {
	Scope, Name  string
	Timed        bool
	Severity     int32
	Kind         string
	ResourceKeys []string
	Keys         []string
	// Types are the types of the attributes.
	Types map[string]string
}

// optional are attributes that depend on the connection, the place or chance.
func optional(key string) bool {
	return strings.HasPrefix(key, "network.") || strings.HasPrefix(key, "session.previous") || key == "error.type"
}

func shapeOf(res, attrs pcommon.Map) shape {
	s := shape{Types: map[string]string{}}
	for key := range res.All() {
		s.ResourceKeys = append(s.ResourceKeys, key)
	}
	for key, v := range attrs.All() {
		if !optional(key) {
			s.Keys = append(s.Keys, key)
			s.Types[key] = v.Type().String()
		}
	}
	slices.Sort(s.ResourceKeys)
	slices.Sort(s.Keys)
	return s
}

func logShapes(ld plog.Logs) (out []shape) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				s := shapeOf(rl.Resource().Attributes(), lr.Attributes())
				s.Scope, s.Name, s.Timed, s.Severity = sl.Scope().Name(), lr.EventName(), lr.Timestamp() != 0, int32(lr.SeverityNumber())
				out = append(out, s)
			}
		}
	}
	return out
}

func spanShapes(td ptrace.Traces) (out []shape) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, sp := range ss.Spans().All() {
				s := shapeOf(rs.Resource().Attributes(), sp.Attributes())
				s.Scope, s.Name, s.Timed, s.Kind = ss.Scope().Name(), sp.Name(), true, sp.Kind().String()
				out = append(out, s)
			}
		}
	}
	return out
}

// sample reads one of the samples of what SDKs send.
func sample(t *testing.T, name string) []shape {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "samples", "otlp", name))
	if os.IsNotExist(err) {
		t.Skip("the samples are not here: ", err)
	}
	require.NoError(t, err)
	if strings.HasSuffix(name, "-traces.json") {
		td, errRead := new(ptrace.JSONUnmarshaler).UnmarshalTraces(text)
		require.NoError(t, errRead)
		return spanShapes(td)
	}
	ld, err := new(plog.JSONUnmarshaler).UnmarshalLogs(text)
	require.NoError(t, err)
	return logShapes(ld)
}

// played is what the fleet sends in a dialect: for each scope and name, one.
func played(t *testing.T) map[Dialect][]shape {
	t.Helper()
	p := newPlan(t, Options{Seed: 1, Days: 7, Devices: 200})
	out := map[Dialect][]shape{}
	seen := map[string]bool{}
	uploads := p.Uploads()
	for i := range uploads {
		u := &uploads[i]
		d := u.Session.Device.Dialect
		if u.Session.Device.Clock == ClockUnset {
			continue
		}
		var list []shape
		if u.Spans {
			list = spanShapes(u.traces())
		} else {
			list = logShapes(u.logs())
		}
		for _, s := range list {
			key := strings.Join(append([]string{d.String(), s.Scope, s.Name}, s.Keys...), "\x00")
			if !seen[key] {
				seen[key] = true
				out[d] = append(out[d], s)
			}
		}
	}
	return out
}

func TestRecordsLookAsTheSamplesDo(t *testing.T) {
	ours := played(t)
	tests := []struct {
		file    string
		index   int
		dialect Dialect
	}{
		{"01-otel-android-1.6-jvm-crash.json", 0, OTelAndroid},
		{"02-otel-android-1.6-anr.json", 0, OTelAndroid},
		{"03-otel-android-1.6-jank.json", 0, OTelAndroid},
		{"04-otel-android-1.6-appstart-http-traces.json", 0, OTelAndroid},
		{"04-otel-android-1.6-appstart-http-traces.json", 1, OTelAndroid},
		{"04-otel-android-1.6-appstart-http-traces.json", 2, OTelAndroid},
		{"04-otel-android-1.6-appstart-http-traces.json", 3, OTelAndroid},
		{"05-otel-android-sessions.json", 0, OTelAndroid},
		{"05-otel-android-sessions.json", 1, OTelAndroid},
		{"07-otel-swift-2.5-metrickit-diagnostics.json", 0, OTelSwift},
		{"07-otel-swift-2.5-metrickit-diagnostics.json", 5, OTelSwift},
		{"08-embrace-android-9.2-jvm-crash.json", 0, EmbraceAndroid},
		{"09-honeycomb-android-1.0-swift-2.4-exceptions.json", 0, HoneycombAndroid},
		{"09-honeycomb-android-1.0-swift-2.4-exceptions.json", 1, HoneycombSwift},
		{"09-honeycomb-android-1.0-swift-2.4-exceptions.json", 2, HoneycombSwift},
		{"10-honeycomb-rn-0.7-js-error-traces.json", 0, HoneycombRN},
	}
	for _, tt := range tests {
		want := sample(t, tt.file)[tt.index]
		t.Run(want.Scope+" "+want.Name, func(t *testing.T) {
			assert.Contains(t, ours[tt.dialect], want)
		})
	}
}
