package fleet

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tiny is a plan written by hand: two users of the shop, three sessions, one
// crash in a checkout, one hang reported twice, one handled error.
func tiny() *Plan {
	app := shop()
	total, hang, coupon := app.Bugs[0], app.Bugs[5], app.Bugs[6]
	o := Options{Days: 1, Devices: 2, End: time.Date(2026, 8, 21, 13, 17, 0, 0, time.UTC)}
	at := func(hour, minute, second int) int64 {
		return time.Date(2026, 8, 21, hour, minute, second, 0, time.UTC).UnixNano()
	}
	a := &Device{App: app, Index: 0, Model: androidModels()[0], Installation: "a"}
	b := &Device{App: app, Index: 1, Model: androidModels()[3], Installation: "b"}
	one := &Session{Device: a, ID: "one", Release: 1, Begin: at(10, 0, 0), Start: startCold}
	two := &Session{Device: a, Index: 1, ID: "two", Release: 2, Begin: at(11, 0, 0), Start: startCold}
	three := &Session{Device: b, ID: "three", Release: 1, Begin: at(11, 30, 0), Start: startCold}
	rec := func(k Kind, from int64, d time.Duration) Record {
		return Record{Kind: k, At: from, End: from + int64(d)}
	}
	flow := func(at int64, state string) Record {
		return Record{Kind: KindFlow, At: at, End: at, Flow: &FlowMark{Name: flowCheckout, ID: "f", State: state, Minor: 1250, Currency: "EUR", Eye: time.Second}}
	}
	fault := func(k Kind, s *Session, b *Bug, at int64) Record {
		return Record{Kind: k, At: at, End: at, Fault: &Fault{Bug: b, Session: s}}
	}
	start := rec(KindStart, at(10, 0, 0), time.Second)
	start.Name = startCold
	one.Records = []Record{start, rec(KindLoad, at(10, 0, 2), time.Second), flow(at(10, 1, 0), flowStarted), fault(KindCrash, one, total, at(10, 1, 5))}
	two.Records = []Record{rec(KindLoad, at(11, 0, 0), time.Second), flow(at(11, 0, 5), flowStarted), flow(at(11, 0, 9), flowSucceeded)}
	three.Records = []Record{
		rec(KindLoad, at(11, 30, 0), 500*time.Millisecond),
		fault(KindANR, three, hang, at(11, 30, 20)), fault(KindANR, three, hang, at(11, 30, 30)),
		fault(KindError, three, coupon, at(11, 30, 40)), fault(KindError, three, coupon, at(11, 30, 41)),
	}
	a.Sessions, b.Sessions = []*Session{one, two}, []*Session{three}
	return &Plan{Options: o, Apps: []*App{app}, Devices: []*Device{a, b}}
}

