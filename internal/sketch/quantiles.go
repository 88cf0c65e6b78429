// Package sketch holds mergeable summaries of durations and of distinct things.
// Their bytes are a function of what was added, never of the order in which it
// was added or merged, so derived rows can be compared and recomputed anywhere.
package sketch

import (
	"cmp"
	"errors"
	"math/bits"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrCorrupt answers bytes that no summary of this package encodes to.
var ErrCorrupt = errors.New("corrupt sketch")

const (
	// maxExact is how many distinct values a Values keeps as they are.
	maxExact = 1024
	// subBits is how many bits below the leading one a coarse value keeps:
	// 64 steps an octave, so a step's middle is within 0.8 % of any value in it.
	subBits = 6
)

// Count is a value and how often it was added.
type Count struct {
	Value int64
	N     int64
}

// Values is a multiset of non-negative integers: exact up to 1,024 distinct
// values, beyond that rounded to within 0.8 %. Whether it is rounded depends on
// the union of everything merged into it, not on the order, so merging is
// associative and commutative. The zero Values is empty and ready to use.
type Values struct {
	counts []Count
	coarse bool
}

// Add adds v n times. Negative values count as 0.
func (s *Values) Add(v, n int64) {
	if n <= 0 {
		return
	}
	s.merge([]Count{{Value: max(v, 0), N: n}}, false)
}

// Merge adds everything in o, which is not changed.
func (s *Values) Merge(o *Values) {
	s.merge(o.counts, o.coarse)
}

// MergeCoarse adds everything in o rounded, whatever its size. A sum of very
// many multisets stays small and cheap that way.
func (s *Values) MergeCoarse(o *Values) {
	s.merge(o.counts, true)
}

func (s *Values) merge(counts []Count, coarse bool) {
	if len(counts) == 0 {
		return
	}
	if coarse && !s.coarse {
		s.round()
	}
	for _, c := range counts {
		if s.coarse {
			c.Value = roundValue(c.Value)
		}
		i, found := slices.BinarySearchFunc(s.counts, c.Value, func(e Count, v int64) int { return cmp.Compare(e.Value, v) })
		if found {
			s.counts[i].N += c.N
			continue
		}
		s.counts = slices.Insert(s.counts, i, c)
	}
	if !s.coarse && len(s.counts) > maxExact {
		s.round()
	}
}

func (s *Values) round() {
	s.coarse = true
	out := s.counts[:0]
	for _, c := range s.counts {
		v := roundValue(c.Value)
		if n := len(out); n > 0 && out[n-1].Value == v {
			out[n-1].N += c.N
			continue
		}
		out = append(out, Count{Value: v, N: c.N})
	}
	s.counts = out
}

// roundValue returns the middle of the step that v lies in. It is idempotent
// and monotone.
func roundValue(v int64) int64 {
	n := bits.Len64(uint64(v)) - 1 - subBits
	if n <= 0 {
		return v
	}
	return v>>n<<n | 1<<(n-1)
}

// Len is how many values were added.
func (s *Values) Len() int64 {
	var n int64
	for _, c := range s.counts {
		n += c.N
	}
	return n
}

// Counts returns the distinct values in rising order. The slice belongs to s.
func (s *Values) Counts() []Count { return s.counts }

// Max is the largest value, 0 where there is none.
func (s *Values) Max() int64 {
	if len(s.counts) == 0 {
		return 0
	}
	return s.counts[len(s.counts)-1].Value
}

// Quantile returns the value below or at which a share q of all values lies,
// q in [0, 1] (nearest rank). It returns 0 where there are no values.
func (s *Values) Quantile(q float64) int64 {
	rank := int64(q*float64(s.Len()) + 0.999999999)
	for _, c := range s.counts {
		rank -= c.N
		if rank <= 0 {
			return c.Value
		}
	}
	return s.Max()
}

// Append appends the encoding of s to b: a byte of flags, then pairs of
// varints (step from the last value, count).
func (s *Values) Append(b []byte) []byte {
	if len(s.counts) == 0 {
		return b
	}
	var flags byte
	if s.coarse {
		flags = 1
	}
	b = append(b, flags)
	last := int64(0)
	for _, c := range s.counts {
		b = protowire.AppendVarint(b, uint64(c.Value-last))
		b = protowire.AppendVarint(b, uint64(c.N))
		last = c.Value
	}
	return b
}

// Decode replaces s by what b encodes. ErrCorrupt answers anything else than
// what Append wrote.
func (s *Values) Decode(b []byte) error {
	*s = Values{}
	if len(b) == 0 {
		return nil
	}
	if b[0] > 1 {
		return ErrCorrupt
	}
	out := Values{coarse: b[0] == 1}
	b = b[1:]
	last := int64(-1)
	for len(b) > 0 {
		var c Count
		step, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return ErrCorrupt
		}
		count, m := protowire.ConsumeVarint(b[n:])
		if m < 0 {
			return ErrCorrupt
		}
		b = b[n+m:]
		c.Value, c.N = max(last, 0)+int64(step), int64(count)
		if c.Value <= last || c.N <= 0 || int64(step) < 0 {
			return ErrCorrupt
		}
		if out.coarse && roundValue(c.Value) != c.Value {
			return ErrCorrupt
		}
		last = c.Value
		out.counts = append(out.counts, c)
	}
	if len(out.counts) == 0 || (!out.coarse && len(out.counts) > maxExact) {
		return ErrCorrupt
	}
	*s = out
	return nil
}
