package crashgroupprocessor

import (
	"errors"
	"fmt"
	"strings"
)

// maxInApp bounds the list that every frame is compared with.
const maxInApp = 64

// Config is what an operator may set on crash_group.
type Config struct {
	// InApp are prefixes of packages and namespaces, and names of images, that
	// are the apps' own although the rules hold them for a library or for the
	// system: com.facebook.react for the people who write that. At most 64.
	// Another list gives other fingerprints and another version of them.
	// Default empty: what no rule knows is the app's.
	InApp []string `mapstructure:"in_app"`
}

// Validate implements xconfmap.Validator.
func (c *Config) Validate() error {
	var errs []error
	if len(c.InApp) > maxInApp {
		errs = append(errs, fmt.Errorf("in_app must have at most %d prefixes, got %d", maxInApp, len(c.InApp)))
	}
	for i, prefix := range c.InApp {
		if prefix == "" || strings.TrimSpace(prefix) != prefix {
			errs = append(errs, fmt.Errorf("in_app::%d must be a prefix without white space around it, got %q", i, prefix))
		}
	}
	return errors.Join(errs...)
}
