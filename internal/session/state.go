// Package session merges what uploads say of a session into one state and
// grades it. A State is a commutative, associative sum: parts of a session may
// come in any order, however they were cut, and the merged state has the same
// bytes. Nothing in it depends on configuration, so a score's configuration
// can be chosen when the head is made.
package session

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otelcol-mobile/otelcol-mobile/internal/sketch"
)

// Limits of what a state lists one by one. Beyond them the entries that are
// last in order are left out and Overflow is set.
const (
	maxStarts    = 256
	maxIncidents = 1000
	maxFlows     = 1000
)

// Label is a text with the time at which it held. Of two the earlier wins, at
// equal times the smaller text.
type Label struct {
	Time  int64
	Value string
}

// Offer offers a text that held at a time (nanoseconds since 1970).
func (l *Label) Offer(at int64, text string) { l.merge(Label{at, text}) }

func (l *Label) merge(o Label) {
	if o.Value == "" || l.Value != "" && (l.Time < o.Time || l.Time == o.Time && l.Value <= o.Value) {
		return
	}
	*l = o
}

// StartKind is how an app start began.
type StartKind uint8

// The kinds of start.
const (
	Cold StartKind = iota
	Warm
	Hot
)

// Start is one app start: its kind, begin (nanoseconds since 1970) and
// duration (microseconds).
type Start struct {
	Kind     StartKind
	Begin    int64
	Duration int64
}

// IncidentKind is what went wrong.
type IncidentKind uint8

// The kinds of incident, in the order in which they are kept.
const (
	Crash IncidentKind = iota
	ANR
	Error
)

// String returns the kind's name in answers.
func (k IncidentKind) String() string { return [...]string{"crash", "anr", "error"}[k] }

// Incident is a crash, a hang or a handled error. Its Kind and ID are its
// identity: a second report of the same counts once.
type Incident struct {
	Kind IncidentKind
	ID   string
	// Time is nanoseconds since 1970.
	Time int64
	// Version and Fine are the primary fingerprint; empty where unlabelled.
	Version string
	Fine    [16]byte
	// Background is true for a crash that the user did not see.
	Background bool
}

// Outcome is how a userflow ended, in the order in which simultaneous ends are
// decided.
type Outcome uint8

// The outcomes of a userflow. Started is no end; Crashed is found by FlowResults.
const (
	Started Outcome = iota
	Succeeded
	Failed
	TimedOut
	Abandoned
	Crashed
	numOutcomes
)

// String returns the outcome's name in answers.
func (o Outcome) String() string {
	return [...]string{"started", "succeeded", "failed", "timed_out", "abandoned", "crashed"}[o]
}

// FlowMark is one end of a flow: when, with which outcome and value (minor
// units of Currency), and its foreground time so far (microseconds).
type FlowMark struct {
	Time     int64
	Outcome  Outcome
	Value    int64
	Currency string
	Eye      int64
}

// Flow is one run of a userflow. Begin is the zero FlowMark where its start
// was not seen, End where it did not end.
type Flow struct {
	ID, Name   string
	Begin, End FlowMark
}

// State is what is known of a session. The zero State knows nothing.
type State struct {
	// Events counts canonical records.
	Events int64
	// First and Last are the times of the earliest and latest activity, Ended
	// that of the latest session.end; nanoseconds since 1970, 0 for none.
	First, Last, Ended int64
	// User is a hash of who; UserRank says what it was made of (1 is best).
	User     uint64
	UserRank uint8

	Release, OSFamily, OSVersion, Device, DeviceClass, SDK Label

	Starts    []Start
	Incidents []Incident
	Flows     []Flow
	// Loads are durations of screen loads, Requests and Failed those of HTTP
	// requests that were answered or failed; microseconds.
	Loads, Requests, Failed sketch.Values
	// LastLoad is the latest screen load by end: its end and duration.
	LastLoadEnd, LastLoad int64
	// Hang is the longest hang below ANR length, microseconds.
	Hang int64
	// Janks counts jank reports; Slow and Frozen their frames.
	Janks, Slow, Frozen int64
	// HitchSum is the sum of hitch ratios in microseconds a second, HitchN
	// their number.
	HitchSum, HitchN int64
	// Taps counts rage and error taps.
	Taps int64
	// Overflow is true where a limit left something out.
	Overflow bool
}

// Saw counts one record that lasted from begin to end.
func (s *State) Saw(begin, end int64) {
	s.Events++
	s.span(begin, max(begin, end))
}

func (s *State) span(first, last int64) {
	if first != 0 && (s.First == 0 || first < s.First) {
		s.First = first
	}
	s.Last = max(s.Last, last)
}

