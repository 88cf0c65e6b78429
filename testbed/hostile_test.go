package testbed

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// spoilers are records that a phone should not send. Each stands in a batch
// between two good ones.
func spoilers() map[string]func(plog.LogRecord) {
	return map[string]func(plog.LogRecord){
		"wrong types": func(lr plog.LogRecord) {
			lr.SetEventName("app.crash")
			lr.Attributes().PutInt("exception.type", 7)
			lr.Attributes().PutBool("exception.stacktrace", true)
			lr.Attributes().PutEmptyMap("session.id")
		},
		"empty stack": func(lr plog.LogRecord) {
			lr.SetEventName("app.crash")
			lr.Attributes().PutStr("exception.stacktrace", "")
		},
		"5 MB of stack": func(lr plog.LogRecord) {
			lr.SetEventName("app.crash")
			lr.Attributes().PutStr("exception.stacktrace", strings.Repeat("\tat a.B.c(D.kt:1)\n", 5<<20/18))
		},
		"unknown event": func(lr plog.LogRecord) { lr.SetEventName("no.such.event") },
		"in 1970":       func(lr plog.LogRecord) { lr.SetTimestamp(1) },
		"in 2100": func(lr plog.LogRecord) {
			lr.SetTimestamp(pcommon.NewTimestampFromTime(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)))
		},
		"end of time": func(lr plog.LogRecord) { lr.SetTimestamp(math.MaxUint64); lr.SetObservedTimestamp(math.MaxUint64) },
		"a year old":  func(lr plog.LogRecord) { lr.SetTimestamp(pcommon.NewTimestampFromTime(time.Now().AddDate(-1, 0, 0))) },
		"invalid UTF-8": func(lr plog.LogRecord) {
			lr.SetEventName("app.crash")
			lr.Attributes().PutStr("exception.message", "a\xff\xfe\x00b")
		},
		"nested 100 deep": func(lr plog.LogRecord) {
			m := lr.Attributes().PutEmptyMap("deep")
			for range 100 {
				m = m.PutEmptyMap("deep")
			}
		},
		"statements and paths": func(lr plog.LogRecord) {
			lr.SetEventName("app.flow")
			for _, k := range []string{"app.flow.name", "app.flow.id", "service.version", "app.screen.name"} {
				lr.Attributes().PutStr(k, `../../etc/passwd'; DROP TABLE part; --<script>`)
			}
			lr.Attributes().PutStr("app.flow.state", "failed")
			lr.Attributes().PutInt("app.flow.value", math.MinInt64)
			lr.Attributes().PutStr("app.flow.currency", "EUR'")
		},
		"numbers that are none": func(lr plog.LogRecord) {
			lr.SetEventName("app.jank")
			lr.Attributes().PutDouble("app.jank.threshold", math.NaN())
			lr.Attributes().PutInt("app.jank.frame_count", math.MaxInt64)
			lr.Attributes().PutDouble("app.jank.period", math.Inf(-1))
		},
		"a name like a pseudo-session": func(lr plog.LogRecord) { lr.Attributes().PutStr("session.id", "~phone~2026-01-01") },
		"a long session name":          func(lr plog.LogRecord) { lr.Attributes().PutStr("session.id", strings.Repeat("s", 1<<16)) },
	}
}

func spoiled(t *testing.T, i int, spoil func(plog.LogRecord)) []byte {
	t.Helper()
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("app.installation.id", fmt.Sprint("phone-", i))
	list := rl.ScopeLogs().AppendEmpty().LogRecords()
	for range 3 {
		lr := list.AppendEmpty()
		lr.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()))
		lr.SetEventName("app.widget.click")
		lr.Attributes().PutStr("session.id", fmt.Sprint("good-", i))
	}
	spoil(list.At(1))
	body, err := new(plog.ProtoMarshaler).MarshalLogs(ld)
	require.NoError(t, err)
	return body
}

func TestASpoiledRecordHarmsItselfOnly(t *testing.T) {
	c := Start(t)
	i := 0
	for name, spoil := range spoilers() {
		i++
		status, _, err := c.Post(t.Context(), "logs", Shop, protobuf, spoiled(t, i, spoil))
		require.NoError(t, err, name)
		assert.Equal(t, http.StatusOK, status, name)
		Eventually(t, settle, func() error {
			code, answer := c.Ask(t, Acme, fmt.Sprint("/apps/shop/sessions/good-", i))
			if n, _ := answer["events"].(float64); code != http.StatusOK || n < 2 {
				return fmt.Errorf("%s: the neighbours have %v events (status %d)", name, answer["events"], code)
			}
			return nil
		})
	}
	assert.Contains(t, c.Metrics(t), "otelcol_mobile_normalize", "what happened to them is counted")
	for _, path := range []string{"/apps/shop/summary", "/apps/shop/issues", "/apps/shop/sessions", "/apps/shop/series?metric=score"} {
		status, _ := c.Ask(t, Acme, path)
		assert.Equal(t, http.StatusOK, status, path)
	}
	assert.NotContains(t, c.Log(), "panic")
}

