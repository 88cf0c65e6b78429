package rollup

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
)

const t0 = int64(1_780_000_000) * int64(time.Second)

func head(r *rand.Rand, id string) store.Head {
	var s session.State
	s.Saw(t0+r.Int64N(1e12), t0+r.Int64N(1e12))
	s.AddUser(1, uint64(r.IntN(20)))
	s.Release = session.Label{Time: t0, Value: fmt.Sprintf("1.%d", r.IntN(3))}
	s.AddStart(session.Start{Kind: session.Cold, Begin: t0, Duration: r.Int64N(6e6)})
	s.Requests.Add(r.Int64N(3e6), 1)
	if r.IntN(3) == 0 {
		s.AddIncident(session.Incident{Kind: session.IncidentKind(r.IntN(3)), ID: "i", Time: t0 + 1, Version: "f1", Fine: [16]byte{byte(r.IntN(4))}})
	}
	if r.IntN(2) == 0 {
		s.AddFlow("f", "checkout", session.FlowMark{Time: t0, Outcome: session.Outcome(r.IntN(4)), Value: 100, Currency: "EUR"})
	}
	h := session.Grade(s, id, uxscore.NewRules(uxscore.Default()))
	return store.Head{SessionKey: store.SessionKey{Tenant: "t", App: "a", Session: id}, Rev: int64(1 + r.IntN(9)), Data: h.Append(nil)}
}

func build(t *testing.T, heads []store.Head, order []int) []store.Rollup {
	t.Helper()
	b := NewBuilder()
	for _, i := range order {
		require.NoError(t, b.Add(&heads[i]))
	}
	return b.Rollups(store.Bucket{Tenant: "t", App: "a"})
}

func TestDocumentsAreTheSumOfHeadsInAnyOrder(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		heads := make([]store.Head, 1+r.IntN(80))
		for i := range heads {
			heads[i] = head(r, fmt.Sprint("s", i))
		}
		want := build(t, heads, r.Perm(len(heads)))
		require.Equal(t, want, build(t, heads, r.Perm(len(heads))), "seed %d", seed)
		for _, w := range want {
			d := Doc{}
			require.NoError(t, d.Decode(w.Data))
			require.Equal(t, w.Data, d.Append(nil), w.Family)
		}
		total, release := Doc{}, Doc{}
		require.NoError(t, total.Decode(want[0].Data))
		require.NoError(t, release.Decode(want[1].Data))
		require.Equal(t, Doc{"": total[""]}.Append(nil), Doc{"": release.Total()}.Append(nil), "releases add up to the total")
	}
}

func TestSplitBucketsAddUpToTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	heads := make([]store.Head, 60)
	for i := range heads {
		heads[i] = head(r, fmt.Sprint("s", i))
	}
	whole := build(t, heads, r.Perm(len(heads)))
	left := build(t, heads[:23], r.Perm(23))
	right := build(t, heads[23:], r.Perm(37))
	for i := range whole {
		sum := Doc{}
		require.NoError(t, sum.Decode(right[i].Data))
		require.NoError(t, sum.Decode(left[i].Data))
		require.Equal(t, whole[i].Data, sum.Append(nil), whole[i].Family)
	}
	assert.Equal(t, whole[0].Rev, left[0].Rev+right[0].Rev)
}

func TestEmptiedHeadsAddTheirRevisionOnly(t *testing.T) {
	b := NewBuilder()
	require.NoError(t, b.Add(&store.Head{Rev: 7}))
	got := b.Rollups(store.Bucket{})
	assert.EqualValues(t, 7, got[0].Rev)
	assert.Empty(t, got[0].Data)
	require.Error(t, b.Add(&store.Head{Rev: 1, Data: []byte{0xff}}), "a corrupt head is named, not counted")
}

func TestPseudoSessionsCountTheirCrashesOnly(t *testing.T) {
	var s session.State
	s.Saw(t0, t0)
	s.AddUser(1, 5)
	s.AddIncident(session.Incident{Kind: session.Crash, ID: "c", Time: t0, Version: "f1", Fine: [16]byte{1}})
	id := session.ImplicitID("phone", time.Unix(0, t0))
	h := session.Grade(s, id, uxscore.NewRules(uxscore.Default()))
	b := NewBuilder()
	require.NoError(t, b.Add(&store.Head{SessionKey: store.SessionKey{Session: id}, Rev: 1, Data: h.Append(nil)}))
	d, fp := Doc{}, Doc{}
	docs := b.Rollups(store.Bucket{})
	require.NoError(t, d.Decode(docs[0].Data))
	require.NoError(t, fp.Decode(docs[2].Data))
	assert.Zero(t, d[""].Sessions)
	assert.Zero(t, d[""].Users.Count())
	assert.EqualValues(t, 1, d[""].Crashes)
	require.Len(t, fp, 1)
	for ref, c := range fp {
		got, ok := ParseRef(ref)
		require.True(t, ok)
		assert.Equal(t, store.Fingerprint{Version: "f1", Fine: [16]byte{1}}, got)
		assert.EqualValues(t, 1, c.Users.Count())
		assert.Zero(t, c.SessionIDs.Count())
	}
}

func TestOneStrayCurrencyDoesNotLead(t *testing.T) {
	b := NewBuilder()
	for i := range 10 {
		var s session.State
		s.Saw(t0, t0)
		currency, value := "EUR", int64(1000)
		if i == 0 {
			currency, value = "AED", 999_999
		}
		s.AddFlow("f", "checkout", session.FlowMark{Time: t0, Outcome: session.Failed, Value: value, Currency: currency})
		h := session.Grade(s, "s", uxscore.NewRules(uxscore.Default()))
		require.NoError(t, b.Add(&store.Head{SessionKey: store.SessionKey{Session: strconv.Itoa(i)}, Rev: 1, Data: h.Append(nil)}))
	}
	d := Doc{}
	require.NoError(t, d.Decode(b.Rollups(store.Bucket{})[0].Data))
	assert.Equal(t, "EUR", d[""].LeadingCurrency())
	assert.EqualValues(t, 9000, d[""].AtRisk()["EUR"])
}

func TestTooManyKeysFoldIntoOther(t *testing.T) {
	d := Doc{}
	for i := range 3 * maxKeys {
		d.cell(fmt.Sprintf("r%05d", i)).Sessions = 1
	}
	back := Doc{}
	require.NoError(t, back.Decode(d.Append(nil)))
	assert.Len(t, back, maxKeys)
	assert.EqualValues(t, 2*maxKeys+1, back[Other].Sessions)
	assert.EqualValues(t, 3*maxKeys, back.Total().Sessions)
}

func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	b := NewBuilder()
	for i := range 20 {
		h := head(r, strconv.Itoa(i))
		require.NoError(f, b.Add(&h))
	}
	for _, doc := range b.Rollups(store.Bucket{}) {
		f.Add(doc.Data)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d := Doc{}
		if d.Decode(b) != nil {
			return
		}
		again := Doc{}
		require.NoError(t, again.Decode(d.Append(nil)))
	})
}

func BenchmarkBuild1000Heads(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	heads := make([]store.Head, 1000)
	for i := range heads {
		heads[i] = head(r, strconv.Itoa(i))
	}
	b.ReportAllocs()
	for b.Loop() {
		sum := NewBuilder()
		for i := range heads {
			_ = sum.Add(&heads[i])
		}
		sum.Rollups(store.Bucket{})
	}
}
