package session

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/otelcol-mobile/otelcol-mobile/internal/wire"
)

// Field numbers of a stored State. They are never reused.
const (
	fEvents protowire.Number = iota + 1
	fFirst
	fLast
	fEnded
	fUser
	fUserRank
	fRelease
	fOSFamily
	fOSVersion
	fDevice
	fDeviceClass
	fSDK
	fStart
	fIncident
	fFlow
	fLoads
	fRequests
	fFailed
	fLastLoadEnd
	fLastLoad
	fHang
	fJanks
	fSlow
	fFrozen
	fHitchSum
	fHitchN
	fTaps
	fOverflow
)

// Append appends the encoding of s to b. Equal states have equal bytes.
func (s *State) Append(b []byte) []byte {
	for i, v := range s.times() {
		b = wire.AppendInt(b, fEvents+protowire.Number(i), *v)
	}
	b = wire.AppendFixed(b, fUser, s.User)
	b = wire.AppendInt(b, fUserRank, s.UserRank)
	for i, l := range s.labels() {
		b = appendLabel(b, fRelease+protowire.Number(i), *l)
	}
	for _, v := range s.Starts {
		b = wire.AppendMessage(b, fStart, func(b []byte) []byte {
			b = wire.AppendInt(b, 1, v.Kind)
			b = wire.AppendInt(b, 2, v.Begin)
			return wire.AppendInt(b, 3, v.Duration)
		})
	}
	for i := range s.Incidents {
		b = wire.AppendMessage(b, fIncident, s.Incidents[i].append)
	}
	for i := range s.Flows {
		b = wire.AppendMessage(b, fFlow, s.Flows[i].append)
	}
	var scratch [256]byte
	b = wire.AppendBytes(b, fLoads, s.Loads.Append(scratch[:0]))
	b = wire.AppendBytes(b, fRequests, s.Requests.Append(scratch[:0]))
	b = wire.AppendBytes(b, fFailed, s.Failed.Append(scratch[:0]))
	for i, v := range s.counts() {
		b = wire.AppendInt(b, fLastLoadEnd+protowire.Number(i), *v)
	}
	return wire.AppendBool(b, fOverflow, s.Overflow)
}

// times are the fields from fEvents to fEnded, labels those from fRelease to
// fSDK, counts those from fLastLoadEnd to fTaps.
func (s *State) times() [4]*int64 { return [...]*int64{&s.Events, &s.First, &s.Last, &s.Ended} }

func (s *State) labels() [6]*Label {
	return [...]*Label{&s.Release, &s.OSFamily, &s.OSVersion, &s.Device, &s.DeviceClass, &s.SDK}
}

func (s *State) counts() [9]*int64 {
	return [...]*int64{&s.LastLoadEnd, &s.LastLoad, &s.Hang, &s.Janks, &s.Slow, &s.Frozen, &s.HitchSum, &s.HitchN, &s.Taps}
}

func appendLabel(b []byte, num protowire.Number, l Label) []byte {
	if l.Value == "" {
		return b
	}
	return wire.AppendMessage(b, num, func(b []byte) []byte {
		return wire.AppendBytes(wire.AppendInt(b, 1, l.Time), 2, l.Value)
	})
}

func (v *Incident) append(b []byte) []byte {
	b = wire.AppendInt(b, 1, v.Kind)
	b = wire.AppendBytes(b, 2, v.ID)
	b = wire.AppendInt(b, 3, v.Time)
	b = wire.AppendBytes(b, 4, v.Version)
	if v.Fine != [16]byte{} {
		b = wire.AppendBytes(b, 5, v.Fine[:])
	}
	return wire.AppendBool(b, 6, v.Background)
}

func (v *Flow) append(b []byte) []byte {
	b = wire.AppendBytes(b, 1, v.ID)
	b = wire.AppendBytes(b, 2, v.Name)
	if v.Begin.Time != 0 {
		b = wire.AppendMessage(b, 3, v.Begin.append)
	}
	if v.End.Time != 0 {
		b = wire.AppendMessage(b, 4, v.End.append)
	}
	return b
}

func (m FlowMark) append(b []byte) []byte {
	b = wire.AppendInt(b, 1, m.Time)
	b = wire.AppendInt(b, 2, m.Outcome)
	b = wire.AppendInt(b, 3, m.Value)
	b = wire.AppendBytes(b, 4, m.Currency)
	return wire.AppendInt(b, 5, m.Eye)
}

