package fingerprint

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// lines joins the lines of a text.
func lines(l ...string) string { return strings.Join(l, "\n") }

// crash parses a text as an unhandled crash of one build.
func crash(tb testing.TB, text string) Input {
	tb.Helper()
	trace, err := stacktrace.Parse(text)
	require.NoError(tb, err)
	return Input{Kind: KindCrash, Trace: trace, BuildID: "b1", AppPrefix: "com.example.shop.debug"}
}

// tokens returns what the fine fingerprint names.
func tokens(r *Result) []string {
	list := make([]string, 0, len(r.Frames))
	for _, f := range r.Frames {
		list = append(list, f.Token)
	}
	return list
}

// Stacks that the tests vary.
const (
	cartJVM = `java.lang.IllegalStateException: Cart total mismatch for order 88213
	at com.example.shop.cart.Cart.total(Cart.kt:88)
	at com.example.shop.cart.CartActivity.lambda$onCreate$3(CartActivity.kt:41)
	at com.example.shop.cart.CartActivity$$ExternalSyntheticLambda2.onClick(D8$$SyntheticClass:0)
	at android.view.View.performClick(View.java:7448)
	at android.view.View$PerformClick.run(View.java:28305)
	at android.os.Handler.dispatchMessage(Handler.java:106)
	at android.os.Looper.loop(Looper.java:223)
	at android.app.ActivityThread.main(ActivityThread.java:7656)
	at java.lang.reflect.Method.invoke(Native Method)
	at com.android.internal.os.ZygoteInit.main(ZygoteInit.java:947)`
	cartApple = `*** Terminating app due to uncaught exception 'NSRangeException', reason: '*** index 4 beyond bounds [0 .. 2]'
0   CoreFoundation   0x00000001a1b2c3d4 __exceptionPreprocess + 164
1   libobjc.A.dylib  0x000000019aa10f2c objc_exception_throw + 60
2   CoreFoundation   0x00000001a1c3e0a8 -[__NSArrayM objectAtIndexedSubscript:] + 192
3   Example Shop     0x0000000104a1c2f0 closure #1 in CartView.pay() + 44
4   Example Shop     0x0000000104a1c814 -[CartController(Pay) didTap:] + 212
5   UIKitCore        0x00000001a4110b28 -[UIApplication sendAction:to:from:forEvent:] + 96
6   UIKitCore        0x00000001a4110b28 UIApplicationMain + 96
7   Example Shop     0x0000000104a12830 main + 64
8   dyld             0x00000001c6c3ae94 start + 2220`
	cartJS = `TypeError: Cannot read property 'total' of undefined
    at Cart.total (https://x.example/static/main.3f2a1b9c.js:10:5)
    at onPress (https://x.example/static/main.3f2a1b9c.js:120:7)
    at render (https://x.example/static/main.3f2a1b9c.js:7:1)
    at processTicksAndRejections (internal/process/task_queues.js:97:5)`
)

