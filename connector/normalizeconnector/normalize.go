package normalizeconnector

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-mobile/otelcol-mobile/connector/normalizeconnector/internal/metadata"
	"github.com/otelcol-mobile/otelcol-mobile/internal/dialect"
)

const (
	// reasonNoLogs counts spans that tell of crashes and other events while
	// no pipeline takes them as logs.
	reasonNoLogs = "no_logs_pipeline"
	// maxTenants is how many tenants the counters tell apart; without the
	// tenant processor the payload names them.
	maxTenants  = 1000
	otherTenant = "_other"
)

// normalizer is what the three connectors share: the domain, and counters.
type normalizer struct {
	dialect *dialect.Normalizer
	tel     *metadata.TelemetryBuilder

	mu      sync.Mutex
	tenants map[string]struct{}
}

func newNormalizer(cfg *Config, set component.TelemetrySettings) (*normalizer, error) {
	d, err := dialect.New(dialect.Settings{
		LateWindow: cfg.LateWindow, MaxUploadBytes: cfg.MaxUploadBytes, MaxStackBytes: cfg.MaxStackBytes,
	})
	if err != nil {
		return nil, fmt.Errorf("make normalizer: %w", err)
	}
	tel, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, fmt.Errorf("make telemetry: %w", err)
	}
	return &normalizer{dialect: d, tel: tel, tenants: map[string]struct{}{}}, nil
}

// Start implements component.Component.
func (*normalizer) Start(context.Context, component.Host) error { return nil }

// Shutdown implements component.Component.
func (n *normalizer) Shutdown(context.Context) error {
	n.tel.Shutdown()
	return nil
}

// Capabilities implements the consumers' interface: records are moved out of
// what arrives.
func (*normalizer) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: true}
}

// count adds what became of a payload to the counters.
func (n *normalizer) count(ctx context.Context, c *dialect.Counts) {
	n.tel.MobileNormalizeReceived.Add(ctx, c.Received)
	n.tel.MobileNormalizeSent.Add(ctx, c.Sent)
	if c.Derived > 0 {
		n.tel.MobileNormalizeDerived.Add(ctx, c.Derived)
	}
	for why, k := range c.Refused {
		n.tel.MobileNormalizeRefused.Add(ctx, k, n.attributes(why))
	}
	for why, k := range c.Noted {
		n.tel.MobileNormalizeNoted.Add(ctx, k, n.attributes(why))
	}
}

func (n *normalizer) attributes(why dialect.Reason) metric.AddOption {
	return metric.WithAttributeSet(attribute.NewSet(
		attribute.String("reason", why.Reason), attribute.String("tenant", n.tenant(why.Tenant))))
}

// tenant bounds what the counters' attribute may hold.
func (n *normalizer) tenant(name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.tenants[name]; known {
		return name
	}
	if len(n.tenants) >= maxTenants || len(name) > 64 {
		return otherTenant
	}
	n.tenants[name] = struct{}{}
	return name
}

// logsToLogs makes canonical logs of logs.
type logsToLogs struct {
	*normalizer
	next consumer.Logs
}

// ConsumeLogs implements consumer.Logs.
func (c *logsToLogs) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	out := c.dialect.Logs(ld, time.Now())
	c.count(ctx, &out.Counts)
	if out.Logs.ResourceLogs().Len() == 0 {
		return nil
	}
	return c.next.ConsumeLogs(ctx, out.Logs)
}

// tracesToTraces makes canonical spans of the spans that stay spans.
type tracesToTraces struct {
	*normalizer
	next   consumer.Traces
	logger *zap.Logger
	pair   *membership
	want   dialect.Want
}

// Start implements component.Component. All instances exist by now, so it is
// known whether another one takes the events that come as spans.
func (c *tracesToTraces) Start(context.Context, component.Host) error {
	c.want = dialect.WantSpans
	if !c.pair.hasLogs() {
		c.want = dialect.WantAll
		c.logger.Warn("no logs pipeline receives from this connector: crashes and other events that SDKs send as spans are refused; " +
			"name it as receiver of a logs pipeline too")
	}
	return nil
}

// Shutdown implements component.Component.
func (c *tracesToTraces) Shutdown(ctx context.Context) error {
	c.pair.done()
	return c.normalizer.Shutdown(ctx)
}

// ConsumeTraces implements consumer.Traces.
func (c *tracesToTraces) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	out := c.dialect.Traces(td, time.Now(), c.want)
	if made := int64(out.Logs.LogRecordCount()); made > 0 {
		lost := made - out.Counts.Derived // what is derived stays on its span too
		out.Counts.Sent, out.Counts.Derived = out.Counts.Sent-made, 0
		c.tel.MobileNormalizeRefused.Add(ctx, lost, c.attributes(dialect.Reason{Reason: reasonNoLogs}))
	}
	c.count(ctx, &out.Counts)
	if out.Traces.ResourceSpans().Len() == 0 {
		return nil
	}
	return c.next.ConsumeTraces(ctx, out.Traces)
}

// tracesToLogs makes canonical logs of the events that SDKs send as spans.
type tracesToLogs struct {
	*normalizer
	next consumer.Logs
	pair *membership
}

// Shutdown implements component.Component.
func (c *tracesToLogs) Shutdown(ctx context.Context) error {
	c.pair.done()
	return c.normalizer.Shutdown(ctx)
}

// ConsumeTraces implements consumer.Traces.
func (c *tracesToLogs) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	out := c.dialect.Traces(td, time.Now(), dialect.WantLogs)
	c.count(ctx, &out.Counts)
	if out.Logs.ResourceLogs().Len() == 0 {
		return nil
	}
	return c.next.ConsumeLogs(ctx, out.Logs)
}
