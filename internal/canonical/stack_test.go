package canonical

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

func TestTraceComesBackAsItWasPut(t *testing.T) {
	tests := map[string]stacktrace.Trace{
		"a chain": {Format: stacktrace.FormatJVM, Truncated: true, Exceptions: []stacktrace.Exception{
			{Type: "a.Out", Message: "o", Omitted: 3, Frames: []stacktrace.Frame{{Module: "a.B", Function: "c", File: "B.kt", Line: 7}}},
			{Type: "a.In", Frames: []stacktrace.Frame{{Module: "a.D", Function: "e"}, {Function: "f"}}},
		}},
		"images": {Format: stacktrace.FormatApple, Exceptions: []stacktrace.Exception{
			{Frames: []stacktrace.Frame{{Image: "Shop", ImageID: "AA", Offset: 1 << 63, System: true}, {File: "a.js", Line: 1, Column: 2}}},
		}},
		"no frames": {Exceptions: []stacktrace.Exception{{Message: "text"}}},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			m := pcommon.NewMap()
			PutTrace(m, want)
			got, ok := TraceOf(m)
			require.True(t, ok)
			assert.Equal(t, want, got)
		})
	}
}

func TestTraceOfForeignValues(t *testing.T) {
	tests := map[string]struct {
		value any
		want  stacktrace.Trace
		ok    bool
	}{
		"text":                       {value: "a.B"},
		"an empty list":              {value: []any{}},
		"a list of texts":            {value: []any{"a", int64(1)}},
		"members of wrong types":     {[]any{map[string]any{"type": int64(3), "message": []any{}, "frames": "none", "omitted": "x", "x": "y"}}, stacktrace.Trace{Exceptions: []stacktrace.Exception{{}}}, true},
		"frames of wrong types":      {[]any{map[string]any{"frames": []any{"f", map[string]any{"line": "3", "function": "g", "column": int64(-1)}}}}, stacktrace.Trace{Exceptions: []stacktrace.Exception{{Frames: []stacktrace.Frame{{Function: "g"}}}}}, true},
		"an exception between texts": {[]any{"a", map[string]any{"type": "T"}}, stacktrace.Trace{Exceptions: []stacktrace.Exception{{Type: "T"}}}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := pcommon.NewMap()
			require.NoError(t, m.FromRaw(map[string]any{mobile.AttrStack: tt.value}))
			got, ok := TraceOf(m)
			assert.Equal(t, tt.ok, ok)
			assert.Equal(t, tt.want, got)
		})
	}
	t.Run("none", func(t *testing.T) {
		_, ok := TraceOf(pcommon.NewMap())
		assert.False(t, ok)
	})
}

func TestTraceOfIsBounded(t *testing.T) {
	m := pcommon.NewMap()
	list := m.PutEmptySlice(mobile.AttrStack)
	for range 40 {
		frames := list.AppendEmpty().SetEmptyMap().PutEmptySlice("frames")
		for range 300 {
			frames.AppendEmpty().SetEmptyMap().PutStr("function", "f")
		}
	}
	got, ok := TraceOf(m)
	require.True(t, ok)
	require.Len(t, got.Exceptions, stacktrace.MaxExceptions)
	assert.Len(t, got.Exceptions[0].Frames, stacktrace.MaxFrames)
	assert.True(t, got.Truncated)
}