func TestStableUnderWhatIsNotTheBug(t *testing.T) {
	replace := func(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }
	tests := map[string]struct {
		text   string
		change func(string) string
	}{
		"JVM: lines move between releases":     {cartJVM, replace("Cart.kt:88", "Cart.kt:97", "CartActivity.kt:41", "CartActivity.kt:52")},
		"JVM: the lambda's number":             {cartJVM, replace("lambda$onCreate$3", "lambda$onCreate$17", "Lambda2", "Lambda11")},
		"JVM: the lambda as Kotlin names it":   {cartJVM, replace("lambda$onCreate$3", "onCreate$lambda$4")},
		"JVM: the lambda with its class":       {cartJVM, replace("lambda$onCreate$3", "lambda$onCreate$3$com-example-shop-cart-CartActivity")},
		"JVM: another compiler's lambda class": {cartJVM, replace("$$ExternalSyntheticLambda2.onClick(D8$$SyntheticClass:0)", "$$Lambda$14/0x0008.onClick(Unknown Source:4)")},
		"JVM: an accessor between two calls":   {cartJVM, replace("\tat com.example.shop.cart.CartActivity.lambda", "\tat com.example.shop.cart.CartActivity.access$100(CartActivity.kt:1)\n\tat com.example.shop.cart.CartActivity.lambda")},
		"JVM: a proxy between two calls":       {cartJVM, replace("\tat com.example.shop.cart.CartActivity.lambda", "\tat java.lang.reflect.Proxy.invoke(Proxy.java:1006)\n\tat $Proxy12.pay(Unknown Source)\n\tat com.example.shop.cart.CartActivity.lambda")},
		"JVM: the manufacturer's frames":       {cartJVM, replace("\tat android.view.View$PerformClick", "\tat com.miui.view.Hook.click(Hook.java:3)\n\tat android.view.OplusViewRootManager.x(X.java:1)\n\tat android.view.View$PerformClick")},
		"JVM: another system version's frames": {cartJVM, replace("\tat android.view.View$PerformClick", "\tat android.view.View.performClickInternal(View.java:7425)\n\tat android.view.View.access$3600(View.java:810)\n\tat android.view.View$PerformClick")},
		"JVM: another thread's start":          {cartJVM, replace("android.os.Looper.loop(Looper.java:223)", "java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1145)\n\tat java.lang.Thread.run(Thread.java:919)")},
		"JVM: the id in the message":           {cartJVM, replace("order 88213", "order 7")},
		"JVM: another message":                 {cartJVM, replace("Cart total mismatch for order 88213", "falsche Summe")},
		"JVM: what throws for it":              {cartJVM, replace("\tat com.example.shop.cart.Cart.total", "\tat java.util.Objects.requireNonNull(Objects.java:228)\n\tat com.example.shop.cart.Cart.total")},
		"JVM: a wrapper": {cartJVM, func(s string) string {
			return "java.lang.RuntimeException: Unable to start activity\n\tat android.app.ActivityThread.performLaunchActivity(ActivityThread.java:3449)\nCaused by: " + s
		}},
		"JVM: the wrapper's message alone":       {cartJVM, func(s string) string { return "java.lang.RuntimeException: " + s }},
		"JVM: a recursion goes deeper":           {cartJVM, replace("\tat com.example.shop.cart.CartActivity.lambda", strings.Repeat("\tat com.example.shop.cart.Cart.total(Cart.kt:90)\n", 9)+"\tat com.example.shop.cart.CartActivity.lambda")},
		"JVM: the stack is cut":                  {cartJVM, func(s string) string { return strings.Join(strings.Split(s, "\n")[:5], "\n") }},
		"Apple: other addresses and offsets":     {cartApple, replace("0x0000000104a1c2f0", "0x00000001050002f0", "+ 44", "+ 48", "+ 212", "+ 220")},
		"Apple: the closure's number":            {cartApple, replace("closure #1 in CartView.pay()", "closure #2 in closure #1 in CartView.pay()")},
		"Apple: what the optimiser did":          {cartApple, replace("closure #1 in CartView.pay()", "partial apply for closure #1 in specialized CartView.pay()")},
		"Apple: no category":                     {cartApple, replace("CartController(Pay)", "CartController")},
		"Apple: another system's run loop":       {cartApple, replace("6   UIKitCore", "6   UIKitCore   0x1 -[UIApplication _run] + 4\n7   UIKitCore")},
		"JS: lines and columns":                  {cartJS, replace(":10:5", ":14:2", ":120:7", ":131:9")},
		"JS: the bundle's hash":                  {cartJS, replace("main.3f2a1b9c.js", "main.77aa01bc.js")},
		"JS: the receiver's name":                {cartJS, replace("Cart.total (", "Object.total (")},
		"JS: what the transpiler puts between":   {cartJS, replace("    at render", "    at asyncGeneratorStep (x.js:1:1)\n    at render")},
		"JS: another value in the message's end": {cartJS, replace("'total'", "'sum'")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			changed := tt.change(tt.text)
			require.NotEqual(t, tt.text, changed)
			want, got := Of(crash(t, tt.text), Options{}), Of(crash(t, changed), Options{})
			assert.Equal(t, tokens(&want), tokens(&got))
			assert.Equal(t, want.Fine, got.Fine)
			assert.Equal(t, want.Coarse, got.Coarse)
			assert.Equal(t, want.Quality, got.Quality)
		})
	}
}

