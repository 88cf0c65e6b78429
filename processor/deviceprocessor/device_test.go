package deviceprocessor

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-mobile/otelcol-mobile/processor/deviceprocessor/internal/metadatatest"
)

// harness is one processor for each signal.
type harness struct {
	tel     *componenttest.Telemetry
	logs    processor.Logs
	traces  processor.Traces
	metrics processor.Metrics
}

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{tel: componenttest.NewTelemetry()}
	factory := NewFactory()
	cfg := factory.CreateDefaultConfig()
	set := processortest.NewNopSettings(factory.Type())
	set.TelemetrySettings = h.tel.NewTelemetrySettings()
	var err error
	h.logs, err = factory.CreateLogs(t.Context(), set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	h.traces, err = factory.CreateTraces(t.Context(), set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	h.metrics, err = factory.CreateMetrics(t.Context(), set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, p := range []interface{ Shutdown(context.Context) error }{h.logs, h.traces, h.metrics, h.tel} {
			assert.NoError(t, p.Shutdown(context.Background()))
		}
	})
	return h
}

// describe sends a resource of each signal and returns what it is after, which
// must be the same for all.
func (h *harness) describe(t *testing.T, attrs map[string]any) map[string]any {
	t.Helper()
	ld, td, md := plog.NewLogs(), ptrace.NewTraces(), pmetric.NewMetrics()
	logs, traces, metrics := ld.ResourceLogs().AppendEmpty().Resource(), td.ResourceSpans().AppendEmpty().Resource(), md.ResourceMetrics().AppendEmpty().Resource()
	require.NoError(t, logs.Attributes().FromRaw(attrs))
	logs.CopyTo(traces)
	logs.CopyTo(metrics)
	require.NoError(t, h.logs.ConsumeLogs(t.Context(), ld))
	require.NoError(t, h.traces.ConsumeTraces(t.Context(), td))
	require.NoError(t, h.metrics.ConsumeMetrics(t.Context(), md))
	assert.Equal(t, logs.Attributes().AsRaw(), traces.Attributes().AsRaw())
	assert.Equal(t, logs.Attributes().AsRaw(), metrics.Attributes().AsRaw())
	return logs.Attributes().AsRaw()
}

func TestResourcesAreDescribed(t *testing.T) {
	tests := map[string]struct {
		attrs, want map[string]any // want is what is new or changed
	}{
		"nothing known": {map[string]any{}, map[string]any{"os.family": "unknown", "device.class": "unknown"}},
		"Android": {
			map[string]any{
				"android.os.api_level": "36", "device.manufacturer": "Google", "device.model.identifier": "Pixel 8", "device.model.name": "Pixel 8",
				"os.name": "Android", "os.type": "linux", "os.version": "16", "telemetry.sdk.language": "java",
			},
			map[string]any{"os.family": "android", "device.class": "high"},
		},
		"iPhone": {
			map[string]any{"device.model.identifier": "iPhone15,2", "os.name": "iOS", "os.type": "darwin", "os.version": "18.5.0", "os.description": "iOS Version 18.5 (Build 22F76)"},
			map[string]any{"os.family": "ios", "device.class": "high", "device.model.name": "iPhone 14 Pro", "device.manufacturer": "Apple"},
		},
		"identifier as name": {
			map[string]any{"device.model.name": "iPhone12,8", "os.name": "iOS", "os.version": "Version 17.1 (Build 21B74)", "device.manufacturer": "apple"},
			map[string]any{
				"os.family": "ios", "device.class": "mid", "device.model.identifier": "iPhone12,8", "device.model.name": "iPhone SE (2nd generation)",
				"device.manufacturer": "Apple", "os.version": "17.1",
			},
		},
		"level as number": {
			map[string]any{"android.os.api_level": int64(26)},
			map[string]any{"os.family": "android", "device.class": "low", "os.version": "8.0"},
		},
		"level that is none": {
			map[string]any{"android.os.api_level": "many", "os.name": "Android"},
			map[string]any{"os.family": "android", "device.class": "unknown"},
		},
		"level out of range": {
			map[string]any{"android.os.api_level": int64(-1 << 62), "os.name": "Android"},
			map[string]any{"os.family": "android", "device.class": "unknown"},
		},
		"browser": {
			map[string]any{"browser.platform": "macOS", "os.name": "macOS"},
			map[string]any{"os.family": "web", "device.class": "unknown"},
		},
		"values of wrong types": {
			map[string]any{"os.name": int64(3), "os.version": []any{"1"}, "device.model.identifier": map[string]any{"a": "b"}, "device.class": true, "os.family": 1.5},
			map[string]any{"os.family": "unknown", "device.class": "unknown"},
		},
		"the app's own class": {
			map[string]any{"device.class": "medium", "os.name": "Android", "device.model.identifier": "SM-S921B"},
			map[string]any{"os.family": "android", "device.class": "mid"},
		},
	}
	h := newHarness(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			want := maps.Clone(tt.attrs)
			maps.Copy(want, tt.want)
			got := h.describe(t, tt.attrs)
			assert.Equal(t, want, got)
			assert.Equal(t, want, h.describe(t, got), "a second look changes nothing")
		})
	}
}

