package stacktrace

import (
	"strconv"
	"strings"
)

// cutNumber splits ":<digits>" off the end of s. A number that is too large
// to be a line is cut off and counts as 0.
func cutNumber(s string) (rest string, n int, ok bool) {
	i := len(s)
	for i > 0 && s[i-1] >= '0' && s[i-1] <= '9' {
		i--
	}
	if i == len(s) || i == 0 || s[i-1] != ':' {
		return s, 0, false
	}
	return s[:i-1], atoi(s[i:]), true
}

// atoi reads a decimal number below 2^31; others are 0.
func atoi(s string) int {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return int(n)
}

// atoi64 reads a decimal number; others are 0.
func atoi64(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// hex reads a hexadecimal number, with 0x or without; others are 0.
func hex(s string) uint64 {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 64)
	if err != nil {
		return 0
	}
	return n
}

// isHex says whether s is "0x" and hexadecimal digits.
func isHex(s string) bool {
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok || digits == "" {
		return false
	}
	for i := range len(digits) {
		if c := digits[i] | 0x20; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// isDotted says whether s is identifiers with dots between them, as a class
// name is. Runtimes use much punctuation in names, so that only what no name
// holds is ruled out.
func isDotted(s string) bool {
	if s == "" || s[0] == '.' || s[len(s)-1] == '.' || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	return !strings.ContainsAny(s, " \t:;,()[]{}\"'`=!?*\\|&%#@~^")
}

// base returns the last part of a path, with / or \ between its parts.
func base(path string) string {
	if i := strings.LastIndexAny(path, `/\`); i >= 0 {
		return path[i+1:]
	}
	return path
}

// indent counts the white space at the start of a line.
func indent(line string) int {
	return len(line) - len(strings.TrimLeft(line, " \t"))
}
