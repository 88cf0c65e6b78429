// Package wire writes and reads stored documents: the Protocol Buffers wire
// format, encoded by hand in field order with zero values left out, so that a
// document's bytes are a function of its content. Readers skip unknown fields,
// so fields can be added.
package wire

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrCorrupt answers bytes that are not a document.
var ErrCorrupt = errors.New("corrupt document")

// AppendInt appends field num as a varint unless v is 0.
func AppendInt[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64](b []byte, num protowire.Number, v T) []byte {
	if v == 0 {
		return b
	}
	b = protowire.AppendTag(b, num, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(v))
}

// AppendBool appends field num if v is true.
func AppendBool(b []byte, num protowire.Number, v bool) []byte {
	if !v {
		return b
	}
	return AppendInt(b, num, 1)
}

// AppendFixed appends field num as 8 bytes unless v is 0.
func AppendFixed(b []byte, num protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	b = protowire.AppendTag(b, num, protowire.Fixed64Type)
	return protowire.AppendFixed64(b, v)
}

// AppendBytes appends field num unless v is empty.
func AppendBytes[T ~string | ~[]byte](b []byte, num protowire.Number, v T) []byte {
	if len(v) == 0 {
		return b
	}
	b = protowire.AppendTag(b, num, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(len(v)))
	return append(b, v...)
}

// AppendMessage appends field num with what write appends, even if that is
// nothing.
func AppendMessage(b []byte, num protowire.Number, write func([]byte) []byte) []byte {
	b = protowire.AppendTag(b, num, protowire.BytesType)
	start := len(b)
	b = write(b)
	size := len(b) - start
	var prefix [10]byte
	n := len(protowire.AppendVarint(prefix[:0], uint64(size)))
	b = append(b, prefix[:n]...)
	copy(b[start+n:], b[start:start+size])
	copy(b[start:], prefix[:n])
	return b
}

// Field is one field of a document. Bytes alias the document.
type Field struct {
	Num   protowire.Number
	Int   uint64
	Bytes []byte
}

// Text returns the field's bytes as a string of its own.
func (f Field) Text() string { return string(f.Bytes) }

// Fields calls read for each field of the document in b. It returns the first
// error of read, or ErrCorrupt.
func Fields(b []byte, read func(Field) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%w: tag", ErrCorrupt)
		}
		b = b[n:]
		f := Field{Num: num}
		switch typ {
		case protowire.VarintType:
			f.Int, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			f.Int, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.Bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return fmt.Errorf("%w: field %d", ErrCorrupt, num)
		}
		if err := read(f); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// Count checks that a stored count is not negative.
func (f Field) Count() (int64, error) {
	if f.Int > math.MaxInt64 {
		return 0, fmt.Errorf("%w: field %d: negative count", ErrCorrupt, f.Num)
	}
	return int64(f.Int), nil
}
