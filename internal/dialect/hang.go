package dialect

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// fillDuration puts the length of a hang, seconds, where the SDK tells.
func (b *batch) fillDuration(r *record) {
	if val, ok := r.attrs.Get(mobile.AttrHangDuration); ok {
		if n, ok := number(val); ok {
			r.attrs.PutDouble(mobile.AttrHangDuration, n)
			return
		}
		r.attrs.Remove(mobile.AttrHangDuration)
	}
	if b.canonical {
		return
	}
	for _, unit := range [...]struct {
		key     string
		seconds float64
	}{
		{"metrickit.diagnostic.hang.hang_duration", 1},
		{"hermes.eventloop.delay", time.Millisecond.Seconds()},
		{"hang.hang_duration", time.Nanosecond.Seconds()},
	} {
		val, ok := r.attrs.Get(unit.key)
		if !ok {
			continue
		}
		if n, ok := number(val); ok && n > 0 {
			r.attrs.PutDouble(mobile.AttrHangDuration, n*unit.seconds)
			return
		}
	}
	if n := hangSeconds(text(r.attrs, "emb.payload")); n > 0 {
		r.attrs.PutDouble(mobile.AttrHangDuration, n)
		return
	}
	if r.durationNS >= int64(minHang) {
		r.attrs.PutDouble(mobile.AttrHangDuration, time.Duration(r.durationNS).Seconds())
	}
}

// minHang is the shortest span of a hang whose length means something: SDKs
// that only mark the moment of detection send spans of next to no length.
const minHang = 100 * time.Millisecond

// maxReport is how long a report may be that a hang's length is read from.
const maxReport = 4 << 20

// hangSeconds returns the length that a MetricKit report in a record's
// emb.payload says, 0 where it says none. The texts are localised: "20 sec",
// "2,000 ms".
func hangSeconds(doc string) float64 {
	var report struct {
		Meta struct {
			HangDuration string `json:"hangDuration"`
		} `json:"diagnosticMetaData"`
	}
	var typed *json.UnmarshalTypeError
	if doc == "" || len(doc) > maxReport {
		return 0
	}
	if err := json.Unmarshal([]byte(doc), &report); err != nil && !errors.As(err, &typed) {
		return 0
	}
	amount, unit, _ := strings.Cut(strings.TrimSpace(report.Meta.HangDuration), " ")
	n, err := strconv.ParseFloat(strings.ReplaceAll(amount, ",", ""), 64)
	if err != nil || n < 0 || n > 1e9 || math.IsNaN(n) {
		return 0
	}
	switch {
	case strings.HasPrefix(unit, "ms"):
		return n / 1000
	case strings.HasPrefix(unit, "s"):
		return n
	case strings.HasPrefix(unit, "min"):
		return n * 60
	default:
		return 0
	}
}
