package storeexporter

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-mobile/otelcol-mobile/exporter/storeexporter/internal/metadata"
	"github.com/otelcol-mobile/otelcol-mobile/internal/canonical"
	"github.com/otelcol-mobile/otelcol-mobile/internal/otlpstatus"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// storeExporter writes facts. It is safe for concurrent use.
type storeExporter struct {
	storeID   component.ID
	maker     *canonical.Maker
	cap       *crashCap
	telemetry *metadata.TelemetryBuilder
	stored    metric.AddOption
	resource  metric.AddOption
	sessions  metric.AddOption
	incident  metric.AddOption
	noTenant  metric.AddOption
	noTime    metric.AddOption
	broken    metric.AddOption
	store     store.Writer // set by start
}

func newStoreExporter(cfg *Config, set component.TelemetrySettings) (*storeExporter, error) {
	maker, err := canonical.NewMaker(cfg.Generation)
	if err != nil {
		return nil, err
	}
	telemetry, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, fmt.Errorf("make telemetry: %w", err)
	}
	what := func(v string) metric.AddOption {
		return metric.WithAttributeSet(attribute.NewSet(attribute.String("what", v)))
	}
	outcome := func(v string) metric.AddOption {
		return metric.WithAttributeSet(attribute.NewSet(attribute.String("outcome", v)))
	}
	return &storeExporter{
		storeID: cfg.Store, maker: maker, cap: newCrashCap(cfg.CrashesPerDay), telemetry: telemetry,
		stored: outcome("stored"), noTenant: outcome("no_tenant"), noTime: outcome("no_time"), broken: outcome("broken"),
		resource: what("resource"), sessions: what("sessions"), incident: what("incident"),
	}, nil
}

func (e *storeExporter) start(_ context.Context, host component.Host) error {
	ext, ok := host.GetExtensions()[e.storeID]
	if !ok {
		return fmt.Errorf("store: no extension %q is running; add it to service::extensions", e.storeID)
	}
	provider, ok := ext.(store.Provider)
	if !ok {
		return fmt.Errorf("store: extension %q is not a store", e.storeID)
	}
	s, err := provider.Store()
	if err != nil {
		return fmt.Errorf("store %q: %w", e.storeID, err)
	}
	e.store = s
	return nil
}

func (e *storeExporter) shutdown(context.Context) error {
	e.telemetry.Shutdown()
	return nil
}

func (e *storeExporter) pushLogs(ctx context.Context, ld plog.Logs) error {
	facts, counts := e.maker.Logs(ld)
	return e.apply(ctx, facts, counts)
}

func (e *storeExporter) pushTraces(ctx context.Context, td ptrace.Traces) error {
	facts, counts := e.maker.Traces(td)
	return e.apply(ctx, facts, counts)
}

// apply writes facts and only then counts them.
func (e *storeExporter) apply(ctx context.Context, facts *store.Facts, c canonical.Counts) error {
	capped := e.cap.limit(facts)
	if err := e.store.Apply(ctx, facts); err != nil {
		e.cap.release(facts)
		if errors.Is(err, store.ErrUnavailable) || ctx.Err() != nil {
			return otlpstatus.Temporary(err)
		}
		return otlpstatus.Refused(err)
	}
	e.telemetry.MobileStoreRecords.Add(ctx, c.Stored, e.stored)
	e.telemetry.MobileStoreRecords.Add(ctx, c.NoTenant, e.noTenant)
	e.telemetry.MobileStoreRecords.Add(ctx, c.NoTime, e.noTime)
	e.telemetry.MobileStoreRecords.Add(ctx, c.Broken, e.broken)
	e.telemetry.MobileStoreTornUploads.Add(ctx, c.Torn)
	e.telemetry.MobileStoreUnlabelledIncidents.Add(ctx, c.Unlabelled)
	e.telemetry.MobileStoreTrimmed.Add(ctx, c.Trimmed, e.resource)
	e.telemetry.MobileStoreTrimmed.Add(ctx, c.Crowded, e.sessions)
	e.telemetry.MobileStoreTrimmed.Add(ctx, c.Unkept, e.incident)
	e.telemetry.MobileStoreCappedCrashes.Add(ctx, capped)
	return nil
}
