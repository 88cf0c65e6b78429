// Package store is the contract between the domain and a storage engine: the
// rows of facts, derived rows and entities, and the small interfaces that write
// and read them. It knows keys and revisions; what is inside a part, head or
// rollup document is the domain's business and opaque here.
//
// Every implementation passes storetest without exceptions.
package store

import (
	"context"
	"errors"
	"iter"
	"time"
)

// ErrClosed answers calls to a store after Close; an implementation has a
// method Close() error.
var ErrClosed = errors.New("store is closed")

// ErrUnavailable wraps what may succeed when tried again: a busy disk, a lost
// connection, a timeout. Everything else is permanent.
var ErrUnavailable = errors.New("store is unavailable")

// Digest is 128 bits of a cryptographic digest.
type Digest [16]byte

// Variant tells apart the versions in which one upload was stored: the
// generation (big endian), then the digest of the part. Of the variants of one
// upload the highest, compared as bytes, counts.
type Variant [20]byte

// SessionKey names a session: the tenant, the app, the SDK's session id and
// the UTC week (weeks since 1970-01-01) of the event, which bounds what a
// constant session id can grow to.
type SessionKey struct {
	Tenant, App, Session string
	Week                 int32
}

// FactKey names what one upload said of one session.
type FactKey struct {
	SessionKey
	Upload  Digest
	Variant Variant
}

// Part is an upload's contribution to its session, encoded by package session.
type Part struct {
	FactKey
	Data []byte
}

// Chunk is an upload's canonical records of one session, packed. Payload is
// owned by the receiver of the value.
type Chunk struct {
	FactKey
	// Start is the time of the earliest record, nanoseconds since 1970.
	Start int64
	// Records counts the records in Payload.
	Records int32
	// Signal is 'l' for logs, 't' for traces.
	Signal  byte
	Payload []byte
}

// Fingerprint is a fine fingerprint with the version of the rules that made it.
type Fingerprint struct {
	Version string
	Fine    Digest
}

// Crash is one occurrence of an incident (crash, hang or handled error). Its
// row is named by FactKey, Fingerprint, ID and Time.
type Crash struct {
	FactKey
	Fingerprint Fingerprint
	// ID is the incident's own id, at most 64 characters.
	ID string
	// Time is nanoseconds since 1970.
	Time                       int64
	Release, OS, Device, Class string
	// Body is a canonical record with everything it carried, packed.
	Body []byte
}

// Group is what is known of a fine fingerprint. Applying it twice, or in any
// order, gives the same row: (FirstSeen, FirstRelease) takes the minimum,
// (LastSeen, LastRelease) the maximum, all else that of the row with the
// smallest (FirstSeen, Title, Culprit) seen.
type Group struct {
	Tenant, App string
	Fingerprint
	Coarse                    Digest
	Kind                      string
	Fatal                     bool
	Quality                   uint8
	Title, Culprit            string
	FirstSeen, LastSeen       int64
	FirstRelease, LastRelease string
}

// App is what is known of an app on one platform: (LastSeen, Name) takes the
// maximum.
type App struct {
	Tenant, App, Platform, Name string
	LastSeen                    int64
}

// Facts is what Apply makes durable. A mark for the session of every part is
// written after the part and needs no field of its own.
type Facts struct {
	Chunks  []Chunk
	Parts   []Part
	Crashes []Crash
	Groups  []Group
	Apps    []App
}

// Writer takes facts. Apply is synchronous and idempotent: it returns nil only
// when every row is durable, and doing it twice, or half and then again, leaves
// the same rows. Nothing of facts is kept after it returns.
type Writer interface {
	Apply(ctx context.Context, facts *Facts) error
}

// Mark says that a session got facts. Seq rises within a shard of the feed; At
// is when the mark was written (the store's clock, nanoseconds since 1970).
type Mark struct {
	Seq, At int64
	SessionKey
}

// Bucket names the heads whose sessions started in one hour (hours since
// 1970) of one app, and the rollup documents made of them.
type Bucket struct {
	Tenant, App string
	Hour        int32
	Shard       int16
}

// Head is a session's derived row. Data is encoded by package session; nil
// Data marks a head that was emptied because the session moved to another
// hour. Rev only rises.
type Head struct {
	SessionKey
	Hour  int32
	Shard int16
	Rev   int64
	Data  []byte
}

// Rollup is one derived document: the sum of a bucket's heads, seen by family
// ("total", "release", "fingerprint").
type Rollup struct {
	Bucket
	Family string
	Rev    int64
	Data   []byte
}

// Cursor is how far a reader of the feed has come. Until is the time up to
// which everything was done, nanoseconds since 1970.
type Cursor struct {
	Seq, Until int64
}

