package dialect

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// androidBatch is what opentelemetry-android sends in one request: 40 records,
// one of them a crash with a stack of 40 frames.
func androidBatch(b *testing.B) plog.Logs {
	b.Helper()
	common := func(more map[string]any) map[string]any {
		attrs := map[string]any{
			"session.id": "9f6bb2c7d1e04f5a8b3c6d7e8f901234", "app.screen.name": "CatalogFragment", "network.connection.type": "cell",
			"network.connection.subtype": "LTE", "network.carrier.name": "Example Mobile", "network.carrier.mcc": "310",
			"network.carrier.mnc": "260", "network.carrier.icc": "us",
		}
		maps.Copy(attrs, more)
		return attrs
	}
	var recs []rec
	for i := range 39 {
		at := arrival().Add(-time.Duration(i) * time.Second)
		switch i % 3 {
		case 0:
			recs = append(recs, rec{scope: "app.jank", event: mobile.EventJank, at: at, attrs: common(map[string]any{
				mobile.AttrJankFrames: 7, mobile.AttrJankPeriod: 1.0, mobile.AttrJankLimit: 0.016,
			})})
		case 1:
			recs = append(recs, rec{scope: "io.opentelemetry.android.instrumentation.view.click", event: mobile.EventWidgetClick, at: at, attrs: common(map[string]any{
				"app.widget.id": "2131362", "app.widget.name": "pay", "app.screen.coordinate.x": 12, "app.screen.coordinate.y": 900,
			})})
		default:
			recs = append(recs, rec{scope: "io.opentelemetry.network", event: mobile.EventNetworkChange, at: at, attrs: common(map[string]any{"network.status": "available"})})
		}
	}
	var stack strings.Builder
	stack.WriteString("java.lang.IllegalStateException: Cart total mismatch\n")
	for i := range 40 {
		fmt.Fprintf(&stack, "\tat com.example.shop.checkout.Cart.step%d(Cart.kt:%d)\n", i, i)
	}
	recs = append(recs, rec{scope: "io.opentelemetry.crash", event: mobile.EventCrash, attrs: common(map[string]any{
		"exception.type": "java.lang.IllegalStateException", "exception.message": "Cart total mismatch", "exception.stacktrace": stack.String(),
	})})
	return makeLogs(b, android("android.os.api_level", "36", "device.manufacturer", "Google", "device.model.name", "Pixel 8",
		"device.model.identifier", "Pixel 8", "telemetry.sdk.name", "opentelemetry"), recs...)
}

// BenchmarkLogs normalises one batch of opentelemetry-android.
func BenchmarkLogs(b *testing.B) {
	n := newNormalizer(b)
	batch := androidBatch(b)
	records := batch.LogRecordCount()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		ld := plog.NewLogs()
		batch.CopyTo(ld) // it is taken apart
		b.StartTimer()
		n.Logs(ld, arrival())
	}
	perRecord(b, records)
}

// BenchmarkTraces normalises a batch of requests and screens.
func BenchmarkTraces(b *testing.B) {
	var spans []spn
	for i := range 40 {
		if i%4 == 0 {
			spans = append(spans, spn{name: "Created", length: time.Second, attrs: map[string]any{"activity.name": "Main", "app.screen.name": "Main", "session.id": "s"}})
			continue
		}
		spans = append(spans, spn{name: "GET", kind: ptrace.SpanKindClient, length: time.Second, attrs: map[string]any{
			"http.request.method": "GET", "http.response.status_code": 200, "url.full": "https://api.shop.example/v2/items/88213?page=1",
			"server.address": "api.shop.example", "server.port": 443, "session.id": "s", "app.screen.name": "Main", "network.connection.type": "wifi",
		}})
	}
	n := newNormalizer(b)
	batch := makeTraces(b, android(), spans...)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		td := ptrace.NewTraces()
		batch.CopyTo(td)
		b.StartTimer()
		n.Traces(td, arrival(), WantSpans)
	}
	perRecord(b, len(spans))
}

func perRecord(b *testing.B, records int) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(records), "ns/record")
	b.ReportMetric(float64(records), "records")
}

// BenchmarkHugeStack normalises a crash whose stack has 5 MB.
func BenchmarkHugeStack(b *testing.B) {
	n := newNormalizer(b)
	stack := "java.lang.StackOverflowError\n" + strings.Repeat("\tat com.example.Shop.pay(Shop.kt:1)\n", 150_000)
	batch := makeLogs(b, android(), rec{event: mobile.EventCrash, attrs: map[string]any{"exception.stacktrace": stack}})
	b.SetBytes(int64(len(stack)))
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		ld := plog.NewLogs()
		batch.CopyTo(ld)
		b.StartTimer()
		n.Logs(ld, arrival())
	}
}
