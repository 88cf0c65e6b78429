package canonical

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// Keys of a parsed stack in AttrStack: of an exception and of a frame. Format
// and truncated are the whole trace's and stand on its first exception.
const (
	keyType      = "type"
	keyMessage   = "message"
	keyOmitted   = "omitted"
	keyFrames    = "frames"
	keyFormat    = "format"
	keyTruncated = "truncated"

	keyModule   = "module"
	keyFunction = "function"
	keyFile     = "file"
	keyLine     = "line"
	keyColumn   = "column"
	keyImage    = "image"
	keyImageID  = "image_id"
	keyOffset   = "offset"
	keySystem   = "system"
)

// PutTrace writes t into m as mobile.AttrStack: a list of exceptions,
// outermost first, with their frames. Only what is known gets a key. TraceOf
// reads it back.
func PutTrace(m pcommon.Map, t stacktrace.Trace) {
	list := m.PutEmptySlice(mobile.AttrStack)
	list.EnsureCapacity(len(t.Exceptions))
	for i := range t.Exceptions {
		e := &t.Exceptions[i]
		to := list.AppendEmpty().SetEmptyMap()
		to.EnsureCapacity(6)
		if i == 0 {
			putText(to, keyFormat, string(t.Format))
			putBool(to, keyTruncated, t.Truncated)
		}
		putText(to, keyType, e.Type)
		putText(to, keyMessage, e.Message)
		putCount(to, keyOmitted, int64(e.Omitted))
		if len(e.Frames) == 0 {
			continue
		}
		frames := to.PutEmptySlice(keyFrames)
		frames.EnsureCapacity(len(e.Frames))
		for j := range e.Frames {
			putFrame(frames.AppendEmpty().SetEmptyMap(), &e.Frames[j])
		}
	}
}

func putFrame(to pcommon.Map, f *stacktrace.Frame) {
	to.EnsureCapacity(5)
	putText(to, keyModule, f.Module)
	putText(to, keyFunction, f.Function)
	putText(to, keyFile, f.File)
	putCount(to, keyLine, int64(f.Line))
	putCount(to, keyColumn, int64(f.Column))
	putText(to, keyImage, f.Image)
	putText(to, keyImageID, f.ImageID)
	putCount(to, keyOffset, int64(f.Offset))
	putBool(to, keySystem, f.System)
}

func putText(to pcommon.Map, key, value string) {
	if value != "" {
		to.PutStr(key, value)
	}
}

func putCount(to pcommon.Map, key string, value int64) {
	if value != 0 {
		to.PutInt(key, value)
	}
}

func putBool(to pcommon.Map, key string, value bool) {
	if value {
		to.PutBool(key, true)
	}
}

// TraceOf reads the parsed stack of a record's attributes. ok is false where
// there is none. What is of another type than PutTrace writes is left out, and
// more than a trace's limits allow is cut: the attribute may be anybody's.
func TraceOf(m pcommon.Map) (t stacktrace.Trace, ok bool) {
	v, exists := m.Get(mobile.AttrStack)
	if !exists || v.Type() != pcommon.ValueTypeSlice {
		return t, false
	}
	list := v.Slice()
	for i := range min(list.Len(), stacktrace.MaxExceptions) {
		item := list.At(i)
		if item.Type() != pcommon.ValueTypeMap {
			continue
		}
		e := stacktrace.Exception{}
		for key, value := range item.Map().All() {
			readException(&t, &e, key, value)
		}
		t.Exceptions = append(t.Exceptions, e)
	}
	t.Truncated = t.Truncated || list.Len() > stacktrace.MaxExceptions
	return t, len(t.Exceptions) > 0
}

func readException(t *stacktrace.Trace, e *stacktrace.Exception, key string, v pcommon.Value) {
	switch key {
	case keyFormat:
		t.Format = stacktrace.Format(textOf(v))
	case keyTruncated:
		t.Truncated = t.Truncated || boolOf(v)
	case keyType:
		e.Type = textOf(v)
	case keyMessage:
		e.Message = textOf(v)
	case keyOmitted:
		e.Omitted = countOf(v)
	case keyFrames:
		if v.Type() != pcommon.ValueTypeSlice {
			return
		}
		frames := v.Slice()
		n := min(frames.Len(), stacktrace.MaxFrames)
		t.Truncated = t.Truncated || n < frames.Len()
		e.Frames = make([]stacktrace.Frame, 0, n)
		for i := range n {
			if f := frames.At(i); f.Type() == pcommon.ValueTypeMap {
				e.Frames = append(e.Frames, frameOf(f.Map()))
			}
		}
	}
}

func frameOf(m pcommon.Map) stacktrace.Frame {
	f := stacktrace.Frame{}
	for key, v := range m.All() {
		switch key {
		case keyModule:
			f.Module = textOf(v)
		case keyFunction:
			f.Function = textOf(v)
		case keyFile:
			f.File = textOf(v)
		case keyLine:
			f.Line = countOf(v)
		case keyColumn:
			f.Column = countOf(v)
		case keyImage:
			f.Image = textOf(v)
		case keyImageID:
			f.ImageID = textOf(v)
		case keyOffset:
			if v.Type() == pcommon.ValueTypeInt {
				f.Offset = uint64(v.Int())
			}
		case keySystem:
			f.System = boolOf(v)
		}
	}
	return f
}

func textOf(v pcommon.Value) string {
	if v.Type() == pcommon.ValueTypeStr {
		return v.Str()
	}
	return ""
}

func boolOf(v pcommon.Value) bool {
	return v.Type() == pcommon.ValueTypeBool && v.Bool()
}

func countOf(v pcommon.Value) int {
	if v.Type() == pcommon.ValueTypeInt && v.Int() > 0 {
		return int(min(v.Int(), 1<<31-1))
	}
	return 0
}
