// Package query answers the questions of the HTTP API from derived rows and,
// for one session or crash, from facts. It is the one place that says what an
// answer means; the extension that serves it only reads parameters and writes
// JSON. The tenant of every question comes from the authenticated context.
package query

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/derive"
	"github.com/otelcol-mobile/otelcol-mobile/internal/rollup"
	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// ErrNotFound answers questions about something that the tenant does not have.
var ErrNotFound = errors.New("not found")

// ParamError is a question that cannot be answered as it was asked.
type ParamError struct {
	// Param is the parameter's name, Reason what is wrong with it.
	Param, Reason string
}

// Error implements error.
func (e *ParamError) Error() string { return e.Param + ": " + e.Reason }

// Limits of lists and ranges.
const (
	DefaultLimit = 50
	MaxLimit     = 500
	// MaxRange is the longest range of a question.
	MaxRange = 400 * 24 * time.Hour
)

// Store is what questions are answered from.
type Store interface {
	store.Reader
	store.Feed
	store.Issues
}

// Decoder unpacks what is stored of single sessions and crashes.
type Decoder interface {
	// Events returns a chunk's records.
	Events(c store.Chunk) ([]Event, error)
	// Occurrence returns a crash's record.
	Occurrence(c store.Crash) (Occurrence, error)
}

// Engine answers questions. It is safe for concurrent use.
type Engine struct {
	store      Store
	decode     Decoder
	generation int64
}

// NewEngine returns an engine over a store. generation is the deriver's.
func NewEngine(s Store, d Decoder, generation int64) *Engine {
	return &Engine{store: s, decode: d, generation: generation}
}

// Scope is what most questions are about: an app and a range of whole hours.
type Scope struct {
	Tenant, App string
	// From and To are hours since 1970, half-open.
	From, To int32
}

// NewScope rounds a range outward to whole hours. It returns a *ParamError for
// a range that is empty or too long.
func NewScope(tenant, app string, from, to time.Time) (Scope, error) {
	if !from.Before(to) {
		return Scope{}, &ParamError{"from", "must be before to"}
	}
	if to.Sub(from) > MaxRange {
		return Scope{}, &ParamError{"from", fmt.Sprintf("the range must be at most %d days", int(MaxRange.Hours()/24))}
	}
	if from.Year() < 1970 || to.Year() > 2200 {
		return Scope{}, &ParamError{"from", "must be between 1970 and 2200"}
	}
	end := to.Truncate(time.Hour)
	if end.Before(to) {
		end = end.Add(time.Hour)
	}
	return Scope{Tenant: tenant, App: app, From: int32(from.Unix() / 3600), To: int32(end.Unix() / 3600)}, nil
}

// Range is a half-open range of time.
type Range struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Range returns the range that an answer covers.
func (s Scope) Range() Range { return Range{hourTime(s.From), hourTime(s.To)} }

func hourTime(h int32) time.Time { return time.Unix(int64(h)*3600, 0).UTC() }

func nanoTime(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// Answer is what every answer says besides its data.
type Answer struct {
	Range *Range `json:"range,omitempty"`
	// DerivedUntil is the time up to which facts are reflected.
	DerivedUntil *time.Time `json:"derived_until"`
}

func (e *Engine) answer(ctx context.Context, s *Scope) (Answer, error) {
	c, err := e.store.Cursor(ctx, derive.Reader(e.generation), 0)
	if err != nil {
		return Answer{}, fmt.Errorf("read cursor: %w", err)
	}
	var a Answer
	if c.Until > 0 {
		until := nanoTime(c.Until)
		a.DerivedUntil = &until
	}
	if s != nil {
		r := s.Range()
		a.Range = &r
	}
	return a, nil
}

// Money is an amount in minor units.
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// leading returns the amount in the currency that leads, nil where there is
// none.
func leading(m rollup.Money, currency string) *Money {
	if currency == "" {
		for c := range m {
			if currency == "" || m[c] > m[currency] || m[c] == m[currency] && c < currency {
				currency = c
			}
		}
	}
	if currency == "" {
		return nil
	}
	return &Money{m[currency], currency}
}

// number returns a metric, nil where it is undefined.
func number(name string, c *rollup.Cell) *float64 {
	m, ok := rollup.MetricNamed(name)
	if !ok {
		return nil
	}
	v, ok := m.Of(c)
	if !ok {
		return nil
	}
	return &v
}

// docs merges a family's documents over a scope.
func (e *Engine) docs(ctx context.Context, s Scope, family string) (rollup.Doc, error) {
	out := rollup.Doc{}
	for r, err := range e.store.Rollups(ctx, s.Tenant, s.App, family, s.From, s.To) {
		if err != nil {
			return nil, fmt.Errorf("read %s rollups of %s/%s: %w", family, s.Tenant, s.App, err)
		}
		// A sum that silently lacks an hour would be wrong: say so instead.
		if !out.TryMerge(r.Data) {
			return nil, fmt.Errorf("read %s rollups of %s/%s: the document of hour %d is damaged", family, s.Tenant, s.App, r.Hour)
		}
	}
	return out, nil
}

// collect reads a whole sequence.
func collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// encodeCursor makes an opaque cursor of a position in a list.
func encodeCursor(at any) string {
	b, err := json.Marshal(at)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor reads a cursor; an empty one is the beginning.
func decodeCursor(cursor string, at any) error {
	if cursor == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, at)
	}
	if err != nil {
		return &ParamError{"cursor", "is not one that this API gave"}
	}
	return nil
}
