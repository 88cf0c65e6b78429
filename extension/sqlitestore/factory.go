// Package sqlitestore is the sqlite_store extension: it owns a store in one
// SQLite file and gives it to the components that name it.
package sqlitestore

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/otelcol-mobile/otelcol-mobile/extension/sqlitestore/internal/metadata"
)

// NewFactory returns the factory of the sqlite_store extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig, create, metadata.ExtensionStability)
}

func createDefaultConfig() component.Config {
	return &Config{Retention: RetentionConfig{Chunks: 7 * day, Crashes: 90 * day, Parts: minParts, Marks: 7 * day}}
}

func create(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
	return newOwner(cfg.(*Config), set.TelemetrySettings)
}
