package dialect

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

const (
	// maxDepth is how deep attribute values may be nested.
	maxDepth = 32
	// maxAttributes is how many entries a map may have: pdata looks keys up
	// one by one, so a map of 100,000 would cost seconds.
	maxAttributes = 1024
	// maxKeyBytes is how long an attribute's key may be.
	maxKeyBytes = 512
)

// limit is what a canonical attribute that must be text may hold. bytes is 0
// for attributes that are not ours to limit. What is longer is cut, or
// replaced by its digest where it is an id.
type limit struct {
	bytes int
	id    bool
}

// limitOf returns the limit of an attribute. Stores key rows by some of these,
// so an SDK that puts a megabyte there must not reach them.
func limitOf(key string) limit {
	switch key {
	case mobile.AttrSessionID, mobile.AttrPreviousSessionID, mobile.AttrReporterSession,
		mobile.AttrInstallationID, mobile.AttrDeviceID, mobile.AttrUserID, "aei_user_session_id":
		return limit{bytes: 128, id: true}
	case mobile.AttrCrashID, mobile.AttrANRID, mobile.AttrErrorID, "log.record.uid":
		return limit{bytes: 64, id: true}
	case mobile.AttrBuildID, mobile.AttrServiceName, mobile.AttrServiceVersion, mobile.AttrOSName,
		mobile.AttrOSVersion, mobile.AttrModelID, mobile.AttrModelName, mobile.AttrManufacturer:
		return limit{bytes: 128}
	case mobile.AttrScreenName, mobile.AttrFlowName, mobile.AttrFlowID, mobile.AttrServerName:
		return limit{bytes: 256}
	case mobile.AttrHTTPMethod:
		return limit{bytes: 32}
	case mobile.AttrExceptionType, mobile.AttrURLTemplate:
		return limit{bytes: 512}
	case mobile.AttrURLFull, mobile.AttrURLPath:
		return limit{bytes: 8 << 10}
	case mobile.AttrExceptionMessage:
		return limit{bytes: 16 << 10}
	case mobile.AttrExceptionStacktrace:
		// Cut after parsing, by the setting.
		return limit{bytes: 1 << 30}
	default:
		if now, old := renamed(key); old {
			return limitOf(now)
		}
		if now, old := httpRenamed(key); old {
			return limitOf(now)
		}
		return limit{}
	}
}

// repairs is what sanitizing a record had to do.
type repairs struct {
	cut, digested, utf8, nested, typed, many bool
}

// or returns what either did.
func (r repairs) or(o repairs) repairs {
	return repairs{
		r.cut || o.cut, r.digested || o.digested, r.utf8 || o.utf8, r.nested || o.nested, r.typed || o.typed, r.many || o.many,
	}
}

// sanitize makes every text valid UTF-8 and every key different, bounds the depth of values, turns
// canonical text attributes of another type into text and applies limitOf.
func sanitize(attrs pcommon.Map) repairs {
	var r repairs
	var keys keySet
	badKey := false
	i := 0
	r.count(attrs)
	for key, val := range attrs.All() {
		badKey = badKey || len(key) > maxKeyBytes || !utf8.ValidString(key) || keys.add(key) && repeated(attrs, key, i)
		i++
		r.value(val, 1)
		if lim := limitOf(key); lim.bytes > 0 {
			r.text(val, lim)
		}
	}
	if badKey {
		r.keys(attrs)
	}
	return r
}

// keys rewrites a map with keys that are valid, short and different. Of equal
// ones the first stays.
func (r *repairs) keys(attrs pcommon.Map) {
	fixed := pcommon.NewMap()
	fixed.EnsureCapacity(attrs.Len())
	for key, val := range attrs.All() {
		short := validText(cutText(key, maxKeyBytes))
		r.utf8 = r.utf8 || !utf8.ValidString(key)
		r.cut = r.cut || len(key) > maxKeyBytes
		if dst, exists := fixed.GetOrPutEmpty(short); !exists {
			val.MoveTo(dst)
		}
	}
	fixed.MoveTo(attrs)
}

// count takes what is too many out of a map.
func (r *repairs) count(m pcommon.Map) {
	if m.Len() <= maxAttributes {
		return
	}
	n := 0
	m.RemoveIf(func(string, pcommon.Value) bool {
		n++
		return n > maxAttributes
	})
	r.many = true
}

// value repairs a value that lies depth levels deep.
func (r *repairs) value(val pcommon.Value, depth int) {
	switch val.Type() {
	case pcommon.ValueTypeStr:
		if !utf8.ValidString(val.Str()) {
			val.SetStr(validText(val.Str()))
			r.utf8 = true
		}
	case pcommon.ValueTypeMap:
		if r.tooDeep(val, depth) {
			return
		}
		badKey := false
		r.count(val.Map())
		for key, inner := range val.Map().All() {
			badKey = badKey || len(key) > maxKeyBytes || !utf8.ValidString(key)
			r.value(inner, depth+1)
		}
		if badKey {
			r.keys(val.Map())
		}
	case pcommon.ValueTypeSlice:
		if r.tooDeep(val, depth) {
			return
		}
		for _, inner := range val.Slice().All() {
			r.value(inner, depth+1)
		}
	default: // numbers, bytes and nothing need no repair
	}
}

func (r *repairs) tooDeep(val pcommon.Value, depth int) bool {
	if depth <= maxDepth {
		return false
	}
	pcommon.NewValueEmpty().CopyTo(val)
	r.nested = true
	return true
}

// text makes val a text within lim.
func (r *repairs) text(val pcommon.Value, lim limit) {
	switch val.Type() {
	case pcommon.ValueTypeStr:
	case pcommon.ValueTypeEmpty:
		val.SetStr("")
	default:
		val.SetStr(val.AsString())
		r.typed = true
	}
	text := val.Str()
	switch {
	case len(text) <= lim.bytes:
	case lim.id:
		val.SetStr(digestText(text))
		r.digested = true
	default:
		val.SetStr(cutText(text, lim.bytes))
		r.cut = true
	}
}

// digestText returns 32 hex digits that stand for a text.
func digestText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// validText replaces what is not UTF-8.
func validText(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// cutText returns the longest prefix of at most limit bytes that ends with a
// whole rune.
func cutText(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
