package storeexporter

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-mobile/otelcol-mobile/exporter/storeexporter/internal/metadata"
	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// anyStore gives fakeStore the methods that these tests never call.
type anyStore = interface {
	store.Feed
	store.Derived
	store.Issues
	store.Reader
	store.Maintainer
}

// fakeStore is an extension that keeps what it is given, or fails on command.
type fakeStore struct {
	anyStore
	component.StartFunc
	component.ShutdownFunc
	mu    sync.Mutex
	facts []*store.Facts
	err   error
}

func (f *fakeStore) Store() (store.Store, error) { return f, nil }

func (f *fakeStore) Apply(_ context.Context, facts *store.Facts) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.facts = append(f.facts, facts)
	}
	return f.err
}

type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

var storeID = component.MustNewID("fake_store")

func config() *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Store = storeID
	return cfg
}

func crash(id string) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	for k, v := range map[string]string{mobile.AttrTenantID: "acme", mobile.AttrAppID: "shop", mobile.AttrInstallationID: "phone"} {
		rl.Resource().Attributes().PutStr(k, v)
	}
	lr := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	lr.SetEventName(mobile.EventCrash)
	lr.SetTimestamp(pcommon.NewTimestampFromTime(time.Unix(1_780_000_000, 0)))
	for k, v := range map[string]string{
		mobile.AttrSessionID: "s", mobile.AttrCrashID: id, mobile.AttrGroupVersion: "f1",
		mobile.AttrGroupFine: "0000000000000000000000000000000a", mobile.AttrGroupCoarse: "0000000000000000000000000000000b",
	} {
		lr.Attributes().PutStr(k, v)
	}
	return ld
}

func TestWhatIsAcknowledgedIsStored(t *testing.T) {
	fake := &fakeStore{}
	e, err := NewFactory().CreateLogs(t.Context(), exportertest.NewNopSettings(metadata.Type), config())
	require.NoError(t, err)
	require.NoError(t, e.Start(t.Context(), host{storeID: fake}))
	require.NoError(t, e.ConsumeLogs(t.Context(), crash("a")))
	require.Len(t, fake.facts, 1)
	f := fake.facts[0]
	assert.Len(t, f.Chunks, 1)
	assert.Len(t, f.Parts, 1)
	assert.Len(t, f.Crashes, 1)
	assert.Len(t, f.Groups, 1)
	require.NoError(t, e.Shutdown(t.Context()))
}

func TestSpansBecomeFactsToo(t *testing.T) {
	fake := &fakeStore{}
	e, err := NewFactory().CreateTraces(t.Context(), exportertest.NewNopSettings(metadata.Type), config())
	require.NoError(t, err)
	require.NoError(t, e.Start(t.Context(), host{storeID: fake}))
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr(mobile.AttrTenantID, "acme")
	rs.Resource().Attributes().PutStr(mobile.AttrAppID, "shop")
	rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetStartTimestamp(1_780_000_000_000_000_000)
	require.NoError(t, e.ConsumeTraces(t.Context(), td))
	require.Len(t, fake.facts, 1)
	require.NoError(t, e.Shutdown(t.Context()))
}

func TestErrorsTellTheSenderWhatToDo(t *testing.T) {
	for name, tt := range map[string]struct {
		err       error
		code      codes.Code
		permanent bool
	}{
		"trouble that may pass":  {fmt.Errorf("disk: %w", store.ErrUnavailable), codes.Unavailable, false},
		"what no retry can cure": {errors.New("key is too long"), codes.InvalidArgument, true},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := NewFactory().CreateLogs(t.Context(), exportertest.NewNopSettings(metadata.Type), config())
			require.NoError(t, err)
			require.NoError(t, e.Start(t.Context(), host{storeID: &fakeStore{err: tt.err}}))
			err = e.ConsumeLogs(t.Context(), crash("a"))
			require.ErrorIs(t, err, tt.err)
			s, ok := status.FromError(err)
			require.True(t, ok)
			assert.Equal(t, tt.code, s.Code())
			assert.Equal(t, tt.permanent, consumererror.IsPermanent(err))
			require.NoError(t, e.Shutdown(t.Context()))
		})
	}
}

func TestStartNamesTheMissingStore(t *testing.T) {
	for name, h := range map[string]host{"none": {}, "another": {storeID: &struct {
		component.StartFunc
		component.ShutdownFunc
	}{}}} {
		t.Run(name, func(t *testing.T) {
			e, err := NewFactory().CreateLogs(t.Context(), exportertest.NewNopSettings(metadata.Type), config())
			require.NoError(t, err)
			require.ErrorContains(t, e.Start(t.Context(), h), "fake_store")
			require.NoError(t, e.Shutdown(t.Context()))
		})
	}
}

func TestOccurrencesOverTheCapAreCountedNotKept(t *testing.T) {
	cfg := config()
	cfg.CrashesPerDay = 2
	e, err := newStoreExporter(cfg, componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	fake := &fakeStore{}
	require.NoError(t, e.start(t.Context(), host{storeID: fake}))
	kept, parts := 0, 0
	for i := range 5 {
		require.NoError(t, e.pushLogs(t.Context(), crash(strconv.Itoa(i))))
		kept += len(fake.facts[i].Crashes)
		parts += len(fake.facts[i].Parts)
	}
	assert.Equal(t, 2, kept)
	assert.Equal(t, 5, parts)
}

func TestFailedWritesDoNotUseUpTheCap(t *testing.T) {
	cfg := config()
	cfg.CrashesPerDay = 1
	e, err := newStoreExporter(cfg, componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	fake := &fakeStore{err: store.ErrUnavailable}
	require.NoError(t, e.start(t.Context(), host{storeID: fake}))
	for range 3 {
		require.Error(t, e.pushLogs(t.Context(), crash("a")))
	}
	fake.err = nil
	require.NoError(t, e.pushLogs(t.Context(), crash("a")))
	assert.Len(t, fake.facts[0].Crashes, 1)
}

func TestValidateNamesEveryMistake(t *testing.T) {
	require.NoError(t, config().Validate())
	cfg := config()
	cfg.Store = component.ID{}
	cfg.Generation = 1 << 20
	cfg.CrashesPerDay = 0
	queue := exporterhelper.NewDefaultQueueConfig()
	queue.Batch = configoptional.Some(exporterhelper.BatchConfig{MaxSize: 10})
	cfg.Queue = configoptional.Some(queue)
	err := cfg.Validate()
	for _, key := range []string{"store must", "generation must", "crashes_per_day must", "sending_queue must", "sending_queue::batch::max_size must"} {
		require.ErrorContains(t, err, key)
	}
}

func TestAPersistentQueueNeedsRetries(t *testing.T) {
	cfg := config()
	queue := exporterhelper.NewDefaultQueueConfig()
	id := component.MustNewID("file_storage")
	queue.StorageID = &id
	cfg.Queue = configoptional.Some(queue)
	require.ErrorContains(t, cfg.Validate(), "retry_on_failure::enabled")
	cfg.Retry.Enabled = true
	require.NoError(t, cfg.Validate())
}
