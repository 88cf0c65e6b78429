package tenantprocessor

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-mobile/otelcol-mobile/processor/tenantprocessor/internal/metadatatest"
)

// auth is what an authenticator says of a caller.
type auth map[string]any

func (a auth) GetAttribute(name string) any { return a[name] }

func (a auth) GetAttributeNames() []string {
	return slices.Collect(maps.Keys(a))
}

func as(ctx context.Context, data client.AuthData) context.Context {
	return client.NewContext(ctx, client.Info{Auth: data})
}

func shop() auth { return auth{"tenant.id": "acme", "app.id": "shop", "auth.kind": "app"} }

// forged is attributes by which a payload claims to be somebody else, and some
// that claim nothing.
func forged() map[string]any {
	return map[string]any{
		"tenant.id": "globex", "tenant_id": "globex", "tenant-id": "globex", "tenantId": "globex", "Tenant.ID": "globex", "tenant": "globex",
		"tenant.name": "Globex", "tenant.apps": []any{"game"}, "app.id": "game", "app_id": int64(7), "appId": "game", "APP_ID": "game",
		"service.name": "shop", "app.installation.id": "1", "app.build_id": "2", "tenancy": "shared", "app": "shop", "tenant.identity.name": "kept",
	}
}

func honest() map[string]any {
	return map[string]any{
		"service.name": "shop", "app.installation.id": "1", "app.build_id": "2", "tenancy": "shared", "app": "shop", "tenant.identity.name": "kept",
	}
}

// claimsIn is how many of the forged attributes are claims.
const claimsIn = 12

func stamped(attrs map[string]any, tenant, app string) map[string]any {
	all := maps.Clone(attrs)
	all["tenant.id"], all["app.id"] = tenant, app
	return all
}

func put(t *testing.T, m pcommon.Map, attrs map[string]any) {
	t.Helper()
	require.NoError(t, m.FromRaw(attrs))
}

// harness is one processor for each signal.
type harness struct {
	tel     *componenttest.Telemetry
	logs    processor.Logs
	traces  processor.Traces
	metrics processor.Metrics
	gotLogs *consumertest.LogsSink
	gotTr   *consumertest.TracesSink
	gotMet  *consumertest.MetricsSink
}

func newHarness(t *testing.T, change func(*Config)) *harness {
	t.Helper()
	h := &harness{tel: componenttest.NewTelemetry(), gotLogs: new(consumertest.LogsSink), gotTr: new(consumertest.TracesSink), gotMet: new(consumertest.MetricsSink)}
	factory := NewFactory()
	cfg := createDefaultConfig().(*Config)
	if change != nil {
		change(cfg)
	}
	require.NoError(t, cfg.Validate())
	set := processortest.NewNopSettings(factory.Type())
	set.TelemetrySettings = h.tel.NewTelemetrySettings()
	var err error
	h.logs, err = factory.CreateLogs(t.Context(), set, cfg, h.gotLogs)
	require.NoError(t, err)
	h.traces, err = factory.CreateTraces(t.Context(), set, cfg, h.gotTr)
	require.NoError(t, err)
	h.metrics, err = factory.CreateMetrics(t.Context(), set, cfg, h.gotMet)
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, p := range []interface{ Shutdown(context.Context) error }{h.logs, h.traces, h.metrics, h.tel} {
			assert.NoError(t, p.Shutdown(context.Background()))
		}
	})
	return h
}

// logsOf makes logs of one record for each resource.
func logsOf(t *testing.T, resources ...map[string]any) plog.Logs {
	t.Helper()
	ld := plog.NewLogs()
	for _, attrs := range resources {
		rl := ld.ResourceLogs().AppendEmpty()
		put(t, rl.Resource().Attributes(), attrs)
		rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().SetEventName("app.crash")
	}
	return ld
}

func TestLogsGetTheCallersIdentityAndNoOther(t *testing.T) {
	h := newHarness(t, nil)
	ld := logsOf(t, forged(), honest())
	sl := ld.ResourceLogs().At(0).ScopeLogs().At(0)
	put(t, sl.Scope().Attributes(), forged())
	put(t, sl.LogRecords().At(0).Attributes(), forged())
	require.NoError(t, h.logs.ConsumeLogs(as(t.Context(), shop()), ld))

	require.Len(t, h.gotLogs.AllLogs(), 1)
	for _, rl := range h.gotLogs.AllLogs()[0].ResourceLogs().All() {
		assert.Equal(t, stamped(honest(), "acme", "shop"), rl.Resource().Attributes().AsRaw())
	}
	sl = h.gotLogs.AllLogs()[0].ResourceLogs().At(0).ScopeLogs().At(0)
	assert.Equal(t, honest(), sl.Scope().Attributes().AsRaw())
	assert.Equal(t, honest(), sl.LogRecords().At(0).Attributes().AsRaw())
	metadatatest.AssertEqualMobileTenantRemovedClaims(t, h.tel, []metricdata.DataPoint[int64]{{Value: 3 * claimsIn}}, metricdatatest.IgnoreTimestamp())
}

