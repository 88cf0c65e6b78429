package tenantsextension

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Config is what an operator may set on tenants.
type Config struct {
	// File is the path of the registry of tenants, apps and keys, a YAML file
	// of at most 16 MiB. Required.
	File string `mapstructure:"file"`
	// Bind is the host that the configuration's receivers and API listen on:
	// an address or a name, without port. It opens nothing; a registry with
	// `demo: true` is refused unless this is loopback. Default 127.0.0.1.
	Bind string `mapstructure:"bind"`
	// ReloadInterval is how often File is read again, so that keys come and go
	// without a restart. 0 never does. Range [100ms, 24h]. Default 10s.
	ReloadInterval time.Duration `mapstructure:"reload_interval"`
}

const (
	defaultBind           = "127.0.0.1"
	defaultReload         = 10 * time.Second
	minReload, maxReload  = 100 * time.Millisecond, 24 * time.Hour
	localhost, localhosts = "localhost", ".localhost"
)

// Validate implements xconfmap.Validator.
func (c *Config) Validate() error {
	var errs []error
	if c.File == "" {
		errs = append(errs, errors.New("file must be the path of the registry of tenants"))
	}
	if !isHost(c.Bind) {
		errs = append(errs, fmt.Errorf("bind must be an address or host name without port, got %q", c.Bind))
	}
	if c.ReloadInterval != 0 && (c.ReloadInterval < minReload || c.ReloadInterval > maxReload) {
		errs = append(errs, fmt.Errorf("reload_interval must be 0 or in [%s, %s], got %s", minReload, maxReload, c.ReloadInterval))
	}
	return errors.Join(errs...)
}

// isHost says whether a text can be a host: an IP address, with or without
// brackets, or a name without port.
func isHost(text string) bool {
	if _, ok := hostAddr(text); ok {
		return true
	}
	return text != "" && !strings.ContainsAny(text, ":/[] \t\r\n")
}

// hostAddr reads an IP address as it stands in a host, "[::1]" included.
func hostAddr(host string) (netip.Addr, bool) {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(host)
	return addr.Unmap(), err == nil
}

// isLoopbackHost says whether what listens on a host can be reached from this
// machine only. Names are not resolved: what they mean may change.
func isLoopbackHost(host string) bool {
	if addr, ok := hostAddr(host); ok {
		return addr.IsLoopback()
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	return name == localhost || strings.HasSuffix(name, localhosts)
}
