package queryextension

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
)

// Config is what an operator may set on mobile_query.
type Config struct {
	// HTTP is the server: endpoint (default localhost:8400), tls, cors and so
	// on. auth names the authenticator of API tokens, such as tenants, and is
	// required.
	HTTP confighttp.ServerConfig `mapstructure:",squash"`
	// Store is the id of the extension that owns the store, such as
	// sqlite_store. Required.
	Store component.ID `mapstructure:"store"`
	// Generation is that of the mobile_experience receiver, whose progress
	// answers report. Range [0, 1048575]. Default 0.
	Generation int64 `mapstructure:"generation"`
}

const maxGeneration = 1<<20 - 1

// Validate implements xconfmap.Validator.
func (c *Config) Validate() error {
	var errs []error
	if c.Store == (component.ID{}) {
		errs = append(errs, errors.New("store must name the extension that owns the store, such as sqlite_store"))
	}
	if !c.HTTP.Auth.HasValue() {
		errs = append(errs, errors.New("auth::authenticator must name the extension that checks API tokens, such as tenants"))
	}
	if c.HTTP.NetAddr.Endpoint == "" {
		errs = append(errs, errors.New("endpoint must be set, such as localhost:8400"))
	}
	if c.Generation < 0 || c.Generation > maxGeneration {
		errs = append(errs, fmt.Errorf("generation must be in [0, %d], got %d", maxGeneration, c.Generation))
	}
	return errors.Join(errs...)
}
