package dialect

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/canonical"
	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// incident fills in what every crash, handled error and hang carries: what was
// thrown, the parsed stack, an id, and what its class adds.
func (b *batch) incident(r *record) {
	if !b.canonical {
		fillException(r)
		b.fillReporter(r)
	}
	trace, parsed := b.trace(r)
	if parsed {
		agree(r.attrs, &trace)
		canonical.PutTrace(r.attrs, trace)
	}
	switch r.verdict.class {
	case classCrash:
		b.crash(r, trace.Format)
	case classANR:
		b.fillDuration(r)
		b.identify(r, mobile.AttrANRID, &trace, parsed)
	default:
		b.identify(r, mobile.AttrErrorID, &trace, parsed)
	}
	if r.verdict.class == classCrash {
		b.identify(r, mobile.AttrCrashID, &trace, parsed)
	}
	if !b.canonical {
		fillBuild(r.attrs)
	}
	b.cutStack(r.attrs)
}

// agree lets the attributes and the outermost exception of the stack name the
// same type and message, where only one of them does.
func agree(attrs pcommon.Map, trace *stacktrace.Trace) {
	outer := &trace.Exceptions[0]
	for _, pair := range [...]struct {
		key   string
		field *string
	}{{mobile.AttrExceptionType, &outer.Type}, {mobile.AttrExceptionMessage, &outer.Message}} {
		switch known := text(attrs, pair.key); {
		case known == typeConstant && pair.key == mobile.AttrExceptionType && *pair.field != "":
			putText(attrs, pair.key, *pair.field)
		case *pair.field == "":
			*pair.field = known
		case known == "":
			putText(attrs, pair.key, *pair.field)
		}
	}
}

// typeConstant is what AWS's SDK for Apple calls every exception.
const typeConstant = "crash"

// crash fills kind, what the user saw, and whether the record is only evidence
// of a crash that another one counts.
func (b *batch) crash(r *record, format stacktrace.Format) {
	if !present(r.attrs, mobile.AttrCrashKind) {
		r.attrs.PutStr(mobile.AttrCrashKind, b.kindOf(r, format))
	}
	if _, known := r.attrs.Get(mobile.AttrUserPerceived); !known && inBackground(r.attrs) {
		r.attrs.PutBool(mobile.AttrUserPerceived, false)
	}
	if !b.canonical && isEvidence(r) {
		r.attrs.PutBool(mobile.AttrEvidence, true)
	}
}

// kindOf returns the crash kind: what the dialect says, else what the stack or
// the exception's type shows, else what the SDK is for.
func (b *batch) kindOf(r *record, format stacktrace.Format) string {
	exception := text(r.attrs, mobile.AttrExceptionType)
	switch {
	case r.verdict.kind != "" && r.verdict.kind != mobile.CrashJVM:
		return r.verdict.kind
	case strings.HasPrefix(exception, "SIG") && b.platform != osApple && format != stacktrace.FormatApple:
		return mobile.CrashNative
	case r.verdict.kind != "":
		return r.verdict.kind
	}
	if kind := formatKind(format); kind != "" {
		return kind
	}
	switch {
	case b.sdk == mobile.SDKHoneycombRN:
		return mobile.CrashJS
	case b.sdk == mobile.SDKFlutter:
		return mobile.CrashDart
	case b.platform == osApple:
		return mobile.CrashApple
	case b.platform == osAndroid && exception != "":
		return mobile.CrashJVM
	default:
		return mobile.CrashUnknown
	}
}

// formatKind returns the crash kind that a stack's format shows, "" if none.
func formatKind(format stacktrace.Format) string {
	switch format {
	case stacktrace.FormatJVM:
		return mobile.CrashJVM
	case stacktrace.FormatJS:
		return mobile.CrashJS
	case stacktrace.FormatApple:
		return mobile.CrashApple
	case stacktrace.FormatDotnet:
		return mobile.CrashDotnet
	case stacktrace.FormatNative:
		return mobile.CrashNative
	case stacktrace.FormatDart:
		return mobile.CrashDart
	default:
		return ""
	}
}

// inBackground says whether the app was in the background, so that the user
// did not see the crash.
func inBackground(attrs pcommon.Map) bool {
	return firstText(attrs, attrAndroidState, attrIOSState, "emb.state") == "background"
}

// isEvidence says whether a crash is the second report of one that a handler
// inside the process reports itself: MetricKit beside Honeycomb's exception
// handler or Embrace's KSCrash, and Android's exit records.
func isEvidence(r *record) bool {
	switch {
	case r.verdict.exit:
		return true
	case r.scope == scopeHoneycombKit:
		return firstText(r.attrs, "metrickit.diagnostic.crash.exception.objc.name", "metrickit.diagnostic.crash.exception.objc.type") != ""
	default:
		return text(r.attrs, "emb.provider") == "metrickit"
	}
}

