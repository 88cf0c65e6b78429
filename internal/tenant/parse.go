package tenant

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	// MaxBytes is the size of the largest registry that Parse reads.
	MaxBytes = 16 << 20
	// maxProblems is how many mistakes one error names.
	maxProblems = 20
	// maxNameRunes is the length of the longest display name.
	maxNameRunes = 120
)

// ErrInvalid is what every error of Parse wraps.
var ErrInvalid = errors.New("registry is not valid")

// Parse reads a registry from YAML:
//
//	demo: true                 # optional: the keys are published
//	tenants:
//	  - id: acme
//	    name: Acme             # optional
//	    apps:
//	      - id: shop
//	        name: Shop         # optional
//	        keys: [mk_..., "sha256:..."]
//	    tokens: [mt_...]
//
// A key or token is given plain, as 8 to 256 printable ASCII characters without
// blanks, or as "sha256:" and the 64 hex digits of its hash. All of them differ.
// A tenant may have no app yet, an app no key any more.
//
// The error names every mistake (up to a limit) by its place in the document,
// such as tenants[0].apps[1].id, and never repeats a value, for it may be a
// secret in the wrong place.
func Parse(doc []byte) (*Registry, error) {
	root, err := decode(doc)
	if err != nil {
		return nil, err
	}
	p := &parser{reg: &Registry{keys: map[digest]*Identity{}}, places: map[digest]string{}}
	p.registry(root)
	if err := p.err(); err != nil {
		return nil, err
	}
	return p.reg, nil
}

// decode returns the root of the one document that there must be. The YAML
// library's own messages may quote the document, so only their line is kept.
func decode(doc []byte) (*yaml.Node, error) {
	if len(doc) > MaxBytes {
		return nil, fmt.Errorf("%w: it has %d bytes, more than %d", ErrInvalid, len(doc), MaxBytes)
	}
	dec := yaml.NewDecoder(bytes.NewReader(doc))
	var first, second yaml.Node
	err := dec.Decode(&first)
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it is empty", ErrInvalid)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: it is not YAML%s", ErrInvalid, lineOf(err))
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it must be one YAML document", ErrInvalid)
	}
	if len(first.Content) != 1 {
		return nil, fmt.Errorf("%w: it is empty", ErrInvalid)
	}
	return first.Content[0], nil
}

// lineOf returns " (line N)" if an error of the YAML library names a line.
func lineOf(err error) string {
	if line := regexp.MustCompile(`line \d+`).FindString(err.Error()); line != "" {
		return " (" + line + ")"
	}
	return ""
}

// parser collects a registry and what is wrong with it.
type parser struct {
	reg *Registry
	// places is where each key stands, to name both places of a double one.
	places   map[digest]string
	problems []error
	more     int
}

// fail notes a mistake in a place of the document.
func (p *parser) fail(n *yaml.Node, path, format string, args ...any) {
	if len(p.problems) >= maxProblems {
		p.more++
		return
	}
	p.problems = append(p.problems, fmt.Errorf("%s (line %d) %s", path, n.Line, fmt.Sprintf(format, args...)))
}

func (p *parser) err() error {
	if len(p.problems) == 0 {
		return nil
	}
	all := append([]error{ErrInvalid}, p.problems...)
	if p.more > 0 {
		all = append(all, fmt.Errorf("and %d more", p.more))
	}
	return errors.Join(all...)
}

func (p *parser) registry(root *yaml.Node) {
	fields := p.fields(root, "", "demo", "tenants")
	if fields == nil {
		return
	}
	if demo := fields["demo"]; demo != nil {
		if demo.Kind != yaml.ScalarNode || demo.ShortTag() != "!!bool" || demo.Decode(&p.reg.demo) != nil {
			p.fail(demo, "demo", "must be true or false")
		}
	}
	tenants := p.list(fields["tenants"], "tenants")
	if len(tenants) == 0 && len(p.problems) == 0 {
		p.fail(root, "tenants", "must name at least one tenant")
	}
	seen := map[string]bool{}
	for i, n := range tenants {
		p.tenant(n, at("tenants", i), seen)
	}
}

