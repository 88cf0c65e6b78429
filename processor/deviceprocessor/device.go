package deviceprocessor

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-mobile/otelcol-mobile/internal/device"
	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/processor/deviceprocessor/internal/metadata"
)

const (
	attrAPILevel      = "android.os.api_level"
	attrOSDescription = "os.description"
	attrSDKLanguage   = "telemetry.sdk.language"
	browserPrefix     = "browser."
)

// kind is by what resources are counted.
type kind struct{ family, class string }

// describer describes resources.
type describer struct {
	catalog *device.Catalog
	tel     *metadata.TelemetryBuilder
	kinds   map[kind]metric.AddOption
}

func newDescriber(set component.TelemetrySettings) (*describer, error) {
	catalog, err := device.NewCatalog()
	if err != nil {
		return nil, fmt.Errorf("read tables of devices: %w", err)
	}
	tel, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, fmt.Errorf("make telemetry: %w", err)
	}
	d := &describer{catalog: catalog, tel: tel, kinds: map[kind]metric.AddOption{}}
	for _, family := range []string{
		device.FamilyAndroid, device.FamilyIOS, device.FamilyMacOS, device.FamilyWindows,
		device.FamilyLinux, device.FamilyWeb, device.FamilyUnknown,
	} {
		for _, class := range []string{device.ClassHigh, device.ClassMid, device.ClassLow, device.ClassUnknown} {
			d.kinds[kind{family, class}] = metric.WithAttributeSet(attribute.NewSet(
				attribute.String(mobile.AttrOSFamily, family), attribute.String(mobile.AttrDeviceClass, class)))
		}
	}
	return d, nil
}

func (d *describer) shutdown(context.Context) error {
	d.tel.Shutdown()
	return nil
}

// tally describes the resources of one batch and counts them by runs of the
// same kind, for a batch is mostly one device's.
type tally struct {
	*describer
	kind kind
	n    int64
}

// describe adds to a resource what is known of its device.
func (t *tally) describe(ctx context.Context, res pcommon.Map) {
	in := t.catalog.Describe(factsOf(res))
	put(res, mobile.AttrOSFamily, in.OSFamily)
	put(res, mobile.AttrDeviceClass, in.Class)
	put(res, mobile.AttrOSVersion, in.OSVersion)
	put(res, mobile.AttrModelID, in.ModelID)
	put(res, mobile.AttrModelName, in.ModelName)
	put(res, mobile.AttrManufacturer, in.Manufacturer)
	if k := (kind{in.OSFamily, in.Class}); k != t.kind {
		t.count(ctx)
		t.kind = k
	}
	t.n++
}

// count adds the run to the counter.
func (t *tally) count(ctx context.Context) {
	if t.n > 0 {
		t.tel.MobileDeviceResources.Add(ctx, t.n, t.kinds[t.kind])
	}
	t.n = 0
}

// put writes what is known unless it is there already.
func put(res pcommon.Map, key, known string) {
	if known == "" {
		return
	}
	if val, ok := res.Get(key); ok && val.Str() == known {
		return
	}
	res.PutStr(key, known)
}

// factsOf reads what a resource says of its device.
func factsOf(res pcommon.Map) device.Facts {
	var f device.Facts
	for key, val := range res.All() {
		switch key {
		case mobile.AttrOSName:
			f.OSName = val.Str()
		case mobile.AttrOSType:
			f.OSType = val.Str()
		case mobile.AttrOSVersion:
			f.OSVersion = val.Str()
		case attrOSDescription:
			f.OSDescription = val.Str()
		case mobile.AttrOSFamily:
			f.OSFamily = val.Str()
		case mobile.AttrDeviceClass:
			f.Class = val.Str()
		case mobile.AttrModelID:
			f.ModelID = val.Str()
		case mobile.AttrModelName:
			f.ModelName = val.Str()
		case attrSDKLanguage:
			f.SDKLanguage = val.Str()
		case attrAPILevel:
			f.APILevel = number(val)
		default:
			f.Browser = f.Browser || strings.HasPrefix(key, browserPrefix)
		}
	}
	return f
}

// number reads a small number, which the convention sends as text and some SDKs
// as number; 0 is none.
func number(val pcommon.Value) int {
	const most = 1000
	n := val.Int()
	if val.Type() == pcommon.ValueTypeStr {
		parsed, err := strconv.ParseInt(val.Str(), 10, 32)
		if err != nil {
			return 0
		}
		n = parsed
	}
	if n < 0 || n > most {
		return 0
	}
	return int(n)
}

func (d *describer) processLogs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	t := tally{describer: d}
	for _, rl := range ld.ResourceLogs().All() {
		t.describe(ctx, rl.Resource().Attributes())
	}
	t.count(ctx)
	return ld, nil
}

func (d *describer) processTraces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	t := tally{describer: d}
	for _, rs := range td.ResourceSpans().All() {
		t.describe(ctx, rs.Resource().Attributes())
	}
	t.count(ctx)
	return td, nil
}

func (d *describer) processMetrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	t := tally{describer: d}
	for _, rm := range md.ResourceMetrics().All() {
		t.describe(ctx, rm.Resource().Attributes())
	}
	t.count(ctx)
	return md, nil
}
