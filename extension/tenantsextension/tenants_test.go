package tenantsextension

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-mobile/otelcol-mobile/extension/tenantsextension/internal/metadatatest"
	"github.com/otelcol-mobile/otelcol-mobile/internal/tenant"
)

const demoFile = "../../config/demo-tenants.yaml"

// fixture is an extension with what it tells the outside.
type fixture struct {
	*tenants
	telemetry *componenttest.Telemetry
	logs      *observer.ObservedLogs
}

// newFixture makes an extension that is not started.
func newFixture(t *testing.T, change func(*Config)) *fixture {
	t.Helper()
	tel := componenttest.NewTelemetry()
	core, logs := observer.New(zap.DebugLevel)
	set := tel.NewTelemetrySettings()
	set.Logger = zap.New(core)
	cfg := createDefaultConfig().(*Config)
	cfg.File = filepath.Join("testdata", "tenants.yaml")
	if change != nil {
		change(cfg)
	}
	ext, err := newTenants(cfg, set)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, ext.Shutdown(context.Background()))
		assert.NoError(t, tel.Shutdown(context.Background()))
	})
	return &fixture{ext, tel, logs}
}

// start makes an extension and starts it.
func start(t *testing.T, change func(*Config)) *fixture {
	t.Helper()
	f := newFixture(t, change)
	require.NoError(t, f.Start(t.Context(), componenttest.NewNopHost()))
	return f
}

func point(key, value string, n int64) metricdata.DataPoint[int64] {
	return metricdata.DataPoint[int64]{Attributes: attribute.NewSet(attribute.String(key, value)), Value: n}
}

