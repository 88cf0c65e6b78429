package stacktrace

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDartTraces(t *testing.T) {
	tests := map[string]struct {
		text string
		want []Frame
	}{
		"a future's": {
			text: "Bad state: No element\n#0      Cart.total (package:shop/cart.dart:88:12)\n#1      main.<anonymous closure> (package:shop/main.dart:10)\n<asynchronous suspension>\n#2      _rootRun (dart:async/zone.dart:1399:13)\n",
			want: []Frame{
				{Function: "Cart.total", File: "package:shop/cart.dart", Line: 88, Column: 12},
				{Function: "main", File: "package:shop/main.dart", Line: 10},
				{Function: "_rootRun", File: "dart:async/zone.dart", Line: 1399, Column: 13, System: true},
			},
		},
		"constructor in a local file": {
			text: "#0 new Cart (file:///home/cart.dart:3:5)\n#1 State.build (package:flutter/src/widgets.dart:1:2)",
			want: []Frame{
				{Function: "Cart", File: "file:///home/cart.dart", Line: 3, Column: 5},
				{Function: "State.build", File: "package:flutter/src/widgets.dart", Line: 1, Column: 2, System: true},
			},
		},
		"library without a line": {
			text: "#0 List.[] (dart:core)",
			want: []Frame{{Function: "List.[]", File: "dart:core", System: true}},
		},
		"first of two": {
			text: "#0 a (package:x/a.dart:1:1)\n\n#0 b (package:x/b.dart:1:1)",
			want: []Frame{{Function: "a", File: "package:x/a.dart", Line: 1, Column: 1}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(tt.text)
			require.NoError(t, err)
			assert.Equal(t, FormatDart, got.Format)
			require.Len(t, got.Exceptions, 1)
			assert.Equal(t, tt.want, got.Exceptions[0].Frames)
		})
	}
}

func TestFramesOfOtherFormatsAreNotDart(t *testing.T) {
	for _, line := range []string{
		"#00 pc 0012 /lib/x.so (f+1) (BuildId: a)", "#1  0x1 in g (a=1) at h.c:1", "#0", "# f (a.dart:1)", "#0 (package:x/a.dart:1:1)", "#0 f (a.c:1)",
		"#00 abs 0000007d0066e893 virt 0000000000263893 _kDartIsolateSnapshotInstructions+0x253893",
	} {
		_, ok := dartFrame(line)
		assert.False(t, ok, line)
	}
}