func (p *parser) tenant(n *yaml.Node, path string, seen map[string]bool) {
	fields := p.fields(n, path, "id", "name", "apps", "tokens")
	if fields == nil {
		return
	}
	t := Tenant{ID: p.id(n, fields["id"], path, seen)}
	t.Name = p.name(fields["name"], path+".name", t.ID)
	ids := []string{}
	seenApps := map[string]bool{}
	for i, a := range p.list(fields["apps"], path+".apps") {
		if app, ok := p.app(a, at(path+".apps", i), t.ID, seenApps); ok {
			t.Apps = append(t.Apps, app)
			ids = append(ids, app.ID)
		}
	}
	p.secrets(fields["tokens"], path+".tokens", &Identity{Kind: KindAPI, Tenant: t.ID, Apps: ids})
	p.reg.tenants = append(p.reg.tenants, t)
}

func (p *parser) app(n *yaml.Node, path, tenant string, seen map[string]bool) (App, bool) {
	fields := p.fields(n, path, "id", "name", "keys")
	if fields == nil {
		return App{}, false
	}
	a := App{ID: p.id(n, fields["id"], path, seen)}
	a.Name = p.name(fields["name"], path+".name", a.ID)
	p.secrets(fields["keys"], path+".keys", &Identity{Kind: KindApp, Tenant: tenant, App: a.ID})
	return a, true
}

// fields returns the entries of a map that has no others than the allowed
// ones, or nil if it is no map.
func (p *parser) fields(n *yaml.Node, path string, allowed ...string) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		p.fail(n, orRoot(path), "must be a map of %q", allowed)
		return nil
	}
	found := make(map[string]*yaml.Node, len(allowed))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field := ""
		for _, a := range allowed {
			if key.Kind == yaml.ScalarNode && key.Value == a {
				field = a
			}
		}
		switch {
		case field == "":
			// The unknown name is not repeated: it may be a key that slipped.
			p.fail(key, orRoot(path), "has an unknown entry; there may be %q", allowed)
		case found[field] != nil:
			p.fail(key, orRoot(path), "has %s twice", field)
		default:
			found[field] = value
		}
	}
	return found
}

// list returns the items of a list; an absent or empty value has none.
func (p *parser) list(n *yaml.Node, path string) []*yaml.Node {
	switch {
	case n == nil || isNull(n):
		return nil
	case n.Kind != yaml.SequenceNode:
		p.fail(n, path, "must be a list")
		return nil
	default:
		return n.Content
	}
}

// id reads the id of a tenant or app, which no other in seen may have.
func (p *parser) id(parent, n *yaml.Node, path string, seen map[string]bool) string {
	if n == nil || isNull(n) {
		p.fail(parent, path+".id", "is missing")
		return ""
	}
	if n.Kind != yaml.ScalarNode || !ValidID(n.Value) {
		p.fail(n, path+".id", "must be 1 to %d characters of a-z, 0-9, _ and -, beginning with a letter or digit", maxIDBytes)
		return ""
	}
	if seen[n.Value] {
		p.fail(n, path+".id", "is used twice")
	}
	seen[n.Value] = true
	return n.Value
}

// name reads a display name.
func (p *parser) name(n *yaml.Node, path, fallback string) string {
	if n == nil || isNull(n) {
		return fallback
	}
	if n.Kind != yaml.ScalarNode || !validName(n.Value) {
		p.fail(n, path, "must be a text of 1 to %d printable characters", maxNameRunes)
		return fallback
	}
	return n.Value
}

func validName(name string) bool {
	if name == "" || utf8.RuneCountInString(name) > maxNameRunes {
		return false
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// secrets reads the keys of an app or the tokens of a tenant.
func (p *parser) secrets(n *yaml.Node, path string, id *Identity) {
	for i, item := range p.list(n, path) {
		place := at(path, i)
		sum, problem := parseSecret(item, id.Kind)
		if problem != "" {
			p.fail(item, place, "%s", problem)
			continue
		}
		if other, twice := p.places[sum]; twice {
			p.fail(item, place, "is the same as %s", other)
			continue
		}
		p.places[sum] = place
		p.reg.keys[sum] = id
	}
}

func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func orRoot(path string) string {
	if path == "" {
		return "the document"
	}
	return path
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
