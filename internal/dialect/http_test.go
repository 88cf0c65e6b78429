package dialect

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

func TestTemplate(t *testing.T) {
	tests := map[string]string{ //nolint:gosec // no credentials
		"":                          "",
		"/":                         "/",
		"/v2/items/88213":           "/v2/items/{id}",
		"/v2/items/88213/":          "/v2/items/{id}/",
		"/1.1/statuses/update.json": "/1.1/statuses/update.json",
		"/api/v1/oauth2/token":      "/api/v1/oauth2/token",
		"/u/6a8cb813-45f6-4652-ad33-778fd1eab196/cart": "/u/{id}/cart",
		"/o/5f3c0a0e6a58":                  "/o/{id}",
		"/o/a1b2c3":                        "/o/{id}",
		"/o/deadbeefdeadbeef":              "/o/{id}",
		"/face/cafe/added":                 "/face/cafe/added",
		"/orders/ORD-2024-000123":          "/orders/{id}",
		"/d/2024-05-01":                    "/d/{id}",
		"/mail/jo@shop.example/inbox":      "/mail/{id}/inbox",
		"/x;jsessionid=AB12/y":             "/x/y",
		"/items/{id}":                      "/items/{id}",
		"/t/dGhpcyBpcyBhIHRva2VuIDEyMw99x": "/t/{id}",
		"/iphone15/checkout_v2":            "/iphone15/checkout_v2",
		"/" + strings.Repeat("a", 65):      "/{id}",
		strings.Repeat("/a", 20):           strings.Repeat("/a", 12) + "/…",
	}
	for path, want := range tests {
		assert.Equal(t, want, Template(path), path)
		assert.Equal(t, want, Template(want), "a template is its own template")
	}
}

func TestRequests(t *testing.T) {
	tests := map[string]struct {
		attrs map[string]any
		name  string
		want  map[string]any
	}{
		"old names": {
			attrs: map[string]any{
				"http.method": "get", "http.url": "https://api.shop.example/v2/items/88213?x=1", "http.target": "/v2/items/88213?x=1",
				"net.peer.name": "api.shop.example", "net.peer.port": 443, "http.scheme": "https", "http.status_code": 200,
			},
			name: "GET /v2/items/{id}",
			want: map[string]any{
				"http.request.method": "GET", "url.full": "https://api.shop.example/v2/items/88213?x=1", "url.path": "/v2/items/88213", "url.query": "x=1",
				"server.address": "api.shop.example", "server.port": int64(443), "url.scheme": "https", "http.response.status_code": int64(200),
				"url.template": "/v2/items/{id}", "http.method": nil, "http.url": nil, "http.status_code": nil,
			},
		},
		"both names": {
			attrs: map[string]any{"http.request.method": "POST", "http.method": "POST", "url.full": "https://a.example/x", "http.url": "https://a.example/x"},
			name:  "POST /x",
			want:  map[string]any{"http.request.method": "POST", "http.method": nil, "url.full": "https://a.example/x", "server.address": "a.example"},
		},
		"transport failure as status 0": {
			attrs: map[string]any{"http.method": "GET", "http.url": "https://" + "user:pw@" + "A.example:8443/x", "http.status_code": 0},
			name:  "GET /x",
			want:  map[string]any{"http.response.status_code": nil, "error.type": errorOther, "server.address": "a.example"},
		},
		"numbers as text": {
			attrs: map[string]any{"emb.type": "perf.network_request", "http.request.method": "GET", "http.response.status_code": "503", "server.port": "x"},
			name:  "GET",
			want:  map[string]any{"http.response.status_code": int64(503), "server.port": nil},
		},
		"own template": {
			attrs: map[string]any{"http.request.method": "GET", "url.template": "/i/:id", "url.full": "https://a.example/i/5"},
			name:  "GET /i/:id",
			want:  map[string]any{"url.template": "/i/:id"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := newNormalizer(t).Traces(makeTraces(t, apple(), spn{name: "HTTP GET", kind: ptrace.SpanKindClient, length: time.Second, attrs: tt.attrs}), arrival(), WantAll)
			spans := spansOf(out)
			require.Len(t, spans, 1)
			assert.Equal(t, tt.name, spans[0].Name())
			assert.Equal(t, ptrace.SpanKindClient, spans[0].Kind())
			got := spans[0].Attributes().AsRaw()
			for key, want := range tt.want {
				assert.Equal(t, want, got[key], key)
			}
			if tt.want["error.type"] == errorOther {
				assert.Equal(t, ptrace.StatusCodeError, spans[0].Status().Code())
			}
			assert.False(t, present(spans[0].Attributes(), mobile.AttrOriginalName))
		})
	}
}
