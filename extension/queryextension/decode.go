package queryextension

import (
	"fmt"
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-mobile/otelcol-mobile/internal/canonical"
	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/query"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// decoder reads stored records. It is safe for concurrent use.
type decoder struct{ unpack *canonical.Unpacker }

func newDecoder() (*decoder, error) {
	u, err := canonical.NewUnpacker()
	if err != nil {
		return nil, fmt.Errorf("make decoder: %w", err)
	}
	return &decoder{u}, nil
}

// Events implements query.Decoder.
func (d *decoder) Events(c store.Chunk) ([]query.Event, error) {
	if c.Signal == 't' {
		return d.spans(c)
	}
	ld, err := d.unpack.Logs(c.Payload)
	if err != nil {
		return nil, err
	}
	var out []query.Event
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				attrs, size := rawAttributes(lr.Attributes())
				out = append(out, query.Event{Time: timeOf(lr).UTC(), Name: nameOf(lr), Type: "log", Attributes: attrs, Size: size})
			}
		}
	}
	return out, nil
}

func (d *decoder) spans(c store.Chunk) ([]query.Event, error) {
	td, err := d.unpack.Traces(c.Payload)
	if err != nil {
		return nil, err
	}
	var out []query.Event
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, sp := range ss.Spans().All() {
				ms := float64(sp.EndTimestamp()-sp.StartTimestamp()) / 1e6
				if sp.EndTimestamp() < sp.StartTimestamp() {
					ms = 0
				}
				attrs, size := rawAttributes(sp.Attributes())
				out = append(out, query.Event{
					Time: sp.StartTimestamp().AsTime(), Name: sp.Name(), Type: "span", DurationMS: &ms, Attributes: attrs, Size: size,
				})
			}
		}
	}
	return out, nil
}

// rawAttributes leaves out the parsed stack: its text is there, and the issue
// shows its frames. size is about how many bytes they take.
func rawAttributes(m pcommon.Map) (attrs map[string]any, size int) {
	attrs = m.AsRaw()
	delete(attrs, mobile.AttrStack)
	for k, v := range attrs {
		n := 0
		attrs[k], n = finite(v)
		size += len(k) + n
	}
	return attrs, size
}

// finite replaces the numbers that JSON cannot write by their names, and
// returns about how many bytes the value takes.
func finite(v any) (out any, size int) {
	const word = 16
	switch v := v.(type) {
	case string:
		return v, word + len(v)
	case []byte:
		return v, word + len(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprint(v), word
		}
	case map[string]any:
		for k := range v {
			n := 0
			v[k], n = finite(v[k])
			size += len(k) + n
		}
	case []any:
		for i := range v {
			n := 0
			v[i], n = finite(v[i])
			size += n
		}
	}
	return v, size + word
}

func timeOf(lr plog.LogRecord) time.Time {
	if lr.Timestamp() != 0 {
		return lr.Timestamp().AsTime()
	}
	return lr.ObservedTimestamp().AsTime()
}

func nameOf(lr plog.LogRecord) string {
	if lr.EventName() != "" {
		return lr.EventName()
	}
	return lr.Body().AsString()
}

// Occurrence implements query.Decoder.
func (d *decoder) Occurrence(c store.Crash) (query.Occurrence, error) {
	out := query.Occurrence{ID: c.ID, Time: time.Unix(0, c.Time).UTC(), Release: c.Release, OS: c.OS, Device: c.Device, Exceptions: []query.Exception{}}
	if !session.IsImplicit(c.Session) {
		out.Session = c.Session
	}
	ld, err := d.unpack.Logs(c.Body)
	if err != nil {
		return out, err
	}
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				putStack(&out, lr.Attributes())
			}
		}
	}
	return out, nil
}

func putStack(out *query.Occurrence, attrs pcommon.Map) {
	if v, ok := attrs.Get(mobile.AttrExceptionStacktrace); ok {
		out.Stack = v.AsString()
	}
	if v, ok := attrs.Get(mobile.AttrThreadName); ok {
		out.Thread = v.AsString()
	}
	trace, ok := canonical.TraceOf(attrs)
	if !ok {
		return
	}
	for _, e := range trace.Exceptions {
		frames := make([]query.Frame, 0, len(e.Frames))
		for _, f := range e.Frames {
			frames = append(frames, query.Frame{
				Module: f.Module, Function: f.Function, File: f.File, Line: f.Line, Column: f.Column, Image: f.Image, System: f.System,
			})
		}
		out.Exceptions = append(out.Exceptions, query.Exception{Type: e.Type, Message: e.Message, Frames: frames})
	}
}
