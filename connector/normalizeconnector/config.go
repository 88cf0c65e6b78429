package normalizeconnector

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-mobile/otelcol-mobile/internal/dialect"
)

// Config is what an operator may set on mobile_normalize.
type Config struct {
	// LateWindow is how old a record may be when it arrives; older ones are
	// refused and counted. Stored facts must outlive it. Range [1h, 8760h].
	// Default 720h.
	LateWindow time.Duration `mapstructure:"late_window"`
	// MaxUploadBytes is the size of the received records, in bytes, at which
	// an upload is cut. Changing it changes the ids of what is sent again
	// across the change. Range [16384, 4194304]. Default 524288.
	MaxUploadBytes int `mapstructure:"max_upload_bytes"`
	// MaxStackBytes is how much of a stack's text is kept, in bytes; it is
	// parsed before it is cut. Range [1024, max_upload_bytes]. Default 262144.
	MaxStackBytes int `mapstructure:"max_stack_bytes"`
}

const (
	minWindow, maxWindow = time.Hour, 365 * 24 * time.Hour
	minUpload, maxUpload = 16 << 10, 4 << 20
	minStack             = 1 << 10
)

func createDefaultConfig() component.Config {
	set := dialect.DefaultSettings()
	return &Config{LateWindow: set.LateWindow, MaxUploadBytes: set.MaxUploadBytes, MaxStackBytes: set.MaxStackBytes}
}

// Validate implements xconfmap.Validator.
func (c *Config) Validate() error {
	var errs []error
	if c.LateWindow < minWindow || c.LateWindow > maxWindow {
		errs = append(errs, fmt.Errorf("late_window must be in [%s, %s], got %s", minWindow, maxWindow, c.LateWindow))
	}
	if c.MaxUploadBytes < minUpload || c.MaxUploadBytes > maxUpload {
		errs = append(errs, fmt.Errorf("max_upload_bytes must be in [%d, %d], got %d", minUpload, maxUpload, c.MaxUploadBytes))
	}
	if c.MaxStackBytes < minStack || c.MaxStackBytes > c.MaxUploadBytes {
		errs = append(errs, fmt.Errorf("max_stack_bytes must be in [%d, max_upload_bytes], got %d", minStack, c.MaxStackBytes))
	}
	return errors.Join(errs...)
}
