package fleet

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// end is an arbitrary end, off the hour.
var end = time.Date(2026, 8, 21, 13, 17, 5, 0, time.UTC)

func newPlan(tb testing.TB, o Options) *Plan {
	tb.Helper()
	if o.End.IsZero() {
		o.End = end
	}
	p, err := NewPlan(o)
	require.NoError(tb, err)
	return p
}

// The fleet is the witness of the whole: of the module it may know the names
// of the canonical record and nothing else, tests included.
func TestTheFleetSharesNothingWithWhatItJudges(t *testing.T) {
	const module = "github.com/otelcol-mobile/otelcol-mobile/"
	imported := map[string]bool{}
	for _, dir := range []string{".", "../mobile"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, path := range files {
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			require.NoError(t, err)
			for _, spec := range f.Imports {
				name, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				if rest, ours := strings.CutPrefix(name, module); ours {
					imported[rest] = true
				}
			}
		}
	}
	assert.Equal(t, map[string]bool{"internal/mobile": true}, imported)
}

func TestFilesAreNotMistakenForAnotherSystems(t *testing.T) {
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		stem := strings.TrimSuffix(strings.TrimSuffix(e.Name(), ".go"), "_test")
		for _, system := range []string{"_android", "_ios", "_js", "_darwin", "_windows", "_linux"} {
			assert.Falsef(t, strings.HasSuffix(stem, system), "%s would be built on one system only", e.Name())
		}
	}
}