// AddUser offers a hash of who the user is. A smaller rank wins, at equal
// ranks the smaller hash.
func (s *State) AddUser(rank uint8, hash uint64) {
	if rank == 0 || s.UserRank != 0 && (s.UserRank < rank || s.UserRank == rank && s.User <= hash) {
		return
	}
	s.UserRank, s.User = rank, hash
}

// AddStart adds an app start. The same start twice counts once.
func (s *State) AddStart(v Start) {
	s.Starts = limitTo(s, insert(s.Starts, v, compareStarts, nil), maxStarts)
}

func compareStarts(a, b Start) int {
	return cmp.Or(cmp.Compare(a.Begin, b.Begin), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Duration, b.Duration))
}

// AddIncident adds an incident. Of two reports of the same the earlier stands.
func (s *State) AddIncident(v Incident) {
	s.Incidents = limitTo(s, insert(s.Incidents, v, compareIncidents, mergeIncident), maxIncidents)
}

func compareIncidents(a, b Incident) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
}

func mergeIncident(a *Incident, b Incident) {
	if cmp.Or(cmp.Compare(b.Time, a.Time), strings.Compare(b.Version, a.Version), slices.Compare(b.Fine[:], a.Fine[:]),
		cmp.Compare(btoi(b.Background), btoi(a.Background))) < 0 {
		*a = b
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// AddFlow adds what is known of a run of a flow; mark's Outcome says which end.
func (s *State) AddFlow(id, name string, mark FlowMark) {
	f := Flow{ID: id, Name: name}
	if mark.Outcome == Started {
		f.Begin = mark
	} else {
		f.End = mark
	}
	s.addFlow(f)
}

func (s *State) addFlow(f Flow) {
	s.Flows = limitTo(s, insert(s.Flows, f, compareFlows, mergeFlow), maxFlows)
}

func compareFlows(a, b Flow) int {
	return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Name, b.Name))
}

func mergeFlow(a *Flow, b Flow) {
	mergeMark(&a.Begin, b.Begin)
	mergeMark(&a.End, b.End)
}

// mergeMark keeps the earlier of two ends.
func mergeMark(a *FlowMark, b FlowMark) {
	if b.Time == 0 {
		return
	}
	if a.Time == 0 || compareMarks(b, *a) < 0 {
		*a = b
	}
}

func compareMarks(a, b FlowMark) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Value, b.Value),
		strings.Compare(a.Currency, b.Currency), cmp.Compare(a.Eye, b.Eye))
}

// AddLoad adds a screen load that ended at end and took d microseconds.
func (s *State) AddLoad(end, d int64) {
	s.Loads.Add(d, 1)
	s.lastLoad(end, d)
}

func (s *State) lastLoad(end, d int64) {
	if end > s.LastLoadEnd || end == s.LastLoadEnd && d > s.LastLoad {
		s.LastLoadEnd, s.LastLoad = end, d
	}
}

// insert puts v into the sorted list, or merges it with its equal there.
func insert[T any](list []T, v T, compare func(a, b T) int, merge func(*T, T)) []T {
	i, found := slices.BinarySearchFunc(list, v, compare)
	if !found {
		return slices.Insert(list, i, v)
	}
	if merge != nil {
		merge(&list[i], v)
	}
	return list
}

// limitTo keeps the first n of a sorted list. Which are first is a function of
// the union, so the limit does not depend on the order of merging.
func limitTo[T any](s *State, list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	s.Overflow = true
	return list[:n]
}

// Merge adds everything that o knows. o is not changed.
func (s *State) Merge(o *State) {
	s.Events += o.Events
	s.span(o.First, o.Last)
	s.Ended = max(s.Ended, o.Ended)
	s.AddUser(o.UserRank, o.User)
	for _, l := range [...]struct {
		to   *Label
		from Label
	}{{&s.Release, o.Release}, {&s.OSFamily, o.OSFamily}, {&s.OSVersion, o.OSVersion}, {&s.Device, o.Device}, {&s.DeviceClass, o.DeviceClass}, {&s.SDK, o.SDK}} {
		l.to.merge(l.from)
	}
	for _, v := range o.Starts {
		s.AddStart(v)
	}
	for _, v := range o.Incidents {
		s.AddIncident(v)
	}
	for _, v := range o.Flows {
		s.addFlow(v)
	}
	s.Loads.Merge(&o.Loads)
	s.Requests.Merge(&o.Requests)
	s.Failed.Merge(&o.Failed)
	s.lastLoad(o.LastLoadEnd, o.LastLoad)
	s.Hang = max(s.Hang, o.Hang)
	s.Janks += o.Janks
	s.Slow += o.Slow
	s.Frozen += o.Frozen
	s.HitchSum += o.HitchSum
	s.HitchN += o.HitchN
	s.Taps += o.Taps
	s.Overflow = s.Overflow || o.Overflow
}
