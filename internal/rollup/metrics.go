package rollup

import (
	"maps"
	"slices"
	"strings"
)

// Metric is a number that can be read off a cell.
type Metric struct {
	// Name is the metric's name in the API.
	Name string
	// Unit is a UCUM unit, as OpenTelemetry writes them.
	Unit string
	// Description says what the number is.
	Description string
	value       func(*Cell) (float64, bool)
}

// Of returns the metric of a cell; ok is false where it is undefined, such as
// a share of no sessions.
func (m Metric) Of(c *Cell) (v float64, ok bool) { return m.value(c) }

// Metrics returns all metrics, in the order in which they are documented.
func Metrics() []Metric {
	return []Metric{
		{"sessions", "{session}", "Sessions", count(func(c *Cell) int64 { return c.Sessions })},
		{"users", "{user}", "Distinct users of sessions", count(func(c *Cell) int64 { return c.Users.Count() })},
		{"events", "{event}", "Canonical events", count(func(c *Cell) int64 { return c.Events })},
		{"crashes", "{crash}", "Crashes", count(func(c *Cell) int64 { return c.Crashes })},
		{"crash_free_sessions", "1", "Share of sessions in which the user saw no crash", crashFreeSessions},
		{"crash_free_users", "1", "Share of users who saw no crash", crashFreeUsers},
		{"anrs", "{hang}", "ANRs and hangs of at least five seconds", count(func(c *Cell) int64 { return c.ANRs })},
		{"score", "{point}", "Mean experience score of scored sessions, 0 to 100", meanScore},
		{"frustrated_share", "1", "Share of scored sessions that were frustrated", frustratedShare},
		{"start_ms", "ms", "95th percentile of cold starts", func(c *Cell) (float64, bool) {
			return float64(c.Cold.Quantile(0.95)) / 1000, c.Cold.Len() > 0
		}},
		{"request_ms", "ms", "95th percentile of HTTP requests", func(c *Cell) (float64, bool) {
			return float64(c.Requests.Quantile(0.95)) / 1000, c.Requests.Len() > 0
		}},
		{"request_errors", "1", "Share of HTTP requests that failed", func(c *Cell) (float64, bool) {
			return share(c.FailedRequests, c.Requests.Len())
		}},
		{"flow_completion", "1", "Share of userflows that succeeded", func(c *Cell) (float64, bool) { return share(c.Completion()) }},
		{"value_at_risk", "{minor}", "Worth of flows that failed, timed out or crashed, in minor units of the leading currency", func(c *Cell) (float64, bool) {
			currency := c.LeadingCurrency()
			return float64(c.AtRisk()[currency]), currency != ""
		}},
	}
}

// MetricNamed returns the metric of a name.
func MetricNamed(name string) (m Metric, ok bool) {
	all := Metrics()
	i := slices.IndexFunc(all, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		return Metric{}, false
	}
	return all[i], true
}

func count(of func(*Cell) int64) func(*Cell) (float64, bool) {
	return func(c *Cell) (float64, bool) { return float64(of(c)), true }
}

func share(part, whole int64) (float64, bool) {
	if whole == 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}

func crashFreeSessions(c *Cell) (float64, bool) { return share(c.Sessions-c.Crashed, c.Sessions) }

// crashFreeUsers is of two estimates above 1,024 users; it stays in [0, 1].
func crashFreeUsers(c *Cell) (float64, bool) {
	all := c.Users.Count()
	return share(max(all-c.CrashedUsers.Count(), 0), all)
}

func meanScore(c *Cell) (float64, bool) {
	_, _, _, sum := c.Classes()
	return share(sum, c.Scored())
}

func frustratedShare(c *Cell) (float64, bool) {
	_, _, frustrated, _ := c.Classes()
	return share(frustrated, c.Scored())
}

// LeadingCurrency is the currency that most flows are in, at a tie the first
// by name; "" where no flow has a value.
func (c *Cell) LeadingCurrency() string {
	flows := map[string]int64{}
	for _, v := range c.Flows {
		for currency, n := range v.In {
			flows[currency] += n
		}
	}
	best := ""
	for _, currency := range slices.SortedFunc(maps.Keys(flows), strings.Compare) {
		if best == "" || flows[currency] > flows[best] {
			best = currency
		}
	}
	return best
}
