// Package tenantsextension is the tenants extension: it keeps the registry of
// tenants, apps and keys, and authenticates who sends and who reads.
package tenantsextension

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/otelcol-mobile/otelcol-mobile/extension/tenantsextension/internal/metadata"
)

// NewFactory returns the factory of the tenants extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig, create, metadata.ExtensionStability)
}

func createDefaultConfig() component.Config {
	return &Config{Bind: defaultBind, ReloadInterval: defaultReload}
}

func create(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
	return newTenants(cfg.(*Config), set.TelemetrySettings)
}