func TestAuthenticate(t *testing.T) {
	f := start(t, nil)
	tests := map[string]struct {
		headers map[string][]string
		want    tenant.Identity
		wantErr error
	}{
		"app key as HTTP brings it":    {headers: map[string][]string{"X-Api-Key": {"mk_test_acme_shop"}}, want: tenant.Identity{Kind: tenant.KindApp, Tenant: "acme", App: "shop"}},
		"app key as gRPC brings it":    {headers: map[string][]string{"x-api-key": {"mk_test_globex_game"}}, want: tenant.Identity{Kind: tenant.KindApp, Tenant: "globex", App: "game"}},
		"app key given as hash":        {headers: map[string][]string{"X-API-KEY": {"mk_test_acme_bank"}}, want: tenant.Identity{Kind: tenant.KindApp, Tenant: "acme", App: "bank"}},
		"API token":                    {headers: map[string][]string{"Authorization": {"Bearer mt_test_acme"}}, want: tenant.Identity{Kind: tenant.KindAPI, Tenant: "acme", Apps: []string{"shop", "bank"}}},
		"API token over gRPC":          {headers: map[string][]string{"authorization": {"bearer mt_test_acme"}}, want: tenant.Identity{Kind: tenant.KindAPI, Tenant: "acme", Apps: []string{"shop", "bank"}}},
		"app key beside foreign auth":  {headers: map[string][]string{"X-Api-Key": {"mk_test_acme_shop"}, "Authorization": {"Basic cHJveHk="}}, want: tenant.Identity{Kind: tenant.KindApp, Tenant: "acme", App: "shop"}},
		"no headers":                   {wantErr: errMissing},
		"other headers only":           {headers: map[string][]string{"Content-Type": {"application/json"}}, wantErr: errMissing},
		"empty key":                    {headers: map[string][]string{"X-Api-Key": {""}}, wantErr: errMissing},
		"header without value":         {headers: map[string][]string{"X-Api-Key": {}}, wantErr: errMissing},
		"empty key and a token":        {headers: map[string][]string{"X-Api-Key": {""}, "Authorization": {"Bearer mt_test_acme"}}, wantErr: errMissing},
		"empty authorization":          {headers: map[string][]string{"Authorization": {""}}, wantErr: errMissing},
		"key twice":                    {headers: map[string][]string{"X-Api-Key": {"mk_test_acme_shop", "mk_test_acme_shop"}}, wantErr: errAmbiguous},
		"key twice in different case":  {headers: map[string][]string{"X-Api-Key": {"mk_test_acme_shop"}, "x-api-key": {"mk_test_globex_game"}}, wantErr: errAmbiguous},
		"token twice":                  {headers: map[string][]string{"Authorization": {"Bearer mt_test_acme", "Bearer mt_test_acme"}}, wantErr: errAmbiguous},
		"other scheme":                 {headers: map[string][]string{"Authorization": {"Basic mt_test_acme"}}, wantErr: errMalformed},
		"token without scheme":         {headers: map[string][]string{"Authorization": {"mt_test_acme"}}, wantErr: errMalformed},
		"scheme without token":         {headers: map[string][]string{"Authorization": {"Bearer "}}, wantErr: errMalformed},
		"unknown key":                  {headers: map[string][]string{"X-Api-Key": {"mk_test_acme_none"}}, wantErr: errUnknown},
		"unknown token":                {headers: map[string][]string{"Authorization": {"Bearer mt_test_none"}}, wantErr: errUnknown},
		"wrong key beside right token": {headers: map[string][]string{"X-Api-Key": {"mk_test_acme_none"}, "Authorization": {"Bearer mt_test_acme"}}, wantErr: errUnknown},
		"huge key":                     {headers: map[string][]string{"X-Api-Key": {strings.Repeat("k", 1<<20)}}, wantErr: errUnknown},
		"token in place of a key":      {headers: map[string][]string{"X-Api-Key": {"mt_test_acme"}}, wantErr: errWrongKind},
		"key in place of a token":      {headers: map[string][]string{"Authorization": {"Bearer mk_test_acme_shop"}}, wantErr: errWrongKind},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := client.NewContext(t.Context(), client.Info{Addr: &net.IPAddr{IP: net.IPv4(203, 0, 113, 9)}})
			ctx, err := f.Authenticate(before, tt.headers)
			require.ErrorIs(t, err, tt.wantErr)
			info := client.FromContext(ctx)
			assert.Equal(t, "203.0.113.9", info.Addr.String(), "what was known of the client stays")
			if tt.wantErr != nil {
				assert.Nil(t, info.Auth)
				return
			}
			assert.Equal(t, &tt.want, info.Auth.(authData).id)
		})
	}
	metadatatest.AssertEqualMobileTenantsAuthenticated(t, f.telemetry, []metricdata.DataPoint[int64]{point("kind", "app", 4), point("kind", "api", 2)},
		metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualMobileTenantsRefused(t, f.telemetry, []metricdata.DataPoint[int64]{
		point("reason", "missing", 6), point("reason", "ambiguous", 3), point("reason", "malformed", 3),
		point("reason", "unknown", 4), point("reason", "wrong_kind", 2),
	}, metricdatatest.IgnoreTimestamp())
	for _, entry := range f.logs.All() {
		assert.NotContains(t, entry.Message, "_test_")
		for _, field := range entry.Context {
			assert.NotContains(t, field.String, "_test_", "a key is in the log")
		}
	}
}

