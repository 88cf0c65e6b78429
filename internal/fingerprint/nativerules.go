package fingerprint

import "strings"

// nativeRule classifies a normalised symbol.
func nativeRule(name, scope string) class {
	switch name {
	case "_sigtramp", "__kernel_rt_sigreturn", "__restore_rt", "<signal handler called>", "__default_rt_sa_restorer", "sigaction_trampoline":
		return trampoline
	case "__pthread_kill", "pthread_kill", "abort", "raise", "tgkill", "gsignal", "__abort", "abort_with_payload", "abort_with_reason", "__libc_fatal", "__libc_android_abort",
		"objc_exception_throw", "__exceptionPreprocess", "objc_exception_rethrow", "_objc_terminate", "__cxa_throw", "__cxa_rethrow", "__cxa_bad_cast",
		"demangling_terminate_handler", "terminate", "__terminate", "_objc_fatal", "_objc_msgSend_uncached", "objc_msgSend", "objc_retain", "objc_release",
		"objc_autoreleaseReturnValue", "objc_storeStrong", "___forwarding___", "__forwarding_prep_0___", "_CF_forwarding_prep_0", "__stack_chk_fail",
		"__assert_rtn", "__assert", "__assert2", "__assert_fail", "_assertionFailure", "assertionFailure", "swift_unexpectedError", "_swift_runtime_on_report", "swift_deallocClassInstance",
		"rust_begin_unwind", "rust_panic", "__ubsan_handle", "__fortify_fatal", "__chk_fail", "syscall", "__kill", "kill", "__android_log_assert",
		"mono_handle_native_sigsegv", "mono_handle_native_crash", "mono_sigsegv_signal_handler", "sigabrt_signal_handler", "mono_sigill_signal_handler", "monotouch_throw_exception",
		"xamarin_unhandled_exception_handler", "xamarin_process_managed_exception", "mono_invoke_unhandled_exception_hook",
		"memcpy", "memmove", "memset", "strlen", "strcmp", "strcpy", "__memcpy_aarch64_simd", "_platform_memmove", "_platform_strlen":
		return throw
	case "-doesNotRecognizeSelector:", "+raise:format:", "-raise", "-handleFailureInMethod:object:file:lineNumber:description:",
		"-handleFailureInFunction:file:lineNumber:description:", "+raise:format:arguments:":
		return throw
	case "UIApplicationMain", "NSApplicationMain", "start", "_start", "main", "_dyld_start", "start_wqthread", "thread_start", "_pthread_start", "__pthread_start", "__start_thread",
		"_pthread_body", "_pthread_wqthread", "clone", "__clone", "__libc_init", "__libc_start_main", "start_thread", "_pthread_wqthread_legacy",
		"GSEventRunModal", "GSEventRun", "CFRunLoopRunSpecific", "CFRunLoopRun", "CFRunLoopRunInMode", "__CFRunLoopRun", "__CFRunLoopDoSource0", "__CFRunLoopDoSources0", "__CFRunLoopDoSource1",
		"__CFRunLoopDoTimer", "__CFRunLoopDoTimers", "__CFRunLoopDoObservers", "__CFRunLoopDoBlocks", "RunCurrentEventLoopInMode", "ReceiveNextEventCommon",
		"_BlockUntilNextEventMatchingListInModeWithFilter", "_DPSNextEvent", "__NSThread__start__", "__GSEventRunModal":
		return bottom
	case "mach_msg_trap", "mach_msg2_trap", "mach_msg", "mach_msg_overwrite", "__psynch_cvwait", "__psynch_mutexwait", "semaphore_wait_trap", "semaphore_timedwait_trap",
		"__ulock_wait", "_pthread_cond_wait", "__semwait_signal", "nanosleep", "__epoll_pwait", "epoll_wait":
		return wait
	}
	switch {
	case strings.HasPrefix(name, "_dispatch_"), strings.HasPrefix(name, "__CFRUNLOOP_IS_"), strings.HasPrefix(name, "dispatch_"):
		return bottom
	case strings.HasPrefix(name, "swift_") && strings.Contains(name, "fatal"), strings.HasPrefix(scope, "core::panicking"), strings.HasPrefix(scope, "std::panicking"),
		strings.HasPrefix(name, "art_quick_"), strings.HasPrefix(name, "__cxa_"), strings.HasPrefix(scope, "scudo"), strings.HasPrefix(name, "je_"):
		return throw
	case scope == "std" && name == "terminate", scope == "art::Runtime" && name == "Abort", scope == "art::LogMessage":
		return throw
	}
	return unknown
}

// isThrowImage says whether frames of an image without symbols only raise: at
// the top of a stack they are the kernel's and the runtimes' ways to abort.
func isThrowImage(image string) bool {
	switch image {
	case "libsystem", "libc++abi.dylib", "libobjc.A.dylib", "libc.so", "libc++abi.1.dylib", "libdispatch.dylib":
		return true
	default:
		return false
	}
}

// isSystemImage knows the images of Apple's and Android's systems by name.
func isSystemImage(image string) bool {
	if strings.HasPrefix(image, "lib") {
		return strings.HasSuffix(image, ".dylib") || isSystemLibrary(image)
	}
	switch image {
	case "CoreFoundation", "Foundation", "UIKit", "UIFoundation", "QuartzCore", "CFNetwork", "GraphicsServices", "CoreData", "CoreText", "CoreGraphics",
		"SwiftUI", "SwiftUICore", "Combine", "AttributeGraph", "WebKit", "WebCore", "JavaScriptCore", "WebKitLegacy", "Security", "Network", "CoreMedia", "AVFoundation", "MapKit",
		"dyld", "dyld_sim", "AppKit", "CoreLocation", "CoreBluetooth", "CoreImage", "CoreVideo", "CoreAudio", "AudioToolbox", "MediaToolbox", "VideoToolbox", "MediaPlayer",
		"StoreKit", "UserNotifications", "FrontBoardServices", "BaseBoard", "BackBoardServices", "RunningBoardServices", "Metal", "MetalKit", "OpenGLES", "GLKit", "IOKit", "ImageIO",
		"PhotosUI", "Photos", "CloudKit", "GameKit", "SpriteKit", "SceneKit", "ARKit", "RealityKit", "CoreML", "Vision", "CoreMotion", "CoreTelephony", "SystemConfiguration",
		"UIKitServices", "UpdateCycle", "TextInput", "UIAccessibility", "HIToolbox", "AE", "LaunchServices", "libdispatch", "linker64", "linker", "app_process64", "app_process32",
		"boot-framework.oat", "boot.oat", "IOSurface", "Contacts", "EventKit", "MessageUI", "PassKit", "QuickLook", "SafariServices", "HealthKit", "GSS", "Accelerate", "vImage":
		return true
	default:
		return false
	}
}

func isSystemLibrary(image string) bool {
	switch image {
	case "libc.so", "libart.so", "libdvm.so", "libandroid_runtime.so", "libutils.so", "libbinder.so", "libgui.so", "libhwui.so", "libandroidfw.so", "libc++.so", "libm.so", "libdl.so",
		"liblog.so", "libEGL.so", "libGLESv2.so", "libstagefright.so", "libmedia.so", "libwebviewchromium.so", "libnativehelper.so", "libjavacore.so", "libcutils.so":
		return true
	default:
		return strings.HasPrefix(image, "libmonosgen")
	}
}
