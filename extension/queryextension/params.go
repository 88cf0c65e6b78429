package queryextension

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/client"

	"github.com/otelcol-mobile/otelcol-mobile/internal/query"
)

// defaultRange is how far a question looks back that says no range.
const defaultRange = 24 * time.Hour

// params are the parameters of a question.
type params struct{ values url.Values }

// wellFormed refuses a query string of which a part would be ignored.
func (r *request) wellFormed() error {
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
		return &query.ParamError{Param: "query", Reason: "is not well formed: " + err.Error()}
	}
	return nil
}

// only refuses parameters that a path does not take, and those that are given
// twice. q is known everywhere and not supported yet.
func (p params) only(allowed []string) error {
	for name, v := range p.values {
		switch {
		case name == "q" && slices.Contains(allowed, "q"):
			return &query.ParamError{Param: "q", Reason: "searching is not supported yet"}
		case !slices.Contains(allowed, name):
			return &query.ParamError{Param: name, Reason: "is no parameter of this path; it takes " + list(allowed)}
		case len(v) > 1:
			return &query.ParamError{Param: name, Reason: "is given more than once"}
		}
	}
	return nil
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func (p params) text(name, otherwise string) string {
	if v := p.values.Get(name); v != "" {
		return v
	}
	return otherwise
}

func (p params) limit() (int, error) {
	v := p.values.Get("limit")
	if v == "" {
		return query.DefaultLimit, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > query.MaxLimit {
		return 0, &query.ParamError{Param: "limit", Reason: fmt.Sprintf("must be a whole number in [1, %d]", query.MaxLimit)}
	}
	return n, nil
}

// timeRange returns the range that is asked for, by default the last 24 hours.
func (p params) timeRange(now time.Time) (from, to time.Time, err error) {
	if to, err = p.time("to", now); err != nil {
		return from, to, err
	}
	from, err = p.time("from", to.Add(-defaultRange))
	return from, to, err
}

func (p params) time(name string, otherwise time.Time) (time.Time, error) {
	v := p.values.Get(name)
	if v == "" {
		return otherwise, nil
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return t, &query.ParamError{Param: name, Reason: "must be a time as in RFC 3339, such as 2026-01-31T08:00:00Z"}
	}
	return t, nil
}

// problem is a problem document, RFC 9457.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Param is the parameter at fault.
	Param string `json:"param,omitempty"`
}

func writeProblem(w http.ResponseWriter, p problem) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) //nolint:errchkjson // a struct of texts and a number
}

// clientOf returns who asks, for authenticators that look at the address.
func clientOf(r *http.Request) client.Info {
	addr, err := net.ResolveTCPAddr("tcp", r.RemoteAddr)
	if err != nil {
		return client.Info{}
	}
	return client.Info{Addr: addr}
}