// Feed is what a deriver or an emitter reads. Of all sequences here and in the
// other interfaces: they are single-use; the caller owns the values, may take
// its time, ask and write in between, and stop early; rows written meanwhile
// may be seen or not; an error is the last that is yielded.
type Feed interface {
	// Marks yields up to limit marks of a shard after seq, oldest first. All
	// marks of a session are in one shard, which the store chooses; a store on
	// one machine has shard 0 alone.
	Marks(ctx context.Context, shard int16, after int64, limit int) iter.Seq2[Mark, error]
	// Parts yields every part row of a session, all variants, ordered by
	// upload and variant.
	Parts(ctx context.Context, key SessionKey) iter.Seq2[Part, error]
	// SessionHeads yields the heads of a session in every hour that ever had
	// one, emptied ones included.
	SessionHeads(ctx context.Context, key SessionKey) iter.Seq2[Head, error]
	// Heads yields the heads of a bucket, emptied ones included, ordered by
	// session and week.
	Heads(ctx context.Context, b Bucket) iter.Seq2[Head, error]
	// Tenants yields every tenant that sent something, ordered. It is for work
	// in the background: an answer to a tenant never comes of it.
	Tenants(ctx context.Context) iter.Seq2[string, error]
	// Cursor returns the cursor of the named reader; the zero Cursor if it
	// has none.
	Cursor(ctx context.Context, reader string, shard int16) (Cursor, error)
	// MoveCursor sets the cursor if it moves forward in Seq or, at the same
	// Seq, in Until; otherwise it does nothing.
	MoveCursor(ctx context.Context, reader string, shard int16, c Cursor) error
}

// Derived takes derived rows. A row is written if its Rev is higher than the
// stored one's or, at the same Rev, its Data is larger as bytes: the order in
// which writes arrive does not matter. When a call returns nil all its rows are
// durable; others may see them one by one.
type Derived interface {
	PutHeads(ctx context.Context, heads []Head) error
	PutRollups(ctx context.Context, docs []Rollup) error
}

// Issue is the row that makes "new" have one winner, and a person's triage.
type Issue struct {
	Tenant, App string
	ID          Digest
	// Opened is when the first event happened, nanoseconds since 1970.
	Opened    int64
	Status    string
	Announced bool
}

// Issues are conditional writes, off the event path.
type Issues interface {
	// OpenIssue inserts the issue unless it exists. created has one winner;
	// stored is the row that stands.
	OpenIssue(ctx context.Context, is Issue) (stored Issue, created bool, err error)
	// Announce sets Announced.
	Announce(ctx context.Context, tenant, app string, id Digest) error
	// Issues yields the issues of an app, ordered by ID.
	Issues(ctx context.Context, tenant, app string) iter.Seq2[Issue, error]
}

// Reader answers questions. Every one names the tenant, which comes from the
// authenticated context.
type Reader interface {
	// Apps yields the tenant's apps by platform, ordered.
	Apps(ctx context.Context, tenant string) iter.Seq2[App, error]
	// Chunks yields a session's chunks, of each upload the highest variant.
	Chunks(ctx context.Context, key SessionKey) iter.Seq2[Chunk, error]
	// Rollups yields a family's documents with hours in [from, to), ordered
	// by hour and shard.
	Rollups(ctx context.Context, tenant, app, family string, from, to int32) iter.Seq2[Rollup, error]
	// Groups yields the fingerprints of an app, ordered.
	Groups(ctx context.Context, tenant, app string) iter.Seq2[Group, error]
	// Crashes yields up to limit occurrences of a fingerprint, newest first,
	// of each upload and session the highest variant: one that a higher
	// variant of the part or of a crash row replaced is left out, even if that
	// has it under another fingerprint.
	Crashes(ctx context.Context, tenant, app string, fp Fingerprint, limit int) iter.Seq2[Crash, error]
	// SessionWeeks yields the keys under which a session id has parts, newest
	// week first.
	SessionWeeks(ctx context.Context, tenant, app, session string) iter.Seq2[SessionKey, error]
}

// Retention says how long rows live, by arrival. Zero keeps them for ever.
// Parts is that of heads too, counted from a head's first write, and must be
// so long that no part arrives for a session after its first head expired.
type Retention struct {
	Chunks, Crashes, Parts, Marks time.Duration
}

// Store is an open store. Each user asks for the narrowest part it needs.
type Store interface {
	Writer
	Feed
	Derived
	Issues
	Reader
	Maintainer
}

// Maintainer deletes what has outlived its retention.
type Maintainer interface {
	// Expire deletes rows older than now allows, at most limit a kind, and
	// returns how many it deleted. Marks are kept until every named reader
	// has passed them; a reader whose cursor's Until is older than twice the
	// marks' retention is gone and holds none.
	Expire(ctx context.Context, now time.Time, keep Retention, limit int) (int64, error)
}

// Provider is implemented by an extension that owns a store. Store returns the
// open store once the extension has started.
type Provider interface {
	Store() (Store, error)
}
