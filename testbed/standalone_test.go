package testbed

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

const settle = 20 * time.Second

// crashes returns one upload of an Android phone with n crash records of a
// session that began just now.
func crashes(phone, session string, n int) []byte {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	for k, v := range map[string]string{
		"service.name": "Example Shop", "service.version": "4.12.0", "app.installation.id": phone, "os.name": "Android", "os.type": "linux",
		"os.version": "16", "device.model.identifier": "Pixel 8", "telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": "java", "telemetry.sdk.version": "1.6.0",
		"tenant.id": "globex", "app.id": "game",
	} {
		rl.Resource().Attributes().PutStr(k, v)
	}
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("io.opentelemetry.crash")
	for i := range n {
		lr := sl.LogRecords().AppendEmpty()
		lr.SetEventName("app.crash")
		lr.SetObservedTimestamp(pcommon.NewTimestampFromTime(time.Now().Add(time.Duration(i-n) * time.Second)))
		for k, v := range map[string]string{
			"session.id": session, "exception.type": "java.lang.IllegalStateException", "exception.message": fmt.Sprintf("order %d is gone", i),
			"exception.stacktrace": fmt.Sprintf("java.lang.IllegalStateException: order %d is gone\n\tat com.example.shop.cart.Cart.total(Cart.kt:%d)\n\tat com.example.shop.checkout.CheckoutActivity.onPay(CheckoutActivity.kt:112)\n\tat android.os.Handler.dispatchMessage(Handler.java:103)\n", i, 80+i),
		} {
			lr.Attributes().PutStr(k, v)
		}
	}
	body, err := new(plog.ProtoMarshaler).MarshalLogs(ld)
	if err != nil {
		return nil
	}
	return body
}

const protobuf = "application/x-protobuf"

func gzipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func wantField(t *testing.T, c *Collector, path, field string, want any) {
	t.Helper()
	Eventually(t, settle, func() error {
		status, answer := c.Ask(t, Acme, path)
		if got := fmt.Sprint(answer[field]); status != http.StatusOK || got != fmt.Sprint(want) {
			return fmt.Errorf("%s: %s is %s, want %v", path, field, got, want)
		}
		return nil
	})
}

func TestACrashBecomesARankedIssueAndAScore(t *testing.T) {
	c := Start(t)
	body := crashes("phone-1", "session-1", 1)
	for range 2 { // SDKs send twice
		status, _, err := c.Post(t.Context(), "logs", Shop, protobuf, gzipped(t, body), "Content-Encoding", "gzip")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
	}
	wantField(t, c, "/apps/shop/summary", "sessions", 1)
	_, answer := c.Ask(t, Acme, "/apps/shop/issues?sort=events")
	items := answer["items"].([]any)
	require.Len(t, items, 1)
	issue := items[0].(map[string]any)
	assert.EqualValues(t, 1, issue["events"])
	assert.Contains(t, issue["title"], "IllegalStateException")
	_, detail := c.Ask(t, Acme, "/apps/shop/issues/"+issue["id"].(string))
	newest := detail["newest"].(map[string]any)
	assert.Contains(t, newest["stack"], "Cart.kt:80")
	assert.Equal(t, "session-1", newest["session"])
	_, session := c.Ask(t, Acme, "/apps/shop/sessions/session-1")
	assert.EqualValues(t, 25, session["score"])
	assert.Len(t, session["timeline"], 1, "the upload that came twice is one")

	status, _ := c.Ask(t, Globex, "/apps/game/sessions/session-1")
	assert.Equal(t, http.StatusNotFound, status, "what the payload says of tenants counts for nothing")
	status, _ = c.Ask(t, Globex, "/apps/shop/summary")
	assert.Equal(t, http.StatusNotFound, status, "another tenant's app is unknown")
}

