package dialect

import (
	"math"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// errorOther is the convention's error.type for what has no better name.
const errorOther = "_OTHER"

// request puts an HTTP client span into the stable conventions: names, number
// types, url.template, and a span name of low cardinality.
func request(span ptrace.Span) {
	attrs := span.Attributes()
	rename(attrs, httpRenamed)
	toInt(attrs, mobile.AttrHTTPStatus)
	toInt(attrs, mobile.AttrServerPort)
	failedTransport(span)
	method := strings.ToUpper(text(attrs, mobile.AttrHTTPMethod))
	if method == "" {
		return
	}
	attrs.PutStr(mobile.AttrHTTPMethod, method)
	span.SetKind(ptrace.SpanKindClient)
	splitTarget(attrs)
	if host := hostOf(text(attrs, mobile.AttrURLFull)); host != "" && !present(attrs, mobile.AttrServerName) {
		attrs.PutStr(mobile.AttrServerName, host)
	}
	span.SetName(method)
	if template := templateOf(attrs); template != "" {
		attrs.PutStr(mobile.AttrURLTemplate, template)
		span.SetName(method + " " + template)
	}
}

// failedTransport marks a request without an answer as such: some SDKs send
// status code 0.
func failedTransport(span ptrace.Span) {
	attrs := span.Attributes()
	code, ok := attrs.Get(mobile.AttrHTTPStatus)
	if !ok || code.Type() != pcommon.ValueTypeInt || code.Int() > 0 {
		return
	}
	attrs.Remove(mobile.AttrHTTPStatus)
	if !present(attrs, mobile.AttrErrorType) {
		attrs.PutStr(mobile.AttrErrorType, errorOther)
	}
	span.Status().SetCode(ptrace.StatusCodeError)
}

// toInt makes a number sent as text or fraction an integer, and removes what
// is none.
func toInt(attrs pcommon.Map, key string) {
	val, ok := attrs.Get(key)
	if !ok || val.Type() == pcommon.ValueTypeInt {
		return
	}
	n, ok := number(val)
	if !ok || math.Abs(n) > math.MaxInt32 {
		attrs.Remove(key)
		return
	}
	val.SetInt(int64(n))
}

// splitTarget splits the query off a path: http.target had both.
func splitTarget(attrs pcommon.Map) {
	path, query, found := strings.Cut(text(attrs, mobile.AttrURLPath), "?")
	if !found {
		return
	}
	attrs.PutStr(mobile.AttrURLPath, path)
	if query != "" && !present(attrs, "url.query") {
		attrs.PutStr("url.query", query)
	}
}

// templateOf returns the template that the SDK sent, else one derived from
// url.path or url.full.
func templateOf(attrs pcommon.Map) string {
	if t := text(attrs, mobile.AttrURLTemplate); t != "" {
		return t
	}
	path := text(attrs, mobile.AttrURLPath)
	if path == "" {
		path = pathOf(text(attrs, mobile.AttrURLFull))
	}
	return Template(path)
}

// pathOf returns the path of a URL: "/" where it has a host and nothing after.
func pathOf(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		slash := strings.IndexAny(rest, "/?#")
		if slash < 0 || rest[slash] != '/' {
			return "/"
		}
		url = rest[slash:]
	}
	if end := strings.IndexAny(url, "?#"); end >= 0 {
		url = url[:end]
	}
	return url
}

// hostOf returns the host of a URL without user and port.
func hostOf(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if strings.HasPrefix(rest, "[") {
		host, _, _ := strings.Cut(rest[1:], "]")
		return cutText(host, limitOf(mobile.AttrServerName).bytes)
	}
	host, _, _ := strings.Cut(rest, ":")
	return cutText(strings.ToLower(host), limitOf(mobile.AttrServerName).bytes)
}

const (
	// placeholder stands for a variable segment of a path.
	placeholder = "{id}"
	// maxSegments is how many segments of a path a template keeps.
	maxSegments = 12
)

// Template returns a path with {id} for every segment that looks like one:
// numbers, UUIDs, hexadecimal and other machine-made ids, addresses. "" has
// the template "".
func Template(path string) string {
	if path == "" {
		return ""
	}
	var b strings.Builder
	b.Grow(len(path))
	n := 0
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if n == maxSegments {
			b.WriteString("/…")
			break
		}
		n++
		segment, _, _ = strings.Cut(segment, ";") // ;jsessionid=…
		b.WriteByte('/')
		if variable(segment) {
			segment = placeholder
		}
		b.WriteString(segment)
	}
	return cutText(b.String(), limitOf(mobile.AttrURLTemplate).bytes)
}

// variable says whether a segment is an id rather than a word. A word may
// carry a few digits (v2, iphone15, oauth2), an id is mostly digits or long.
func variable(segment string) bool {
	if segment == placeholder {
		return false
	}
	if len(segment) > 64 || strings.ContainsRune(segment, '@') {
		return true
	}
	digits, hex, other := census(segment)
	switch {
	case digits == 0:
		return other == 0 && hex >= 16
	case other == 0 && hex == 0:
		return digits > 3 || !strings.Contains(segment, ".") // 1.1 is a version
	case other == 0:
		return digits >= 3 || digits+hex >= 8
	default:
		return digits >= 5 || digits >= 2 && len(segment) >= 20
	}
}

// census counts a segment's digits, the letters of hexadecimal numbers, and
// what is neither these nor punctuation.
func census(segment string) (digits, hex, other int) {
	for _, c := range []byte(segment) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case strings.IndexByte("abcdefABCDEF", c) >= 0:
			hex++
		case strings.IndexByte("-_.:~!$&'()*+,=", c) >= 0:
		default:
			other++
		}
	}
	return digits, hex, other
}
