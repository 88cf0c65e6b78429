package stacktrace

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lines joins the lines of a text.
func lines(l ...string) string { return strings.Join(l, "\n") }

func TestParseJVM(t *testing.T) {
	tests := map[string]struct {
		text string
		want []Exception
	}{
		"header and frames": {
			text: lines("java.lang.IllegalStateException: no total", "\tat com.example.shop.Cart.total(Cart.kt:88)", "\tat com.example.shop.Pay.<init>(Pay.java)"),
			want: []Exception{{Type: "java.lang.IllegalStateException", Message: "no total", Frames: []Frame{
				{Module: "com.example.shop.Cart", Function: "total", File: "Cart.kt", Line: 88},
				{Module: "com.example.shop.Pay", Function: "<init>", File: "Pay.java"},
			}}},
		},
		"what says nothing of a file": {
			text: lines("a.b: x", "\tat q3.f.b(r8-map-id-3d7a5c:41)", "\tat q3.f.c(SourceFile:7)", "\tat q3.f.d(Unknown Source:3)", "\tat q3.f.e(Native Method)"),
			want: []Exception{{Type: "a.b", Message: "x", Frames: []Frame{
				{Module: "q3.f", Function: "b", Line: 41},
				{Module: "q3.f", Function: "c", Line: 7},
				{Module: "q3.f", Function: "d", Line: 3},
				{Module: "q3.f", Function: "e"},
			}}},
		},
		"a module, a loader, a hidden class": {
			text: lines("\tat java.base@17/java.lang.Thread.run(Thread.java:840)", "\tat app//a.B.c(B.java:1)", "\tat a.B$$Lambda$14/0x0800.run(Unknown Source)"),
			want: []Exception{{Frames: []Frame{
				{Module: "java.lang.Thread", Function: "run", File: "Thread.java", Line: 840},
				{Module: "a.B", Function: "c", File: "B.java", Line: 1},
				{Module: "a.B$$Lambda$14/0x0800", Function: "run"},
			}}},
		},
		"causes, outermost first": {
			text: lines("Exception in thread \"main\" a.OuterException: o", "\tat a.B.c(B.java:1)", "\tat a.B.main(B.java:9)",
				"Caused by: a.InnerException", "\tat a.D.e(D.java:2)", "\t... 2 more"),
			want: []Exception{
				{Type: "a.OuterException", Message: "o", Frames: []Frame{{Module: "a.B", Function: "c", File: "B.java", Line: 1}, {Module: "a.B", Function: "main", File: "B.java", Line: 9}}},
				{Type: "a.InnerException", Frames: []Frame{{Module: "a.D", Function: "e", File: "D.java", Line: 2}}, Omitted: 2},
			},
		},
		"suppressed exceptions and their causes are no causes": {
			text: lines("a.OuterException: o", "\tat a.B.c(B.java:1)", "\tSuppressed: a.CloseException: s", "\t\tat a.C.close(C.java:5)", "\t\t... 1 more",
				"\tCaused by: a.OtherException: x", "\t\tat a.C.flush(C.java:6)", "Caused by: a.InnerException: i", "\tat a.D.e(D.java:2)"),
			want: []Exception{
				{Type: "a.OuterException", Message: "o", Frames: []Frame{{Module: "a.B", Function: "c", File: "B.java", Line: 1}}},
				{Type: "a.InnerException", Message: "i", Frames: []Frame{{Module: "a.D", Function: "e", File: "D.java", Line: 2}}},
			},
		},
		"a circle of causes ends": {
			text: lines("a.OuterException", "\tat a.B.c(B.java:1)", "Caused by: [CIRCULAR REFERENCE: a.OuterException]", "\tat a.X.y(X.java:1)"),
			want: []Exception{{Type: "a.OuterException", Frames: []Frame{{Module: "a.B", Function: "c", File: "B.java", Line: 1}}}},
		},
		"a message of several lines": {
			text: lines("a.OuterException: first", "  second", "", "\tat a.B.c(B.java:1)", "Caused by: a.InnerException: one", "two", "\tat a.D.e(D.java:2)"),
			want: []Exception{
				{Type: "a.OuterException", Message: "first\nsecond", Frames: []Frame{{Module: "a.B", Function: "c", File: "B.java", Line: 1}}},
				{Type: "a.InnerException", Message: "one\ntwo", Frames: []Frame{{Module: "a.D", Function: "e", File: "D.java", Line: 2}}},
			},
		},
		"bare frames without header": {
			text: lines("java.lang.Object.wait(Native Method)", "a.B.c(B.kt:1)"),
			want: []Exception{{Frames: []Frame{{Module: "java.lang.Object", Function: "wait"}, {Module: "a.B", Function: "c", File: "B.kt", Line: 1}}}},
		},
		"log lines before the header": {
			text: lines("FATAL EXCEPTION: main", "Process: com.example.shop, PID: 77", "java.lang.NullPointerException", "\tat a.B.c(B.java:1)"),
			want: []Exception{{Type: "java.lang.NullPointerException", Frames: []Frame{{Module: "a.B", Function: "c", File: "B.java", Line: 1}}}},
		},
		"the second trace of a log is another one": {
			text: lines("a.FirstException", "\tat a.B.c(B.java:1)", "a.SecondException: x", "\tat a.D.e(D.java:2)"),
			want: []Exception{{Type: "a.FirstException", Frames: []Frame{{Module: "a.B", Function: "c", File: "B.java", Line: 1}}}},
		},
		"the main thread of a dump": {
			text: lines("\"Signal Catcher\" daemon prio=10 tid=6 Runnable", "  at a.X.y(X.java:1)", "", "\"main\" prio=5 tid=1 Blocked", "  | group=\"main\" sCount=1",
				"  native: #00 pc 0001  /apex/libc.so (syscall+28)", "  at a.B.c(B.java:1)", "  - waiting to lock <0x0a> (a Foo) held by thread 12", "  at a.B.d(B.java:2)", "", "\"other\" prio=5 tid=2", "  at a.Z.z(Z.java:1)"),
			want: []Exception{{Frames: []Frame{{Module: "a.B", Function: "c", File: "B.java", Line: 1}, {Module: "a.B", Function: "d", File: "B.java", Line: 2}}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(tt.text)
			require.NoError(t, err)
			assert.Equal(t, Trace{Format: FormatJVM, Exceptions: tt.want}, got)
		})
	}
}

func TestParseApple(t *testing.T) {
	tests := map[string]struct {
		text string
		want Exception
	}{
		"call stack symbols, an image with a space": {
			text: lines("0   CoreFoundation   0x00000001a1b2c3d4 __exceptionPreprocess + 164", "1   Example Shop   0x0000000104a1c2f0 Example Shop + 49904",
				"2   Example Shop   0x0000000104a1c814 $s12Example_Shop8CartViewC3payyyF + 212"),
			want: Exception{Frames: []Frame{
				{Image: "CoreFoundation", Function: "__exceptionPreprocess"},
				{Image: "Example Shop", Offset: 49904},
				{Image: "Example Shop", Function: "$s12Example_Shop8CartViewC3payyyF"},
			}},
		},
		"the crashed thread of a report, with its images": {
			text: lines("Incident Identifier: 1", "Exception Type:  EXC_BAD_ACCESS (SIGSEGV)", "Exception Subtype: KERN_INVALID_ADDRESS at 0x10", "Triggered by Thread:  1", "",
				"Thread 0 name:  main", "Thread 0:", "0   libsystem_kernel.dylib   0x1 mach_msg_trap + 8", "", "Thread 1 Crashed:",
				"0   ExampleShop   0x104a1c2f0 0x104a10000 + 49904", "1   ExampleShop   0x104a1c300 0x104a10000 + 49920 (-[Cart total] + 12)",
				"2   ExampleShop   0x104a1c310 Cart.total() + 4 (Cart.swift:12)", "", "Thread 1 crashed with ARM Thread State (64-bit):", "    x0: 0x0   x1: 0x1", "",
				"Binary Images:", "0x104a10000 - 0x104b0ffff ExampleShop arm64 <6a8cb813> /var/containers/ExampleShop.app/ExampleShop"),
			want: Exception{Type: "EXC_BAD_ACCESS", Message: "(SIGSEGV) KERN_INVALID_ADDRESS at 0x10", Frames: []Frame{
				{Image: "ExampleShop", ImageID: "6a8cb813", Offset: 49904},
				{Image: "ExampleShop", ImageID: "6a8cb813", Offset: 49920, Function: "-[Cart total]"},
				{Image: "ExampleShop", ImageID: "6a8cb813", Function: "Cart.total()", File: "Cart.swift", Line: 12},
			}},
		},
		"the last exception's back trace is better than the crashed thread": {
			text: lines("Exception Type:  EXC_CRASH (SIGABRT)", "Application Specific Information:", "*** Terminating app due to uncaught exception 'NSRangeException', reason: 'index 4'",
				"Last Exception Backtrace:", "0   CoreFoundation   0x1 __exceptionPreprocess + 164", "1   ExampleShop   0x2 -[Cart item] + 4", "",
				"Thread 0 Crashed:", "0   libsystem_kernel.dylib   0x3 __pthread_kill + 8"),
			want: Exception{Type: "NSRangeException", Message: "index 4", Frames: []Frame{{Image: "CoreFoundation", Function: "__exceptionPreprocess"}, {Image: "ExampleShop", Function: "-[Cart item]"}}},
		},
		"a back trace of addresses is found in the images": {
			text: lines("Exception Type:  EXC_CRASH (SIGABRT)", "Last Exception Backtrace:", "(0x1010 0x2020 0x9999)", "Thread 0 Crashed:", "0   libc   0x3 __pthread_kill + 8",
				"Binary Images:", "0x1000 - 0x1fff CoreFoundation arm64 <aa> /System/Library/CoreFoundation", "0x2000 - 0x2fff +Shop arm64 <bb> /var/Shop.app/Shop"),
			want: Exception{Type: "EXC_CRASH", Message: "(SIGABRT)", Frames: []Frame{{Image: "CoreFoundation", ImageID: "aa", Offset: 16, System: true}, {Image: "Shop", ImageID: "bb", Offset: 32}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(tt.text)
			require.NoError(t, err)
			assert.Equal(t, Trace{Format: FormatApple, Exceptions: []Exception{tt.want}}, got)
		})
	}
}

func TestParseJavaScript(t *testing.T) {
	tests := map[string]struct {
		text string
		want Exception
	}{
		"V8": {
			text: lines("TypeError: x is not a function", "    at Cart.total (https://x.example/app.js:10:5)", "    at async new Foo [as bar] (app.js:1:2)", "    at https://x.example/app.js:3:4",
				"    at Array.forEach (<anonymous>)", "    at <anonymous>", "    at eval (eval at go (a.js:1:2), <anonymous>:3:4)"),
			want: Exception{Type: "TypeError", Message: "x is not a function", Frames: []Frame{
				{Function: "Cart.total", File: "https://x.example/app.js", Line: 10, Column: 5},
				{Function: "new Foo [as bar]", File: "app.js", Line: 1, Column: 2},
				{File: "https://x.example/app.js", Line: 3, Column: 4},
				{Function: "Array.forEach"},
				{},
				{Function: "eval", File: "<anonymous>", Line: 3, Column: 4},
			}},
		},
		"Hermes": {
			text: lines("Error: boom", "    at onPress (address at index.android.bundle:1:482113)", "    at forEach (native)", "    ... skipping 12 frames", "    at t (/index.android.bundle:1:99)"),
			want: Exception{Type: "Error", Message: "boom", Omitted: 12, Frames: []Frame{
				{Function: "onPress", File: "index.android.bundle", Line: 1, Column: 482113}, {Function: "forEach"}, {Function: "t", File: "/index.android.bundle", Line: 1, Column: 99},
			}},
		},
		"JavaScriptCore": {
			text: lines("onPress@main.jsbundle:257:1497", "global code@http://localhost/app.js:1:2", "@main.jsbundle:3:4", "forEach@[native code]"),
			want: Exception{Frames: []Frame{
				{Function: "onPress", File: "main.jsbundle", Line: 257, Column: 1497},
				{Function: "global code", File: "http://localhost/app.js", Line: 1, Column: 2},
				{File: "main.jsbundle", Line: 3, Column: 4},
				{Function: "forEach"},
			}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(tt.text)
			require.NoError(t, err)
			assert.Equal(t, Trace{Format: FormatJS, Exceptions: []Exception{tt.want}}, got)
		})
	}
}

func TestParseReactNativeOnAndroidFindsTheJavaScript(t *testing.T) {
	got, err := Parse(lines("com.facebook.react.common.JavascriptException: TypeError: undefined is not a function, stack:", "onPress@1:2331", "render@1:99",
		"", "\tat com.facebook.react.modules.core.ExceptionsManagerModule.reportException(ExceptionsManagerModule.java:72)", "\tat java.lang.Thread.run(Thread.java:1)"))
	require.NoError(t, err)
	assert.Equal(t, FormatJS, got.Format)
	require.Len(t, got.Exceptions, 2)
	assert.Equal(t, Exception{Type: "TypeError", Message: "undefined is not a function", Frames: []Frame{
		{Function: "onPress", Line: 1, Column: 2331}, {Function: "render", Line: 1, Column: 99},
	}}, got.Exceptions[1])
}

func TestParseOthers(t *testing.T) {
	tests := map[string]struct {
		text string
		want Trace
	}{
		".NET, the root's frames first": {
			text: lines("System.InvalidOperationException: o ---> System.FormatException: i", "   at Shop.Price.Parse(String s) in /src/Price.cs:line 12",
				"   --- End of inner exception stack trace ---", "   at Shop.Cart.Total() in C:\\src\\Cart.cs:line 88"),
			want: Trace{Format: FormatDotnet, Exceptions: []Exception{
				{Type: "System.InvalidOperationException", Message: "o", Frames: []Frame{{Module: "Shop.Cart", Function: "Total", File: "C:\\src\\Cart.cs", Line: 88}}},
				{Type: "System.FormatException", Message: "i", Frames: []Frame{{Module: "Shop.Price", Function: "Parse", File: "/src/Price.cs", Line: 12}}},
			}},
		},
		"Mono": {
			text: lines("System.NullReferenceException: Object reference", "  at Shop.Cart+<Load>d__7.MoveNext () [0x00012] in <3f2a>:0 ", "  at (wrapper managed-to-native) Shop.Native:call (int)", "  at Shop.Cart..ctor () [0x0] in <3f2a>:0"),
			want: Trace{Format: FormatDotnet, Exceptions: []Exception{{Type: "System.NullReferenceException", Message: "Object reference", Frames: []Frame{
				{Module: "Shop.Cart+<Load>d__7", Function: "MoveNext"}, {Module: "Shop.Native", Function: "call", System: true}, {Module: "Shop.Cart", Function: ".ctor"},
			}}}},
		},
		"a tombstone": {
			text: lines("signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0", "backtrace:", "    #00 pc 0000000000012a34  /data/app/lib/arm64/libshop.so (Cart::total()+24) (BuildId: 0f3c)",
				"    #01 pc 0000000000099000  /apex/com.android.runtime/lib64/libc.so (__start_thread+64)"),
			want: Trace{Format: FormatNative, Exceptions: []Exception{{Type: "SIGSEGV", Message: "code 1 (SEGV_MAPERR), fault addr 0x0", Frames: []Frame{
				{Image: "/data/app/lib/arm64/libshop.so", ImageID: "0f3c", Offset: 0x12a34, Function: "Cart::total()"},
				{Image: "/apex/com.android.runtime/lib64/libc.so", Offset: 0x99000, Function: "__start_thread", System: true},
			}}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(tt.text)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestParseJSON(t *testing.T) {
	shop := []Frame{{Image: "Shop", ImageID: "AA", Offset: 10}, {Image: "UIKitCore", ImageID: "BB", Offset: 20}}
	flat := `{"callStackPerThread":true,"callStacks":[{"callStackFrames":[{"binaryName":"X"}]},{"callStackFrames":[{"binaryUUID":"AA","offsetAddress":10,"binaryName":"Shop"},` +
		`{"binaryName":"UIKitCore","binaryUUID":"BB","offsetAddress":20}],"threadAttributed":true}]}`
	tree := `{"callStacks":[{"threadAttributed":true,"callStackRootFrames":[{"binaryName":"Y","sampleCount":1},{"binaryName":"Shop","binaryUUID":"AA","offsetIntoBinaryTextSegment":10,` +
		`"sampleCount":9,"subFrames":[{"binaryUUID":"BB","binaryName":"UIKitCore","offsetIntoBinaryTextSegment":20}]}]}]}`
	tests := map[string]struct {
		text   string
		format Format
		want   []Exception
	}{
		"MetricKit, flat, the attributed thread": {flat, FormatApple, []Exception{{Frames: shop}}},
		"MetricKit, a tree, the heaviest path":   {tree, FormatApple, []Exception{{Frames: shop}}},
		"MetricKit, wrapped":                     {`{"callStackTree":` + tree + `}`, FormatApple, []Exception{{Frames: shop}}},
		"the same in base64":                     {base64.StdEncoding.EncodeToString([]byte(flat)), FormatApple, []Exception{{Frames: shop}}},
		"MetricKit's exception":                  {`{"diagnosticMetaData":{"objectiveCexceptionReason":{"exceptionName":"NSRangeException","composedMessage":"m"}},"callStackTree":` + flat + `}`, FormatApple, []Exception{{Type: "NSRangeException", Message: "m", Frames: shop}}},
		"Embrace's frames":                       {`["a.B.c(B.kt:1)","a.D.e(SourceFile:2)"]`, FormatJVM, []Exception{{Frames: []Frame{{Module: "a.B", Function: "c", File: "B.kt", Line: 1}, {Module: "a.D", Function: "e", Line: 2}}}}},
		"Embrace's causes, the root comes first": {`[{"n":"a.In","m":"i","tt":["a.B.c(B.kt:1)"]},{"n":"a.Out","m":"o","tt":["a.D.e(D.kt:2)"],"length":5}]`, FormatJVM, []Exception{{Type: "a.Out", Message: "o", Omitted: 4, Frames: []Frame{{Module: "a.D", Function: "e", File: "D.kt", Line: 2}}}, {Type: "a.In", Message: "i", Frames: []Frame{{Module: "a.B", Function: "c", File: "B.kt", Line: 1}}}}},
		"Embrace Apple's frames":                 {`[{"m":"/x/Shop","u":"AA","o":10},{"m":"UIKitCore","u":"BB","o":"20"}]`, FormatApple, []Exception{{Frames: shop}}},
		"Splunk's threads, the crashed one":      {`[{"stackFrames":[{"imageName":"X"}]},{"crashed":true,"stackFrames":[{"imageName":"Shop","symbolName":"f","instructionPointer":"0x1010","baseAddress":4096}]}]`, FormatApple, []Exception{{Frames: []Frame{{Image: "Shop", Function: "f", Offset: 16}}}}},
		"React Native's error":                   {`{"name":"TypeError","message":"m","stacktrace":"f@a.js:1:2\ng@a.js:3:4"}`, FormatJS, []Exception{{Type: "TypeError", Message: "m", Frames: []Frame{{Function: "f", File: "a.js", Line: 1, Column: 2}, {Function: "g", File: "a.js", Line: 3, Column: 4}}}}},
		"members of wrong types are left out":    {`{"callStackPerThread":7,"callStacks":[{"threadAttributed":"yes","callStackFrames":[{"binaryName":"Shop","binaryUUID":"AA","offsetAddress":10,"sampleCount":{}},{"binaryName":"UIKitCore","binaryUUID":"BB","offsetAddress":20}]}]}`, FormatApple, []Exception{{Frames: shop}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(tt.text)
			require.NoError(t, err)
			assert.Equal(t, Trace{Format: tt.format, Exceptions: tt.want}, got)
		})
	}
}

func TestParseKeepsWhatItDoesNotKnow(t *testing.T) {
	tests := map[string]struct {
		text string
		want Exception
	}{
		"nothing":             {"", Exception{}},
		"prose":               {"the printer (an old one) is on fire", Exception{Message: "the printer (an old one) is on fire"}},
		"a header alone":      {"java.lang.Error: boom\nagain", Exception{Type: "java.lang.Error", Message: "boom\nagain"}},
		"JSON of another use": {`{"a":[1,2]}`, Exception{Message: `{"a":[1,2]}`}},
		"broken JSON":         {`[{"n":`, Exception{Message: `[{"n":`}},
		"base64 of something": {"eyJhIjoxfQ==", Exception{Message: "eyJhIjoxfQ=="}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(tt.text)
			require.ErrorIs(t, err, ErrNoFrames)
			assert.Equal(t, []Exception{tt.want}, got.Exceptions)
		})
	}
}

func TestLimits(t *testing.T) {
	t.Run("a deep stack keeps its first 200 and last 56 frames", func(t *testing.T) {
		var b strings.Builder
		b.WriteString("java.lang.StackOverflowError\n")
		for i := range 1000 {
			fmt.Fprintf(&b, "\tat a.B.f(B.java:%d)\n", i)
		}
		got, err := Parse(b.String())
		require.NoError(t, err)
		e := got.Exceptions[0]
		require.Len(t, e.Frames, MaxFrames)
		assert.Equal(t, 199, e.Frames[199].Line)
		assert.Equal(t, 944, e.Frames[200].Line)
		assert.Equal(t, 999, e.Frames[255].Line)
		assert.Equal(t, 744, e.Omitted)
		assert.True(t, got.Truncated)
	})
	t.Run("a long chain keeps its root", func(t *testing.T) {
		var b strings.Builder
		b.WriteString("a.XException: 0\n\tat a.B.f(B.java:1)\n")
		for i := 1; i < 40; i++ {
			fmt.Fprintf(&b, "Caused by: a.XException: %d\n\tat a.B.f(B.java:1)\n", i)
		}
		got, err := Parse(b.String())
		require.NoError(t, err)
		require.Len(t, got.Exceptions, MaxExceptions)
		assert.Equal(t, "14", got.Exceptions[14].Message)
		assert.Equal(t, "39", got.Exceptions[15].Message)
		assert.True(t, got.Truncated)
	})
	t.Run("a huge text is cut in the middle", func(t *testing.T) {
		text := "a.XException: x\n\tat a.B.first(B.java:1)\n" + strings.Repeat("\tat a.B.f(B.java:1)\n", 300_000) + "Caused by: a.YException\n\tat a.B.last(B.java:1)\n"
		got, err := Parse(text)
		require.NoError(t, err)
		require.Len(t, got.Exceptions, 2)
		assert.Equal(t, "first", got.Exceptions[0].Frames[0].Function)
		assert.Equal(t, "a.YException", got.Exceptions[1].Type)
		assert.True(t, got.Truncated)
	})
}

// TestSamples parses what real tools wrote. They lie beside the repository.
func TestSamples(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "samples")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the samples are not there: ", err)
	}
	tests := map[string]struct {
		format   Format
		typ, top string
		frames   int
	}{
		"apple-crash-text/kscrash-NSException.crash":         {FormatApple, "NSInvalidArgumentException", "__exceptionPreprocess", 23},
		"apple-crash-text/ios8.3-sigsegv-liveviewer.crash":   {FormatApple, "EXC_BAD_ACCESS", "CFDictionaryAddValue", 19},
		"apple-crash-text/ios9.3-plcrash-text-sigsegv.crash": {FormatApple, "SIGSEGV", "objc_msgSend", 6},
		"apple-crash-text/elastic-thread-8-crash.crash":      {FormatApple, "SIGTRAP", "", 10},
		"anr/embrace-anr-trace-android12.txt":                {FormatJVM, "", "sleep", 14},
		"anr/sentry-java-thread_dump.txt":                    {FormatJVM, "", "run", 9},
		"metrickit/callstacktree-per-thread.json":            {FormatApple, "", "", 3},
		"kscrash/example-BadPointer.json":                    {FormatApple, "EXC_BAD_ACCESS", "-[Crasher dereferenceBadPointer]", 16},
		"tombstone/aosp-arm64.txt":                           {FormatNative, "SIGABRT", "tgkill", 8},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
			require.NoError(t, err)
			got, err := Parse(string(text))
			require.NoError(t, err)
			e := got.Exceptions[len(got.Exceptions)-1]
			require.Len(t, e.Frames, tt.frames)
			assert.Equal(t, tt.format, got.Format)
			assert.Equal(t, tt.typ, e.Type)
			assert.Equal(t, tt.top, e.Frames[0].Function)
		})
	}
}

// FuzzParse: Parse returns a trace within its limits, made of the text's own
// parts, and the same one each time.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"java.lang.Error: boom\n\tat a.B.c(B.java:1)\n\tSuppressed: x.Y\n\t\tat d.E.f(E.kt:2)\nCaused by: g.H: i\n\t... 3 more",
		"0   Example Shop   0x0000000104a1c2f0 Example Shop + 49904\n1 b 0x1 c + 2", "Thread 3 Crashed:\n0 a 0x1 0x1 + 2 (f + 3)\nBinary Images:\n0x1 - 0x2 +a arm <b> /c",
		"TypeError: x\n    at f (a.js:1:2)\n at eval (eval at g (b.js:1:1), <anonymous>:1:1)", "f@a.js:1:2\n@b:3:4", "   at A.B`1[[C]].D (E f) [0x0] in <g>:0\n --- End of inner exception stack trace ---",
		"#00 pc 0012 /lib/x.so (f+1) (BuildId: a)\n#1 0x1 in g () at h.c:1\nframe #2: 0x3 i`j + 4", `{"callStacks":[{"callStackRootFrames":[{"binaryName":"a","subFrames":[{}]}]}]}`,
		`[{"n":"a","m":"b","tt":["c.D.e(F.kt:1)"]}]`, `["a.B.c(D.java:1)"]`, "eyJjYWxsU3RhY2tzIjpbXX0=", "\"main\" prio=5 tid=1\n  at a.B.c(D.java:1)", "#0      a.<anonymous closure> (package:b/c.dart:1:2)\n#1 new d (dart:core)", "Caused by: \nat ...\n... more", "\xff\xfe\n\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text)
		again, _ := Parse(text)
		require.Equal(t, got, again)
		require.NotEmpty(t, got.Exceptions)
		require.LessOrEqual(t, len(got.Exceptions), MaxExceptions)
		frames := 0
		for _, e := range got.Exceptions {
			require.LessOrEqual(t, len(e.Frames), MaxFrames)
			require.GreaterOrEqual(t, e.Omitted, 0)
			require.LessOrEqual(t, len(e.Message), maxMessage)
			frames += len(e.Frames)
			for _, f := range e.Frames {
				require.GreaterOrEqual(t, f.Line, 0)
				require.GreaterOrEqual(t, f.Column, 0)
				if utf8.ValidString(text) {
					require.True(t, utf8.ValidString(f.Module+f.Function+f.File+f.Image))
				}
			}
		}
		require.Equal(t, err != nil, frames == 0)
	})
}

func BenchmarkParse(b *testing.B) {
	for name, text := range map[string]string{
		"crash": "java.lang.IllegalStateException: x\n" + strings.Repeat("\tat com.example.shop.checkout.CheckoutActivity.onPayClicked(CheckoutActivity.kt:112)\n", 60),
		"5MB":   "java.lang.IllegalStateException: x\n" + strings.Repeat("\tat a.B.c(B.java:1)\nCaused by: x.Y: z\n", 140_000),
		"prose": strings.Repeat("(((((((((a.b.c d@e:f 0x 0x0x at at at ", 27_000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Parse(text)
			}
		})
	}
}
