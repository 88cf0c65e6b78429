package storetest

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

func feedCases() []namedCase {
	return []namedCase{
		{"every application of a part marks its session", everyPartMarks},
		{"a late part marks its session again, behind every cursor", latePart},
		{"marks are read in pages", marksInPages},
		{"a mark is seen after its part, and none appears before one that was seen", marksFollowParts},
		{"a cursor only moves forward", cursorForward},
	}
}

func everyPartMarks(t *testing.T, s store.Store) {
	a, b := session("a"), session("b")
	p := position{}
	apply(t, s, &store.Facts{Parts: []store.Part{part(fact(a, 1, 1)), part(fact(b, 1, 1)), part(fact(a, 2, 1))}})
	marks := newMarks(t, s, p, 10)
	counts := marked(marks)
	assert.NotZero(t, counts[a])
	assert.NotZero(t, counts[b])
	assert.Len(t, counts, 2)
	for _, m := range marks {
		assert.Positive(t, m.At)
	}
	apply(t, s, &store.Facts{Chunks: []store.Chunk{chunk(fact(a, 3, 1))}})
	assert.Empty(t, newMarks(t, s, p, 10), "a chunk alone changes no session")
	apply(t, s, upload(fact(b, 2, 1)))
	counts = marked(newMarks(t, s, p, 10))
	assert.NotZero(t, counts[b])
	assert.Len(t, counts, 1)
}

func latePart(t *testing.T, s store.Store) {
	key := session("s")
	p := position{}
	apply(t, s, upload(fact(key, 7, 1)))
	newMarks(t, s, p, 10)
	for shard, seq := range p {
		require.NoError(t, s.MoveCursor(t.Context(), "derive/0", shard, store.Cursor{Seq: seq, Until: 1}))
	}
	putHeads(t, s, head(key, hour, 1, "one part"))
	apply(t, s, upload(fact(key, 3, 1)))
	for shard := range p {
		c, err := s.Cursor(t.Context(), "derive/0", shard)
		require.NoError(t, err)
		p[shard] = c.Seq
	}
	assert.NotZero(t, marked(newMarks(t, s, p, 10))[key])
	assert.Equal(t, []store.Part{part(fact(key, 3, 1)), part(fact(key, 7, 1))}, parts(t, s, key))
}

func marksInPages(t *testing.T, s store.Store) {
	const sessions = 25
	for i := range sessions {
		apply(t, s, upload(fact(session(strconv.Itoa(i)), 1, 1)))
	}
	whole := newMarks(t, s, position{}, 1000)
	require.Len(t, marked(whole), sessions)
	for _, limit := range []int{1, 2, 7, 25} {
		require.Equal(t, whole, newMarks(t, s, position{}, limit))
	}
	for shard := range int16(shards) {
		require.Empty(t, collect(t, s.Marks(t.Context(), shard, 0, 0)))
		require.Empty(t, collect(t, s.Marks(t.Context(), shard, 1<<62, 10)))
	}
}

// marksFollowParts applies facts from several goroutines while another one
// reads the feed by its cursor. Each mark's part must be there when the mark is
// seen, and at the end no mark may have appeared behind the cursor.
func marksFollowParts(t *testing.T, s store.Store) {
	const writers, each = 8, 40
	var left atomic.Int32
	left.Store(writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			defer left.Add(-1)
			for i := range each {
				key := session(fmt.Sprintf("%d/%d", w, i))
				assert.NoError(t, s.Apply(t.Context(), upload(fact(key, 1, 1))))
			}
		})
	}
	p, seen := position{}, map[store.SessionKey]int{}
	for done := false; !done; {
		done = left.Load() == 0
		for _, m := range newMarks(t, s, p, 16) {
			seen[m.SessionKey]++
			require.Len(t, parts(t, s, m.SessionKey), 1, "a mark without its part")
		}
	}
	wg.Wait()
	assert.Len(t, seen, writers*each, "every session was seen by the cursor")
	assert.Equal(t, marked(newMarks(t, s, position{}, 1000)), seen)
}

func cursorForward(t *testing.T, s store.Store) {
	const reader = "derive/0"
	cursor := func(reader string, shard int16) store.Cursor {
		c, err := s.Cursor(t.Context(), reader, shard)
		require.NoError(t, err)
		return c
	}
	move := func(reader string, shard int16, seq, until int64) {
		require.NoError(t, s.MoveCursor(t.Context(), reader, shard, store.Cursor{Seq: seq, Until: until}))
	}
	assert.Zero(t, cursor(reader, 0))
	for _, step := range []struct{ seq, until, wantSeq, wantUntil int64 }{
		{5, 50, 5, 50},
		{4, 90, 5, 50},
		{5, 50, 5, 50},
		{5, 49, 5, 50},
		{5, 60, 5, 60},
		{6, 10, 6, 10},
		{5, 70, 6, 10},
	} {
		move(reader, 0, step.seq, step.until)
		require.Equal(t, store.Cursor{Seq: step.wantSeq, Until: step.wantUntil}, cursor(reader, 0))
	}
	move(reader, 1, 2, 20)
	move("derive/1", 0, 3, 30)
	assert.Equal(t, store.Cursor{Seq: 6, Until: 10}, cursor(reader, 0))
	assert.Equal(t, store.Cursor{Seq: 2, Until: 20}, cursor(reader, 1))
	assert.Equal(t, store.Cursor{Seq: 3, Until: 30}, cursor("derive/1", 0))
	assert.Zero(t, cursor("derive/1", 1))
}
