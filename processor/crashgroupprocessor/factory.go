// Package crashgroupprocessor is the crash_group processor: it labels crashes,
// hangs and errors with fingerprints of their stacks.
package crashgroupprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/otelcol-mobile/otelcol-mobile/processor/crashgroupprocessor/internal/metadata"
)

// NewFactory returns the factory of the crash_group processor.
func NewFactory() processor.Factory {
	return processor.NewFactory(metadata.Type, createDefaultConfig, processor.WithLogs(createLogs, metadata.LogsStability))
}

func createDefaultConfig() component.Config {
	return &Config{}
}

func createLogs(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Logs) (processor.Logs, error) {
	g, err := newGrouper(cfg.(*Config), set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return processorhelper.NewLogs(ctx, set, cfg, next, g.processLogs,
		processorhelper.WithCapabilities(consumer.Capabilities{MutatesData: true}))
}
