package fleet

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// receiver is an OTLP/HTTP receiver that counts what it takes.
type receiver struct {
	mu      sync.Mutex
	records map[string]int // by key
	bodies  map[string]int
	// before may answer in its place.
	before func(w http.ResponseWriter, r *http.Request) bool
}

func newReceiver(t *testing.T) (*receiver, *httptest.Server) {
	t.Helper()
	r := &receiver{records: map[string]int{}, bodies: map[string]int{}}
	s := httptest.NewServer(r)
	t.Cleanup(func() {
		s.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return r, s
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.before != nil && r.before(w, req) {
		return
	}
	if req.Header.Get("Content-Type") != "application/x-protobuf" || req.Header.Get("Content-Encoding") != "gzip" {
		http.Error(w, "wrong headers", http.StatusBadRequest)
		return
	}
	zr, err := gzip.NewReader(req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(zr)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	n, answer := 0, []byte{}
	if req.URL.Path == "/v1/traces" {
		in := ptraceotlp.NewExportRequest()
		err = in.UnmarshalProto(body)
		n = in.Traces().SpanCount()
	} else {
		in := plogotlp.NewExportRequest()
		err = in.UnmarshalProto(body)
		n = in.Logs().LogRecordCount()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records[req.Header.Get("X-Api-Key")] += n
	r.bodies[string(body)]++
	_, _ = w.Write(answer)
}

func TestSendDeliversEverything(t *testing.T) {
	r, server := newReceiver(t)
	p := newPlan(t, Options{Seed: 1, Days: 2, Devices: 20})
	uploads := p.Uploads()
	want := map[string]int{}
	for _, u := range uploads {
		want[u.App().Key] += u.Records()
	}
	var seen []Progress
	s := &Sender{Endpoint: server.URL, Concurrency: 3, Progress: func(at Progress) { seen = append(seen, at) }}
	report, err := s.Send(t.Context(), uploads)
	require.NoError(t, err)
	assert.Zero(t, report.Failed)
	assert.Equal(t, len(uploads), report.Uploads)
	assert.Equal(t, want, r.records)
	assert.Len(t, seen, len(uploads))
	assert.Equal(t, report.Progress, seen[len(seen)-1])
	twice := 0
	for _, n := range r.bodies {
		if n > 1 {
			twice++
		}
	}
	assert.Positive(t, twice, "the same bytes again")
}

func TestSendWaitsWhenToldTo(t *testing.T) {
	for name, status := range map[string]int{"unavailable": http.StatusServiceUnavailable, "too many": http.StatusTooManyRequests} {
		t.Run(name, func(t *testing.T) {
			r, server := newReceiver(t)
			var first atomic.Bool
			var last atomic.Int64
			r.before = func(w http.ResponseWriter, _ *http.Request) bool {
				last.Store(time.Now().UnixNano())
				if first.CompareAndSwap(false, true) {
					w.Header().Set("Retry-After", "1")
					w.WriteHeader(status)
					return true
				}
				return false
			}
			p := newPlan(t, Options{Seed: 1, Days: 1, Devices: 1})
			begin := time.Now()
			report, err := (&Sender{Endpoint: server.URL, Concurrency: 1}).Send(t.Context(), p.Uploads())
			require.NoError(t, err)
			assert.Zero(t, report.Failed)
			assert.EqualValues(t, 1, report.Retries)
			assert.Equal(t, report.TotalUploads, report.Uploads)
			assert.GreaterOrEqual(t, last.Load()-begin.UnixNano(), int64(time.Second))
		})
	}
}

func TestSendReportsWhatIsRefused(t *testing.T) {
	tests := map[string]struct {
		answer func(w http.ResponseWriter)
		want   string
	}{
		"wrong key": {func(w http.ResponseWriter) { http.Error(w, "who is it", http.StatusUnauthorized) }, "who is it"},
		"in part": {func(w http.ResponseWriter) {
			logs := plogotlp.NewExportResponse()
			logs.PartialSuccess().SetRejectedLogRecords(2)
			logs.PartialSuccess().SetErrorMessage("too old")
			body, _ := logs.MarshalProto()
			_, _ = w.Write(body)
		}, "2 records: too old"},
		"no patience": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }, "given up after"},
		"nonsense":    {func(w http.ResponseWriter) { _, _ = w.Write([]byte{0xff}) }, "acknowledgement"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, server := newReceiver(t)
			r.before = func(w http.ResponseWriter, _ *http.Request) bool {
				tt.answer(w)
				return true
			}
			p := newPlan(t, Options{Seed: 1, Days: 1, Devices: 1})
			uploads := p.Uploads()
			report, err := (&Sender{Endpoint: server.URL, Patience: 150 * time.Millisecond}).Send(t.Context(), uploads)
			require.NoError(t, err)
			assert.Equal(t, len(uploads), report.Failed)
			require.NotEmpty(t, report.Refused)
			assert.Contains(t, report.Refused[0].String(), tt.want)
		})
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	r, server := newReceiver(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.before = func(w http.ResponseWriter, _ *http.Request) bool {
		cancel()
		w.Header().Set("Retry-After", "3000")
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	report, err := (&Sender{Endpoint: server.URL, Patience: time.Hour}).Send(ctx, newPlan(t, Options{Seed: 1, Days: 1, Devices: 3}).Uploads())
	require.ErrorIs(t, err, context.Canceled)
	assert.Less(t, report.Uploads, report.TotalUploads)
}

func TestSendKeepsToItsRate(t *testing.T) {
	_, server := newReceiver(t)
	uploads := newPlan(t, Options{Seed: 1, Days: 1, Devices: 3}).Uploads()
	begin := time.Now()
	report, err := (&Sender{Endpoint: server.URL, Rate: 1000}).Send(t.Context(), uploads)
	require.NoError(t, err)
	least := time.Duration(report.Records)*time.Millisecond - 200*time.Millisecond
	assert.GreaterOrEqual(t, time.Since(begin), least)
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "1", "-5", "120", "99999999999", "Fri, 21 Aug 2026 10:00:00 GMT", "soon"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		d := retryAfter(header)
		if d != -1 && (d < time.Millisecond || d > time.Hour) {
			t.Errorf("retryAfter(%q) = %v: neither unknown nor between a millisecond and an hour", header, d)
		}
	})
}

func BenchmarkSend(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer server.Close()
	uploads := newPlan(b, Options{Seed: 1, Days: 2, Devices: 100}).Uploads()
	records := 0
	for b.Loop() {
		report, err := (&Sender{Endpoint: server.URL}).Send(b.Context(), uploads)
		require.NoError(b, err)
		records += report.Records
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
	http.DefaultClient.CloseIdleConnections()
}
