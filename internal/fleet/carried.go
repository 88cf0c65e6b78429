package fleet

import "time"

// carry gives sessions the reports about earlier days that the device sends in
// them: MetricKit's, which come with the first session after its day.
func (p *Plan) carry(d *Device) {
	for _, s := range d.Sessions {
		s.Carried = nil
	}
	if !d.Dialect.apple() || d.Clock != ClockRight {
		return
	}
	r := newRandom(p.Options.Seed, streamNetwork, uint64(d.Index))
	for _, s := range d.Sessions {
		to := s.reporter()
		if to == nil {
			continue
		}
		windowEnd := (dayOf(s.Begin) + 1) * int64(day)
		add := func(kind Kind, begin int64, f *Fault) *Record {
			to.Carried = append(to.Carried, Record{Kind: kind, At: begin, End: windowEnd, Fault: f, id: r.Uint64()})
			return &to.Carried[len(to.Carried)-1]
		}
		if d.Dialect == OTelSwift {
			if s.lastOfDay() {
				add(KindMetrics, windowEnd-int64(day), nil)
			}
			if r.percent(6) {
				add(KindDiagnostic, windowEnd, nil).Name = pick(r, []string{"app_launch", "disk_write_exception", "cpu_exception"})
			}
			if b := s.trouble.crash; b != nil {
				add(KindCrash, windowEnd, &Fault{Bug: b, Session: s, ID: r.between(10_000, 99_999), Count: r.between(2, 40), Variant: r.IntN(1 << 20)})
			}
			continue
		}
		if n := len(s.Records); n > 0 && s.Records[n-1].Kind == KindCrash {
			add(KindTwin, windowEnd, s.Records[n-1].Fault)
		}
	}
}

// lastOfDay says whether the next session is on a later day.
func (s *Session) lastOfDay() bool {
	list := s.Device.Sessions
	return s.Index+1 < len(list) && dayOf(list[s.Index+1].Begin) > dayOf(s.Begin)
}

// pseudoDay is the UTC day under which a record without session is kept.
func pseudoDay(at int64) string { return time.Unix(0, at).UTC().Format(time.DateOnly) }
