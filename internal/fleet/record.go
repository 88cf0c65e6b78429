package fleet

import (
	"slices"
	"time"
)

// tired is after how long nobody opens another screen.
const tired = 8 * time.Minute

// recorder writes down what a device records in one session.
type recorder struct {
	random
	s     *Session
	app   *App
	plan  *Plan
	now   int64
	out   []Record
	visit string
	// flows counts userflows that failed in this session.
	flows int
	over  bool
}

// record fills a session's records. Calling it again gives the same records.
func (p *Plan) record(s *Session) {
	w := &recorder{
		random: newRandom(p.Options.Seed, streamSession, uint64(s.Device.Index), uint64(s.Index)),
		s:      s, app: s.Device.App, plan: p, now: s.Begin,
	}
	w.visit = w.app.Screens[0]
	s.End = nil
	w.begin()
	steps := w.between(4, 10)
	if s.Device.Clock == ClockAhead {
		steps = 3
	}
	turn := w.IntN(steps) // when the trouble comes
	flowTurn := w.IntN(steps)
	for i := 0; i < steps && !w.over && w.now-w.s.Begin < int64(tired); i++ {
		w.step()
		if i == turn {
			w.trouble()
		}
		if i == flowTurn && !w.over {
			w.flow()
		}
	}
	if !w.over {
		w.leave()
	}
	slices.SortStableFunc(w.out, func(a, b Record) int { return int(min(max(a.At-b.At, -1), 1)) })
	w.nudge()
	s.Records = w.out
}

// nudge lengthens the last wait that is graded: a little first, and more where
// that is not enough because nothing was slow.
func (w *recorder) nudge() {
	n := w.s.trouble.nudge
	longer := time.Duration(n) * time.Millisecond
	if n > 3 {
		longer = time.Duration(n) * 333 * time.Millisecond
	}
	for i := len(w.out) - 1; i >= 0 && n > 0; i-- {
		r := &w.out[i]
		if r.Kind == KindLoad || r.Kind == KindStart || r.Kind == KindRequest && !r.Request.failed() {
			r.End += int64(longer)
			return
		}
	}
}

// pass lets time pass.
func (w *recorder) pass(low, high time.Duration) {
	w.now += int64(w.span(low, high)) + w.Int64N(900)
}

// log adds a record without length.
func (w *recorder) log(kind Kind, name string) *Record {
	w.out = append(w.out, Record{Kind: kind, At: w.now, End: w.now, Name: name, Screen: w.visit, id: w.Uint64()})
	return &w.out[len(w.out)-1]
}

// wait adds a record that takes time, and lets that pass.
func (w *recorder) wait(kind Kind, name string, d time.Duration) *Record {
	r := w.log(kind, name)
	r.End = r.At + int64(d)
	w.now = r.End
	return r
}

// spans says whether the device sends spans.
func (w *recorder) spans() bool { return w.s.Device.Clock != ClockUnset }

// starts, loads and events say what the dialect records.
func (w *recorder) starts() bool {
	return w.spans() && !w.s.Device.Dialect.apple()
}

func (w *recorder) loads() bool {
	d := w.s.Device.Dialect
	return w.spans() && d != OTelSwift && d != HoneycombRN
}

func (w *recorder) events() bool {
	d := w.s.Device.Dialect
	return d == OTelAndroid || d == HoneycombAndroid
}

// begin records the session's start and the app's.
func (w *recorder) begin() {
	w.previous()
	if d := w.s.Device.Dialect; w.events() || d.apple() {
		w.log(KindSessionStart, "")
		w.now += int64(300*time.Microsecond) + w.Int64N(90_000)
	}
	if w.s.Device.Dialect == EmbraceAndroid {
		w.log(KindLog, "app opened") // names the user, as every log does
	}
	if w.starts() {
		w.start()
	}
	if t := w.s.trouble; t.crash != nil && t.crash.AtStart {
		w.pass(200*time.Millisecond, 1500*time.Millisecond)
		w.crash(t.crash)
	}
}

// previous records the end of the session before, where the SDK still knows it.
func (w *recorder) previous() {
	s := w.s
	if s.Previous == "" {
		return
	}
	last := s.Device.Sessions[s.Index-1]
	at := s.Begin - 320_000
	if s.Device.Dialect.apple() { // stamped with its last activity
		at = last.last() + int64(time.Millisecond)
	}
	last.End = &Record{Kind: KindSessionEnd, At: at, End: at, Screen: w.visit, id: w.Uint64()}
}

// last is when a session's last record ends.
func (s *Session) last() int64 {
	last := s.Begin
	for i := range s.Records {
		last = max(last, s.Records[i].End)
	}
	return last
}

