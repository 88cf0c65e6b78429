// Package experiencereceiver is the mobile_experience receiver: it derives
// session heads and rollups from the facts in a store, and emits scored
// sessions, new issues and metrics.
package experiencereceiver

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"

	"github.com/otelcol-mobile/otelcol-mobile/receiver/experiencereceiver/internal/metadata"
)

// NewFactory returns the factory of the mobile_experience receiver. The logs
// and metrics pipelines of one component id share one deriver.
func NewFactory() receiver.Factory {
	r := &registry{byID: map[component.ID]*experience{}}
	return receiver.NewFactory(metadata.Type, createDefaultConfig,
		receiver.WithLogs(r.createLogs, metadata.LogsStability),
		receiver.WithMetrics(r.createMetrics, metadata.MetricsStability))
}

func createDefaultConfig() component.Config {
	return &Config{
		Interval: time.Second, Quiet: 5 * time.Second, SessionIdle: 15 * time.Minute,
		Cadence:         CadenceConfig{Live: time.Minute, Today: 10 * time.Minute, Older: time.Hour},
		MetricsInterval: time.Minute, MetricsWindow: 24 * time.Hour,
	}
}

// registry holds the running instances by component id.
type registry struct {
	mu   sync.Mutex
	byID map[component.ID]*experience
}

// get returns the instance of an id, made at its first use and forgotten at
// its Shutdown.
func (r *registry) get(set receiver.Settings, cfg component.Config) (*experience, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.byID[set.ID]; ok {
		e.created++
		return e, nil
	}
	e, err := newExperience(cfg.(*Config), set, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.byID, set.ID)
	})
	if err != nil {
		return nil, err
	}
	e.created++
	r.byID[set.ID] = e
	return e, nil
}

func (r *registry) createLogs(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
	e, err := r.get(set, cfg)
	if err != nil {
		return nil, err
	}
	e.emit.logs = next
	return e, nil
}

func (r *registry) createMetrics(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
	e, err := r.get(set, cfg)
	if err != nil {
		return nil, err
	}
	e.emit.metrics = next
	return e, nil
}
