package experiencereceiver

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/otelcol-mobile/otelcol-mobile/internal/derive"
	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store/sqlite"
	"github.com/otelcol-mobile/otelcol-mobile/receiver/experiencereceiver/internal/metadata"
)

const within = 10 * time.Second

// host runs a store and notes what components report.
type host struct {
	component.StartFunc
	component.ShutdownFunc
	store store.Store
	mu    sync.Mutex
	seen  []componentstatus.Status
}

var storeID = component.MustNewID("some_store")

func (h *host) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{storeID: provider{h}}
}

func (h *host) Report(e *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = append(h.seen, e.Status())
}

func (h *host) reported(s componentstatus.Status) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.seen, s)
}

// provider is the store's extension.
type provider struct{ *host }

func (p provider) Store() (store.Store, error) { return p.store, nil }

func newHost(t *testing.T) *host {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Settings{Path: filepath.Join(t.TempDir(), "mobile.db"), Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return &host{store: s}
}

func config() *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Store = storeID
	cfg.Interval, cfg.Quiet, cfg.SessionIdle = 100*time.Millisecond, 0, 0
	cfg.Cadence = CadenceConfig{}
	cfg.MetricsInterval = time.Second
	return cfg
}

// crashed stores a session of a tenant with one crash.
func crashed(t *testing.T, s store.Store, tenant string) {
	t.Helper()
	now := time.Now().UnixNano()
	var state session.State
	state.Saw(now, now)
	state.AddUser(1, 7)
	state.AddIncident(session.Incident{Kind: session.Crash, ID: "c", Time: now, Version: "f1", Fine: store.Digest{1}})
	p := store.Part{Data: state.Append(nil)}
	p.SessionKey = store.SessionKey{Tenant: tenant, App: "shop", Session: "s", Week: session.Week(now)}
	require.NoError(t, s.Apply(t.Context(), &store.Facts{Parts: []store.Part{p}, Groups: []store.Group{{
		Tenant: tenant, App: "shop", Fingerprint: store.Fingerprint{Version: "f1", Fine: store.Digest{1}}, Coarse: store.Digest{2},
		Kind: "crash", Fatal: true, Quality: 3, Title: "boom", FirstSeen: now, LastSeen: now,
	}}, Apps: []store.App{
		{Tenant: tenant, App: "shop", Platform: "android", LastSeen: now}, {Tenant: tenant, App: "shop", Platform: "ios", LastSeen: now},
	}}))
}

func start(t *testing.T, h component.Host, cfg *Config, logs consumer.Logs, metrics consumer.Metrics) {
	t.Helper()
	f := NewFactory()
	set := receivertest.NewNopSettings(metadata.Type)
	var all []component.Component
	if logs != nil {
		r, err := f.CreateLogs(t.Context(), set, cfg, logs)
		require.NoError(t, err)
		all = append(all, r)
	}
	if metrics != nil {
		r, err := f.CreateMetrics(t.Context(), set, cfg, metrics)
		require.NoError(t, err)
		all = append(all, r)
	}
	for _, r := range all {
		require.NoError(t, r.Start(t.Context(), h))
	}
	t.Cleanup(func() {
		for _, r := range all {
			assert.NoError(t, r.Shutdown(context.Background()))
		}
	})
}

// records returns the logs with an event name.
func records(sink *consumertest.LogsSink, event string) []plog.LogRecord {
	var out []plog.LogRecord
	for _, ld := range sink.AllLogs() {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, lr := range sl.LogRecords().All() {
					if lr.EventName() == event {
						out = append(out, lr)
					}
				}
			}
		}
	}
	return out
}

