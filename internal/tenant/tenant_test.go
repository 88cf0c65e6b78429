package tenant

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const small = `
tenants:
  - id: acme
    name: Acme Ltd
    apps:
      - id: shop
        name: Shop
        keys: [mk_secret_shop_1, mk_secret_shop_2]
      - id: bank
        keys: ["%s"]
    tokens: [mt_secret_acme]
  - id: globex
    apps: [{id: shop, keys: [mk_secret_globex]}]
`

func parseSmall(t *testing.T) *Registry {
	t.Helper()
	reg, err := Parse(fmt.Appendf(nil, small, Hash("mk_secret_bank")))
	require.NoError(t, err)
	return reg
}

func TestLookup(t *testing.T) {
	reg := parseSmall(t)
	tests := map[string]struct {
		secret string
		want   *Identity
	}{
		"first key of an app":               {"mk_secret_shop_1", &Identity{Kind: KindApp, Tenant: "acme", App: "shop"}},
		"second key of an app":              {"mk_secret_shop_2", &Identity{Kind: KindApp, Tenant: "acme", App: "shop"}},
		"key given as its hash":             {"mk_secret_bank", &Identity{Kind: KindApp, Tenant: "acme", App: "bank"}},
		"same app id at another tenant":     {"mk_secret_globex", &Identity{Kind: KindApp, Tenant: "globex", App: "shop"}},
		"token of a tenant":                 {"mt_secret_acme", &Identity{Kind: KindAPI, Tenant: "acme", Apps: []string{"shop", "bank"}}},
		"unknown":                           {"mk_secret_shop_3", nil},
		"empty":                             {"", nil},
		"the hash itself is no key":         {Hash("mk_secret_bank"), nil},
		"hex digits of the hash are no key": {strings.TrimPrefix(Hash("mk_secret_bank"), hashPrefix), nil},
		"part of a key":                     {"mk_secret_shop_", nil},
		"key with a blank":                  {"mk_secret_shop_1 ", nil},
		"key in capitals":                   {"MK_SECRET_SHOP_1", nil},
		"far too long":                      {strings.Repeat("x", 1<<20), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := reg.Lookup(tt.secret)
			assert.Equal(t, tt.want != nil, ok)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestTenantsAreListedInOrderAndCopied(t *testing.T) {
	reg := parseSmall(t)
	want := []Tenant{
		{ID: "acme", Name: "Acme Ltd", Apps: []App{{"shop", "Shop"}, {"bank", "bank"}}},
		{ID: "globex", Name: "globex", Apps: []App{{"shop", "shop"}}},
	}
	got := reg.Tenants()
	assert.Equal(t, want, got)
	assert.Equal(t, 5, reg.Keys())
	assert.False(t, reg.Demo())
	got[0].Apps[0].ID = "changed"
	assert.Equal(t, want, reg.Tenants())
}

func TestLookupOfAKnownKeyAllocatesNothing(t *testing.T) {
	reg := parseSmall(t)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = reg.Lookup("mk_secret_shop_1") }))
}

