package sqlitestore

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-mobile/otelcol-mobile/extension/sqlitestore/internal/metadata"
	"github.com/otelcol-mobile/otelcol-mobile/extension/sqlitestore/internal/metadatatest"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// configAt returns the default configuration with a path.
func configAt(path string) *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Path = path
	return cfg
}

func newExtension(t *testing.T, cfg *Config) component.Component {
	t.Helper()
	e, err := NewFactory().Create(t.Context(), extensiontest.NewNopSettings(metadata.Type), cfg)
	require.NoError(t, err)
	return e
}

func start(t *testing.T, e component.Component) store.Store {
	t.Helper()
	require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
	s, err := e.(store.Provider).Store()
	require.NoError(t, err)
	return s
}

func upload(session string) *store.Facts {
	key := store.FactKey{SessionKey: store.SessionKey{Tenant: "acme", App: "shop", Session: session, Week: 2916}}
	return &store.Facts{
		Chunks: []store.Chunk{{FactKey: key, Payload: []byte("events")}},
		Parts:  []store.Part{{FactKey: key, Data: []byte("state")}},
	}
}

func rows(t *testing.T, s store.Store, session string) (chunks, parts, marks int) {
	t.Helper()
	key := upload(session).Parts[0].SessionKey
	for _, err := range s.Chunks(t.Context(), key) {
		require.NoError(t, err)
		chunks++
	}
	for _, err := range s.Parts(t.Context(), key) {
		require.NoError(t, err)
		parts++
	}
	for m, err := range s.Marks(t.Context(), 0, 0, 1000) {
		require.NoError(t, err)
		if m.Session == session {
			marks++
		}
	}
	return chunks, parts, marks
}

func TestTheStoreLivesFromStartToShutdown(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made", "at", "start")
	path := filepath.Join(folder, "mobile.db")
	for range 2 {
		e := newExtension(t, configAt(path))
		_, err := e.(store.Provider).Store()
		require.ErrorIs(t, err, errNotStarted)
		s := start(t, e)
		require.NoError(t, s.Apply(t.Context(), upload("a")))
		require.NoError(t, e.Shutdown(t.Context()))
		require.ErrorIs(t, s.Apply(t.Context(), upload("b")), store.ErrClosed)
		require.NoError(t, e.Shutdown(t.Context()))
	}
	if runtime.GOOS != "windows" {
		info, err := os.Stat(folder)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	}
	e := newExtension(t, configAt(path))
	_, parts, _ := rows(t, start(t, e), "a")
	assert.Equal(t, 1, parts, "what was stored is there at the next start")
	require.NoError(t, e.Shutdown(t.Context()))
}

func TestShutdownWithoutStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "mobile.db")
	e := newExtension(t, configAt(path))
	require.NoError(t, e.Shutdown(t.Context()))
	require.NoError(t, e.Shutdown(t.Context()))
	_, err := os.Stat(filepath.Dir(path))
	require.ErrorIs(t, err, os.ErrNotExist, "nothing is made before Start")
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	used := newExtension(t, configAt(filepath.Join(dir, "used.db")))
	start(t, used)
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, []byte("not a database, but long enough to be looked at"), 0o600))
	for name, tt := range map[string]struct{ path, want string }{
		"in use":           {filepath.Join(dir, "used.db"), "in use by another process"},
		"not a database":   {file, "file is not a database"},
		"a file as folder": {filepath.Join(file, "mobile.db"), "make folder"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newExtension(t, configAt(tt.path))
			err := e.Start(t.Context(), componenttest.NewNopHost())
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, "path: ")
			require.NoError(t, e.Shutdown(t.Context()))
		})
	}
	require.NoError(t, used.Shutdown(t.Context()))
}

