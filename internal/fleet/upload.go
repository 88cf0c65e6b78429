package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// Upload is one request that a device sends.
type Upload struct {
	// Due is when the device sends it, in simulated time.
	Due time.Time
	// Session is in which it is sent.
	Session *Session
	// Spans is true for spans, false for logs.
	Spans bool
	// Again is true for one that was sent before.
	Again   bool
	records []carriedRecord
}

// carriedRecord is a record with the session that it belongs to, nil for none.
type carriedRecord struct {
	*Record
	of *Session
}

// Records is how many records the upload holds.
func (u *Upload) Records() int { return len(u.records) }

// App is whose app sends it.
func (u *Upload) App() *App { return u.Session.Device.App }

// Path is where OTLP/HTTP takes it.
func (u *Upload) Path() string {
	if u.Spans {
		return "/v1/traces"
	}
	return "/v1/logs"
}

// maxBatch is how many records devices put into one upload.
const maxBatch = 48

// Uploads returns what the devices send, in the order in which they send it.
func (p *Plan) Uploads() []Upload {
	var out []Upload
	for _, d := range p.Devices {
		for _, s := range d.Sessions {
			out = p.sessionUploads(out, s)
		}
	}
	for i := range out {
		if out[i].Due.After(p.Options.End) {
			out[i].Due = p.Options.End
		}
	}
	slices.SortStableFunc(out, func(a, b Upload) int { return a.Due.Compare(b.Due) })
	return out
}

// sessionUploads appends what a device sends in a session.
func (p *Plan) sessionUploads(out []Upload, s *Session) []Upload {
	r := newRandom(p.Options.Seed, streamNetwork, uint64(s.Device.Index), uint64(s.Index))
	logs, spans, crash := s.split()
	steady := s.Device.Clock == ClockAhead // must all be moved by the same time
	batch := maxBatch
	if steady {
		batch = 1 << 20
	}
	for i, list := range [][]carriedRecord{logs, spans} {
		for part := range slices.Chunk(list, batch) {
			last := part[len(part)-1].End
			u := Upload{Due: time.Unix(0, last).Add(s.offline + r.span(time.Second, 40*time.Second)), Session: s, Spans: i == 1, records: part}
			out = append(out, u)
			if !steady && r.percent(3) {
				out = append(out, u.again(r))
			}
		}
	}
	if crash != nil {
		u := Upload{Due: s.nextStart(p, r), Session: s, records: []carriedRecord{{crash, s}}}
		out = append(out, u)
		if r.percent(8) {
			out = append(out, u.again(r))
		}
	}
	return out
}

// again is the upload sent once more: the answer was lost.
func (u *Upload) again(r random) Upload {
	copied := *u
	copied.Again = true
	copied.Due = u.Due.Add(r.span(time.Minute, 90*time.Minute))
	return copied
}

// nextStart is when the next process reports a crash.
func (s *Session) nextStart(p *Plan, r random) time.Time {
	list := s.Device.Sessions
	if s.Index+1 == len(list) {
		return p.Options.End
	}
	next := list[s.Index+1]
	return time.Unix(0, next.Begin).Add(next.offline + r.span(time.Second, 9*time.Second))
}

// split parts what is sent in a session into logs, spans and its crash. The
// end of the session before goes with its logs.
func (s *Session) split() (logs, spans []carriedRecord, crash *Record) {
	take := func(r *Record, of *Session) {
		if isSpan(s.Device.Dialect, r.Kind) {
			spans = append(spans, carriedRecord{r, of})
		} else {
			logs = append(logs, carriedRecord{r, of})
		}
	}
	if s.Previous != "" {
		last := s.Device.Sessions[s.Index-1]
		if last.End != nil {
			take(last.End, last)
		}
	}
	for i := range s.Records {
		if r := &s.Records[i]; r.Kind == KindCrash {
			crash = r
		} else {
			take(r, s)
		}
	}
	for i := range s.Carried {
		take(&s.Carried[i], nil)
	}
	slices.SortStableFunc(spans, func(a, b carriedRecord) int { return cmp.Compare(a.End, b.End) })
	return logs, spans, crash
}

// isSpan says whether a dialect sends a kind of record as a span.
func isSpan(d Dialect, k Kind) bool {
	switch k {
	case KindStart, KindLoad, KindVisit, KindStage, KindRequest, KindHang, KindSpan, KindMetrics:
		return true
	case KindError, KindLog:
		return d == HoneycombRN
	default:
		return false
	}
}

// dialect writes the records of an SDK.
type dialect interface {
	// resource writes who sends.
	resource(s *Session, m pcommon.Map)
	// scope is the name and version of what recorded a record.
	scope(r *Record) (name, version string)
	log(w *wire, r *Record, lr plog.LogRecord)
	span(w *wire, r *Record, sp ptrace.Span)
}

func dialectOf(d Dialect) dialect {
	switch d {
	case OTelSwift:
		return otelSwift{}
	case EmbraceAndroid:
		return embraceAndroid{}
	case HoneycombAndroid:
		return otelAndroid{honeycomb: true}
	case HoneycombSwift:
		return otelSwift{honeycomb: true}
	case HoneycombRN:
		return honeycombRN{}
	default:
		return otelAndroid{}
	}
}

// Body writes the upload as an OTLP request in protocol buffers.
func (u *Upload) Body() ([]byte, error) {
	if u.Spans {
		body, err := ptraceotlp.NewExportRequestFromTraces(u.traces()).MarshalProto()
		if err != nil {
			return nil, fmt.Errorf("write spans of device %d: %w", u.Session.Device.Index, err)
		}
		return body, nil
	}
	body, err := plogotlp.NewExportRequestFromLogs(u.logs()).MarshalProto()
	if err != nil {
		return nil, fmt.Errorf("write logs of device %d: %w", u.Session.Device.Index, err)
	}
	return body, nil
}

// logs writes an upload of logs.
func (u *Upload) logs() plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	d := dialectOf(u.Session.Device.Dialect)
	d.resource(u.Session, rl.Resource().Attributes())
	scopes := map[string]plog.ScopeLogs{}
	for _, c := range u.records {
		name, version := d.scope(c.Record)
		sl, ok := scopes[name]
		if !ok {
			sl = rl.ScopeLogs().AppendEmpty()
			sl.Scope().SetName(name)
			sl.Scope().SetVersion(version)
			scopes[name] = sl
		}
		d.log(newWire(u, c), c.Record, sl.LogRecords().AppendEmpty())
	}
	return ld
}

// traces writes an upload of spans.
func (u *Upload) traces() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	d := dialectOf(u.Session.Device.Dialect)
	d.resource(u.Session, rs.Resource().Attributes())
	scopes := map[string]ptrace.ScopeSpans{}
	for _, c := range u.records {
		name, version := d.scope(c.Record)
		ss, ok := scopes[name]
		if !ok {
			ss = rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName(name)
			ss.Scope().SetVersion(version)
			scopes[name] = ss
		}
		sp := ss.Spans().AppendEmpty()
		newWire(u, c).frame(c.Record, sp)
		d.span(newWire(u, c), c.Record, sp)
	}
	return td
}
