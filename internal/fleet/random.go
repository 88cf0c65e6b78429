package fleet

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"time"
)

// random draws numbers for one thing of the plan. What happens to one device
// does not depend on how many numbers another drew.
type random struct {
	*rand.Rand
}

// Streams keep apart what numbers are drawn for.
const (
	streamDevice uint64 = iota + 1
	streamUsage
	streamBugs
	streamSession
	streamNetwork
	streamStack
)

// newRandom returns the numbers of a path of things, such as (stream, device,
// session).
func newRandom(seed uint64, path ...uint64) random {
	h := mix(seed)
	for _, p := range path {
		h = mix(h ^ mix(p))
	}
	return random{rand.New(rand.NewPCG(h, mix(h)))} //nolint:gosec // the same seed must give the same fleet
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood, 2014).
func mix(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}

// percent is true in p of 100 cases.
func (r random) percent(p int) bool { return r.IntN(100) < p }

// between returns a number in [low, high].
func (r random) between(low, high int) int { return low + r.IntN(high-low+1) }

// span returns a duration in [low, high], whole microseconds.
func (r random) span(low, high time.Duration) time.Duration {
	return low + time.Duration(r.Int64N(int64(high-low)/1000+1))*time.Microsecond
}

// spread returns a duration around a median with the long tail that waiting
// times have, whole microseconds. It uses whole numbers only, so that every
// machine draws the same.
func (r random) spread(median time.Duration) time.Duration {
	// Multiples of the median, thousandths, at quantiles of thousandths.
	curve := [...][2]int64{{0, 450}, {100, 640}, {250, 800}, {500, 1000}, {750, 1300}, {900, 1800}, {970, 2800}, {1000, 5500}}
	q := r.Int64N(1000)
	i := 1
	for q >= curve[i][0] {
		i++
	}
	a, b := curve[i-1], curve[i]
	factor := a[1] + (b[1]-a[1])*(q-a[0])/(b[0]-a[0])
	micros := int64(median/time.Microsecond) * factor / 1000
	return time.Duration(micros+r.Int64N(997)) * time.Microsecond
}

// hex returns n random bytes as hexadecimal digits.
func (r random) hex(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32N(256))
	}
	return hex.EncodeToString(b)
}

// uuid returns a random UUID in lower case.
func (r random) uuid() string {
	h := r.hex(16)
	return fmt.Sprintf("%s-%s-4%s-a%s-%s", h[:8], h[8:12], h[13:16], h[17:20], h[20:])
}

// pick returns one of a list.
func pick[T any](r random, list []T) T { return list[r.IntN(len(list))] }

// weighted returns the index of a weight, drawn in proportion.
func (r random) weighted(weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := r.IntN(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}
