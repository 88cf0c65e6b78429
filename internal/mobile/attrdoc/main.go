// Command attrdoc writes docs/attributes.md from the constants of package
// mobile and their comments, so that the list cannot differ from the code.
package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "attrdoc:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return errors.New("usage: attrdoc SOURCE.go TARGET.md")
	}
	file, err := parser.ParseFile(token.NewFileSet(), os.Args[1], nil, parser.ParseComments)
	if err != nil {
		return err
	}
	return os.WriteFile(os.Args[2], []byte(document(file)), 0o600) //nolint:gosec // the file that the caller names
}

// document returns a section for each group of constants.
func document(file *ast.File) string {
	named := names(file)
	var b strings.Builder
	b.WriteString("# Names of the canonical record\n\nWritten by `make generate` from `internal/mobile/attrs.go`; do not edit. Names follow the OpenTelemetry semantic\n" +
		"conventions v1.44.0 where they define one.\n")
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		var rows strings.Builder
		for _, spec := range group.Specs {
			writeRow(&rows, spec.(*ast.ValueSpec), named)
		}
		if rows.Len() > 0 {
			fmt.Fprintf(&b, "\n## %s\n\n| name | meaning |\n|---|---|\n%s", speak(title(group.Doc.Text()), named), rows.String())
		}
	}
	return b.String()
}

// title is the first sentence of a group's comment.
func title(doc string) string {
	first, _, _ := strings.Cut(strings.Join(strings.Fields(doc), " "), ".")
	return first
}

// names maps the constants with a text to that text.
func names(file *ast.File) map[string]string {
	out := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				out[name.Name] = "`" + strings.Trim(lit.Value, `"`) + "`"
			}
		}
		return true
	})
	return out
}

// speak replaces constants' Go names by their texts, which is how readers of
// the list know them.
func speak(comment string, named map[string]string) string {
	return regexp.MustCompile(`\w+`).ReplaceAllStringFunc(comment, func(word string) string {
		if text, ok := named[word]; ok {
			return text
		}
		return word
	})
}

// writeRow writes a constant that has a text.
func writeRow(b *strings.Builder, spec *ast.ValueSpec, named map[string]string) {
	for _, name := range spec.Names {
		if named[name.Name] == "" {
			continue
		}
		meaning := speak(strings.Join(strings.Fields(spec.Doc.Text()), " "), named)
		fmt.Fprintf(b, "| %s | %s |\n", named[name.Name], strings.ReplaceAll(meaning, "|", "\\|"))
	}
}