func TestTruthOfATinyPlan(t *testing.T) {
	text, err := json.Marshal(tiny().Truth())
	require.NoError(t, err)
	var got Truth
	require.NoError(t, json.Unmarshal(text, &got))
	acme := got.Tenants["acme"]
	assert.Equal(t, "mt_demo_acme", acme.Token)
	const span = "from=2026-08-20T13:00:00Z&to=2026-08-23T13:00:00Z"
	assert.Equal(t, span, tiny().Query())
	// A crash leaves 25, checkout and all else being good; the session with
	// the hang and two errors 100*.45*.98^2 = 43.2.
	want := map[string]string{
		"/api/v1/apps": `{"items":[{"app":"shop","platforms":["android"],"last_seen":"2026-08-21T11:30:41Z"}]}`,
		"/api/v1/apps/shop/summary?" + span: `{"sessions":3,"users":2,"events":12,
			"crash_free_sessions":0.6666666666666666,"crash_free_users":0.5,
			"score":{"satisfied":1,"tolerating":0,"frustrated":2,"mean":56,"index":0.3333333333333333,"coverage":0.38333333333333336},
			"value_at_risk":{"gross":{"minor":1250,"currency":"EUR"}}}`,
		"/api/v1/apps/shop/issues?sort=last_seen&limit=100&" + span: `{"items":[
			{"kind":"error","fatal":false,"events":2,"users":1,"sessions":1,"points":3,
			 "first_seen":"2026-08-21T11:30:40Z","last_seen":"2026-08-21T11:30:41Z","first_release":"4.12.0","last_release":"4.12.0"},
			{"kind":"anr","fatal":false,"events":1,"users":1,"sessions":1,"points":54,
			 "first_seen":"2026-08-21T11:30:20Z","last_seen":"2026-08-21T11:30:30Z","first_release":"4.12.0","last_release":"4.12.0"},
			{"kind":"crash","fatal":true,"events":1,"users":1,"sessions":1,"points":75,"value":{"minor":1250,"currency":"EUR"},
			 "first_seen":"2026-08-21T10:01:05Z","last_seen":"2026-08-21T10:01:05Z","first_release":"4.12.0","last_release":"4.12.0"}]}`,
		"/api/v1/apps/shop/sessions?limit=100&" + span: `{"items":[
			{"started":"2026-08-21T11:30:00Z","last_seen":"2026-08-21T11:30:41Z","score":43,"class":"frustrated","coverage":0.25,
			 "crashed":false,"events":5,"release":"4.12.0","points":[{"factor":"anr","points":54},{"factor":"handled_error","points":3}]},
			{"started":"2026-08-21T11:00:00Z","last_seen":"2026-08-21T11:00:09Z","score":100,"class":"satisfied","coverage":0.45,
			 "crashed":false,"events":3,"release":"4.12.1","os":"16","device":"Pixel 8","points":[]},
			{"started":"2026-08-21T10:00:00Z","last_seen":"2026-08-21T10:01:05Z","score":25,"class":"frustrated","coverage":0.45,
			 "crashed":true,"events":4,"release":"4.12.0","os":"16","device":"Pixel 8","points":[{"factor":"crash","points":75}]}]}`,
	}
	for path, text := range want {
		require.Contains(t, acme.Paths, path)
		assert.Empty(t, Compare(json.RawMessage(text), acme.Paths[path]), path)
		assert.Empty(t, Compare(acme.Paths[path], json.RawMessage(text)), "more than %s is written by hand", path)
	}
	// By events the crash and the hang tie: the list is asked for up to there.
	assert.Contains(t, acme.Paths, "/api/v1/apps/shop/issues?sort=events&limit=1&"+span)
	assert.Contains(t, acme.Paths, "/api/v1/apps/shop/issues?sort=value&limit=1&"+span)
	series, ok := acme.Paths["/api/v1/apps/shop/series?metric=score&step=1h&"+span].(map[string]any)
	require.True(t, ok)
	items, ok := series["items"].([]any)
	require.True(t, ok)
	require.Len(t, items, 72)
	assert.Equal(t, map[string]any{"time": "2026-08-21T10:00:00Z", "value": 25.0}, items[21])
	assert.Equal(t, map[string]any{"time": "2026-08-21T11:00:00Z", "value": 71.5}, items[22])
	assert.Equal(t, map[string]any{"time": "2026-08-21T12:00:00Z", "value": nil}, items[23])
}

func TestFlowsWithoutEnd(t *testing.T) {
	seen := newLine().add(Record{Kind: KindFlow, Flow: &FlowMark{Name: "a", ID: "1", State: flowStarted}}, 0).fault(KindCrash, false)
	before := newLine().fault(KindCrash, false).add(Record{Kind: KindFlow, Flow: &FlowMark{Name: "a", ID: "1", State: flowStarted}}, 0)
	hidden := newLine().add(Record{Kind: KindFlow, Flow: &FlowMark{Name: "a", ID: "1", State: flowStarted}}, 0).fault(KindCrash, true)
	for name, tt := range map[string]struct {
		l    *line
		want string
	}{
		"a crash after its begin":      {seen, flowCrashed},
		"a crash before its begin":     {before, flowAbandoned},
		"a crash that nobody saw":      {hidden, flowAbandoned},
		"an end that was sent decides": {newLine().flow("a", flowFailed, 0).fault(KindCrash, false), flowFailed},
	} {
		t.Run(name, func(t *testing.T) {
			v := viewOf(&Session{Device: &Device{App: shop()}, Records: tt.l.list})
			require.Len(t, v.flows, 1)
			assert.Equal(t, tt.want, v.flows[0].outcome)
		})
	}
}

func TestReportsOfOneHangAreOne(t *testing.T) {
	bug := &Bug{Kind: KindANR}
	l := newLine()
	for _, after := range []time.Duration{0, 9 * time.Second, 9 * time.Second, 30 * time.Second} {
		l.at += int64(after)
		l.add(Record{Kind: KindANR, Fault: &Fault{Bug: bug}}, 0)
	}
	v := viewOf(&Session{Device: &Device{App: shop()}, Records: l.list})
	require.Len(t, v.incidents, 2)
	assert.Equal(t, 20, scoreLine(l).Score, "100 * .45^2")
}

// MetricKit's reports belong to no session, but their crashes count.
func TestReportsWithoutSessionCount(t *testing.T) {
	p := newPlan(t, Options{Seed: 1, Days: 7, Devices: 200, App: "shop"})
	kit := 0
	for _, s := range issuesOf(p.views(p.Apps[0])) {
		if s.bug.Language == Kit {
			kit += s.events
			assert.Empty(t, s.sessions)
			assert.NotEmpty(t, s.users)
			assert.NotContains(t, s.doc(p.Apps[0]), "first_release")
		}
	}
	assert.Positive(t, kit)
}