func TestParseNamesTheMistake(t *testing.T) {
	const id63 = "a23456789012345678901234567890123456789012345678901234567890123"
	tests := map[string]struct {
		doc  string
		want []string // none: valid
	}{
		"nothing":                  {"", []string{"it is empty"}},
		"comment only":             {"# none\n", []string{"it is empty"}},
		"no YAML":                  {"tenants: [\n", []string{"it is not YAML (line"}},
		"two documents":            {"tenants: [{id: a}]\n---\ntenants: [{id: b}]\n", []string{"one YAML document"}},
		"null":                     {"~\n", []string{"the document (line 1) must be a map"}},
		"a list":                   {"- a\n", []string{"the document (line 1) must be a map"}},
		"no tenants":               {"demo: true\n", []string{"tenants (line 1) must name at least one"}},
		"empty tenants":            {"tenants: []\n", []string{"tenants (line 1) must name at least one"}},
		"tenants no list":          {"tenants: {id: a}\n", []string{"tenants (line 1) must be a list"}},
		"demo no bool":             {"demo: yess\ntenants: [{id: a}]\n", []string{"demo (line 1) must be true or false"}},
		"demo a list":              {"demo: []\ntenants: [{id: a}]\n", []string{"demo (line 1) must be true or false"}},
		"tenant without app":       {"tenants: [{id: a}]\n", nil},
		"app without key":          {"tenants: [{id: a, apps: [{id: b}]}]\n", nil},
		"longest id":               {"tenants: [{id: " + id63 + "}]\n", nil},
		"id of digits":             {"tenants: [{id: 007}]\n", nil},
		"too long id":              {"tenants: [{id: " + id63 + "4}]\n", []string{"tenants[0].id (line 1) must be 1 to 63"}},
		"id with capital":          {"tenants: [{id: Acme}]\n", []string{"tenants[0].id (line 1)"}},
		"id with path":             {"tenants: [{id: ../a}]\n", []string{"tenants[0].id (line 1)"}},
		"id begins with hyphen":    {"tenants: [{id: -a}]\n", []string{"tenants[0].id (line 1)"}},
		"id missing":               {"tenants:\n  - name: A\n", []string{"tenants[0].id (line 2) is missing"}},
		"id a map":                 {"tenants: [{id: {a: b}}]\n", []string{"tenants[0].id (line 1)"}},
		"tenant twice":             {"tenants: [{id: a}, {id: a}]\n", []string{"tenants[1].id (line 1) is used twice"}},
		"app twice":                {"tenants: [{id: a, apps: [{id: b}, {id: b}]}]\n", []string{"tenants[0].apps[1].id (line 1) is used twice"}},
		"same app of two tenants":  {"tenants: [{id: a, apps: [{id: b}]}, {id: c, apps: [{id: b}]}]\n", nil},
		"entry twice":              {"tenants: [{id: a, id: b}]\n", []string{"has id twice"}},
		"name too long":            {"tenants: [{id: a, name: " + strings.Repeat("n", 121) + "}]\n", []string{"tenants[0].name (line 1)"}},
		"name with control":        {"tenants: [{id: a, name: \"a\\u0007\"}]\n", []string{"tenants[0].name (line 1)"}},
		"anchor and alias":         {"tenants: [&t {id: a}, *t]\n", []string{"tenants[1] (line 1) must be a map"}},
		"unknown entry":            {"tenants: [{id: a, quota: 3}]\n", []string{"tenants[0] (line 1) has an unknown entry"}},
		"key too short":            {"tenants: [{id: a, tokens: [short]}]\n", []string{"tenants[0].tokens[0] (line 1) must be 8 to 256"}},
		"key with blank":           {"tenants: [{id: a, tokens: [\"mt_with blank\"]}]\n", []string{"tenants[0].tokens[0] (line 1)"}},
		"key null":                 {"tenants: [{id: a, tokens: [~]}]\n", []string{"tenants[0].tokens[0] (line 1) must be a text"}},
		"keys no list":             {"tenants: [{id: a, apps: [{id: b, keys: mk_secret_1}]}]\n", []string{"tenants[0].apps[0].keys (line 1) must be a list"}},
		"token among keys":         {"tenants: [{id: a, apps: [{id: b, keys: [mt_secret_1]}]}]\n", []string{"tenants[0].apps[0].keys[0] (line 1) is an API token"}},
		"key among tokens":         {"tenants: [{id: a, tokens: [mk_secret_1]}]\n", []string{"tenants[0].tokens[0] (line 1) is an app key"}},
		"hash too short":           {"tenants: [{id: a, tokens: [\"sha256:abcd\"]}]\n", []string{"tenants[0].tokens[0] (line 1) must have 64 hex digits"}},
		"hash no hex":              {"tenants: [{id: a, tokens: [\"sha256:" + strings.Repeat("zz", 32) + "\"]}]\n", []string{"must have 64 hex digits"}},
		"key twice":                {"tenants: [{id: a, tokens: [mt_secret_1, mt_secret_1]}]\n", []string{"tenants[0].tokens[1] (line 1) is the same as tenants[0].tokens[0]"}},
		"key and its hash":         {"tenants: [{id: a, tokens: [mt_secret_1, \"" + Hash("mt_secret_1") + "\"]}]\n", []string{"tenants[0].tokens[1] (line 1) is the same as"}},
		"several mistakes":         {"demo: 3\ntenants: [{id: A}, {name: b}]\n", []string{"demo (line 1)", "tenants[0].id", "tenants[1].id"}},
		"invalid UTF-8":            {"tenants: [{id: a, name: \"\xff\"}]\n", []string{"it is not YAML"}},
		"undefined alias":          {"tenants: [{id: a, tokens: [*mt_secret_alias]}]\n", []string{"it is not YAML"}},
		"secret in place of entry": {"tenants: [{id: a, mt_secret_entry}]\n", []string{"tenants[0] (line 1) has an unknown entry"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			reg, err := Parse([]byte(tt.doc))
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrInvalid)
			assert.Nil(t, reg)
			for _, text := range tt.want {
				require.ErrorContains(t, err, text)
			}
			assert.NotContains(t, err.Error(), "secret", "an error must not repeat a key")
		})
	}
}

