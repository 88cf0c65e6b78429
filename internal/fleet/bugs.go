package fleet

import "slices"

// Language is whose stacks a bug has.
type Language uint8

// The languages.
const (
	JVM Language = iota
	// Apple bugs are seen by a handler in the process, which names functions.
	Apple
	// Kit bugs are seen by MetricKit only, which names offsets.
	Kit
	// JavaScript runs in React Native.
	JavaScript
)

// Bug is one planted bug: what all its occurrences share, and how they differ.
//
// A frame's text may hold {n}: a line or offset that moves from release to
// release; {l}: a counter of lambdas, likewise; {p}: one that differs from
// start to start. A message may hold {id} and {n}: numbers that differ every time.
type Bug struct {
	Name     string
	Kind     Kind
	Language Language
	// Type and Message are the exception's; Cause is what it was caused by.
	Type, Message string
	Cause         *Cause
	// Frames are the app's, the throw's first. Entry is what called them.
	Frames []string
	Entry  Entry
	// Weight is how often it happens, relative to others of its app and kind.
	Weight int
	// Releases are the indexes of those that have it, all if empty. Class and
	// OS restrict it to devices.
	Releases  []int
	Class, OS string
	// Flow is the userflow that it ends, AtStart a crash while starting.
	Flow    string
	AtStart bool
}

// Cause is the exception behind another.
type Cause struct {
	Type, Message string
	Frames        []string
}

// Entry is what called into the app.
type Entry uint8

// The entries.
const (
	EntryClick Entry = iota
	EntryCreate
	EntryPool
	EntryCoroutine
	EntryLoop
)

// language is whose stacks a dialect sends.
func (d Dialect) language() Language {
	switch d {
	case OTelSwift:
		return Kit
	case HoneycombSwift:
		return Apple
	case HoneycombRN:
		return JavaScript
	default:
		return JVM
	}
}

// suits says whether a bug can happen in a session.
func (b *Bug) suits(s *Session) bool {
	d := s.Device
	lang := d.Dialect.language()
	if lang == Kit && b.Kind == KindError {
		lang = Apple // the app's own code reports errors with symbols
	}
	switch {
	case lang != b.Language,
		b.Kind == KindANR && d.Dialect != OTelAndroid && d.Dialect != HoneycombAndroid,
		len(b.Releases) > 0 && !slices.Contains(b.Releases, s.Release),
		b.Class != "" && b.Class != d.Model.Class,
		b.OS != "" && b.OS != d.Model.OS,
		b.AtStart && s.Start != startCold,
		d.Clock == ClockAhead,
		d.Clock == ClockUnset && b.Kind != KindError:
		return false
	default:
		return true
	}
}

// OnlySomewhere says whether the bug is restricted to a release, a class of
// devices or a system.
func (b *Bug) OnlySomewhere() bool { return len(b.Releases) > 0 || b.Class != "" || b.OS != "" }

const (
	startCold = "cold"
	startWarm = "warm"
	startHot  = "hot"
)
