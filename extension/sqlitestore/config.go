package sqlitestore

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Config is what an operator may set on sqlite_store.
type Config struct {
	// Path is the database file. It and its folder are made if they are
	// missing; beside it lie files with the suffixes -wal, -shm and .lock.
	// Required.
	Path string `mapstructure:"path"`
	// Retention says how long rows are kept, from when they arrived. Sums,
	// issues and what is known of apps and fingerprints are kept for ever.
	Retention RetentionConfig `mapstructure:"retention"`
}

// RetentionConfig says how long rows are kept. 0 keeps them for ever.
type RetentionConfig struct {
	// Chunks is for the packed events, which timelines of sessions show: most
	// of the file. 0 or at least 1h. Default 168h (7 days).
	Chunks time.Duration `mapstructure:"chunks"`
	// Crashes is for single crashes, hangs and errors with their stacks. 0 or
	// at least 1h. Default 2160h (90 days).
	Crashes time.Duration `mapstructure:"crashes"`
	// Parts is for the parts and heads of sessions, from which scores and sums
	// are computed again whenever late data arrives. 0 or at least 1224h (51
	// days). Default 1224h.
	Parts time.Duration `mapstructure:"parts"`
	// Marks is for the feed of what changed. A mark that a reader of the feed
	// has not passed is kept longer. 0 or at least 1h. Default 168h (7 days).
	Marks time.Duration `mapstructure:"marks"`
}

const (
	day = 24 * time.Hour
	// A session's key holds for a week and takes data that is up to 30 days
	// late; what it is computed from must outlive both, with 14 days to spare
	// for a deriver that stood still.
	week, lateWindow, spare = 7 * day, 30 * day, 14 * day
	minParts                = week + lateWindow + spare
	minRetention            = time.Hour
)

// Validate implements xconfmap.Validator.
func (c *Config) Validate() error {
	var errs []error
	switch {
	case c.Path == "":
		errs = append(errs, errors.New("path must be the database file, such as ./data/mobile.db"))
	case os.IsPathSeparator(c.Path[len(c.Path)-1]):
		errs = append(errs, fmt.Errorf("path must be a file, got the folder %q", c.Path))
	case strings.ContainsRune(c.Path, 0):
		errs = append(errs, fmt.Errorf("path must not contain a NUL character, got %q", c.Path))
	}
	for _, r := range []struct {
		key        string
		got, least time.Duration
	}{
		{"chunks", c.Retention.Chunks, minRetention},
		{"crashes", c.Retention.Crashes, minRetention},
		{"parts", c.Retention.Parts, minParts},
		{"marks", c.Retention.Marks, minRetention},
	} {
		if r.got != 0 && r.got < r.least {
			errs = append(errs, fmt.Errorf("retention::%s must be 0 or at least %s, got %s", r.key, r.least, r.got))
		}
	}
	return errors.Join(errs...)
}
