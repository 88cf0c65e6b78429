package normalizeconnector

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-mobile/otelcol-mobile/connector/normalizeconnector/internal/metadata"
	"github.com/otelcol-mobile/otelcol-mobile/connector/normalizeconnector/internal/metadatatest"
	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

func settings(tel *componenttest.Telemetry) connector.Settings {
	set := connectortest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	return set
}

func telemetry(t *testing.T) *componenttest.Telemetry {
	t.Helper()
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	return tel
}

func started(t *testing.T, c component.Component) {
	t.Helper()
	require.NoError(t, c.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, c.Shutdown(context.WithoutCancel(t.Context()))) })
}

func recent() pcommon.Timestamp {
	return pcommon.NewTimestampFromTime(time.Now().Add(-time.Minute))
}

func crashLogs(ages ...time.Duration) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr(mobile.AttrTenantID, "acme")
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("io.opentelemetry.crash")
	for _, age := range ages {
		lr := sl.LogRecords().AppendEmpty()
		lr.SetEventName("device.crash")
		lr.SetTimestamp(pcommon.NewTimestampFromTime(time.Now().Add(-age)))
		lr.Attributes().PutStr("exception.type", "E")
	}
	return ld
}

// mixedTraces is a span, a crash as a span, and a span with an exception.
func mixedTraces() ptrace.Traces {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for _, name := range []string{"AppStart", "device.crash", "pay"} {
		span := spans.AppendEmpty()
		span.SetName(name)
		span.SetStartTimestamp(recent())
		span.SetEndTimestamp(span.StartTimestamp() + 1)
	}
	spans.At(1).Attributes().PutStr("component", "crash")
	ev := spans.At(2).Events().AppendEmpty()
	ev.SetName("exception")
	ev.SetTimestamp(recent())
	ev.Attributes().PutStr("exception.type", "E")
	return td
}

func because(n int64, reason, tenant string) []metricdata.DataPoint[int64] {
	return []metricdata.DataPoint[int64]{{Value: n, Attributes: attribute.NewSet(attribute.String("reason", reason), attribute.String("tenant", tenant))}}
}

func TestLogsBecomeCanonical(t *testing.T) {
	tel, sink := telemetry(t), new(consumertest.LogsSink)
	c, err := NewFactory().CreateLogsToLogs(t.Context(), settings(tel), createDefaultConfig(), sink)
	require.NoError(t, err)
	started(t, c)
	assert.True(t, c.Capabilities().MutatesData)
	require.NoError(t, c.ConsumeLogs(t.Context(), crashLogs(time.Minute, 40*24*time.Hour)))
	require.Equal(t, 1, sink.LogRecordCount())
	rl := sink.AllLogs()[0].ResourceLogs().At(0)
	assert.Equal(t, mobile.EventCrash, rl.ScopeLogs().At(0).LogRecords().At(0).EventName())
	id, _ := rl.Resource().Attributes().Get(mobile.AttrUploadID)
	assert.Len(t, id.Str(), 32)
	tenant, _ := rl.Resource().Attributes().Get(mobile.AttrTenantID)
	assert.Equal(t, "acme", tenant.Str())

	ignore := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualMobileNormalizeReceived(t, tel, []metricdata.DataPoint[int64]{{Value: 2}}, ignore)
	metadatatest.AssertEqualMobileNormalizeSent(t, tel, []metricdata.DataPoint[int64]{{Value: 1}}, ignore)
	metadatatest.AssertEqualMobileNormalizeRefused(t, tel, because(1, "late", "acme"), ignore)
}

func TestNothingLeftIsNotPassedOn(t *testing.T) {
	sink := new(consumertest.LogsSink)
	c, err := NewFactory().CreateLogsToLogs(t.Context(), settings(telemetry(t)), createDefaultConfig(), sink)
	require.NoError(t, err)
	started(t, c)
	require.NoError(t, c.ConsumeLogs(t.Context(), crashLogs(40*24*time.Hour)))
	assert.Empty(t, sink.AllLogs())
}

func TestConsumersErrorGoesBack(t *testing.T) {
	busy := errors.New("busy")
	f, set, cfg := NewFactory(), settings(telemetry(t)), createDefaultConfig()
	logs, err := f.CreateLogsToLogs(t.Context(), set, cfg, consumertest.NewErr(busy))
	require.NoError(t, err)
	spans, err := f.CreateTracesToTraces(t.Context(), set, cfg, consumertest.NewErr(busy))
	require.NoError(t, err)
	events, err := f.CreateTracesToLogs(t.Context(), set, cfg, consumertest.NewErr(busy))
	require.NoError(t, err)
	started(t, logs)
	started(t, events)
	started(t, spans)
	require.ErrorIs(t, logs.ConsumeLogs(t.Context(), crashLogs(time.Minute)), busy)
	require.ErrorIs(t, spans.ConsumeTraces(t.Context(), mixedTraces()), busy)
	require.ErrorIs(t, events.ConsumeTraces(t.Context(), mixedTraces()), busy)
}

