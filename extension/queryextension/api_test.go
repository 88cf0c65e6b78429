package queryextension

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configauth"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-mobile/otelcol-mobile/extension/queryextension/internal/metadata"
	"github.com/otelcol-mobile/otelcol-mobile/internal/canonical"
	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/query"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store/sqlite"
)

// tokens is an authenticator: the token's text says what it is.
type tokens struct {
	component.StartFunc
	component.ShutdownFunc
}

// identity is what an authenticator found out.
type identity map[string]any

func (i identity) GetAttribute(name string) any { return i[name] }

func (i identity) GetAttributeNames() []string { return nil }

func (tokens) Authenticate(ctx context.Context, h map[string][]string) (context.Context, error) {
	who := map[string]identity{
		"Bearer api": {"auth.kind": "api", "tenant.id": "acme", "tenant.apps": []string{"shop"}},
		"Bearer app": {"auth.kind": "app", "tenant.id": "acme", "app.id": "shop"},
		"Bearer odd": {"auth.kind": "api"},
	}[strings.Join(h["Authorization"], "")]
	if who == nil {
		return ctx, errors.New("no")
	}
	info := client.FromContext(ctx)
	info.Auth = who
	return client.NewContext(ctx, info), nil
}

// failing is a store that cannot answer.
type failing struct {
	store.Store
	err error
}

func (f failing) Cursor(context.Context, string, int16) (store.Cursor, error) {
	return store.Cursor{}, f.err
}

func open(t *testing.T) store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Settings{Path: filepath.Join(t.TempDir(), "mobile.db"), Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func newAPI(t *testing.T, s store.Store) *api {
	t.Helper()
	d, err := newDecoder()
	require.NoError(t, err)
	return &api{engine: query.NewEngine(s, d, 0), store: s, auth: tokens{}, logger: componenttest.NewNopTelemetrySettings().Logger}
}

func ask(t *testing.T, a *api, method, token, path string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, path, http.NoBody)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	a.handler().ServeHTTP(w, r)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer), w.Body.String())
	return w, answer
}

func TestOnlyAPITokensMayAsk(t *testing.T) {
	a := newAPI(t, open(t))
	for token, want := range map[string]int{"": 401, "wrong": 401, "app": 401, "odd": 401, "api": 200} {
		w, _ := ask(t, a, http.MethodGet, token, "/api/v1/apps")
		assert.Equal(t, want, w.Code, "token %q", token)
		if want == http.StatusUnauthorized {
			assert.NotEmpty(t, w.Header().Get("WWW-Authenticate"))
		}
	}
}

func TestErrorsAreProblemDocuments(t *testing.T) {
	a := newAPI(t, open(t))
	for name, tt := range map[string]struct {
		method, path string
		status       int
		param        string
	}{
		"unknown parameter":   {"GET", "/api/v1/apps?tenant=globex", 400, "tenant"},
		"no query":            {"GET", "/api/v1/apps/shop/issues?limit=10;cursor=abc", 400, "query"},
		"searching":           {"GET", "/api/v1/apps/shop/issues?q=x", 400, "q"},
		"twice":               {"GET", "/api/v1/apps/shop/summary?from=2026-01-01T00:00:00Z&from=x", 400, "from"},
		"no time":             {"GET", "/api/v1/apps/shop/summary?to=tomorrow", 400, "to"},
		"limit too high":      {"GET", "/api/v1/apps/shop/sessions?limit=501", 400, "limit"},
		"no dimension":        {"GET", "/api/v1/apps/shop/series?metric=users&by=os", 400, "by"},
		"no step":             {"GET", "/api/v1/apps/shop/series?metric=users&step=x", 400, "step"},
		"changing an issue":   {"PATCH", "/api/v1/apps/shop/issues/1", 400, "PATCH"},
		"unknown app":         {"GET", "/api/v1/apps/game/summary", 404, ""},
		"unknown issue":       {"GET", "/api/v1/apps/shop/issues/1", 404, ""},
		"unknown session":     {"GET", "/api/v1/apps/shop/sessions/1", 404, ""},
		"path with traversal": {"GET", "/api/v1/apps/..%2f..%2fetc/summary", 404, ""},
		"nothing there":       {"GET", "/favicon.ico", 404, ""},
		"not a question":      {"DELETE", "/api/v1/apps", 405, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, answer := ask(t, a, tt.method, "api", tt.path)
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			assert.NotEmpty(t, answer["detail"])
			if tt.param != "" {
				assert.Equal(t, tt.param, answer["param"])
			}
		})
	}
}

func TestTroubleOfTheStoreIsToldApart(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		status int
	}{
		"may pass":    {store.ErrUnavailable, http.StatusServiceUnavailable},
		"will not":    {errors.New("secret detail"), http.StatusInternalServerError},
		"takes long":  {context.DeadlineExceeded, http.StatusServiceUnavailable},
		"wrong range": {&query.ParamError{Param: "from", Reason: "x"}, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			w, answer := ask(t, newAPI(t, failing{open(t), tt.err}), http.MethodGet, "api", "/api/v1/apps")
			assert.Equal(t, tt.status, w.Code)
			assert.NotContains(t, answer["detail"], "secret")
			assert.Equal(t, tt.status == http.StatusServiceUnavailable, w.Header().Get("Retry-After") != "")
		})
	}
}