func TestWrongQuestionsAndKeysAreToldSo(t *testing.T) {
	c := Start(t)
	for _, key := range []string{"", "mk_wrong", Acme} {
		status, _, err := c.Post(t.Context(), "logs", key, protobuf, crashes("p", "s", 1))
		require.NoError(t, err)
		assert.Equal(t, http.StatusUnauthorized, status, "key %q", key)
	}
	for token, want := range map[string]int{"": 401, "mt_wrong": 401, Shop: 401, Acme: 200} {
		status, _ := c.Ask(t, token, "/apps")
		assert.Equal(t, want, status, "token %q", token)
	}
	for path, param := range map[string]string{
		"/apps/shop/summary?from=yesterday": "from", "/apps/shop/summary?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z": "from",
		"/apps/shop/issues?limit=0": "limit", "/apps/shop/issues?limit=501": "limit", "/apps/shop/issues?sort=name": "sort",
		"/apps/shop/issues?q=x": "q", "/apps/shop/issues?cursor=%2521": "cursor", "/apps/shop/issues?status=closed": "status",
		"/apps/shop/series?metric=cpu": "metric", "/apps/shop/series?metric=score&by=country": "by", "/apps/shop/series?metric=score&step=1m": "step",
		"/apps/shop/summary?tenant=globex": "tenant", "/apps/shop/issues?limit=1&limit=2": "limit",
	} {
		status, answer := c.Ask(t, Acme, path)
		assert.Equal(t, http.StatusBadRequest, status, path)
		assert.Equal(t, param, answer["param"], path)
	}
	for _, path := range []string{"/apps/unknown/summary", "/apps/shop/issues/xyz", "/apps/shop/issues/" + strings.Repeat("0", 32), "/apps/shop/sessions/none", "/nothing"} {
		status, _ := c.Ask(t, Acme, path)
		assert.Equal(t, http.StatusNotFound, status, path)
	}
}

func TestSamplesOfRealSDKsAreTaken(t *testing.T) {
	dir := filepath.Join(Root, "..", "shared", "samples", "otlp")
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skipf("the payloads of %s are not here", dir)
	}
	c := Start(t)
	for _, f := range files {
		body, err := os.ReadFile(f)
		require.NoError(t, err)
		signal := "logs"
		if strings.HasSuffix(f, "-traces.json") {
			signal = "traces"
		}
		status, _, err := c.Post(t.Context(), signal, Shop, "application/json", body)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, status, f)
	}
}

// load sends uploads, each with a session of its own, until ctx ends, and
// returns the sessions that were acknowledged.
func load(ctx context.Context, c *Collector, worker int) (acknowledged []string) {
	for i := 0; ctx.Err() == nil; i++ {
		session := fmt.Sprintf("kill-%d-%d", worker, i)
		status, _, err := c.Post(ctx, "logs", Shop, protobuf, crashes("phone-"+session, session, 2))
		if err == nil && status == http.StatusOK {
			acknowledged = append(acknowledged, session)
		}
	}
	return acknowledged
}

func TestAKillLosesNothingThatWasAcknowledged(t *testing.T) {
	c := Start(t)
	var mu sync.Mutex
	var all []string
	for round := range 3 {
		ctx, stop := context.WithCancel(t.Context())
		var workers sync.WaitGroup
		for w := range 4 {
			workers.Go(func() {
				got := load(ctx, c, round*10+w)
				mu.Lock()
				defer mu.Unlock()
				all = append(all, got...)
			})
		}
		time.Sleep(700 * time.Millisecond) // under load, at no particular point
		c.Kill(t)
		stop()
		workers.Wait()
		c.Run(t)
	}
	require.NotEmpty(t, all)
	t.Logf("%d uploads were acknowledged", len(all))
	seen := map[string]bool{}
	Eventually(t, 60*time.Second, func() error {
		clear(seen)
		for cursor := ""; ; {
			_, answer := c.Ask(t, Acme, "/apps/shop/sessions?limit=500&cursor="+url.QueryEscape(cursor))
			for _, item := range answer["items"].([]any) {
				s := item.(map[string]any)
				seen[s["id"].(string)] = s["events"] == 2.0 && s["crashes"] == 2.0
			}
			next, more := answer["next_cursor"].(string)
			if !more {
				break
			}
			cursor = next
		}
		for _, s := range all {
			if !seen[s] {
				return fmt.Errorf("session %q was acknowledged and is not there, of %d", s, len(seen))
			}
		}
		return nil
	})
	Eventually(t, settle, func() error {
		_, answer := c.Ask(t, Acme, "/apps/shop/issues?sort=events")
		items := answer["items"].([]any)
		if got := items[0].(map[string]any)["events"]; got != float64(2*len(seen)) {
			return fmt.Errorf("the issue has %v events of %d", got, 2*len(seen))
		}
		return nil
	})
}
