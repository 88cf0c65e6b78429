package testbed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	// uploadSpans is how many events an upload of the load has.
	uploadSpans = 30
	// senders is how many connections send at once.
	senders = 8
	// ticks is how many of the kernel's clock ticks make a second (USER_HZ).
	ticks = 100
)

// session returns the uploads of one session: a start, screens and requests.
func loadUpload(session, part int, begin time.Time) []byte {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	for k, v := range map[string]string{
		"service.name": "Example Shop", "service.version": "4.12.0", "app.installation.id": fmt.Sprint("phone-", session/3), "os.name": "Android", "os.type": "linux",
		"os.version": "16", "device.model.identifier": "Pixel 8", "device.model.name": "Pixel 8", "device.manufacturer": "Google", "android.os.api_level": "36",
		"telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": "java", "telemetry.sdk.version": "1.6.0",
	} {
		rs.Resource().Attributes().PutStr(k, v)
	}
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName("io.opentelemetry.okhttp-3.0")
	for i := range uploadSpans {
		sp := ss.Spans().AppendEmpty()
		at := begin.Add(time.Duration(part*uploadSpans+i) * 700 * time.Millisecond)
		sp.SetTraceID(pcommon.TraceID{byte(session), byte(session >> 8), byte(session >> 16), byte(part), byte(i)})
		sp.SetSpanID(pcommon.SpanID{byte(i), byte(part), 1})
		sp.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
		sp.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Duration(80+(session*31+i*17)%900) * time.Millisecond)))
		sp.SetKind(ptrace.SpanKindClient)
		sp.SetName("GET")
		m := sp.Attributes()
		for k, v := range map[string]string{
			"session.id": fmt.Sprintf("load-%08d", session), "app.screen.name": "CatalogFragment", "http.request.method": "GET", "server.address": "api.shop.example",
			"url.full": fmt.Sprintf("https://api.shop.example/v2/items/%d", session*100+i), "network.connection.type": "wifi", "network.protocol.version": "2",
		} {
			m.PutStr(k, v)
		}
		m.PutInt("http.response.status_code", 200)
		m.PutInt("server.port", 443)
	}
	body, err := new(ptrace.ProtoMarshaler).MarshalTraces(td)
	if err != nil {
		return nil
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

// usage returns the CPU time that a process has used and its resident memory.
func usage(b *testing.B, pid int) (cpu time.Duration, rss int64) {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(b, err)
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:]))
	var n int64
	for _, i := range []int{11, 12} { // utime, stime
		v, bad := strconv.ParseInt(fields[i], 10, 64)
		require.NoError(b, bad)
		n += v
	}
	pages, err := strconv.ParseInt(fields[21], 10, 64)
	require.NoError(b, err)
	return time.Duration(n) * time.Second / ticks, pages * int64(os.Getpagesize())
}

// sendLoad sends b.N uploads and reports what they cost the collector.
func sendLoad(b *testing.B, c *Collector) {
	b.Helper()
	begin := time.Now().Add(-20 * time.Minute)
	before, _ := usage(b, c.PID())
	var next, failed, events atomic.Int64
	var peak atomic.Int64
	b.ResetTimer()
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= b.N {
					return
				}
				status, _, err := c.Post(context.Background(), "traces", Shop, protobuf, loadUpload(n/4, n%4, begin), "Content-Encoding", "gzip")
				if err != nil || status != http.StatusOK {
					failed.Add(1)
					continue
				}
				events.Add(uploadSpans)
				if n%500 == 0 {
					_, rss := usage(b, c.PID())
					peak.Store(max(peak.Load(), rss))
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	after, rss := usage(b, c.PID())
	require.Zero(b, failed.Load(), c.Log())
	b.ReportMetric(float64(events.Load())/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64((after-before).Microseconds())/float64(events.Load()), "cpu-µs/event")
	b.ReportMetric(float64(max(peak.Load(), rss))/(1<<20), "MiB-rss")
}

// BenchmarkStandalone is the whole path: OTLP/HTTP with gzip in, facts in
// SQLite, scores and sums derived beside it.
func BenchmarkStandalone(b *testing.B) {
	c := &Collector{Host: NewHost(), Dir: b.TempDir()}
	c.Run(b)
	defer c.Stop(b)
	sendLoad(b, c)
}

// BenchmarkNop is the same binary with nothing behind the receiver.
func BenchmarkNop(b *testing.B) {
	c := &Collector{Host: NewHost(), Dir: b.TempDir()}
	config := filepath.Join(c.Dir, "nop.yaml")
	require.NoError(b, os.WriteFile(config, []byte(`
extensions: {health_check: {endpoint: "${env:MOBILE_BIND}:13133"}}
receivers: {otlp: {protocols: {http: {endpoint: "${env:MOBILE_BIND}:4318"}}}}
exporters: {nop: }
service:
  extensions: [health_check]
  pipelines: {traces: {receivers: [otlp], exporters: [nop]}}
  telemetry: {metrics: {level: none}}
`), 0o600))
	c.Config = config
	c.Run(b)
	defer c.Stop(b)
	sendLoad(b, c)
}

// BenchmarkAPI asks every question of the demo's truth over the demo's data and
// reports the 95th percentile of the answers' time.
func BenchmarkAPI(b *testing.B) {
	c := &Collector{Host: NewHost(), Dir: b.TempDir()}
	c.Run(b)
	defer c.Stop(b)
	file := filepath.Join(c.Dir, "truth.json")
	cmd := exec.CommandContext(b.Context(), Binary(b, "mobilectl"), "fleet", "--endpoint", "http://"+c.Host+":4318", //nolint:gosec // the binary under test
		"--devices", "300", "--days", "7", "--seed", "1", "--truth", file)
	out, err := cmd.CombinedOutput()
	require.NoError(b, err, string(out))
	sent := time.Now()
	Eventually(b, time.Minute, func() error {
		_, answer := c.Ask(b, Acme, "/apps")
		until, bad := time.Parse(time.RFC3339, fmt.Sprint(answer["derived_until"]))
		if bad == nil && until.Before(sent) {
			bad = fmt.Errorf("derived until %v, sent until %v", until, sent)
		}
		return bad
	})
	var truth struct {
		Tenants map[string]struct {
			Token string
			Paths map[string]any
		}
	}
	text, err := os.ReadFile(file)
	require.NoError(b, err)
	require.NoError(b, json.Unmarshal(text, &truth))
	var took []time.Duration
	for b.Loop() {
		for _, t := range truth.Tenants {
			for path := range t.Paths {
				begin := time.Now()
				status, _ := c.Ask(b, t.Token, strings.TrimPrefix(path, "/api/v1"))
				took = append(took, time.Since(begin))
				require.Equal(b, http.StatusOK, status, path)
			}
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
}
