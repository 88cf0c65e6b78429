package testbed

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// phone is an app that uses the OpenTelemetry SDK.
type phone struct {
	logs   *sdklog.LoggerProvider
	traces *sdktrace.TracerProvider
}

func newPhone(t *testing.T, c *Collector, exporter sdklog.Exporter) *phone {
	t.Helper()
	spans, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpoint(c.Host+":4318"), otlptracehttp.WithInsecure(),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression), otlptracehttp.WithHeaders(map[string]string{"x-api-key": Shop}))
	require.NoError(t, err)
	res := resource.NewSchemaless(attribute.String("service.name", "sdk-shop"), attribute.String("service.version", "9.9.9"),
		attribute.String("app.installation.id", "sdk-phone"), attribute.String("os.name", "Android"), attribute.String("os.version", "15"))
	p := &phone{
		logs:   sdklog.NewLoggerProvider(sdklog.WithResource(res), sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter))),
		traces: sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithBatcher(spans)),
	}
	t.Cleanup(func() {
		ctx := context.Background()
		assert.NoError(t, errors.Join(p.logs.Shutdown(ctx), p.traces.Shutdown(ctx)))
	})
	return p
}

// use is a session: a slow cold start, a failed request and a crash.
func (p *phone) use(t *testing.T, session string) {
	t.Helper()
	begin := time.Now().Add(-time.Minute)
	tracer := p.traces.Tracer("io.opentelemetry.lifecycle")
	_, start := tracer.Start(t.Context(), "AppStart", trace.WithTimestamp(begin),
		trace.WithAttributes(attribute.String("session.id", session), attribute.String("start.type", "cold")))
	start.End(trace.WithTimestamp(begin.Add(3200 * time.Millisecond)))
	_, call := tracer.Start(t.Context(), "GET", trace.WithTimestamp(begin.Add(5*time.Second)), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("session.id", session), attribute.String("http.request.method", "GET"),
			attribute.String("url.full", "https://api.example/v1/items/12"), attribute.Int("http.response.status_code", 503)))
	call.SetStatus(codes.Error, "503")
	call.End(trace.WithTimestamp(begin.Add(5200 * time.Millisecond)))
	var crash log.Record
	crash.SetEventName("app.crash")
	crash.SetTimestamp(begin.Add(40 * time.Second))
	crash.AddAttributes(log.String("session.id", session), log.String("exception.type", "java.lang.IllegalStateException"),
		log.String("exception.message", "cart is gone"), log.String("exception.stacktrace",
			"java.lang.IllegalStateException: cart is gone\n\tat com.example.Cart.pay(Cart.kt:12)\n\tat com.example.Checkout.onClick(Checkout.kt:40)\n"))
	p.logs.Logger("app").Emit(t.Context(), crash)
	require.NoError(t, p.logs.ForceFlush(t.Context()))
	require.NoError(t, p.traces.ForceFlush(t.Context()))
}

func TestTheOpenTelemetrySDKIsAClient(t *testing.T) {
	c := Start(t)
	overHTTP, err := otlploghttp.New(t.Context(), otlploghttp.WithEndpoint(c.Host+":4318"), otlploghttp.WithInsecure(),
		otlploghttp.WithCompression(otlploghttp.GzipCompression), otlploghttp.WithHeaders(map[string]string{"x-api-key": Shop}))
	require.NoError(t, err)
	overGRPC, err := otlploggrpc.New(t.Context(), otlploggrpc.WithEndpoint(c.Host+":4317"), otlploggrpc.WithInsecure(),
		otlploggrpc.WithHeaders(map[string]string{"x-api-key": Shop}))
	require.NoError(t, err)
	for session, exporter := range map[string]sdklog.Exporter{"over-http": overHTTP, "over-grpc": overGRPC} {
		newPhone(t, c, exporter).use(t, session)
		Eventually(t, settle, func() error {
			status, answer := c.Ask(t, Acme, "/apps/shop/sessions/"+session)
			if status != http.StatusOK || answer["events"] != 3.0 {
				return fmt.Errorf("session %s has %v events (status %d)", session, answer["events"], status)
			}
			assert.Equal(t, true, answer["crashed"])
			assert.Equal(t, "9.9.9", answer["release"])
			// cold start 3.2 s (u .487), the only request failed (u 0), crash
			assert.EqualValues(t, 11, answer["score"])
			return nil
		})
	}
	_, answer := c.Ask(t, Acme, "/apps/shop/issues?sort=events")
	items := answer["items"].([]any)
	require.Len(t, items, 1, "both sessions met the same bug")
	assert.Contains(t, items[0].(map[string]any)["title"], "IllegalStateException")
}

func TestTheDemoEqualsItsTruth(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), Binary(t, "mobilectl"), "demo", "--exit", "--devices", "60", "--days", "2", "--seed", "7") //nolint:gosec // the binary under test
	cmd.Dir, _ = filepath.Abs(Root)
	cmd.Env = append(cmd.Environ(), "MOBILE_BIND="+NewHost(), "MOBILE_DATA="+t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "The answers equal the truth")
}
