// Package fleet simulates phones whose truth is known: devices of the demo's
// apps with planted bugs, userflows worth money, and networks that get worse
// for some hours. They speak the wire dialects of real SDKs, with their quirks.
//
// A Plan says what happens; it is a pure function of its options. From it come
// both the uploads that the devices send and the truth: what a perfect system
// would answer once it has all of them. The package shares no code with the
// system it is a witness of, so score and aggregates are written a second time
// here, as plainly as the specification puts them.
package fleet

import (
	"errors"
	"fmt"
	"time"
)

const (
	// MaxDays is the longest time that can be simulated, days.
	MaxDays = 30
	// MaxDevices keeps the users of every app below what a sketch counts
	// exactly (1,024).
	MaxDevices = 2000
	// MaxAppDevices is the same for one app by itself.
	MaxAppDevices = 990
	// lateDays is how old a record may be at most, days: systems refuse what
	// is older than 30, and sending takes its time.
	lateDays = 29
)

// Options say what is simulated. Equal options give equal plans.
type Options struct {
	// Seed chooses among fleets.
	Seed uint64
	// End is when the simulated time ends.
	End time.Time
	// Days is how long it is, range [1, 30].
	Days int
	// Devices is how many phones there are, range [1, 2000]; of one app at
	// most 990.
	Devices int
	// App restricts the fleet to one app of the demo, "" plays all.
	App string
	// Key replaces the app's key; it needs App.
	Key string
}

// ErrOptions is returned for options outside their ranges.
var ErrOptions = errors.New("wrong options of the fleet")

// Validate reports every option outside its range. The error wraps ErrOptions.
func (o *Options) Validate() error {
	var errs []error
	if o.Days < 1 || o.Days > MaxDays {
		errs = append(errs, fmt.Errorf("%w: days must be in [1, %d], got %d", ErrOptions, MaxDays, o.Days))
	}
	limit := MaxDevices
	if o.App != "" {
		limit = MaxAppDevices
	}
	if o.Devices < 1 || o.Devices > limit {
		errs = append(errs, fmt.Errorf("%w: devices must be in [1, %d], got %d", ErrOptions, limit, o.Devices))
	}
	if o.End.Year() < 2000 || o.End.Year() > 2200 {
		errs = append(errs, fmt.Errorf("%w: end must be in the years 2000 to 2200, got %v", ErrOptions, o.End))
	}
	if o.App != "" && appNamed(o.App) == nil {
		errs = append(errs, fmt.Errorf("%w: app must be one of the demo's, got %q", ErrOptions, o.App))
	}
	if o.Key != "" && o.App == "" {
		errs = append(errs, fmt.Errorf("%w: a key needs an app", ErrOptions))
	}
	return errors.Join(errs...)
}

// begin is when the simulated time begins. What would be too late to be taken
// is not simulated.
func (o *Options) begin() time.Time {
	return o.End.Add(-time.Duration(min(o.Days, lateDays)) * 24 * time.Hour)
}
