package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/uxscore"
)

// slowStart is the canonical upload of a session with a cold start of 3.2 s,
// worked example 9 of the score.
const slowStart = `{"resourceSpans":[{"resource":{"attributes":[
 {"key":"mobile.upload.id","value":{"stringValue":"000102030405060708090a0b0c0d0e0f"}},{"key":"mobile.upload.records","value":{"intValue":"1"}}]},
 "scopeSpans":[{"spans":[{"name":"app.start","startTimeUnixNano":"1780000000000000000","endTimeUnixNano":"1780000003200000000",
 "attributes":[{"key":"session.id","value":{"stringValue":"s"}},{"key":"start.type","value":{"stringValue":"cold"}}]}]}]}]}`

func TestScoreOfAFile(t *testing.T) {
	for name, in := range map[string]string{"once": slowStart, "the same upload twice": slowStart + "\n" + slowStart, "after an empty request": "{}\n" + slowStart} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, score(strings.NewReader(in), &out, uxscore.NewRules(uxscore.Default())))
			assert.JSONEq(t, `{"session":"s","score":59,"class":"tolerating","coverage":0.2,"points":{"start":41},"events":1}`, out.String())
		})
	}
}

func TestScoreRefusesWhatIsNoOTLP(t *testing.T) {
	for _, in := range []string{`{"resource_logs":[]}`, "hello", "[1]"} {
		require.Error(t, score(strings.NewReader(in), &bytes.Buffer{}, uxscore.NewRules(uxscore.Default())), in)
	}
}
