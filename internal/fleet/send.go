package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// Sender sends uploads over OTLP/HTTP: protocol buffers with gzip, the app's
// key in x-api-key. It obeys 429 and 503 with Retry-After.
type Sender struct {
	// Endpoint is the base URL, such as http://127.0.0.1:4318.
	Endpoint string
	// Client sends; nil is http.DefaultClient.
	Client *http.Client
	// Concurrency is how many uploads are under way at once; below 1 is 8.
	Concurrency int
	// Rate bounds the records sent in a second; 0 is no bound.
	Rate int
	// Patience is how long one upload is tried again; 0 is two minutes.
	Patience time.Duration
	// Progress, if set, is called after each upload, never twice at once.
	Progress func(Progress)
}

// Progress says how far sending has come.
type Progress struct {
	// Uploads and Records were sent and acknowledged or refused, of the
	// totals.
	Uploads, TotalUploads int
	Records, TotalRecords int
	// Bytes were sent in acknowledged bodies, compressed. Retries counts what
	// was sent again because the answer asked for it.
	Bytes, Retries int64
}

// Refusal is an upload that was not taken.
type Refusal struct {
	App, Path string
	Device    int
	Records   int
	// Reason is what the answer said.
	Reason error
}

// String describes the refusal for people.
func (r Refusal) String() string {
	return fmt.Sprintf("%s, device %d: %s with %d records: %v", r.App, r.Device, r.Path, r.Records, r.Reason)
}

// Report is what became of all uploads.
type Report struct {
	Progress
	// Refused lists the first 100 refusals; Failed counts all.
	Refused []Refusal
	Failed  int
}

const maxRefusals = 100

// ErrRefused wraps the reasons of uploads that were not taken.
var ErrRefused = errors.New("refused")

// Send sends the uploads in order, several at once, and returns when each is
// acknowledged, refused or given up. The error is ctx's; refusals are in the
// report.
func (s *Sender) Send(ctx context.Context, uploads []Upload) (Report, error) {
	run := &sending{sender: s, gate: newPacer(s.Rate)}
	run.report.TotalUploads = len(uploads)
	for i := range uploads {
		run.report.TotalRecords += uploads[i].Records()
	}
	queue := make(chan *Upload)
	var workers sync.WaitGroup
	n := s.Concurrency
	if n < 1 {
		n = 8
	}
	for range n {
		workers.Go(func() {
			for u := range queue {
				run.one(ctx, u)
			}
		})
	}
	for i := range uploads {
		if run.gate.wait(ctx, uploads[i].Records()) != nil {
			break
		}
		select {
		case queue <- &uploads[i]:
		case <-ctx.Done():
		}
	}
	close(queue)
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return run.report, fmt.Errorf("send uploads: %w", err)
	}
	return run.report, nil
}

// sending is one call of Send.
type sending struct {
	sender *Sender
	gate   *pacer

	mu     sync.Mutex
	report Report
}

// one sends one upload and notes what became of it.
func (s *sending) one(ctx context.Context, u *Upload) {
	size, err := s.deliver(ctx, u)
	if ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.Uploads++
	s.report.Records += u.Records()
	s.report.Bytes += int64(size)
	if err != nil {
		s.report.Failed++
		if len(s.report.Refused) < maxRefusals {
			s.report.Refused = append(s.report.Refused, Refusal{u.App().ID, u.Path(), u.Session.Device.Index, u.Records(), err})
		}
	}
	if s.sender.Progress != nil {
		s.sender.Progress(s.report.Progress)
	}
}

