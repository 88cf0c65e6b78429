package fingerprint

import "strings"

// jvmRule classifies a class and method. The longest package or class that a
// rule names decides.
func jvmRule(scope, function string) class {
	if c := jvmMethod(scope, function); c != unknown {
		return c
	}
	found := unknown
	for i := range len(scope) {
		if scope[i] == '.' || scope[i] == '$' {
			if c := jvmPackage(scope[:i]); c != unknown {
				found = c
			}
		}
	}
	if c := jvmPackage(scope); c != unknown {
		found = c
	}
	if strings.HasPrefix(lastLabel(scope), "Hilt_") {
		return plumbing
	}
	return found
}

// jvmMethod knows methods whose class is not all of one kind.
func jvmMethod(scope, function string) class {
	switch {
	case isJVMThrow(scope, function):
		return throw
	case isJVMWait(scope, function):
		return wait
	case isSignal(function) && (hasLabelPrefix(scope, "io.reactivex") || hasLabelPrefix(scope, "rx") || hasLabelPrefix(scope, "reactor")):
		return plumbing
	default:
		return unknown
	}
}

// isJVMThrow says whether a method only throws what it is told to: a check, an
// exception's constructor.
func isJVMThrow(scope, function string) bool {
	switch scope {
	case "java.util.Objects":
		return strings.HasPrefix(function, "requireNonNull") || strings.HasPrefix(function, "check")
	case "android.os.Parcel":
		return function == "readException" || function == "createExceptionOrNull" || function == "createException"
	case "junit.framework.TestCase":
		return strings.HasPrefix(function, "assert") || strings.HasPrefix(function, "fail")
	case "java.lang.Throwable":
		return function == "<init>" || function == "fillInStackTrace"
	}
	if function == "<init>" || function == "fillInStackTrace" {
		return strings.HasSuffix(scope, "Exception") || strings.HasSuffix(scope, "Error")
	}
	return (strings.HasPrefix(function, "assert") || strings.HasPrefix(function, "fail")) && hasLabelPrefix(scope, "org.junit")
}

// isJVMWait says whether a method is where an idle thread rests.
func isJVMWait(scope, function string) bool {
	switch scope {
	case "java.lang.Object":
		return function == "wait" || function == "wait0"
	case "java.lang.Thread":
		return function == "sleep" || function == "sleep0" || function == "join" || strings.HasPrefix(function, "park")
	case "android.os.MessageQueue":
		return function == "nativePollOnce" || function == "next"
	case "sun.misc.Unsafe", "jdk.internal.misc.Unsafe", "java.util.concurrent.locks.LockSupport":
		return strings.HasPrefix(function, "park")
	default:
		return false
	}
}

// isSignal says whether a method of a reactive stream passes something on.
func isSignal(function string) bool {
	switch function {
	case "onNext", "onError", "onComplete", "onSubscribe", "subscribe", "subscribeActual", "request", "drain", "drainLoop":
		return true
	default:
		return false
	}
}

// jvmPackage knows packages and classes.
func jvmPackage(name string) class {
	switch name {
	// Reflection and proxies.
	case "java.lang.reflect", "sun.reflect", "jdk.internal.reflect", "java.lang.invoke", "java.security.AccessController", "com.sun.proxy", "$Proxy",
		"kotlin.reflect.jvm.internal.calls", "libcore.reflect",
		// Threads, executors, promises.
		"java.lang.Thread", "java.util.concurrent.ThreadPoolExecutor", "java.util.concurrent.FutureTask", "java.util.concurrent.ForkJoinPool",
		"java.util.concurrent.ForkJoinTask", "java.util.concurrent.ForkJoinWorkerThread", "java.util.concurrent.CompletableFuture",
		"java.util.concurrent.ScheduledThreadPoolExecutor", "java.util.concurrent.Executors", "java.util.TimerThread",
		"kotlin.coroutines", "kotlinx.coroutines", "kotlin.concurrent", "rx.internal", "rx.observers", "io.reactivex.internal.operators",
		"io.reactivex.internal.observers", "io.reactivex.rxjava3.internal.operators", "io.reactivex.internal.schedulers", "reactor.core.publisher",
		// Android's looper and the start of a process.
		"android.os.Handler", "android.os.Looper", "android.os.AsyncTask", "android.os.HandlerThread", "android.app.ActivityThread",
		"android.app.LoadedApk", "android.app.Instrumentation", "android.app.servertransaction", "com.android.internal.os", "dalvik.system.NativeStart",
		"dalvik.system.VMStack", "android.os.Binder", "androidx.arch.core.executor",
		// Bridges of other runtimes, hooks.
		"mono.android", "mono.java.lang", "mono", "de.robv.android.xposed", "org.lsposed",
		// What manufacturers put between an app and Android.
		"com.miui", "miui", "com.xiaomi", "com.samsung", "com.sec", "com.lenovo", "com.oplus", "com.oppo", "com.coloros", "com.color", "com.vivo", "vivo",
		"com.huawei", "com.hihonor", "com.meizu", "com.motorola", "com.mediatek", "com.qualcomm", "com.transsion", "com.asus", "com.lge", "com.htc",
		"com.sonymobile", "com.zte", "com.oneplus", "com.nothing", "android.app.OplusActivityManager", "android.view.OplusViewRootManager":
		return plumbing
	// Checks that throw.
	case "kotlin.jvm.internal.Intrinsics", "kotlin.internal", "com.google.common.base.Preconditions", "androidx.core.util.Preconditions",
		"com.android.internal.util.Preconditions", "android.support.v4.util.Preconditions", "kotlin.UninitializedPropertyAccessException",
		"java.lang.ThrowHelper", "jdk.internal.util.Preconditions", "junit.framework.Assert", "org.junit.Assert", "org.junit.internal.ComparisonCriteria",
		"org.junit.internal.ExactComparisonCriteria", "kotlin.ExceptionsKt", "kotlin.KotlinNothingValueException":
		return throw
	// Test runners and other starts of a thread.
	case "org.junit", "junit.framework", "org.junit.runners", "org.apache.tools.ant", "org.apache.maven.surefire", "sun.launcher":
		return bottom
	// The platform and libraries that come with nearly every app.
	case "java", "javax", "sun", "com.sun", "jdk", "android", "androidx", "com.android", "dalvik", "libcore", "kotlin", "kotlinx", "art",
		"okhttp3", "okio", "retrofit2", "com.squareup.okhttp", "com.squareup.picasso", "io.reactivex", "rx", "reactor", "dagger", "hilt_aggregated_deps",
		"com.google.android", "com.google.firebase", "com.google.gson", "com.google.common", "com.bumptech.glide", "com.facebook.react", "com.facebook.jni",
		"com.facebook.soloader", "com.facebook.hermes", "io.flutter", "org.chromium", "org.apache.http", "org.apache.harmony", "org.json", "org.xmlpull",
		"org.xml.sax", "org.w3c.dom", "io.netty", "scala", "groovy", "org.codehaus.groovy", "org.mockito", "com.unity3d", "com.airbnb.lottie",
		"com.airbnb.epoxy", "coil", "io.ktor", "javassist", "net.bytebuddy", "org.mozilla.javascript":
		return system
	default:
		return unknown
	}
}
