// Package fingerprint says which crashes, hangs and errors are the same bug. It
// is pure: a fingerprint is a function of one event and the rules' version.
//
// An event gets two: the fine one names up to eight calls near the throw, the
// coarse one the first call into the app. What a release, a compiler, a device
// or a runtime changes without touching the bug is left out of both.
package fingerprint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/otelcol-mobile/otelcol-mobile/internal/stacktrace"
)

// Version names the rules of this package. A change that gives any event
// another fingerprint needs another version.
const Version = "f1"

// Kind is what happened. Events of different kinds never share a fingerprint.
type Kind string

// The kinds.
const (
	KindCrash Kind = "crash"
	KindANR   Kind = "anr"
	KindError Kind = "error"
)

// Quality says how much a fingerprint is worth. One below QualitySystem should
// neither be linked to others nor raise an alert by itself.
const (
	// QualityNone: no frame says anything; type and message decide.
	QualityNone uint8 = iota
	// QualityBuild: without symbols or obfuscated, so that only events of one
	// build have the same fingerprint.
	QualityBuild
	// QualitySystem: symbols, but none of the app.
	QualitySystem
	// QualityApp: symbols of the app.
	QualityApp
)

// Input is one event.
type Input struct {
	Kind Kind
	// Format is how to read the frames where the trace does not say.
	Format stacktrace.Format
	// Type and Message count where the trace has none.
	Type, Message string
	Trace         stacktrace.Trace
	// Cause is what ended the process where no exception did: "oom",
	// "watchdog". Causes never share a fingerprint.
	Cause string
	// BuildID scopes what is only comparable within a build.
	BuildID string
	// AppPrefix is the application id; classes below its first two labels are
	// the app's.
	AppPrefix string
}

// Options are what an operator adds to the rules. They become part of the
// version.
type Options struct {
	// InApp are prefixes of classes and names of images that are the app's.
	InApp []string
}

// Version returns the rules' version, with the digest of the options where
// there are any.
func (o Options) Version() string {
	if len(o.InApp) == 0 {
		return Version
	}
	list := slices.Sorted(slices.Values(o.InApp))
	var b []byte
	for _, s := range slices.Compact(list) {
		b = appendField(b, s)
	}
	sum := sha256.Sum256(b)
	return Version + "-" + hex.EncodeToString(sum[:4])
}

// Result is an event's fingerprints and what people see of them.
type Result struct {
	// Version is the rules' version; fingerprints of different versions are
	// not comparable. It is part of what was hashed.
	Version string
	Fine    [16]byte
	Coarse  [16]byte
	Quality uint8
	// Title is one line: type and message without what differs from event to
	// event. Culprit is the function to look at first; it may be empty.
	Title, Culprit string
	// Frames are those that the fine fingerprint names, the throw's first.
	Frames []UsedFrame
}

// UsedFrame is a frame as it was hashed.
type UsedFrame struct {
	// Token is the normalised name.
	Token string
	// InApp says whether it counted as the app's.
	InApp bool
	// Coarse says whether the coarse fingerprint names it, too.
	Coarse bool
	// Exception and Index say where it stood in the trace.
	Exception, Index int
}

// Limits of what is shown.
const (
	maxTitle   = 200
	maxCulprit = 200
)

// Of returns the fingerprints of an event.
func Of(in Input, opts Options) Result {
	r, _ := of(&in, opts, false)
	return r
}

// Explain returns the same as Of, and what became of each frame, in the order
// in which they were looked at.
func Explain(in Input, opts Options) (Result, []Decision) {
	return of(&in, opts, true)
}

