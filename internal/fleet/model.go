package fleet

import (
	"fmt"
	"time"
)

// Dialect is what an SDK puts on the wire.
type Dialect uint8

// The dialects that the fleet speaks.
const (
	OTelAndroid Dialect = iota
	OTelSwift
	EmbraceAndroid
	HoneycombAndroid
	HoneycombSwift
	HoneycombRN
)

// String names the dialect and its version.
func (d Dialect) String() string {
	names := []string{
		"OpenTelemetry Android 1.6", "OpenTelemetry Swift 2.5", "Embrace Android 9.2",
		"Honeycomb Android 1.0", "Honeycomb Swift 2.4", "Honeycomb React Native 0.7",
	}
	if int(d) < len(names) {
		return names[d]
	}
	return fmt.Sprintf("dialect %d", uint8(d))
}

// apple says whether the dialect is spoken on Apple's systems.
func (d Dialect) apple() bool { return d == OTelSwift || d == HoneycombSwift }

// Clock is how far a device's clock can be trusted.
type Clock uint8

// The clocks.
const (
	// ClockRight is right.
	ClockRight Clock = iota
	// ClockUnset was never set and shows the 1970s. Something on the way
	// observes the records at the right time. Such devices send no spans.
	ClockUnset
	// ClockAhead is more than a year ahead.
	ClockAhead
)

// ahead is by how much ClockAhead is ahead.
const ahead = 401 * 24 * time.Hour

// Device is one phone with one app.
type Device struct {
	App     *App
	Index   int
	Dialect Dialect
	Model   *Model
	// Installation identifies the installation, User is who logged in (only
	// in dialects that send it).
	Installation, User string
	Clock              Clock
	// Sessions are in order of time and do not overlap.
	Sessions []*Session
}

// user is by what the device's user is counted.
func (d *Device) user() string {
	if d.Dialect == EmbraceAndroid {
		return d.User
	}
	return d.Installation
}

// Session is one use of an app.
type Session struct {
	Device *Device
	Index  int
	// ID and Previous are session ids as the SDK sends them; Previous is ""
	// where the SDK does not know the session before.
	ID, Previous string
	Release      int
	// Begin is when it begins, nanoseconds since 1970.
	Begin int64
	// Start is how the app starts: cold, warm or hot.
	Start   string
	Network string
	// Records are what the device records in it, in order of time.
	Records []Record
	// End is the session.end that comes with the next session, nil if none.
	End *Record
	// Carried are reports that the device sends in this session about an
	// earlier time. They belong to no session.
	Carried []Record
	// offline is for how long the device stays without network from the
	// session's begin on.
	offline time.Duration
	trouble trouble
}

// Kind is what a record tells.
type Kind uint8

// The kinds of records. Each is one record on the wire, and one in the store.
const (
	KindSessionStart Kind = iota
	KindSessionEnd
	// KindStart is an app start, Name says which.
	KindStart
	// KindLoad is the loading of the screen Name.
	KindLoad
	// KindVisit is a stage of the screen Name that nothing is graded by.
	KindVisit
	// KindStage is a stage of an app start.
	KindStage
	KindRequest
	// KindTap is a tap on the widget Name.
	KindTap
	// KindNetwork is a change of the network.
	KindNetwork
	// KindLog is a line of the app's log.
	KindLog
	// KindJank counts Frames slower than Limit seconds.
	KindJank
	KindFlow
	KindCrash
	KindANR
	KindError
	KindRage
	// KindHang is a hang that is too short for an ANR.
	KindHang
	// KindSpan is the span that Embrace sends of a whole session.
	KindSpan
	// KindTwin is the system's second report of a crash.
	KindTwin
	// KindMetrics are MetricKit's sums over a day, KindDiagnostic one of its
	// reports that count nowhere.
	KindMetrics
	KindDiagnostic
)

// Record is one record of a device. Fields without meaning for its Kind are
// zero.
type Record struct {
	Kind Kind
	// At and End are nanoseconds since 1970; they are equal in logs.
	At, End int64
	Name    string
	Screen  string
	Frames  int
	Limit   float64
	Request *Request
	Flow    *FlowMark
	Fault   *Fault
	// id makes the ids of spans and records.
	id uint64
}

// duration is how long the record's span is.
func (r *Record) duration() time.Duration { return time.Duration(r.End - r.At) }

// Request is an HTTP request. Status is 0 and Failure the reason where no
// answer came.
type Request struct {
	Method, Host, Path string
	Status             int
	Failure            string
}

// failed says whether the user was failed.
func (q *Request) failed() bool {
	return q.Status == 0 || q.Status == 408 || q.Status == 429 || q.Status >= 500
}

// FlowMark is one state of one run of a userflow.
type FlowMark struct {
	Name, ID, State string
	// Minor is its worth in minor units of Currency, 0 for none.
	Minor    int64
	Currency string
	Eye      time.Duration
}

// Fault is one occurrence of a planted bug.
type Fault struct {
	Bug *Bug
	// Session is the one that it happened in.
	Session *Session
	// Background is true where the user did not see it.
	Background bool
	// Thread, ID, Count and Variant differ from one occurrence to the next.
	Thread  string
	ID      int
	Count   int
	Variant int
}

// Plan is what happens to a fleet.
type Plan struct {
	Options Options
	Apps    []*App
	Devices []*Device
}

// devicesOf returns an app's devices.
func (p *Plan) devicesOf(app *App) []*Device {
	var out []*Device
	for _, d := range p.Devices {
		if d.App == app {
			out = append(out, d)
		}
	}
	return out
}
