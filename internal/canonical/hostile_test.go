package canonical

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-mobile/otelcol-mobile/internal/mobile"
	"github.com/otelcol-mobile/otelcol-mobile/internal/session"
)

// One small upload must not become a large one in the store.
func TestAnUploadStaysAboutAsLargeAsItCame(t *testing.T) {
	sessions := make([]string, 2000)
	for i := range sessions {
		sessions[i] = fmt.Sprint("s", i)
	}
	ld, records := logs(2000, sessions...)
	res := ld.ResourceLogs().At(0).Resource().Attributes()
	for i := range 200 {
		res.PutStr(fmt.Sprint("filler", i), strings.Repeat(strconv.Itoa(i), 400))
	}
	for _, lr := range records {
		lr.SetEventName(mobile.EventCrash)
		lr.Attributes().PutStr(mobile.AttrGroupVersion, "f1")
		lr.Attributes().PutStr(mobile.AttrGroupFine, uploadID)
	}
	f, c := make1(t, ld)
	assert.EqualValues(t, 2000, c.Stored, "nothing is lost")
	assert.EqualValues(t, 1, c.Trimmed)
	assert.EqualValues(t, 2000-maxShares, c.Crowded)
	assert.Len(t, f.Parts, maxShares+1)
	size := 0
	for _, chunk := range f.Chunks {
		size += len(chunk.Payload)
	}
	for _, crash := range f.Crashes {
		size += len(crash.Body)
	}
	assert.Less(t, size, 4<<20)
	assert.True(t, session.IsImplicit(f.Parts[maxShares].Session))
}

func TestOnlyRealCurrenciesAreMoney(t *testing.T) {
	for code, want := range map[string]bool{"EUR": true, "USD": true, "AAA": false, "eur": false, "": false, "EURO": false} {
		assert.Equal(t, want, isCurrency(code), code)
	}
}
