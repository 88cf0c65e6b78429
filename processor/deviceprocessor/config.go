package deviceprocessor

import "go.opentelemetry.io/collector/component"

// Config is what an operator may set on device: nothing yet.
type Config struct{}

func createDefaultConfig() component.Config { return &Config{} }