func TestAnotherBugIsAnother(t *testing.T) {
	replace := func(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }
	tests := map[string]struct {
		text       string
		change     func(string) string
		sameCoarse bool
	}{
		"JVM: the method that threw":      {cartJVM, replace("Cart.total", "Cart.items"), false},
		"JVM: the class that threw":       {cartJVM, replace("cart.Cart.total", "cart.Price.total"), false},
		"JVM: the type":                   {cartJVM, replace("IllegalState", "IllegalArgument"), false},
		"JVM: who called":                 {cartJVM, replace("CartActivity.lambda", "PayActivity.lambda"), true},
		"JVM: two lambdas of one class":   {cartJVM, replace("lambda$onCreate$3", "lambda$onPause$3"), true},
		"Apple: the method that threw":    {cartApple, replace("CartView.pay", "CartView.show"), false},
		"Apple: the system call it made":  {cartApple, replace("objectAtIndexedSubscript", "removeObjectAtIndex"), false},
		"JS: the function that threw":     {cartJS, replace("Cart.total", "Cart.items"), false},
		"JS: who called":                  {cartJS, replace("onPress", "onLongPress"), true},
		"JVM: a method with a lambda's c": {cartJVM, replace("Cart.total", "Cart.lambda$items$1"), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			one, other := Of(crash(t, tt.text), Options{}), Of(crash(t, tt.change(tt.text)), Options{})
			assert.NotEqual(t, one.Fine, other.Fine)
			assert.Equal(t, tt.sameCoarse, one.Coarse == other.Coarse)
		})
	}
}

func TestKindsNeverShareAHash(t *testing.T) {
	seen := map[[16]byte]string{}
	for _, kind := range []Kind{KindCrash, KindANR, KindError} {
		for _, cause := range []string{"", "oom", "watchdog"} {
			in := crash(t, cartJVM)
			in.Kind, in.Cause = kind, cause
			r := Of(in, Options{})
			for level, hash := range map[string][16]byte{"fine": r.Fine, "coarse": r.Coarse} {
				name := fmt.Sprintf("%s %s %s", kind, cause, level)
				assert.Empty(t, seen[hash], name)
				seen[hash] = name
			}
		}
	}
}

