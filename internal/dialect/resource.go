package dialect

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// attrBundleVersion is the build number that Apple's SDKs append to the version.
const attrBundleVersion = "app.bundle.version"

// upgradeResource puts a resource into canonical names. sdk is the dialect,
// platform its system.
func upgradeResource(res pcommon.Map, sdk, platform string) {
	rename(res, renamed)
	upgradeService(res)
	upgradeBuild(res, sdk)
	upgradeDevice(res, sdk, platform)
	res.PutStr(mobile.AttrSDK, sdk)
}

// upgradeService fills name and version of the app from the keys of SDKs that
// have their own, and splits "3.2.0 (1042)".
func upgradeService(res pcommon.Map) {
	if name := text(res, mobile.AttrServiceName); name == "" || strings.HasPrefix(name, "unknown_service") {
		putFirst(res, mobile.AttrServiceName, "app")
	}
	version := text(res, mobile.AttrServiceVersion)
	if version == "" || version == "-" {
		res.Remove(mobile.AttrServiceVersion)
		putFirst(res, mobile.AttrServiceVersion, "app.version", "emb.app.version")
		version = text(res, mobile.AttrServiceVersion)
	}
	short, build, ok := splitVersion(version)
	if !ok {
		return
	}
	res.PutStr(mobile.AttrServiceVersion, short)
	if !present(res, attrBundleVersion) {
		res.PutStr(attrBundleVersion, build)
	}
}

// splitVersion splits "version (build)".
func splitVersion(version string) (short, build string, ok bool) {
	short, rest, ok := strings.Cut(version, " (")
	build, closed := strings.CutSuffix(rest, ")")
	return short, build, ok && closed && short != "" && build != ""
}

// upgradeBuild fills app.build_id, by which symbols are found.
func upgradeBuild(res pcommon.Map, sdk string) {
	if present(res, mobile.AttrBuildID) {
		return
	}
	if sdk == mobile.SDKHoneycombRN {
		// The resource of a React Native app names native symbols too;
		// what arrives from JavaScript needs the source map.
		putFirst(res, mobile.AttrBuildID, "app.debug.source_map_uuid")
	}
	if !present(res, mobile.AttrBuildID) {
		putFirst(res, mobile.AttrBuildID, buildKeys()...)
	}
}

// buildKeys are the SDKs' names of app.build_id, best first.
func buildKeys() []string {
	return []string{
		"app.debug.proguard_uuid", "app.debug.build_uuid", "app.debug.source_map_uuid",
		"splunk.build_id", "emb.app.build_id",
	}
}

// upgradeDevice makes device.id and app.installation.id mean what the
// convention says. Splunk's Android SDK sends the model as device.id.
func upgradeDevice(res pcommon.Map, sdk, platform string) {
	if sdk == mobile.SDKSplunk && platform != osApple {
		if !present(res, mobile.AttrModelName) {
			putFirst(res, mobile.AttrModelName, mobile.AttrDeviceID)
		}
		res.Remove(mobile.AttrDeviceID)
	}
	if platform == osApple && !present(res, mobile.AttrInstallationID) {
		putFirst(res, mobile.AttrInstallationID, mobile.AttrDeviceID)
	}
}

// putFirst copies the first known text of the keys to an attribute.
func putFirst(attrs pcommon.Map, to string, keys ...string) {
	if t := firstText(attrs, keys...); t != "" {
		putText(attrs, to, t)
	}
}

// override is what a record says of the app and system it describes, where
// that differs from its resource. The zero override differs in nothing.
type override struct {
	version, build, osName, osVersion string
}

// overrideOf compares a record with its resource. A build id that the resource
// does not have describes the same app more closely and overrides nothing.
func overrideOf(attrs, res pcommon.Map) override {
	var o override
	o.version = differing(attrs, res, mobile.AttrServiceVersion)
	o.osName = differing(attrs, res, mobile.AttrOSName)
	o.osVersion = differing(attrs, res, mobile.AttrOSVersion)
	if present(res, mobile.AttrBuildID) {
		o.build = differing(attrs, res, mobile.AttrBuildID)
	}
	return o
}

func differing(attrs, res pcommon.Map, key string) string {
	if t := text(attrs, key); t != text(res, key) {
		return t
	}
	return ""
}

// apply puts the override into a copy of the resource, and takes out what then
// describes another release or system.
func (o override) apply(res pcommon.Map) {
	if o.version != "" {
		res.PutStr(mobile.AttrServiceVersion, o.version)
		res.Remove(attrBundleVersion)
		if o.build == "" {
			res.RemoveIf(func(key string, _ pcommon.Value) bool { return isBuildKey(key) })
		}
	}
	if o.build != "" {
		res.PutStr(mobile.AttrBuildID, o.build)
	}
	if o.osName != "" {
		res.PutStr(mobile.AttrOSName, o.osName)
	}
	if o.osVersion != "" {
		res.PutStr(mobile.AttrOSVersion, o.osVersion)
	}
	if o.osName != "" || o.osVersion != "" {
		res.Remove("os.description")
		res.Remove("os.build_id")
		res.Remove("android.os.api_level")
	}
}

func isBuildKey(key string) bool {
	return key == mobile.AttrBuildID || slices.Contains(buildKeys(), key)
}
