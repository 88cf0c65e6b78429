package experiencereceiver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/receiver"
	"go.uber.org/zap"

	"github.com/otelcol-mobile/otelcol-mobile/internal/derive"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/receiver/experiencereceiver/internal/metadata"
)

const (
	// batch is how many marks are read and sessions derived at a time.
	batch = 1000
	// maxBackoff is how long a loop waits at most after an error.
	maxBackoff = 30 * time.Second
	// shard is the one shard of the feed that a process owns for now.
	shard = 0
)

// experience is one running deriver with its emitter. It is shared by the
// pipelines of a component id: the last Start starts it, the first Shutdown
// ends it.
type experience struct {
	cfg       *Config
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder
	emit      *emitter
	forget    func()

	mu sync.Mutex
	// created and started count the pipelines.
	created, started int
	cancel           context.CancelFunc
	done             sync.WaitGroup
}

func newExperience(cfg *Config, set receiver.Settings, forget func()) (*experience, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, fmt.Errorf("make telemetry: %w", err)
	}
	return &experience{
		cfg: cfg, logger: set.Logger, telemetry: telemetry, forget: forget,
		emit: newEmitter(cfg, telemetry),
	}, nil
}

// Start implements component.Component. The loops begin when the last of the
// pipelines has started, so that none is handed telemetry before.
func (e *experience) Start(ctx context.Context, host component.Host) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.started++; e.started < e.created {
		return nil
	}
	provider, ok := host.GetExtensions()[e.cfg.Store].(store.Provider)
	if !ok {
		return fmt.Errorf("store: no extension %q that owns a store is running; add it to service::extensions", e.cfg.Store)
	}
	s, err := provider.Store()
	if err != nil {
		return fmt.Errorf("store %q: %w", e.cfg.Store, err)
	}
	rules, err := schedule(e.cfg.Score)
	if err != nil {
		return err
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx)) // Start's context ends with start-up
	e.cancel = cancel
	e.run(run, host, s, derive.New(s, shard, derive.Settings{
		Schedule: rules, Generation: e.cfg.Generation, Quiet: e.cfg.Quiet, Batch: batch,
		Live: e.cfg.Cadence.Live, Today: e.cfg.Cadence.Today, Older: e.cfg.Cadence.Older,
	}))
	return nil
}

// run starts the loops.
func (e *experience) run(ctx context.Context, host component.Host, s store.Store, d *derive.Deriver) {
	sessions := derive.NewEmitter(s, shard, derive.EmitSettings{Generation: e.cfg.Generation, Idle: e.cfg.SessionIdle, Batch: batch})
	issues := derive.NewEmitter(s, shard, derive.EmitSettings{Generation: e.cfg.Generation, Batch: batch})
	// Numbers that stand still make the component unhealthy. A dead consumer
	// delays emissions only: it is in the log.
	health := func(event *componentstatus.Event) { componentstatus.ReportStatus(host, event) }
	quiet := func(*componentstatus.Event) {}
	e.done.Go(func() {
		e.loop(ctx, "derive", e.cfg.Interval, health, func(ctx context.Context) (bool, error) { return e.derive(ctx, d) })
	})
	e.done.Go(func() {
		e.loop(ctx, "open issues", e.cfg.Interval, quiet, func(ctx context.Context) (bool, error) {
			n, err := issues.Issues(ctx, e.emit.issues)
			return n == batch, err
		})
	})
	if e.emit.logs != nil {
		e.done.Go(func() {
			e.loop(ctx, "emit sessions", e.cfg.Interval, quiet, func(ctx context.Context) (bool, error) {
				n, err := sessions.Sessions(ctx, time.Now(), e.emit.sessions)
				return n == batch, err
			})
		})
	}
	if e.emit.metrics != nil {
		e.done.Go(func() {
			e.loop(ctx, "emit metrics", e.cfg.MetricsInterval, quiet, func(ctx context.Context) (bool, error) {
				return false, e.emit.gauges(ctx, s, time.Now())
			})
		})
	}
}

// loop calls step until ctx ends: again at once while there is more to do,
// else after the interval, and after an error later and later. report hears of
// the first error and of the end of trouble.
func (e *experience) loop(ctx context.Context, name string, interval time.Duration, report func(*componentstatus.Event), step func(context.Context) (bool, error)) {
	wait, failing := time.Duration(0), false
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		more, err := step(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			wait = min(max(2*wait, interval), maxBackoff)
			if !failing {
				report(componentstatus.NewRecoverableErrorEvent(fmt.Errorf("%s: %w", name, err)))
				e.logger.Warn("Work is interrupted and will be tried again", zap.String("work", name), zap.Error(err))
			}
			failing = true
			continue
		case more:
			wait = 0
		default:
			wait = interval
		}
		if failing {
			report(componentstatus.NewEvent(componentstatus.StatusOK))
			e.logger.Info("Work goes on", zap.String("work", name))
			failing = false
		}
	}
}

// derive does one step of deriving.
func (e *experience) derive(ctx context.Context, d *derive.Deriver) (more bool, err error) {
	now := time.Now()
	s, err := d.Step(ctx, now)
	e.telemetry.MobileExperienceDerivedSessions.Add(ctx, int64(s.Heads))
	e.telemetry.MobileExperienceCorruptRows.Add(ctx, int64(s.Corrupt))
	if err != nil {
		return false, err
	}
	if s.Until > 0 {
		e.telemetry.MobileExperienceLag.Record(ctx, max(now.Sub(time.Unix(0, s.Until)), 0).Seconds())
	}
	return s.Marks == batch || s.Heads == batch, nil
}

// Shutdown implements component.Component. The first call ends the work for all
// pipelines, so that none is handed telemetry after its own. What is under way
// is abandoned: whoever comes next does it again.
func (e *experience) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forget()
	if e.cancel == nil {
		return nil
	}
	e.cancel()
	stopped := make(chan struct{})
	go func() {
		e.done.Wait()
		close(stopped)
	}()
	select {
	case <-stopped:
		e.cancel = nil
		e.telemetry.Shutdown()
		return nil
	case <-ctx.Done():
		return errors.Join(errors.New("stop deriving: work is still under way"), ctx.Err())
	}
}
