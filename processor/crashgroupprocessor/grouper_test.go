package crashgroupprocessor

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-mobile/otelcol-mobile/internal/canonical"
	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
	"github.com/otelcol-mobile/otelcol-mobile/processor/crashgroupprocessor/internal/metadata"
	"github.com/otelcol-mobile/otelcol-mobile/processor/crashgroupprocessor/internal/metadatatest"
)

const jvmCrash = "java.lang.IllegalStateException: no total for order 7\n\tat com.example.shop.Cart.total(Cart.kt:88)\n\tat com.example.shop.Pay.run(Pay.kt:3)\n"

// incident makes logs of one record.
func incident(event string, attrs, resource map[string]any) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	_ = rl.Resource().Attributes().FromRaw(resource)
	lr := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	lr.SetEventName(event)
	_ = lr.Attributes().FromRaw(attrs)
	return ld
}

func record(ld plog.Logs) plog.LogRecord {
	return ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
}

// group returns a record's labels.
func group(ld plog.Logs) map[string]any {
	labels := map[string]any{}
	for key, v := range record(ld).Attributes().All() {
		if label, ok := strings.CutPrefix(key, "crash.group."); ok {
			labels[label] = v.AsRaw()
		}
	}
	return labels
}

// process runs logs through a processor and returns what it counted, by
// outcome.
func process(t *testing.T, cfg *Config, ld plog.Logs) map[string]int64 {
	t.Helper()
	tel := componenttest.NewTelemetry()
	set := processortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	sink := new(consumertest.LogsSink)
	p, err := NewFactory().CreateLogs(t.Context(), set, cfg, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	require.NoError(t, p.ConsumeLogs(t.Context(), ld))
	require.NoError(t, p.Shutdown(t.Context()))
	require.Len(t, sink.AllLogs(), 1)
	require.Equal(t, ld.LogRecordCount(), sink.LogRecordCount())

	counts := map[string]int64{}
	if got, err := tel.GetMetric("otelcol_mobile_crash_group_incidents"); err == nil {
		for _, point := range got.Data.(metricdata.Sum[int64]).DataPoints {
			outcome, _ := point.Attributes.Value(attribute.Key("outcome"))
			counts[outcome.AsString()] = point.Value
		}
	}
	require.NoError(t, tel.Shutdown(t.Context()))
	return counts
}

func TestIncidentsAreLabelled(t *testing.T) {
	tests := map[string]struct {
		event           string
		attrs, resource map[string]any
		outcome         string
		quality         any
		title, culprit  any
	}{
		"a crash": {
			mobile.EventCrash,
			map[string]any{"exception.stacktrace": jvmCrash},
			nil,
			"labelled", int64(3), "IllegalStateException: no total for order <n>", "com.example.shop.Cart.total",
		},
		"a handled error": {
			mobile.EventException,
			map[string]any{"exception.stacktrace": jvmCrash},
			nil,
			"labelled", int64(3), "IllegalStateException: no total for order <n>", "com.example.shop.Cart.total",
		},
		"an ANR of bare frames": {
			mobile.EventANR,
			map[string]any{"exception.stacktrace": "java.lang.Object.wait(Native Method)\ncom.example.shop.Cart.load(Cart.kt:9)"},
			nil,
			"labelled", int64(3), "Not responding in com.example.shop.Cart.load", "com.example.shop.Cart.load",
		},
		"a crash without stack": {
			mobile.EventCrash,
			map[string]any{"exception.type": "SIGSEGV", "crash.kind": "native"},
			nil,
			"labelled", int64(0), "SIGSEGV", nil,
		},
		"a stack of no known format": {
			mobile.EventCrash,
			map[string]any{"exception.type": "Boom", "exception.stacktrace": "in the kitchen\nby the oven"},
			nil,
			"unparsed", int64(0), "Boom: in the kitchen", nil,
		},
		"what is of the wrong type": {
			mobile.EventCrash,
			map[string]any{"exception.type": int64(3), "exception.stacktrace": []any{"a"}, "exception.message": "boom"},
			nil,
			"labelled", int64(0), "boom", nil,
		},
		"out of memory": {
			mobile.EventCrash,
			map[string]any{"crash.kind": "oom"},
			nil,
			"labelled", int64(0), "Crash (oom)", nil,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ld := incident(tt.event, tt.attrs, tt.resource)
			assert.Equal(t, map[string]int64{tt.outcome: 1}, process(t, &Config{}, ld))
			got := group(ld)
			assert.Equal(t, "f1", got["version"])
			assert.Len(t, got["fine"], 32)
			assert.Len(t, got["coarse"], 32)
			assert.Equal(t, tt.quality, got["quality"])
			assert.Equal(t, tt.title, got["title"])
			assert.Equal(t, tt.culprit, got["culprit"])
		})
	}
}