func TestTracesBecomeSpansAndLogs(t *testing.T) {
	tel := telemetry(t)
	f, set, cfg := NewFactory(), settings(tel), createDefaultConfig()
	spanSink, logSink := new(consumertest.TracesSink), new(consumertest.LogsSink)
	spans, err := f.CreateTracesToTraces(t.Context(), set, cfg, spanSink)
	require.NoError(t, err)
	events, err := f.CreateTracesToLogs(t.Context(), set, cfg, logSink)
	require.NoError(t, err)
	started(t, spans)
	started(t, events)

	td := mixedTraces()
	copied := ptrace.NewTraces()
	td.CopyTo(copied)
	require.NoError(t, spans.ConsumeTraces(t.Context(), td))
	require.NoError(t, events.ConsumeTraces(t.Context(), copied))
	assert.Equal(t, 2, spanSink.SpanCount())
	var names []string
	for _, ld := range logSink.AllLogs() {
		for _, lr := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
			names = append(names, lr.EventName())
		}
	}
	assert.Equal(t, []string{mobile.EventCrash, mobile.EventException}, names)

	ignore := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualMobileNormalizeReceived(t, tel, []metricdata.DataPoint[int64]{{Value: 3}}, ignore)
	metadatatest.AssertEqualMobileNormalizeDerived(t, tel, []metricdata.DataPoint[int64]{{Value: 1}}, ignore)
	metadatatest.AssertEqualMobileNormalizeSent(t, tel, []metricdata.DataPoint[int64]{{Value: 4}}, ignore)
}

func TestSpanCrashesWithoutLogsPipelineAreCounted(t *testing.T) {
	tel, sink := telemetry(t), new(consumertest.TracesSink)
	c, err := NewFactory().CreateTracesToTraces(t.Context(), settings(tel), createDefaultConfig(), sink)
	require.NoError(t, err)
	started(t, c)
	require.NoError(t, c.ConsumeTraces(t.Context(), mixedTraces()))
	assert.Equal(t, 2, sink.SpanCount())
	ignore := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualMobileNormalizeRefused(t, tel, because(1, reasonNoLogs, ""), ignore)
	metadatatest.AssertEqualMobileNormalizeReceived(t, tel, []metricdata.DataPoint[int64]{{Value: 3}}, ignore)
	metadatatest.AssertEqualMobileNormalizeSent(t, tel, []metricdata.DataPoint[int64]{{Value: 2}}, ignore)
}

func TestRegistryForgetsWhatShutDown(t *testing.T) {
	reg, id := newRegistry(), component.NewID(metadata.Type)
	spans, logs := reg.join(id, false), reg.join(id, true)
	assert.True(t, spans.hasLogs())
	logs.done()
	logs.done()
	assert.False(t, spans.hasLogs())
	spans.done()
	assert.Empty(t, reg.pairs)
	assert.False(t, spans.hasLogs())
}

func TestShutdownWithoutStartAndTwice(t *testing.T) {
	f, set, cfg := NewFactory(), settings(telemetry(t)), createDefaultConfig()
	spans, err := f.CreateTracesToTraces(t.Context(), set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	events, err := f.CreateTracesToLogs(t.Context(), set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	for _, c := range []component.Component{spans, events, spans, events} {
		require.NoError(t, c.Shutdown(t.Context()))
	}
}

func TestTenantsOfCountersAreBounded(t *testing.T) {
	n, err := newNormalizer(createDefaultConfig().(*Config), componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	for i := range maxTenants {
		n.tenant(time.Duration(i).String())
	}
	assert.Equal(t, otherTenant, n.tenant("one more"))
	assert.Equal(t, "0s", n.tenant("0s"))
}

func TestValidate(t *testing.T) {
	tests := map[string]struct {
		change func(*Config)
		want   string
	}{
		"default":     {change: func(*Config) {}},
		"late window": {change: func(c *Config) { c.LateWindow = time.Minute }, want: "late_window must be in [1h0m0s, 8760h0m0s], got 1m0s"},
		"upload":      {change: func(c *Config) { c.MaxUploadBytes = 8 << 20 }, want: "max_upload_bytes must be in [16384, 4194304], got 8388608"},
		"stack":       {change: func(c *Config) { c.MaxStackBytes = c.MaxUploadBytes + 1 }, want: "max_stack_bytes must be in [1024, max_upload_bytes], got 524289"},
		"all at once": {change: func(c *Config) { *c = Config{} }, want: "late_window"},
		"all of them": {change: func(c *Config) { *c = Config{} }, want: "max_stack_bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			tt.change(cfg)
			err := cfg.Validate()
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
}
