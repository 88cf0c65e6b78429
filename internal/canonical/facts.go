package canonical

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// Counts says what became of records.
type Counts struct {
	// Stored are records that became facts.
	Stored int64
	// NoTenant and NoTime are records that cannot be placed and are left out:
	// nothing says whose they are, or when they happened.
	NoTenant, NoTime int64
	// Broken are records of uploads that could not be packed.
	Broken int64
	// Torn are uploads with another number of records than the normaliser
	// stamped; they are stored under a digest of their content.
	Torn int64
	// Unlabelled are incidents without fingerprint; Unkept those that could
	// not be packed: they count, without a stack to show.
	Unlabelled, Unkept int64
	// Crowded are records of more sessions than an upload may speak of, which
	// went to a pseudo-session; Trimmed are resources too large to be kept
	// whole.
	Crowded, Trimmed int64
}

// Maker makes facts of canonical records: it parts each upload by session,
// packs the records, and observes them.
type Maker struct {
	generation uint32
	pack       *packer
}

// NewMaker returns a Maker, which is safe for concurrent use. generation rises
// with corrected code and leads every variant.
func NewMaker(generation uint32) (*Maker, error) {
	p, err := newPacker()
	if err != nil {
		return nil, fmt.Errorf("make facts: %w", err)
	}
	return &Maker{generation: generation, pack: p}, nil
}

// maxShares is how many sessions one upload can speak of. Records of further
// ones go to the pseudo-session of their installation and day.
const maxShares = 256

// share is what one upload says of one session.
type share struct {
	key       store.SessionKey
	state     session.State
	start     int64
	last      int64
	records   int32
	incidents []incident
	// logs or spans are the records, in scopes as they came; scope is the one
	// that the last record came in.
	logs  plog.Logs
	spans ptrace.Traces
	scope int
}

type incident struct {
	session.Incident
	scope  pcommon.InstrumentationScope
	record plog.LogRecord
}

// upload is one resource's records, parted by session.
type upload struct {
	source
	signal byte
	// res is the resource as it is stored.
	res pcommon.Resource
	// found counts all records, also those that are left out.
	found  int64
	shares []*share
	byKey  map[store.SessionKey]*share
}

func (m *Maker) newUpload(res pcommon.Resource, signal byte, c *Counts) upload {
	kept, trimmed := trim(res)
	if trimmed {
		c.Trimmed++
	}
	return upload{source: sourceOf(res.Attributes()), signal: signal, res: kept, byKey: map[store.SessionKey]*share{}}
}

// place returns the share of the next record; nil if it has no time.
func (u *upload) place(attrs pcommon.Map, at int64, c *Counts) *share {
	u.found++
	if u.tenant == "" || u.app == "" {
		c.NoTenant++
		return nil
	}
	if at <= 0 {
		c.NoTime++
		return nil
	}
	key := u.key(attrs, at)
	if u.byKey[key] == nil && len(u.shares) >= maxShares {
		c.Crowded++
		key = u.implicitKey(attrs, at)
	}
	s := u.byKey[key]
	if s == nil {
		s = &share{key: key, scope: -1}
		u.byKey[key] = s
		u.shares = append(u.shares, s)
	}
	s.records++
	if s.start == 0 || at < s.start {
		s.start = at
	}
	s.last = max(s.last, at)
	s.state.AddUser(u.userOf(attrs))
	return s
}

// putLog copies a record of a scope, the i-th of its upload, into the share.
func (s *share) putLog(u *upload, i int, sl plog.ScopeLogs, lr plog.LogRecord) {
	if s.scope < 0 {
		s.logs = plog.NewLogs()
		u.res.CopyTo(s.logs.ResourceLogs().AppendEmpty().Resource())
	}
	scopes := s.logs.ResourceLogs().At(0).ScopeLogs()
	if s.scope != i {
		s.scope = i
		sl.Scope().CopyTo(scopes.AppendEmpty().Scope())
	}
	lr.CopyTo(scopes.At(scopes.Len() - 1).LogRecords().AppendEmpty())
}

