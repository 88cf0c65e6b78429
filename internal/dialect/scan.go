package dialect

import (
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// seen is what one pass over a record's attributes found: what the selectors
// need, and which of the slower repairs there is work for. Every other stage
// looks attributes up only where seen says that they exist.
type seen struct {
	embType, eventName, name, component, embState string

	session, screen bool

	exception, http, renames, network, strange, override bool
}

// scan reads a record's attributes once.
func scan(attrs pcommon.Map) seen {
	var s seen
	var keys keySet
	i := 0
	s.strange = attrs.Len() > maxAttributes
	for key, val := range attrs.All() {
		s.look(key, val)
		if !s.strange && (strange(key, val) || keys.add(key) && repeated(attrs, key, i)) {
			s.strange = true
		}
		i++
	}
	return s
}

// keySet is a set of keys that may say of a new key that it has it.
type keySet [4]uint64

// add adds a key and says whether it may have been there.
func (k *keySet) add(key string) bool {
	hash := uint8(len(key) % 256)
	if key != "" {
		hash = hash*31 + key[len(key)-1]*7 + key[len(key)/2]
	}
	bit := uint64(1) << (hash % 64)
	had := k[hash/64]&bit != 0
	k[hash/64] |= bit
	return had
}

// repeated says whether a key is among the first n attributes.
func repeated(attrs pcommon.Map, key string, n int) bool {
	for other := range attrs.All() {
		if n == 0 {
			return false
		}
		if other == key {
			return true
		}
		n--
	}
	return false
}

// look notes what the selectors and the later stages need of one attribute.
func (s *seen) look(key string, val pcommon.Value) {
	switch key {
	case "emb.type":
		s.embType = val.Str()
	case mobile.AttrEventNameOld:
		s.eventName = val.Str()
	case "name":
		s.name = val.Str()
	case "component":
		s.component = val.Str()
	case "emb.state":
		s.embState = val.Str()
	case mobile.AttrExceptionType, mobile.AttrExceptionMessage, mobile.AttrExceptionStacktrace:
		s.exception = true
	case mobile.AttrHTTPMethod, "http.method":
		s.http = true
	case mobile.AttrSessionID:
		s.session = true
	case mobile.AttrScreenName:
		s.screen = true
	case mobile.AttrNetworkType, mobile.AttrNetworkSub:
		s.network = true
	case mobile.AttrServiceVersion, mobile.AttrOSName, mobile.AttrOSVersion, mobile.AttrBuildID:
		s.override = true
	default:
		if _, old := renamed(key); old {
			s.renames = true
		}
	}
}

// strange says whether an attribute needs the repairs of sanitize.go.
func strange(key string, val pcommon.Value) bool {
	if len(key) > maxKeyBytes || !utf8.ValidString(key) {
		return true
	}
	switch val.Type() {
	case pcommon.ValueTypeStr:
		text := val.Str()
		return len(text) > limitOf(key).bytes && limitOf(key).bytes > 0 || !utf8.ValidString(text)
	case pcommon.ValueTypeMap, pcommon.ValueTypeSlice:
		return true
	default:
		return limitOf(key).bytes > 0
	}
}
