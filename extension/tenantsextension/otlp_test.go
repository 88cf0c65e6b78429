package tenantsextension

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// hostWith is a host with one extension.
type hostWith struct {
	component.Host
	extensions map[component.ID]component.Component
}

func (h hostWith) GetExtensions() map[component.ID]component.Component { return h.extensions }

// otlp is a running OTLP receiver whose callers the extension authenticates.
type otlp struct {
	grpc, http string
	sink       *consumertest.LogsSink
	traces     *consumertest.TracesSink
	metrics    *consumertest.MetricsSink
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, l.Close()) }()
	return l.Addr().String()
}

func startOTLP(t *testing.T, ext component.Component) *otlp {
	t.Helper()
	o := &otlp{grpc: freeAddress(t), http: freeAddress(t), sink: new(consumertest.LogsSink), traces: new(consumertest.TracesSink), metrics: new(consumertest.MetricsSink)}
	factory := otlpreceiver.NewFactory()
	cfg := factory.CreateDefaultConfig()
	auth := map[string]any{"authenticator": "tenants"}
	require.NoError(t, confmap.NewFromStringMap(map[string]any{"protocols": map[string]any{
		"grpc": map[string]any{"endpoint": o.grpc, "auth": auth},
		"http": map[string]any{"endpoint": o.http, "auth": auth},
	}}).Unmarshal(cfg))
	set := receivertest.NewNopSettings(factory.Type())
	logs, err := factory.CreateLogs(t.Context(), set, cfg, o.sink)
	require.NoError(t, err)
	traces, err := factory.CreateTraces(t.Context(), set, cfg, o.traces)
	require.NoError(t, err)
	metrics, err := factory.CreateMetrics(t.Context(), set, cfg, o.metrics)
	require.NoError(t, err)
	host := hostWith{componenttest.NewNopHost(), map[component.ID]component.Component{component.MustNewID("tenants"): ext}}
	for _, r := range []component.Component{logs, traces, metrics} {
		require.NoError(t, r.Start(t.Context(), host))
		t.Cleanup(func() { assert.NoError(t, r.Shutdown(context.Background())) })
	}
	return o
}

// bodies are one small request of each signal, whose resource claims to be of
// another tenant.
func bodies(t *testing.T) map[string][]byte {
	t.Helper()
	ld, td, md := plog.NewLogs(), ptrace.NewTraces(), pmetric.NewMetrics()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("tenant.id", "globex")
	rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().SetEventName("app.crash")
	td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetName("app.start")
	md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(1)
	logs, err := plogotlp.NewExportRequestFromLogs(ld).MarshalProto()
	require.NoError(t, err)
	traces, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	require.NoError(t, err)
	metrics, err := pmetricotlp.NewExportRequestFromMetrics(md).MarshalProto()
	require.NoError(t, err)
	return map[string][]byte{"logs": logs, "traces": traces, "metrics": metrics}
}

// credentials is what requests present, and whether it is right.
func requestHeaders() map[string]struct {
	headers map[string]string
	ok      bool
} {
	return map[string]struct {
		headers map[string]string
		ok      bool
	}{
		"right key":               {map[string]string{"x-api-key": "mk_test_acme_shop"}, true},
		"wrong key":               {map[string]string{"x-api-key": "mk_test_acme_wrong"}, false},
		"no key":                  {nil, false},
		"token in place of a key": {map[string]string{"x-api-key": "mt_test_acme"}, false},
	}
}

func TestOTLPOverHTTP(t *testing.T) {
	o := startOTLP(t, start(t, nil).tenants)
	for signal, body := range bodies(t) {
		for name, tt := range requestHeaders() {
			t.Run(signal+" "+name, func(t *testing.T) {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+o.http+"/v1/"+signal, bytes.NewReader(body))
				require.NoError(t, err)
				req.Header.Set("Content-Type", "application/x-protobuf")
				for key, value := range tt.headers {
					req.Header.Set(key, value)
				}
				resp, err := http.DefaultClient.Do(req)
				require.NoError(t, err)
				text, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				if tt.ok {
					assert.Equal(t, http.StatusOK, resp.StatusCode, "%s", text)
					return
				}
				assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
				assert.NotContains(t, string(text), "_test_", "the answer repeats a credential")
			})
		}
	}
	http.DefaultClient.CloseIdleConnections()
	o.check(t)
}

func TestOTLPOverGRPC(t *testing.T) {
	o := startOTLP(t, start(t, nil).tenants)
	conn, err := grpc.NewClient(o.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	export := map[string]func(context.Context, []byte) error{
		"logs": func(ctx context.Context, body []byte) error {
			req := plogotlp.NewExportRequest()
			require.NoError(t, req.UnmarshalProto(body))
			_, err := plogotlp.NewGRPCClient(conn).Export(ctx, req)
			return err
		},
		"traces": func(ctx context.Context, body []byte) error {
			req := ptraceotlp.NewExportRequest()
			require.NoError(t, req.UnmarshalProto(body))
			_, err := ptraceotlp.NewGRPCClient(conn).Export(ctx, req)
			return err
		},
		"metrics": func(ctx context.Context, body []byte) error {
			req := pmetricotlp.NewExportRequest()
			require.NoError(t, req.UnmarshalProto(body))
			_, err := pmetricotlp.NewGRPCClient(conn).Export(ctx, req)
			return err
		},
	}
	for signal, body := range bodies(t) {
		for name, tt := range requestHeaders() {
			t.Run(signal+" "+name, func(t *testing.T) {
				err := export[signal](metadata.NewOutgoingContext(t.Context(), metadata.New(tt.headers)), body)
				if tt.ok {
					require.NoError(t, err)
					return
				}
				assert.Equal(t, codes.Unauthenticated, status.Code(err))
				assert.NotContains(t, status.Convert(err).Message(), "_test_", "the answer repeats a credential")
			})
		}
	}
	o.check(t)
}

// check says that the one right request of each signal arrived, and that the
// caller's identity is the key's and not the payload's.
func (o *otlp) check(t *testing.T) {
	t.Helper()
	assert.Equal(t, 1, o.sink.LogRecordCount())
	assert.Equal(t, 1, o.traces.SpanCount())
	assert.Equal(t, 1, o.metrics.DataPointCount())
	for _, contexts := range [][]context.Context{o.sink.Contexts(), o.traces.Contexts(), o.metrics.Contexts()} {
		require.Len(t, contexts, 1)
		data := client.FromContext(contexts[0]).Auth
		require.NotNil(t, data)
		assert.Equal(t, "acme", data.GetAttribute("tenant.id"))
		assert.Equal(t, "shop", data.GetAttribute("app.id"))
		assert.Equal(t, "app", data.GetAttribute("auth.kind"))
	}
}

func TestTheDemoAnswersOverOTLPOnThisMachine(t *testing.T) {
	o := startOTLP(t, start(t, func(c *Config) { c.File = demoFile }).tenants)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+o.http+"/v1/logs", bytes.NewReader(bodies(t)["logs"]))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("X-Api-Key", "mk_demo_globex_game")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	http.DefaultClient.CloseIdleConnections()
	assert.Equal(t, http.StatusOK, resp.StatusCode)
}
