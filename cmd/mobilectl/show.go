package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/otelcol-mobile/otelcol-mobile/internal/fleet"
)

// shownIssues is how many issues of an app are printed.
const shownIssues = 10

// money is an amount in minor units, as the API answers it.
type money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

func (m *money) String() string {
	if m == nil {
		return "-"
	}
	return fmt.Sprintf("%d.%02d %s", m.Minor/100, m.Minor%100, m.Currency)
}

// summaryAnswer is what is shown of an app's summary.
type summaryAnswer struct {
	Sessions          int64    `json:"sessions"`
	Users             int64    `json:"users"`
	Events            int64    `json:"events"`
	CrashFreeSessions *float64 `json:"crash_free_sessions"`
	CrashFreeUsers    *float64 `json:"crash_free_users"`
	Score             struct {
		Mean       *float64 `json:"mean"`
		Satisfied  int64    `json:"satisfied"`
		Tolerating int64    `json:"tolerating"`
		Frustrated int64    `json:"frustrated"`
	} `json:"score"`
	ValueAtRisk struct {
		Gross *money `json:"gross"`
	} `json:"value_at_risk"`
}

// issueAnswer is what is shown of an issue.
type issueAnswer struct {
	Title    string `json:"title"`
	Kind     string `json:"kind"`
	Events   int64  `json:"events"`
	Users    int64  `json:"users"`
	Sessions int64  `json:"sessions"`
	Points   int64  `json:"points"`
	Value    *money `json:"value"`
}

// showAnswers prints each app's summary and its issues by rank.
func showAnswers(ctx context.Context, out io.Writer, api string, plan *fleet.Plan, truth fleet.Truth) error {
	for _, app := range plan.Apps {
		client := apiClient{base: api, token: truth.Tenants[app.Tenant].Token}
		span := plan.Query()
		var s summaryAnswer
		if err := client.get(ctx, "/api/v1/apps/"+app.ID+"/summary?"+span, &s); err != nil {
			return err
		}
		fmt.Fprintf(out, "\n%s / %s\n", app.Tenant, app.ID)
		fmt.Fprintf(out, "  %d sessions of %d users, %d events; without a crash: %s of sessions, %s of users\n",
			s.Sessions, s.Users, s.Events, percent(s.CrashFreeSessions), percent(s.CrashFreeUsers))
		fmt.Fprintf(out, "  score %s: %d satisfied, %d tolerating, %d frustrated; value at risk %s\n\n",
			number(s.Score.Mean), s.Score.Satisfied, s.Score.Tolerating, s.Score.Frustrated, s.ValueAtRisk.Gross)
		var issues struct {
			Items []issueAnswer `json:"items"`
		}
		if err := client.get(ctx, fmt.Sprintf("/api/v1/apps/%s/issues?sort=points&limit=%d&%s", app.ID, shownIssues, span), &issues); err != nil {
			return err
		}
		if err := showIssues(out, issues.Items); err != nil {
			return err
		}
	}
	return nil
}

func showIssues(out io.Writer, items []issueAnswer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "points lost\tevents\tusers\tsessions\tvalue crashed\tkind\t  what")
	for _, i := range items {
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%s\t%s\t  %s\n", i.Points, i.Events, i.Users, i.Sessions, i.Value, i.Kind, shorten(i.Title, 70))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print issues: %w", err)
	}
	return nil
}

// showAddresses says where to go on.
func showAddresses(out io.Writer, api string) {
	fmt.Fprintf(out, `
It stays up until Ctrl-C. Ask it yourself:

  curl -H 'Authorization: Bearer mt_demo_acme' '%[1]s/api/v1/apps'
  curl -H 'Authorization: Bearer mt_demo_acme' '%[1]s/api/v1/apps/shop/issues?sort=users'
  curl -H 'Authorization: Bearer mt_demo_acme' '%[1]s/api/v1/apps/shop/sessions?limit=5'

The API describes itself at %[1]s/api/v1/openapi.json.
`, api)
}

func percent(share *float64) string {
	if share == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", *share*100)
}

func number(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f", *v)
}

// shorten cuts a text to n characters on one line. Titles come from phones:
// what could steer a terminal is left out.
func shorten(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