func TestDoubleAttributesGetOneMeaning(t *testing.T) {
	// JSON may hold a key twice; readers take the first.
	const doubled = `{"resourceLogs":[{"resource":{"attributes":[
		{"key":"os.family","value":{"stringValue":"forged"}},{"key":"os.family","value":{"stringValue":"ios"}},
		{"key":"os.name","value":{"stringValue":"iOS"}}]}}]}`
	ld, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs([]byte(doubled))
	require.NoError(t, err)
	require.NoError(t, newHarness(t).logs.ConsumeLogs(t.Context(), ld))
	got, _ := ld.ResourceLogs().At(0).Resource().Attributes().Get("os.family")
	assert.Equal(t, "ios", got.Str())
}

func TestResourcesAreCountedBySystemAndClass(t *testing.T) {
	h := newHarness(t)
	ld := plog.NewLogs()
	for _, model := range []string{"iPhone15,2", "iPhone15,2", "iPhone8,1", "iPhone15,2"} {
		res := ld.ResourceLogs().AppendEmpty().Resource().Attributes()
		res.PutStr("device.model.identifier", model)
	}
	ld.ResourceLogs().AppendEmpty()
	require.NoError(t, h.logs.ConsumeLogs(t.Context(), ld))
	point := func(family, class string, n int64) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Attributes: attribute.NewSet(attribute.String("os.family", family), attribute.String("device.class", class)), Value: n}
	}
	metadatatest.AssertEqualMobileDeviceResources(t, h.tel, []metricdata.DataPoint[int64]{
		point("ios", "high", 3), point("ios", "low", 1), point("unknown", "unknown", 1),
	}, metricdatatest.IgnoreTimestamp())
}

func TestSamplesOfSDKsAreAllKnown(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "otlp", "0[1-9]-*.json"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the samples in ../shared are not here")
	}
	h := newHarness(t)
	seen := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		ld, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(raw)
		require.NoError(t, err)
		require.NoError(t, h.logs.ConsumeLogs(t.Context(), ld))
		for _, rl := range ld.ResourceLogs().All() {
			attrs := rl.Resource().Attributes().AsRaw()
			assert.Contains(t, []any{"android", "ios"}, attrs["os.family"], file)
			assert.Equal(t, "high", attrs["device.class"], file)
			assert.NotEmpty(t, attrs["device.model.name"], file)
			seen++
		}
	}
	assert.NotZero(t, seen)
}

func TestTheProcessorSaysThatItChangesData(t *testing.T) {
	h := newHarness(t)
	assert.True(t, h.logs.Capabilities().MutatesData)
	assert.True(t, h.traces.Capabilities().MutatesData)
	assert.True(t, h.metrics.Capabilities().MutatesData)
}

// androidLogs is logs of one device with n records.
func androidLogs(n int) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	for key, value := range map[string]string{
		"android.os.api_level": "36", "device.manufacturer": "samsung", "device.model.identifier": "SM-S921B", "device.model.name": "SM-S921B",
		"os.name": "Android", "os.type": "linux", "os.version": "16", "telemetry.sdk.language": "java", "service.name": "shop",
	} {
		rl.Resource().Attributes().PutStr(key, value)
	}
	sl := rl.ScopeLogs().AppendEmpty()
	for range n {
		sl.LogRecords().AppendEmpty().SetEventName("app.jank")
	}
	return ld
}

func TestADescribedDeviceCostsNoAllocation(t *testing.T) {
	d, err := newDescriber(componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	ld := androidLogs(100)
	_, err = d.processLogs(t.Context(), ld)
	require.NoError(t, err)
	allocs := testing.AllocsPerRun(100, func() { _, _ = d.processLogs(t.Context(), ld) })
	assert.LessOrEqual(t, allocs, 1.0, "the counter takes one")
}

func BenchmarkLogs(b *testing.B) {
	d, err := newDescriber(componenttest.NewNopTelemetrySettings())
	require.NoError(b, err)
	ld := androidLogs(100)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = d.processLogs(b.Context(), ld)
	}
}