// deliver tries until the upload is acknowledged or refused for good.
func (s *sending) deliver(ctx context.Context, u *Upload) (size int, err error) {
	body, err := u.Body()
	if err != nil {
		return 0, err
	}
	packed, err := pack(body)
	if err != nil {
		return 0, fmt.Errorf("compress upload: %w", err)
	}
	patience := s.sender.Patience
	if patience == 0 {
		patience = 2 * time.Minute
	}
	deadline := time.Now().Add(patience)
	for attempt := 0; ; attempt++ {
		again, err := s.post(ctx, u, packed)
		if err == nil {
			return len(packed), nil
		}
		pause := again
		if pause == 0 {
			return 0, err
		}
		if pause < 0 { // the answer does not say when
			pause = min(100*time.Millisecond<<min(attempt, 6), 5*time.Second)
		}
		if time.Now().Add(pause).After(deadline) {
			return 0, fmt.Errorf("given up after %d attempts: %w", attempt+1, err)
		}
		if err := sleep(ctx, pause); err != nil {
			return 0, err
		}
		s.mu.Lock()
		s.report.Retries++
		s.mu.Unlock()
	}
}

// post sends a body once. again is how long to wait before the next attempt:
// 0 for never, negative where the answer leaves it open.
func (s *sending) post(ctx context.Context, u *Upload, packed []byte) (again time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.sender.Endpoint+u.Path(), bytes.NewReader(packed))
	if err != nil {
		return 0, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "gzip")
	req.Header.Set("X-Api-Key", u.App().Key)
	client := s.sender.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return -1, fmt.Errorf("post %s: %w", u.Path(), err)
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	_ = res.Body.Close()
	if err != nil {
		return -1, fmt.Errorf("read answer of %s: %w", u.Path(), err)
	}
	switch res.StatusCode {
	case http.StatusOK:
		return 0, u.partly(answer)
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return retryAfter(res.Header.Get("Retry-After")), fmt.Errorf("%w: %s", ErrRefused, res.Status)
	default:
		return 0, fmt.Errorf("%w: %s: %.200q", ErrRefused, res.Status, answer)
	}
}

// partly reads an acknowledgement, which may say that some records were not
// taken.
func (u *Upload) partly(answer []byte) error {
	var rejected int64
	var message string
	if u.Spans {
		res := ptraceotlp.NewExportResponse()
		if err := res.UnmarshalProto(answer); err != nil {
			return fmt.Errorf("read acknowledgement: %w", err)
		}
		rejected, message = res.PartialSuccess().RejectedSpans(), res.PartialSuccess().ErrorMessage()
	} else {
		res := plogotlp.NewExportResponse()
		if err := res.UnmarshalProto(answer); err != nil {
			return fmt.Errorf("read acknowledgement: %w", err)
		}
		rejected, message = res.PartialSuccess().RejectedLogRecords(), res.PartialSuccess().ErrorMessage()
	}
	if rejected > 0 {
		return fmt.Errorf("%w: %d records: %s", ErrRefused, rejected, message)
	}
	return nil
}

// retryAfter reads the header: seconds or a date. Negative is unknown.
func retryAfter(header string) time.Duration {
	if n, err := strconv.Atoi(header); err == nil && n >= 0 && n < 3600 {
		return max(time.Duration(n)*time.Second, time.Millisecond)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(time.Until(at), time.Millisecond), time.Hour)
	}
	return -1
}

func pack(body []byte) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(body) / 4)
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("make gzip writer: %w", err)
	}
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("write gzip: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("end gzip: %w", err)
	}
	return out.Bytes(), nil
}

// sleep waits or returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pacer holds a rate: records may run ahead of it by a tenth of a second.
type pacer struct {
	rate int
	next time.Time
}

func newPacer(rate int) *pacer { return &pacer{rate: rate} }

// wait waits until n more records may be sent.
func (p *pacer) wait(ctx context.Context, n int) error {
	if p.rate <= 0 {
		return ctx.Err()
	}
	const burst = 100 * time.Millisecond
	now := time.Now()
	if floor := now.Add(-burst); p.next.Before(floor) {
		p.next = floor
	}
	p.next = p.next.Add(time.Duration(n) * time.Second / time.Duration(p.rate))
	if early := p.next.Sub(now); early > 0 {
		return sleep(ctx, early)
	}
	return ctx.Err()
}
