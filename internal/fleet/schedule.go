package fleet

import (
	"strings"
	"time"
)

const (
	// gap is how far apart two sessions of a device are at least: longer than
	// any SDK's time-out.
	gap = 45 * time.Minute
	// longest is longer than any session lasts.
	longest = 12 * time.Minute
	week    = 7 * 24 * time.Hour
	day     = 24 * time.Hour
)

// useDevices gives every device its sessions, without records yet.
func useDevices(p *Plan) {
	for _, d := range p.Devices {
		d.use(&p.Options)
	}
}

// use draws a device's sessions.
func (d *Device) use(o *Options) {
	r := newRandom(o.Seed, streamUsage, uint64(d.Index))
	habit := r.between(60, 230) // sessions in a hundred days
	update := time.Duration(r.IntN(36)) * time.Hour
	stays := r.percent(12) // never updates
	home := pick(r, []string{"wifi", "wifi", "cell"})
	begin := o.begin()
	for at := begin.Truncate(day); at.Before(o.End); at = at.Add(day) {
		n := habit / 100
		if r.percent(habit % 100) {
			n++
		}
		for _, start := range daytimes(r, n) {
			s := &Session{Device: d, Begin: at.Add(start).UnixNano(), Network: home}
			if r.percent(25) {
				s.Network = "cell"
			}
			s.Release = d.releaseAt(o, s.Begin-int64(update), stays)
			if s.fits(o) && d.spaced(s) {
				d.add(r, s)
			}
		}
	}
}

// daytimes draws n times of a day, from six to midnight, in order.
func daytimes(r random, n int) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		slot := 18 * time.Hour / time.Duration(n)
		out[i] = 6*time.Hour + time.Duration(i)*slot + time.Duration(r.Int64N(int64(slot)))
	}
	return out
}

// fits says whether a session lies within the simulated time and in one UTC
// week: a session's key names its week.
func (s *Session) fits(o *Options) bool {
	end := s.Begin + int64(longest)
	return s.Begin >= o.begin().UnixNano() && end <= o.End.UnixNano() && s.Begin/int64(week) == end/int64(week)
}

// spaced says whether a session is far enough from the one before.
func (d *Device) spaced(s *Session) bool {
	n := len(d.Sessions)
	return n == 0 || s.Begin-d.Sessions[n-1].Begin >= int64(longest+gap)
}

// releaseAt is the newest release that was out at a time.
func (d *Device) releaseAt(o *Options, at int64, stays bool) int {
	if stays {
		return 0
	}
	begin := o.begin()
	length := o.End.Sub(begin) / 100
	release := 0
	for i, v := range d.App.Releases {
		if at >= begin.Add(time.Duration(v.rollout)*length).UnixNano() {
			release = i
		}
	}
	return release
}

// add appends a session and says how it begins.
func (d *Device) add(r random, s *Session) {
	s.Index = len(d.Sessions)
	s.ID = r.hex(16)
	if d.Dialect.apple() {
		s.ID = strings.ToUpper(r.uuid())
	}
	s.Start = startCold
	if r.percent(9) {
		s.offline = time.Duration(r.between(2, 60)) * time.Hour
	}
	alive, warm := r.percent(35), r.percent(50)
	if s.Index > 0 {
		last := d.Sessions[s.Index-1]
		lives := alive && last.Release == s.Release && last.Begin/int64(week) == s.Begin/int64(week) && s.Begin-last.Begin < int64(12*time.Hour)
		switch {
		case d.Dialect.apple():
			s.Previous = last.ID // the SDK keeps its session over a new start
		case lives && d.Clock != ClockAhead && (d.Dialect == OTelAndroid || d.Dialect == HoneycombAndroid):
			s.Previous = last.ID
			s.Start = startHot
			if warm {
				s.Start = startWarm
			}
		case lives && d.Dialect == EmbraceAndroid:
			s.Start = startWarm
		}
	}
	d.Sessions = append(d.Sessions, s)
}

// restart makes the session after a crash begin with a new process.
func (s *Session) restart() {
	d := s.Device
	if d.Dialect.apple() || s.Index+1 == len(d.Sessions) {
		return
	}
	next := d.Sessions[s.Index+1]
	next.Start, next.Previous = startCold, ""
}
