package device

import (
	_ "embed" // the tables are files
	"fmt"
	"strconv"
	"strings"
)

//go:embed apple.txt
var appleTable string

// identifier is one of Apple's model identifiers: iPhone15,2 is line iPhone,
// generation 15, variant 2.
type identifier struct {
	line                string
	generation, variant int
}

// maxNumber bounds the numbers in an identifier.
const maxNumber = 999

// parseIdentifier reads a model identifier. ok is false for what is none of
// Apple's.
func parseIdentifier(text string) (id identifier, ok bool) {
	digit := strings.IndexAny(text, "0123456789")
	if digit <= 0 {
		return identifier{}, false
	}
	generation, variant, found := strings.Cut(text[digit:], ",")
	if !found {
		return identifier{}, false
	}
	id.line = text[:digit]
	if id.family() == "" {
		return identifier{}, false
	}
	var okG, okV bool
	id.generation, okG = number(generation)
	id.variant, okV = number(variant)
	if !okG || !okV {
		return identifier{}, false
	}
	return id, true
}

// number reads a number of at most three digits without leading zero.
func number(text string) (int, bool) {
	if text == "" || text[0] == '0' {
		return 0, false
	}
	n := 0
	for i := range len(text) {
		if !isDigit(text[i]) {
			return 0, false
		}
		if n = 10*n + int(text[i]-'0'); n > maxNumber {
			return 0, false
		}
	}
	return n, true
}

// family returns the family of the system that a line runs; "" if the line is
// none of Apple's.
func (id identifier) family() string {
	switch id.line {
	case "iPhone", "iPad", "iPod", "AppleTV", "Watch", "RealityDevice":
		return FamilyIOS
	case "Mac", "MacBook", "MacBookAir", "MacBookPro", "Macmini", "MacPro", "iMac", "iMacPro":
		return FamilyMacOS
	default:
		return ""
	}
}

// Generations of phones. The number follows the chip: 10 is the A11 of 2017, 11
// to 13 are A12 to A14 (2018 to 2020), 14 is the A15 of 2021.
const (
	lastLow = 10
	lastMid = 13
)

// class returns the class that an identifier stands for, relative to phones and
// tablets. All lines but watches and computers count by the chip as phones do.
// Computers with Apple's own chips are high, older ones and watches unknown.
func (id identifier) class() string {
	switch {
	case id.family() == FamilyMacOS:
		if id.line == "Mac" && id.generation >= 13 {
			return ClassHigh
		}
		return ClassUnknown
	case id.line == "Watch":
		return ClassUnknown
	case id.line == "iPad" && id.generation == 8: // A12X
		return ClassMid
	case id.isTabletWithM1():
		return ClassHigh
	case id.generation <= lastLow:
		return ClassLow
	case id.generation <= lastMid:
		return ClassMid
	default:
		return ClassHigh
	}
}

// isTabletWithM1 tells those of generation 13 that have an M1 from those with
// an A14.
func (id identifier) isTabletWithM1() bool {
	if id.line != "iPad" || id.generation != 13 {
		return false
	}
	return id.variant >= 4 && id.variant <= 11 || id.variant == 16 || id.variant == 17
}

// parseNames reads a table of names by identifier; apple.txt says how it looks.
func parseNames(table string) (map[string]string, error) {
	names := map[string]string{}
	for i, line := range strings.Split(table, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		ids, name, found := strings.Cut(line, " = ")
		if !found {
			return nil, fmt.Errorf("names of devices: line %d has no name", i+1)
		}
		for id := range strings.FieldsSeq(ids) {
			if err := addNames(names, id, name); err != nil {
				return nil, fmt.Errorf("names of devices: line %d: %w", i+1, err)
			}
		}
	}
	return names, nil
}

// addNames adds what "iPad13,4-7" stands for.
func addNames(names map[string]string, ids, name string) error {
	text, end, isRange := strings.Cut(ids, "-")
	id, ok := parseIdentifier(text)
	if !ok {
		return fmt.Errorf("%q is no identifier", text)
	}
	last := id.variant
	if isRange {
		if last, ok = number(end); !ok || last < id.variant {
			return fmt.Errorf("%q is no range", ids)
		}
	}
	for v := id.variant; v <= last; v++ {
		key := id.line + strconv.Itoa(id.generation) + "," + strconv.Itoa(v)
		if _, twice := names[key]; twice {
			return fmt.Errorf("%q is named twice", key)
		}
		names[key] = name
	}
	return nil
}
