package dialect

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// item is one received record, or one log made of a span's event, on its way
// into an upload.
type item struct {
	scope  pcommon.InstrumentationScope
	schema string
	// digest and size are of the record as received, with its scope.
	digest [sha256.Size]byte
	size   int

	asLog bool
	log   plog.LogRecord
	span  ptrace.Span

	// What a span's first reading found.
	seen            seen
	verdict         verdict
	derives, wanted bool

	// over is what the record says that differs from its resource. It is a
	// function of the received record, as is which upload it belongs to.
	over override
	// refused records count for the upload's id, but do not leave: whether
	// one is refused depends on when it arrives.
	refused bool
}

// maxOverrides is how many other releases and systems the records of one
// resource may name.
const maxOverrides = 16

// cutter makes uploads of one received resource's records.
type cutter struct {
	b      *batch
	d      *digester
	out    *Output
	schema string
	parts  []*part
}

// part is the upload being filled for one signal and override.
type part struct {
	asLog bool
	over  override
	size  int
	items []*item
}

func newCutter(b *batch, d *digester, out *Output) *cutter {
	return &cutter{b: b, d: d, out: out}
}

// emit cuts the items, in their order, and appends the uploads to the output.
func (c *cutter) emit(items []item) {
	limit := c.b.n.set.MaxUploadBytes
	for i := range items {
		it := &items[i]
		p := c.partOf(it)
		if len(p.items) > 0 && p.size+it.size > limit {
			c.flush(p)
		}
		if len(p.items) == 0 {
			p.size = len(c.d.resource)
		}
		p.size += it.size
		p.items = append(p.items, it)
		if it.size > limit && !it.refused {
			c.b.shorten(it)
		}
	}
	for _, p := range c.parts {
		c.flush(p)
	}
}

// partOf returns the part that an item goes to. One override too many stays
// under the resource as received.
func (c *cutter) partOf(it *item) *part {
	overrides := 0
	for _, p := range c.parts {
		if p.asLog == it.asLog && p.over == it.over {
			return p
		}
		if p.over != (override{}) {
			overrides++
		}
	}
	if it.over != (override{}) && overrides >= maxOverrides {
		it.over = override{}
		c.b.note(NoteOverride)
		return c.partOf(it)
	}
	p := &part{asLog: it.asLog, over: it.over}
	c.parts = append(c.parts, p)
	return p
}

// flush appends a part's upload to the output and empties the part.
func (c *cutter) flush(p *part) {
	id := c.d.uploadID(p)
	kept := p.items[:0]
	for _, it := range p.items {
		if !it.refused {
			kept = append(kept, it)
		}
	}
	p.items = nil
	if len(kept) == 0 {
		return
	}
	c.out.Counts.Sent += int64(len(kept))
	if p.asLog {
		rl := c.out.Logs.ResourceLogs().AppendEmpty()
		rl.SetSchemaUrl(validText(c.schema))
		c.stamp(rl.Resource(), p, id, len(kept))
		fillLogs(rl, kept)
		return
	}
	rs := c.out.Traces.ResourceSpans().AppendEmpty()
	rs.SetSchemaUrl(validText(c.schema))
	c.stamp(rs.Resource(), p, id, len(kept))
	fillSpans(rs, kept)
}

// stamp writes an upload's resource.
func (c *cutter) stamp(res pcommon.Resource, p *part, id string, records int) {
	attrs := res.Attributes()
	attrs.EnsureCapacity(c.b.res.Len() + 4)
	c.b.res.CopyTo(attrs)
	p.over.apply(attrs)
	attrs.PutStr(mobile.AttrUploadID, id)
	attrs.PutInt(mobile.AttrUploadRecords, int64(records))
	attrs.PutInt(mobile.AttrArrival, c.b.arrival)
}

func fillLogs(rl plog.ResourceLogs, items []*item) {
	var sl plog.ScopeLogs
	for i, it := range items {
		if i == 0 || it.scope != items[i-1].scope {
			sl = rl.ScopeLogs().AppendEmpty()
			copyScope(it.scope, sl.Scope())
			sl.SetSchemaUrl(validText(it.schema))
		}
		it.log.MoveTo(sl.LogRecords().AppendEmpty())
	}
}

// copyScope copies a scope with valid texts.
func copyScope(from, to pcommon.InstrumentationScope) {
	from.CopyTo(to)
	to.SetName(validText(to.Name()))
	to.SetVersion(validText(to.Version()))
	if to.Attributes().Len() > 0 {
		sanitize(to.Attributes())
	}
}

