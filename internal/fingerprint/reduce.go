package fingerprint

import "strings"

// maxPeriod is the longest cycle of calls that counts as recursion.
const maxPeriod = 8

// reduce leaves the tokens that tell one bug from another. weak is true where
// they say no more than none would.
func reduce(tokens []token, typ string, kind Kind) (reduced []token, weak bool) {
	kept := keep(tokens[cutAbove(tokens, kind):])
	if len(kept) == 0 {
		return last(tokens), true
	}
	if cycle, ok := overflow(kept, typ); ok {
		return cycle, false
	}
	return fold(kept), kept[0].class == bottom
}

// cutAbove returns where the stack begins: below a signal handler, else below
// the frames that only throw, and in a hang those that only wait.
func cutAbove(tokens []token, kind Kind) int {
	for i := range tokens {
		if tokens[i].class == trampoline {
			return min(i+1, len(tokens)-1)
		}
	}
	cut := 0
	for i := range tokens {
		switch c := tokens[i].class; {
		case c == throw, c == wait && kind == KindANR:
			cut = i + 1
		case c != plumbing && c != nothing && !tokens[i].delegate:
			return cut
		}
	}
	return cut
}

// keep drops what says nothing or only passes calls on. What a compiler made is
// kept where it is the throw site. Below the app's last frame is how the system
// came to call it, which changes with every version of the system; where no
// frame is the app's, only the thread's start is cut.
func keep(tokens []token) []token {
	kept := make([]token, 0, len(tokens))
	ours, others := 0, 0 // up to where these reach
	for i := range tokens {
		t := tokens[i]
		switch t.class {
		case app, bottom:
		case system, throw, wait:
			t.class = system
		default:
			continue
		}
		if t.delegate && len(kept) > 0 {
			continue
		}
		kept = append(kept, t)
		switch t.class {
		case app:
			ours = len(kept)
		case system:
			others = len(kept)
		}
	}
	switch {
	case ours > 0:
		return kept[:ours]
	case others > 0:
		return kept[:others]
	default:
		return kept
	}
}

// last is for stacks of which keep leaves nothing: their first frame that has a
// name.
func last(tokens []token) []token {
	for i := range tokens {
		if t := tokens[i]; t.class != nothing {
			t.class = system
			return []token{t}
		}
	}
	return nil
}

// fold replaces calls that repeat at once, alone or as a cycle, with one.
func fold(tokens []token) []token {
	out := tokens[:0]
	for i := range tokens {
		out = append(out, tokens[i])
		for p := 1; p <= maxPeriod && 2*p <= len(out); p++ {
			if equal(out[len(out)-p:], out[len(out)-2*p:len(out)-p]) {
				out = out[:len(out)-p]
				break
			}
		}
	}
	return out
}

func equal(a, b []token) bool {
	for i := range a {
		if !a[i].same(&b[i]) {
			return false
		}
	}
	return true
}

// overflow returns the cycle of a stack overflow, from its least token on: where
// in the cycle the stack ran out must not matter. Without a type that says so,
// the cycle must have come three times and reach the end.
func overflow(tokens []token, typ string) ([]token, bool) {
	said := strings.Contains(typ, "StackOverflow")
	for start := range min(len(tokens), 32) {
		rest := tokens[start:]
		for p := 1; p <= maxPeriod && 3*p <= len(rest); p++ {
			n := p
			for n < len(rest) && rest[n].same(&rest[n-p]) {
				n++
			}
			if n >= 3*p && (said || n == len(rest) && len(tokens) >= 64) {
				return rotate(rest[:p]), true
			}
		}
		if !said && start > 8 {
			break
		}
	}
	return nil, false
}

// rotate starts a cycle at its lexicographically least rotation.
func rotate(cycle []token) []token {
	best := 0
	for i := 1; i < len(cycle); i++ {
		for j := range cycle {
			a, b := &cycle[(i+j)%len(cycle)], &cycle[(best+j)%len(cycle)]
			if c := strings.Compare(a.text(), b.text()); c != 0 {
				if c < 0 {
					best = i
				}
				break
			}
		}
	}
	return append(append(make([]token, 0, len(cycle)), cycle[best:]...), cycle[:best]...)
}

// level says how many frames a fingerprint takes: an app's costs app, another
// one other, until the sum reaches budget.
type level struct {
	app, other, budget int
}

// maxChosen is how many frames a fingerprint names at most.
const maxChosen = 8

// The levels, in hundredths. The fine one takes three calls of the app, or five
// of the system; the coarse one goes to the app's first call, over at most
// three others.
const (
	fineApp, fineOther, fineBudget       = 100, 50, 250
	coarseApp, coarseOther, coarseBudget = 100, 34, 100
)

func fineLevel() level   { return level{fineApp, fineOther, fineBudget} }
func coarseLevel() level { return level{coarseApp, coarseOther, coarseBudget} }

// choose takes the tokens of a level, from the throw on.
func choose(tokens []token, of func() level) []token {
	l := of()
	sum := 0
	for i := range tokens {
		if tokens[i].class == app {
			sum += l.app
		} else {
			sum += l.other
		}
		if sum >= l.budget || i+1 == maxChosen {
			return tokens[:i+1]
		}
	}
	return tokens
}

// Decision says what became of a frame.
type Decision struct {
	UsedFrame
	// Class is what the rules hold the frame for.
	Class string
	// Fine says whether the fine fingerprint names it.
	Fine bool
}

// decisions lists all tokens with what was chosen of them.
func decisions(tokens, fine []token, coarse int) []Decision {
	list := make([]Decision, 0, len(tokens))
	for i := range tokens {
		t := &tokens[i]
		d := Decision{Class: t.class.String(), UsedFrame: UsedFrame{Token: t.text(), InApp: t.class == app, Exception: t.exception, Index: t.index}}
		for j := range fine {
			if fine[j].exception == t.exception && fine[j].index == t.index {
				d.Fine, d.Coarse = true, j < coarse
			}
		}
		list = append(list, d)
	}
	return list
}
