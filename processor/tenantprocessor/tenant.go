package tenantprocessor

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processorhelper"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/tenant"
	"github.com/otelcol-mobile/otelcol-mobile/processor/tenantprocessor/internal/metadata"
)

// refusedError is why data are not passed on; "" stands for none.
type refusedError string

const (
	errNoAuth      refusedError = "no_auth"
	errAPIToken    refusedError = "api_token"
	errBadIdentity refusedError = "bad_identity"
	errUnstamped   refusedError = "unstamped"
)

// Error implements error.
func (r refusedError) Error() string {
	switch r {
	case errNoAuth:
		return "no app key: the receiver must name an authenticator such as tenants, or the tenant processor a default_tenant and default_app"
	case errAPIToken:
		return "an API token cannot send data; send the app's key as x-api-key"
	case errBadIdentity:
		return "the authenticator names no valid tenant.id and app.id"
	default:
		return "the resource is not stamped with a valid tenant.id and app.id"
	}
}

// GRPCStatus makes receivers answer 401: another key may do, a repetition
// will not.
func (r refusedError) GRPCStatus() *status.Status {
	return status.New(codes.Unauthenticated, r.Error())
}

// identity is whose data they are.
type identity struct{ tenant, app string }

func (id identity) valid() bool { return tenant.ValidID(id.tenant) && tenant.ValidID(id.app) }

// stamper stamps resources and removes claims.
type stamper struct {
	fromResource bool
	fallback     identity
	claims       claims
	tel          *metadata.TelemetryBuilder
	refused      map[refusedError]metric.AddOption
}

func newStamper(cfg *Config, set component.TelemetrySettings) (*stamper, error) {
	tel, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, fmt.Errorf("make telemetry: %w", err)
	}
	s := &stamper{
		fromResource: cfg.From == FromResource, fallback: identity{cfg.DefaultTenant, cfg.DefaultApp},
		claims: newClaims(), tel: tel, refused: map[refusedError]metric.AddOption{},
	}
	for _, r := range []refusedError{errNoAuth, errAPIToken, errBadIdentity, errUnstamped} {
		s.refused[r] = metric.WithAttributeSet(attribute.NewSet(attribute.String("reason", string(r))))
	}
	return s, nil
}

func (s *stamper) shutdown(context.Context) error {
	s.tel.Shutdown()
	return nil
}

// caller returns whose data a call brings. With `from: resource` that is
// nobody's yet: each resource says so itself.
func (s *stamper) caller(ctx context.Context) (identity, refusedError) {
	if s.fromResource {
		return identity{}, ""
	}
	data := client.FromContext(ctx).Auth
	var kind any
	if data != nil {
		kind = data.GetAttribute(tenant.AttrKind)
	}
	switch kind {
	case string(tenant.KindApp):
		id := identity{text(data, mobile.AttrTenantID), text(data, mobile.AttrAppID)}
		if !id.valid() {
			return identity{}, errBadIdentity
		}
		return id, ""
	case string(tenant.KindAPI):
		// Never the default's: the token says that there are tenants.
		return identity{}, errAPIToken
	default:
		if s.fallback == (identity{}) {
			return identity{}, errNoAuth
		}
		return s.fallback, ""
	}
}

func text(data client.AuthData, name string) string {
	t, _ := data.GetAttribute(name).(string)
	return t
}

// refuse counts what is not passed on and returns the error that says why.
func (s *stamper) refuse(ctx context.Context, why refusedError, records int) error {
	s.tel.MobileTenantRefused.Add(ctx, int64(records), s.refused[why])
	return consumererror.NewPermanent(why)
}

// stamp puts an identity on a resource in place of all that it claims. With
// `from: resource` the identity is the one that it has; false means that it has
// none.
func (s *stamper) stamp(res pcommon.Map, id identity, c *cleaner) bool {
	if s.fromResource {
		id = identity{attr(res, mobile.AttrTenantID), attr(res, mobile.AttrAppID)}
		if !id.valid() {
			return false
		}
		c.removed -= 2 // they are put back
	}
	c.clean(res)
	res.PutStr(mobile.AttrTenantID, id.tenant)
	res.PutStr(mobile.AttrAppID, id.app)
	return true
}

func attr(attrs pcommon.Map, name string) string {
	if v, ok := attrs.Get(name); ok {
		return v.Str()
	}
	return ""
}

// finish counts what was removed and dropped. left is how many resources are
// passed on.
func (s *stamper) finish(ctx context.Context, c *cleaner, left int) error {
	if c.removed > 0 {
		s.tel.MobileTenantRemovedClaims.Add(ctx, c.removed)
	}
	if c.dropped == 0 {
		return nil
	}
	s.tel.MobileTenantRefused.Add(ctx, c.dropped, s.refused[errUnstamped])
	if left == 0 {
		return processorhelper.ErrSkipProcessingData
	}
	return nil
}

func (s *stamper) processLogs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	id, refused := s.caller(ctx)
	if refused != "" {
		return ld, s.refuse(ctx, refused, ld.LogRecordCount())
	}
	c := cleaner{claims: s.claims}
	ld.ResourceLogs().RemoveIf(func(rl plog.ResourceLogs) bool {
		if !s.stamp(rl.Resource().Attributes(), id, &c) {
			c.dropped += logsIn(rl)
			return true
		}
		c.cleanLogs(rl)
		return false
	})
	return ld, s.finish(ctx, &c, ld.ResourceLogs().Len())
}

func (s *stamper) processTraces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	id, refused := s.caller(ctx)
	if refused != "" {
		return td, s.refuse(ctx, refused, td.SpanCount())
	}
	c := cleaner{claims: s.claims}
	td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		if !s.stamp(rs.Resource().Attributes(), id, &c) {
			c.dropped += spansIn(rs)
			return true
		}
		c.cleanSpans(rs)
		return false
	})
	return td, s.finish(ctx, &c, td.ResourceSpans().Len())
}

func (s *stamper) processMetrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	id, refused := s.caller(ctx)
	if refused != "" {
		return md, s.refuse(ctx, refused, md.DataPointCount())
	}
	c := cleaner{claims: s.claims}
	md.ResourceMetrics().RemoveIf(func(rm pmetric.ResourceMetrics) bool {
		if !s.stamp(rm.Resource().Attributes(), id, &c) {
			c.dropped += pointsIn(rm)
			return true
		}
		c.cleanMetrics(rm)
		return false
	})
	return md, s.finish(ctx, &c, md.ResourceMetrics().Len())
}
