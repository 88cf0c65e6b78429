package dialect

import "github.com/otelcol-mobile/otelcol-mobile/internal/mobile"

// class is what a record is.
type class uint8

const (
	// classOther passes through under its own name.
	classOther class = iota
	// classEvent passes through under a canonical name.
	classEvent
	classCrash
	classError
	classANR
	classExit
	classJank
	classReport
	classStart
	classScreenLoad
	classRequest
)

// verdict is what the selector table says of a record.
type verdict struct {
	class class
	// name is the canonical event or span name; empty keeps the record's.
	name string
	// kind is the crash kind where the dialect tells.
	kind string
	// window is true for reports about a time window (MetricKit): the
	// session and screen on the record are those of the process that sent it.
	window bool
	// replayed is true for reports that a later process sends.
	replayed bool
	// exit is true for records of why the system ended an earlier process.
	exit bool
	// startType is the kind of start where the name tells.
	startType string
	// jankLimit is the threshold of a dialect that has one event per
	// threshold, seconds.
	jankLimit float64
}

// rules is the selector table, indexed. It is never changed.
type rules struct {
	byType, byName, byScope, bySpan, byComponent map[string]verdict
	subtypes                                     map[string]string
	sdks                                         []sdkRule
	stacks                                       []func(*record) string
}

func newRules() *rules {
	return &rules{
		byType:      embraceTypes(),
		byName:      eventNames(),
		byScope:     scopes(),
		bySpan:      spanNames(),
		byComponent: components(),
		subtypes:    networkSubtypes(),
		sdks:        sdkRules(),
		stacks:      stackSources(),
	}
}

func crashOf(kind string) verdict {
	return verdict{class: classCrash, name: mobile.EventCrash, kind: kind}
}

func windowed(c class, name, kind string) verdict {
	return verdict{class: c, name: name, kind: kind, window: true, replayed: true}
}

func event(name string) verdict { return verdict{class: classEvent, name: name} }

// embraceTypes is selected by the attribute emb.type.
func embraceTypes() map[string]verdict {
	native := crashOf(mobile.CrashNative)
	native.replayed = true
	return map[string]verdict{
		"sys.android.crash":              crashOf(mobile.CrashJVM),
		"sys.android.native_crash":       native,
		"sys.android.react_native_crash": crashOf(mobile.CrashJS),
		"sys.ios.crash":                  crashOf(mobile.CrashApple),
		"sys.exit":                       {class: classExit, name: typeExit, exit: true, replayed: true},
		"sys.exception":                  {class: classError, name: mobile.EventException},
		typeHang:                         windowed(classANR, mobile.EventANR, ""),
		"sys.ios.metrickit-metrics":      windowed(classReport, mobile.EventReport, ""),
		"perf.thread_blockage":           {class: classANR, name: mobile.EventANR},
		"perf.network_request":           {class: classRequest},
		"perf.ui_load":                   {class: classScreenLoad},
		"sys.startup":                    {class: classStart, name: mobile.SpanAppStart},
	}
}

// eventNames is selected by the event name: the field, else the attribute
// event.name, else the attribute name of MetricKit's instrumentations.
func eventNames() map[string]verdict {
	table := map[string]verdict{
		mobile.EventCrash: crashOf(""),
		"device.crash":    crashOf(""),
		"crash":           crashOf(""),

		mobile.EventException: {class: classError, name: mobile.EventException},

		mobile.EventANR: {class: classANR, name: mobile.EventANR},
		"ANR":           {class: classANR, name: mobile.EventANR},

		mobile.EventJank: {class: classJank, name: mobile.EventJank},

		mobile.EventReport:                          windowed(classReport, mobile.EventReport, ""),
		"metrickit.diagnostic.crash":                windowed(classCrash, mobile.EventCrash, mobile.CrashApple),
		"metrickit.diagnostic.hang":                 windowed(classANR, mobile.EventANR, ""),
		"metrickit.diagnostic.cpu_exception":        windowed(classReport, mobile.EventReport, ""),
		"metrickit.diagnostic.disk_write_exception": windowed(classReport, mobile.EventReport, ""),
		"metrickit.diagnostic.app_launch":           windowed(classReport, mobile.EventReport, ""),

		"event.app.widget.click": event(mobile.EventWidgetClick),
	}
	for _, name := range []string{
		mobile.EventSessionStart, mobile.EventSessionEnd, mobile.EventFlow, mobile.EventBreadcrumb,
		mobile.EventScreenClick, mobile.EventWidgetClick, mobile.EventLifecycle, mobile.EventNetworkChange,
		mobile.EventRageTap, mobile.EventErrorTap,
	} {
		table[name] = event(name)
	}
	return table
}

