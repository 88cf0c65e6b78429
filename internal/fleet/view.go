package fleet

import (
	"cmp"
	"slices"
	"time"
)

// view is what a perfect system would know of one session: its records, and
// what follows from them alone.
type view struct {
	device  *Device
	session *Session // nil for a pseudo-session
	records []*Record
	first   int64
	last    int64
	// crashed is true where the user saw a crash.
	crashed   bool
	incidents []incident
	flows     []flowResult
	scored    Scored
}

// incident is one occurrence of a bug.
type incident struct {
	bug        *Bug
	at, last   int64
	background bool
}

// flowResult is how one run of a userflow went.
type flowResult struct {
	id, name, outcome string
	begin, end        int64
	minor             int64
	currency          string
	eye               time.Duration
	// by is the bug whose crash ended it.
	by *Bug
}

const flowCrashed = "crashed"

// viewOf looks at a session.
func viewOf(s *Session) *view {
	v := &view{device: s.Device, session: s}
	for i := range s.Records {
		v.records = append(v.records, &s.Records[i])
	}
	if s.End != nil {
		v.records = append(v.records, s.End)
	}
	v.look()
	v.scored = score(v)
	return v
}

// pseudoViews looks at the records of a device that belong to no session: one
// view for each UTC day.
func pseudoViews(d *Device) []*view {
	var out []*view
	byDay := map[string]*view{}
	for _, s := range d.Sessions {
		for i := range s.Carried {
			r := &s.Carried[i]
			on := pseudoDay(r.End)
			if byDay[on] == nil {
				byDay[on] = &view{device: d}
				out = append(out, byDay[on])
			}
			byDay[on].records = append(byDay[on].records, r)
		}
	}
	for _, v := range out {
		v.look()
	}
	return out
}

func (v *view) look() {
	for i, r := range v.records {
		at := r.At
		if v.session == nil {
			at = r.End // a report lies at the end of its window
		}
		if i == 0 || at < v.first {
			v.first = at
		}
		v.last = max(v.last, r.End)
	}
	v.findIncidents()
	v.findFlows()
}

// of returns the records of a kind in order of time.
func (v *view) of(kind Kind) []*Record {
	var out []*Record
	for _, r := range v.records {
		if r.Kind == kind {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b *Record) int { return cmp.Compare(a.At, b.At) })
	return out
}

// findIncidents lists what counts. Reports of one hang that are at most 15
// seconds apart are one.
func (v *view) findIncidents() {
	const chain = int64(15 * time.Second)
	for _, r := range v.of(KindCrash) {
		v.incidents = append(v.incidents, incident{r.Fault.Bug, r.End, r.End, r.Fault.Background})
		v.crashed = v.crashed || !r.Fault.Background
	}
	for _, r := range v.of(KindANR) {
		i := slices.IndexFunc(v.incidents, func(i incident) bool { return i.bug == r.Fault.Bug && r.At-i.last <= chain })
		if i >= 0 {
			v.incidents[i].last = r.At
			continue
		}
		v.incidents = append(v.incidents, incident{bug: r.Fault.Bug, at: r.At, last: r.At})
	}
	for _, r := range v.of(KindError) {
		v.incidents = append(v.incidents, incident{bug: r.Fault.Bug, at: r.At, last: r.At})
	}
}

// findFlows decides each run of a userflow. One without an end crashed if the
// user saw a crash at or after its begin, and was abandoned otherwise.
func (v *view) findFlows() {
	for _, r := range v.of(KindFlow) {
		m := r.Flow
		if m.State == flowStarted {
			v.flows = append(v.flows, flowResult{id: m.ID, name: m.Name, outcome: flowAbandoned, begin: r.At, end: r.At, minor: m.Minor, currency: m.Currency, eye: m.Eye})
			f := &v.flows[len(v.flows)-1]
			if !v.ends(m.ID) {
				f.crash(v)
			}
			continue
		}
		for i := range v.flows {
			if f := &v.flows[i]; f.id == m.ID {
				f.outcome, f.end, f.eye = m.State, r.At, m.Eye
			}
		}
	}
}

// ends says whether a run's end was sent.
func (v *view) ends(id string) bool {
	return slices.ContainsFunc(v.records, func(r *Record) bool { return r.Kind == KindFlow && r.Flow.ID == id && r.Flow.State != flowStarted })
}

// crash charges a run to the first crash that the user saw after its begin.
func (f *flowResult) crash(v *view) {
	for _, r := range v.of(KindCrash) {
		if !r.Fault.Background && r.At >= f.begin {
			f.outcome, f.by, f.end = flowCrashed, r.Fault.Bug, r.At
			return
		}
	}
}

// justStarted says whether a time lies within ten seconds of the begin of a
// cold start.
func (v *view) justStarted(at int64) bool {
	return slices.ContainsFunc(v.records, func(r *Record) bool {
		return r.Kind == KindStart && r.Name == startCold && at >= r.At && at-r.At <= int64(startWindow)
	})
}

// atRisk says whether the run's worth is at risk.
func (f *flowResult) atRisk() bool {
	return f.outcome == flowFailed || f.outcome == flowTimedOut || f.outcome == flowCrashed
}
