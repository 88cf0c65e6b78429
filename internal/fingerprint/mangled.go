package fingerprint

import "strings"

// mangled reads the names in a mangled symbol of C++ (_ZN…), Rust (_ZN…17h…E)
// or Swift ($s…): enough to name it, without the types of its parameters. A
// symbol with substitutions stays as it is; it is stable too.
func mangled(s string) (string, bool) {
	trimmed := strings.TrimLeft(s, "_")
	switch {
	case len(s) > len(trimmed) && strings.HasPrefix(trimmed, "Z"):
		return itanium(trimmed[1:])
	case strings.HasPrefix(trimmed, "$s"), strings.HasPrefix(trimmed, "$S"):
		return swiftMangled(trimmed)
	default:
		return "", false
	}
}

// itanium reads a C++ or Rust symbol after its _Z.
func itanium(s string) (string, bool) {
	s, nested := strings.CutPrefix(s, "N")
	s = strings.TrimLeft(s, "KVr")
	var parts []string
	if rest, ok := strings.CutPrefix(s, "St"); ok {
		parts, s = append(parts, "std"), rest
	}
	for s != "" && s[0] >= '0' && s[0] <= '9' && len(parts) < 16 {
		part, rest := lengthPrefixed(s)
		if part == "" {
			return "", false
		}
		s = rest
		if !isRustHash(part) {
			parts = append(parts, part)
		}
		if !nested {
			break
		}
	}
	if nested {
		parts = append(parts, structor(s)...)
	}
	return strings.Join(parts, "::"), len(parts) > 1 || len(parts) == 1 && !nested
}

func isRustHash(part string) bool {
	return len(part) == 17 && part[0] == 'h' && isHexRun(part[1:], 16)
}

// structor names a constructor or destructor, which has no name of its own.
func structor(s string) []string {
	switch clip(s, 2) {
	case "C1", "C2":
		return []string{"constructor"}
	case "D0", "D1", "D2":
		return []string{"destructor"}
	default:
		return nil
	}
}

// swiftMangled reads the context of a Swift symbol: module, types, function.
func swiftMangled(s string) (string, bool) {
	body := s[2:]
	var parts []string
	for body != "" && len(parts) < 16 {
		switch c := body[0]; {
		case c >= '1' && c <= '9':
			var part string
			if part, body = lengthPrefixed(body); part == "" {
				return cutAsync(s), true
			}
			parts = append(parts, part)
		case (c == 'C' || c == 'V' || c == 'O' || c == 'P') && len(parts) > 1:
			body = body[1:]
		case len(parts) < 2:
			return cutAsync(s), true
		default:
			return strings.Join(parts, "."), true
		}
	}
	return cutAsync(s), true
}

// cutAsync cuts off the mark of a part of an async function (TQ0_, TY1_).
func cutAsync(s string) string {
	for range 4 {
		i := strings.LastIndex(s, "TQ")
		if i < 0 {
			i = strings.LastIndex(s, "TY")
		}
		if i <= 0 || len(s)-i > 6 || s[len(s)-1] != '_' {
			return s
		}
		s = s[:i]
	}
	return s
}

// lengthPrefixed reads "4Cart" off the start of s. part is empty where the
// length is not that of anything.
func lengthPrefixed(s string) (part, rest string) {
	n, i := 0, 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		if i++; n > 4096 {
			return "", s
		}
	}
	if n == 0 || i+n > len(s) {
		return "", s
	}
	return s[i : i+n], s[i+n:]
}
