package rollup

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
)

// The families of documents.
const (
	// FamilyTotal has one cell, under the key "".
	FamilyTotal = "total"
	// FamilyRelease has a cell for each release.
	FamilyRelease = "release"
	// FamilyFingerprint has a cell for each fingerprint, keyed by its Ref.
	FamilyFingerprint = "fingerprint"
)

// Families are all families, in the order in which Rollups returns them.
func Families() []string { return []string{FamilyTotal, FamilyRelease, FamilyFingerprint} }

// Doc is one document: cells by key.
type Doc map[string]*Cell

func (d Doc) cell(key string) *Cell {
	c := d[key]
	if c == nil {
		c = &Cell{}
		d[key] = c
	}
	return c
}

// Merge adds everything in o, which is not changed.
func (d Doc) Merge(o Doc) {
	for key, c := range o {
		d.cell(key).Merge(c)
	}
}

// Total returns the sum of all cells.
func (d Doc) Total() *Cell {
	out := &Cell{}
	for _, c := range d {
		out.Merge(c)
	}
	return out
}

// Builder sums the heads of one bucket. Heads may be added in any order.
type Builder struct {
	total, release, fingerprint Doc
	rev                         int64
}

// NewBuilder returns an empty Builder.
func NewBuilder() *Builder {
	return &Builder{total: Doc{}, release: Doc{}, fingerprint: Doc{}}
}

// Add adds a head as it is stored. An emptied head adds its revision only. An
// error names the head, of which the revision counts and nothing else.
func (b *Builder) Add(row *store.Head) error {
	b.rev += row.Rev
	if len(row.Data) == 0 {
		return nil
	}
	var h session.Head
	if err := h.Decode(row.Data); err != nil {
		return fmt.Errorf("session %q of %s/%s: %w", row.Session, row.Tenant, row.App, err)
	}
	implicit := session.IsImplicit(row.Session)
	b.total.cell("").addHead(&h, implicit)
	b.release.cell(h.Release.Value).addHead(&h, implicit)
	b.addIncidents(&h, row)
	return nil
}

// addIncidents adds what each fingerprint saw of a session.
func (b *Builder) addIncidents(h *session.Head, row *store.Head) {
	id := hashSession(row)
	implicit := session.IsImplicit(row.Session)
	for _, v := range h.Distinct() {
		if v.Version == "" {
			continue
		}
		c := b.fingerprint.cell(v.Ref())
		c.Events++
		c.seen(v.Time, h.Release.Value)
		addUser(&c.Users, h)
		if !implicit {
			c.SessionIDs.Add(id)
		}
	}
	for _, p := range h.Score.Points {
		flow := p.Name == uxscore.FailedFlow.String() || p.Name == uxscore.CriticalFlow.String()
		if c := b.fingerprint[p.Ref]; c != nil && !flow {
			c.addPoints(p.Name, int64(p.Points))
		}
	}
	for _, f := range h.FlowResults() {
		if c := b.fingerprint[f.By]; c != nil {
			c.Value.add(f.Currency, f.Value)
		}
	}
}

func hashSession(row *store.Head) uint64 {
	var d xxhash.Digest
	d.Reset()
	_, _ = d.WriteString(row.Session)
	_, _ = d.Write([]byte{0, byte(row.Week), byte(row.Week >> 8), byte(row.Week >> 16), byte(row.Week >> 24)})
	return d.Sum64()
}

// Rollups returns the bucket's documents as they are stored. Their revision is
// the sum of the heads' revisions.
func (b *Builder) Rollups(bucket store.Bucket) []store.Rollup {
	docs := []Doc{b.total, b.release, b.fingerprint}
	out := make([]store.Rollup, 0, len(docs))
	for i, d := range docs {
		out = append(out, store.Rollup{Bucket: bucket, Family: Families()[i], Rev: b.rev, Data: d.Append(nil)})
	}
	return out
}

// fold moves the cells after the first maxKeys, in order of key, to Other.
func (d Doc) fold() Doc {
	if len(d) <= maxKeys {
		return d
	}
	out := Doc{}
	for i, key := range slices.Sorted(maps.Keys(d)) {
		if i >= maxKeys-1 || key == Other {
			out.cell(Other).Merge(d[key])
			continue
		}
		out[key] = d[key]
	}
	return out
}

// ParseRef returns the fingerprint that a cell of FamilyFingerprint is keyed
// by; ok is false for Other.
func ParseRef(ref string) (fp store.Fingerprint, ok bool) {
	version, fine, found := strings.Cut(ref, ":")
	if !found || len(fine) != 2*len(fp.Fine) {
		return fp, false
	}
	if _, err := hex.Decode(fp.Fine[:], []byte(fine)); err != nil {
		return store.Fingerprint{}, false
	}
	fp.Version = version
	return fp, true
}
