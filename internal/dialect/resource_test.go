package dialect

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

func TestResources(t *testing.T) {
	tests := map[string]struct{ res, want map[string]any }{
		"splunk android": {
			res:  map[string]any{"app": "shop", "app.version": "1.2", "service.name": "unknown_service", "splunk.rumVersion": "2", "os.name": "Android", "device.id": "Pixel 8", "deployment.environment": "prod"},
			want: map[string]any{"service.name": "shop", "service.version": "1.2", "device.id": nil, "device.model.name": "Pixel 8", "deployment.environment.name": "prod", "mobile.sdk": mobile.SDKSplunk},
		},
		"aws without a version": {
			res:  map[string]any{"cloud.platform": "aws_rum", "service.version": "-"},
			want: map[string]any{"service.version": nil, "mobile.sdk": mobile.SDKAWS},
		},
		"embrace apple": {
			res:  map[string]any{"emb.app.version": "2.0", "emb.app.bundle_version": "7", "emb.app.build_id": "B", "os.type": "darwin"},
			want: map[string]any{"service.version": "2.0", "app.build_id": "B", "mobile.sdk": mobile.SDKEmbraceApple},
		},
		"version with build": {
			res:  apple(),
			want: map[string]any{"service.version": "3.2.0", "app.bundle.version": "1042", "app.installation.id": "vendor-1", "mobile.sdk": mobile.SDKOTelSwift},
		},
		"made by our own receiver": {
			res:  map[string]any{"mobile.sdk": "sentry"},
			want: map[string]any{"mobile.sdk": "sentry"},
		},
		"scope tells": {res: map[string]any{}, want: map[string]any{"mobile.sdk": mobile.SDKAWS}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			scope := ""
			if name == "scope tells" {
				scope = "software.amazon.opentelemetry.UIKit"
			}
			l := normalised(t, makeLogs(t, tt.res, rec{scope: scope, event: "mine"}))
			got := l.res.AsRaw()
			for key, want := range tt.want {
				assert.Equal(t, want, got[key], key)
			}
		})
	}
}

func TestNetworkWords(t *testing.T) {
	tests := map[string]struct{ kind, sub, wantKind, wantSub string }{
		"android": {"cell", "LTE", "cell", "lte"},
		"1xRTT":   {"cell", "1xRTT", "cell", "cdma2000_1xrtt"},
		"WCDMA":   {"cell", "WCDMA", "cell", "umts"},
		"HRPD":    {"cell", "HRPD", "cell", "ehrpd"},
		"unknown": {"cell", "UNKNOWN", "cell", ""},
		"vpn":     {"vpn", "", "unknown", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := normalised(t, makeLogs(t, android(), rec{event: "mine", attrs: map[string]any{mobile.AttrNetworkType: tt.kind, mobile.AttrNetworkSub: tt.sub}}))
			assert.Equal(t, tt.wantKind, l.text(mobile.AttrNetworkType))
			assert.Equal(t, tt.wantSub, l.text(mobile.AttrNetworkSub))
			assert.Equal(t, tt.kind == "vpn", l.has(mobile.AttrVPN))
		})
	}
}

func TestIncidentIDs(t *testing.T) {
	crash := func(change func(attrs, res map[string]any)) string {
		attrs := map[string]any{"exception.type": "E", "exception.stacktrace": jvmStack, "session.id": "s"}
		res := android()
		change(attrs, res)
		l := normalised(t, makeLogs(t, res, rec{event: mobile.EventCrash, attrs: attrs}))
		return l.text(mobile.AttrCrashID)
	}
	base := crash(func(_, _ map[string]any) {})
	assert.Equal(t, base, crash(func(a, _ map[string]any) { a["battery.percent"] = 5.0 }), "the same crash again")
	assert.NotEqual(t, base, crash(func(a, _ map[string]any) { a["session.id"] = "t" }))
	assert.NotEqual(t, base, crash(func(_, r map[string]any) { r["app.installation.id"] = "other" }))
	assert.NotEqual(t, base, crash(func(a, _ map[string]any) { a["exception.stacktrace"] = bareStack }))
	assert.Equal(t, "mine", crash(func(a, _ map[string]any) { a["app.crash.id"] = "mine"; a["log.record.uid"] = "uid" }))
	assert.Equal(t, "uid", crash(func(a, _ map[string]any) { a["log.record.uid"] = "uid" }))
}

func TestKeyOrderOfAStackDocumentDoesNotMatter(t *testing.T) {
	one := `{"callStacks":[{"threadAttributed":true,"callStackFrames":[{"binaryName":"Shop","offsetAddress":5}]}]}`
	two := `{"callStacks":[{"callStackFrames":[{"offsetAddress":5,"binaryName":"Shop"}],"threadAttributed":true}]}`
	id := func(doc string) string {
		l := normalised(t, makeLogs(t, apple(), rec{event: "metrickit.diagnostic.crash", attrs: map[string]any{"exception.stacktrace": doc}}))
		return l.text(mobile.AttrCrashID)
	}
	assert.Equal(t, id(one), id(two))
}

func TestParsedStackOfAnEarlierStageStays(t *testing.T) {
	ld := makeLogs(t, android(), rec{event: mobile.EventCrash, attrs: map[string]any{"exception.stacktrace": jvmStack}})
	attrs := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes()
	attrs.PutEmptySlice(mobile.AttrStack).AppendEmpty().SetEmptyMap().PutStr("type", "Mine")
	l := normalised(t, ld)
	types, _ := stackOf(l.Attributes())
	assert.Equal(t, []string{"Mine"}, types)
	assert.Equal(t, pcommon.ValueTypeSlice, func() pcommon.ValueType { v, _ := l.Attributes().Get(mobile.AttrStack); return v.Type() }())
}
