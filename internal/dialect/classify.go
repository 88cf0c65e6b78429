package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// eventName resolves the name of a log: the field, else the attribute
// event.name, else the attribute name of MetricKit's instrumentations, else
// Embrace's type. "" if it has none.
func eventName(lr plog.LogRecord, s *seen) string {
	switch {
	case lr.EventName() != "":
		return lr.EventName()
	case s.eventName != "":
		return s.eventName
	case strings.HasPrefix(s.name, metricKitPrefix):
		return s.name
	default:
		return s.embType
	}
}

// classifyLog applies the selector table to a log. severity is the record's.
func (r *rules) classifyLog(name, scope string, s *seen, severity plog.SeverityNumber) verdict {
	if scope == scopeHandled {
		return r.byName[mobile.EventException]
	}
	if v, ok := r.byType[s.embType]; ok && logClass(v.class) {
		return v
	}
	byScope := r.byScope[scope]
	if v, ok := r.byName[name]; ok {
		if v.class == classCrash && byScope.class == classCrash {
			return byScope // says which kind of crash it is too
		}
		return v.graded(severity)
	}
	if byScope.class == classCrash || name == "" && byScope.class != classOther {
		return byScope.graded(severity)
	}
	if s.exception && name != "http.client.request.exception" {
		return r.byName[mobile.EventException].graded(severity)
	}
	return verdict{}
}

// graded makes a crash of an exception that ended the app.
func (v verdict) graded(severity plog.SeverityNumber) verdict {
	if v.class == classError && severity >= plog.SeverityNumberFatal {
		return crashOf("")
	}
	return v
}

// logClass says whether a class may be a log.
func logClass(c class) bool {
	switch c {
	case classStart, classScreenLoad, classRequest:
		return false
	default:
		return true
	}
}

// spanLog says whether a span of this class leaves as a log.
func spanLog(c class) bool { return c != classOther && logClass(c) }

// classifySpan applies the selector table to a span.
func (r *rules) classifySpan(span ptrace.Span, scope string, s *seen) verdict {
	if v := r.knownSpan(span, s); v.class != classOther {
		return v
	}
	if v, ok := r.byScope[scope]; ok && spanLog(v.class) && v.class != classEvent {
		return v
	}
	if s.http && span.Kind() == ptrace.SpanKindClient {
		return verdict{class: classRequest}
	}
	return r.unnamedSpan(span, scope, s)
}

// knownSpan judges spans by Embrace's type, Splunk's component and their name.
func (r *rules) knownSpan(span ptrace.Span, s *seen) verdict {
	byName := r.bySpan[span.Name()]
	if v, ok := r.byType[s.embType]; ok {
		switch v.class {
		case classScreenLoad:
			return screenLoad(span)
		case classStart:
			return startOf(named(v, byName), byName, span)
		default:
			return named(v, byName)
		}
	}
	if v, ok := r.byComponent[s.component]; ok {
		if v.class == classError && byName.class == classANR {
			return byName // Splunk files these under errors
		}
		return v
	}
	return start(byName, span)
}

// startOf tells Embrace's spans of a start apart: its stages have its type, and
// it as their parent.
func startOf(v, byName verdict, span ptrace.Span) verdict {
	if byName.class != classStart && !span.ParentSpanID().IsEmpty() {
		return verdict{}
	}
	return start(v, span)
}

// named takes from the verdict on a span's name what the one on its type
// leaves open.
func named(v, byName verdict) verdict {
	if v.class == byName.class {
		v.startType = byName.startType
	}
	return v
}

// unnamedSpan judges spans that no name, type or component decides.
func (r *rules) unnamedSpan(span ptrace.Span, scope string, s *seen) verdict {
	name := span.Name()
	switch {
	case name == mobile.EventException && (s.exception || hasException(span)), scope == scopeGlobalErrors && s.exception:
		return r.byName[mobile.EventException]
	case strings.HasPrefix(name, flutterErrorPrefix) && (present(span.Attributes(), "error.message") || hasException(span)):
		return r.byName[mobile.EventException]
	case strings.HasPrefix(name, "emb-") && strings.HasSuffix(name, "-time-to-first-render"):
		return r.bySpan[mobile.SpanScreenLoad]
	case span.EndTimestamp() > span.StartTimestamp():
		return verdict{}
	}
	// A span without length is a log of an SDK that sends only spans.
	if v, ok := r.byName[name]; ok && spanLog(v.class) {
		return v
	}
	return verdict{}
}

// start refines the verdict on spans whose name several things share.
func start(v verdict, span ptrace.Span) verdict {
	attrs := span.Attributes()
	switch {
	case span.Name() == spanCreated && !present(attrs, attrActivity) && !present(attrs, "activityName"):
		return verdict{} // a fragment's, or somebody else's
	case v.class == classStart && prewarmed(attrs):
		return verdict{} // the system started the app ahead of need: nobody waited
	default:
		return v
	}
}

// prewarmed says whether the system started the app before the user did.
func prewarmed(attrs pcommon.Map) bool {
	if text(attrs, mobile.AttrStartType) == "prewarm" {
		return true
	}
	for _, key := range []string{"active_prewarm", "isPrewarmed"} {
		if val, ok := attrs.Get(key); ok && val.AsString() == "true" {
			return true
		}
	}
	return false
}

// screenLoad tells Embrace's spans of loading a screen apart: of the times to
// first drawing and to complete drawing only the first is the load, and child
// spans are its stages.
func screenLoad(span ptrace.Span) verdict {
	load := verdict{class: classScreenLoad, name: mobile.SpanScreenLoad}
	name := span.Name()
	switch {
	case name == mobile.SpanScreenLoad,
		strings.Contains(name, "time-to-first-render"), strings.Contains(name, "time-to-initial-display"):
		return load
	case strings.Contains(name, "time-to-"), !span.ParentSpanID().IsEmpty():
		return verdict{}
	default:
		return load
	}
}

// hasException says whether a span has an exception event.
func hasException(span ptrace.Span) bool {
	for _, ev := range span.Events().All() {
		if ev.Name() == mobile.EventException {
			return true
		}
	}
	return false
}

// screenOf reads the screen out of the name of an Embrace span of loading it:
// emb-<screen>-time-to-first-render, emb-<screen>-cold-time-to-initial-display.
func screenOf(span string) string {
	name, found := strings.CutPrefix(span, "emb-")
	screen, _, timed := strings.Cut(name, "-time-to-")
	for _, kind := range []string{"-cold", "-warm", "-hot"} {
		screen = strings.TrimSuffix(screen, kind)
	}
	if !found && !timed {
		return ""
	}
	return cutText(validText(screen), limitOf(mobile.AttrScreenName).bytes)
}
