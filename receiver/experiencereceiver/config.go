package experiencereceiver

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
)

// Config is what an operator may set on mobile_experience.
type Config struct {
	// Store is the id of the extension that owns the store, such as
	// sqlite_store. Required.
	Store component.ID `mapstructure:"store"`
	// Generation leads the revision of every head and rises when corrected
	// code shall replace what older code derived. Range [0, 1048575]. Default 0.
	Generation int64 `mapstructure:"generation"`
	// Interval is how often the store is asked for new facts. Range [100ms,
	// 1m]. Default 1s.
	Interval time.Duration `mapstructure:"interval"`
	// Quiet is how long a session must be without new facts before it is
	// derived. Range [0, 1m]. Default 5s.
	Quiet time.Duration `mapstructure:"quiet"`
	// Cadence is how often the sums of an hour are recomputed at most.
	Cadence CadenceConfig `mapstructure:"cadence"`
	// SessionIdle is how long after its last facts a session's state is
	// emitted. Range [0, 24h]. Default 15m.
	SessionIdle time.Duration `mapstructure:"session_idle"`
	// MetricsInterval is how often metrics are emitted. Range [1s, 1h].
	// Default 1m.
	MetricsInterval time.Duration `mapstructure:"metrics_interval"`
	// MetricsWindow is the time that metrics look back over, whole hours.
	// Range [1h, 720h]. Default 24h.
	MetricsWindow time.Duration `mapstructure:"metrics_window"`
	// Score is the configuration of the score, one entry for each time that
	// it changed. Default: version 1 as it is.
	Score []ScoreConfig `mapstructure:"score"`
}

// CadenceConfig is how often the sums of an hour are recomputed at most, by
// the hour's age. Whatever is set here, an hour with many sessions is
// recomputed less often, so that this takes a small share of the time.
type CadenceConfig struct {
	// Live is for the current hour. Default 1m.
	Live time.Duration `mapstructure:"live"`
	// Today is for the last 24 hours. Default 10m.
	Today time.Duration `mapstructure:"today"`
	// Older is for all hours before. Default 1h.
	Older time.Duration `mapstructure:"older"`
}

const maxGeneration = 1<<20 - 1

// Validate implements xconfmap.Validator.
func (c *Config) Validate() error {
	var errs []error
	if c.Store == (component.ID{}) {
		errs = append(errs, errors.New("store must name the extension that owns the store, such as sqlite_store"))
	}
	if c.Generation < 0 || c.Generation > maxGeneration {
		errs = append(errs, fmt.Errorf("generation must be in [0, %d], got %d", maxGeneration, c.Generation))
	}
	for _, d := range []struct {
		key            string
		got, low, high time.Duration
	}{
		{"interval", c.Interval, 100 * time.Millisecond, time.Minute},
		{"quiet", c.Quiet, 0, time.Minute},
		{"cadence::live", c.Cadence.Live, 0, time.Hour},
		{"cadence::today", c.Cadence.Today, 0, 24 * time.Hour},
		{"cadence::older", c.Cadence.Older, 0, 24 * time.Hour},
		{"session_idle", c.SessionIdle, 0, 24 * time.Hour},
		{"metrics_interval", c.MetricsInterval, time.Second, time.Hour},
		{"metrics_window", c.MetricsWindow, time.Hour, 720 * time.Hour},
	} {
		if d.got < d.low || d.got > d.high {
			errs = append(errs, fmt.Errorf("%s must be in [%v, %v], got %v", d.key, d.low, d.high, d.got))
		}
	}
	if _, err := schedule(c.Score); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