func TestAuthDataSaysWhoAndWhatFor(t *testing.T) {
	app := authData{&tenant.Identity{Kind: tenant.KindApp, Tenant: "acme", App: "shop"}}
	api := authData{&tenant.Identity{Kind: tenant.KindAPI, Tenant: "acme", Apps: []string{"shop", "bank"}}}
	tests := map[string]struct {
		data client.AuthData
		want map[string]any
	}{
		"app key":   {app, map[string]any{"tenant.id": "acme", "app.id": "shop", "auth.kind": "app"}},
		"API token": {api, map[string]any{"tenant.id": "acme", "auth.kind": "api", "tenant.apps": []string{"shop", "bank"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := map[string]any{}
			for _, name := range tt.data.GetAttributeNames() {
				got[name] = tt.data.GetAttribute(name)
			}
			assert.Equal(t, tt.want, got)
			assert.Nil(t, tt.data.GetAttribute("subject"))
		})
	}
	assert.Nil(t, app.GetAttribute("tenant.apps"))
	assert.Nil(t, api.GetAttribute("app.id"))
	api.GetAttribute("tenant.apps").([]string)[0] = "changed"
	assert.Equal(t, []string{"shop", "bank"}, api.GetAttribute("tenant.apps"), "callers share nothing")
}

func TestStartRefusesTheDemoWhereOthersReachIt(t *testing.T) {
	tests := map[string]struct {
		bind string
		ok   bool
	}{
		"IPv4 loopback":          {"127.0.0.1", true},
		"another IPv4 loopback":  {"127.1.2.3", true},
		"IPv6 loopback":          {"::1", true},
		"IPv6 in brackets":       {"[::1]", true},
		"mapped IPv4 loopback":   {"::ffff:127.0.0.1", true},
		"localhost":              {"localhost", true},
		"localhost in capitals":  {"LocalHost.", true},
		"below localhost":        {"demo.localhost", true},
		"everywhere":             {"0.0.0.0", false},
		"everywhere over IPv6":   {"::", false},
		"private address":        {"10.0.0.1", false},
		"host name":              {"collector.example.com", false},
		"looks like localhost":   {"localhost.example.com", false},
		"begins like a loopback": {"127.0.0.1.example.com", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(c *Config) { c.File, c.Bind = demoFile, tt.bind })
			require.NoError(t, f.cfg.Validate())
			err := f.Start(t.Context(), componenttest.NewNopHost())
			if tt.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, errDemo)
			assert.ErrorContains(t, err, tt.bind)
		})
	}
}

func TestTheDemoIsForThisMachineOnly(t *testing.T) {
	f := start(t, func(c *Config) { c.File = demoFile })
	tests := map[string]struct {
		peer    net.Addr
		wantErr error
	}{
		"IPv4 loopback over HTTP": {&net.IPAddr{IP: net.IPv4(127, 0, 0, 1)}, nil},
		"IPv6 loopback over HTTP": {&net.IPAddr{IP: net.IPv6loopback}, nil},
		"loopback over gRPC":      {&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711}, nil},
		"Unix socket":             {&net.UnixAddr{Name: "@", Net: "unix"}, nil},
		"neighbour over HTTP":     {&net.IPAddr{IP: net.IPv4(192, 168, 1, 7)}, errNotLocal},
		"neighbour over gRPC":     {&net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 4711}, errNotLocal},
		"no address":              {nil, errNotLocal},
		"empty address":           {&net.IPAddr{}, errNotLocal},
		"address of other kind":   {&net.UDPAddr{IP: net.IPv6loopback}, errNotLocal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ctx := client.NewContext(t.Context(), client.Info{Addr: tt.peer})
			_, err := f.Authenticate(ctx, map[string][]string{"X-Api-Key": {"mk_demo_acme_shop"}})
			require.ErrorIs(t, err, tt.wantErr)
		})
	}
}

func TestDemoTenantsAreWhatTheContractSays(t *testing.T) {
	f := start(t, func(c *Config) { c.File = demoFile })
	ctx := client.NewContext(t.Context(), client.Info{Addr: &net.IPAddr{IP: net.IPv6loopback}})
	for key, want := range map[string][2]string{
		"mk_demo_acme_shop": {"acme", "shop"}, "mk_demo_acme_bank": {"acme", "bank"}, "mk_demo_globex_game": {"globex", "game"},
	} {
		got, err := f.Authenticate(ctx, map[string][]string{"x-api-key": {key}})
		require.NoError(t, err, key)
		data := client.FromContext(got).Auth
		assert.Equal(t, want, [2]string{data.GetAttribute("tenant.id").(string), data.GetAttribute("app.id").(string)})
	}
	for token, want := range map[string][]string{"mt_demo_acme": {"shop", "bank"}, "mt_demo_globex": {"game"}} {
		got, err := f.Authenticate(ctx, map[string][]string{"authorization": {"Bearer " + token}})
		require.NoError(t, err, token)
		assert.Equal(t, want, client.FromContext(got).Auth.GetAttribute("tenant.apps"))
	}
}

