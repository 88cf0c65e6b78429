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
	// Unlabelled are incidents without fingerprint.
	Unlabelled int64
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

// share is what one upload says of one session.
type share struct {
	key       store.SessionKey
	state     session.State
	start     int64
	last      int64
	records   int32
	incidents []incident
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
	shares []*share
	// owner is the share of each record in order, -1 for one left out.
	owner []int
	// payload packs the records of a share.
	payload func(share int) ([]byte, error)
}

// place returns the share of the next record; nil if it has no time.
func (u *upload) place(attrs pcommon.Map, at int64) *share {
	if at <= 0 {
		u.owner = append(u.owner, -1)
		return nil
	}
	key := u.key(attrs, at)
	for i, s := range u.shares {
		if s.key == key {
			u.owner = append(u.owner, i)
			s.count(at)
			s.state.AddUser(u.userOf(attrs))
			return s
		}
	}
	s := &share{key: key}
	s.count(at)
	s.state.AddUser(u.userOf(attrs))
	u.owner = append(u.owner, len(u.shares))
	u.shares = append(u.shares, s)
	return s
}

func (s *share) count(at int64) {
	s.records++
	if s.start == 0 || at < s.start {
		s.start = at
	}
	s.last = max(s.last, at)
}

// Logs makes the facts of canonical logs. ld is not changed.
func (m *Maker) Logs(ld plog.Logs) (*store.Facts, Counts) {
	f, c := &store.Facts{}, Counts{}
	for _, rl := range ld.ResourceLogs().All() {
		u := upload{source: sourceOf(rl.Resource().Attributes()), signal: 'l'}
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				at := cmp.Or(logTime(lr), u.arrival)
				s := u.place(lr.Attributes(), at)
				if s == nil {
					c.NoTime++
					continue
				}
				observeLog(&s.state, lr, at)
				if v, ok := incidentOf(lr, at); ok {
					s.incidents = append(s.incidents, incident{v, sl.Scope(), lr})
				}
			}
		}
		u.payload = func(i int) ([]byte, error) { return m.pack.logs(u.logsOf(rl, i)) }
		m.add(f, &c, &u, rl.Resource())
	}
	return f, c
}

// Traces makes the facts of canonical spans. td is not changed.
func (m *Maker) Traces(td ptrace.Traces) (*store.Facts, Counts) {
	f, c := &store.Facts{}, Counts{}
	for _, rs := range td.ResourceSpans().All() {
		u := upload{source: sourceOf(rs.Resource().Attributes()), signal: 't'}
		for _, ss := range rs.ScopeSpans().All() {
			for _, sp := range ss.Spans().All() {
				s := u.place(sp.Attributes(), int64(sp.StartTimestamp()))
				if s == nil {
					c.NoTime++
					continue
				}
				observeSpan(&s.state, sp)
			}
		}
		u.payload = func(i int) ([]byte, error) { return m.pack.traces(u.spansOf(rs, i)) }
		m.add(f, &c, &u, rs.Resource())
	}
	return f, c
}

// add adds an upload's facts. One that cannot be packed is counted and leaves
// its neighbours alone.
func (m *Maker) add(f *store.Facts, c *Counts, u *upload, res pcommon.Resource) {
	if len(u.owner) == 0 {
		return
	}
	if u.tenant == "" || u.app == "" {
		c.NoTenant += int64(len(u.owner))
		return
	}
	payloads := make([][]byte, len(u.shares))
	for i := range u.shares {
		var err error
		if payloads[i], err = u.payload(i); err != nil {
			c.Broken += int64(len(u.owner))
			return
		}
	}
	id, torn := u.identity(payloads)
	if torn {
		c.Torn++
	}
	for i, s := range u.shares {
		u.label(&s.state, s.start)
		key := store.FactKey{SessionKey: s.key, Upload: id}
		part := s.state.Append(nil)
		key.Variant = m.variant(part)
		f.Parts = append(f.Parts, store.Part{FactKey: key, Data: part})
		f.Chunks = append(f.Chunks, store.Chunk{FactKey: key, Start: s.start, Records: s.records, Signal: u.signal, Payload: payloads[i]})
		m.addIncidents(f, c, u, s, key, res)
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
	if decoded, err := hex.DecodeString(u.upload); err == nil && len(decoded) == len(id) && u.records == int64(len(u.owner)) {
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

// logsOf returns the records of a share.
func (u *upload) logsOf(rl plog.ResourceLogs, share int) plog.Logs {
	ld := plog.NewLogs()
	out := ld.ResourceLogs().AppendEmpty()
	rl.Resource().CopyTo(out.Resource())
	i := 0
	for _, sl := range rl.ScopeLogs().All() {
		to := plog.NewScopeLogs()
		for _, lr := range sl.LogRecords().All() {
			if u.owner[i] == share {
				lr.CopyTo(to.LogRecords().AppendEmpty())
			}
			i++
		}
		if to.LogRecords().Len() > 0 {
			sl.Scope().CopyTo(to.Scope())
			to.MoveTo(out.ScopeLogs().AppendEmpty())
		}
	}
	return ld
}

// spansOf returns the spans of a share.
func (u *upload) spansOf(rs ptrace.ResourceSpans, share int) ptrace.Traces {
	td := ptrace.NewTraces()
	out := td.ResourceSpans().AppendEmpty()
	rs.Resource().CopyTo(out.Resource())
	i := 0
	for _, ss := range rs.ScopeSpans().All() {
		to := ptrace.NewScopeSpans()
		for _, sp := range ss.Spans().All() {
			if u.owner[i] == share {
				sp.CopyTo(to.Spans().AppendEmpty())
			}
			i++
		}
		if to.Spans().Len() > 0 {
			ss.Scope().CopyTo(to.Scope())
			to.MoveTo(out.ScopeSpans().AppendEmpty())
		}
	}
	return td
}

// maxBody is how large the stored record of one incident may be, packed.
const maxBody = 64 << 10

// addIncidents adds the occurrences of a share and what is known of their
// fingerprints.
func (m *Maker) addIncidents(f *store.Facts, c *Counts, u *upload, s *share, key store.FactKey, res pcommon.Resource) {
	for _, v := range s.incidents {
		if v.Version == "" {
			c.Unlabelled++
			continue
		}
		body, err := m.body(res, v)
		if err != nil {
			c.Broken++
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
