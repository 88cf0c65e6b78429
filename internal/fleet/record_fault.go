package fleet

import "time"

// trouble lets happen what was planted.
func (w *recorder) trouble() {
	t := &w.s.trouble
	if t.err != nil {
		w.fail(t.err)
	}
	switch {
	case t.crash == nil || w.over:
	case t.crash.Kind == KindANR:
		w.hang(t.crash)
	case t.crash.Language == Kit:
		w.over = true // the process is gone, and nobody in it took notice
	case t.crash.Flow != "":
		w.crashFlow(t.crash)
	default:
		w.pass(200*time.Millisecond, 3*time.Second)
		w.crash(t.crash)
	}
}

// newFault draws what differs from one occurrence to the next.
func (w *recorder) newFault(b *Bug) *Fault {
	f := &Fault{Bug: b, Session: w.s, ID: w.between(10_000, 99_999), Count: w.between(2, 40), Variant: w.IntN(1 << 20)}
	switch b.Entry {
	case EntryPool:
		f.Thread = pick(w.random, []string{"pool-3-thread-1", "pool-5-thread-2", "WM.task-2", "arch_disk_io_0"})
	case EntryCoroutine:
		f.Thread = pick(w.random, []string{"DefaultDispatcher-worker-1", "DefaultDispatcher-worker-3", "DefaultDispatcher-worker-6"})
	default:
		f.Thread = "main"
	}
	return f
}

// startWindow is how long after a cold start a crash counts as one at start.
const startWindow = 10 * time.Second

// crash ends the session.
func (w *recorder) crash(b *Bug) {
	const unsure = 300 * time.Millisecond
	for i := range w.out { // at the very limit of the window is nobody's to say
		if since := time.Duration(w.now - w.out[i].At); w.out[i].Kind == KindStart && since > startWindow-unsure && since < startWindow+unsure {
			w.now += int64(2 * unsure)
		}
	}
	r := w.log(KindCrash, "")
	r.Fault = w.newFault(b)
	r.Fault.Background = w.s.trouble.background
	w.over = true
}

// hang is an ANR, reported about every ten seconds as long as it lasts.
func (w *recorder) hang(b *Bug) {
	f := w.newFault(b)
	w.pass(9*time.Second, 10*time.Second)
	for i := range w.s.trouble.reports {
		if i > 0 {
			w.pass(10*time.Second, 10*time.Second+40*time.Millisecond)
		}
		w.log(KindANR, "").Fault = f
	}
	w.pass(time.Second, 4*time.Second)
}

// fail is a handled error, perhaps several times in a row.
func (w *recorder) fail(b *Bug) {
	first := w.newFault(b)
	for range w.s.trouble.errors {
		w.pass(50*time.Millisecond, 2*time.Second)
		w.log(KindError, "").Fault = first
	}
}

// flow is a userflow, if the session has one.
func (w *recorder) flow() {
	for _, k := range w.app.Flows {
		if (k.first && w.s.Index > 0) || !w.percent(k.often) {
			continue
		}
		m := w.worth(k)
		w.pass(100*time.Millisecond, time.Second)
		w.mark(m, flowStarted)
		state := w.outcome(k)
		eye := w.spread(k.eye)
		if w.spans() {
			w.request(k.backend)
		}
		w.now += int64(eye)
		m.Eye = eye
		switch state {
		case "": // the user went away
		case flowTimedOut:
			m.Eye = 30 * time.Second
			w.now += int64(30 * time.Second)
			w.mark(m, state)
		default:
			w.mark(m, state)
		}
		return
	}
}

// The states of a userflow on the wire.
const (
	flowStarted   = "started"
	flowSucceeded = "succeeded"
	flowFailed    = "failed"
	flowTimedOut  = "timed_out"
	flowAbandoned = "abandoned"
)

// outcome draws how a flow ends; "" is one of which no end is sent.
func (w *recorder) outcome(k flowKind) string {
	weights := []int{80, 7, 3, 6, 4}
	if w.plan.degradedAt(k.backend.host, w.now) {
		weights = []int{34, 44, 12, 6, 4}
	}
	state := []string{flowSucceeded, flowFailed, flowTimedOut, flowAbandoned, ""}[w.weighted(weights)]
	bad := state == flowFailed || state == flowTimedOut
	hung := w.s.trouble.crash != nil && w.s.trouble.crash.Kind == KindANR
	if bad && (hung || w.flows > 0 || w.s.Device.Clock == ClockAhead) {
		return flowSucceeded // two equal losses would leave open which is told first
	}
	if bad {
		w.flows++
	}
	return state
}

// worth makes a run of a flow.
func (w *recorder) worth(k flowKind) FlowMark {
	m := FlowMark{Name: k.name, ID: w.hex(8)}
	if k.high > 0 {
		m.Minor, m.Currency = int64(w.between(k.low, k.high)), w.app.Currency
	}
	return m
}

func (w *recorder) mark(m FlowMark, state string) {
	m.State = state
	if state == flowStarted {
		m.Eye = 0
	}
	w.log(KindFlow, m.Name).Flow = &m
}

// crashFlow is a crash in the middle of a userflow.
func (w *recorder) crashFlow(b *Bug) {
	for _, k := range w.app.Flows {
		if k.name == b.Flow {
			w.pass(100*time.Millisecond, time.Second)
			w.mark(w.worth(k), flowStarted)
		}
	}
	w.pass(300*time.Millisecond, 3*time.Second)
	w.crash(b)
}
