package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// renamed returns the current name of an attribute that SDKs send under an
// older one. http.* is in httpRenames, since those names mean other things on
// spans that are no requests.
func renamed(key string) (string, bool) {
	switch key {
	case "screen.name":
		return mobile.AttrScreenName, true
	case "last.screen.name":
		return "app.screen.previous.name", true
	case "activityName":
		return attrActivity, true
	case "fragmentName":
		return attrFragment, true
	case "android.state":
		return attrAndroidState, true
	case "ios.state":
		return attrIOSState, true
	case "emb.user_session_id", "splunk.rumSessionId":
		return mobile.AttrSessionID, true
	case "splunk.rum.previous_session_id":
		return mobile.AttrPreviousSessionID, true
	case "deployment.environment":
		return "deployment.environment.name", true
	case "code.function":
		return "code.function.name", true
	case "code.filepath":
		return "code.file.path", true
	case "code.lineno":
		return "code.line.number", true
	case "code.column":
		return "code.column.number", true
	default:
		return "", false
	}
}

const (
	attrActivity     = "activity.name"
	attrFragment     = "fragment.name"
	attrAndroidState = "android.app.state"
	attrIOSState     = "ios.app.state"
)

// httpRenamed returns the current name of an HTTP attribute.
func httpRenamed(key string) (string, bool) {
	switch key {
	case "http.method":
		return mobile.AttrHTTPMethod, true
	case "http.url":
		return mobile.AttrURLFull, true
	case "http.status_code":
		return mobile.AttrHTTPStatus, true
	case "net.peer.name", "net.sock.peer.name":
		return mobile.AttrServerName, true
	case "net.peer.port":
		return mobile.AttrServerPort, true
	case "http.target":
		return mobile.AttrURLPath, true
	case "http.scheme":
		return "url.scheme", true
	case "http.request_content_length":
		return "http.request.body.size", true
	case "http.response_content_length":
		return "http.response.body.size", true
	default:
		return "", false
	}
}

// rename moves attributes to their current names. Where the current name holds
// something already, that stays and the old one goes: SDKs that send both mean
// the same.
func rename(attrs pcommon.Map, table func(string) (string, bool)) {
	type move struct{ from, to string }
	var moves []move
	for key := range attrs.All() {
		if to, ok := table(key); ok {
			moves = append(moves, move{key, to})
		}
	}
	for _, m := range moves {
		if present(attrs, m.to) {
			continue
		}
		attrs.PutEmpty(m.to) // may move the old value: look it up after
		from, _ := attrs.Get(m.from)
		to, _ := attrs.Get(m.to)
		from.CopyTo(to)
	}
	if len(moves) > 0 {
		attrs.RemoveIf(func(key string, _ pcommon.Value) bool {
			_, old := table(key)
			return old
		})
	}
}

// present says whether an attribute holds more than an empty text.
func present(attrs pcommon.Map, key string) bool {
	val, ok := attrs.Get(key)
	if !ok || val.Type() == pcommon.ValueTypeEmpty {
		return false
	}
	return val.Type() != pcommon.ValueTypeStr || val.Str() != ""
}

// text returns a text attribute, or "" if there is none of that type.
func text(attrs pcommon.Map, key string) string {
	val, ok := attrs.Get(key)
	if !ok {
		return ""
	}
	return val.Str()
}

// firstText returns the first text of the keys that is neither empty nor
// unknown.
func firstText(attrs pcommon.Map, keys ...string) string {
	for _, key := range keys {
		if t := text(attrs, key); t != "" && t != "unknown" {
			return t
		}
	}
	return ""
}

// putText puts a text that came from elsewhere: valid, and within the limit of
// its new name.
func putText(attrs pcommon.Map, key, t string) {
	if lim := limitOf(key).bytes; lim > 0 {
		t = cutText(t, lim)
	}
	attrs.PutStr(key, validText(t))
}

// networkSubtypes maps what SDKs call a radio technology to the convention,
// where lower case does not do it. "" is dropped.
func networkSubtypes() map[string]string {
	return map[string]string{
		"1xrtt":   "cdma2000_1xrtt",
		"wcdma":   "umts",
		"hrpd":    "ehrpd",
		"unknown": "",
	}
}

// network puts connection type and subtype into the convention's words. vpn is
// no type there: it becomes unknown and a flag.
func (r *rules) network(attrs pcommon.Map) {
	if sub, ok := attrs.Get(mobile.AttrNetworkSub); ok {
		word := strings.ToLower(cutText(sub.AsString(), 64))
		if other, listed := r.subtypes[word]; listed {
			word = other
		}
		sub.SetStr(word)
		if word == "" {
			attrs.Remove(mobile.AttrNetworkSub)
		}
	}
	if kind, ok := attrs.Get(mobile.AttrNetworkType); ok && kind.Str() == "vpn" {
		kind.SetStr("unknown")
		attrs.PutBool(mobile.AttrVPN, true)
	}
}