// putSpan copies a span of a scope, the i-th of its upload, into the share.
func (s *share) putSpan(u *upload, i int, ss ptrace.ScopeSpans, sp ptrace.Span) {
	if s.scope < 0 {
		s.spans = ptrace.NewTraces()
		u.res.CopyTo(s.spans.ResourceSpans().AppendEmpty().Resource())
	}
	scopes := s.spans.ResourceSpans().At(0).ScopeSpans()
	if s.scope != i {
		s.scope = i
		ss.Scope().CopyTo(scopes.AppendEmpty().Scope())
	}
	sp.CopyTo(scopes.At(scopes.Len() - 1).Spans().AppendEmpty())
}

// pack packs the share's records.
func (s *share) pack(p *packer, signal byte) ([]byte, error) {
	if signal == 't' {
		return p.traces(s.spans)
	}
	return p.logs(s.logs)
}

// Logs makes the facts of canonical logs. ld is not changed.
func (m *Maker) Logs(ld plog.Logs) (*store.Facts, Counts) {
	f, c := &store.Facts{}, Counts{}
	for _, rl := range ld.ResourceLogs().All() {
		u := m.newUpload(rl.Resource(), 'l', &c)
		for i, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				at := cmp.Or(logTime(lr), u.arrival)
				s := u.place(lr.Attributes(), at, &c)
				if s == nil {
					continue
				}
				s.putLog(&u, i, sl, lr)
				observeLog(&s.state, lr, at)
				if v, ok := incidentOf(lr, at); ok {
					s.incidents = append(s.incidents, incident{v, sl.Scope(), lr})
				}
			}
		}
		m.add(f, &c, &u)
	}
	return f, c
}

// Traces makes the facts of canonical spans. td is not changed.
func (m *Maker) Traces(td ptrace.Traces) (*store.Facts, Counts) {
	f, c := &store.Facts{}, Counts{}
	for _, rs := range td.ResourceSpans().All() {
		u := m.newUpload(rs.Resource(), 't', &c)
		for i, ss := range rs.ScopeSpans().All() {
			for _, sp := range ss.Spans().All() {
				s := u.place(sp.Attributes(), int64(sp.StartTimestamp()), &c)
				if s == nil {
					continue
				}
				s.putSpan(&u, i, ss, sp)
				observeSpan(&s.state, sp)
			}
		}
		m.add(f, &c, &u)
	}
	return f, c
}

// add adds an upload's facts. One that cannot be packed is counted and leaves
// its neighbours alone.
func (m *Maker) add(f *store.Facts, c *Counts, u *upload) {
	payloads := make([][]byte, len(u.shares))
	for i, s := range u.shares {
		var err error
		if payloads[i], err = s.pack(m.pack, u.signal); err != nil {
			c.Broken += u.found
			return
		}
	}
	id, torn := u.identity(payloads)
	if torn && len(u.shares) > 0 {
		c.Torn++
	}
	for i, s := range u.shares {
		u.label(&s.state, s.start)
		key := store.FactKey{SessionKey: s.key, Upload: id}
		part := s.state.Append(nil)
		key.Variant = m.variant(part)
		f.Parts = append(f.Parts, store.Part{FactKey: key, Data: part})
		f.Chunks = append(f.Chunks, store.Chunk{FactKey: key, Start: s.start, Records: s.records, Signal: u.signal, Payload: payloads[i]})
		m.addIncidents(f, c, u, s, key)
		f.Apps = append(f.Apps, store.App{Tenant: u.tenant, App: u.app, Platform: u.osFamily, Name: u.name, LastSeen: s.last})
		c.Stored += int64(s.records)
	}
}

func (m *Maker) variant(part []byte) (v store.Variant) {
	binary.BigEndian.PutUint32(v[:], m.generation)
	sum := sha256.Sum256(part)
	copy(v[4:], sum[:])
	return v
}

