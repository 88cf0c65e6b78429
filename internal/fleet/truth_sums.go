package fleet

import (
	"slices"
	"time"
)

// summary adds up sessions as the API answers them.
func (a *appTruth) summary(views []*view) map[string]any {
	sessions, crashed, events := 0, 0, 0
	users, hurt := map[string]bool{}, map[string]bool{}
	for _, v := range views {
		events += len(v.records)
		if v.session == nil {
			continue
		}
		sessions++
		users[v.device.user()] = true
		if v.crashed {
			crashed++
			hurt[v.device.user()] = true
		}
	}
	doc := map[string]any{
		"sessions": sessions, "users": len(users), "events": events, "score": scoreDoc(views),
		"crash_free_sessions": share01(sessions-crashed, sessions), "crash_free_users": share01(len(users)-len(hurt), len(users)),
	}
	if minor, worth := atRisk(views); worth {
		doc["value_at_risk"] = map[string]any{"gross": money(minor, a.app.Currency)}
	}
	return doc
}

// share01 is a part of a whole, nil where there is none.
func share01(part, whole int) any {
	if whole == 0 {
		return nil
	}
	return float64(part) / float64(whole)
}

// scoreDoc adds up the scores.
func scoreDoc(views []*view) map[string]any {
	n, sum, coverage := 0, 0, 0.0
	classes := map[string]int{}
	for _, v := range views {
		if v.session == nil || v.scored.Class == notScored {
			continue
		}
		n++
		sum += v.scored.Score
		coverage += v.scored.Coverage
		classes[v.scored.Class]++
	}
	doc := map[string]any{
		satisfied: classes[satisfied], tolerating: classes[tolerating], frustrated: classes[frustrated],
		"mean": share01(sum, n), "index": nil, "coverage": nil,
	}
	if n > 0 {
		doc["index"] = (float64(classes[satisfied]) + float64(classes[tolerating])/2) / float64(n)
		doc["coverage"] = coverage / float64(n)
	}
	return doc
}

// atRisk sums the worth of the flows that failed, timed out or crashed. worth
// is true where any flow was worth something.
func atRisk(views []*view) (minor int64, worth bool) {
	for _, v := range views {
		for _, f := range v.flows {
			worth = worth || f.minor > 0
			if f.atRisk() {
				minor += f.minor
			}
		}
	}
	return minor, worth
}

func metricNames() []string {
	return []string{"sessions", "crashes", "crash_free_sessions", "score", "flow_completion", "value_at_risk"}
}

// metric is a number over some sessions, nil where it is undefined. ok is
// false where it is open whether it is.
func metric(name string, views []*view) (value any, ok bool) {
	sessions, crashed := 0, 0
	for _, v := range views {
		if v.session != nil {
			sessions++
		}
		if v.session != nil && v.crashed {
			crashed++
		}
	}
	switch name {
	case "sessions":
		return sessions, true
	case "crashes":
		return count(views, func(i incident) bool { return i.bug.Kind == KindCrash }), true
	case "crash_free_sessions":
		return share01(sessions-crashed, sessions), true
	case "score":
		return scoreDoc(views)["mean"], true
	case "flow_completion":
		return completion(views), true
	default: // value_at_risk
		minor, worth := atRisk(views)
		if !worth {
			return nil, sessions == 0
		}
		return minor, true
	}
}

// completion is the share of userflows that ended well.
func completion(views []*view) any {
	done, all := 0, 0
	for _, v := range views {
		for _, f := range v.flows {
			all++
			if f.outcome == flowSucceeded {
				done++
			}
		}
	}
	return share01(done, all)
}

func count(views []*view, counts func(incident) bool) int {
	n := 0
	for _, v := range views {
		for _, i := range v.incidents {
			if counts(i) {
				n++
			}
		}
	}
	return n
}

// series is a metric over time, a point for every step. ok is false where it
// cannot be told.
func (a *appTruth) series(name string, step time.Duration) (doc map[string]any, ok bool) {
	views := slices.Clone(a.views)
	items := []any{}
	for at := a.from; at.Before(a.to); at = at.Add(step) {
		value, known := metric(name, within(views, at, at.Add(step)))
		if !known {
			return nil, false
		}
		items = append(items, map[string]any{"time": at.Format(time.RFC3339), "value": value})
	}
	text := "1h"
	if step == day {
		text = "24h"
	}
	return map[string]any{"metric": name, "step": text, "items": items}, true
}