func TestOthersPassUntouched(t *testing.T) {
	attrs := map[string]any{"exception.stacktrace": jvmCrash, "crash.group.fine": "mine"}
	for _, event := range []string{"", "session.start", "app.crashed"} {
		ld := incident(event, attrs, nil)
		assert.Empty(t, process(t, &Config{}, ld))
		assert.Equal(t, attrs, record(ld).Attributes().AsRaw())
	}
}

func TestForgedLabelsAreGone(t *testing.T) {
	forged := map[string]any{
		"crash.group.fine": "mine", "crash.group.coarse": "mine", "crash.group.version": "mine", "crash.group.quality": "mine", "crash.group.title": "mine",
		"crash.group.culprit": "mine", "exception.type": int64(1),
	}
	t.Run("where nothing can be said", func(t *testing.T) {
		ld := incident(mobile.EventCrash, forged, nil)
		assert.Equal(t, map[string]int64{"failed": 1}, process(t, &Config{}, ld))
		assert.Equal(t, map[string]any{"exception.type": int64(1)}, record(ld).Attributes().AsRaw())
	})
	t.Run("where something can", func(t *testing.T) {
		forged["exception.type"] = "SIGSEGV"
		ld := incident(mobile.EventCrash, forged, nil)
		assert.Equal(t, map[string]int64{"labelled": 1}, process(t, &Config{}, ld))
		assert.NotContains(t, group(ld), "culprit")
		assert.NotEqual(t, "mine", group(ld)["fine"])
	})
}

func TestTheParsedStackIsReadBeforeTheText(t *testing.T) {
	ld := incident(mobile.EventCrash, map[string]any{"exception.stacktrace": "in the kitchen"}, nil)
	trace, err := stacktrace.Parse(jvmCrash)
	require.NoError(t, err)
	canonical.PutTrace(record(ld).Attributes(), trace)
	text := incident(mobile.EventCrash, map[string]any{"exception.stacktrace": jvmCrash}, nil)
	assert.Equal(t, map[string]int64{"labelled": 1}, process(t, &Config{}, ld))
	process(t, &Config{}, text)
	assert.Equal(t, group(text), group(ld))
}

func TestTheRecordsBuildBeatsTheResources(t *testing.T) {
	const obfuscated = "java.lang.Error\n\tat q3.f.b(r8-map-id-aa:4)"
	fine := func(record, resource string) any {
		attrs := map[string]any{"exception.stacktrace": obfuscated}
		if record != "" {
			attrs["app.build_id"] = record
		}
		ld := incident(mobile.EventCrash, attrs, map[string]any{"app.build_id": resource, "service.version": "1"})
		process(t, &Config{}, ld)
		return group(ld)["fine"]
	}
	assert.Equal(t, fine("1", "2"), fine("", "1"))
	assert.NotEqual(t, fine("2", "1"), fine("", "1"))
}