func TestStartTellsWhatIsWrongWithTheFile(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	require.NoError(t, os.WriteFile(broken, []byte("tenants: [{id: Acme}]\n"), 0o600))
	for file, want := range map[string]string{
		"no-such-file.yaml": "file: read registry: open no-such-file.yaml",
		"testdata":          `file: read registry "testdata"`,
		broken:              "tenants[0].id (line 1) must be",
	} {
		f := newFixture(t, func(c *Config) { c.File = file })
		require.ErrorContains(t, f.Start(t.Context(), componenttest.NewNopHost()), want)
	}
}

func TestWhatIsNotRunningAuthenticatesNobody(t *testing.T) {
	f := newFixture(t, nil)
	headers := map[string][]string{"X-Api-Key": {"mk_test_acme_shop"}}
	_, err := f.Authenticate(t.Context(), headers)
	require.ErrorIs(t, err, errStopped)
	require.NoError(t, f.Start(t.Context(), componenttest.NewNopHost()))
	_, err = f.Authenticate(t.Context(), headers)
	require.NoError(t, err)
	require.NoError(t, f.Shutdown(t.Context()))
	require.NoError(t, f.Shutdown(t.Context()))
	_, err = f.Authenticate(t.Context(), headers)
	require.ErrorIs(t, err, errStopped)
}

// known says which of the keys a and b of the reload tests are in use.
func known(ctx context.Context, f *fixture) (a, b bool) {
	_, errA := f.Authenticate(ctx, map[string][]string{"X-Api-Key": {"mk_reload_a"}})
	_, errB := f.Authenticate(ctx, map[string][]string{"X-Api-Key": {"mk_reload_b"}})
	return errA == nil, errB == nil
}

func TestReload(t *testing.T) {
	const oldKey = "tenants: [{id: t, apps: [{id: a, keys: [mk_reload_a]}]}]\n"
	const newKey = "tenants: [{id: t, apps: [{id: a, keys: [mk_reload_b]}]}]\n"
	tests := map[string]struct {
		change        func(t *testing.T, file string)
		wantA, wantB  bool
		loaded, wrong int64
	}{
		"same content":      {func(t *testing.T, file string) { t.Helper(); write(t, file, oldKey) }, true, false, 0, 0},
		"new key":           {func(t *testing.T, file string) { t.Helper(); write(t, file, newKey) }, false, true, 1, 0},
		"broken":            {func(t *testing.T, file string) { t.Helper(); write(t, file, "tenants: [{id: T}]\n") }, true, false, 0, 1},
		"cut off":           {func(t *testing.T, file string) { t.Helper(); write(t, file, newKey[:20]) }, true, false, 0, 1},
		"emptied":           {func(t *testing.T, file string) { t.Helper(); write(t, file, "") }, true, false, 0, 1},
		"gone":              {func(t *testing.T, file string) { t.Helper(); require.NoError(t, os.Remove(file)) }, true, false, 0, 1},
		"demo out of reach": {func(t *testing.T, file string) { t.Helper(); write(t, file, "demo: true\n"+newKey) }, true, false, 0, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "tenants.yaml")
			synctest.Test(t, func(t *testing.T) {
				write(t, file, oldKey)
				f := start(t, func(c *Config) { c.File, c.Bind = file, "0.0.0.0" })
				tt.change(t, file)
				a, b := known(t.Context(), f)
				assert.Equal(t, []bool{true, false}, []bool{a, b}, "before the file is read again")
				time.Sleep(5 * defaultReload)
				synctest.Wait()
				a, b = known(t.Context(), f)
				assert.Equal(t, []bool{tt.wantA, tt.wantB}, []bool{a, b})
				assertReloads(t, f, tt.loaded, tt.wrong)

				// Whatever was wrong, a good file heals it.
				write(t, file, newKey)
				time.Sleep(2 * defaultReload)
				synctest.Wait()
				a, b = known(t.Context(), f)
				assert.Equal(t, []bool{false, true}, []bool{a, b})
				assertReloads(t, f, 1, tt.wrong)
			})
		})
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
}