// The description must name each path with just the parameters that it takes.
func TestTheDescriptionIsTrue(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []map[string]string `json:"parameters"`
		} `json:"paths"`
		Components struct {
			Parameters map[string]struct{ In string } `json:"parameters"`
			Schemas    map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	a := newAPI(t, open(t))
	require.NoError(t, json.Unmarshal(openAPI, &doc))
	assert.Len(t, doc.Paths, len(a.routes()))
	for path, r := range a.routes() {
		var described []string
		for _, p := range doc.Paths[path]["get"].Parameters {
			name := strings.TrimPrefix(p["$ref"], "#/components/parameters/")
			if doc.Components.Parameters[name].In == "query" {
				described = append(described, name)
			}
		}
		taken := slices.DeleteFunc(slices.Clone(r.params), func(p string) bool { return p == "q" })
		assert.ElementsMatch(t, taken, described, path)
	}
	for path, name := range map[string]string{"/apps": "Apps", "/apps/shop/summary": "Summary", "/apps/shop/issues": "Issues", "/apps/shop/sessions": "Sessions", "/apps/shop/series?metric=users": "Series"} {
		_, answer := ask(t, a, http.MethodGet, "api", "/api/v1"+path)
		for field := range answer {
			assert.Contains(t, doc.Components.Schemas[name].Properties, field, path)
		}
	}
	w, _ := ask(t, a, http.MethodGet, "", "/api/v1/openapi.json")
	assert.Equal(t, http.StatusOK, w.Code, "the description is for everybody")
	refs := regexp.MustCompile(`#/components/schemas/(\w+)`).FindAllStringSubmatch(string(openAPI), -1)
	require.NotEmpty(t, refs)
	for _, ref := range refs {
		assert.Contains(t, doc.Components.Schemas, ref[1])
	}
}

// upload returns the facts of one session of the app, with attributes that
// JSON cannot write.
func upload(t *testing.T) *store.Facts {
	t.Helper()
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	for k, v := range map[string]string{mobile.AttrTenantID: "acme", mobile.AttrAppID: "shop", mobile.AttrInstallationID: "p"} {
		rl.Resource().Attributes().PutStr(k, v)
	}
	lr := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	lr.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	lr.SetEventName("<script>")
	lr.Attributes().PutStr(mobile.AttrSessionID, "s")
	lr.Attributes().PutDouble("nan", math.NaN())
	lr.Attributes().PutEmptyMap("deep").PutEmptySlice("list").AppendEmpty().SetDouble(math.Inf(1))
	m, err := canonical.NewMaker(0)
	require.NoError(t, err)
	f, _ := m.Logs(ld)
	return f
}

func TestTimelinesSurviveWhatPhonesSend(t *testing.T) {
	d, err := newDecoder()
	require.NoError(t, err)
	events, err := d.Events(upload(t).Chunks[0])
	require.NoError(t, err)
	require.Len(t, events, 1)
	b, err := json.Marshal(events)
	require.NoError(t, err)
	assert.Contains(t, string(b), `"NaN"`)
	assert.Contains(t, string(b), `"+Inf"`)
	_, err = d.Events(store.Chunk{Signal: 'l', Payload: []byte("broken")})
	require.Error(t, err)
}

// host runs a store and an authenticator.
type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

type provider struct {
	component.StartFunc
	component.ShutdownFunc
	store store.Store
}

func (p provider) Store() (store.Store, error) { return p.store, nil }

var (
	storeID = component.MustNewID("some_store")
	authID  = component.MustNewID("some_auth")

	_ extensionauth.Server = tokens{}
)

func config() *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Store = storeID
	cfg.HTTP.NetAddr.Endpoint = "127.0.0.1:0"
	cfg.HTTP.Auth = configoptional.Some(confighttp.AuthConfig{Config: configauth.Config{AuthenticatorID: authID}})
	return cfg
}

func TestLifecycle(t *testing.T) {
	h := host{storeID: provider{store: open(t)}, authID: tokens{}}
	e, err := NewFactory().Create(t.Context(), extensiontest.NewNopSettings(metadata.Type), config())
	require.NoError(t, err)
	assert.Equal(t, []component.ID{storeID, authID}, e.(*queryServer).Dependencies(), "they start first")
	require.NoError(t, e.Shutdown(t.Context()), "without Start")
	require.NoError(t, e.Start(t.Context(), h))
	for range 2 {
		require.NoError(t, e.Shutdown(t.Context()))
	}
	for _, missing := range []component.ID{storeID, authID} {
		partial := host{storeID: h[storeID], authID: h[authID]}
		delete(partial, missing)
		e, err := NewFactory().Create(t.Context(), extensiontest.NewNopSettings(metadata.Type), config())
		require.NoError(t, err)
		require.ErrorContains(t, e.Start(t.Context(), partial), missing.String())
	}
}

func TestValidateNamesEveryMistake(t *testing.T) {
	require.NoError(t, config().Validate())
	err := (&Config{Generation: -1}).Validate()
	for _, key := range []string{"store must", "auth::authenticator must", "endpoint must", "generation must"} {
		require.ErrorContains(t, err, key)
	}
}
