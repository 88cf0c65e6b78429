package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/otelcol-mobile/otelcol-mobile/internal/store"
)

// statements are what the writer runs, prepared once.
type statements struct {
	begin, commitGroup, rollback *sql.Stmt

	insertChunk, insertPart, insertCrash, insertMark *sql.Stmt
	groupTexts, groupFirst, groupLast, putApp        *sql.Stmt

	putHead, putRollup, moveCursor  *sql.Stmt
	openIssue, readIssue, announced *sql.Stmt

	expireChunks, expireCrashes, expireParts, expireHeads, expireMarks *sql.Stmt
}

// A fact's key covers its content, so a row that is there is the same row.
const (
	sqlInsertChunk = `INSERT INTO chunk (at, tenant, app, week, session, upload, variant, start, records, signal, payload)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, app, week, session, upload, variant) DO NOTHING`

	sqlInsertPart = `INSERT INTO part (at, tenant, app, week, session, upload, variant, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, app, week, session, upload, variant) DO NOTHING`

	sqlInsertCrash = `INSERT INTO crash (at, tenant, app, week, session, upload, variant, version, fine, incident, time, release, os, device, class, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, app, week, session, upload, variant, version, fine, incident, time) DO NOTHING`

	sqlInsertMark = `INSERT INTO mark (at, tenant, app, week, session) VALUES (?, ?, ?, ?, ?)`
)

// A fingerprint takes each group of columns from the row that has the smallest,
// or largest, values in them; equal times are told apart by what else there
// is, so that order does not matter. The texts go first: they look at the
// first_seen that they came with.
const (
	sqlGroupTexts = `INSERT INTO fingerprint (tenant, app, version, fine, coarse, kind, fatal, quality, title, culprit, first_seen, first_release, last_seen, last_release)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, app, version, fine) DO UPDATE SET
	coarse = excluded.coarse, kind = excluded.kind, fatal = excluded.fatal, quality = excluded.quality, title = excluded.title, culprit = excluded.culprit
WHERE (excluded.first_seen, excluded.title, excluded.culprit, excluded.coarse, excluded.kind, excluded.fatal, excluded.quality)
	< (first_seen, title, culprit, coarse, kind, fatal, quality)`

	sqlGroupFirst = `UPDATE fingerprint SET first_seen = ?5, first_release = ?6
WHERE tenant = ?1 AND app = ?2 AND version = ?3 AND fine = ?4 AND (?5, ?6) < (first_seen, first_release)`

	sqlGroupLast = `UPDATE fingerprint SET last_seen = ?5, last_release = ?6
WHERE tenant = ?1 AND app = ?2 AND version = ?3 AND fine = ?4 AND (?5, ?6) > (last_seen, last_release)`

	sqlPutApp = `INSERT INTO app (tenant, app, platform, name, last_seen) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant, app, platform) DO UPDATE SET name = excluded.name, last_seen = excluded.last_seen
WHERE (excluded.last_seen, excluded.name) > (last_seen, name)`
)

// Derived rows are written upwards only.
const (
	sqlPutHead = `INSERT INTO head (at, tenant, app, week, session, hour, shard, rev, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, app, hour, shard, session, week) DO UPDATE SET rev = excluded.rev, data = excluded.data
WHERE (excluded.rev, excluded.data) > (rev, data)`

	sqlPutRollup = `INSERT INTO rollup (tenant, app, family, hour, shard, rev, data) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, app, family, hour, shard) DO UPDATE SET rev = excluded.rev, data = excluded.data
WHERE (excluded.rev, excluded.data) > (rev, data)`

	sqlMoveCursor = `INSERT INTO cursor (reader, shard, seq, until) VALUES (?, ?, ?, ?)
ON CONFLICT (reader, shard) DO UPDATE SET seq = excluded.seq, until = excluded.until
WHERE (excluded.seq, excluded.until) > (seq, until)`

	sqlOpenIssue = `INSERT INTO issue (tenant, app, issue, opened, status, announced) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, app, issue) DO NOTHING`

	sqlReadIssue = `SELECT issue, opened, status, announced FROM issue WHERE tenant = ? AND app = ? AND issue = ?`

	sqlAnnounced = `UPDATE issue SET announced = 1 WHERE tenant = ? AND app = ? AND issue = ? AND announced = 0`
)

