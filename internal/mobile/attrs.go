// Package mobile names the canonical record: the events, attributes and enums
// that every stage of the distribution agrees on. Names come from the
// OpenTelemetry semantic conventions (v1.44.0) where they define one; what is
// our own is declared here once and nowhere else.
package mobile

// Canonical event names (LogRecord EventName). Everything else that a phone
// sends passes through under its own name.
const (
	// EventCrash is what ended the process (semconv).
	EventCrash = "app.crash"
	// EventException is a handled error, or an unhandled one that did not
	// end the process (semconv).
	EventException = "exception"
	// EventANR is an ANR or a hang, with AttrHangDuration where known.
	EventANR = "device.anr"
	// EventSessionStart and EventSessionEnd are a session's edges (semconv).
	EventSessionStart = "session.start"
	EventSessionEnd   = "session.end"
	// EventJank reports slow or frozen frames of one period (semconv).
	EventJank = "app.jank"
	// EventFlow is one state change of a userflow.
	EventFlow = "app.flow"
	// EventReport is an aggregate over a day (MetricKit): app metrics, never
	// part of a session.
	EventReport = "app.report"
	// EventBreadcrumb is what an SDK remembered before a crash.
	EventBreadcrumb = "app.breadcrumb"
	// EventScreenClick and EventWidgetClick are taps (semconv).
	EventScreenClick = "app.screen.click"
	EventWidgetClick = "app.widget.click"
	// EventLifecycle is a move between foreground and background (semconv).
	EventLifecycle = "device.app.lifecycle"
	// EventNetworkChange is a change of the network's state or type.
	EventNetworkChange = "network.change"
	// EventRageTap and EventErrorTap are taps that nothing answered, or that
	// ended in an error.
	EventRageTap  = "app.tap.rage"
	EventErrorTap = "app.tap.error"
	// EventScoredSession is what mobile_experience emits for a session whose
	// head changed; EventNewIssue for an issue seen for the first time.
	EventScoredSession = "mobile.session.scored"
	EventNewIssue      = "mobile.issue.new"
)

// Canonical span names.
const (
	// SpanAppStart is an app start; AttrStartType says which kind.
	SpanAppStart = "app.start"
	// SpanScreenLoad is the time from opening a screen to its first drawing.
	SpanScreenLoad = "app.screen.load"
)

// Resource attributes.
const (
	// AttrTenantID and AttrAppID come from the authenticated context only.
	AttrTenantID = "tenant.id"
	AttrAppID    = "app.id"
	// AttrUploadID is the digest of the received records that an upload was
	// made of, 32 hex digits; AttrUploadRecords is how many records it holds.
	AttrUploadID      = "mobile.upload.id"
	AttrUploadRecords = "mobile.upload.records"
	// AttrArrival is when the upload was received, nanoseconds since 1970.
	AttrArrival = "mobile.upload.arrival"
	// AttrSDK is the SDK dialect the normaliser recognised (enum SDK…).
	AttrSDK = "mobile.sdk"

	AttrServiceName    = "service.name"
	AttrServiceVersion = "service.version"
	AttrBuildID        = "app.build_id"
	AttrInstallationID = "app.installation.id"
	AttrUserID         = "user.id"
	AttrDeviceID       = "device.id"
	AttrManufacturer   = "device.manufacturer"
	AttrModelID        = "device.model.identifier"
	AttrModelName      = "device.model.name"
	// AttrDeviceClass is high, mid, low or unknown.
	AttrDeviceClass = "device.class"
	// AttrOSFamily is android, ios, macos, windows, linux, web or unknown.
	AttrOSFamily  = "os.family"
	AttrOSName    = "os.name"
	AttrOSVersion = "os.version"
	AttrOSType    = "os.type"
)