func TestFactsBecomeScoresIssuesAndMetrics(t *testing.T) {
	h := newHost(t)
	var logs consumertest.LogsSink
	var metrics consumertest.MetricsSink
	start(t, h, config(), &logs, &metrics)
	crashed(t, h.store, "acme")
	crashed(t, h.store, "globex")
	require.Eventually(t, func() bool {
		return len(records(&logs, mobile.EventScoredSession)) == 2 && len(records(&logs, mobile.EventNewIssue)) == 2 && metrics.DataPointCount() > 0
	}, within, 20*time.Millisecond)
	apps := map[string]bool{}
	for _, md := range metrics.AllMetrics() {
		require.Equal(t, 1, md.ResourceMetrics().Len(), "an app once, on however many platforms")
		tenant, _ := md.ResourceMetrics().At(0).Resource().Attributes().Get(mobile.AttrTenantID)
		apps[tenant.Str()] = true
	}
	assert.NotEmpty(t, apps)
	lr := records(&logs, mobile.EventScoredSession)[0]
	score, _ := lr.Attributes().Get(mobile.AttrScore)
	assert.EqualValues(t, 25, score.Int())
	title, _ := records(&logs, mobile.EventNewIssue)[0].Attributes().Get(mobile.AttrGroupTitle)
	assert.Equal(t, "boom", title.Str())
	for i, ld := range logs.AllLogs() {
		require.Equal(t, 1, ld.ResourceLogs().Len(), "one call for each tenant")
		tenant, _ := ld.ResourceLogs().At(0).Resource().Attributes().Get(mobile.AttrTenantID)
		info := client.FromContext(logs.Contexts()[i])
		assert.Equal(t, []string{tenant.Str()}, info.Metadata.Get(mobile.AttrTenantID))
		assert.Nil(t, info.Auth)
	}
}

// flaky refuses until it is told to take.
type flaky struct {
	consumertest.LogsSink
	mu  sync.Mutex
	err error
	n   int
}

func (f *flaky) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n++; f.err != nil {
		return f.err
	}
	return f.LogsSink.ConsumeLogs(ctx, ld)
}

func (f *flaky) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

func (f *flaky) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func TestADeadConsumerDelaysEmissionsOnly(t *testing.T) {
	h := newHost(t)
	sink := &flaky{err: errors.New("away")}
	start(t, h, config(), sink, nil)
	crashed(t, h.store, "acme")
	require.Eventually(t, func() bool {
		c, err := h.store.Cursor(t.Context(), derive.Reader(0), 0)
		return err == nil && c.Seq == 1 && sink.asked() > 0
	}, within, 20*time.Millisecond, "the numbers are there")
	sink.set(nil)
	require.Eventually(t, func() bool { return len(records(&sink.LogsSink, mobile.EventScoredSession)) == 1 }, within, 20*time.Millisecond)
	assert.Empty(t, h.seen, "the component is healthy all the time")
}

// broken is a store whose feed cannot be read for a while.
type broken struct {
	store.Store
	healed atomic.Bool
}

func (b *broken) Marks(ctx context.Context, shard int16, after int64, limit int) iter.Seq2[store.Mark, error] {
	if b.healed.Load() {
		return b.Store.Marks(ctx, shard, after, limit)
	}
	return func(yield func(store.Mark, error) bool) { yield(store.Mark{}, store.ErrUnavailable) }
}

func TestAStoreThatDoesNotAnswerMakesItUnhealthyUntilItDoes(t *testing.T) {
	h := newHost(t)
	b := &broken{Store: h.store}
	h.store = b
	start(t, h, config(), consumertest.NewNop(), nil)
	require.Eventually(t, func() bool { return h.reported(componentstatus.StatusRecoverableError) }, within, 20*time.Millisecond)
	b.healed.Store(true)
	require.Eventually(t, func() bool { return h.reported(componentstatus.StatusOK) }, within, 20*time.Millisecond)
}

func TestWhatIsRefusedForGoodIsPassed(t *testing.T) {
	h := newHost(t)
	sink := &flaky{err: consumererror.NewPermanent(errors.New("no"))}
	start(t, h, config(), sink, nil)
	crashed(t, h.store, "acme")
	require.Eventually(t, func() bool {
		c, err := h.store.Cursor(t.Context(), "emit/sessions", 0)
		return err == nil && c.Seq == 1
	}, within, 20*time.Millisecond)
	assert.False(t, h.reported(componentstatus.StatusRecoverableError))
}

