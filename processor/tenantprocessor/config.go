package tenantprocessor

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-mobile/otelcol-mobile/internal/tenant"
)

// Where tenant and app are taken from.
const (
	// FromAuth takes them from the authenticated caller.
	FromAuth = "auth"
	// FromResource takes them from the resource, where an earlier tenant
	// processor stamped them.
	FromResource = "resource"
)

// Config is what an operator may set on tenant.
type Config struct {
	// From says where tenant and app come from: "auth", the authenticated
	// caller, or "resource", what is stamped already. The latter believes
	// whoever sends: it is for internal links only, such as a Kafka topic that
	// nobody but our own gateways can write to. Default auth.
	From string `mapstructure:"from"`
	// DefaultTenant and DefaultApp are stamped where nobody authenticated
	// callers, for people without tenants. Both or neither; ids of 1 to 63
	// characters of a-z, 0-9, _ and -. They need `from: auth`. Default none.
	DefaultTenant string `mapstructure:"default_tenant"`
	DefaultApp    string `mapstructure:"default_app"`
}

func createDefaultConfig() component.Config { return &Config{From: FromAuth} }

// Validate implements xconfmap.Validator.
func (c *Config) Validate() error {
	var errs []error
	if c.From != FromAuth && c.From != FromResource {
		errs = append(errs, fmt.Errorf("from must be %s or %s, got %q", FromAuth, FromResource, c.From))
	}
	if (c.DefaultTenant == "") != (c.DefaultApp == "") {
		errs = append(errs, errors.New("default_tenant and default_app must be set together"))
	}
	if c.DefaultTenant != "" && !tenant.ValidID(c.DefaultTenant) {
		errs = append(errs, fmt.Errorf("default_tenant must be 1 to 63 characters of a-z, 0-9, _ and -, got %q", c.DefaultTenant))
	}
	if c.DefaultApp != "" && !tenant.ValidID(c.DefaultApp) {
		errs = append(errs, fmt.Errorf("default_app must be 1 to 63 characters of a-z, 0-9, _ and -, got %q", c.DefaultApp))
	}
	if c.From == FromResource && c.DefaultTenant != "" {
		errs = append(errs, errors.New("default_tenant cannot be set with from: resource, which drops what is not stamped"))
	}
	return errors.Join(errs...)
}