// identity returns the upload's id. One that was cut or filtered on the way is
// torn: it is stored under a digest of what is left, which may count it twice
// but never loses it.
func (u *upload) identity(payloads [][]byte) (id store.Digest, torn bool) {
	if decoded, err := hex.DecodeString(u.upload); err == nil && len(decoded) == len(id) && u.records == u.found {
		copy(id[:], decoded)
		return id, false
	}
	h := sha256.New()
	h.Write([]byte(u.upload))
	for _, p := range payloads {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write(p)
	}
	copy(id[:], h.Sum(nil))
	return id, u.upload != ""
}

// maxBody is how large the stored record of one incident may be, packed.
const maxBody = 64 << 10

// addIncidents adds the occurrences of a share and what is known of their
// fingerprints.
func (m *Maker) addIncidents(f *store.Facts, c *Counts, u *upload, s *share, key store.FactKey) {
	for _, v := range s.incidents {
		if v.Version == "" {
			c.Unlabelled++
			continue
		}
		body, err := m.body(u.res, v)
		if err != nil {
			c.Unkept++
			continue
		}
		fp := store.Fingerprint{Version: v.Version, Fine: v.Fine}
		f.Crashes = append(f.Crashes, store.Crash{
			FactKey: key, Fingerprint: fp, ID: v.ID, Time: v.Time,
			Release: u.release, OS: u.osVersion, Device: u.device, Class: u.deviceClass, Body: body,
		})
		attrs := v.record.Attributes()
		coarse, _ := digestAttr(attrs, mobile.AttrGroupCoarse)
		f.Groups = append(f.Groups, store.Group{
			Tenant: u.tenant, App: u.app, Fingerprint: fp, Coarse: coarse,
			Kind: v.Kind.String(), Fatal: v.Kind == session.Crash, Quality: uint8(min(max(integer(attrs, mobile.AttrGroupQuality), 0), 3)),
			Title: clip(text(attrs, mobile.AttrGroupTitle), maxTitle), Culprit: clip(text(attrs, mobile.AttrGroupCulprit), maxTitle),
			FirstSeen: v.Time, LastSeen: v.Time, FirstRelease: u.release, LastRelease: u.release,
		})
	}
}

// maxTitle bounds a title and a culprit.
const maxTitle = 300

// body packs an incident's record with its resource. One that is too large
// keeps the beginning of its stack.
func (m *Maker) body(res pcommon.Resource, v incident) ([]byte, error) {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	res.CopyTo(rl.Resource())
	sl := rl.ScopeLogs().AppendEmpty()
	v.scope.CopyTo(sl.Scope())
	lr := sl.LogRecords().AppendEmpty()
	v.record.CopyTo(lr)
	body, err := m.pack.logs(ld)
	if err != nil || len(body) <= maxBody {
		return body, err
	}
	stack := text(lr.Attributes(), mobile.AttrExceptionStacktrace)
	kept := pcommon.NewMap()
	for _, k := range []string{mobile.AttrSessionID, mobile.AttrExceptionType, mobile.AttrExceptionMessage, mobile.AttrCrashKind, mobile.AttrGroupTitle, mobile.AttrGroupCulprit} {
		if t := text(lr.Attributes(), k); t != "" {
			kept.PutStr(k, clip(t, maxTitle))
		}
	}
	kept.PutStr(mobile.AttrExceptionStacktrace, clip(stack, maxBody/2))
	kept.CopyTo(lr.Attributes())
	lr.Body().SetStr("")
	return m.pack.logs(ld)
}

// digestAttr returns an attribute of 32 hex digits.
func digestAttr(m pcommon.Map, key string) (d [16]byte, ok bool) {
	s := text(m, key)
	if len(s) != 2*len(d) {
		return d, false
	}
	_, err := hex.Decode(d[:], []byte(s))
	return d, err == nil
}
