package fleet

import (
	"errors"
	"fmt"
)

// maxExtra is how many more bugs are planted to get rid of ties.
const maxExtra = 80

// maxNudges is how often a wait is lengthened to get away from a boundary.
const maxNudges = 40

// ErrUnsure is returned where no plan with a certain truth was found.
var ErrUnsure = errors.New("the truth of the plan is not certain")

// NewPlan makes a plan. The error wraps ErrOptions for wrong options.
func NewPlan(o Options) (*Plan, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.End = o.End.UTC()
	p := &Plan{Options: o}
	for _, a := range apps() {
		if o.App != "" && a.ID != o.App {
			continue
		}
		if o.Key != "" {
			a.Key = o.Key
		}
		p.Apps = append(p.Apps, a)
	}
	p.Devices = newDevices(&p.Options, p.Apps)
	useDevices(p)
	for _, a := range p.Apps {
		if err := p.settle(a); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// settle plants an app's bugs and records its sessions, then plants a few more
// until its lists have no ties, as far as there are sessions for that.
func (p *Plan) settle(app *App) error {
	r := plant(p, app)
	devices := p.devicesOf(app)
	views := make(map[*Device][]*view, len(devices))
	for _, d := range devices {
		if err := p.recordDevice(d); err != nil {
			return err
		}
		views[d] = d.views()
	}
	hopeless := map[*Bug]bool{}
	for range maxExtra {
		var all []*view
		for _, d := range devices {
			all = append(all, views[d]...)
		}
		b := tied(issuesOf(all), hopeless)
		if b == nil {
			return nil
		}
		d := plantMore(r, devices, b)
		if d == nil {
			hopeless[b] = true
			continue
		}
		if err := p.recordDevice(d); err != nil {
			return err
		}
		views[d] = d.views()
	}
	return nil
}

// recordDevice records a device's sessions. Where a score lies too close to a
// boundary, the session gets a longer wait and all are recorded again.
func (p *Plan) recordDevice(d *Device) error {
	for range maxNudges {
		for _, s := range d.Sessions {
			p.record(s)
		}
		p.carry(d)
		unsure := false
		for _, s := range d.Sessions {
			if viewOf(s).scored.Unsure {
				unsure = true
				s.trouble.move()
			}
		}
		if !unsure {
			return nil
		}
	}
	return fmt.Errorf("device %d of %s: %w", d.Index, d.App.ID, ErrUnsure)
}

// views are a device's sessions and, after them, its pseudo-sessions.
func (d *Device) views() []*view {
	out := make([]*view, 0, len(d.Sessions))
	for _, s := range d.Sessions {
		out = append(out, viewOf(s))
	}
	return append(out, pseudoViews(d)...)
}

// views are all sessions and pseudo-sessions of an app.
func (p *Plan) views(app *App) []*view {
	var out []*view
	for _, d := range p.devicesOf(app) {
		out = append(out, d.views()...)
	}
	return out
}
