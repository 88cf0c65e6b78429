package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// lockSuffix is added to the path of the database for the file that is locked
// while a store has it open.
const lockSuffix = ".lock"

// resolve returns the absolute path of the file that path names, so that one
// file has one lock.
func resolve(path string) (string, error) {
	if path == "" {
		return "", errors.New("path is empty")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if file, broken := filepath.EvalSymlinks(abs); broken == nil {
		return file, nil
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(abs)), nil
}

// pool opens a pool of at most conns connections to a file. They stay open.
func pool(path string, conns int, params url.Values) (*sql.DB, error) {
	params.Set("_defensive", "1")
	params.Set("_dqs", "0")
	params.Set("_error_rc", "1")
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: params.Encode()}
	if !strings.HasPrefix(u.Path, "/") {
		u.Path = "/" + u.Path // C:/folder/file
	}
	connector, err := driver.NewConnector(u.String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// lock takes the lock of a database. It is a transaction on an empty database
// beside it that ends with this process, however that ends.
func lock(ctx context.Context, path string) (*sql.DB, error) {
	db, err := pool(path+lockSuffix, 1, url.Values{"_pragma": {"busy_timeout(0)", "journal_mode(MEMORY)"}})
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, `BEGIN EXCLUSIVE`); err != nil {
		if code(err) == codes.SQLITE_BUSY {
			err = ErrInUse
		}
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// create makes an empty file that only its owner can read, unless there is
// one. The caller has the lock: closing a file takes away the locks that
// SQLite has on it in this process.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// writerParams are the settings of the one connection that writes. FULL syncs
// the log at every commit: what was acknowledged survives a loss of power.
func writerParams() url.Values {
	return url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)",
		"page_size(" + strconv.Itoa(pageSize) + ")",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"cache_size(-32768)",
		"temp_store(MEMORY)",
		"wal_autocheckpoint(" + strconv.Itoa(checkpointBytes/pageSize) + ")",
		"journal_size_limit(" + strconv.Itoa(4*checkpointBytes) + ")",
	}}
}

// readerParams are the settings of the connections that read.
func readerParams() url.Values {
	return url.Values{"_query_only": {"1"}, "_pragma": {"busy_timeout(5000)", "cache_size(-4096)", "temp_store(MEMORY)"}}
}

const (
	pageSize = 4096
	// checkpointBytes is how long the log grows before its pages are copied
	// into the database.
	checkpointBytes = 16 << 20
)

// connect opens the connection that writes and brings the schema up to date.
func connect(ctx context.Context, path string) (db *sql.DB, conn *sql.Conn, err error) {
	if db, err = pool(path, 1, writerParams()); err != nil {
		return nil, nil, err
	}
	if conn, err = db.Conn(ctx); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	if err = prepareFile(ctx, conn); err != nil {
		return nil, nil, errors.Join(err, conn.Close(), db.Close())
	}
	return db, conn, nil
}

func prepareFile(ctx context.Context, conn *sql.Conn) error {
	var mode string
	if err := conn.QueryRowContext(ctx, `PRAGMA journal_mode`).Scan(&mode); err != nil {
		return fmt.Errorf("read journal mode: %w", err)
	}
	if mode != "wal" {
		return fmt.Errorf("the file system does not allow a write-ahead log (journal mode is %q)", mode)
	}
	return migrate(ctx, conn, schemaFiles)
}
