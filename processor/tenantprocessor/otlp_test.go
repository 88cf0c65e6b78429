package tenantprocessor

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/otelcol-mobile/otelcol-mobile/extension/tenantsextension"
)

const registry = `
tenants:
  - id: acme
    apps: [{id: shop, keys: [mk_test_acme_shop]}]
    tokens: [mt_test_acme]
`

// hostWith is a host with extensions.
type hostWith struct {
	component.Host
	extensions map[component.ID]component.Component
}

func (h hostWith) GetExtensions() map[component.ID]component.Component { return h.extensions }

// startOTLP starts receiver and authenticator before the processor and returns
// the receiver's address. Without authenticator everybody may call.
func startOTLP(t *testing.T, h *harness, authenticate bool) string {
	t.Helper()
	host := hostWith{componenttest.NewNopHost(), map[component.ID]component.Component{}}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := map[string]any{"endpoint": l.Addr().String()}
	require.NoError(t, l.Close())
	if authenticate {
		server["auth"] = map[string]any{"authenticator": "tenants"}
		host.extensions[component.MustNewID("tenants")] = startTenants(t)
	}
	factory := otlpreceiver.NewFactory()
	cfg := factory.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(map[string]any{"protocols": map[string]any{"http": server}}).Unmarshal(cfg))
	rcv, err := factory.CreateLogs(t.Context(), receivertest.NewNopSettings(factory.Type()), cfg, h.logs)
	require.NoError(t, err)
	require.NoError(t, rcv.Start(t.Context(), host))
	t.Cleanup(func() { assert.NoError(t, rcv.Shutdown(context.Background())) })
	return "http://" + server["endpoint"].(string) + "/v1/logs"
}

// startTenants starts the authenticator.
func startTenants(t *testing.T) component.Component {
	t.Helper()
	factory := tenantsextension.NewFactory()
	cfg := factory.CreateDefaultConfig().(*tenantsextension.Config)
	cfg.File = filepath.Join(t.TempDir(), "tenants.yaml")
	require.NoError(t, os.WriteFile(cfg.File, []byte(registry), 0o600))
	ext, err := factory.Create(t.Context(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { assert.NoError(t, ext.Shutdown(context.Background())) })
	return ext
}

func TestBehindAnOTLPReceiver(t *testing.T) {
	tests := map[string]struct {
		authenticate bool
		header       [2]string
		want         int
	}{
		"right key":        {true, [2]string{"X-Api-Key", "mk_test_acme_shop"}, http.StatusOK},
		"wrong key":        {true, [2]string{"X-Api-Key", "mk_test_acme_none"}, http.StatusUnauthorized},
		"API token":        {true, [2]string{"Authorization", "Bearer mt_test_acme"}, http.StatusUnauthorized},
		"no authenticator": {false, [2]string{"X-Api-Key", "mk_test_acme_shop"}, http.StatusUnauthorized},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, nil)
			url := startOTLP(t, h, tt.authenticate)
			body, err := plogotlp.NewExportRequestFromLogs(logsOf(t, forged())).MarshalProto()
			require.NoError(t, err)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
			require.NoError(t, err)
			req.Header.Set("Content-Type", "application/x-protobuf")
			req.Header.Set(tt.header[0], tt.header[1])
			resp, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			http.DefaultClient.CloseIdleConnections()
			assert.Equal(t, tt.want, resp.StatusCode, "%s", text)
			if tt.want != http.StatusOK {
				assert.Empty(t, h.gotLogs.AllLogs())
				return
			}
			require.Len(t, h.gotLogs.AllLogs(), 1)
			res := h.gotLogs.AllLogs()[0].ResourceLogs().At(0).Resource().Attributes()
			assert.Equal(t, stamped(honest(), "acme", "shop"), res.AsRaw())
		})
	}
}
