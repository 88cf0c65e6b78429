package fleet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// appleFrame is a frame of a bug on Apple's systems. Written as "image symbol
// offset", "!" stands for the app's image; without symbol as "image offset".
type appleFrame struct {
	image, symbol string
	offset        int
	ours          bool
}

// appleFrames are the frames of a bug as they are in the session's release.
func (f *Fault) appleFrames() []appleFrame {
	out := make([]appleFrame, 0, len(f.Bug.Frames)+8)
	for _, text := range f.lines(f.Bug.Frames) {
		image, rest, _ := strings.Cut(text, " ")
		at := strings.LastIndexByte(rest, ' ')
		fr := appleFrame{image: image, ours: image == "!"}
		if at >= 0 {
			fr.symbol = rest[:at]
		}
		fr.offset, _ = strconv.Atoi(rest[at+1:])
		if fr.ours {
			fr.image = f.app().Name
			fr.symbol = mangle(f.app().Module, fr.symbol)
		}
		out = append(out, fr)
	}
	return out
}

// mangle writes "Class.method" as Swift's compiler does: a method of a class
// without parameters and result. What is no such name stays.
func mangle(module, symbol string) string {
	class, method, ok := strings.Cut(symbol, ".")
	if !ok {
		return symbol
	}
	part := func(s string) string { return strconv.Itoa(len(s)) + s }
	return "$s" + part(module) + part(class) + "C" + part(method) + "yyF"
}

// symbolsText is a stack as Thread.callStackSymbols gives it. Where images lie
// in memory differs from start to start.
func (f *Fault) symbolsText() string {
	frames := f.appleFrames()
	if f.Bug.Kind == KindCrash {
		frames = slices.Insert(frames, 0,
			appleFrame{image: "CoreFoundation", symbol: "__exceptionPreprocess", offset: 164},
			appleFrame{image: "libobjc.A.dylib", symbol: "objc_exception_throw", offset: 60})
	}
	if f.Variant%2 == 0 {
		frames = append(frames, appleFrame{image: "UIKitCore", symbol: "-[UIApplication sendAction:to:from:forEvent:]", offset: 96})
	} else {
		frames = append(frames, appleFrame{image: "UIKitCore", symbol: "-[UIControl sendAction:to:forEvent:]", offset: 108}, appleFrame{image: "UIKitCore", symbol: "-[UIControl _sendActionsForEvents:withEvent:]", offset: 272})
	}
	frames = append(frames,
		appleFrame{image: "UIKitCore", symbol: "UIApplicationMain", offset: 340},
		appleFrame{image: f.app().Name, symbol: "main", offset: 64},
		appleFrame{image: "dyld", symbol: "start", offset: 2360})
	slide := 0x100000000 + 0x4000*(f.Variant%8192)
	var b strings.Builder
	for i, fr := range frames {
		base := 0x1a0000000 + slide + 0x1000000*(len(fr.image)%7)
		if fr.image == f.app().Name {
			base = slide
		}
		fmt.Fprintf(&b, "%-3d %-35s 0x%016x %s + %d\n", i, fr.image, base+4*fr.offset, fr.symbol, fr.offset)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// imageUUID is the id of an image of the system, which is that of its version.
func imageUUID(image, os string) string {
	h := uint64(len(os))
	for _, c := range []byte(image + os) {
		h = mix(h ^ uint64(c))
	}
	return fmt.Sprintf("%08X-%04X-3%03X-8%03X-%012X", uint32(h), uint16(h>>32), h>>48&0xfff, h>>52&0xfff, mix(h)&0xffffffffffff)
}

// kitFrame is a frame of a MetricKit document.
type kitFrame struct {
	name, uuid string
	offset     int
}

func (f *Fault) kitFrames() []kitFrame {
	os := f.Session.Device.Model.OS
	var out []kitFrame
	for _, fr := range f.appleFrames() {
		k := kitFrame{fr.image, imageUUID(fr.image, os), fr.offset}
		if fr.ours {
			k.uuid = f.release().UUID
		}
		out = append(out, k)
	}
	return append(out, kitFrame{"UIKitCore", imageUUID("UIKitCore", os), 1155880}, kitFrame{f.app().Name, f.release().UUID, 9264})
}

// kitText is a stack document of OpenTelemetry Swift. The order of its keys
// changes from document to document, since Swift's encoder promises none.
func (f *Fault) kitText() string {
	crashed := make([]string, 0, 8)
	for _, k := range f.kitFrames() {
		crashed = append(crashed, k.text(f.Variant+len(crashed)))
	}
	other := []string{kitFrame{"libsystem_kernel.dylib", imageUUID("libsystem_kernel.dylib", f.Session.Device.Model.OS), 2000 + f.Variant%64}.text(f.Variant)}
	stacks := []string{
		object(f.Variant, `"threadAttributed":true`, `"callStackFrames":[`+strings.Join(crashed, ",")+"]"),
		object(f.Variant+1, `"threadAttributed":false`, `"callStackFrames":[`+strings.Join(other, ",")+"]"),
	}
	return object(f.Variant, `"callStackPerThread":true`, `"callStacks":[`+strings.Join(stacks, ",")+"]")
}

func (k kitFrame) text(turn int) string {
	return object(turn, `"binaryName":`+jsonText(k.name), `"binaryUUID":"`+k.uuid+`"`, `"offsetAddress":`+strconv.Itoa(k.offset))
}

// object writes a JSON object with its members rotated.
func object(turn int, members ...string) string {
	turn %= len(members)
	return "{" + strings.Join(append(append([]string{}, members[turn:]...), members[:turn]...), ",") + "}"
}

// nestedText is a stack document in Apple's own shape: a chain of frames, each
// inside the one before.
func (f *Fault) nestedText() string {
	frames := f.kitFrames()
	for i := range frames { // symbols have no offsets of their own here
		frames[i].offset += 40000
	}
	doc := ""
	for _, k := range slices.Backward(frames) {
		members := []string{
			`"binaryUUID":"` + k.uuid + `"`, `"offsetIntoBinaryTextSegment":` + strconv.Itoa(k.offset), `"sampleCount":1`,
			`"binaryName":` + jsonText(k.name), `"address":` + strconv.Itoa(0x1a0000000+k.offset),
		}
		if doc != "" {
			members = append(members, `"subFrames":[`+doc+"]")
		}
		doc = object(f.Variant, members...)
	}
	stack := object(f.Variant, `"threadAttributed":true`, `"callStackRootFrames":[`+doc+"]")
	return object(f.Variant, `"callStacks":[`+stack+"]", `"callStackPerThread":true`)
}
