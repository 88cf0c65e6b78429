package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

// schemaFiles are the steps of the schema, one file each, named so that their
// order is that of the alphabet. A step that was released is never changed;
// later ones only add.
//
//go:embed schema/*.sql
var schemaFiles embed.FS

// ErrNewerSchema is what Open answers for a database that a newer program
// wrote.
var ErrNewerSchema = errors.New("database was written by a newer version of this program")

// errForeign is what Open answers for a database of another program.
var errForeign = errors.New("database belongs to another program")

// migrate brings the schema to the last of steps, all or nothing.
func migrate(ctx context.Context, conn *sql.Conn, steps fs.FS) error {
	names, err := fs.Glob(steps, "schema/*.sql")
	if err != nil {
		return fmt.Errorf("list schema: %w", err)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin migration: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	version, err := schemaVersion(ctx, tx)
	if err != nil {
		return err
	}
	if version > len(names) {
		return fmt.Errorf("%w: it has schema %d, known are those up to %d", ErrNewerSchema, version, len(names))
	}
	if version == len(names) {
		return nil
	}
	for _, name := range names[version:] {
		text, err := fs.ReadFile(steps, name)
		if err != nil {
			return fmt.Errorf("read schema: %w", err)
		}
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("apply %s: %w", name, err)
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE schema_version SET version = ?`, len(names)); err != nil {
		return fmt.Errorf("write schema version: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit migration: %w", err)
	}
	return nil
}

// schemaVersion returns how many steps the database has had, 0 for a new one.
func schemaVersion(ctx context.Context, tx *sql.Tx) (version int, err error) {
	var tables, ours int
	const count = `SELECT count(*), count(*) FILTER (WHERE name = 'schema_version') FROM sqlite_schema WHERE type = 'table'`
	if err := tx.QueryRowContext(ctx, count).Scan(&tables, &ours); err != nil {
		return 0, fmt.Errorf("list tables: %w", err)
	}
	if ours == 0 && tables > 0 {
		return 0, errForeign
	}
	if ours == 0 {
		const create = `CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT; INSERT INTO schema_version VALUES (0)`
		if _, err := tx.ExecContext(ctx, create); err != nil {
			return 0, fmt.Errorf("create schema version: %w", err)
		}
		return 0, nil
	}
	if err := tx.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&version); err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	return version, nil
}
