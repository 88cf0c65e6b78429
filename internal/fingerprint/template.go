package fingerprint

import "strings"

// maxTemplate bounds the text that a template is made of.
const maxTemplate = 512

// Template is a message without what differs from event to event, in lower
// case: of its first two lines, links, addresses, ids, paths, quoted texts and
// numbers are replaced.
func Template(message string) string {
	return strings.ToLower(template(message, 2))
}

// templateTitle is a message's first line for people: as Template, but as it
// was written.
func templateTitle(message string) string {
	return oneLine(template(message, 1))
}

func template(message string, lines int) string {
	var b strings.Builder
	rest := clip(strings.TrimSpace(message), maxTemplate)
	for rest != "" && lines > 0 {
		line, after, _ := strings.Cut(rest, "\n")
		rest = after
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		templateLine(&b, strings.ToValidUTF8(line, ""))
		lines--
	}
	return b.String()
}

// templateLine writes a line with its quoted spans and its words replaced.
func templateLine(b *strings.Builder, line string) {
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case c == ' ' || c == '\t':
			if s := b.String(); s != "" && s[len(s)-1] != ' ' {
				b.WriteByte(' ')
			}
			i++
		case (c == '"' || c == '\'' || c == '`') && quoteOpens(line, i):
			if n := strings.IndexByte(line[i+1:], c); n >= 0 {
				b.WriteString("<q>")
				i += n + 2
				continue
			}
			b.WriteByte(c)
			i++
		default:
			end := wordEnd(line, i)
			templateWord(b, line[i:end])
			i = end
		}
	}
}

// quoteOpens tells a quotation mark from an apostrophe.
func quoteOpens(line string, i int) bool {
	return i == 0 || !isAlnum(line[i-1])
}

// wordEnd returns where a word ends: at white space or a quotation.
func wordEnd(line string, i int) int {
	for j := i + 1; j < len(line); j++ {
		switch c := line[j]; c {
		case ' ', '\t':
			return j
		case '"', '\'', '`':
			if quoteOpens(line, j) {
				return j
			}
		}
	}
	return len(line)
}

// templateWord replaces a word, or the parts of it between brackets and commas.
func templateWord(b *strings.Builder, word string) {
	switch {
	case strings.Contains(word, "://"):
		b.WriteString("<url>")
		return
	case isMail(word):
		b.WriteString("<mail>")
		return
	case strings.Count(word, "/") >= 2 && !strings.Contains(word, "{") || strings.Count(word, `\`) >= 2:
		b.WriteString("<path>")
		return
	}
	for i := 0; i < len(word); {
		if isSeparator(word[i]) {
			b.WriteByte(word[i])
			i++
			continue
		}
		end := i + 1
		for end < len(word) && !isSeparator(word[end]) {
			end++
		}
		templatePart(b, word[i:end])
		i = end
	}
}

func isSeparator(c byte) bool {
	return strings.IndexByte("()[]{}<>,;:=|!?", c) >= 0
}

func templatePart(b *strings.Builder, part string) {
	if name, id, ok := strings.Cut(part, "@"); ok && isHexRun(id, 4) { // Java's identity hash
		templatePart(b, name)
		b.WriteString("@<id>")
		return
	}
	trimmed := strings.TrimRight(part, ".")
	switch {
	case strings.ContainsAny(trimmed, "0123456789"), isHexRun(trimmed, 16):
		b.WriteString("<n>")
	default:
		b.WriteString(trimmed)
	}
	b.WriteString(part[len(trimmed):])
}

func isMail(word string) bool {
	at := strings.IndexByte(word, '@')
	return at > 0 && strings.IndexByte(word[at:], '.') > 1
}

func isHexRun(s string, atLeast int) bool {
	return len(s) >= atLeast && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
