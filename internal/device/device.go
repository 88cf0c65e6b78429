// Package device says what kind of device a telemetry resource describes: the
// family of its system, its class, its name. It knows facts that makers publish
// and rules of thumb that its comments give; what it does not know it calls
// unknown and never guesses.
package device

import (
	"strings"
)

// Families of systems, values of mobile.AttrOSFamily.
const (
	// FamilyAndroid includes Fire OS.
	FamilyAndroid = "android"
	// FamilyIOS includes iPadOS, tvOS, watchOS and visionOS, which share
	// tools, crash formats and most of their code with iOS.
	FamilyIOS     = "ios"
	FamilyMacOS   = "macos"
	FamilyWindows = "windows"
	FamilyLinux   = "linux"
	// FamilyWeb is whatever runs in a browser, on any system.
	FamilyWeb     = "web"
	FamilyUnknown = "unknown"
)

// Classes of devices, values of mobile.AttrDeviceClass.
const (
	ClassHigh    = "high"
	ClassMid     = "mid"
	ClassLow     = "low"
	ClassUnknown = "unknown"
)

const (
	manufacturerApple = "Apple"
	simulatorName     = "Simulator"
)

// Facts is what a resource says of the device. All fields may be empty.
type Facts struct {
	// OSName, OSType, OSVersion and OSDescription are the os.* attributes.
	OSName, OSType, OSVersion, OSDescription string
	// OSFamily and Class are what the sender says of them itself.
	OSFamily, Class string
	// APILevel is Android's API level; 0 is unknown.
	APILevel int
	// ModelID and ModelName are device.model.identifier and …name.
	ModelID, ModelName string
	// SDKLanguage is telemetry.sdk.language.
	SDKLanguage string
	// Browser says that the resource has browser.* attributes.
	Browser bool
}

// Info is what is known of a device.
type Info struct {
	// OSFamily and Class are one of the constants above.
	OSFamily, Class string
	// OSVersion, ModelID, ModelName and Manufacturer are better texts than the
	// resource has; empty where there is no better one.
	OSVersion, ModelID, ModelName, Manufacturer string
}

// Catalog is what is known of devices. It never changes and is safe for
// concurrent use.
type Catalog struct {
	apple   map[string]string
	android families
	systems []system
}

// NewCatalog reads the tables that come with the package.
func NewCatalog() (*Catalog, error) {
	apple, err := parseNames(appleTable)
	if err != nil {
		return nil, err
	}
	android, err := parseFamilies(androidTable)
	if err != nil {
		return nil, err
	}
	return &Catalog{apple: apple, android: android, systems: systems()}, nil
}

// Describe returns what is known of a device. It allocates nothing: all texts
// are the catalog's or parts of the facts'.
//
// The class is a rule of thumb for comparing like with like, reviewed with the
// tables once a year. The first that applies decides:
//
//  1. the sender's own word, if it is high, mid (or medium) or low: an app can
//     measure memory and cores, a table cannot;
//  2. Apple's identifiers, by the generation of the chip that their number
//     stands for: see identifier.class;
//  3. Android up to API level 27 (8.1, 2017) is low: whatever still runs it is
//     older than what is sold, except emulators, which are unknown;
//  4. Android's model numbers, by the families of android.txt;
//  5. unknown.
func (c *Catalog) Describe(f Facts) Info {
	if _, ok := parseIdentifier(f.ModelName); ok && f.ModelID == "" {
		// Some SDKs send the identifier as the name.
		f.ModelID = f.ModelName
		in := c.describe(f)
		in.ModelID = f.ModelID
		return in
	}
	return c.describe(f)
}

func (c *Catalog) describe(f Facts) Info {
	id, isApple := parseIdentifier(f.ModelID)
	in := Info{OSFamily: c.family(f, id), Class: ownClass(f.Class)}
	in.OSVersion = better(version(f, in.OSFamily), f.OSVersion)
	switch {
	case isApple:
		in.Manufacturer = manufacturerApple
		in.ModelName = better(c.apple[f.ModelID], f.ModelName)
		in.Class = first(in.Class, id.class())
	case in.OSFamily == FamilyIOS && isSimulator(f.ModelID):
		in.Manufacturer, in.ModelName = manufacturerApple, better(simulatorName, f.ModelName)
	case in.OSFamily == FamilyAndroid:
		in.Class = first(in.Class, c.androidClass(f))
	}
	in.Class = first(in.Class, ClassUnknown)
	return in
}

// oldAPILevel is the newest API level whose devices are all low.
const oldAPILevel = 27

func (c *Catalog) androidClass(f Facts) string {
	class := c.android.class(first(f.ModelID, f.ModelName))
	if class != ClassUnknown && f.APILevel > 0 && f.APILevel <= oldAPILevel {
		return ClassLow
	}
	return class
}

// ownClass reads what a sender calls its class; "" is none that is known.
func ownClass(text string) string {
	switch text {
	case ClassHigh, ClassMid, ClassLow:
		return text
	case "medium":
		return ClassMid
	default:
		return ""
	}
}

// better returns text if it says more than what is there already.
func better(text, there string) string {
	if text == there {
		return ""
	}
	return text
}

func first(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}

// isSimulator says whether a model is only the processor that Apple's
// simulators run on.
func isSimulator(model string) bool {
	return model == "arm64" || model == "x86_64" || model == "i386"
}

// hasPrefixFold is strings.HasPrefix for ASCII in any case.
func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}
