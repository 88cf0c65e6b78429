package normalizeconnector

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"

	"github.com/otelcol-mobile/otelcol-mobile/connector/normalizeconnector/internal/metadata"
)

// NewFactory returns the factory of the mobile_normalize connector.
func NewFactory() connector.Factory {
	reg := newRegistry()
	return connector.NewFactory(metadata.Type, createDefaultConfig,
		connector.WithLogsToLogs(createLogs, metadata.LogsToLogsStability),
		connector.WithTracesToTraces(reg.createSpans, metadata.TracesToTracesStability),
		connector.WithTracesToLogs(reg.createSpanLogs, metadata.TracesToLogsStability))
}

func createLogs(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Logs) (connector.Logs, error) {
	n, err := newNormalizer(cfg.(*Config), set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &logsToLogs{normalizer: n, next: next}, nil
}

func (r *registry) createSpans(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Traces) (connector.Traces, error) {
	n, err := newNormalizer(cfg.(*Config), set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &tracesToTraces{normalizer: n, next: next, logger: set.Logger, pair: r.join(set.ID, false)}, nil
}

func (r *registry) createSpanLogs(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Logs) (connector.Traces, error) {
	n, err := newNormalizer(cfg.(*Config), set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &tracesToLogs{normalizer: n, next: next, pair: r.join(set.ID, true)}, nil
}
