package dialect

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// sdkRule recognises a dialect. The first that matches wins.
type sdkRule struct {
	sdk string
	// key and prefix match a resource attribute's text; an empty prefix
	// matches any.
	key, prefix string
	// os, where set, must be what os.name or os.type say.
	os string
}

// sdkRules returns the table, most telling first: a distribution's own name,
// keys that only one SDK sends, then the language of the SDK underneath.
func sdkRules() []sdkRule {
	return []sdkRule{
		{sdk: mobile.SDKEmbraceAndroid, key: attrDistro, prefix: "io.embrace.android"},
		{sdk: mobile.SDKEmbraceApple, key: attrDistro, prefix: "io.embrace.ios"},
		{sdk: mobile.SDKEmbraceApple, key: attrDistro, prefix: "embrace-apple"},
		{sdk: mobile.SDKHoneycombAndroid, key: attrDistro, prefix: "io.honeycomb.opentelemetry.android"},
		{sdk: mobile.SDKHoneycombSwift, key: attrDistro, prefix: "honeycomb-opentelemetry-swift"},
		{sdk: mobile.SDKHoneycombRN, key: attrDistro, prefix: "@honeycombio/opentelemetry-react-native"},
		{sdk: mobile.SDKElastic, key: attrDistro, prefix: "elastic"},
		{sdk: mobile.SDKAWS, key: attrDistro, prefix: "aws"},
		{sdk: mobile.SDKEmbraceApple, key: "emb.sdk.version", os: osApple},
		{sdk: mobile.SDKEmbraceApple, key: "emb.app.bundle_version"},
		{sdk: mobile.SDKSplunk, key: "splunk.rumVersion"},
		{sdk: mobile.SDKSplunk, key: "splunk.rum.version"},
		{sdk: mobile.SDKAWS, key: "cloud.platform", prefix: "aws_rum"},
		{sdk: mobile.SDKAWS, key: "awsrum.appmonitor.id"},
		{sdk: mobile.SDKHoneycombRN, key: attrLanguage, prefix: "hermesjs"},
		{sdk: mobile.SDKFlutter, key: attrLanguage, prefix: "dart"},
		{sdk: mobile.SDKFlutter, key: attrSDKName, prefix: "dartastic"},
		{sdk: mobile.SDKFlutter, key: attrSDKName, prefix: "flutterrific"},
		{sdk: mobile.SDKOTelSwift, key: attrLanguage, prefix: "swift"},
		{sdk: mobile.SDKOTelAndroid, key: attrLanguage, prefix: "java", os: osAndroid},
		{sdk: mobile.SDKOTelAndroid, key: attrLanguage, prefix: "kotlin", os: osAndroid},
	}
}

const (
	attrDistro     = "telemetry.distro.name"
	attrSDKName    = "telemetry.sdk.name"
	attrSDKVersion = "telemetry.sdk.version"
	attrLanguage   = "telemetry.sdk.language"
	attrRUMVersion = "rum.sdk.version"

	osApple   = "apple"
	osAndroid = "android"
)

// scopeSDK recognises a dialect by an instrumentation scope, for resources
// that name none.
func scopeSDK(scope string) string {
	switch {
	case scope == "EmbraceLogger" || scope == "EmbraceOpenTelemetry":
		return mobile.SDKEmbraceApple
	case strings.HasPrefix(scope, "io.embrace.android"):
		return mobile.SDKEmbraceAndroid
	case scope == scopeSplunk || strings.HasPrefix(scope, "com.splunk.rum."):
		return mobile.SDKSplunk
	case strings.HasPrefix(scope, "software.amazon.opentelemetry"):
		return mobile.SDKAWS
	case strings.HasPrefix(scope, "@honeycombio/"):
		return mobile.SDKHoneycombRN
	case scope == scopeMetricKit || scope == "NSURLSession":
		return mobile.SDKOTelSwift
	default:
		return ""
	}
}

// platformOf returns which of the two mobile systems a resource describes, ""
// if neither.
func platformOf(res pcommon.Map) string {
	name := strings.ToLower(cutText(text(res, mobile.AttrOSName), 64))
	switch name {
	case "android":
		return osAndroid
	case "ios", "ipados", "tvos", "watchos", "visionos", "macos", "iphone os":
		return osApple
	}
	switch text(res, mobile.AttrOSType) {
	case "darwin":
		return osApple
	case "linux":
		if present(res, "android.os.api_level") {
			return osAndroid
		}
	}
	return ""
}

// detect returns the dialect of a resource and its scopes.
func detect(rules []sdkRule, res pcommon.Map, platform string, scope func(int) (string, bool)) string {
	for _, r := range rules {
		if r.os != "" && r.os != platform {
			continue
		}
		if t := text(res, r.key); t != "" && strings.HasPrefix(strings.ToLower(t), r.prefix) {
			return r.sdk
		}
	}
	for i := 0; ; i++ {
		name, ok := scope(i)
		if !ok {
			break
		}
		if sdk := scopeSDK(name); sdk != "" {
			return sdk
		}
	}
	return mobile.SDKOther
}

// wrongSessions says whether the SDK is one whose log processor overwrites
// session.id with the current session, on session.end and on replayed native
// crashes too: opentelemetry-android up to 1.6.
func wrongSessions(sdk, platform string, res pcommon.Map) bool {
	major, minor, ok := majorMinor(androidVersion(sdk, platform, res))
	return ok && (major == 0 || major == 1 && minor <= 6)
}

// janksTwice says whether the SDK, where it sends spans of slow and frozen
// frames, sends events of the same: opentelemetry-android from 0.15 on.
func janksTwice(sdk, platform string, res pcommon.Map) bool {
	major, minor, ok := majorMinor(androidVersion(sdk, platform, res))
	return ok && (major >= 1 || minor >= 15)
}

// androidVersion returns the version of the opentelemetry-android that the SDK
// is or, as far as it tells, is made of; "" for others.
func androidVersion(sdk, platform string, res pcommon.Map) string {
	switch {
	case sdk == mobile.SDKOTelAndroid:
		// Up to 0.16 the SDK's version is that of opentelemetry-java.
		return firstText(res, attrRUMVersion, attrSDKVersion)
	case sdk == mobile.SDKHoneycombAndroid, sdk == mobile.SDKAWS && platform == osAndroid:
		return text(res, attrRUMVersion)
	default:
		return ""
	}
}

// majorMinor reads the first two numbers of a version.
func majorMinor(version string) (major, minor int, ok bool) {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return 0, 0, false
	}
	major, errMajor := strconv.Atoi(parts[0])
	minor, errMinor := strconv.Atoi(parts[1])
	return major, minor, errMajor == nil && errMinor == nil
}
