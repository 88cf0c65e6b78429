package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	crashDoc = `{"resourceLogs":[{"scopeLogs":[{"scope":{"name":"io.opentelemetry.crash"},"logRecords":[{"observedTimeUnixNano":"1787227421512340117","eventName":"device.crash"}]}]}]}`
	spanDoc  = `{"resourceSpans":[{"scopeSpans":[{"spans":[
{"name":"AppStart","startTimeUnixNano":"1787227421512340117","endTimeUnixNano":"1787227421512340118"},
{"name":"device.crash","startTimeUnixNano":"1787227421512340117","endTimeUnixNano":"1787227421512340118"}]}]}]}`
	arrivalFlag = "--arrival=2026-08-20T13:00:00Z"
)

// runNormalize executes the command and returns its output's lines.
func runNormalize(t *testing.T, stdin string, args ...string) (lines []string, messages string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := newNormalizeCommand()
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.Execute()
	text := strings.TrimSuffix(out.String(), "\n")
	if text != "" {
		lines = strings.Split(text, "\n")
	}
	return lines, errs.String(), err
}

func TestNormalizeWritesLogsThenTraces(t *testing.T) {
	lines, _, err := runNormalize(t, spanDoc, arrivalFlag, "-")
	require.NoError(t, err)
	require.Len(t, lines, 2)
	ld, err := new(plog.JSONUnmarshaler).UnmarshalLogs([]byte(lines[0]))
	require.NoError(t, err)
	assert.Equal(t, "app.crash", ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).EventName())
	td, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces([]byte(lines[1]))
	require.NoError(t, err)
	assert.Equal(t, "app.start", td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Name())
}

func TestNormalizeOfAFileIsAFunction(t *testing.T) {
	file := filepath.Join(t.TempDir(), "crash.json")
	require.NoError(t, os.WriteFile(file, []byte(crashDoc), 0o600))
	first, messages, err := runNormalize(t, "", arrivalFlag, file)
	require.NoError(t, err)
	require.Len(t, first, 1, "no spans, no second line")
	assert.Equal(t, "noted 1: time_observed\n", messages)
	second, _, err := runNormalize(t, crashDoc, arrivalFlag, "-")
	require.NoError(t, err)
	assert.Equal(t, first, second)
}

func TestNormalizeRefusesOtherInput(t *testing.T) {
	tests := map[string]struct {
		stdin string
		args  []string
		want  string
	}{
		"no JSON":     {stdin: "x", args: []string{"-"}, want: "read JSON"},
		"other JSON":  {stdin: `{"resourceMetrics":[]}`, args: []string{"-"}, want: errNoOTLP.Error()},
		"broken OTLP": {stdin: `{"resourceLogs":5}`, args: []string{"-"}, want: "read logs"},
		"no file":     {args: []string{filepath.Join("no", "such", "file")}, want: "read payload"},
		"bad time":    {args: []string{"--arrival=today", "-"}, want: `--arrival "today"`},
		"no argument": {want: "accepts 1 arg"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			lines, _, err := runNormalize(t, tt.stdin, tt.args...)
			require.ErrorContains(t, err, tt.want)
			assert.Empty(t, lines)
		})
	}
}