func fillSpans(rs ptrace.ResourceSpans, items []*item) {
	var ss ptrace.ScopeSpans
	for i, it := range items {
		if i == 0 || it.scope != items[i-1].scope {
			ss = rs.ScopeSpans().AppendEmpty()
			copyScope(it.scope, ss.Scope())
			ss.SetSchemaUrl(validText(it.schema))
		}
		it.span.MoveTo(ss.Spans().AppendEmpty())
	}
}

// shorten cuts the texts of a record that is larger than an upload.
func (b *batch) shorten(it *item) {
	b.note(NoteOversize)
	var attrs pcommon.Map
	if it.asLog {
		attrs = it.log.Attributes()
		b.shortenValue(it.log.Body())
	} else {
		attrs = it.span.Attributes()
		for _, ev := range it.span.Events().All() {
			for _, val := range ev.Attributes().All() {
				b.shortenValue(val)
			}
		}
	}
	for _, val := range attrs.All() {
		b.shortenValue(val)
	}
}

func (b *batch) shortenValue(val pcommon.Value) {
	if val.Type() == pcommon.ValueTypeStr && len(val.Str()) > b.n.set.MaxStackBytes {
		val.SetStr(cutText(val.Str(), b.n.set.MaxStackBytes))
		b.note(NoteCut)
	}
}

// Signals as received.
const (
	signalLogs   = 'l'
	signalTraces = 't'
)

// digester digests records as received. What depends on the arrival or on who
// sent it is not part of a digest: tenant.id, app.id and mobile.upload.*.
type digester struct {
	signal byte
	// resource is the received resource as protocol buffers.
	resource []byte
	logs     plog.Logs
	traces   ptrace.Traces
}

func newDigester(res pcommon.Resource, signal byte) *digester {
	d := &digester{signal: signal, logs: plog.NewLogs(), traces: ptrace.NewTraces()}
	scratch := plog.NewLogs()
	dst := scratch.ResourceLogs().AppendEmpty().Resource()
	res.CopyTo(dst)
	dst.Attributes().RemoveIf(func(key string, _ pcommon.Value) bool { return stamped(key) })
	d.resource = marshalLogs(scratch)
	if signal == signalLogs {
		d.logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	} else {
		d.traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	}
	return d
}

// stamped says whether a resource attribute is put there by a stage of ours.
func stamped(key string) bool {
	switch key {
	case mobile.AttrTenantID, mobile.AttrAppID, mobile.AttrUploadID, mobile.AttrUploadRecords, mobile.AttrArrival, mobile.AttrSDK:
		return true
	default:
		return false
	}
}

// scope sets the scope of the records that follow.
func (d *digester) scope(scope pcommon.InstrumentationScope, schema string) {
	if d.signal == signalLogs {
		sl := d.logs.ResourceLogs().At(0).ScopeLogs().At(0)
		scope.CopyTo(sl.Scope())
		sl.SetSchemaUrl(schema)
		return
	}
	ss := d.traces.ResourceSpans().At(0).ScopeSpans().At(0)
	scope.CopyTo(ss.Scope())
	ss.SetSchemaUrl(schema)
}

// log digests a record with its scope. The record is unchanged after.
func (d *digester) log(lr plog.LogRecord) (sum [sha256.Size]byte, size int) {
	dst := d.logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	lr.MoveTo(dst)
	data := marshalLogs(d.logs)
	dst.MoveTo(lr)
	return sha256.Sum256(data), len(data)
}

// span does as log does.
func (d *digester) span(span ptrace.Span) (sum [sha256.Size]byte, size int) {
	dst := d.traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	span.MoveTo(dst)
	data := marshalTraces(d.traces)
	dst.MoveTo(span)
	return sha256.Sum256(data), len(data)
}

// marshalLogs and marshalTraces write protocol buffers, which cannot fail.
func marshalLogs(ld plog.Logs) []byte {
	data, _ := new(plog.ProtoMarshaler).MarshalLogs(ld)
	return data
}

func marshalTraces(td ptrace.Traces) []byte {
	data, _ := new(ptrace.ProtoMarshaler).MarshalTraces(td)
	return data
}

// eventDigest is the digest of the i-th event of a span.
func eventDigest(span [sha256.Size]byte, i int) [sha256.Size]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint32(span[:], uint32(i))) //nolint:gosec // an index
}

// uploadID returns the id of a part's records: 128 bits of a digest over
// signals, resource and records as received, refused ones included.
func (d *digester) uploadID(p *part) string {
	signal := byte(signalTraces)
	if p.asLog {
		signal = signalLogs
	}
	h := sha256.New()
	head := binary.BigEndian.AppendUint64([]byte{d.signal, signal}, uint64(len(d.resource)))
	h.Write(head)
	h.Write(d.resource)
	for _, it := range p.items {
		h.Write(it.digest[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