func TestTracesGetTheCallersIdentityAndNoOther(t *testing.T) {
	h := newHarness(t, nil)
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	ss := rs.ScopeSpans().AppendEmpty()
	span := ss.Spans().AppendEmpty()
	maps := []pcommon.Map{ss.Scope().Attributes(), span.Attributes(), span.Events().AppendEmpty().Attributes(), span.Links().AppendEmpty().Attributes()}
	for _, m := range append(maps, rs.Resource().Attributes()) {
		put(t, m, forged())
	}
	require.NoError(t, h.traces.ConsumeTraces(as(t.Context(), shop()), td))
	require.Len(t, h.gotTr.AllTraces(), 1)
	assert.Equal(t, stamped(honest(), "acme", "shop"), rs.Resource().Attributes().AsRaw())
	for _, m := range maps {
		assert.Equal(t, honest(), m.AsRaw())
	}
}

// metricsOf makes one metric of every type and returns all maps in them but
// the resource's.
func metricsOf() (pmetric.Metrics, []pcommon.Map) {
	md := pmetric.NewMetrics()
	sm := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty()
	all := []pcommon.Map{sm.Scope().Attributes()}
	exemplar := func(s pmetric.ExemplarSlice) { all = append(all, s.AppendEmpty().FilteredAttributes()) }
	gauge := sm.Metrics().AppendEmpty()
	gp := gauge.SetEmptyGauge().DataPoints().AppendEmpty()
	sp := sm.Metrics().AppendEmpty().SetEmptySum().DataPoints().AppendEmpty()
	hp := sm.Metrics().AppendEmpty().SetEmptyHistogram().DataPoints().AppendEmpty()
	ep := sm.Metrics().AppendEmpty().SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
	qp := sm.Metrics().AppendEmpty().SetEmptySummary().DataPoints().AppendEmpty()
	sm.Metrics().AppendEmpty().SetName("empty")
	exemplar(gp.Exemplars())
	exemplar(sp.Exemplars())
	exemplar(hp.Exemplars())
	exemplar(ep.Exemplars())
	all = append(all, gauge.Metadata(), gp.Attributes(), sp.Attributes(), hp.Attributes(), ep.Attributes(), qp.Attributes())
	return md, all
}

func TestMetricsGetTheCallersIdentityAndNoOther(t *testing.T) {
	h := newHarness(t, nil)
	md, all := metricsOf()
	res := md.ResourceMetrics().At(0).Resource().Attributes()
	for _, m := range append(all, res) {
		put(t, m, forged())
	}
	require.NoError(t, h.metrics.ConsumeMetrics(as(t.Context(), shop()), md))
	require.Len(t, h.gotMet.AllMetrics(), 1)
	assert.Equal(t, stamped(honest(), "acme", "shop"), res.AsRaw())
	for i, m := range all {
		assert.Equal(t, honest(), m.AsRaw(), i)
	}
}

