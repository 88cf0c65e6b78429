package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is the path of our own module.
const module = "github.com/otelcol-mobile/otelcol-mobile"

// pkg is what a package's files import, for any operating system. Imports
// of our own module are written as folders from the repository's root.
type pkg struct {
	imports, testImports []string
}

// readTree reads the imports of all Go files of the module, by folder.
func readTree(t *testing.T) map[string]*pkg {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	tree := map[string]*pkg{}
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return enter(root, file, d.Name())
		case strings.HasSuffix(file, ".go"):
			return addFile(tree, root, file)
		default:
			return nil
		}
	})
	require.NoError(t, err)
	return tree
}

// enter skips what is not of this module: hidden and data folders, and modules
// inside of this one.
func enter(root, dir, name string) error {
	if dir == root {
		return nil
	}
	if strings.HasPrefix(name, ".") || name == "testdata" || name == "data" || name == "bin" {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

// addFile adds one file's imports to its folder.
func addFile(tree map[string]*pkg, root, file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	dir, err := filepath.Rel(root, filepath.Dir(file))
	if err != nil {
		return err
	}
	dir = filepath.ToSlash(dir)
	f := tree[dir]
	if f == nil {
		f = &pkg{}
		tree[dir] = f
	}
	to := &f.imports
	if strings.HasSuffix(file, "_test.go") {
		to = &f.testImports
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if !slices.Contains(*to, local(imported)) {
			*to = append(*to, local(imported))
		}
	}
	return nil
}

// local returns an import path as rules write it.
func local(imported string) string {
	if imported == module {
		return "."
	}
	return strings.TrimPrefix(imported, module+"/")
}

// brokenBy returns the imports of a folder that break the rule, each with the
// way that leads to it.
func (r *rule) brokenBy(tree map[string]*pkg, dir string) []string {
	var found []string
	seen := map[string]bool{dir: true}
	var visit func(imports []string, way string)
	visit = func(imports []string, way string) {
		for _, i := range imports {
			if r.forbids(dir, i) {
				found = append(found, way+i)
			}
			if next := tree[i]; next != nil && r.reach && !seen[i] {
				seen[i] = true
				visit(next.imports, way+i+" -> ")
			}
		}
	}
	visit(tree[dir].imports, "")
	for _, i := range tree[dir].testImports {
		if r.tests && r.forbids(dir, i) {
			found = append(found, i)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// forbids says whether a package must not import another. What belongs to a
// component (its internal packages) is its own.
func (r *rule) forbids(dir, imported string) bool {
	if !r.deny.MatchString(imported) || r.allow != nil && r.allow.MatchString(imported) {
		return false
	}
	return owner(dir) != owner(imported)
}

// owner is the component's folder of a package inside one, else the package.
func owner(dir string) string {
	parts := strings.SplitN(dir, "/", 3)
	if len(parts) == 3 && !strings.HasPrefix(dir, "internal/") {
		return path.Join(parts[0], parts[1])
	}
	return dir
}
