package sqlite

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func openAt(t *testing.T, path string) (*Store, error) {
	t.Helper()
	return Open(t.Context(), Settings{Path: path, Now: clock()})
}

func TestAFileBelongsToOneStore(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	s, err := openAt(t, path)
	require.NoError(t, err)
	link := filepath.Join(t.TempDir(), "link.db")
	require.NoError(t, os.Symlink(path, link))
	for _, alias := range []string{path, filepath.Join(dir, "..", filepath.Base(dir), "a.db"), link} {
		_, err = openAt(t, alias)
		require.ErrorIs(t, err, ErrInUse)
	}
	require.NoError(t, s.Apply(t.Context(), numbered(1)), "the first goes on")
	require.NoError(t, s.Close())
	s, err = openAt(t, link)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func TestRowsStayWhenTheStoreIsOpenedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	for range 2 {
		s, err := openAt(t, path)
		require.NoError(t, err)
		require.NoError(t, s.Apply(t.Context(), numbered(1)))
		requireNumbered(t, s, map[string]bool{"1": true}, 1)
		require.NoError(t, s.Close())
		_, err = os.Stat(path + "-wal")
		require.ErrorIs(t, err, os.ErrNotExist, "the log is empty after Close")
	}
}

func TestAnyFileNameIsOnlyAName(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"with space", "a?mode=ro&x=1", "a#b", "a%20b", "ünï", "_pragma=x;y", ":memory:"} {
		s, err := openAt(t, filepath.Join(dir, name))
		require.NoError(t, err, name)
		require.NoError(t, s.Apply(t.Context(), numbered(1)))
		require.NoError(t, s.Close())
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "only its owner reads %s", name)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	write := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		}
	}
	run := func(statement string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			t.Helper()
			db, err := pool(path, 1, writerParams())
			require.NoError(t, err)
			_, err = db.ExecContext(t.Context(), statement)
			require.NoError(t, err)
			require.NoError(t, db.Close())
		}
	}
	tests := map[string]struct {
		prepare func(*testing.T, string)
		want    string
	}{
		"newer schema": {
			run(`CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT; INSERT INTO schema_version VALUES (7)`),
			"database was written by a newer version of this program: it has schema 7",
		},
		"another program's": {run(`CREATE TABLE theirs (a)`), "database belongs to another program"},
		"not a database":    {write(strings.Repeat("not a database ", 100)), "file is not a database"},
		"a folder":          {func(t *testing.T, path string) { t.Helper(); require.NoError(t, os.Mkdir(path, 0o700)) }, "is a directory"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.db")
			tt.prepare(t, path)
			for range 2 { // the lock is free again
				_, err := openAt(t, path)
				require.ErrorContains(t, err, tt.want)
				require.ErrorContains(t, err, path)
			}
		})
	}
	for name, set := range map[string]Settings{
		"no path":   {Now: clock()},
		"no clock":  {Path: filepath.Join(t.TempDir(), "a.db")},
		"no folder": {Path: filepath.Join(t.TempDir(), "none", "a.db"), Now: clock()},
	} {
		_, err := Open(t.Context(), set)
		require.Error(t, err, name)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Open(cancelled, Settings{Path: filepath.Join(t.TempDir(), "a.db"), Now: clock()})
	require.ErrorIs(t, err, context.Canceled)
}

func TestCommitsAreSynced(t *testing.T) {
	s := openEmpty(t)
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal"} {
		var got string
		require.NoError(t, s.write.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		assert.Equal(t, want, got, pragma)
	}
	_, err := s.read.ExecContext(t.Context(), `DELETE FROM part`)
	require.Error(t, err, "readers cannot write")
}

// connectTest opens a database without any schema.
func connectTest(t *testing.T) *sql.Conn {
	t.Helper()
	db, err := pool(filepath.Join(t.TempDir(), "m.db"), 1, writerParams())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close()) })
	return conn
}

func TestMigrationsAddToWhatIsThere(t *testing.T) {
	conn := connectTest(t)
	exec := func(statement string) error {
		_, err := conn.ExecContext(t.Context(), statement)
		return err
	}
	steps := fstest.MapFS{"schema/0001_a.sql": {Data: []byte(`CREATE TABLE a (x INTEGER) STRICT;`)}}
	require.NoError(t, migrate(t.Context(), conn, steps))
	require.NoError(t, exec(`INSERT INTO a VALUES (5)`))

	steps["schema/0002_b.sql"] = &fstest.MapFile{Data: []byte(`ALTER TABLE a ADD COLUMN y INTEGER; CREATE TABLE b (x INTEGER) STRICT;`)}
	steps["schema/0003_c.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE c (x INTEGER) STRICT; NONSENSE;`)}
	require.ErrorContains(t, migrate(t.Context(), conn, steps), "0003_c.sql")
	require.Error(t, exec(`INSERT INTO b VALUES (1)`), "a migration is done wholly or not at all")

	steps["schema/0003_c.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE c (x INTEGER) STRICT;`)}
	for range 2 {
		require.NoError(t, migrate(t.Context(), conn, steps))
	}
	require.NoError(t, exec(`INSERT INTO c SELECT x FROM a WHERE y IS NULL`))
	var x int
	require.NoError(t, conn.QueryRowContext(t.Context(), `SELECT x FROM c`).Scan(&x))
	assert.Equal(t, 5, x)

	delete(steps, "schema/0003_c.sql")
	require.ErrorIs(t, migrate(t.Context(), conn, steps), ErrNewerSchema)
}

// Every question goes along an index and needs no sorting, so its cost is that
// of the rows it reads.
func TestQuestionsGoAlongAnIndex(t *testing.T) {
	s := openEmpty(t)
	for _, text := range []string{
		sqlMarks, sqlParts, sqlSessionHeads, sqlHeads, sqlCursor, sqlTenants, sqlApps, sqlChunks, sqlRollups, sqlGroups, sqlCrashes, sqlIssues, sqlWeeks,
		sqlGroupFirst, sqlGroupLast, sqlReadIssue, sqlAnnounced,
	} {
		for _, step := range plan(t, s, text) {
			assert.NotContains(t, step, "SCAN part", text)
			if text != sqlWeeks { // goes through a handful of weeks
				assert.NotContains(t, step, "SCAN", text)
				assert.NotContains(t, step, "TEMP B-TREE", text)
			}
		}
	}
}

// plan returns the steps of a statement.
func plan(t *testing.T, s *Store, text string) []string {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, 12)...)
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, steps)
	return steps
}