func TestWhoMaySend(t *testing.T) {
	fallback := func(c *Config) { c.DefaultTenant, c.DefaultApp = "home", "app" }
	tests := map[string]struct {
		config     func(*Config)
		auth       client.AuthData
		want       [2]string
		wantReason refusedError
	}{
		"app key":                         {nil, shop(), [2]string{"acme", "shop"}, ""},
		"nobody":                          {nil, nil, [2]string{}, errNoAuth},
		"API token":                       {nil, auth{"tenant.id": "acme", "auth.kind": "api"}, [2]string{}, errAPIToken},
		"other authenticator":             {nil, auth{"subject": "someone"}, [2]string{}, errNoAuth},
		"tenant without kind":             {nil, auth{"tenant.id": "acme", "app.id": "shop"}, [2]string{}, errNoAuth},
		"kind of other type":              {nil, auth{"tenant.id": "acme", "app.id": "shop", "auth.kind": []string{"app"}}, [2]string{}, errNoAuth},
		"key without app":                 {nil, auth{"tenant.id": "acme", "auth.kind": "app"}, [2]string{}, errBadIdentity},
		"key of invalid tenant":           {nil, auth{"tenant.id": "../x", "app.id": "shop", "auth.kind": "app"}, [2]string{}, errBadIdentity},
		"tenant of other type":            {nil, auth{"tenant.id": 7, "app.id": "shop", "auth.kind": "app"}, [2]string{}, errBadIdentity},
		"nobody with default":             {fallback, nil, [2]string{"home", "app"}, ""},
		"other authenticator, default":    {fallback, auth{"subject": "someone"}, [2]string{"home", "app"}, ""},
		"app key beats the default":       {fallback, shop(), [2]string{"acme", "shop"}, ""},
		"API token never is the default":  {fallback, auth{"tenant.id": "acme", "auth.kind": "api"}, [2]string{}, errAPIToken},
		"bad identity never is a default": {fallback, auth{"tenant.id": "", "app.id": "", "auth.kind": "app"}, [2]string{}, errBadIdentity},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, tt.config)
			ctx := as(t.Context(), tt.auth)
			md, _ := metricsOf()
			td := ptrace.NewTraces()
			td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
			errs := []error{
				h.logs.ConsumeLogs(ctx, logsOf(t, forged(), honest())),
				h.traces.ConsumeTraces(ctx, td), h.metrics.ConsumeMetrics(ctx, md),
			}
			if tt.wantReason == "" {
				require.NoError(t, errors.Join(errs...))
				res := h.gotLogs.AllLogs()[0].ResourceLogs().At(0).Resource().Attributes()
				assert.Equal(t, stamped(honest(), tt.want[0], tt.want[1]), res.AsRaw())
				return
			}
			for _, err := range errs {
				require.ErrorIs(t, err, tt.wantReason)
				assert.True(t, consumererror.IsPermanent(err))
				assert.Equal(t, codes.Unauthenticated, status.Code(err))
			}
			assert.Zero(t, h.gotLogs.LogRecordCount()+h.gotTr.SpanCount()+h.gotMet.DataPointCount())
			metadatatest.AssertEqualMobileTenantRefused(t, h.tel, []metricdata.DataPoint[int64]{{
				Attributes: attribute.NewSet(attribute.String("reason", string(tt.wantReason))), Value: 2 + 1 + 5,
			}}, metricdatatest.IgnoreTimestamp())
		})
	}
}

func TestFromResourceKeepsWhatIsStampedAndDropsTheRest(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.From = FromResource })
	good := stamped(honest(), "acme", "shop")
	withAliases := stamped(forged(), "acme", "bank")
	ld := logsOf(t, good, honest(), withAliases,
		map[string]any{"tenant.id": "acme"}, map[string]any{"tenant.id": "a/b", "app.id": "shop"}, map[string]any{"tenant.id": int64(1), "app.id": "shop"})
	put(t, ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes(), forged())
	// Whoever is on the other end of the link, it is not the app.
	require.NoError(t, h.logs.ConsumeLogs(as(t.Context(), auth{"tenant.id": "globex", "app.id": "game", "auth.kind": "app"}), ld))

	require.Len(t, h.gotLogs.AllLogs(), 1)
	got := h.gotLogs.AllLogs()[0].ResourceLogs()
	require.Equal(t, 2, got.Len())
	assert.Equal(t, good, got.At(0).Resource().Attributes().AsRaw())
	assert.Equal(t, stamped(honest(), "acme", "bank"), got.At(1).Resource().Attributes().AsRaw())
	assert.Equal(t, honest(), got.At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().AsRaw())
	metadatatest.AssertEqualMobileTenantRefused(t, h.tel, []metricdata.DataPoint[int64]{{
		Attributes: attribute.NewSet(attribute.String("reason", "unstamped")), Value: 4,
	}}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualMobileTenantRemovedClaims(t, h.tel, []metricdata.DataPoint[int64]{{Value: 2*claimsIn - 2}}, metricdatatest.IgnoreTimestamp())
}

func TestFromResourceStopsWhatIsAllUnstamped(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.From = FromResource })
	md, _ := metricsOf()
	td := ptrace.NewTraces()
	td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	require.NoError(t, h.logs.ConsumeLogs(t.Context(), logsOf(t, honest())))
	require.NoError(t, h.traces.ConsumeTraces(t.Context(), td))
	require.NoError(t, h.metrics.ConsumeMetrics(t.Context(), md))
	assert.Empty(t, h.gotLogs.AllLogs())
	assert.Empty(t, h.gotTr.AllTraces())
	assert.Empty(t, h.gotMet.AllMetrics())
	metadatatest.AssertEqualMobileTenantRefused(t, h.tel, []metricdata.DataPoint[int64]{{
		Attributes: attribute.NewSet(attribute.String("reason", "unstamped")), Value: 1 + 1 + 5,
	}}, metricdatatest.IgnoreTimestamp())
}

