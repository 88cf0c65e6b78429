package dialect

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// batch is one received ResourceLogs or ResourceSpans: what its records share
// while they are normalised.
type batch struct {
	n       *Normalizer
	counts  *Counts
	arrival int64
	shift   shift
	res     pcommon.Map

	tenant, sdk, platform string
	// installation tells devices apart in ids; "" where nothing does.
	installation string
	// session is the resource's, for records without one.
	session string
	// canonical is true where an earlier normaliser, or a receiver of ours,
	// made this resource: its records mean what they are called.
	canonical bool
	// wrongSessions is true for SDKs whose session.end and replayed crashes
	// carry the wrong session.
	wrongSessions bool
	// janksTwice is true for SDKs whose spans of slow frames repeat events.
	janksTwice bool
	starts     []sessionStart
	// quiet is true while nothing is noted: for records that do not leave.
	quiet bool
}

// newBatch recognises and upgrades a resource. scope returns the name of the
// i-th scope. quiet is true where another call notes what the resource needed.
func (n *Normalizer) newBatch(res pcommon.Map, arrival int64, counts *Counts, quiet bool, scope func(int) (string, bool)) *batch {
	b := &batch{n: n, counts: counts, arrival: arrival, res: res, tenant: text(res, mobile.AttrTenantID)}
	b.canonical = present(res, mobile.AttrSDK)
	b.platform = platformOf(res)
	b.quiet = quiet
	b.noteRepairs(sanitize(res))
	b.quiet = false
	if b.canonical {
		b.sdk = text(res, mobile.AttrSDK)
	} else {
		b.sdk = detect(n.rules.sdks, res, b.platform, scope)
		b.wrongSessions = wrongSessions(b.sdk, b.platform, res)
		b.janksTwice = janksTwice(b.sdk, b.platform, res)
		upgradeResource(res, b.sdk, b.platform)
	}
	b.installation = firstText(res, mobile.AttrInstallationID, mobile.AttrDeviceID, mobile.AttrUserID)
	b.session = text(res, mobile.AttrSessionID)
	res.Remove(mobile.AttrSessionID)
	return b
}

func (b *batch) note(reason string) {
	if !b.quiet {
		b.counts.note(b.tenant, reason)
	}
}

func (b *batch) noteRepairs(r repairs) {
	for _, kind := range [...]struct {
		done   bool
		reason string
	}{
		{r.cut, NoteCut},
		{r.digested, NoteLongID},
		{r.utf8, NoteInvalidUTF8},
		{r.nested, NoteNested},
		{r.typed, NoteWrongType},
		{r.many, NoteAttributes},
	} {
		if kind.done {
			b.note(kind.reason)
		}
	}
}

// record is one record on its way through the stages, whichever signal it
// came by.
type record struct {
	attrs pcommon.Map
	seen  seen
	scope string
	// original is the name under which it came.
	original string
	verdict  verdict
	moment   moment
	// ns is the fixed time, durationNS how long a span lasted.
	ns, durationNS int64
	// body is the text of a log's body.
	body string
	// events are a span's.
	events []spanEvent
}

// typeExit is Embrace's record of why Android ended an earlier process,
// typeHang its copy of a hang that MetricKit reported.
const (
	typeExit = "sys.exit"
	typeHang = "sys.ios.hang"
)

// upgrade runs the stages that every record needs, whatever it is. A canonical
// one needs none but the first.
func (b *batch) upgrade(r *record) {
	if r.seen.strange {
		b.noteRepairs(sanitize(r.attrs))
	}
	if b.canonical {
		return
	}
	if r.seen.renames {
		rename(r.attrs, renamed)
	}
	if r.seen.network {
		b.n.rules.network(r.attrs)
	}
	if r.seen.override {
		upgradeVersion(r.attrs)
	}
	b.placeSession(r)
	b.placeScreen(r)
}

// upgradeVersion splits the version on a record as on a resource.
func upgradeVersion(attrs pcommon.Map) {
	if short, build, ok := splitVersion(text(attrs, mobile.AttrServiceVersion)); ok {
		attrs.PutStr(mobile.AttrServiceVersion, short)
		attrs.PutStr(attrBundleVersion, build)
	}
}

// placeScreen fills app.screen.name, and removes it where it is no screen or
// the screen of another process.
func (b *batch) placeScreen(r *record) {
	if b.foreign(r) {
		for _, key := range reporterKeys() {
			r.attrs.Remove(key)
		}
		return
	}
	if r.seen.screen && firstText(r.attrs, mobile.AttrScreenName) != "" {
		return
	}
	screen := firstText(r.attrs, screenKeys()...)
	switch {
	case screen != "":
		putText(r.attrs, mobile.AttrScreenName, screen)
	default:
		r.attrs.Remove(mobile.AttrScreenName)
	}
}

// screenKeys are where SDKs name the screen, best first.
func screenKeys() []string {
	return []string{mobile.AttrScreenName, "view.name", "ui.screen.name", "emb.state.screen-automatic", "screen.route"}
}

// reporterKeys describe the process that reported, not the one that crashed.
func reporterKeys() []string {
	return []string{
		mobile.AttrScreenName, mobile.AttrNetworkType, mobile.AttrNetworkSub, mobile.AttrVPN,
		"network.carrier.name", "network.carrier.mcc", "network.carrier.mnc", "network.carrier.icc",
	}
}

// foreign says whether the record was made by another process than the one it
// tells of, so that screen and network on it are those of the reporter. AWS
// says so itself.
func (b *batch) foreign(r *record) bool {
	if r.verdict.class == classCrash {
		if recovered, ok := r.attrs.Get("recovered_context"); ok && recovered.Type() == pcommon.ValueTypeBool {
			return !recovered.Bool()
		}
	}
	if r.verdict.kind == mobile.CrashNative && b.sdk == mobile.SDKEmbraceAndroid {
		return false // Embrace restores session and state of the crash
	}
	return r.verdict.replayed
}
