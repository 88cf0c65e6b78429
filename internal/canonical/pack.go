package canonical

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// maxUnpacked bounds what a stored payload may unpack to.
const maxUnpacked = 64 << 20

// packer packs canonical records for the store: OTLP protobuf under zstd. It
// is safe for concurrent use.
type packer struct {
	enc *zstd.Encoder
}

func newPacker() (*packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("open zstd encoder: %w", err)
	}
	return &packer{enc: enc}, nil
}

func (p *packer) logs(ld plog.Logs) ([]byte, error) {
	raw, err := new(plog.ProtoMarshaler).MarshalLogs(ld)
	if err != nil {
		return nil, fmt.Errorf("marshal logs: %w", err)
	}
	return p.enc.EncodeAll(raw, make([]byte, 0, len(raw)/4)), nil
}

func (p *packer) traces(td ptrace.Traces) ([]byte, error) {
	raw, err := new(ptrace.ProtoMarshaler).MarshalTraces(td)
	if err != nil {
		return nil, fmt.Errorf("marshal spans: %w", err)
	}
	return p.enc.EncodeAll(raw, make([]byte, 0, len(raw)/4)), nil
}

// Unpacker reads what a Maker packed. It is safe for concurrent use.
type Unpacker struct {
	dec *zstd.Decoder
}

// NewUnpacker returns an Unpacker.
func NewUnpacker() (*Unpacker, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked))
	if err != nil {
		return nil, fmt.Errorf("open zstd decoder: %w", err)
	}
	return &Unpacker{dec: dec}, nil
}

// Logs unpacks canonical logs.
func (u *Unpacker) Logs(payload []byte) (plog.Logs, error) {
	raw, err := u.dec.DecodeAll(payload, nil)
	if err != nil {
		return plog.Logs{}, fmt.Errorf("unpack logs: %w", err)
	}
	ld, err := new(plog.ProtoUnmarshaler).UnmarshalLogs(raw)
	if err != nil {
		return plog.Logs{}, fmt.Errorf("unmarshal logs: %w", err)
	}
	return ld, nil
}

// Traces unpacks canonical spans.
func (u *Unpacker) Traces(payload []byte) (ptrace.Traces, error) {
	raw, err := u.dec.DecodeAll(payload, nil)
	if err != nil {
		return ptrace.Traces{}, fmt.Errorf("unpack spans: %w", err)
	}
	td, err := new(ptrace.ProtoUnmarshaler).UnmarshalTraces(raw)
	if err != nil {
		return ptrace.Traces{}, fmt.Errorf("unmarshal spans: %w", err)
	}
	return td, nil
}
