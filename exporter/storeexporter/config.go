package storeexporter

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

// Config is what an operator may set on mobile_store.
type Config struct {
	// Store is the id of the extension that owns the store, such as
	// sqlite_store. Required.
	Store component.ID `mapstructure:"store"`
	// Generation leads the variant of every fact and rises when corrected code
	// shall replace what older code stored. Range [0, 1048575]. Default 0.
	Generation uint32 `mapstructure:"generation"`
	// CrashesPerDay is how many occurrences of one fingerprint and day this
	// process keeps one by one; those beyond are counted all the same. Range
	// [1, 1000000]. Default 2000.
	CrashesPerDay int `mapstructure:"crashes_per_day"`

	// Timeout bounds one write. Default 5s.
	Timeout exporterhelper.TimeoutConfig `mapstructure:",squash"`
	// Retry is off by default: without a queue it is the sender that retries,
	// told so by a 503 with Retry-After.
	Retry configretry.BackOffConfig `mapstructure:"retry_on_failure"`
	// Queue is off by default: what is acknowledged is stored. A queue must be
	// persistent (storage) or wait for the result (wait_for_result), and its
	// batches may merge requests but never split them (max_size 0).
	Queue configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
}

// maxGeneration leaves a head's revision room below the generation.
const maxGeneration = 1<<20 - 1

// Validate implements xconfmap.Validator.
func (c *Config) Validate() error {
	var errs []error
	if c.Store == (component.ID{}) {
		errs = append(errs, errors.New("store must name the extension that owns the store, such as sqlite_store"))
	}
	if c.Generation > maxGeneration {
		errs = append(errs, fmt.Errorf("generation must be in [0, %d], got %d", maxGeneration, c.Generation))
	}
	if c.CrashesPerDay < 1 || c.CrashesPerDay > 1_000_000 {
		errs = append(errs, fmt.Errorf("crashes_per_day must be in [1, 1000000], got %d", c.CrashesPerDay))
	}
	if !c.Queue.HasValue() {
		return errors.Join(errs...)
	}
	q := c.Queue.Get()
	if q.StorageID == nil && !q.WaitForResult {
		errs = append(errs, errors.New("sending_queue must set storage or wait_for_result: a queue in memory would lose what was acknowledged"))
	}
	if q.Batch.HasValue() && q.Batch.Get().MaxSize != 0 {
		errs = append(errs, fmt.Errorf("sending_queue::batch::max_size must be 0, got %d: an upload that is split loses its identity", q.Batch.Get().MaxSize))
	}
	if q.StorageID != nil && !c.Retry.Enabled {
		errs = append(errs, errors.New("retry_on_failure::enabled must be true with sending_queue::storage: what was acknowledged would be dropped at the first error"))
	}
	return errors.Join(errs...)
}