func TestLifecycle(t *testing.T) {
	f := NewFactory()
	set := receivertest.NewNopSettings(metadata.Type)
	logs, err := f.CreateLogs(t.Context(), set, config(), consumertest.NewNop())
	require.NoError(t, err)
	metrics, err := f.CreateMetrics(t.Context(), set, config(), consumertest.NewNop())
	require.NoError(t, err)
	assert.Same(t, logs, metrics, "both pipelines share one deriver")
	require.NoError(t, logs.Shutdown(t.Context()), "without Start")
	again, err := f.CreateLogs(t.Context(), set, config(), consumertest.NewNop())
	require.NoError(t, err)
	assert.NotSame(t, logs, again, "Shutdown forgets it")
	metrics, err = f.CreateMetrics(t.Context(), set, config(), consumertest.NewNop())
	require.NoError(t, err)
	h := newHost(t)
	require.NoError(t, again.Start(t.Context(), h))
	assert.Nil(t, again.(*experience).cancel, "nothing is emitted before the last pipeline has started")
	require.NoError(t, metrics.Start(t.Context(), h))
	assert.NotNil(t, again.(*experience).cancel)
	require.NoError(t, metrics.Shutdown(t.Context()))
	assert.Nil(t, again.(*experience).cancel, "nor after the first has ended")
	for range 2 {
		require.NoError(t, again.Shutdown(t.Context()))
	}
}

func TestStartNamesTheMissingStore(t *testing.T) {
	cfg := config()
	cfg.Store = component.MustNewID("missing")
	r, err := NewFactory().CreateLogs(t.Context(), receivertest.NewNopSettings(metadata.Type), cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.ErrorContains(t, r.Start(t.Context(), &host{}), "missing")
	require.NoError(t, r.Shutdown(t.Context()))
}

func TestValidateNamesEveryMistake(t *testing.T) {
	require.NoError(t, config().Validate())
	weight := 2.0
	cfg := &Config{
		Generation: -1, Interval: 1, Quiet: -1, Cadence: CadenceConfig{-1, -1, -1}, SessionIdle: -1,
		Score: []ScoreConfig{{Rules: RulesConfig{
			Factors: map[string]FactorConfig{"network": {T: time.Hour, Weight: &weight}, "luck": {}},
			Gates:   map[string]float64{"anr": 1, "boredom": 0.1}, Flows: map[string]FlowConfig{"pay": {T: -1}},
		}, Tenants: map[string]RulesConfig{"acme": {Gates: map[string]float64{"crash": -1}}}}, {}},
	}
	err := cfg.Validate()
	for _, key := range []string{
		"store must", "generation must", "interval must", "quiet must", "cadence::live", "cadence::today", "cadence::older", "session_idle", "metrics_interval", "metrics_window",
		"factors::network", "factors::luck", "gates::anr", "gates::boredom", "flows::pay::t", "score[0]::tenants::acme", "gates::crash must", "two configurations",
	} {
		require.ErrorContains(t, err, key)
	}
}

func TestTheScheduleHoldsFromItsHour(t *testing.T) {
	from := time.Date(2026, 7, 1, 12, 30, 0, 0, time.UTC)
	s, err := schedule([]ScoreConfig{
		{},
		{From: from, Rules: RulesConfig{Gates: map[string]float64{"anr": 0.6}}, Tenants: map[string]RulesConfig{"acme": {Gates: map[string]float64{"anr": 0.7}}}},
	})
	require.NoError(t, err)
	hour := session.Hour(from.UnixNano())
	assert.InDelta(t, 0.55, s.At("acme", hour-1).Gates[3], 1e-9)
	assert.InDelta(t, 0.6, s.At("globex", hour).Gates[3], 1e-9)
	assert.InDelta(t, 0.7, s.At("acme", hour).Gates[3], 1e-9)
}
