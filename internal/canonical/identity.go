// Package canonical is the bridge between canonical records, which are plain
// OTLP, and the domain: it makes facts of them and puts parsed stacks in and
// takes them out.
package canonical

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// Limits of texts that become part of keys and documents. A longer one keeps
// its beginning and gets a hash for the rest, so that different texts stay
// different.
const (
	maxSessionID = 128
	maxID        = 64
	maxLabel     = 120
	maxFlowName  = 255
)

// source is what a resource says of who and what sent it.
type source struct {
	tenant, app string
	// name is the app's display name, installation who sent it.
	name, installation string
	sessionID          string
	userRank           uint8
	user               uint64
	release, osFamily  string
	osVersion, device  string
	deviceClass, sdk   string
	upload             string
	records, arrival   int64
}

func sourceOf(res pcommon.Map) source {
	s := source{
		tenant: text(res, mobile.AttrTenantID), app: text(res, mobile.AttrAppID), name: label(res, mobile.AttrServiceName),
		sessionID: text(res, mobile.AttrSessionID), release: label(res, mobile.AttrServiceVersion), osFamily: label(res, mobile.AttrOSFamily),
		osVersion: label(res, mobile.AttrOSVersion), device: label(res, mobile.AttrModelName), deviceClass: label(res, mobile.AttrDeviceClass),
		sdk: label(res, mobile.AttrSDK), upload: text(res, mobile.AttrUploadID),
		records: integer(res, mobile.AttrUploadRecords), arrival: integer(res, mobile.AttrArrival),
	}
	if s.device == "" {
		s.device = label(res, mobile.AttrModelID)
	}
	for rank, key := range []string{mobile.AttrInstallationID, mobile.AttrDeviceID, mobile.AttrUserID} {
		if id := text(res, key); id != "" {
			s.installation, s.userRank, s.user = clip(id, maxID), uint8(rank+1), s.hash(id)
			break
		}
	}
	return s
}

// hash returns a hash of a person. It covers tenant and app, so people cannot
// be followed from one app to another.
func (s *source) hash(id string) uint64 {
	var d xxhash.Digest
	d.Reset()
	for _, part := range []string{s.tenant, "\x00", s.app, "\x00", id} {
		_, _ = d.WriteString(part)
	}
	return d.Sum64()
}

// key returns the session that a record at a time (nanoseconds) belongs to.
func (s *source) key(attrs pcommon.Map, at int64) store.SessionKey {
	id := text(attrs, mobile.AttrSessionID)
	if id == "" {
		id = s.sessionID
	}
	if id == "" {
		return s.implicitKey(attrs, at)
	}
	return store.SessionKey{Tenant: s.tenant, App: s.app, Session: session.ExplicitID(clip(id, maxSessionID)), Week: session.Week(at)}
}

// implicitKey returns the pseudo-session that a record belongs to.
func (s *source) implicitKey(attrs pcommon.Map, at int64) store.SessionKey {
	id := session.ImplicitID(s.installationOf(attrs), time.Unix(0, at))
	return store.SessionKey{Tenant: s.tenant, App: s.app, Session: id, Week: session.Week(at)}
}

// installationOf names who sent a record. Where nothing says so, uploads are
// spread by their digest, so that no pseudo-session collects an app's whole day.
func (s *source) installationOf(attrs pcommon.Map) string {
	if s.installation != "" {
		return s.installation
	}
	if id := text(attrs, mobile.AttrUserID); id != "" {
		return clip(id, maxID)
	}
	return "?" + s.upload[:min(len(s.upload), 4)]
}

// userOf returns who a record's user is where the resource does not say so.
func (s *source) userOf(attrs pcommon.Map) (rank uint8, hash uint64) {
	if s.userRank != 0 {
		return s.userRank, s.user
	}
	if id := text(attrs, mobile.AttrUserID); id != "" {
		return userRanks, s.hash(id)
	}
	return 0, 0
}

// userRanks is how many kinds of identity there are; the last is user.id.
const userRanks = 3

// label offers the resource's labels to a state, as they held at a time.
func (s *source) label(st *session.State, at int64) {
	for _, l := range [...]struct {
		to   *session.Label
		text string
	}{{&st.Release, s.release}, {&st.OSFamily, s.osFamily}, {&st.OSVersion, s.osVersion}, {&st.Device, s.device}, {&st.DeviceClass, s.deviceClass}, {&st.SDK, s.sdk}} {
		l.to.Offer(at, l.text)
	}
}

// text returns a string attribute, "" where there is none or it has another type.
func text(m pcommon.Map, key string) string {
	v, ok := m.Get(key)
	if !ok || v.Type() != pcommon.ValueTypeStr {
		return ""
	}
	return v.Str()
}

func label(m pcommon.Map, key string) string { return clip(text(m, key), maxLabel) }

// integer returns a whole number, 0 where there is none.
func integer(m pcommon.Map, key string) int64 {
	v, ok := m.Get(key)
	if !ok {
		return 0
	}
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return v.Int()
	case pcommon.ValueTypeDouble:
		return whole(v.Double())
	default:
		return 0
	}
}

// whole is a number as an integer on every processor: what does not fit is 0.
func whole(f float64) int64 {
	if !(f > -1<<62 && f < 1<<62) {
		return 0
	}
	return int64(f)
}

// number returns a number; ok is false where there is none.
func number(m pcommon.Map, key string) (n float64, ok bool) {
	v, found := m.Get(key)
	if !found {
		return 0, false
	}
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return float64(v.Int()), true
	case pcommon.ValueTypeDouble:
		return v.Double(), true
	default:
		return 0, false
	}
}

// clip makes a text valid UTF-8 of at most n bytes.
func clip(s string, n int) string {
	if len(s) > n {
		var d xxhash.Digest
		d.Reset()
		_, _ = d.WriteString(s)
		s = s[:n-17] + "~" + hex.EncodeToString(d.Sum(nil))
	}
	return strings.ToValidUTF8(s, "?")
}