// fillException fills type and message from where SDKs put them instead.
func fillException(r *record) {
	const kit, awsReason = "metrickit.diagnostic.crash.exception.", "crash.exception_reason."
	if r.verdict.class == classCrash && r.verdict.window {
		fill(r.attrs, mobile.AttrExceptionType, kit+"objc.name", awsReason+"name", kit+"mach_exception.name", kit+"signal.name")
		fill(r.attrs, mobile.AttrExceptionMessage,
			kit+"objc.message", awsReason+"message", kit+"mach_exception.description", kit+"signal.description", "crash.termination_reason")
	}
	if ev := exceptionEvent(r.events); ev != nil {
		for _, key := range exceptionKeys() {
			if t := text(ev.attrs, key); t != "" && !present(r.attrs, key) {
				putText(r.attrs, key, t)
			}
		}
	}
	if r.verdict.class != classANR {
		fill(r.attrs, mobile.AttrExceptionType, mobile.AttrErrorType, "signalName")
		fill(r.attrs, mobile.AttrExceptionMessage, "error.message")
	}
}

func exceptionKeys() []string {
	return []string{mobile.AttrExceptionType, mobile.AttrExceptionMessage, mobile.AttrExceptionStacktrace}
}

// fill puts the first known text of the keys where there is none.
func fill(attrs pcommon.Map, to string, keys ...string) {
	if present(attrs, to) {
		return
	}
	if t := firstText(attrs, keys...); t != "" {
		putText(attrs, to, t)
	}
}

// number reads a number, also one sent as text.
func number(val pcommon.Value) (n float64, ok bool) {
	switch val.Type() {
	case pcommon.ValueTypeInt:
		return float64(val.Int()), true
	case pcommon.ValueTypeDouble:
		return val.Double(), !math.IsNaN(val.Double())
	case pcommon.ValueTypeStr:
		n, err := strconv.ParseFloat(val.Str(), 64)
		return n, err == nil && !math.IsNaN(n)
	default:
		return 0, false
	}
}

// fillBuild names the build of the code in the stack, where the record does
// not: R8 writes its id where the file's name should be.
func fillBuild(attrs pcommon.Map) {
	if present(attrs, mobile.AttrBuildID) {
		return
	}
	if t := firstText(attrs, buildKeys()...); t != "" {
		putText(attrs, mobile.AttrBuildID, t)
		return
	}
	const marker, digits = "r8-map-id-", 64
	stack := text(attrs, mobile.AttrExceptionStacktrace)
	at := strings.Index(stack, marker)
	if at < 0 || len(stack) < at+len(marker)+digits {
		return
	}
	id := stack[at+len(marker) : at+len(marker)+digits]
	if _, err := hex.DecodeString(id); err == nil {
		attrs.PutStr(mobile.AttrBuildID, id)
	}
}

// identify gives an incident its id: its own, else the SDK's id of the record,
// else a digest of installation, class, original time, session and stack, so
// that a second report of the same incident has the same id.
func (b *batch) identify(r *record, key string, trace *stacktrace.Trace, parsed bool) {
	if present(r.attrs, key) {
		return
	}
	if uid := text(r.attrs, "log.record.uid"); uid != "" {
		r.attrs.PutStr(key, uid)
		return
	}
	stack := text(r.attrs, mobile.AttrExceptionStacktrace)
	if parsed {
		stack = traceText(trace)
	}
	what := text(r.attrs, mobile.AttrExceptionType) + ": " + text(r.attrs, mobile.AttrExceptionMessage)
	session := firstText(r.attrs, mobile.AttrSessionID, mobile.AttrReporterSession)
	r.attrs.PutStr(key, digestOf(b.installation, key, strconv.FormatInt(r.moment.original, 10), session, what, stack))
}

// traceText writes a stack so that equal stacks have equal texts, whatever the
// order of keys in the document it came from.
func traceText(trace *stacktrace.Trace) string {
	var text strings.Builder
	for _, e := range trace.Exceptions {
		text.WriteString(e.Type)
		for _, f := range e.Frames {
			text.WriteByte('\n')
			for _, part := range [...]string{f.Module, f.Function, f.File, f.Image, f.ImageID} {
				text.WriteString(part)
				text.WriteByte('\t')
			}
			text.WriteString(strconv.Itoa(f.Line))
			text.WriteByte(':')
			text.WriteString(strconv.Itoa(f.Column))
			text.WriteByte('+')
			text.WriteString(strconv.FormatUint(f.Offset, 16))
		}
		text.WriteString("\n\n")
	}
	return text.String()
}

// digestOf returns 32 hex digits for a list of texts. Each is preceded by its
// length, so that ("ab", "c") and ("a", "bc") differ.
func digestOf(parts ...string) string {
	h := sha256.New()
	var size [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// cutStack cuts a stack's text, which has been parsed by now.
func (b *batch) cutStack(attrs pcommon.Map) {
	stack, ok := attrs.Get(mobile.AttrExceptionStacktrace)
	if !ok || len(stack.Str()) <= b.n.set.MaxStackBytes {
		return
	}
	stack.SetStr(cutText(stack.Str(), b.n.set.MaxStackBytes))
	b.note(NoteCut)
}
