package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fingerprints runs the fingerprint command.
func fingerprints(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	cmd := newFingerprintCommand()
	out := new(bytes.Buffer)
	cmd.SetIn(strings.NewReader(input))
	cmd.SetOut(out)
	cmd.SetErr(new(bytes.Buffer))
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

const labelledEvents = `{"id":"a","platform":"jvm","type":"x.Boom","message":null,"frames":[{"module":"x.Y","function":"z","file":"Y.java","line":3}],"raw":"x.Boom\n\tat x.Y.z(Y.java:4)"}
{"id":"b","platform":"jvm","type":"x.Boom","frames":[{"module":"x.Other","function":"z","file":null,"line":null}],"raw":"x.Boom\n\tat x.Y.z(Y.java:9)"}

{"id":"c","platform":"apple","type":"SIGSEGV","frames":[{"module":"Shop","function":"f"}],"exceptions":[{"type":"SIGSEGV","frames":[{"module":"Shop","function":"f"}]}],"raw":"in the kitchen"}
`

func TestFingerprintCommand(t *testing.T) {
	groups := func(t *testing.T, args ...string) map[string]string {
		t.Helper()
		out, err := fingerprints(t, labelledEvents, args...)
		require.NoError(t, err)
		got := map[string]string{}
		var order []string
		for line := range strings.Lines(out) {
			id, group, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			require.True(t, ok)
			require.Len(t, group, 32)
			got[id] = group
			order = append(order, id)
		}
		assert.Equal(t, []string{"a", "b", "c"}, order)
		return got
	}
	raw, frames := groups(t), groups(t, "--from", "frames")
	assert.Equal(t, raw["a"], raw["b"])
	assert.NotEqual(t, frames["a"], frames["b"])
	assert.Equal(t, raw["a"], frames["a"])
	assert.Equal(t, frames["c"], raw["c"], "a text that cannot be parsed gives way to the frames")
	assert.NotEqual(t, frames["c"], groups(t, "--from", "raw")["c"])
	assert.NotEqual(t, raw["a"], groups(t, "--level", "coarse")["a"])
}

func TestFingerprintCommandExplains(t *testing.T) {
	out, err := fingerprints(t, labelledEvents, "--explain")
	require.NoError(t, err)
	first, _, _ := strings.Cut(out, "\n")
	var got explanation
	require.NoError(t, json.Unmarshal([]byte(first), &got))
	assert.Equal(t, got.Fine, got.Group)
	assert.Equal(t, "Boom", got.Title)
	assert.Equal(t, []explanationFrame{{Token: "x.Y|z", Class: "app", Fine: true, Coarse: true}}, got.Frames)
}

func TestFingerprintCommandRefuses(t *testing.T) {
	tests := map[string]struct {
		input string
		args  []string
		want  string
		usage bool
	}{
		"linked, for now":  {"", []string{"--level", "linked"}, "not supported yet", true},
		"another level":    {"", []string{"--level", "best"}, "--level must be fine or coarse", true},
		"another source":   {"", []string{"--from", "heart"}, "--from must be raw or frames", true},
		"broken JSON":      {`{"id":"a"}` + "\n{", nil, "line 2", false},
		"a nameless event": {`{"raw":"x"}`, nil, "the event has no id", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := fingerprints(t, tt.input, tt.args...)
			require.ErrorContains(t, err, tt.want)
			assert.Equal(t, tt.usage, errors.As(err, new(usageError)))
		})
	}
}
