package dialect

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
)

// sessionStart is a session.start of the batch.
type sessionStart struct {
	ns           int64
	id, previous string
}

// edgeGap is how far apart an SDK sends the end of a session and the start of
// the next.
const edgeGap = int64(time.Second)

// noteStart remembers a session.start for the session.end beside it.
func (b *batch) noteStart(m moment, attrs pcommon.Map) {
	start := sessionStart{
		ns: m.ns, id: text(attrs, mobile.AttrSessionID), previous: text(attrs, mobile.AttrPreviousSessionID),
	}
	if start.id != "" {
		b.starts = append(b.starts, start)
	}
}

// placeSession puts the session that the record belongs to into session.id:
// the record's own, else the resource's. Where that is known to be another
// process's it goes to mobile.AttrReporterSession, and the record has none.
func (b *batch) placeSession(r *record) {
	id := text(r.attrs, mobile.AttrSessionID)
	if id == "" && r.verdict.exit {
		id = text(r.attrs, "aei_user_session_id")
	}
	if id == "" {
		id = b.session
	}
	owned := true
	switch {
	case id == "":
		r.attrs.Remove(mobile.AttrSessionID)
		return
	case r.verdict.name == mobile.EventSessionEnd:
		id, owned = b.endedSession(r.moment, id)
	case b.wrongSessions && r.scope == scopeNativeCrash:
		owned = false
	case r.verdict.window, r.verdict.class == classCrash && b.lost(r.attrs):
		owned = false
	}
	if owned {
		r.attrs.PutStr(mobile.AttrSessionID, id)
		return
	}
	r.attrs.Remove(mobile.AttrSessionID)
	r.attrs.PutStr(mobile.AttrReporterSession, id)
}

// lost says whether an SDK that recovers the context of a crash could not.
func (b *batch) lost(attrs pcommon.Map) bool {
	recovered, ok := attrs.Get("recovered_context")
	return ok && recovered.Type() == pcommon.ValueTypeBool && !recovered.Bool()
}

// endedSession returns the session that a session.end with this id ends.
// opentelemetry-android up to 1.6 sends the id of the session that begins; the
// start beside it knows the one that ended. Without such a start nothing does,
// and owned is false.
func (b *batch) endedSession(m moment, id string) (ended string, owned bool) {
	for _, start := range b.starts {
		if start.id == id && start.previous != "" && start.previous != id && near(start.ns, m.ns) {
			return start.previous, true
		}
	}
	for _, start := range b.starts {
		if start.previous == id && near(start.ns, m.ns) {
			return id, true
		}
	}
	return id, !b.wrongSessions
}

func near(a, b int64) bool { return a-b <= edgeGap && b-a <= edgeGap }