func TestInAppIsAnotherVersion(t *testing.T) {
	stack := map[string]any{"exception.stacktrace": "java.lang.Error\n\tat okhttp3.Call.run(Call.java:1)"}
	ld := incident(mobile.EventCrash, stack, nil)
	process(t, &Config{InApp: []string{"okhttp3"}}, ld)
	assert.Contains(t, group(ld)["version"], "f1-")
	assert.Equal(t, int64(3), group(ld)["quality"])
}

func TestABadRecordDoesNotFailItsBatch(t *testing.T) {
	ld := incident(mobile.EventCrash, map[string]any{"exception.stacktrace": jvmCrash}, nil)
	records := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
	deep := pcommon.NewValueMap()
	for at, i := deep.Map(), 0; i < 100; i++ {
		at = at.PutEmptyMap("x")
	}
	for _, bad := range []any{strings.Repeat("\tat a.B.c(B.java:1)\n", 250_000), "\xff\xfe", strings.Repeat("(", 1<<20)} {
		lr := records.AppendEmpty()
		lr.SetEventName(mobile.EventCrash)
		require.NoError(t, lr.Attributes().PutEmpty("exception.stacktrace").FromRaw(bad))
	}
	lr := records.AppendEmpty()
	lr.SetEventName(mobile.EventCrash)
	deep.CopyTo(lr.Attributes().PutEmpty(mobile.AttrStack))
	counts := process(t, &Config{}, ld)
	assert.Equal(t, map[string]int64{"labelled": 2, "unparsed": 2, "failed": 1}, counts)
}

func TestMetric(t *testing.T) {
	tel := componenttest.NewTelemetry()
	defer func() { require.NoError(t, tel.Shutdown(t.Context())) }()
	g, err := newGrouper(&Config{}, tel.NewTelemetrySettings())
	require.NoError(t, err)
	_, err = g.processLogs(t.Context(), incident(mobile.EventCrash, map[string]any{"exception.stacktrace": jvmCrash}, nil))
	require.NoError(t, err)
	metadatatest.AssertEqualMobileCrashGroupIncidents(t, tel, []metricdata.DataPoint[int64]{
		{Value: 1, Attributes: attribute.NewSet(attribute.String("outcome", "labelled"))},
	}, metricdatatest.IgnoreTimestamp())
}

func TestValidate(t *testing.T) {
	tests := map[string]struct {
		cfg  Config
		want []string
	}{
		"default":         {Config{}, nil},
		"prefixes":        {Config{InApp: []string{"com.facebook.react", "Shop"}}, nil},
		"an empty prefix": {Config{InApp: []string{"a", ""}}, []string{"in_app::1"}},
		"white space":     {Config{InApp: []string{" a"}}, []string{"in_app::0"}},
		"too many":        {Config{InApp: strings.Split(strings.Repeat("a,", 64)+"a", ",")}, []string{"in_app must have at most 64"}},
		"every mistake":   {Config{InApp: []string{"", "b "}}, []string{"in_app::0", "in_app::1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := tt.cfg.Validate()
			if tt.want == nil {
				require.NoError(t, err)
			}
			for _, want := range tt.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func BenchmarkProcessLogs(b *testing.B) {
	g, err := newGrouper(&Config{}, componenttest.NewNopTelemetrySettings())
	require.NoError(b, err)
	stack := jvmCrash + strings.Repeat("\tat com.example.shop.Screen.draw(Screen.kt:12)\n\tat android.view.View.draw(View.java:23)\n", 30)
	trace, err := stacktrace.Parse(stack)
	require.NoError(b, err)
	parsed := incident(mobile.EventCrash, nil, nil)
	canonical.PutTrace(record(parsed).Attributes(), trace)
	for name, ld := range map[string]plog.Logs{
		"text":   incident(mobile.EventCrash, map[string]any{"exception.stacktrace": stack}, nil),
		"parsed": parsed,
		"other":  incident("app.jank", map[string]any{"a": "b"}, nil),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() { // labels are overwritten, so that the input stays the same
				_, _ = g.processLogs(b.Context(), ld)
			}
		})
	}
}
