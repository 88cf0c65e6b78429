// Package stacktrace turns the stack texts that runtimes and SDKs send into one
// structure. It is pure: the same text gives the same trace everywhere.
package stacktrace

// Format names the grammar a text was parsed with.
type Format string

// The formats that Parse knows.
const (
	FormatUnknown Format = ""
	FormatJVM     Format = "jvm"
	FormatApple   Format = "apple"
	FormatJS      Format = "js"
	// FormatDotnet is .NET and Mono, FormatNative what Android's tombstones and
	// the debuggers print of machine code.
	FormatDotnet Format = "dotnet"
	FormatNative Format = "native"
	FormatDart   Format = "dart"
)

// Frame is one call, as far as the text tells. Zero values are unknown.
type Frame struct {
	// Module is the class (JVM), the namespace or the bundle's file (JS).
	Module string
	// Function is the method or function without its module.
	Function string
	File     string
	Line     int
	Column   int
	// Image is the binary (Apple, native), ImageID its UUID or build id.
	Image   string
	ImageID string
	// Offset is the distance from the image's start, 0 where unknown.
	Offset uint64
	// System is true where the text itself says that the frame is not the
	// app's (an image below /System or /usr/lib).
	System bool
}

// Exception is one link of a chain of causes.
type Exception struct {
	Type, Message string
	// Frames are innermost first.
	Frames []Frame
	// Omitted is how many frames the text says it left out ("... 12 more"),
	// plus those that a limit left out.
	Omitted int
}

// Trace is a parsed stack: the exceptions outermost first, each caused by the
// one after it. A stack without header has one exception without type.
type Trace struct {
	Format     Format
	Exceptions []Exception
	// Truncated is true where a limit cut the text or the frames.
	Truncated bool
}
