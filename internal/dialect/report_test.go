package dialect

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

func TestReportsOfEarlierProcessesNameTheirOwnRelease(t *testing.T) {
	res := apple("emb.sdk.version", "6.21.0", "emb.app.build_id", "new", "service.version", "3.2.0", "os.version", "18.5.0")
	tests := map[string]struct {
		kind, payload      string
		version, build, os string
	}{
		"kscrash after an update":   {"sys.ios.crash", `{"system":{"CFBundleShortVersionString":"3.1.0","CFBundleVersion":"900","system_version":"17.5"}}`, "3.1.0", "", "17.5"},
		"metrickit after an update": {"sys.ios.crash", `{"diagnosticMetaData":{"appVersion":"3.1.0","osVersion":"iPhone OS 17.5 (21F79)"}}`, "3.1.0", "", "17.5"},
		"hang after an update":      {"sys.ios.hang", `{"diagnosticMetaData":{"appVersion":"3.1.0"}}`, "3.1.0", "", "18.5.0"},
		"same release":              {"sys.ios.crash", `{"system":{"CFBundleShortVersionString":"3.2.0","system_version":"18.5"}}`, "3.2.0", "new", "18.5.0"},
		"says nothing":              {"sys.ios.crash", `{"system":{}}`, "3.2.0", "new", "18.5.0"},
		"other types":               {"sys.ios.crash", `{"system":{"CFBundleShortVersionString":1,"system_version":[]}}`, "3.2.0", "new", "18.5.0"},
		"no document":               {"sys.ios.crash", `?`, "3.2.0", "new", "18.5.0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := normalised(t, makeLogs(t, res, rec{attrs: map[string]any{"emb.type": tt.kind, "emb.payload": tt.payload}}))
			assert.Equal(t, tt.version, text(l.res, mobile.AttrServiceVersion))
			assert.Equal(t, tt.build, text(l.res, mobile.AttrBuildID))
			assert.Equal(t, tt.os, text(l.res, mobile.AttrOSVersion))
		})
	}
}

func TestSplunkImagesNameTheFramesOfTheirThreads(t *testing.T) {
	out := newNormalizer(t).Traces(makeTraces(t, apple(), spn{scope: "splunk-crash-report", name: "SplunkCrashReport", attrs: map[string]any{
		"component": "crash", "exception.threads": splunkJSON, "exception.images": `[{"imageUUID":"U","imagePath":"/var/Shop.app/Shop"},{"imageUUID":1}]`,
	}}), arrival(), WantAll)
	_, frames := stackOf(logsOf(out)[0].Attributes())
	assert.Equal(t, "U", frames[0][0]["image_id"])
}
