package tenantprocessor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// claimNames are the names by which a payload could say whose it is, in lower
// case and without separators: tenantid stands for tenant.id, tenant_id,
// Tenant-ID, tenantId.
func claimNames() []string {
	return []string{"tenant", "tenantid", "tenantname", "tenantapps", "appid"}
}

// maxClaimBytes is the length of the longest attribute name that is looked at,
// separators included.
const maxClaimBytes = 16

// claims finds attributes that name a tenant or app.
type claims struct {
	names map[string]struct{}
	// shortest is the length of the shortest name.
	shortest int
}

func newClaims() claims {
	c := claims{names: map[string]struct{}{}, shortest: maxClaimBytes}
	for _, name := range claimNames() {
		c.names[name] = struct{}{}
		c.shortest = min(c.shortest, len(name))
	}
	return c
}

// match says whether an attribute's name is a claim.
func (c claims) match(name string) bool {
	// Nearly all names end here.
	if len(name) < c.shortest || len(name) > maxClaimBytes || name[0]|0x20 != 't' && name[0]|0x20 != 'a' {
		return false
	}
	var folded [maxClaimBytes]byte
	n := 0
	for i := range len(name) {
		switch b := name[i]; {
		case b == '.' || b == '_' || b == '-':
			continue
		case b >= 'A' && b <= 'Z':
			folded[n] = b | 0x20
		default:
			folded[n] = b
		}
		n++
	}
	_, found := c.names[string(folded[:n])]
	return found
}

// cleaner removes claims and counts what it did in one call.
type cleaner struct {
	claims
	// removed counts attributes, dropped records.
	removed, dropped int64
}

func (c *cleaner) clean(attrs pcommon.Map) {
	attrs.RemoveIf(func(name string, _ pcommon.Value) bool {
		if !c.match(name) {
			return false
		}
		c.removed++
		return true
	})
}

func (c *cleaner) cleanLogs(rl plog.ResourceLogs) {
	for _, sl := range rl.ScopeLogs().All() {
		c.clean(sl.Scope().Attributes())
		for _, lr := range sl.LogRecords().All() {
			c.clean(lr.Attributes())
		}
	}
}

// cleanSpans cleans spans with their events, of which crashes are made, and
// links.
func (c *cleaner) cleanSpans(rs ptrace.ResourceSpans) {
	for _, ss := range rs.ScopeSpans().All() {
		c.clean(ss.Scope().Attributes())
		for _, span := range ss.Spans().All() {
			c.clean(span.Attributes())
			for _, event := range span.Events().All() {
				c.clean(event.Attributes())
			}
			for _, link := range span.Links().All() {
				c.clean(link.Attributes())
			}
		}
	}
}

func (c *cleaner) cleanMetrics(rm pmetric.ResourceMetrics) {
	for _, sm := range rm.ScopeMetrics().All() {
		c.clean(sm.Scope().Attributes())
		for _, m := range sm.Metrics().All() {
			c.clean(m.Metadata())
			c.cleanMetric(m)
		}
	}
}

func (c *cleaner) cleanMetric(m pmetric.Metric) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		cleanPoints(c, m.Gauge().DataPoints())
	case pmetric.MetricTypeSum:
		cleanPoints(c, m.Sum().DataPoints())
	case pmetric.MetricTypeHistogram:
		cleanPoints(c, m.Histogram().DataPoints())
	case pmetric.MetricTypeExponentialHistogram:
		cleanPoints(c, m.ExponentialHistogram().DataPoints())
	case pmetric.MetricTypeSummary: // has no exemplars
		for _, p := range m.Summary().DataPoints().All() {
			c.clean(p.Attributes())
		}
	case pmetric.MetricTypeEmpty: // has no points
	}
}

// point is a data point that may have exemplars.
type point interface {
	Attributes() pcommon.Map
	Exemplars() pmetric.ExemplarSlice
}

// points is a slice of data points.
type points[P point] interface {
	Len() int
	At(i int) P
}

func cleanPoints[P point](c *cleaner, all points[P]) {
	for i := range all.Len() {
		p := all.At(i)
		c.clean(p.Attributes())
		for _, e := range p.Exemplars().All() {
			c.clean(e.FilteredAttributes())
		}
	}
}

func logsIn(rl plog.ResourceLogs) (n int64) {
	for _, sl := range rl.ScopeLogs().All() {
		n += int64(sl.LogRecords().Len())
	}
	return n
}

func spansIn(rs ptrace.ResourceSpans) (n int64) {
	for _, ss := range rs.ScopeSpans().All() {
		n += int64(ss.Spans().Len())
	}
	return n
}

func pointsIn(rm pmetric.ResourceMetrics) (n int64) {
	for _, sm := range rm.ScopeMetrics().All() {
		for _, m := range sm.Metrics().All() {
			switch m.Type() {
			case pmetric.MetricTypeGauge:
				n += int64(m.Gauge().DataPoints().Len())
			case pmetric.MetricTypeSum:
				n += int64(m.Sum().DataPoints().Len())
			case pmetric.MetricTypeHistogram:
				n += int64(m.Histogram().DataPoints().Len())
			case pmetric.MetricTypeExponentialHistogram:
				n += int64(m.ExponentialHistogram().DataPoints().Len())
			case pmetric.MetricTypeSummary:
				n += int64(m.Summary().DataPoints().Len())
			case pmetric.MetricTypeEmpty:
			}
		}
	}
	return n
}
