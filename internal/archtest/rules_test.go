// Package archtest holds the tests that keep the import rules of
// ARCHITECTURE.md. It has no code of its own.
package archtest

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rule says what some packages must not import.
type rule struct {
	// from matches the packages that the rule binds, by folder from the
	// repository's root; except are those for which it was made.
	from, except *regexp.Regexp
	// deny matches import paths that are forbidden; those of our own module are
	// written without its path. allow matches exceptions.
	deny, allow *regexp.Regexp
	// reach is true where an import through another package of ours counts.
	reach bool
	// tests is true where test files are bound as well, by what they import
	// themselves.
	tests bool
}

// Patterns of packages that several rules name.
const (
	collector  = `^go\.opentelemetry\.io/collector/`
	zap        = `^go\.uber\.org/zap`
	component  = `^(receiver|processor|connector|exporter|extension)/`
	pdataUsers = `^internal/(canonical|dialect|payload|fleet)(/|$)`
	domain     = `^internal/(mobile|stacktrace|fingerprint|issue|symbols|session|uxscore|rollup|derive|search|store|query|tenant|device|sketch|wire)(/|$)`
)

func rules() map[string]rule {
	exp := regexp.MustCompile
	return map[string]rule{
		"the domain knows neither the Collector nor its logger": {
			from: exp(domain), deny: exp(collector + `|` + zap), reach: true, tests: true,
		},
		"what reads and writes OTLP knows pdata and nothing else of the Collector": {
			from: exp(pdataUsers), deny: exp(collector + `|` + zap), allow: exp(collector + `pdata(/|$)`),
		},
		"internal packages know no component": {
			from: exp(`^internal/`), deny: exp(component), reach: true, tests: true,
		},
		"components do not import each other": {
			from: exp(component), deny: exp(component), reach: true,
		},
		"only the extension that owns the SQLite store knows it": {
			from: exp(`.`), except: exp(`^extension/sqlitestore$`), deny: exp(`^internal/store/sqlite(/|$)`),
		},
		"only the SQLite store knows SQL": {
			from: exp(`.`), except: exp(`^internal/store/sqlite$`), deny: exp(`^database/sql|^modernc\.org/`), tests: true,
		},
		"the fleet knows the truth from what it planted": {
			from: exp(`^internal/fleet(/|$)`), deny: exp(`^internal/(fingerprint|stacktrace|session|uxscore|rollup|derive)(/|$)`), reach: true, tests: true,
		},
		"nothing is unsafe and nothing needs a C compiler": {
			from: exp(`.`), deny: exp(`^(unsafe|C)$`), tests: true,
		},
	}
}

// broken returns by folder what breaks the rule.
func (r *rule) broken(tree map[string]*pkg) map[string][]string {
	all := map[string][]string{}
	for dir := range tree {
		if !r.from.MatchString(dir) || r.except != nil && r.except.MatchString(dir) {
			continue
		}
		if found := r.brokenBy(tree, dir); len(found) > 0 {
			all[dir] = found
		}
	}
	return all
}

func TestImportRules(t *testing.T) {
	tree := readTree(t)
	require.Contains(t, tree, ".", "the root package was not found")
	for name, r := range rules() {
		t.Run(name, func(t *testing.T) {
			assert.Empty(t, r.broken(tree), "forbidden imports by folder")
		})
	}
}

func TestRulesFindWhatTheyForbid(t *testing.T) {
	tree := map[string]*pkg{
		"internal/session":      {imports: []string{"internal/wire"}},
		"internal/wire":         {imports: []string{"go.opentelemetry.io/collector/pdata/plog"}},
		"internal/dialect":      {imports: []string{"go.opentelemetry.io/collector/pdata/plog", "go.opentelemetry.io/collector/component"}},
		"internal/fleet":        {imports: []string{"internal/dialect"}, testImports: []string{"internal/uxscore"}},
		"internal/query":        {imports: []string{"extension/sqlitestore"}, testImports: []string{"unsafe"}},
		"processor/a":           {imports: []string{"internal/device", "processor/b"}},
		"internal/device":       {},
		"extension/sqlitestore": {imports: []string{"internal/store/sqlite"}},
		"internal/store/sqlite": {imports: []string{"database/sql"}},
	}
	want := map[string]map[string][]string{
		"the domain knows neither the Collector nor its logger": {
			"internal/session": {"internal/wire -> go.opentelemetry.io/collector/pdata/plog"},
			"internal/wire":    {"go.opentelemetry.io/collector/pdata/plog"},
		},
		"what reads and writes OTLP knows pdata and nothing else of the Collector": {
			"internal/dialect": {"go.opentelemetry.io/collector/component"},
		},
		"internal packages know no component":              {"internal/query": {"extension/sqlitestore"}},
		"components do not import each other":              {"processor/a": {"processor/b"}},
		"the fleet knows the truth from what it planted":   {"internal/fleet": {"internal/uxscore"}},
		"nothing is unsafe and nothing needs a C compiler": {"internal/query": {"unsafe"}},
	}
	for name, r := range rules() {
		t.Run(name, func(t *testing.T) {
			expected := want[name]
			if expected == nil {
				expected = map[string][]string{}
			}
			assert.Equal(t, expected, r.broken(tree))
		})
	}
}
