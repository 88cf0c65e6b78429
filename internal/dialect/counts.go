package dialect

// Reasons under which records are refused.
const (
	// RefusedLate is a record older than the late window.
	RefusedLate = "late"
)

// Reasons under which a record was changed or could not be understood, though
// it was passed on.
const (
	// NoteObserved, NoteArrival and NoteShifted are times that are not the
	// SDK's own; they also stand in mobile.AttrTimeSource.
	NoteObserved = "time_observed"
	NoteArrival  = "time_arrival"
	NoteShifted  = "time_shifted"
	// NoteSpanTime is a span one of whose times was missing or before the
	// other.
	NoteSpanTime = "span_time"
	// NoteUnparsed is an incident whose stack could not be parsed.
	NoteUnparsed = "stack_unparsed"
	// NoteCut is a text that was cut to its limit.
	NoteCut = "text_cut"
	// NoteLongID is an id that was too long and replaced by its digest.
	NoteLongID = "id_digested"
	// NoteInvalidUTF8 is a record with a text that was not UTF-8.
	NoteInvalidUTF8 = "invalid_utf8"
	// NoteNested is a record whose attributes were nested too deep.
	NoteNested = "nested_too_deep"
	// NoteAttributes is a record with too many attributes, or too many in one
	// of them; the last were left out.
	NoteAttributes = "attribute_limit"
	// NoteWrongType is an attribute of an unusable type.
	NoteWrongType = "wrong_type"
	// NoteOversize is a record larger than an upload.
	NoteOversize = "oversize"
	// NoteOverride is a record that names another release or OS than its
	// resource, though its payload had too many such already.
	NoteOverride = "override_limit"
)

// Reason is why something happened, and to whose record. Tenant is empty where
// the resource names none.
type Reason struct {
	Tenant, Reason string
}

// Counts says what became of a payload's records:
//
//	Received + Derived = Sent + the sum of Refused
type Counts struct {
	// Received counts the records of the wanted outputs, Derived the logs
	// made of events of spans that were passed on, Sent what came out.
	Received, Derived, Sent int64
	// Refused counts records not passed on, Noted those passed on that were
	// changed or not understood, by reason. A record may have several notes.
	Refused, Noted map[Reason]int64
}

func (c *Counts) refuse(tenant, reason string) {
	if c.Refused == nil {
		c.Refused = map[Reason]int64{}
	}
	c.Refused[Reason{tenant, reason}]++
}

func (c *Counts) note(tenant, reason string) {
	if c.Noted == nil {
		c.Noted = map[Reason]int64{}
	}
	c.Noted[Reason{tenant, reason}]++
}

// RefusedTotal returns how many records were refused.
func (c *Counts) RefusedTotal() int64 {
	var sum int64
	for _, n := range c.Refused {
		sum += n
	}
	return sum
}
