package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/fleet"
)

// runFleet runs the command and returns what it writes.
func runFleet(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, msg bytes.Buffer
	cmd := newFleetCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&msg)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), msg.String(), err
}

// takesAll is a receiver that acknowledges everything.
func takesAll(t *testing.T, status int) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestFleetWritesTruthAndSends(t *testing.T) {
	path := filepath.Join(t.TempDir(), "truth.json")
	args := []string{"--endpoint", takesAll(t, http.StatusOK), "--devices", "6", "--days", "1", "--seed", "3"}
	stdout, stderr, err := runFleet(t, append(args, "--truth", path)...)
	require.NoError(t, err)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, "6 devices sent")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var truth fleet.Truth
	require.NoError(t, json.Unmarshal(text, &truth))
	assert.Equal(t, "mt_demo_acme", truth.Tenants["acme"].Token)
	assert.Contains(t, truth.Tenants["acme"].Paths, "/api/v1/apps")

	stdout, _, err = runFleet(t, append(args, "--truth", "-", "--end", "2026-08-21T10:00:00Z")...)
	require.NoError(t, err)
	assert.True(t, json.Valid([]byte(stdout)))
}

func TestFleetFailsIfAnythingIsNotTaken(t *testing.T) {
	_, stderr, err := runFleet(t, "--endpoint", takesAll(t, http.StatusUnauthorized), "--devices", "3", "--days", "1")
	require.ErrorContains(t, err, "were not acknowledged")
	assert.Contains(t, stderr, "not taken: ")
	assert.NotErrorAs(t, err, new(usageError))
}

func TestFleetNamesWrongFlags(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string
	}{
		"days":              {[]string{"--days", "31"}, "days must be in [1, 30]"},
		"devices":           {[]string{"--devices", "0"}, "devices must be in [1, 2000]"},
		"end":               {[]string{"--end", "yesterday"}, "RFC 3339"},
		"end in the future": {[]string{"--end", time.Now().Add(time.Hour).Format(time.RFC3339)}, "must not be in the future"},
		"endpoint":          {[]string{"--endpoint", "127.0.0.1:4318"}, "http or https URL"},
		"rate":              {[]string{"--rate", "-1"}, "--rate must not be negative"},
		"truth of a key":    {[]string{"--key", "mk_mine", "--truth", "x"}, "--truth needs the key"},
		"mobile receiver":   {[]string{"--mobile-endpoint", "http://127.0.0.1:4319"}, "not supported yet"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := runFleet(t, tt.args...)
			require.ErrorAs(t, err, new(usageError))
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestFleetPlaysOneAppByItsKey(t *testing.T) {
	for key, app := range map[string]string{"mk_demo_globex_game": "game", "mk_mine": "shop"} {
		o, err := (&fleetFlags{endpoint: "http://127.0.0.1:4318", key: key, devices: 2, days: 1}).options(time.Now())
		require.NoError(t, err)
		assert.Equal(t, app, o.App)
		assert.Equal(t, key, o.Key)
	}
}

func TestProgressBar(t *testing.T) {
	assert.Nil(t, newProgressBar(&bytes.Buffer{}, "sending"), "nobody watches a buffer")
	(*progressBar)(nil).update(1, 2)
	(*progressBar)(nil).finish()

	var out bytes.Buffer
	now := time.Unix(1000, 0)
	b := &progressBar{out: &out, what: "sending", now: func() time.Time { return now }, begin: now}
	b.update(10, 100)
	assert.Empty(t, out.String(), "nothing within the first second")
	b.finish()
	assert.Empty(t, out.String())
	now = now.Add(2 * time.Second)
	b.update(50, 100)
	assert.Contains(t, out.String(), "[###############...............]  50 % 50 of 100, 25/s")
	n := out.Len()
	b.update(51, 100)
	assert.Equal(t, n, out.Len(), "not drawn again at once")
	b.update(100, 100)
	assert.Contains(t, out.String(), "100 % 100 of 100")
	b.finish()
	assert.True(t, strings.HasSuffix(out.String(), "\r\x1b[K"))
}
