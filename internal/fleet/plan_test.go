package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// digest hashes all that a plan sends, in order.
func digest(t *testing.T, p *Plan) string {
	t.Helper()
	h := sha256.New()
	uploads := p.Uploads()
	for i := range uploads {
		body, err := uploads[i].Body()
		require.NoError(t, err)
		_, _ = io.WriteString(h, uploads[i].Due.String()+uploads[i].Path()+uploads[i].App().Key)
		h.Write(body)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestEqualOptionsGiveEqualBytes(t *testing.T) {
	o := Options{Seed: 7, Days: 3, Devices: 30}
	first := digest(t, newPlan(t, o))
	assert.Equal(t, first, digest(t, newPlan(t, o)))
	truth := newPlan(t, o).Truth()
	assert.Equal(t, truth, newPlan(t, o).Truth())
	o.Seed = 8
	assert.NotEqual(t, first, digest(t, newPlan(t, o)), "another seed")
	o.Seed, o.End = 7, end.Add(time.Hour)
	assert.NotEqual(t, first, digest(t, newPlan(t, o)), "another end")
}

func TestWrongOptionsAreNamed(t *testing.T) {
	tests := map[string]struct {
		o    Options
		want string
	}{
		"days":        {Options{Days: 31, Devices: 1, End: end}, "days must be in [1, 30], got 31"},
		"devices":     {Options{Days: 1, Devices: 2001, End: end}, "devices must be in [1, 2000], got 2001"},
		"of one app":  {Options{Days: 1, Devices: 991, End: end, App: "shop"}, "devices must be in [1, 990], got 991"},
		"end":         {Options{Days: 1, Devices: 1}, "end must be in the years"},
		"app":         {Options{Days: 1, Devices: 1, End: end, App: "fax"}, `got "fax"`},
		"key alone":   {Options{Days: 1, Devices: 1, End: end, Key: "k"}, "a key needs an app"},
		"all at once": {Options{Devices: -1, Key: "k"}, "days must be"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := NewPlan(tt.o)
			require.ErrorIs(t, err, ErrOptions)
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestTheDefaultDemoIsLargeEnough(t *testing.T) {
	p := newPlan(t, Options{Seed: 1, Days: 7, Devices: 300})
	sessions, records := 0, 0
	for _, app := range p.Apps {
		for _, v := range p.views(app) {
			records += len(v.records)
			if v.session != nil {
				sessions++
			}
		}
	}
	assert.InDelta(t, 3000, sessions, 400)
	assert.Greater(t, records, 100_000)
	sent, again, late := 0, 0, 0
	for _, u := range p.Uploads() {
		if u.Again {
			again++
			continue
		}
		sent += u.Records()
		if last := u.records[len(u.records)-1]; u.Due.Sub(time.Unix(0, last.End)) > 2*time.Hour {
			late++
		}
	}
	assert.Equal(t, records, sent, "every record is sent, and once unless the upload is repeated")
	assert.Greater(t, again, 50, "some uploads are sent twice")
	assert.Greater(t, late, 50, "some arrive hours late")
}

func TestEveryBugHappensWhereItCan(t *testing.T) {
	for seed := range uint64(3) {
		p := newPlan(t, Options{Seed: seed, Days: 7, Devices: 300})
		bugs, somewhere := 0, 0
		for _, app := range p.Apps {
			assert.Nil(t, tied(issuesOf(p.views(app)), nil), "ties in %s, seed %d", app.ID, seed)
			found := map[*Bug]*issue{}
			for _, s := range issuesOf(p.views(app)) {
				found[s.bug] = s
			}
			for _, b := range app.Bugs {
				require.Containsf(t, found, b, "%s of %s, seed %d", b.Name, app.ID, seed)
				assert.Greaterf(t, len(found[b].users), 1, "%s of %s, seed %d", b.Name, app.ID, seed)
				bugs++
				if b.OnlySomewhere() {
					somewhere++
				}
			}
		}
		assert.GreaterOrEqual(t, bugs, 12)
		assert.GreaterOrEqual(t, somewhere, 4)
	}
}

func TestBugsKeepToTheirReleasesAndDevices(t *testing.T) {
	p := newPlan(t, Options{Seed: 3, Days: 7, Devices: 200})
	for _, d := range p.Devices {
		for _, s := range d.Sessions {
			for _, r := range s.Records {
				if r.Fault == nil {
					continue
				}
				b := r.Fault.Bug
				assert.Same(t, s, r.Fault.Session)
				if len(b.Releases) > 0 {
					assert.Contains(t, b.Releases, s.Release, b.Name)
				}
				if b.Class != "" {
					assert.Equal(t, b.Class, d.Model.Class, b.Name)
				}
				if b.OS != "" {
					assert.Equal(t, b.OS, d.Model.OS, b.Name)
				}
			}
		}
	}
}

// Stacks of one bug are alike to a reader and different as texts.
func TestTwoDevicesStacksDiffer(t *testing.T) {
	p := newPlan(t, Options{Seed: 1, Days: 7, Devices: 300})
	stacks := map[*Bug]map[*Device]string{}
	for _, d := range p.Devices {
		for _, s := range d.Sessions {
			for _, list := range [][]Record{s.Records, s.Carried} {
				for i := range list {
					if f := list[i].Fault; f != nil && list[i].Kind != KindTwin {
						if stacks[f.Bug] == nil {
							stacks[f.Bug] = map[*Device]string{}
						}
						stacks[f.Bug][d] = f.text(d.Dialect)
					}
				}
			}
		}
	}
	for b, byDevice := range stacks {
		texts := map[string]bool{}
		for _, text := range byDevice {
			assert.NotContains(t, text, "{id}")
			assert.NotContains(t, text, "{l}")
			texts[text] = true
		}
		assert.Greaterf(t, len(texts), 1, "%s: %d devices", b.Name, len(byDevice))
	}
}

// text is the stack as a dialect sends it.
func (f *Fault) text(d Dialect) string {
	switch {
	case f.Bug.Language == JavaScript:
		return f.jsText()
	case f.Bug.Language == Kit:
		return f.kitText()
	case f.Bug.Language == Apple:
		return f.symbolsText()
	case d == EmbraceAndroid:
		return jsonTexts(f.jvmFrames())
	case f.Bug.Kind == KindANR:
		return f.bareText()
	default:
		return f.jvmText()
	}
}

func TestSessionsCanBeToldApart(t *testing.T) {
	for name, o := range map[string]Options{
		"a week":  {Seed: 4, Days: 7, Devices: 120},
		"a month": {Seed: 5, Days: 30, Devices: 40},
		"a day":   {Seed: 6, Days: 1, Devices: 200},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlan(t, o)
			users := map[*App]map[string]bool{}
			begins := map[int64]bool{}
			for _, d := range p.Devices {
				if users[d.App] == nil {
					users[d.App] = map[string]bool{}
				}
				users[d.App][d.user()] = true
				for i, s := range d.Sessions {
					v := viewOf(s)
					assert.False(t, begins[v.first], "two sessions begin at once")
					begins[v.first] = true
					assert.Equal(t, v.first/int64(week), v.last/int64(week), "a session in two weeks")
					assert.GreaterOrEqual(t, v.first, end.Add(-29*day).UnixNano())
					assert.LessOrEqual(t, v.last, end.UnixNano())
					assert.False(t, v.scored.Unsure)
					if i > 0 {
						assert.Greater(t, s.Begin-d.Sessions[i-1].last(), int64(gap), "sessions overlap")
					}
				}
			}
			for app, list := range users {
				assert.Less(t, len(list), 1000)
				assert.Len(t, list, len(p.devicesOf(app)))
			}
		})
	}
}

func TestManyDevicesStayCountable(t *testing.T) {
	p := newPlan(t, Options{Seed: 1, Days: 1, Devices: MaxDevices})
	for _, app := range p.Apps {
		assert.Less(t, len(p.devicesOf(app)), 1000, app.ID)
	}
}

func TestWrongClocksAreTheBanksOnly(t *testing.T) {
	p := newPlan(t, Options{Seed: 1, Days: 7, Devices: 300})
	clocks := map[Clock]int{}
	for _, d := range p.Devices {
		clocks[d.Clock]++
		if d.Clock == ClockRight {
			continue
		}
		assert.Equal(t, "bank", d.App.ID)
		for _, s := range d.Sessions {
			assert.Nil(t, s.trouble.crash)
			if d.Clock == ClockAhead {
				assert.Nil(t, s.trouble.err)
				assert.Less(t, s.last()-s.Begin, int64(3*time.Minute))
			}
		}
	}
	assert.Greater(t, clocks[ClockUnset], 2)
	assert.Greater(t, clocks[ClockAhead], 2)
}

func TestOneAppByItself(t *testing.T) {
	p := newPlan(t, Options{Seed: 1, Days: 2, Devices: 20, App: "game", Key: "mk_other"})
	require.Len(t, p.Apps, 1)
	assert.Equal(t, "mk_other", p.Apps[0].Key)
	truth := p.Truth()
	require.Len(t, truth.Tenants, 1)
	assert.NotContains(t, truth.Tenants["globex"].Paths, "/api/v1/apps")
	assert.Equal(t, "game", AppByKey("mk_demo_globex_game"))
	assert.Empty(t, AppByKey("mk_other"))
}

func BenchmarkPlan(b *testing.B) {
	for b.Loop() {
		newPlan(b, Options{Seed: 1, Days: 7, Devices: 300})
	}
}

func BenchmarkBodies(b *testing.B) {
	p := newPlan(b, Options{Seed: 1, Days: 2, Devices: 100})
	uploads := p.Uploads()
	records := 0
	b.ReportAllocs()
	for b.Loop() {
		for i := range uploads {
			_, err := uploads[i].Body()
			require.NoError(b, err)
			records += uploads[i].Records()
		}
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
}
