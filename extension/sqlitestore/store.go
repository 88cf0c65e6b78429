package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-mobile/otelcol-mobile/extension/sqlitestore/internal/metadata"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store/sqlite"
)

const (
	// expireEvery is how often rows are deleted that outlived their retention.
	expireEvery = time.Hour
	// expireRows is how many rows of a kind go in one transaction: few, because
	// writers wait meanwhile.
	expireRows = 1000
)

// errNotStarted answers Store before Start.
var errNotStarted = errors.New("the store is not open yet; the extension that owns it has not started")

// owner owns the store. It implements store.Provider.
type owner struct {
	cfg       *Config
	set       component.TelemetrySettings
	telemetry *metadata.TelemetryBuilder
	janitor   sync.WaitGroup
	cancel    context.CancelFunc

	mu    sync.Mutex
	store *sqlite.Store
}

var _ store.Provider = (*owner)(nil)

func newOwner(cfg *Config, set component.TelemetrySettings) (*owner, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, fmt.Errorf("make telemetry: %w", err)
	}
	return &owner{cfg: cfg, set: set, telemetry: telemetry}, nil
}

// Start implements component.Component: it opens the store.
func (o *owner) Start(ctx context.Context, _ component.Host) error {
	if err := os.MkdirAll(filepath.Dir(o.cfg.Path), 0o700); err != nil {
		return fmt.Errorf("path: make folder: %w", err)
	}
	opened, err := sqlite.Open(ctx, sqlite.Settings{Path: o.cfg.Path, Now: time.Now})
	if err != nil {
		return fmt.Errorf("path: %w", err)
	}
	if err := o.observe(opened); err != nil {
		return errors.Join(err, opened.Close())
	}
	o.mu.Lock()
	o.store = opened
	o.mu.Unlock()
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	o.cancel = cancel
	o.janitor.Go(func() { o.clean(background, opened) })
	return nil
}

// Store implements store.Provider. After Shutdown it returns the closed store.
func (o *owner) Store() (store.Store, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.store == nil {
		return nil, errNotStarted
	}
	return o.store, nil
}

// Shutdown implements component.Component. Writes that wait are finished.
func (o *owner) Shutdown(context.Context) error {
	o.mu.Lock()
	opened := o.store
	o.mu.Unlock()
	o.telemetry.Shutdown()
	if opened == nil {
		return nil
	}
	o.cancel()
	o.janitor.Wait()
	return opened.Close()
}

// clean deletes what outlived its retention, now and every hour, until ctx
// ends.
func (o *owner) clean(ctx context.Context, s store.Maintainer) {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		if err := o.expire(ctx, s); err != nil && ctx.Err() == nil {
			o.set.Logger.Warn("Rows that outlived their retention stay for another hour", zap.Error(err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// expire deletes in small steps until nothing is left to delete.
func (o *owner) expire(ctx context.Context, s store.Maintainer) error {
	keep := store.Retention(o.cfg.Retention)
	now := time.Now()
	for {
		n, err := s.Expire(ctx, now, keep, expireRows)
		if err != nil || n == 0 {
			return err
		}
		o.telemetry.MobileSqliteExpiredRows.Add(ctx, n)
	}
}

// observe reports what the store does as metrics.
func (o *owner) observe(s *sqlite.Store) error {
	outcome := func(v string) metric.ObserveOption {
		return metric.WithAttributeSet(attribute.NewSet(attribute.String("outcome", v)))
	}
	written, failed := outcome("written"), outcome("failed")
	stat := func(value func(sqlite.Stats) int64) metric.Int64Callback {
		return func(_ context.Context, to metric.Int64Observer) error {
			to.Observe(value(s.Stats()))
			return nil
		}
	}
	return errors.Join(
		o.telemetry.RegisterMobileSqliteCommitsCallback(stat(func(s sqlite.Stats) int64 { return s.Groups })),
		o.telemetry.RegisterMobileSqliteRowsCallback(stat(func(s sqlite.Stats) int64 { return s.Rows })),
		o.telemetry.RegisterMobileSqliteWaitingCallback(stat(func(s sqlite.Stats) int64 { return int64(s.Waiting) })),
		o.telemetry.RegisterMobileSqliteWritesCallback(func(_ context.Context, to metric.Int64Observer) error {
			stats := s.Stats()
			to.Observe(stats.Calls, written)
			to.Observe(stats.Failed, failed)
			return nil
		}),
		o.telemetry.RegisterMobileSqliteFileSizeCallback(func(_ context.Context, to metric.Int64Observer) error {
			size, err := s.Size()
			if err == nil {
				to.Observe(size)
			}
			return err
		}),
	)
}
