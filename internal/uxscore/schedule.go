package uxscore

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Rules are a configuration with its identity.
type Rules struct {
	Config
	// ID is a hash of the configuration: equal ones have equal IDs.
	ID uint64
}

// NewRules returns the rules of a configuration, which must not change after.
func NewRules(c Config) *Rules {
	flat := c
	flat.Flows = nil
	text := fmt.Appendf(nil, "%d %v\n", Version, flat)
	for _, name := range slices.Sorted(maps.Keys(c.Flows)) {
		text = fmt.Appendf(text, "%q %v\n", name, c.Flows[name])
	}
	sum := sha256.Sum256(text)
	return &Rules{Config: c, ID: binary.BigEndian.Uint64(sum[:])}
}

// Entry is the rules that hold from an hour on (hours since 1970), for all
// tenants but those that have their own.
type Entry struct {
	From    int32
	Default *Rules
	Tenants map[string]*Rules
}

// Schedule says which rules score a session: those valid at its start. History
// keeps the rules that it was scored with.
type Schedule struct {
	entries []Entry // by From
}

// NewSchedule returns the schedule of entries, of which one must hold from the
// beginning (From 0).
func NewSchedule(entries ...Entry) (*Schedule, error) {
	entries = slices.Clone(entries)
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.From, b.From) })
	if len(entries) == 0 || entries[0].From > 0 {
		return nil, errors.New("score: no configuration holds from the beginning")
	}
	for i := 1; i < len(entries); i++ {
		if entries[i].From == entries[i-1].From {
			return nil, fmt.Errorf("score: two configurations hold from hour %d", entries[i].From)
		}
	}
	return &Schedule{entries: entries}, nil
}

// At returns the rules for a tenant's session that started in an hour.
func (s *Schedule) At(tenant string, hour int32) *Rules {
	e := s.entries[0]
	for _, next := range s.entries[1:] {
		if next.From > hour {
			break
		}
		e = next
	}
	if r, ok := e.Tenants[tenant]; ok {
		return r
	}
	return e.Default
}