func TestNormalisedNames(t *testing.T) {
	tests := map[string]struct {
		format stacktrace.Format
		frame  stacktrace.Frame
		want   string
		class  class
	}{
		"inner and anonymous classes":  {stacktrace.FormatJVM, stacktrace.Frame{Module: "a.Cart$Row$1$2", Function: "run"}, "a.Cart$Row$#|run", app},
		"a class in an anonymous one":  {stacktrace.FormatJVM, stacktrace.Frame{Module: "a.Cart$1$Row", Function: "run"}, "a.Cart$Row|run", app},
		"a local class":                {stacktrace.FormatJVM, stacktrace.Frame{Module: "a.Cart$1Row", Function: "run"}, "a.Cart$Row|run", app},
		"a coroutine":                  {stacktrace.FormatJVM, stacktrace.Frame{Module: "a.Cart$load$1", Function: "invokeSuspend"}, "a.Cart|load", app},
		"an old lambda class":          {stacktrace.FormatJVM, stacktrace.Frame{Module: "a.-$$Lambda$Cart$x9Z", Function: "run"}, "a.Cart|run", app},
		"a proxy":                      {stacktrace.FormatJVM, stacktrace.Frame{Module: "com.sun.proxy.$Proxy44", Function: "pay"}, "$Proxy|pay", plumbing},
		"a multi-file facade":          {stacktrace.FormatJVM, stacktrace.Frame{Module: "a.CartKt__SumKt", Function: "sum"}, "a.CartKt|sum", app},
		"default arguments":            {stacktrace.FormatJVM, stacktrace.Frame{Module: "a.Cart", Function: "sum$default"}, "a.Cart|sum", app},
		"a value class's hash":         {stacktrace.FormatJVM, stacktrace.Frame{Module: "a.Cart", Function: "draw-0d7_KjU"}, "a.Cart|draw", app},
		"an interface's default":       {stacktrace.FormatJVM, stacktrace.Frame{Module: "a.Pay-CC", Function: "pay"}, "a.Pay|pay", app},
		"a library":                    {stacktrace.FormatJVM, stacktrace.Frame{Module: "okhttp3.internal.http.Exchange", Function: "read"}, "okhttp3.internal.http.Exchange|read", system},
		"the app's own in androidx":    {stacktrace.FormatJVM, stacktrace.Frame{Module: "com.example.shop.A", Function: "f"}, "com.example.shop.A|f", app},
		"a name that only begins so":   {stacktrace.FormatJVM, stacktrace.Frame{Module: "javaapp.A", Function: "f"}, "javaapp.A|f", app},
		"an Objective-C block":         {stacktrace.FormatApple, stacktrace.Frame{Image: "Shop", Function: "__31-[Cart(Pay) pay:]_block_invoke_2"}, "Cart|-pay: block", app},
		"mangled Swift":                {stacktrace.FormatApple, stacktrace.Frame{Image: "Shop", Function: "$s12Example_Shop8CartViewC3payyyF"}, "Example_Shop.CartView|pay", app},
		"a part of an async function":  {stacktrace.FormatApple, stacktrace.Frame{Image: "Shop", Function: "(2) await resume partial function for CartView.load(id:)"}, "CartView|load", app},
		"a protocol's witness":         {stacktrace.FormatApple, stacktrace.Frame{Image: "Shop", Function: "protocol witness for Payable.pay(_:) in conformance Cart"}, "Cart|pay", app},
		"a generic specialisation":     {stacktrace.FormatApple, stacktrace.Frame{Image: "Shop", Function: "specialized static Cart.sum<A, B>(_: [A]) -> Int"}, "Cart|sum", app},
		"UIKit by its other name":      {stacktrace.FormatApple, stacktrace.Frame{Image: "UIKitCore", Function: "-[UIView layout]"}, "UIView|-layout", system},
		"C++ with templates":           {stacktrace.FormatNative, stacktrace.Frame{Image: "libshop.so", Function: "std::__ndk1::vector<int>::at(unsigned long) const"}, "std::vector|at", app},
		"mangled C++":                  {stacktrace.FormatNative, stacktrace.Frame{Image: "libshop.so", Function: "_ZN4shop4Cart5totalEv"}, "shop::Cart|total", app},
		"mangled Rust":                 {stacktrace.FormatNative, stacktrace.Frame{Image: "libshop.so", Function: "_ZN4shop4cart5total17h0123456789abcdefE"}, "shop::cart|total", app},
		"a split function":             {stacktrace.FormatNative, stacktrace.Frame{Image: "libshop.so", Function: "total.cold.1"}, "total", app},
		"without symbol, the app's":    {stacktrace.FormatApple, stacktrace.Frame{Image: "Shop", ImageID: "AA-BB", Offset: 255}, "Shop+ff@aabb", app},
		"without symbol, the system's": {stacktrace.FormatApple, stacktrace.Frame{Image: "UIKitCore", ImageID: "CC", Offset: 255}, "UIKit", system},
		"a method of a JS object":      {stacktrace.FormatJS, stacktrace.Frame{Function: "async Object.onPress [as handler]", File: "/a/Cart.js?v=3"}, "Cart.js|onPress", app},
		"JS in a bundle":               {stacktrace.FormatJS, stacktrace.Frame{Function: "onPress", File: "address at index.android.bundle", Line: 1, Column: 9}, "bundle|onPress", app},
		"JS without name in a bundle":  {stacktrace.FormatJS, stacktrace.Frame{Function: "anonymous", File: "/index.android.bundle", Line: 1}, "bundle", nothing},
		"an async state machine":       {stacktrace.FormatDotnet, stacktrace.Frame{Module: "Shop.Cart+<Load>d__7", Function: "MoveNext"}, "Shop.Cart|Load", app},
		"the same of another compiler": {stacktrace.FormatDotnet, stacktrace.Frame{Module: "Shop.Cart/<Load>c__async0", Function: "MoveNext"}, "Shop.Cart|Load", app},
		"a .NET lambda":                {stacktrace.FormatDotnet, stacktrace.Frame{Module: "Shop.Cart+<>c__DisplayClass3_0", Function: "<Load>b__1"}, "Shop.Cart|Load", app},
		"a .NET local function":        {stacktrace.FormatDotnet, stacktrace.Frame{Module: "Shop.Cart", Function: "<Load>g__Sum|2_0"}, "Shop.Cart|Sum", app},
		"generics":                     {stacktrace.FormatDotnet, stacktrace.Frame{Module: "Shop.List`1[[System.Int32, mscorlib]]", Function: "Add[T]"}, "Shop.List|Add", app},
		"another format":               {"", stacktrace.Frame{Module: "a", Function: "b", File: "c"}, "a|b", app},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			n := newNormaliser(&Input{Format: tt.format, AppPrefix: "com.example.shop"}, Options{})
			got := n.token(&tt.frame)
			assert.Equal(t, tt.want, got.text())
			assert.Equal(t, tt.class.String(), got.class.String())
		})
	}
}

