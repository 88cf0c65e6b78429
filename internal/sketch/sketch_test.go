package sketch

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// merged adds values split over several sketches and merges them in a random
// tree, so that neither order nor grouping can matter.
func merged(r *rand.Rand, values []int64) []byte {
	parts := make([]Values, 1+r.IntN(6))
	for _, i := range r.Perm(len(values)) {
		parts[r.IntN(len(parts))].Add(values[i], 1)
	}
	for len(parts) > 1 {
		i := r.IntN(len(parts) - 1)
		parts[i].Merge(&parts[i+1])
		parts = append(parts[:i+1], parts[i+2:]...)
	}
	return parts[0].Append(nil)
}

func TestValuesAreAFunctionOfWhatWasAdded(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		values := make([]int64, 1+r.IntN(2500))
		for i := range values {
			values[i] = r.Int64N(1 << (1 + r.IntN(34)))
		}
		want := merged(r, values)
		for range 4 {
			require.Equal(t, want, merged(r, values), "seed %d", seed)
		}
		var back Values
		require.NoError(t, back.Decode(want))
		assert.Equal(t, want, back.Append(nil))
		assert.EqualValues(t, len(values), back.Len())
	}
}

func TestRoundedValuesStayWithinTheirError(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 10_000 {
		v := r.Int64N(3_600_000_000)
		got := roundValue(v)
		assert.InDelta(t, v, got, float64(v)*0.008)
		assert.Equal(t, got, roundValue(got), "idempotent")
		assert.LessOrEqual(t, got, roundValue(v+1), "monotone")
	}
}

func TestQuantileIsTheNearestRank(t *testing.T) {
	var s Values
	for v := range int64(100) {
		s.Add(v+1, 1)
	}
	for q, want := range map[float64]int64{0: 1, 0.5: 50, 0.95: 95, 0.99: 99, 1: 100} {
		assert.Equal(t, want, s.Quantile(q), "q %v", q)
	}
	assert.Zero(t, new(Values).Quantile(0.5))
}

func TestDistinctIsExactThenAnEstimate(t *testing.T) {
	for _, n := range []int{0, 1, 1024, 1025, 5_000, 200_000} {
		r := rand.New(rand.NewPCG(uint64(n), 3))
		var a, b Distinct
		for range n {
			h := r.Uint64()
			a.Add(h)
			a.Add(h)
			if r.IntN(2) == 0 {
				b.Add(h)
			}
		}
		b.Merge(&a)
		require.Equal(t, a.Append(nil), b.Append(nil), "n %d", n)
		if n <= 1024 {
			assert.EqualValues(t, n, a.Count())
			assert.True(t, a.Exact())
			continue
		}
		assert.InDelta(t, n, a.Count(), float64(n)*0.03)
		assert.Less(t, math.Abs(float64(a.Count()-int64(n))), float64(n)*0.03)
	}
}

func FuzzDecode(f *testing.F) {
	var v Values
	v.Add(12, 3)
	v.Add(1<<40, 1)
	var d Distinct
	d.Add(1)
	d.Add(1 << 60)
	f.Add(v.Append(nil))
	f.Add(d.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v Values
		if v.Decode(b) == nil {
			var again Values
			require.NoError(t, again.Decode(v.Append(nil)))
			require.Equal(t, v.Append(nil), again.Append(nil))
		}
		var d Distinct
		if d.Decode(b) == nil {
			require.Len(t, d.Append(nil), len(b))
		}
	})
}
