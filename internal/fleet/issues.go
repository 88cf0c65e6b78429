package fleet

import (
	"cmp"
	"slices"
	"time"
)

// issue is what all occurrences of one planted bug add up to.
type issue struct {
	bug                   *Bug
	events                int
	users                 map[string]bool
	sessions              map[*Session]bool
	points                int
	value                 int64
	first, last           int64
	firstRelease, newest  int
	lastRelease, earliest int
}

// issuesOf adds up the bugs in an app's sessions.
func issuesOf(views []*view) []*issue {
	byBug := map[*Bug]*issue{}
	var out []*issue
	for _, v := range views {
		for _, i := range v.incidents {
			if byBug[i.bug] == nil {
				byBug[i.bug] = &issue{bug: i.bug, users: map[string]bool{}, sessions: map[*Session]bool{}}
				out = append(out, byBug[i.bug])
			}
			byBug[i.bug].add(v, i)
		}
		for _, l := range v.scored.Losses {
			if l.Bug != nil {
				byBug[l.Bug].points += l.Points
			}
		}
		for _, f := range v.flows {
			if f.by != nil {
				byBug[f.by].value += f.minor
			}
		}
	}
	return out
}

func (s *issue) add(v *view, i incident) {
	s.events++
	s.users[v.device.user()] = true
	release := -1
	if v.session != nil {
		s.sessions[v.session] = true
		release = v.session.Release
	}
	if s.events == 1 {
		s.earliest, s.newest = release, release
	}
	s.earliest, s.newest = min(s.earliest, release), max(s.newest, release)
	if s.events == 1 || i.at < s.first {
		s.first, s.firstRelease = i.at, release
	}
	if s.events == 1 || i.last > s.last {
		s.last, s.lastRelease = i.last, release
	}
}

// known says whether it is beyond doubt which releases the bug was first and
// last seen in: by time and by version alike. Of reports that a later process
// sends the release is a guess.
func (s *issue) known() bool {
	return s.earliest >= 0 && s.firstRelease == s.earliest && s.lastRelease == s.newest
}

// orders are the orders in which issues can be asked for, largest first.
func orders() map[string]func(*issue) int64 {
	return map[string]func(*issue) int64{
		"events":    func(s *issue) int64 { return int64(s.events) },
		"users":     func(s *issue) int64 { return int64(len(s.users)) },
		"points":    func(s *issue) int64 { return int64(s.points) },
		"value":     func(s *issue) int64 { return s.value },
		"last_seen": func(s *issue) int64 { return s.last },
	}
}

// sorted returns the issues in an order, as far as it is certain: up to the
// first tie, and without those that have nothing to be ordered by.
func sorted(list []*issue, key func(*issue) int64) (out []*issue, all bool) {
	out = slices.Clone(list)
	slices.SortStableFunc(out, func(a, b *issue) int { return cmp.Compare(key(b), key(a)) })
	for i := range out {
		if key(out[i]) <= 0 || i+1 < len(out) && key(out[i]) == key(out[i+1]) {
			return out[:i], false
		}
	}
	return out, true
}

// tied returns the rarer of two bugs that stand in the same place of a list,
// nil if there are none; those of which nothing more can be planted are left.
func tied(list []*issue, hopeless map[*Bug]bool) *Bug {
	for _, name := range []string{"events", "users", "points", "value", "last_seen"} {
		key := orders()[name]
		place := map[int64]*issue{}
		for _, s := range list {
			k := key(s)
			other := place[k]
			place[k] = s
			if k <= 0 || other == nil {
				continue
			}
			if other.events < s.events {
				s = other
			}
			if !hopeless[s.bug] {
				return s.bug
			}
		}
	}
	return nil
}

// kindName is the issue's kind in answers.
func (b *Bug) kindName() string {
	switch b.Kind {
	case KindCrash:
		return "crash"
	case KindANR:
		return "anr"
	default:
		return "error"
	}
}

// issueDoc is an issue as the API answers it, as far as it can be known.
func (s *issue) doc(app *App) map[string]any {
	doc := map[string]any{
		"kind": s.bug.kindName(), "fatal": s.bug.Kind == KindCrash,
		"events": s.events, "users": len(s.users), "sessions": len(s.sessions), "points": s.points,
		"first_seen": timeText(s.first), "last_seen": timeText(s.last),
	}
	if s.value > 0 {
		doc["value"] = money(s.value, app.Currency)
	}
	if s.known() {
		doc["first_release"] = app.Releases[s.firstRelease].Version
		doc["last_release"] = app.Releases[s.lastRelease].Version
	}
	return doc
}

func money(minor int64, currency string) map[string]any {
	return map[string]any{"minor": minor, "currency": currency}
}

func timeText(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }
