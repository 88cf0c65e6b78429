package device

import "strings"

// system is how a system's name begins, and its family.
type system struct{ prefix, family string }

// systems are the names of systems, as os.name gives them and os.description
// begins with.
func systems() []system {
	return []system{
		{"android", FamilyAndroid},
		{"fire os", FamilyAndroid},
		{"ios", FamilyIOS},
		{"ipados", FamilyIOS},
		{"iphone os", FamilyIOS},
		{"tvos", FamilyIOS},
		{"watchos", FamilyIOS},
		{"visionos", FamilyIOS},
		{"xros", FamilyIOS},
		{"macos", FamilyMacOS},
		{"mac os", FamilyMacOS},
		{"os x", FamilyMacOS},
		{"windows", FamilyWindows},
		{"linux", FamilyLinux},
		{"ubuntu", FamilyLinux},
		{"debian", FamilyLinux},
		{"fedora", FamilyLinux},
		{"chrome os", FamilyLinux},
		{"chromeos", FamilyLinux},
		// Neither Android nor what Linux stands for.
		{"harmonyos", FamilyUnknown},
		{"openharmony", FamilyUnknown},
	}
}

// named returns the family that a system's name belongs to; "" is none.
func (c *Catalog) named(name string) string {
	for _, s := range c.systems {
		if hasPrefixFold(name, s.prefix) && (len(name) == len(s.prefix) || !isLetter(name[len(s.prefix)])) {
			return s.family
		}
	}
	return ""
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// family returns the system's family, by what says it most surely: a browser,
// Android's API level (some SDKs call Android Linux), the name, Apple's
// identifier, the description, the SDK, the type, the sender's own word.
func (c *Catalog) family(f Facts, id identifier) string {
	switch {
	case f.Browser, f.SDKLanguage == "webjs":
		return FamilyWeb
	case f.APILevel > 0:
		return FamilyAndroid
	}
	if family := c.named(f.OSName); family != "" {
		return family
	}
	if family := id.family(); family != "" {
		return family
	}
	if family := c.named(f.OSDescription); family != "" {
		return family
	}
	if f.SDKLanguage == "android" {
		return FamilyAndroid
	}
	// The type darwin alone does not tell a phone from a desktop.
	if family := c.named(f.OSType); family != "" {
		return family
	}
	return knownFamily(f.OSFamily)
}

// knownFamily returns a family that the sender names itself.
func knownFamily(text string) string {
	switch text {
	case FamilyAndroid, FamilyIOS, FamilyMacOS, FamilyWindows, FamilyLinux, FamilyWeb:
		return text
	default:
		return FamilyUnknown
	}
}

// version returns the system's version: the tidy one that the sender gives,
// else that of the description, else what Android's API level stands for.
func version(f Facts, family string) string {
	if v := TidyVersion(f.OSVersion); v != "" {
		return v
	}
	if family == FamilyAndroid || family == FamilyIOS || family == FamilyMacOS {
		if v := TidyVersion(f.OSDescription); v != "" && isDigit(v[0]) {
			return v
		}
	}
	if family == FamilyAndroid {
		return androidVersion(f.APILevel)
	}
	return ""
}

// maxLeadingWords is how many words may stand before a version, as in
// "Mac OS X 10.15".
const maxLeadingWords = 3

// TidyVersion returns a version without what some SDKs put around it: "iOS
// Version 18.5 (Build 22F76)" is 18.5, "Android 14" is 14, "18.5.0" stays. What
// has no number stays too, without blanks at its ends. The result is a part of
// the text, and tidying it again changes nothing.
func TidyVersion(text string) string {
	text = strings.TrimSpace(text)
	if before, _, found := strings.Cut(text, " ("); found {
		text = strings.TrimSpace(before)
	}
	rest := text
	for range maxLeadingWords + 1 {
		if rest != "" && isDigit(rest[0]) {
			return rest
		}
		_, after, found := strings.Cut(rest, " ")
		if !found {
			break
		}
		rest = strings.TrimSpace(after)
	}
	return text
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// firstAPILevel is the level of Android 5.0; older ones are not named.
const firstAPILevel = 21

// androidVersion returns the version that an API level stands for; "" if it is
// not known.
func androidVersion(level int) string {
	versions := [...]string{
		"5.0", "5.1", "6.0", "7.0", "7.1", "8.0", "8.1", "9", "10", "11", "12", "12", "13", "14", "15", "16",
	}
	if i := level - firstAPILevel; i >= 0 && i < len(versions) {
		return versions[i]
	}
	return ""
}