func (w *recorder) start() {
	medians := map[string]time.Duration{startCold: 900 * time.Millisecond, startWarm: 420 * time.Millisecond, startHot: 180 * time.Millisecond}
	took := w.slowed(medians[w.s.Start])
	begin := w.now
	w.wait(KindStart, w.s.Start, took)
	if w.s.Device.Dialect == HoneycombRN {
		return
	}
	w.now = begin + int64(took)/3
	if w.s.Device.Dialect == EmbraceAndroid && w.s.Start == startCold {
		for _, name := range []string{"emb-process-init", "emb-embrace-init", "emb-activity-init"} {
			w.wait(KindStage, name, took/9)
		}
	}
	if w.loads() && w.s.Start != startHot {
		w.wait(KindLoad, w.visit, (took / 2).Truncate(time.Microsecond))
	}
	w.now = max(w.now, begin+int64(took))
}

// slowed draws how long the device takes.
func (w *recorder) slowed(median time.Duration) time.Duration {
	return w.spread(median / 100 * time.Duration(w.s.Device.Model.slow()))
}

// step is one screen with what the user does on it.
func (w *recorder) step() {
	w.pass(300*time.Millisecond, 4*time.Second)
	w.visit = pick(w.random, w.app.Screens)
	if w.loads() {
		w.wait(KindLoad, w.visit, w.slowed(330*time.Millisecond))
		w.wait(KindVisit, w.visit, w.span(time.Millisecond, 30*time.Millisecond))
	}
	for range w.between(1, 3) {
		if w.spans() {
			w.request(pick(w.random, w.app.Requests))
		}
		if w.events() && w.percent(80) {
			w.pass(40*time.Millisecond, 2*time.Second)
			w.log(KindTap, pick(w.random, w.app.Widgets))
		}
		if !w.events() && w.percent(60) {
			w.pass(20*time.Millisecond, time.Second)
			w.log(KindLog, "screen "+w.visit+" ready")
		}
	}
	w.hitches()
	if w.s.Device.Clock != ClockAhead {
		w.pass(time.Second, 25*time.Second)
	}
}

// hitches are frames that came late, hangs, and changes of the network.
func (w *recorder) hitches() {
	d := w.s.Device
	switch {
	case d.Dialect == OTelAndroid && d.Clock == ClockRight && w.percent(45):
		frozen := w.percent(12+d.Model.slow()/20) && !w.s.ended()
		slow := w.between(2, 20)
		r := w.log(KindJank, "")
		r.Frames, r.Limit = slow, 0.016
		if frozen {
			w.now += 450_000
			r = w.log(KindJank, "")
			r.Frames, r.Limit = w.between(1, min(3, slow)), 0.7
		}
	case (d.Dialect == EmbraceAndroid || d.Dialect == HoneycombRN) && w.percent(6):
		w.wait(KindHang, "", w.span(300*time.Millisecond, 2600*time.Millisecond))
	case w.events() && w.percent(5):
		w.log(KindNetwork, w.s.Network)
	case w.percent(2) && d.Clock == ClockRight && w.app.ID == "shop":
		w.log(KindRage, pick(w.random, w.app.Widgets))
	}
}

// ended says whether the next session brings a session.end. Such a session gets
// no frozen frames: whether the time until then belongs to its length, and so
// to their rate, is open.
func (s *Session) ended() bool {
	list := s.Device.Sessions
	return s.Index+1 < len(list) && list[s.Index+1].Previous != ""
}

// request sends one request.
func (w *recorder) request(e endpoint) {
	q := &Request{Method: e.method, Host: e.host, Path: fill(e.path, &Fault{ID: w.between(10_000, 99_999)}, 0, 0), Status: 200}
	took := w.spread(e.median)
	if w.s.Network == "cell" {
		took = took * 3 / 2
	}
	switch bad := w.plan.degradedAt(e.host, w.now); {
	case bad && w.percent(35):
		q.Status = 503
		took *= 2
	case bad:
		took *= 4
	case w.percent(2):
		q.Status = pick(w.random, []int{404, 500, 429})
	case w.percent(1):
		q.Status, q.Failure = 0, "timeout"
		took = 5 * time.Second
	}
	w.wait(KindRequest, "", took).Request = q
}

// degradedAt says whether a host is in its bad hours.
func (p *Plan) degradedAt(host string, at int64) bool {
	begin := p.Options.begin()
	from := begin.Add(p.Options.End.Sub(begin) / 100 * 45).UnixNano()
	return host == degraded && at >= from && at < from+int64(5*time.Hour)
}

// leave ends the session in an orderly way.
func (w *recorder) leave() {
	w.pass(200*time.Millisecond, 2*time.Second)
	if w.loads() && w.s.Device.Dialect != HoneycombSwift {
		w.wait(KindVisit, w.visit, w.span(time.Millisecond, 9*time.Millisecond))
	}
	switch w.s.Device.Dialect {
	case EmbraceAndroid:
		w.log(KindSpan, "").At = w.s.Begin
	case HoneycombRN: // the last of a hang may not be the last of the session
		w.log(KindLog, "")
	default: // other SDKs send nothing at the end
	}
}