func TestRowsExpireHourly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mobile.db")
	synctest.Test(t, func(t *testing.T) {
		cfg := configAt(path)
		cfg.Retention.Marks = 0
		e := newExtension(t, cfg)
		s := start(t, e)
		synctest.Wait()
		require.NoError(t, s.Apply(t.Context(), upload("old")))
		time.Sleep(5 * day)
		require.NoError(t, s.Apply(t.Context(), upload("young")))
		time.Sleep(2*day + expireEvery)
		synctest.Wait()
		chunks, parts, marks := rows(t, s, "old")
		assert.Equal(t, []int{0, 1, 1}, []int{chunks, parts, marks}, "chunks live 7 days, parts 51, marks here for ever")
		chunks, _, _ = rows(t, s, "young")
		assert.Equal(t, 1, chunks)
		time.Sleep(60 * day)
		synctest.Wait()
		chunks, parts, marks = rows(t, s, "young")
		assert.Equal(t, []int{0, 0, 1}, []int{chunks, parts, marks})
		require.NoError(t, e.Shutdown(t.Context()))
	})
}

func TestMetricsSayWhatTheStoreDoes(t *testing.T) {
	tt := componenttest.NewTelemetry()
	cfg := configAt(filepath.Join(t.TempDir(), "mobile.db"))
	o, err := newOwner(cfg, metadatatest.NewSettings(tt).TelemetrySettings)
	require.NoError(t, err)
	s := start(t, o)
	for i := range 3 {
		require.NoError(t, s.Apply(t.Context(), upload(strconv.Itoa(i))))
	}
	stats := o.store.Stats()
	point := func(v int64, attrs ...attribute.KeyValue) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Value: v, Attributes: attribute.NewSet(attrs...)}
	}
	outcome := func(v string) attribute.KeyValue { return attribute.String("outcome", v) }
	metadatatest.AssertEqualMobileSqliteWrites(t, tt, []metricdata.DataPoint[int64]{
		point(stats.Calls, outcome("written")), point(0, outcome("failed")),
	}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualMobileSqliteRows(t, tt, []metricdata.DataPoint[int64]{point(stats.Rows)}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualMobileSqliteCommits(t, tt, []metricdata.DataPoint[int64]{point(stats.Groups)}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualMobileSqliteWaiting(t, tt, []metricdata.DataPoint[int64]{point(0)}, metricdatatest.IgnoreTimestamp())
	size, err := o.store.Size()
	require.NoError(t, err)
	metadatatest.AssertEqualMobileSqliteFileSize(t, tt, []metricdata.DataPoint[int64]{point(size)}, metricdatatest.IgnoreTimestamp())
	require.NoError(t, o.Shutdown(t.Context()))
	require.NoError(t, tt.Shutdown(context.WithoutCancel(t.Context())))
}

func TestConfigFromYAML(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"path":      "data/mobile.db",
		"retention": map[string]any{"chunks": "48h", "marks": 0},
	}).Unmarshal(cfg))
	require.NoError(t, cfg.Validate())
	assert.Equal(t, &Config{Path: "data/mobile.db", Retention: RetentionConfig{Chunks: 2 * day, Crashes: 90 * day, Parts: 51 * day}}, cfg)
}

func TestValidateNamesEveryMistake(t *testing.T) {
	tests := map[string]struct {
		change func(*Config)
		want   []string
	}{
		"nothing wrong":     {func(*Config) {}, nil},
		"all kept for ever": {func(c *Config) { c.Retention = RetentionConfig{} }, nil},
		"no path":           {func(c *Config) { c.Path = "" }, []string{"path must be the database file"}},
		"a folder":          {func(c *Config) { c.Path = "data/" }, []string{`path must be a file, got the folder "data/"`}},
		"a NUL":             {func(c *Config) { c.Path = "a\x00b" }, []string{"path must not contain"}},
		"parts that would be missed": {
			func(c *Config) { c.Retention.Parts = 51*day - time.Second },
			[]string{"retention::parts must be 0 or at least 1224h0m0s, got 1223h59m59s"},
		},
		"several": {
			func(c *Config) {
				c.Retention = RetentionConfig{Chunks: time.Second, Crashes: -1, Parts: 1, Marks: time.Minute}
			},
			[]string{"retention::chunks must", "retention::crashes must", "retention::parts must", "retention::marks must"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := configAt("mobile.db")
			tt.change(cfg)
			err := cfg.Validate()
			if tt.want == nil {
				require.NoError(t, err)
			}
			for _, text := range tt.want {
				require.ErrorContains(t, err, text)
			}
		})
	}
}