func TestTheProcessorSaysThatItChangesData(t *testing.T) {
	h := newHarness(t, nil)
	assert.True(t, h.logs.Capabilities().MutatesData)
	assert.True(t, h.traces.Capabilities().MutatesData)
	assert.True(t, h.metrics.Capabilities().MutatesData)
}

func TestConfigNamesTheMistake(t *testing.T) {
	tests := map[string]struct {
		cfg  Config
		want []string // none: valid
	}{
		"default":               {Config{From: FromAuth}, nil},
		"resource":              {Config{From: FromResource}, nil},
		"default app":           {Config{From: FromAuth, DefaultTenant: "acme", DefaultApp: "shop"}, nil},
		"unknown source":        {Config{From: "header"}, []string{"from must"}},
		"no source":             {Config{}, []string{"from must"}},
		"tenant without app":    {Config{From: FromAuth, DefaultTenant: "acme"}, []string{"default_app"}},
		"app without tenant":    {Config{From: FromAuth, DefaultApp: "shop"}, []string{"default_tenant"}},
		"invalid ids":           {Config{From: FromAuth, DefaultTenant: "Acme", DefaultApp: "a/b"}, []string{"default_tenant must", "default_app must"}},
		"default from resource": {Config{From: FromResource, DefaultTenant: "acme", DefaultApp: "shop"}, []string{"default_tenant cannot"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := tt.cfg.Validate()
			if tt.want == nil {
				require.NoError(t, err)
			}
			for _, text := range tt.want {
				require.ErrorContains(t, err, text)
			}
		})
	}
}

// batch is logs, spans and points of one resource each, n records with as many
// attributes as a phone sends.
func batch(n int) (plog.Logs, ptrace.Traces, pmetric.Metrics) {
	ld, td, md := plog.NewLogs(), ptrace.NewTraces(), pmetric.NewMetrics()
	sl := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
	ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	dps := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetEmptySum().DataPoints()
	for range n {
		for _, m := range []pcommon.Map{sl.LogRecords().AppendEmpty().Attributes(), ss.Spans().AppendEmpty().Attributes(), dps.AppendEmpty().Attributes()} {
			for _, key := range []string{
				"session.id", "app.screen.name", "thread.id", "thread.name", "http.request.method", "url.full", "server.address", "server.port",
				"http.response.status_code", "network.connection.type", "app.jank.threshold", "android.app.state", "exception.type", "tls.protocol.name",
			} {
				m.PutStr(key, "value")
			}
		}
	}
	return ld, td, md
}

func TestRecordsCostNoAllocation(t *testing.T) {
	s, err := newStamper(createDefaultConfig().(*Config), componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	ctx := as(t.Context(), shop())
	allocs := func(n int) float64 {
		ld, td, md := batch(n)
		return testing.AllocsPerRun(20, func() {
			_, errLogs := s.processLogs(ctx, ld)
			_, errTraces := s.processTraces(ctx, td)
			_, errMetrics := s.processMetrics(ctx, md)
			if errors.Join(errLogs, errTraces, errMetrics) != nil {
				t.Error("refused")
			}
		})
	}
	small, big := allocs(1), allocs(500)
	assert.InDelta(t, small, big, 0, "allocations must not grow with the records")
	assert.LessOrEqual(t, small, 30.0)
}

func BenchmarkLogs(b *testing.B) {
	s, err := newStamper(createDefaultConfig().(*Config), componenttest.NewNopTelemetrySettings())
	require.NoError(b, err)
	ctx := as(b.Context(), shop())
	ld, _, _ := batch(100)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = s.processLogs(ctx, ld)
	}
}

// FuzzClaims holds that a name is a claim exactly if it is one of the list
// once case and separators are gone.
func FuzzClaims(f *testing.F) {
	for name := range forged() {
		f.Add(name)
	}
	c := newClaims()
	f.Fuzz(func(t *testing.T, name string) {
		var folded []byte
		for i := range len(name) {
			switch b := name[i]; {
			case b == '.', b == '_', b == '-':
			case b >= 'A' && b <= 'Z':
				folded = append(folded, b-'A'+'a')
			default:
				folded = append(folded, b)
			}
		}
		_, listed := c.names[string(folded)]
		begins := name != "" && name[0] != '.' && name[0] != '_' && name[0] != '-'
		assert.Equal(t, listed && begins && len(name) <= maxClaimBytes, c.match(name))
	})
}
