package canonical

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// maxResource bounds the resource that is kept with every session's share of an
// upload and with every crash, bytes. Real SDKs send about a kilobyte.
const maxResource = 16 << 10

// trim returns the resource as it is stored: itself, or where it is too large
// its canonical attributes, clipped.
func trim(res pcommon.Resource) (kept pcommon.Resource, trimmed bool) {
	ld := plog.NewLogs()
	kept = ld.ResourceLogs().AppendEmpty().Resource()
	res.CopyTo(kept)
	if new(plog.ProtoMarshaler).LogsSize(ld) <= maxResource {
		return kept, false
	}
	kept = pcommon.NewResource()
	for _, key := range []string{
		mobile.AttrTenantID, mobile.AttrAppID, mobile.AttrSDK, mobile.AttrServiceName, mobile.AttrServiceVersion, mobile.AttrBuildID,
		mobile.AttrInstallationID, mobile.AttrUserID, mobile.AttrDeviceID, mobile.AttrManufacturer, mobile.AttrModelID, mobile.AttrModelName,
		mobile.AttrDeviceClass, mobile.AttrOSFamily, mobile.AttrOSName, mobile.AttrOSVersion, mobile.AttrOSType, mobile.AttrUploadID,
	} {
		if v := text(res.Attributes(), key); v != "" {
			kept.Attributes().PutStr(key, clip(v, maxTitle))
		}
	}
	return kept, true
}