// assertReloads checks the counter of reloads, and that what is wrong is
// logged once and without keys.
func assertReloads(t *testing.T, f *fixture, loaded, wrong int64) {
	t.Helper()
	var want []metricdata.DataPoint[int64]
	if loaded > 0 {
		want = append(want, point("outcome", "loaded", loaded))
	}
	if wrong > 0 {
		want = append(want, point("outcome", "refused", wrong))
	}
	if want != nil {
		metadatatest.AssertEqualMobileTenantsReloads(t, f.telemetry, want, metricdatatest.IgnoreTimestamp())
	}
	errs := f.logs.FilterLevelExact(zap.ErrorLevel)
	assert.EqualValues(t, wrong, errs.Len())
	for _, entry := range errs.All() {
		assert.NotContains(t, entry.ContextMap()["error"], "mk_reload")
	}
}

func TestReloadCanBeTurnedOff(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tenants.yaml")
	synctest.Test(t, func(t *testing.T) {
		write(t, file, "tenants: [{id: t, apps: [{id: a, keys: [mk_reload_a]}]}]\n")
		f := start(t, func(c *Config) { c.File, c.ReloadInterval = file, 0 })
		write(t, file, "tenants: [{id: t, apps: [{id: a, keys: [mk_reload_b]}]}]\n")
		time.Sleep(time.Hour)
		a, _ := known(t.Context(), f)
		assert.True(t, a)
	})
}

func TestConfigNamesTheMistake(t *testing.T) {
	tests := map[string]struct {
		change func(*Config)
		want   []string // none: valid
	}{
		"default with file":    {func(*Config) {}, nil},
		"no file":              {func(c *Config) { c.File = "" }, []string{"file must"}},
		"no bind":              {func(c *Config) { c.Bind = "" }, []string{"bind must"}},
		"bind with port":       {func(c *Config) { c.Bind = "127.0.0.1:4318" }, []string{"bind must", "127.0.0.1:4318"}},
		"bind with scheme":     {func(c *Config) { c.Bind = "http://localhost" }, []string{"bind must"}},
		"bind IPv6":            {func(c *Config) { c.Bind = "fe80::1" }, nil},
		"bind IPv6 with port":  {func(c *Config) { c.Bind = "[::1]:4318" }, []string{"bind must"}},
		"no reload":            {func(c *Config) { c.ReloadInterval = 0 }, nil},
		"reload too often":     {func(c *Config) { c.ReloadInterval = time.Millisecond }, []string{"reload_interval must"}},
		"reload too seldom":    {func(c *Config) { c.ReloadInterval = 25 * time.Hour }, []string{"reload_interval must"}},
		"all mistakes at once": {func(c *Config) { *c = Config{ReloadInterval: -1} }, []string{"file must", "bind must", "reload_interval must"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			cfg.File = "tenants.yaml"
			tt.change(cfg)
			err := cfg.Validate()
			if tt.want == nil {
				require.NoError(t, err)
			}
			for _, text := range tt.want {
				require.ErrorContains(t, err, text)
			}
		})
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	cfg := createDefaultConfig().(*Config)
	cfg.File = filepath.Join("testdata", "tenants.yaml")
	ext, err := newTenants(cfg, componenttest.NewNopTelemetrySettings())
	require.NoError(b, err)
	require.NoError(b, ext.Start(b.Context(), componenttest.NewNopHost()))
	defer func() { _ = ext.Shutdown(b.Context()) }()
	headers := map[string][]string{
		"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"gzip"}, "User-Agent": {"OTel-OTLP-Exporter-Java/1.50.0"},
		"Content-Length": {"4711"}, "Accept-Encoding": {"gzip"}, "X-Api-Key": {"mk_test_acme_shop"},
	}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = ext.Authenticate(b.Context(), headers)
	}
}
