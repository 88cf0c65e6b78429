package fingerprint

import "strings"

// dotnetRule classifies a class and method.
func dotnetRule(scope, name string) class {
	if c := dotnetMethod(scope, name); c != unknown {
		return c
	}
	found := unknown
	for i := range len(scope) {
		if scope[i] == '.' {
			if c := dotnetNamespace(scope[:i]); c != unknown {
				found = c
			}
		}
	}
	if c := dotnetNamespace(scope); c != unknown {
		found = c
	}
	return found
}

func dotnetMethod(scope, name string) class {
	last := lastLabel(scope)
	switch {
	case last == "ThrowHelper", name == "FailFast" && last == "Environment":
		return throw
	case last == "ExceptionDispatchInfo": // also where an exception went on
		return plumbing
	case name == "Throw", strings.HasPrefix(name, "ThrowException"), strings.HasPrefix(name, "ThrowForHR"), strings.HasPrefix(name, "ThrowIf"):
		return throw
	case strings.HasPrefix(name, "__icall_wrapper"), strings.HasPrefix(name, "wrapper_"):
		return plumbing
	case last == "Application" && name == "Main", last == "UIApplication" && (name == "Main" || name == "UIApplicationMain"),
		last == "NSApplication" && (name == "Main" || name == "NSApplicationMain"), last == "EntryPoint":
		return bottom
	}
	return unknown
}

func dotnetNamespace(name string) class {
	switch name {
	case "System.Runtime.CompilerServices.TaskAwaiter", "System.Runtime.CompilerServices.ConfiguredTaskAwaitable", "System.Runtime.CompilerServices.AsyncMethodBuilderCore",
		"System.Runtime.CompilerServices.AsyncTaskMethodBuilder", "System.Runtime.CompilerServices.AsyncVoidMethodBuilder", "System.Runtime.ExceptionServices.ExceptionDispatchInfo",
		"System.Threading.ExecutionContext", "System.Threading.ThreadPoolWorkQueue", "System.Threading.ThreadPool", "System.Threading._ThreadPoolWaitCallback",
		"System.Threading.Thread", "System.Threading.ThreadHelper", "System.Threading.QueueUserWorkItemCallback", "System.Threading.SynchronizationContext",
		"System.Threading.Tasks.Task", "System.Threading.Tasks.TaskFactory", "System.Threading.Tasks.TaskScheduler", "System.Threading.Tasks.AwaitTaskContinuation",
		"System.Threading.Tasks.SynchronizationContextAwaitTaskContinuation", "System.Threading.Tasks.ContinuationTaskFromTask", "System.Threading.Timer",
		"System.Reflection.MonoMethod", "System.Reflection.MonoCMethod", "System.Reflection.MethodBase", "System.Reflection.RuntimeMethodInfo", "System.Reflection.ConstructorInfo",
		"System.RuntimeMethodHandle", "System.Activator", "System.Delegate", "System.MulticastDelegate",
		"Android.Runtime.JNIEnv", "Android.Runtime.JNINativeWrapper", "Java.Interop.JniEnvironment", "Java.Interop.JniPeerMembers", "Java.Lang.Thread.RunnableImplementor",
		"Android.OS.Handler", "Android.App.SyncContext", "ObjCRuntime.Messaging", "UnityEngine.UnitySynchronizationContext", "Foundation.NSAsyncActionDispatcher",
		"Foundation.NSActionDispatcher", "Foundation.NSAsyncSynchronizationContextDispatcher", "Foundation.NSSynchronizationContextDispatcher", "UIKit.UIKitSynchronizationContext",
		"Mono.Runtime", "System.Linq.Enumerable":
		return plumbing
	case "System", "Mono", "Microsoft", "Android", "Java", "Javax", "UIKit", "Foundation", "AppKit", "ObjCRuntime", "CoreGraphics", "CoreAnimation", "CoreFoundation", "MapKit",
		"AVFoundation", "WebKit", "Xamarin", "UnityEngine", "UnityEditor", "Org", "Gtk", "Gdk", "GLib", "Pango", "Cairo", "Interop", "MonoMac", "MonoTouch", "CoreLocation",
		"Newtonsoft", "NUnit", "Windows", "CoreData", "CoreText", "StoreKit", "Security", "OpenTK", "Xwt", "Atk", "Dalvik", "Com", "SQLite", "Mindscape", "ICSharpCode":
		return system
	default:
		return unknown
	}
}