func of(in *Input, opts Options, explain bool) (Result, []Decision) {
	n := newNormaliser(in, opts)
	link := chooseLink(in)
	tokens := n.tokens(in, link)
	reduced, weak := reduce(tokens, link.typ, in.Kind)
	scope := buildScope(reduced, in.BuildID)
	s := subject{version: opts.Version(), kind: in.Kind, cause: in.Cause, family: string(n.format), scope: scope, typ: typeOf(link, n.format)}
	fine, coarse := choose(reduced, fineLevel), choose(reduced, coarseLevel)
	s.finish(len(reduced), weak, link, n.format, in.BuildID)

	r := Result{Version: s.version, Quality: quality(fine, scope, weak)}
	r.Fine = s.digest("fine", s.typ.fine, fine)
	r.Coarse = s.digest("coarse", s.typ.coarse, coarse)
	r.Culprit = culprit(fine)
	r.Title = title(in, link, s.typ, r.Culprit)
	r.Frames = used(fine, len(coarse))
	if !explain {
		return r, nil
	}
	return r, decisions(tokens, fine, len(coarse))
}

// used lists the fine fingerprint's frames. The coarse one's are the first of
// them.
func used(fine []token, coarse int) []UsedFrame {
	frames := make([]UsedFrame, 0, len(fine))
	for i := range fine {
		t := &fine[i]
		frames = append(frames, UsedFrame{Token: t.text(), InApp: t.class == app, Coarse: i < coarse, Exception: t.exception, Index: t.index})
	}
	return frames
}

// subject is all that is hashed but the frames.
type subject struct {
	version, cause, family string
	kind                   Kind
	// scope is the build where the frames mean nothing outside of it.
	scope string
	typ   typeName
	// extra says more where the frames say little.
	extra string
}

// digest hashes the subject and the tokens, each with its length before it, so
// that no two lists give the same bytes.
func (s *subject) digest(level, typ string, tokens []token) [16]byte {
	b := make([]byte, 0, 512)
	for _, field := range [...]string{s.version, level, string(s.kind), s.cause, s.family, typ, s.scope, s.extra} {
		b = appendField(b, field)
	}
	allSystem := !slices.ContainsFunc(tokens, func(t token) bool { return t.class == app })
	for i := range tokens {
		b = tokens[i].appendTo(b, allSystem)
	}
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16])
}

func appendField(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// finish adds the message where the frames are too few to tell bugs apart, and
// the build where there is nothing else at all.
func (s *subject) finish(frames int, weak bool, link link, format stacktrace.Format, build string) {
	switch {
	case weak:
		s.extra = Template(link.message)
		if frames == 0 && s.extra == "" && s.typ.fine == "" {
			s.scope = build
		}
	case format == stacktrace.FormatJS && frames < 3:
		s.extra = Template(link.message)
	}
}

func quality(fine []token, scope string, weak bool) uint8 {
	switch {
	case weak:
		return QualityNone
	case scope != "" || slices.ContainsFunc(fine, func(t token) bool { return t.raw }):
		return QualityBuild
	case slices.ContainsFunc(fine, func(t token) bool { return t.class == app }):
		return QualityApp
	default:
		return QualitySystem
	}
}

// title is the type and the message's first line, without ids; where there is
// neither, what happened and where.
func title(in *Input, link link, typ typeName, culprit string) string {
	name := oneLine(typ.short)
	message := templateTitle(link.message)
	switch {
	case name != "" && message != "":
		return clip(name+": "+message, maxTitle)
	case name != "" || message != "":
		return clip(name+message, maxTitle)
	}
	switch in.Kind {
	case KindANR:
		name = "Not responding"
	case KindError:
		name = "Error"
	default:
		name = "Crash"
	}
	if in.Cause != "" {
		name += " (" + in.Cause + ")"
	}
	if culprit != "" {
		name += " in " + culprit
	}
	return clip(name, maxTitle)
}

// culprit is the first function of the app, else the first function.
func culprit(fine []token) string {
	if len(fine) == 0 {
		return ""
	}
	chosen := &fine[0]
	for i := range fine {
		if fine[i].class == app {
			chosen = &fine[i]
			break
		}
	}
	return clip(oneLine(strings.ReplaceAll(chosen.text(), "|", ".")), maxCulprit)
}

// oneLine makes text out of a payload fit to be shown in a list.
func oneLine(s string) string {
	if i := strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == utf8.RuneError }); i < 0 {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}