func TestBodiesThatAreNoneAreRefused(t *testing.T) {
	c := Start(t)
	for name, tt := range map[string]struct {
		body   []byte
		header []string
		status int
	}{
		"no protobuf":      {[]byte("hello"), nil, 400},
		"no gzip":          {[]byte("hello"), []string{"Content-Encoding", "gzip"}, 400},
		"14 bytes of zstd": {[]byte{0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x20, 1, 0, 0, 0, 0}, []string{"Content-Encoding", "zstd"}, 400},
		"too large":        {make([]byte, 9<<20), nil, 400},
		"a gzip bomb":      {gzipped(t, make([]byte, 100<<20)), []string{"Content-Encoding", "gzip"}, 400},
	} {
		status, _, err := c.Post(t.Context(), "logs", Shop, protobuf, tt.body, tt.header...)
		require.NoError(t, err, name)
		assert.Equal(t, tt.status, status, name)
	}
}

func TestMistakesInTheConfigurationAreNamed(t *testing.T) {
	standalone, err := os.ReadFile(filepath.Join(Root, "config", "standalone.yaml"))
	require.NoError(t, err)
	for name, tt := range map[string]struct{ from, to, want string }{
		"store of the exporter":  {"mobile_store:\n    store: sqlite_store", "mobile_store:\n    crashes_per_day: 0", "crashes_per_day"},
		"interval":               {"interval: 500ms", "interval: 1ns", "interval must be in"},
		"score":                  {"checkout: {critical: true, t: 2s}", "checkout: {critical: true, t: -2s}", "flows::checkout::t"},
		"no such key":            {"quiet: 1s", "quite: 1s", "quite"},
		"authenticator":          {"store: sqlite_store\n    auth: {authenticator: tenants}", "store: sqlite_store", "auth::authenticator"},
		"a queue that may lose":  {"mobile_store:\n    store: sqlite_store", "mobile_store:\n    store: sqlite_store\n    sending_queue: {queue_size: 10}", "sending_queue must set storage or wait_for_result"},
		"no store":               {"extensions: [health_check, tenants, sqlite_store, mobile_query]", "extensions: [health_check, tenants]", "sqlite_store"},
		"demo tenants elsewhere": {"bind: ${env:MOBILE_BIND:-127.0.0.1}", "bind: 0.0.0.0", "demo"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(string(standalone), tt.from, tt.to, 1)
			require.NotEqual(t, string(standalone), changed)
			dir := t.TempDir()
			file := filepath.Join(dir, "changed.yaml")
			require.NoError(t, os.WriteFile(file, []byte(changed), 0o600))
			cmd := exec.CommandContext(t.Context(), Binary(t, "otelcol-mobile"), "--config", file) //nolint:gosec // the binary under test
			cmd.Dir = Root
			cmd.Env = append(os.Environ(), "MOBILE_BIND="+NewHost(), "MOBILE_DATA="+dir)
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			assert.Contains(t, string(out), tt.want)
		})
	}
}

// withChange starts the standalone configuration with one thing changed.
func withChange(t *testing.T, from, to string) *Collector {
	t.Helper()
	standalone, err := os.ReadFile(filepath.Join(Root, "config", "standalone.yaml"))
	require.NoError(t, err)
	changed := strings.Replace(string(standalone), from, to, 1)
	require.NotEqual(t, string(standalone), changed)
	c := &Collector{Host: NewHost(), Dir: t.TempDir()}
	c.Config = filepath.Join(c.Dir, "changed.yaml")
	require.NoError(t, os.WriteFile(c.Config, []byte(changed), 0o600))
	c.Run(t)
	t.Cleanup(func() { c.Stop(t) })
	return c
}

func TestTemporaryTroubleAsksToComeAgain(t *testing.T) {
	// The limit is below what the process needs at rest, so it refuses all.
	c := withChange(t, "limit_mib: 512\n    spike_limit_mib: 128", "limit_mib: 2\n    spike_limit_mib: 1")
	Eventually(t, settle, func() error {
		status, header, err := c.Post(t.Context(), "logs", Shop, protobuf, crashes("p", "s", 1))
		if err != nil || status != http.StatusServiceUnavailable {
			return fmt.Errorf("status %d, error %v", status, err) //nolint:errorlint // it may be nil
		}
		assert.NotEmpty(t, header.Get("Retry-After"))
		return nil
	})
}