func TestQuality(t *testing.T) {
	tests := map[string]struct {
		in   Input
		want uint8
	}{
		"the app's symbols":     {crash(t, cartJVM), QualityApp},
		"the system's only":     {crash(t, "java.lang.Error\n\tat android.view.View.draw(View.java:1)\n\tat java.util.ArrayList.get(ArrayList.java:3)"), QualitySystem},
		"obfuscated":            {crash(t, "java.lang.Error\n\tat q3.f.b(r8-map-id-aa:4)\n\tat q3.f.a(SourceFile:5)\n\tat com.example.shop.A.run(SourceFile:5)"), QualityBuild},
		"short but with a file": {crash(t, "java.lang.Error\n\tat q3.f.b(F.kt:4)"), QualityApp},
		"without symbols":       {crash(t, "0   Shop   0x0000000104a1c2f0 Shop + 49904\n1   Shop   0x0000000104a1c2f0 Shop + 49908"), QualityBuild},
		"no frames":             {Input{Kind: KindCrash, Type: "SIGSEGV"}, QualityNone},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, Of(tt.in, Options{}).Quality)
		})
	}
}

func TestWhatOnlyOneBuildKnowsIsScopedByIt(t *testing.T) {
	tests := map[string]struct {
		text   string
		scoped bool
	}{
		"obfuscated":                   {"java.lang.Error\n\tat q3.f.b(r8-map-id-aa:4)\n\tat q3.f.a(SourceFile:5)", true},
		"an image without symbols":     {"0   Shop   0x0000000104a1c2f0 Shop + 49904", true},
		"with symbols":                 {cartJVM, false},
		"minified JavaScript":          {"Error: x\n    at t (/index.android.bundle:1:482113)\n    at e (/index.android.bundle:1:99)", true},
		"JavaScript with some symbols": {"Error: x\n    at t (/index.android.bundle:1:482113)\n    at onPress (/index.android.bundle:1:99)\n    at submit (/index.android.bundle:1:99)", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			one, other := crash(t, tt.text), crash(t, tt.text)
			other.BuildID = "b2"
			a, b := Of(one, Options{}), Of(other, Options{})
			assert.Equal(t, tt.scoped, a.Fine != b.Fine)
			assert.Equal(t, tt.scoped, a.Coarse != b.Coarse)
		})
	}
}

func TestImageIDScopesBetterThanTheBuild(t *testing.T) {
	frames := []stacktrace.Frame{{Image: "libsystem_kernel.dylib", Offset: 1}, {Image: "Shop", ImageID: "6A8C", Offset: 49904}}
	in := Input{Kind: KindCrash, BuildID: "1", Trace: stacktrace.Trace{Format: stacktrace.FormatApple, Exceptions: []stacktrace.Exception{{Type: "EXC_CRASH", Frames: frames}}}}
	want := Of(in, Options{})
	assert.Equal(t, []string{"Shop+c2f0@6a8c"}, tokens(&want))
	in.BuildID = "2"
	assert.Equal(t, want, Of(in, Options{}))
	frames[0].Offset = 77 // another version of the system
	assert.Equal(t, want, Of(in, Options{}))
	frames[1].ImageID = "6A8D"
	assert.NotEqual(t, want.Fine, Of(in, Options{}).Fine)
}

func TestStackOverflow(t *testing.T) {
	overflow := func(skip, depth int) Input {
		cycle := []string{"\tat a.Cart.total(Cart.kt:1)", "\tat a.Row.total(Row.kt:2)", "\tat a.Rows.sum(Rows.kt:3)"}
		list := append(make([]string, 0, depth+1), "java.lang.StackOverflowError: stack size 8192KB")
		for i := range depth {
			list = append(list, cycle[(i+skip)%len(cycle)])
		}
		return crash(t, lines(list...))
	}
	want := Of(overflow(0, 900), Options{})
	assert.Equal(t, []string{"a.Cart|total", "a.Row|total", "a.Rows|sum"}, tokens(&want))
	for skip := range 3 {
		for _, depth := range []int{40, 255, 257, 1000} {
			got := Of(overflow(skip, depth), Options{})
			assert.Equal(t, want.Fine, got.Fine, "skip %d depth %d", skip, depth)
			assert.Equal(t, want.Coarse, got.Coarse, "skip %d depth %d", skip, depth)
		}
	}
}

