package fleet

import "slices"

// trouble is what is planted in a session.
type trouble struct {
	// crash is a crash or an ANR, err a handled error; nil for none.
	crash, err *Bug
	background bool
	// reports is how often a hang is reported, errors how often an error
	// happens.
	reports, errors int
	// nudge lengthens one wait, milliseconds, where the score would lie too
	// close to a boundary to be sure of.
	nudge int
}

// move gets the score away from a boundary: by a longer wait, and where no wait
// is graded (a crash and one handled error leave exactly 24.5) by another error.
func (t *trouble) move() {
	t.nudge++
	if t.nudge%5 == 0 && t.err != nil {
		t.errors = t.errors%5 + 1
	}
}

// plant chooses what happens in an app's sessions. It returns what it drew from,
// for what is planted later.
func plant(p *Plan, app *App) random {
	r := newRandom(p.Options.Seed, streamBugs, uint64(len(app.ID)), uint64(app.Share))
	var all []*Session
	for _, d := range p.devicesOf(app) {
		all = append(all, d.Sessions...)
	}
	for _, s := range all {
		s.draw(r, app.Bugs)
	}
	ensure(r, all, app.Bugs)
	for _, s := range all {
		if s.trouble.crash != nil && s.trouble.crash.Kind == KindCrash {
			s.restart()
		}
	}
	lastHang(all)
	return r
}

// plantMore plants a bug once more and returns the device on which, nil if there
// is no session for it.
func plantMore(r random, devices []*Device, b *Bug) *Device {
	var can []*Session
	latest := int64(0)
	for _, d := range devices {
		for _, s := range d.Sessions {
			if s.trouble.crash == b {
				latest = max(latest, s.Begin)
			}
			if s.free(b) && b.suits(s) && s.reports(b) {
				can = append(can, s)
			}
		}
	}
	if b.Kind == KindANR { // see lastHang
		can = slices.DeleteFunc(can, func(s *Session) bool { return s.Begin > latest-int64(longest) })
	}
	if len(can) == 0 {
		return nil
	}
	s := pick(r, can)
	s.plant(b)
	if b.Kind == KindCrash {
		s.restart()
	}
	return s.Device
}

// plant plants a bug where there is none yet.
func (s *Session) plant(b *Bug) {
	if b.Kind == KindError {
		s.trouble.err = b
		return
	}
	s.trouble.crash, s.trouble.background, s.trouble.reports = b, false, 1
}

// draw plants something in a session, mostly nothing.
func (s *Session) draw(r random, bugs []*Bug) {
	t := trouble{reports: r.between(1, 3), errors: 1}
	many, background := r.percent(18), r.percent(10)
	if many {
		t.errors = r.between(2, 7)
	}
	if r.percent(8) {
		t.crash = choose(r, s, bugs, KindCrash)
	} else if r.percent(4) {
		t.crash = choose(r, s, bugs, KindANR)
	}
	if r.percent(9) {
		t.err = choose(r, s, bugs, KindError)
	}
	if t.crash != nil && t.crash.Kind == KindCrash && t.crash.Flow == "" && !t.crash.AtStart {
		t.background = background && s.Device.Dialect == EmbraceAndroid
	}
	s.trouble = t
}

// choose draws one of the bugs that can happen in a session, nil if none can.
func choose(r random, s *Session, bugs []*Bug, kind Kind) *Bug {
	var can []*Bug
	var weights []int
	for _, b := range bugs {
		if b.Kind == kind && b.suits(s) && s.reports(b) {
			can, weights = append(can, b), append(weights, b.Weight)
		}
	}
	if len(can) == 0 {
		return nil
	}
	return can[r.weighted(weights)]
}

// reports says whether anything will tell of a bug: MetricKit's report needs a
// session on a later day, and it makes one a day.
func (s *Session) reports(b *Bug) bool {
	if b.Language != Kit {
		return true
	}
	if s.reporter() == nil {
		return false
	}
	for _, o := range s.Device.Sessions {
		if o != s && dayOf(o.Begin) == dayOf(s.Begin) && o.trouble.crash != nil {
			return false
		}
	}
	return true
}

// reporter is the first session of a later day, nil if there is none.
func (s *Session) reporter() *Session {
	for _, o := range s.Device.Sessions[s.Index+1:] {
		if dayOf(o.Begin) > dayOf(s.Begin) {
			return o
		}
	}
	return nil
}

func dayOf(at int64) int64 { return at / int64(day) }

// ensure plants each bug on a few devices more where it was drawn too rarely,
// as far as there are sessions for it.
func ensure(r random, all []*Session, bugs []*Bug) {
	on := map[*Bug]map[*Device]bool{}
	for _, b := range bugs {
		on[b] = map[*Device]bool{}
	}
	for _, s := range all {
		for _, b := range []*Bug{s.trouble.crash, s.trouble.err} {
			if b != nil {
				on[b][s.Device] = true
			}
		}
	}
	for i, b := range bugs {
		for len(on[b]) < 2+i%5 {
			var can []*Session
			for _, s := range all {
				if !on[b][s.Device] && s.free(b) && b.suits(s) && s.reports(b) {
					can = append(can, s)
				}
			}
			if len(can) == 0 {
				break
			}
			s := pick(r, can)
			on[b][s.Device] = true
			s.plant(b)
		}
	}
}

// free says whether nothing like a bug is planted in a session yet.
func (s *Session) free(b *Bug) bool {
	if b.Kind == KindError {
		return s.trouble.err == nil
	}
	return s.trouble.crash == nil
}

// lastHang lets the latest hangs of each bug be reported once, so that the time
// of the last report and of the last hang are the same.
func lastHang(all []*Session) {
	latest := map[*Bug]int64{}
	for _, s := range all {
		if b := s.trouble.crash; b != nil && b.Kind == KindANR {
			latest[b] = max(latest[b], s.Begin)
		}
	}
	for _, s := range all {
		if b := s.trouble.crash; b != nil && b.Kind == KindANR && s.Begin >= latest[b]-int64(longest) {
			s.trouble.reports = 1
		}
	}
}