// Of the rows that arrived first those that are too old go. Ids rise with
// arrival, so no index on time is needed, and a call looks at as many rows as
// it may delete.
const (
	sqlExpireChunks  = `DELETE FROM chunk WHERE id IN (SELECT id FROM chunk ORDER BY id LIMIT ?2) AND at < ?1`
	sqlExpireCrashes = `DELETE FROM crash WHERE id IN (SELECT id FROM crash ORDER BY id LIMIT ?2) AND at < ?1`
	sqlExpireParts   = `DELETE FROM part WHERE id IN (SELECT id FROM part ORDER BY id LIMIT ?2) AND at < ?1`
	sqlExpireHeads   = `DELETE FROM head WHERE id IN (SELECT id FROM head ORDER BY id LIMIT ?2) AND at < ?1`
	sqlExpireMarks   = `DELETE FROM mark WHERE seq IN (SELECT seq FROM mark ORDER BY seq LIMIT ?2) AND at < ?1
	AND NOT EXISTS (SELECT 1 FROM cursor WHERE shard = 0 AND cursor.seq < mark.seq AND cursor.until >= ?3)`
)

// text is a statement's place and text.
type text struct {
	to  **sql.Stmt
	sql string
}

func (s *statements) texts() []text {
	return []text{
		{&s.begin, `BEGIN IMMEDIATE`},
		{&s.commitGroup, `COMMIT`},
		{&s.rollback, `ROLLBACK`},
		{&s.insertChunk, sqlInsertChunk},
		{&s.insertPart, sqlInsertPart},
		{&s.insertCrash, sqlInsertCrash},
		{&s.insertMark, sqlInsertMark},
		{&s.groupTexts, sqlGroupTexts},
		{&s.groupFirst, sqlGroupFirst},
		{&s.groupLast, sqlGroupLast},
		{&s.putApp, sqlPutApp},
		{&s.putHead, sqlPutHead},
		{&s.putRollup, sqlPutRollup},
		{&s.moveCursor, sqlMoveCursor},
		{&s.openIssue, sqlOpenIssue},
		{&s.readIssue, sqlReadIssue},
		{&s.announced, sqlAnnounced},
		{&s.expireChunks, sqlExpireChunks},
		{&s.expireCrashes, sqlExpireCrashes},
		{&s.expireParts, sqlExpireParts},
		{&s.expireHeads, sqlExpireHeads},
		{&s.expireMarks, sqlExpireMarks},
	}
}

// expiry is a kind of rows with how long they live.
type expiry struct {
	stmt *sql.Stmt
	keep time.Duration
}

func (s *statements) expiries(keep store.Retention) []expiry {
	return []expiry{
		{s.expireChunks, keep.Chunks},
		{s.expireCrashes, keep.Crashes},
		{s.expireParts, keep.Parts},
		{s.expireHeads, keep.Parts},
		{s.expireMarks, keep.Marks}, // also takes when a reader counts as gone
	}
}

func (s *statements) prepare(ctx context.Context, conn *sql.Conn) error {
	for _, t := range s.texts() {
		stmt, err := conn.PrepareContext(ctx, t.sql) //nolint:sqlclosecheck // closed by close
		if err != nil {
			return errors.Join(fmt.Errorf("prepare %q: %w", t.sql, err), s.close())
		}
		*t.to = stmt
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for _, t := range s.texts() {
		if *t.to != nil {
			errs = append(errs, (*t.to).Close())
		}
	}
	return errors.Join(errs...)
}