func TestShortCauseContinuesWithWhatItCaused(t *testing.T) {
	full := lines("a.InException", "\tat a.D.e(D.kt:1)", "\tat a.B.c(B.kt:2)", "\tat a.M.main(M.kt:3)")
	chained := lines("a.OutException", "\tat a.B.c(B.kt:5)", "\tat a.M.main(M.kt:3)", "Caused by: a.InException", "\tat a.D.e(D.kt:1)", "\t... 2 more")
	one, other := Of(crash(t, full), Options{}), Of(crash(t, chained), Options{})
	assert.Equal(t, []string{"a.D|e", "a.B|c", "a.M|main"}, tokens(&other))
	assert.Equal(t, one.Fine, other.Fine)
}

func TestHangsBeginBelowWhatWaits(t *testing.T) {
	text := lines("java.lang.Object.wait(Native Method)", "java.lang.Object.wait(Object.java:405)", "com.example.shop.Prices.await(Prices.kt:57)", "android.os.Handler.dispatchMessage(Handler.java:103)")
	in := crash(t, text)
	in.Kind = KindANR
	r := Of(in, Options{})
	assert.Equal(t, []string{"com.example.shop.Prices|await"}, tokens(&r))
	assert.Equal(t, "Not responding in com.example.shop.Prices.await", r.Title)
}

func TestSignalsOfOneFault(t *testing.T) {
	of := func(typ, message string) Result {
		frames := []stacktrace.Frame{{Image: "Shop", Function: "f"}}
		return Of(Input{Kind: KindCrash, Trace: stacktrace.Trace{Format: stacktrace.FormatApple, Exceptions: []stacktrace.Exception{{Type: typ, Message: message, Frames: frames}}}}, Options{})
	}
	assert.Equal(t, of("EXC_BAD_ACCESS", "KERN_INVALID_ADDRESS at 0x16b8c8000").Fine, of("SIGSEGV", "SEGV_MAPERR at 0x1669c89e8").Fine)
	null, other := of("SIGSEGV", "fault addr 0x18"), of("SIGSEGV", "fault addr 0x7fff0000")
	assert.NotEqual(t, null.Fine, other.Fine)
	assert.Equal(t, null.Coarse, other.Coarse)
	assert.NotEqual(t, of("SIGSEGV", "").Coarse, of("SIGABRT", "").Coarse)
}

func TestOptionsAreAnotherVersion(t *testing.T) {
	assert.Equal(t, "f1", Options{}.Version())
	a, b := Options{InApp: []string{"okhttp3", "x.y"}}, Options{InApp: []string{"x.y", "okhttp3", "x.y"}}
	assert.Equal(t, a.Version(), b.Version())
	assert.NotEqual(t, "f1", a.Version())
	in := crash(t, lines("java.lang.Error", "\tat okhttp3.Call.run(Call.java:1)"))
	assert.Equal(t, QualitySystem, Of(in, Options{}).Quality)
	assert.Equal(t, QualityApp, Of(in, a).Quality)
}

func TestExplainAgreesWithOf(t *testing.T) {
	in := crash(t, cartJVM)
	r, decisions := Explain(in, Options{})
	assert.Equal(t, Of(in, Options{}), r)
	require.Len(t, decisions, 10)
	assert.True(t, decisions[0].Fine && decisions[0].Coarse && decisions[0].InApp)
	assert.True(t, decisions[1].Fine && !decisions[1].Coarse)
	assert.Equal(t, "plumbing", decisions[9].Class)
	assert.False(t, decisions[9].Fine)
}

func TestTitles(t *testing.T) {
	tests := map[string]struct {
		in   Input
		want string
	}{
		"type and message":  {crash(t, cartJVM), "IllegalStateException: Cart total mismatch for order <n>"},
		"a signal":          {Input{Kind: KindCrash, Type: "EXC_BAD_ACCESS", Message: "at 0x10"}, "EXC_BAD_ACCESS: at <n>"},
		"a message alone":   {Input{Kind: KindError, Message: "no luck\nat all"}, "no luck"},
		"nothing":           {Input{Kind: KindError}, "Error"},
		"nothing but cause": {Input{Kind: KindCrash, Cause: "oom"}, "Crash (oom)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, Of(tt.in, Options{}).Title)
		})
	}
}

