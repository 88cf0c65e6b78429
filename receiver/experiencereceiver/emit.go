package experiencereceiver

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-mobile/otelcol-mobile/internal/derive"
	"github.com/otelcol-mobile/otelcol-mobile/internal/issue"
	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/rollup"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
	"github.com/otelcol-mobile/otelcol-mobile/receiver/experiencereceiver/internal/metadata"
)

const scopeName = "github.com/otelcol-mobile/otelcol-mobile/receiver/experiencereceiver"

// app names one app of a tenant.
type app struct{ tenant, id string }

// emitter turns derived rows into telemetry. A nil consumer means that no
// pipeline wants that signal.
type emitter struct {
	logs      consumer.Logs
	metrics   consumer.Metrics
	window    time.Duration
	telemetry *metadata.TelemetryBuilder
}

func newEmitter(cfg *Config, telemetry *metadata.TelemetryBuilder) *emitter {
	return &emitter{window: cfg.MetricsWindow, telemetry: telemetry}
}

// byTenant calls send for each run of items of one tenant, in order of tenant.
func byTenant[T any](items []T, tenant func(T) string, send func(tenant string, items []T) error) error {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b T) int {
		switch ta, tb := tenant(a), tenant(b); {
		case ta < tb:
			return -1
		case ta > tb:
			return 1
		}
		return 0
	})
	for len(items) > 0 {
		n := slices.IndexFunc(items, func(v T) bool { return tenant(v) != tenant(items[0]) })
		if n < 0 {
			n = len(items)
		}
		if err := send(tenant(items[0]), items[:n]); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

// withTenant puts the tenant into the client metadata, where exporters and
// batchers that keep tenants apart look for it.
func withTenant(ctx context.Context, tenant string) context.Context {
	return client.NewContext(ctx, client.Info{Metadata: client.NewMetadata(map[string][]string{mobile.AttrTenantID: {tenant}})})
}

// sessions sends scored sessions, one call a tenant.
func (e *emitter) sessions(ctx context.Context, all []derive.Scored) error {
	return byTenant(all, func(s derive.Scored) string { return s.Tenant }, func(tenant string, list []derive.Scored) error {
		ld := plog.NewLogs()
		records := appsOf(ld)
		for i := range list {
			putSession(records(tenant, list[i].App), &list[i])
		}
		return e.consume(withTenant(ctx, tenant), "session", len(list), func(ctx context.Context) error { return e.logs.ConsumeLogs(ctx, ld) })
	})
}

// appsOf returns a function that appends a record to an app's resource.
func appsOf(ld plog.Logs) func(tenant, app string) plog.LogRecord {
	scopes := map[app]plog.ScopeLogs{}
	return func(tenant, id string) plog.LogRecord {
		s, ok := scopes[app{tenant, id}]
		if !ok {
			rl := ld.ResourceLogs().AppendEmpty()
			rl.Resource().Attributes().PutStr(mobile.AttrTenantID, tenant)
			rl.Resource().Attributes().PutStr(mobile.AttrAppID, id)
			s = rl.ScopeLogs().AppendEmpty()
			s.Scope().SetName(scopeName)
			scopes[app{tenant, id}] = s
		}
		return s.LogRecords().AppendEmpty()
	}
}

func putSession(lr plog.LogRecord, s *derive.Scored) {
	h := &s.Head
	lr.SetEventName(mobile.EventScoredSession)
	lr.SetTimestamp(pcommon.Timestamp(h.Last))
	lr.SetObservedTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	lr.SetSeverityNumber(plog.SeverityNumberInfo)
	m := lr.Attributes()
	m.PutStr(mobile.AttrSessionID, s.Session)
	m.PutInt(mobile.AttrRevision, s.Rev)
	m.PutInt(mobile.AttrSessionStarted, h.First)
	m.PutInt(mobile.AttrSessionLast, h.Last)
	m.PutInt(mobile.AttrEvents, h.Events)
	m.PutStr(mobile.AttrScoreClass, string(h.Score.Class))
	if h.Score.Class != uxscore.NotScored {
		m.PutInt(mobile.AttrScore, int64(h.Score.Score))
		m.PutInt(mobile.AttrScoreVersion, uxscore.Version)
	}
	m.PutDouble(mobile.AttrScoreCoverage, float64(h.Score.Coverage)/1e6)
	points := m.PutEmptyMap(mobile.AttrScorePoints)
	for _, p := range h.Score.Points {
		before, _ := points.Get(p.Name)
		points.PutInt(p.Name, before.Int()+int64(p.Points))
	}
	m.PutBool(mobile.AttrCrashed, h.CrashSeen())
	for _, l := range []struct {
		key  string
		from session.Label
	}{{mobile.AttrServiceVersion, h.Release}, {mobile.AttrOSFamily, h.OSFamily}, {mobile.AttrOSVersion, h.OSVersion}, {mobile.AttrModelName, h.Device}, {mobile.AttrDeviceClass, h.DeviceClass}} {
		if l.from.Value != "" {
			m.PutStr(l.key, l.from.Value)
		}
	}
}

// issues sends new issues, one call a tenant. Fingerprints of quality 0 and 1
// are too weak to call anybody for.
func (e *emitter) issues(ctx context.Context, all []derive.Opened) error {
	if e.logs == nil {
		return nil
	}
	all = slices.DeleteFunc(slices.Clone(all), func(o derive.Opened) bool { return o.Group.Quality < 2 })
	return byTenant(all, func(o derive.Opened) string { return o.Group.Tenant }, func(tenant string, list []derive.Opened) error {
		ld := plog.NewLogs()
		records := appsOf(ld)
		for i := range list {
			putIssue(records(tenant, list[i].Group.App), &list[i])
		}
		return e.consume(withTenant(ctx, tenant), "issue", len(list), func(ctx context.Context) error { return e.logs.ConsumeLogs(ctx, ld) })
	})
}

func putIssue(lr plog.LogRecord, o *derive.Opened) {
	g := &o.Group
	lr.SetEventName(mobile.EventNewIssue)
	lr.SetTimestamp(pcommon.Timestamp(g.FirstSeen))
	lr.SetObservedTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	lr.SetSeverityNumber(plog.SeverityNumberWarn)
	m := lr.Attributes()
	m.PutStr(mobile.AttrIssueID, issue.Text(o.ID))
	m.PutStr(mobile.AttrIssueKind, g.Kind)
	m.PutBool(mobile.AttrIssueFatal, g.Fatal)
	m.PutStr(mobile.AttrGroupTitle, g.Title)
	m.PutStr(mobile.AttrGroupCulprit, g.Culprit)
	m.PutStr(mobile.AttrGroupVersion, g.Version)
	m.PutStr(mobile.AttrGroupFine, hex.EncodeToString(g.Fine[:]))
	m.PutStr(mobile.AttrGroupCoarse, hex.EncodeToString(g.Coarse[:]))
	m.PutInt(mobile.AttrGroupQuality, int64(g.Quality))
	if g.FirstRelease != "" {
		m.PutStr(mobile.AttrServiceVersion, g.FirstRelease)
	}
}

// gauges sends the metrics of every app, one call a tenant.
func (e *emitter) gauges(ctx context.Context, s store.Store, now time.Time) error {
	for tenant, err := range s.Tenants(ctx) {
		if err != nil {
			return fmt.Errorf("read tenants: %w", err)
		}
		md := pmetric.NewMetrics()
		for id, err := range appIDs(ctx, s, tenant) {
			if err == nil {
				err = e.putGauges(ctx, md, s, app{tenant, id}, now)
			}
			if err != nil {
				return err
			}
		}
		err := e.consume(withTenant(ctx, tenant), "metric", md.DataPointCount(), func(ctx context.Context) error { return e.metrics.ConsumeMetrics(ctx, md) })
		if err != nil {
			return err
		}
	}
	return nil
}

// appIDs yields a tenant's apps once, whatever platforms they run on.
func appIDs(ctx context.Context, s store.Reader, tenant string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		last, first := "", true
		for a, err := range s.Apps(ctx, tenant) {
			if err != nil {
				yield("", fmt.Errorf("read apps of %s: %w", tenant, err))
				return
			}
			if !first && a.App == last {
				continue
			}
			if last, first = a.App, false; !yield(last, nil) {
				return
			}
		}
	}
}

