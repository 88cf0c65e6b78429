// Package queryextension is the mobile_query extension: it serves the HTTP API
// over the store that it names.
package queryextension

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/extension"

	"github.com/otelcol-mobile/otelcol-mobile/extension/queryextension/internal/metadata"
)

// NewFactory returns the factory of the mobile_query extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig, create, metadata.ExtensionStability)
}

func createDefaultConfig() component.Config {
	http := confighttp.NewDefaultServerConfig()
	http.NetAddr.Endpoint = "localhost:8400"
	return &Config{HTTP: http}
}

func create(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
	return &queryServer{cfg: cfg.(*Config), set: set.TelemetrySettings}, nil
}
