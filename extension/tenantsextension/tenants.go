package tenantsextension

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.uber.org/zap"

	"github.com/otelcol-mobile/otelcol-mobile/extension/tenantsextension/internal/metadata"
	"github.com/otelcol-mobile/otelcol-mobile/internal/tenant"
)

// tenants authenticates requests by the registry that its file holds.
type tenants struct {
	cfg      *Config
	logger   *zap.Logger
	tel      *metadata.TelemetryBuilder
	counters counters

	// registry is nil before Start and after Shutdown.
	registry atomic.Pointer[tenant.Registry]
	source   source
	stop     context.CancelFunc
	done     sync.WaitGroup
}

var _ extensionauth.Server = (*tenants)(nil)

func newTenants(cfg *Config, set component.TelemetrySettings) (*tenants, error) {
	tel, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, fmt.Errorf("make telemetry: %w", err)
	}
	return &tenants{
		cfg: cfg, logger: set.Logger, tel: tel, counters: newCounters(),
		source: source{path: cfg.File, bind: cfg.Bind},
	}, nil
}

// Start implements component.Component. It reads the registry and refuses to
// start without one.
func (t *tenants) Start(ctx context.Context, _ component.Host) error {
	reg, err := t.source.load()
	if err != nil {
		return err
	}
	t.registry.Store(reg)
	t.logger.Info("Registry of tenants is loaded", zap.String("file", t.cfg.File),
		zap.Int("tenants", len(reg.Tenants())), zap.Int("keys", reg.Keys()), zap.Bool("demo", reg.Demo()))
	if t.cfg.ReloadInterval > 0 {
		// Start's own context ends with start-up.
		background, stop := context.WithCancel(context.WithoutCancel(ctx))
		t.stop = stop
		t.done.Go(func() { t.watch(background) })
	}
	return nil
}

// Shutdown implements component.Component. Requests that still come are
// refused.
func (t *tenants) Shutdown(context.Context) error {
	if t.stop != nil {
		t.stop()
	}
	t.done.Wait()
	t.registry.Store(nil)
	t.tel.Shutdown()
	return nil
}

// watch reads the file again and again until ctx ends.
func (t *tenants) watch(ctx context.Context) {
	tick := time.NewTicker(t.cfg.ReloadInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			t.reload(ctx)
		}
	}
}

// reload puts a changed registry into use. A broken one leaves the old in use:
// people who send must not suffer from a slip in an editor.
func (t *tenants) reload(ctx context.Context) {
	reg, changed, err := t.source.reload()
	switch {
	case !changed:
	case err != nil:
		t.tel.MobileTenantsReloads.Add(ctx, 1, t.counters.refusedFile)
		t.logger.Error("Changed registry of tenants is refused; the old one stays in use", zap.Error(err))
	default:
		t.registry.Store(reg)
		t.tel.MobileTenantsReloads.Add(ctx, 1, t.counters.loadedFile)
		t.logger.Info("Changed registry of tenants is in use", zap.String("file", t.cfg.File),
			zap.Int("tenants", len(reg.Tenants())), zap.Int("keys", reg.Keys()))
	}
}

// Authenticate implements extensionauth.Server. An app key stands in x-api-key,
// an API token in Authorization as a bearer token. The context returned holds
// an authData.
func (t *tenants) Authenticate(ctx context.Context, headers map[string][]string) (context.Context, error) {
	info := client.FromContext(ctx)
	id, refused := t.identify(info, headers)
	if refused != "" {
		t.tel.MobileTenantsRefused.Add(ctx, 1, t.counters.refused[refused])
		return ctx, refused
	}
	t.tel.MobileTenantsAuthenticated.Add(ctx, 1, t.counters.authenticated[id.Kind])
	info.Auth = authData{id}
	return client.NewContext(ctx, info), nil
}

// identify returns whom a request comes from, or why it is refused.
func (t *tenants) identify(info client.Info, headers map[string][]string) (*tenant.Identity, refusedError) {
	reg := t.registry.Load()
	if reg == nil {
		return nil, errStopped
	}
	if reg.Demo() && !isLoopbackPeer(info.Addr) {
		return nil, errNotLocal
	}
	cred, refused := credentialOf(headers)
	if refused != "" {
		return nil, refused
	}
	id, known := reg.Lookup(cred.secret)
	switch {
	case !known:
		return nil, errUnknown
	case id.Kind != cred.kind:
		return nil, errWrongKind
	default:
		return id, ""
	}
}