// Record attributes.
const (
	AttrSessionID         = "session.id"
	AttrPreviousSessionID = "session.previous_id"
	AttrScreenName        = "app.screen.name"

	AttrExceptionType       = "exception.type"
	AttrExceptionMessage    = "exception.message"
	AttrExceptionStacktrace = "exception.stacktrace"
	// AttrStack is the parsed stack: a list of exceptions, outermost first,
	// each a map {type, message, frames}, a frame a map with the keys of
	// stacktrace.Frame that are set. Grouping reads this, not the text.
	AttrStack = "exception.structured_stacktrace"
	// AttrCrashID tells one crash from another (semconv), AttrANRID and
	// AttrErrorID do so for hangs and handled errors. At most 64 characters;
	// filled by the normaliser where the SDK sends none.
	AttrCrashID = "app.crash.id"
	AttrANRID   = "device.anr.id"
	AttrErrorID = "exception.id"
	// AttrCrashKind is one of the CrashKind… values.
	AttrCrashKind = "crash.kind"
	// AttrUserPerceived is false where the user did not see the crash (the
	// app was in the background). Absent means true.
	AttrUserPerceived = "crash.user_perceived"
	// AttrEvidence is true on a second report of a crash that another record
	// already counts (a MetricKit twin, an exit record). Such a record is
	// kept for people to read and never counted.
	AttrEvidence = "crash.evidence"
	// AttrHangDuration is how long a hang or ANR lasted, seconds (double).
	AttrHangDuration = "device.anr.duration"
	// AttrTimeSource says where a record's time came from when it is not the
	// SDK's own: "observed", "arrival" or "shifted".
	AttrTimeSource = "mobile.time.source"
	// AttrOriginalName is the event or span name under which an SDK sent a
	// record that has a canonical name now.
	AttrOriginalName = "mobile.name.original"
	// AttrReporterSession is the session of the process that sent a report
	// about an earlier one; such a record has no session.id.
	AttrReporterSession = "mobile.session.reporter"

	// AttrGroupVersion, …Fine, …Coarse, …Quality, …Title and …Culprit are
	// what crash_group found: rule-set version, 32 hex digits each, 0 to 3,
	// one line, one function.
	AttrGroupVersion = "crash.group.version"
	AttrGroupFine    = "crash.group.fine"
	AttrGroupCoarse  = "crash.group.coarse"
	AttrGroupQuality = "crash.group.quality"
	AttrGroupTitle   = "crash.group.title"
	AttrGroupCulprit = "crash.group.culprit"

	// AttrStartType is cold, warm or hot.
	AttrStartType = "start.type"

	AttrHTTPMethod  = "http.request.method"
	AttrHTTPStatus  = "http.response.status_code"
	AttrURLFull     = "url.full"
	AttrURLPath     = "url.path"
	AttrURLTemplate = "url.template"
	AttrServerName  = "server.address"
	AttrServerPort  = "server.port"
	AttrErrorType   = "error.type"
	AttrNetworkType = "network.connection.type"
	AttrNetworkSub  = "network.connection.subtype"
	// AttrVPN is true where the SDK called the connection's type "vpn".
	AttrVPN          = "network.connection.vpn"
	AttrJankFrames   = "app.jank.frame_count"
	AttrJankLimit    = "app.jank.threshold"
	AttrJankPeriod   = "app.jank.period"
	AttrHitchRatio   = "app.hitch.ratio"
	AttrThreadName   = "thread.name"
	AttrEventNameOld = "event.name"

	// A userflow: its name, the id of this run, one of the Flow… states, its
	// value in minor units (cents) with ISO 4217 currency, and how long it
	// was in the foreground so far, seconds (double).
	AttrFlowName     = "app.flow.name"
	AttrFlowID       = "app.flow.id"
	AttrFlowState    = "app.flow.state"
	AttrFlowValue    = "app.flow.value"
	AttrFlowCurrency = "app.flow.currency"
	AttrFlowEyeTime  = "app.flow.eye_time"
)

// Values of AttrFlowState.
const (
	FlowStarted   = "started"
	FlowSucceeded = "succeeded"
	FlowFailed    = "failed"
	FlowTimedOut  = "timed_out"
	FlowAbandoned = "abandoned"
)

// Values of AttrCrashKind.
const (
	CrashJVM      = "jvm"
	CrashNative   = "native"
	CrashApple    = "apple"
	CrashOOM      = "oom"
	CrashWatchdog = "watchdog"
	CrashJS       = "js"
	CrashDart     = "dart"
	CrashDotnet   = "dotnet"
	CrashUnknown  = "unknown"
)

// Values of AttrSDK.
const (
	SDKOTelAndroid      = "otel-android"
	SDKOTelSwift        = "otel-swift"
	SDKEmbraceAndroid   = "embrace-android"
	SDKEmbraceApple     = "embrace-apple"
	SDKHoneycombAndroid = "honeycomb-android"
	SDKHoneycombSwift   = "honeycomb-swift"
	SDKHoneycombRN      = "honeycomb-rn"
	SDKSplunk           = "splunk"
	SDKAWS              = "aws"
	SDKElastic          = "elastic"
	SDKFlutter          = "flutter"
	SDKOther            = "other"
)

// Limits of what one upload and one record may carry.
const (
	// MaxUploadBytes is the size at which the normaliser cuts an upload.
	MaxUploadBytes = 512 << 10
	// MaxStackBytes is how much of a stack's text is kept.
	MaxStackBytes = 256 << 10
)

// Attributes of what mobile_experience emits.
const (
	// AttrRevision rises with every change of a session's state; a consumer
	// keeps the highest.
	AttrRevision = "mobile.revision"
	// AttrScore is 0 to 100, AttrScoreClass satisfied, tolerating, frustrated
	// or not_scored, AttrScoreCoverage in [0, 1], AttrScorePoints a map of
	// points lost by factor or gate, AttrScoreVersion the formula's version.
	AttrScore         = "mobile.score"
	AttrScoreClass    = "mobile.score.class"
	AttrScoreCoverage = "mobile.score.coverage"
	AttrScorePoints   = "mobile.score.points"
	AttrScoreVersion  = "mobile.score.version"
	// AttrSessionStarted and AttrSessionLast are a session's first and last
	// activity, nanoseconds since 1970; AttrEvents counts its records;
	// AttrCrashed says whether the user saw a crash.
	AttrSessionStarted = "mobile.session.started"
	AttrSessionLast    = "mobile.session.last"
	AttrEvents         = "mobile.session.events"
	AttrCrashed        = "mobile.session.crashed"
	// AttrIssueID is 32 hex digits, AttrIssueKind crash, anr or error.
	AttrIssueID    = "mobile.issue.id"
	AttrIssueKind  = "mobile.issue.kind"
	AttrIssueFatal = "mobile.issue.fatal"
)