func TestParseNamesAtMostTwentyMistakes(t *testing.T) {
	_, err := Parse([]byte("tenants: [" + strings.Repeat("{id: A},", 50) + "]"))
	require.ErrorIs(t, err, ErrInvalid)
	assert.Equal(t, 20, strings.Count(err.Error(), "tenants["))
	assert.ErrorContains(t, err, "and 30 more")
}

func TestParseRefusesAHugeDocument(t *testing.T) {
	_, err := Parse(make([]byte, MaxBytes+1))
	require.ErrorIs(t, err, ErrInvalid)
	assert.ErrorContains(t, err, "bytes, more than")
}

func TestHintSaysNothingButWhichKey(t *testing.T) {
	sum := sha256.Sum256([]byte("mk_secret_shop_1"))
	assert.Equal(t, hex.EncodeToString(sum[:4]), Hint("mk_secret_shop_1"))
	assert.NotEqual(t, Hint("mk_secret_shop_1"), Hint("mk_secret_shop_2"))
}

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"a": true, "0": true, "a-b_c9": true, "": false, "_a": false, "-a": false, "A": false, "a.b": false, "a b": false,
		"é": false, "a\x00": false, strings.Repeat("a", 63): true, strings.Repeat("a", 64): false,
	} {
		assert.Equal(t, want, ValidID(id), "%q", id)
	}
}

// FuzzParse holds every registry that Parse accepts to its promises: valid,
// distinct ids, and identities that name tenants and apps of the registry.
func FuzzParse(f *testing.F) {
	f.Add(fmt.Appendf(nil, small, Hash("mk_secret_bank")))
	f.Add([]byte("demo: true\ntenants: [{id: a, apps: [{id: b, keys: [mk_secret_1]}], tokens: [mt_secret_1]}]"))
	f.Add([]byte("tenants: [&t {id: a}, *t]"))
	f.Add([]byte("tenants:\n- id: a\n  <<: {id: b}\n"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		reg, err := Parse(doc)
		if err != nil {
			require.ErrorIs(t, err, ErrInvalid)
			require.Nil(t, reg)
			return
		}
		apps := map[string]map[string]bool{}
		for _, tn := range reg.Tenants() {
			require.True(t, ValidID(tn.ID))
			require.NotContains(t, apps, tn.ID)
			apps[tn.ID] = map[string]bool{}
			for _, a := range tn.Apps {
				require.True(t, ValidID(a.ID))
				require.NotContains(t, apps[tn.ID], a.ID)
				apps[tn.ID][a.ID] = true
			}
		}
		require.NotEmpty(t, apps)
		for _, id := range reg.keys {
			require.Contains(t, apps, id.Tenant)
			require.Equal(t, id.Kind == KindApp, apps[id.Tenant][id.App])
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	var doc strings.Builder
	doc.WriteString("tenants:\n")
	for i := range 300 {
		fmt.Fprintf(&doc, "- id: t%d\n  apps:\n", i)
		for k := range 77 {
			fmt.Fprintf(&doc, "  - {id: a%d, keys: [mk_bench_%d_%d]}\n", k, i, k)
		}
	}
	reg, err := Parse([]byte(doc.String()))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = reg.Lookup("mk_bench_123_45")
	}
}
