package sketch

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

const (
	// precision is the number of index bits: 16,384 registers, a standard
	// error of 0.8 %.
	precision = 14
	registers = 1 << precision
	// maxHashes is how many hashes are kept as they are.
	maxHashes = 1024

	kindHashes    = 1
	kindRegisters = 2
)

// Distinct counts distinct things by their 64-bit hashes: exactly up to 1,024,
// beyond that by HyperLogLog with 2^14 registers. Merging is associative,
// commutative and idempotent, and the encoding is a function of the set. The
// zero Distinct is empty and ready to use.
//
// Source of the estimate: Ertl, "New cardinality estimation algorithms for
// HyperLogLog sketches", 2017, algorithm 6.
type Distinct struct {
	hashes []uint64 // sorted; nil once regs is set
	regs   []uint8
}

// Add adds the thing with the given hash. The hash must be well mixed.
func (d *Distinct) Add(hash uint64) {
	if d.regs != nil {
		d.register(hash)
		return
	}
	i, found := slices.BinarySearch(d.hashes, hash)
	if found {
		return
	}
	d.hashes = slices.Insert(d.hashes, i, hash)
	if len(d.hashes) > maxHashes {
		d.spill()
	}
}

func (d *Distinct) spill() {
	d.regs = make([]uint8, registers)
	for _, h := range d.hashes {
		d.register(h)
	}
	d.hashes = nil
}

func (d *Distinct) register(hash uint64) {
	i := hash >> (64 - precision)
	rank := uint8(bits.LeadingZeros64(hash<<precision|1<<(precision-1)) + 1)
	d.regs[i] = max(d.regs[i], rank)
}

// Merge adds everything in o, which is not changed.
func (d *Distinct) Merge(o *Distinct) {
	if o.regs == nil {
		for _, h := range o.hashes {
			d.Add(h)
		}
		return
	}
	if d.regs == nil {
		d.spill()
	}
	for i, r := range o.regs {
		d.regs[i] = max(d.regs[i], r)
	}
}

// Count is how many distinct things were added: exact up to 1,024, an estimate
// beyond.
func (d *Distinct) Count() int64 {
	if d.regs == nil {
		return int64(len(d.hashes))
	}
	return int64(math.Round(estimate(d.regs)))
}

// Exact says whether Count is exact.
func (d *Distinct) Exact() bool { return d.regs == nil }

func estimate(regs []uint8) float64 {
	const q = 64 - precision
	var histogram [q + 2]int
	for _, r := range regs {
		histogram[r]++
	}
	z := registers * tau(1-float64(histogram[q+1])/registers)
	for k := q; k >= 1; k-- {
		z = 0.5 * (z + float64(histogram[k]))
	}
	z += registers * sigma(float64(histogram[0])/registers)
	return registers * registers / (2 * math.Ln2 * z)
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		last := z
		z += x * y
		y += y
		if z == last {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		last := z
		y *= 0.5
		z -= (1 - x) * (1 - x) * y
		if z == last {
			return z / 3
		}
	}
}

// Append appends the encoding of d to b: a byte of kind, then the sorted
// hashes, or the registers.
func (d *Distinct) Append(b []byte) []byte {
	if d.regs != nil {
		return append(append(b, kindRegisters), d.regs...)
	}
	if len(d.hashes) == 0 {
		return b
	}
	b = append(b, kindHashes)
	for _, h := range d.hashes {
		b = binary.BigEndian.AppendUint64(b, h)
	}
	return b
}

// Decode replaces d by what b encodes. ErrCorrupt answers anything else than
// what Append wrote.
func (d *Distinct) Decode(b []byte) error {
	*d = Distinct{}
	switch {
	case len(b) == 0:
		return nil
	case b[0] == kindRegisters && len(b) == 1+registers:
		for _, r := range b[1:] {
			if r > 64-precision+1 {
				return ErrCorrupt
			}
		}
		d.regs = slices.Clone(b[1:])
		return nil
	case b[0] == kindHashes && len(b) > 1 && (len(b)-1)%8 == 0 && (len(b)-1)/8 <= maxHashes:
		hashes := make([]uint64, 0, (len(b)-1)/8)
		for b = b[1:]; len(b) > 0; b = b[8:] {
			h := binary.BigEndian.Uint64(b)
			if n := len(hashes); n > 0 && hashes[n-1] >= h {
				return ErrCorrupt
			}
			hashes = append(hashes, h)
		}
		d.hashes = hashes
		return nil
	}
	return ErrCorrupt
}
