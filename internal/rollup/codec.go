package rollup

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/wire"
)

// Field numbers of a stored Cell. They are never reused.
const (
	cNumbers      protowire.Number = 1  // to 9
	cDistincts    protowire.Number = 20 // to 23
	cScore        protowire.Number = 30
	cPoints       protowire.Number = 31
	cRequests     protowire.Number = 32
	cCold         protowire.Number = 33
	cFlow         protowire.Number = 34
	cValue        protowire.Number = 35
	cFirst        protowire.Number = 36
	cLast         protowire.Number = 37
	cFirstRelease protowire.Number = 38
	cLastRelease  protowire.Number = 39
)

// Append appends the encoding of d to b. Equal documents have equal bytes.
// What is over the limits of a document is folded into Other.
func (d Doc) Append(b []byte) []byte {
	d = d.fold()
	for _, key := range slices.Sorted(maps.Keys(d)) {
		b = wire.AppendMessage(b, 1, func(b []byte) []byte {
			b = wire.AppendBytes(b, 1, key)
			return wire.AppendMessage(b, 2, d[key].append)
		})
	}
	return b
}

// Decode adds what b encodes to d. An error wraps wire.ErrCorrupt or
// sketch.ErrCorrupt.
func (d Doc) Decode(b []byte) error {
	err := wire.Fields(b, func(f wire.Field) error {
		if f.Num != 1 {
			return nil
		}
		key, c := "", Cell{}
		err := wire.Fields(f.Bytes, func(f wire.Field) error {
			switch f.Num {
			case 1:
				key = f.Text()
			case 2:
				return wire.Fields(f.Bytes, c.field)
			}
			return nil
		})
		if err == nil {
			d.cell(key).Merge(&c)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("decode rollup document: %w", err)
	}
	return nil
}

// TryMerge adds what b encodes to d, all of it or, where b is damaged, nothing.
func (d Doc) TryMerge(b []byte) bool {
	whole := Doc{}
	if whole.Decode(b) != nil {
		return false
	}
	d.Merge(whole)
	return true
}

func (c *Cell) append(b []byte) []byte {
	c.foldFlows()
	for i, v := range c.numbers() {
		b = wire.AppendInt(b, cNumbers+protowire.Number(i), *v)
	}
	for i, v := range c.distincts() {
		b = wire.AppendBytes(b, cDistincts+protowire.Number(i), v.Append(nil))
	}
	for score, n := range c.Scores {
		if n != 0 {
			b = wire.AppendMessage(b, cScore, func(b []byte) []byte {
				return wire.AppendInt(wire.AppendInt(b, 1, score), 2, n)
			})
		}
	}
	b = appendAmounts(b, cPoints, c.Points)
	b = wire.AppendBytes(b, cRequests, c.Requests.Append(nil))
	b = wire.AppendBytes(b, cCold, c.Cold.Append(nil))
	for _, k := range sortedFlows(c.Flows) {
		b = wire.AppendMessage(b, cFlow, func(b []byte) []byte {
			b = wire.AppendBytes(b, 1, k.Name)
			b = wire.AppendInt(b, 2, k.Outcome)
			b = wire.AppendInt(b, 3, c.Flows[k].N)
			b = appendAmounts(b, 4, c.Flows[k].Value)
			return appendAmounts(b, 5, c.Flows[k].In)
		})
	}
	b = appendAmounts(b, cValue, c.Value)
	b = wire.AppendInt(b, cFirst, c.First)
	b = wire.AppendInt(b, cLast, c.Last)
	b = wire.AppendBytes(b, cFirstRelease, c.FirstRelease)
	return wire.AppendBytes(b, cLastRelease, c.LastRelease)
}

// appendAmounts appends named amounts in order of name.
func appendAmounts[M ~map[string]int64](b []byte, num protowire.Number, amounts M) []byte {
	for _, name := range slices.Sorted(maps.Keys(amounts)) {
		b = wire.AppendMessage(b, num, func(b []byte) []byte {
			return wire.AppendInt(wire.AppendBytes(b, 1, name), 2, amounts[name])
		})
	}
	return b
}

func (c *Cell) field(f wire.Field) error {
	switch {
	case f.Num >= cNumbers && f.Num < cNumbers+protowire.Number(len(c.numbers())):
		*c.numbers()[f.Num-cNumbers] = int64(f.Int)
		return nil
	case f.Num >= cDistincts && f.Num < cDistincts+protowire.Number(len(c.distincts())):
		return c.distincts()[f.Num-cDistincts].Decode(f.Bytes)
	}
	switch f.Num {
	case cScore:
		return c.decodeScore(f.Bytes)
	case cPoints:
		name, n, err := decodeAmount(f.Bytes)
		c.addPoints(name, n)
		return err
	case cRequests:
		return c.Requests.Decode(f.Bytes)
	case cCold:
		return c.Cold.Decode(f.Bytes)
	case cFlow:
		return c.decodeFlow(f.Bytes)
	case cValue:
		currency, minor, err := decodeAmount(f.Bytes)
		c.Value.add(currency, minor)
		return err
	case cFirst:
		c.First = int64(f.Int)
	case cLast:
		c.Last = int64(f.Int)
	case cFirstRelease:
		c.FirstRelease = f.Text()
	case cLastRelease:
		c.LastRelease = f.Text()
	}
	return nil
}

func decodeAmount(b []byte) (name string, n int64, err error) {
	err = wire.Fields(b, func(f wire.Field) error {
		switch f.Num {
		case 1:
			name = f.Text()
		case 2:
			n = int64(f.Int)
		}
		return nil
	})
	return name, n, err
}

func (c *Cell) decodeScore(b []byte) error {
	var score, n uint64
	err := wire.Fields(b, func(f wire.Field) error {
		switch f.Num {
		case 1:
			score = f.Int
		case 2:
			n = f.Int
		}
		return nil
	})
	if err != nil {
		return err
	}
	if score >= uint64(len(c.Scores)) {
		return fmt.Errorf("%w: score %d", wire.ErrCorrupt, score)
	}
	c.Scores[score] = int64(n)
	return nil
}

func (c *Cell) decodeFlow(b []byte) error {
	var k FlowKey
	var sum FlowSum
	err := wire.Fields(b, func(f wire.Field) error {
		switch f.Num {
		case 1:
			k.Name = f.Text()
		case 2:
			if f.Int > uint64(session.Crashed) {
				return fmt.Errorf("%w: flow outcome %d", wire.ErrCorrupt, f.Int)
			}
			k.Outcome = session.Outcome(f.Int)
		case 3:
			sum.N = int64(f.Int)
		case 4:
			currency, minor, err := decodeAmount(f.Bytes)
			sum.Value.add(currency, minor)
			return err
		case 5:
			currency, n, err := decodeAmount(f.Bytes)
			sum.In.add(currency, n)
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.Flows == nil {
		c.Flows = map[FlowKey]FlowSum{}
	}
	c.Flows[k] = sum
	return nil
}