func (e *emitter) putGauges(ctx context.Context, md pmetric.Metrics, s store.Reader, a app, now time.Time) error {
	to := session.Hour(now.UnixNano()) + 1
	doc := rollup.Doc{}
	for r, err := range s.Rollups(ctx, a.tenant, a.id, rollup.FamilyTotal, to-int32(e.window/time.Hour), to) {
		if err != nil {
			return fmt.Errorf("read rollups of %s/%s: %w", a.tenant, a.id, err)
		}
		// A damaged document harms its own hour only.
		if !doc.TryMerge(r.Data) {
			e.telemetry.MobileExperienceCorruptRows.Add(ctx, 1)
		}
	}
	cell := doc.Total()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr(mobile.AttrTenantID, a.tenant)
	rm.Resource().Attributes().PutStr(mobile.AttrAppID, a.id)
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName(scopeName)
	for _, m := range rollup.Metrics() {
		v, ok := m.Of(cell)
		if !ok {
			continue
		}
		out := sm.Metrics().AppendEmpty()
		out.SetName("mobile." + strings.TrimSuffix(m.Name, "_ms")) // the unit says it
		out.SetUnit(m.Unit)
		out.SetDescription(m.Description + ", over the last " + e.window.String())
		p := out.SetEmptyGauge().DataPoints().AppendEmpty()
		p.SetTimestamp(pcommon.NewTimestampFromTime(now))
		p.SetDoubleValue(v)
		if m.Name == "value_at_risk" {
			p.Attributes().PutStr("currency", cell.LeadingCurrency())
		}
	}
	return nil
}

// consume hands telemetry on. What the consumer refuses for good is counted
// and passed; anything else is tried again.
func (e *emitter) consume(ctx context.Context, kind string, n int, next func(context.Context) error) error {
	if n == 0 {
		return nil
	}
	err := next(ctx)
	outcome := "sent"
	switch {
	case err != nil && !consumererror.IsPermanent(err):
		return fmt.Errorf("emit %d %s records: %w", n, kind, err)
	case err != nil:
		outcome = "refused"
	}
	e.telemetry.MobileExperienceEmittedRecords.Add(ctx, int64(n), metric.WithAttributes(attribute.String("kind", kind), attribute.String("outcome", outcome)))
	return nil
}
