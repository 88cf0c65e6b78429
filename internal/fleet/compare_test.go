package fleet

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCompare(t *testing.T) {
	tests := map[string]struct {
		truth, got string
		want       []string
	}{
		"equal":                   {`{"a":[1,"x",true,null]}`, `{"a":[1,"x",true,null]}`, nil},
		"more than is asked for":  {`{"a":1}`, `{"a":1,"b":2}`, nil},
		"a number":                {`{"a":{"b":1}}`, `{"a":{"b":2}}`, []string{"a.b: want 1, got 2"}},
		"rounding":                {`0.3333333333333333`, `0.33333333333333337`, nil},
		"just too far":            {`1`, `1.00000001`, []string{": want 1, got 1.00000001"}},
		"zero":                    {`0`, `0.0000000000001`, []string{": want 0, got 1e-13"}},
		"missing":                 {`{"a":1}`, `{}`, []string{"a: want 1, got null"}},
		"null is not missing":     {`{"a":null}`, `{}`, []string{"a: want null, got null"}},
		"null is not zero":        {`{"a":null}`, `{"a":0}`, []string{"a: want null, got 0"}},
		"length":                  {`[1,2]`, `[1]`, []string{".length: want 2, got 1"}},
		"order":                   {`[1,2]`, `[2,1]`, []string{"[0]: want 1, got 2", "[1]: want 2, got 1"}},
		"type":                    {`{"a":"1"}`, `{"a":1}`, []string{`a: want "1", got 1`}},
		"no list":                 {`[1]`, `{"0":1}`, []string{`: want [1], got {"0":1}`}},
		"the same instant":        {`"2026-08-21T10:00:00Z"`, `"2026-08-21T10:00:00.000Z"`, nil},
		"another instant":         {`"2026-08-21T10:00:00Z"`, `"2026-08-21T10:00:01Z"`, []string{`: want "2026-08-21T10:00:00Z", got "2026-08-21T10:00:01Z"`}},
		"deep in lists of fields": {`{"items":[{"a":1},{"a":2}]}`, `{"items":[{"a":1},{"a":3}]}`, []string{"items[1].a: want 2, got 3"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			found := Compare(json.RawMessage(tt.truth), json.RawMessage(tt.got))
			require.Len(t, found, len(tt.want))
			for i, d := range found {
				assert.Equal(t, tt.want[i], d.String())
			}
		})
	}
}

func TestCompareTakesGoValues(t *testing.T) {
	assert.Empty(t, Compare(map[string]any{"n": int64(3)}, struct {
		N int `json:"n"`
	}{3}))
	require.Len(t, Compare(func() {}, 1), 1, "what is no JSON differs")
}

func TestTruthEqualsItselfOnly(t *testing.T) {
	paths := newPlan(t, Options{Seed: 1, Days: 2, Devices: 20}).Truth().Tenants["acme"].Paths
	other := newPlan(t, Options{Seed: 2, Days: 2, Devices: 20}).Truth().Tenants["acme"].Paths
	different := 0
	for path, doc := range paths {
		assert.Empty(t, Compare(doc, doc))
		if len(Compare(doc, other[path])) > 0 {
			different++
		}
	}
	assert.Greater(t, different, len(paths)/2)
}
