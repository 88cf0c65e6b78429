package dialect

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// crashReport is what the reports in emb.payload, KSCrash's and MetricKit's,
// say of the process they tell of.
type crashReport struct {
	System struct {
		Version string `json:"CFBundleShortVersionString"`
		Bundle  string `json:"CFBundleVersion"`
		OS      string `json:"system_version"`
	} `json:"system"`
	Meta struct {
		Version string `json:"appVersion"`
		Bundle  string `json:"appBuildVersion"`
		OS      string `json:"osVersion"`
	} `json:"diagnosticMetaData"`
}

// fillReporter puts release and OS of the process that a report tells of on its
// record, since a later process sends it: app and system may have been updated
// in between.
func (b *batch) fillReporter(r *record) {
	doc := text(r.attrs, "emb.payload")
	if doc == "" || len(doc) > maxReport {
		return
	}
	var report crashReport
	var typed *json.UnmarshalTypeError
	if err := json.Unmarshal([]byte(doc), &report); err != nil && !errors.As(err, &typed) {
		return
	}
	b.fillDiffering(r.attrs, mobile.AttrServiceVersion, report.System.Version, report.Meta.Version)
	b.fillDiffering(r.attrs, attrBundleVersion, report.System.Bundle, report.Meta.Bundle)
	b.fillDiffering(r.attrs, mobile.AttrOSVersion, report.System.OS, numberOf(report.Meta.OS))
}

// fillDiffering puts the first known value where the record has none and its
// resource says something else. "18.5" and "18.5.0" are the same.
func (b *batch) fillDiffering(attrs pcommon.Map, key string, values ...string) {
	if present(attrs, key) {
		return
	}
	for _, value := range values {
		if value == "" {
			continue
		}
		if strings.TrimSuffix(value, ".0") != strings.TrimSuffix(text(b.res, key), ".0") {
			putText(attrs, key, value)
		}
		return
	}
}

// numberOf returns the version in "iPhone OS 17.5 (21F79)".
func numberOf(system string) string {
	for word := range strings.FieldsSeq(system) {
		if word[0] >= '0' && word[0] <= '9' {
			return word
		}
	}
	return ""
}

// hangMoment is the end of the window that a MetricKit report of Embrace is
// about, which says so in nanoseconds: its record is stamped when it was sent.
func hangMoment(attrs pcommon.Map, m moment) moment {
	val, ok := attrs.Get("diagnostic.timestamp_end")
	if !ok {
		return m
	}
	ns, err := strconv.ParseInt(val.AsString(), 10, 64)
	if err != nil || ns < earliest {
		return m
	}
	return moment{original: ns, ns: ns}
}
