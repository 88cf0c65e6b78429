// Package testbed runs the built binary as users do: real processes, real
// ports, real payloads. Everything it starts listens on loopback.
package testbed

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// Root is the repository's root, seen from this package.
	Root = ".."
	// Acme is a demo tenant's API token.
	Acme = "mt_demo_acme"
	// Globex is another demo tenant's API token.
	Globex = "mt_demo_globex"
	// Shop is the key of an app of acme's.
	Shop = "mk_demo_acme_shop"

	readyTime = 20 * time.Second
	pollEvery = 50 * time.Millisecond
)

// lastHost counts the loopback addresses in use: each collector gets one of
// its own, so that the configuration's fixed ports never meet.
var lastHost atomic.Int32 //nolint:gochecknoglobals // addresses are the machine's, not a test's

// Collector is a running bin/otelcol-mobile.
type Collector struct {
	// Host is the loopback address that it listens on.
	Host string
	// Dir holds its data.
	Dir string
	// Config is its configuration. Default config/standalone.yaml.
	Config string
	cmd    *exec.Cmd
	log    *buffer
	end    chan error
}

// buffer is a bytes.Buffer that a process writes while a test reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Binary returns the path of a built program, and fails the test if it was not
// built: `make build` comes before these tests.
func Binary(tb testing.TB, name string) string {
	tb.Helper()
	path, err := filepath.Abs(filepath.Join(Root, "bin", name))
	require.NoError(tb, err)
	_, err = os.Stat(path)
	require.NoError(tb, err, "run 'make build' first")
	return path
}

// NewHost returns a loopback address that no other test uses.
func NewHost() string { return fmt.Sprintf("127.0.0.%d", 10+lastHost.Add(1)) }

// Start starts the standalone configuration on fresh data and waits until it
// is ready. It is stopped when the test ends.
func Start(tb testing.TB) *Collector {
	tb.Helper()
	c := &Collector{Host: NewHost(), Dir: tb.TempDir()}
	c.Run(tb)
	tb.Cleanup(func() { c.Stop(tb) })
	return c
}

// Run starts the process again on the same data and waits until it is ready.
func (c *Collector) Run(tb testing.TB, args ...string) {
	tb.Helper()
	c.log = &buffer{}
	c.cmd = exec.Command(Binary(tb, "otelcol-mobile"), append([]string{"--config", cmp.Or(c.Config, "config/standalone.yaml")}, args...)...) //nolint:gosec,noctx // the binary under test; it is ended by Stop or Kill
	c.cmd.Dir = Root
	c.cmd.Env = append(os.Environ(), "MOBILE_BIND="+c.Host, "MOBILE_DATA="+c.Dir)
	c.cmd.Stdout, c.cmd.Stderr = c.log, c.log
	require.NoError(tb, c.cmd.Start())
	c.end = make(chan error, 1)
	go func() { c.end <- c.cmd.Wait() }()
	Eventually(tb, readyTime, func() error {
		select {
		case err := <-c.end:
			c.end <- err
			tb.Fatalf("collector ended: %v\n%s", err, c.log)
		default:
		}
		_, err := c.get("http://"+c.Host+":13133/", "")
		return err
	})
}

// Stop ends the process as an operator would and checks that it ends well.
func (c *Collector) Stop(tb testing.TB) {
	tb.Helper()
	if c.cmd == nil {
		return
	}
	require.NoError(tb, c.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-c.end:
		require.NoError(tb, err, c.log.String())
	case <-time.After(readyTime):
		_ = c.cmd.Process.Kill()
		tb.Fatalf("collector did not stop\n%s", c.log)
	}
	c.cmd = nil
}

// Kill ends the process with SIGKILL.
func (c *Collector) Kill(tb testing.TB) {
	tb.Helper()
	require.NoError(tb, c.cmd.Process.Kill())
	require.Error(tb, <-c.end, "it was killed")
	c.cmd = nil
}

// Log returns what the process printed.
func (c *Collector) Log() string { return c.log.String() }

// PID is the process's id.
func (c *Collector) PID() int { return c.cmd.Process.Pid }

// Post sends a body to the OTLP/HTTP receiver and returns the answer's status.
func (c *Collector) Post(ctx context.Context, signal, key, contentType string, body []byte, header ...string) (int, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.Host+":4318/v1/"+signal, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", contentType)
	if key != "" {
		req.Header.Set("X-Api-Key", key)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, res.Header, err
}

// Ask asks the API and returns the status and the answer.
func (c *Collector) Ask(tb testing.TB, token, path string) (int, map[string]any) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, "http://"+c.Host+":8400/api/v1"+path, http.NoBody)
	require.NoError(tb, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(tb, err)
	defer func() { _ = res.Body.Close() }()
	var answer map[string]any
	require.NoError(tb, json.NewDecoder(res.Body).Decode(&answer), path)
	return res.StatusCode, answer
}

// Metrics returns the process's own metrics in Prometheus' text format.
func (c *Collector) Metrics(tb testing.TB) string {
	tb.Helper()
	body, err := c.get("http://"+c.Host+":8888/metrics", "")
	require.NoError(tb, err)
	return body
}

func (c *Collector) get(url, token string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", url, res.Status)
	}
	return string(body), err
}

// Eventually calls check until it returns nil, and fails the test with its
// last error when the time is over.
func Eventually(tb testing.TB, within time.Duration, check func() error) {
	tb.Helper()
	deadline := time.Now().Add(within)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			require.NoError(tb, err, "after %v", within)
		}
		time.Sleep(pollEvery)
	}
}