func TestTemplate(t *testing.T) {
	tests := map[string]string{
		"Order 88213 failed after 1.5s":                          "order <n> failed after <n>",
		"GET https://x.example/a?b=1 said 404":                   "get <url> said <n>",
		"user jo@example.com not found":                          "user <mail> not found",
		"android.view.View@4f2a91c is null":                      "android.view.view@<id> is null",
		`key "abc" in 'x y' isn't there`:                         "key <q> in <q> isn't there",
		"/data/user/0/com.example/files/a.db is full":            "<path> is full",
		"Unable to start ComponentInfo{com.example/.CartScreen}": "unable to start componentinfo{com.example/.cartscreen}",
		"id 123e4567-e89b-12d3-a456-426614174000, code=0x1f":     "id <n>, code=<n>",
		"first\n\nsecond\nthird":                                 "first\nsecond",
		"  spaces   between ":                                    "spaces between",
		"":                                                       "",
	}
	for message, want := range tests {
		t.Run(message, func(t *testing.T) {
			assert.Equal(t, want, Template(message))
		})
	}
}

// TestGolden pins the hashes of version f1. A change here splits the history
// of everybody's issues: make another version instead.
func TestGolden(t *testing.T) {
	tests := map[string]struct {
		in           Input
		fine, coarse string
	}{
		"JVM":       {crash(t, cartJVM), "f8bd05eec437380b22ffa3687b4d051c", "e93bf450fa68abee9760c434f0f23fcc"},
		"Apple":     {crash(t, cartApple), "5ef66de3133fc4006e7e62199a3ca033", "5db5bcf606a9e9029ae2d88b58a4a2b9"},
		"JS":        {crash(t, cartJS), "1aa4585a895439c192133017bf1a5ff1", "a5199fe5d8ec061327f72ee4666dd134"},
		"no frames": {Input{Kind: KindCrash, Type: "SIGSEGV", Message: "code 1"}, "0eeec7fd0426946818fa9cb859c46b9d", "6054e267276b16cfb42dc2965c52e601"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := Of(tt.in, Options{})
			assert.Equal(t, tt.fine, hex.EncodeToString(r.Fine[:]))
			assert.Equal(t, tt.coarse, hex.EncodeToString(r.Coarse[:]))
		})
	}
}

// FuzzOf: any text has the same fingerprints each time, of sane size, and those
// of an error are never those of a crash.
func FuzzOf(f *testing.F) {
	for _, seed := range []string{cartJVM, cartApple, cartJS, "", "   at A.<B>c__D.E () [0x0]", "#00 pc 1 /a.so (_ZN1a1bE+1)", "0 a 0x1 $s1a1bC\n1 a 0x1 __1-[a(b) c]_block_invoke", "a.B: c.DException: e\n\tat $Proxy1.f(g.java:1)"} {
		f.Add(seed, "type", "message", "com.example")
	}
	f.Fuzz(func(t *testing.T, text, typ, message, prefix string) {
		trace, _ := stacktrace.Parse(text)
		in := Input{Kind: KindCrash, Type: typ, Message: message, Trace: trace, AppPrefix: prefix, BuildID: "1"}
		got := Of(in, Options{})
		require.Equal(t, got, Of(in, Options{}))
		require.LessOrEqual(t, len(got.Frames), maxChosen)
		require.LessOrEqual(t, got.Quality, QualityApp)
		require.NotEmpty(t, got.Title)
		require.LessOrEqual(t, len(got.Title), maxTitle)
		require.NotContains(t, got.Title+got.Culprit, "\n")
		require.True(t, utf8.ValidString(got.Title+got.Culprit))
		in.Kind = KindError
		other := Of(in, Options{})
		require.NotEqual(t, got.Fine, other.Fine)
		require.NotEqual(t, got.Coarse, other.Coarse)
	})
}

func BenchmarkOf(b *testing.B) {
	in := crash(b, cartJVM)
	b.ReportAllocs()
	for b.Loop() {
		Of(in, Options{})
	}
}