// scopes is selected by the instrumentation scope of a record whose name says
// nothing: opentelemetry-java-contrib 1.46 lost event names in its disk buffer.
func scopes() map[string]verdict {
	native := crashOf(mobile.CrashNative)
	native.replayed = true
	return map[string]verdict{
		scopeNativeCrash:           native,
		"io.opentelemetry.crash":   crashOf(mobile.CrashJVM),
		"com.splunk.rum.crash":     crashOf(""),
		scopeAWSCrash:              windowed(classCrash, mobile.EventCrash, mobile.CrashApple),
		scopeAWSHang:               windowed(classANR, mobile.EventANR, ""),
		"io.honeycomb.error":       {class: classError, name: mobile.EventException},
		"io.opentelemetry.anr":     {class: classANR, name: mobile.EventANR},
		"com.splunk.rum.anr":       {class: classANR, name: mobile.EventANR},
		"app.jank":                 {class: classJank, name: mobile.EventJank},
		"io.opentelemetry.network": event(mobile.EventNetworkChange),
	}
}

const (
	// scopeHandled is Honeycomb Android's: whatever its event is called, the
	// exception was handled.
	scopeHandled       = "io.honeycomb.crash"
	scopeNativeCrash   = "io.opentelemetry.native-crash"
	scopeAWSCrash      = "software.amazon.opentelemetry.MXCrashDiagnostic"
	scopeAWSHang       = "software.amazon.opentelemetry.MXHangDiagnostic"
	scopeSession       = "otel.session"
	scopeMetricKit     = "MetricKit"
	scopeHoneycombKit  = "io.honeycomb.metrickit"
	scopeGlobalErrors  = "@honeycombio/instrumentation-global-errors"
	scopeSplunk        = "SplunkRum"
	metricKitPrefix    = "metrickit."
	flutterErrorPrefix = "error."
)

// components is selected by the attribute component of Splunk's spans.
func components() map[string]verdict {
	return map[string]verdict{
		"crash": crashOf(""),
		"error": {class: classError, name: mobile.EventException},
	}
}

// spanNames is selected by the name of a span that neither emb.type nor
// component decides.
func spanNames() map[string]verdict {
	start := func(kind string) verdict {
		return verdict{class: classStart, name: mobile.SpanAppStart, startType: kind}
	}
	load := verdict{class: classScreenLoad, name: mobile.SpanScreenLoad}
	return map[string]verdict{
		mobile.SpanAppStart:    start(""),
		"AppStart":             start(""),
		"emb-app-startup":      start("cold"),
		"emb-app-startup-cold": start("cold"),
		"emb-app-startup-warm": start("warm"),
		"react native startup": start("cold"),

		mobile.SpanScreenLoad: load,
		"TimeToFirstAppear":   load,
		"View Render":         load,
		spanCreated:           load,

		"SplunkCrashReport":   crashOf(mobile.CrashApple),
		"UncaughtException":   crashOf(""),
		mobile.EventCrash:     crashOf(""),
		"device.crash":        crashOf(""),
		"ANR":                 {class: classANR, name: mobile.EventANR},
		mobile.EventANR:       {class: classANR, name: mobile.EventANR},
		"emb-thread-blockage": {class: classANR, name: mobile.EventANR},
		"slow event loop":     {class: classANR, name: mobile.EventANR},

		"slowRenders":   {class: classJank, name: mobile.EventJank, jankLimit: 0.016},
		"frozenRenders": {class: classJank, name: mobile.EventJank, jankLimit: 0.7},

		"MXMetricPayload":     windowed(classReport, mobile.EventReport, ""),
		"MXDiagnosticPayload": windowed(classReport, mobile.EventReport, ""),
		"MXSignpostMetric":    windowed(classReport, mobile.EventReport, ""),

		mobile.EventSessionStart:  event(mobile.EventSessionStart),
		mobile.EventSessionEnd:    event(mobile.EventSessionEnd),
		mobile.EventNetworkChange: event(mobile.EventNetworkChange),
	}
}

// spanCreated is opentelemetry-android's span of an activity or fragment that
// is being made.
const spanCreated = "Created"
