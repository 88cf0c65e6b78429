package sqlite

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// childPath is the environment variable that makes this test binary a process
// that writes into the database that it names, until it is killed.
const childPath = "SQLITE_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		if err := child(path); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err) // there is nothing else to tell
		}
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// child applies facts from four goroutines and prints a number when its facts
// were acknowledged.
func child(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, Settings{Path: path, Now: clock()})
	if err != nil {
		return err
	}
	var next atomic.Uint64
	next.Store(rand.Uint64())
	failed := make(chan error, 1)
	for range 4 {
		go func() {
			for {
				n := next.Add(1)
				if err := s.Apply(ctx, numbered(n)); err != nil {
					failed <- err
					return
				}
				_, _ = fmt.Fprintln(os.Stdout, n) // it is killed, not failed
			}
		}()
	}
	return <-failed
}

// numbered makes an upload with rows of every kind out of a number.
func numbered(n uint64) *store.Facts {
	key := store.FactKey{SessionKey: store.SessionKey{Tenant: "acme", App: "shop", Session: strconv.FormatUint(n, 10), Week: 2916}}
	binary.BigEndian.PutUint64(key.Upload[:], n)
	return &store.Facts{
		Chunks:  []store.Chunk{{FactKey: key, Payload: make([]byte, 3000)}},
		Parts:   []store.Part{{FactKey: key, Data: fmt.Append(nil, n)}},
		Crashes: []store.Crash{{FactKey: key, Fingerprint: numberedPrint(n), ID: strconv.FormatUint(n, 10)}},
	}
}

func numberedPrint(n uint64) store.Fingerprint {
	fp := store.Fingerprint{Version: "f1"}
	binary.BigEndian.PutUint64(fp.Fine[:], n)
	return fp
}

// startChild starts a process that writes into the database at path.
func startChild(t *testing.T, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:gosec // this test binary
	cmd.Env = append(os.Environ(), childPath+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, bufio.NewScanner(out)
}

// acknowledged kills the child after it printed lines numbers and returns all
// that it printed.
func acknowledged(t *testing.T, cmd *exec.Cmd, out *bufio.Scanner, lines int) []uint64 {
	t.Helper()
	var all []uint64
	for out.Scan() {
		var n uint64
		if _, err := fmt.Sscan(out.Text(), &n); err == nil {
			all = append(all, n)
		}
		if len(all) == lines {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.Error(t, cmd.Wait(), "it was killed")
	require.GreaterOrEqual(t, len(all), lines)
	return all[:len(all)-1] // the last line may be cut
}

// requireNumbered checks that everything of an acknowledged upload is there.
func requireNumbered(t *testing.T, s *Store, marked map[string]bool, n uint64) {
	t.Helper()
	f := numbered(n)
	parts, chunks, crashes := 0, 0, 0
	for p, err := range s.Parts(t.Context(), f.Parts[0].SessionKey) {
		require.NoError(t, err)
		require.Equal(t, f.Parts[0], p)
		parts++
	}
	for c, err := range s.Chunks(t.Context(), f.Parts[0].SessionKey) {
		require.NoError(t, err)
		require.Equal(t, f.Chunks[0], c)
		chunks++
	}
	for _, err := range s.Crashes(t.Context(), "acme", "shop", numberedPrint(n), 10) {
		require.NoError(t, err)
		crashes++
	}
	require.Equal(t, []int{1, 1, 1}, []int{parts, chunks, crashes}, "rows of upload %d", n)
	require.True(t, marked[f.Parts[0].Session], "mark of upload %d", n)
}

func TestWhatWasAcknowledgedSurvivesKills(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	path := filepath.Join(t.TempDir(), "killed.db")
	all := make([]uint64, 0, 2000)
	for round := range rounds {
		cmd, out := startChild(t, path)
		all = append(all, acknowledged(t, cmd, out, 20+round*50)...)
		s, err := Open(t.Context(), Settings{Path: path, Now: clock()})
		require.NoError(t, err, "it opens again by itself")
		marked := map[string]bool{}
		for m, err := range s.Marks(t.Context(), 0, 0, 1<<30) {
			require.NoError(t, err)
			marked[m.Session] = true
		}
		for _, n := range all {
			requireNumbered(t, s, marked, n)
		}
		require.NoError(t, s.Close())
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared.db")
	cmd, out := startChild(t, path)
	require.True(t, out.Scan(), "the other process writes")
	_, err := Open(t.Context(), Settings{Path: path, Now: clock()})
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorContains(t, err, path)
	require.True(t, out.Scan(), "the other process goes on")
	require.NoError(t, cmd.Process.Kill())
	for out.Scan() { // until its end, as Wait wants
	}
	require.Error(t, cmd.Wait())
	s, err := Open(t.Context(), Settings{Path: path, Now: clock()})
	require.NoError(t, err, "the lock ends with its process")
	assert.NoError(t, s.Close())
}
