package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

const (
	// barAfter is how long something runs before it gets a bar.
	barAfter = time.Second
	// barEvery is how often the bar is drawn.
	barEvery = 100 * time.Millisecond
	barWidth = 30
)

// progressBar shows on a terminal how far something long has come. Elsewhere
// it shows nothing. It is not safe for concurrent use.
type progressBar struct {
	out   io.Writer
	what  string
	now   func() time.Time
	begin time.Time
	drawn time.Time
}

// newProgressBar returns a bar that begins now. A nil bar, which is returned
// where out is no terminal, draws nothing.
func newProgressBar(out io.Writer, what string) *progressBar {
	if !isTerminal(out) {
		return nil
	}
	return &progressBar{out: out, what: what, now: time.Now, begin: time.Now()}
}

// isTerminal says whether a person watches what is written.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// update draws the bar if it is time to; done is out of total.
func (b *progressBar) update(done, total int) {
	if b == nil || total <= 0 {
		return
	}
	now := b.now()
	if now.Sub(b.begin) < barAfter || now.Sub(b.drawn) < barEvery && done < total {
		return
	}
	b.drawn = now
	full := barWidth * done / total
	rate := float64(done) / now.Sub(b.begin).Seconds()
	fmt.Fprintf(b.out, "\r\x1b[K%s [%s%s] %3d %% %d of %d, %.0f/s", b.what,
		strings.Repeat("#", full), strings.Repeat(".", barWidth-full), 100*done/total, done, total, rate)
}

// finish clears the line.
func (b *progressBar) finish() {
	if b != nil && !b.drawn.IsZero() {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