// Decode replaces s by the state that b encodes. An error wraps
// wire.ErrCorrupt or sketch.ErrCorrupt.
func (s *State) Decode(b []byte) error {
	*s = State{}
	if err := wire.Fields(b, s.field); err != nil {
		return fmt.Errorf("decode session state: %w", err)
	}
	return nil
}

func (s *State) field(f wire.Field) error {
	switch {
	case f.Num >= fEvents && f.Num <= fEnded:
		*s.times()[f.Num-fEvents] = int64(f.Int)
		return nil
	case f.Num >= fRelease && f.Num <= fSDK:
		return decodeLabel(f.Bytes, s.labels()[f.Num-fRelease])
	case f.Num >= fLastLoadEnd && f.Num <= fTaps:
		v, err := f.Count()
		*s.counts()[f.Num-fLastLoadEnd] = v
		return err
	}
	switch f.Num {
	case fUser:
		s.User = f.Int
	case fUserRank:
		s.UserRank = uint8(f.Int)
	case fLoads:
		return s.Loads.Decode(f.Bytes)
	case fRequests:
		return s.Requests.Decode(f.Bytes)
	case fFailed:
		return s.Failed.Decode(f.Bytes)
	case fOverflow:
		s.Overflow = f.Int != 0
	default:
		return s.listed(f)
	}
	return nil
}

// listed decodes an entry of a list. Entries were written in order, and are
// put back through insert so that bytes from elsewhere cannot break it.
func (s *State) listed(f wire.Field) error {
	switch f.Num {
	case fStart:
		v, err := decodeStart(f.Bytes)
		if err == nil {
			s.AddStart(v)
		}
		return err
	case fIncident:
		v, err := decodeIncident(f.Bytes)
		if err == nil {
			s.AddIncident(v)
		}
		return err
	case fFlow:
		v, err := decodeFlow(f.Bytes)
		if err == nil {
			s.addFlow(v)
		}
		return err
	}
	return nil
}

func decodeLabel(b []byte, l *Label) error {
	return wire.Fields(b, func(f wire.Field) error {
		switch f.Num {
		case 1:
			l.Time = int64(f.Int)
		case 2:
			l.Value = f.Text()
		}
		return nil
	})
}

func decodeStart(b []byte) (v Start, err error) {
	err = wire.Fields(b, func(f wire.Field) error {
		switch f.Num {
		case 1:
			if f.Int > uint64(Hot) {
				return fmt.Errorf("%w: start kind %d", wire.ErrCorrupt, f.Int)
			}
			v.Kind = StartKind(f.Int)
		case 2:
			v.Begin = int64(f.Int)
		case 3:
			v.Duration = int64(f.Int)
		}
		return nil
	})
	return v, err
}

func decodeIncident(b []byte) (v Incident, err error) {
	err = wire.Fields(b, func(f wire.Field) error {
		switch f.Num {
		case 1:
			if f.Int > uint64(Error) {
				return fmt.Errorf("%w: incident kind %d", wire.ErrCorrupt, f.Int)
			}
			v.Kind = IncidentKind(f.Int)
		case 2:
			v.ID = f.Text()
		case 3:
			v.Time = int64(f.Int)
		case 4:
			v.Version = f.Text()
		case 5:
			copy(v.Fine[:], f.Bytes)
		case 6:
			v.Background = f.Int != 0
		}
		return nil
	})
	return v, err
}

func decodeFlow(b []byte) (v Flow, err error) {
	err = wire.Fields(b, func(f wire.Field) (err error) {
		switch f.Num {
		case 1:
			v.ID = f.Text()
		case 2:
			v.Name = f.Text()
		case 3:
			v.Begin, err = decodeMark(f.Bytes)
		case 4:
			v.End, err = decodeMark(f.Bytes)
		}
		return err
	})
	return v, err
}

func decodeMark(b []byte) (m FlowMark, err error) {
	err = wire.Fields(b, func(f wire.Field) error {
		switch f.Num {
		case 1:
			m.Time = int64(f.Int)
		case 2:
			if f.Int >= uint64(numOutcomes) {
				return fmt.Errorf("%w: flow outcome %d", wire.ErrCorrupt, f.Int)
			}
			m.Outcome = Outcome(f.Int)
		case 3:
			m.Value = int64(f.Int)
		case 4:
			m.Currency = f.Text()
		case 5:
			m.Eye = int64(f.Int)
		}
		return nil
	})
	return m, err
}
