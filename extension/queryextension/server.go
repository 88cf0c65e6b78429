package queryextension

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"

	"github.com/otelcol-mobile/otelcol-mobile/internal/query"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// queryServer is the HTTP server of the API.
type queryServer struct {
	cfg    *Config
	set    component.TelemetrySettings
	server *http.Server
	done   sync.WaitGroup
}

var _ extensioncapabilities.Dependent = (*queryServer)(nil)

// Dependencies implements extensioncapabilities.Dependent: the store and the
// authenticator start first and stop last.
func (s *queryServer) Dependencies() []component.ID {
	return []component.ID{s.cfg.Store, s.cfg.HTTP.Auth.Get().AuthenticatorID}
}

// Start implements component.Component.
func (s *queryServer) Start(ctx context.Context, host component.Host) error {
	extensions := host.GetExtensions()
	provider, ok := extensions[s.cfg.Store].(store.Provider)
	if !ok {
		return fmt.Errorf("store: no extension %q that owns a store is running; add it to service::extensions", s.cfg.Store)
	}
	authID := s.cfg.HTTP.Auth.Get().AuthenticatorID
	auth, ok := extensions[authID].(extensionauth.Server)
	if !ok {
		return fmt.Errorf("auth::authenticator: no extension %q that authenticates is running; add it to service::extensions", authID)
	}
	opened, err := provider.Store()
	if err != nil {
		return fmt.Errorf("store %q: %w", s.cfg.Store, err)
	}
	decoder, err := newDecoder()
	if err != nil {
		return err
	}
	api := &api{engine: query.NewEngine(opened, decoder, s.cfg.Generation), store: opened, auth: auth, logger: s.set.Logger}
	return s.serve(ctx, host, api.handler())
}

// serve listens. Authentication is the API's own: some pages need none, and
// its refusals are problem documents.
func (s *queryServer) serve(ctx context.Context, host component.Host, handler http.Handler) error {
	open := s.cfg.HTTP
	open.Auth = configoptional.None[confighttp.AuthConfig]()
	listener, err := open.ToListener(ctx)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", open.NetAddr.Endpoint, err)
	}
	if s.server, err = open.ToServer(ctx, host.GetExtensions(), s.set, handler); err != nil {
		return errors.Join(fmt.Errorf("make server: %w", err), listener.Close())
	}
	s.done.Go(func() {
		if err := s.server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(fmt.Errorf("serve on %s: %w", open.NetAddr.Endpoint, err)))
		}
	})
	return nil
}

// Shutdown implements component.Component. Requests under way are finished
// until ctx ends.
func (s *queryServer) Shutdown(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("stop server: %w", err), s.server.Close())
	}
	s.done.Wait()
	return err
}
