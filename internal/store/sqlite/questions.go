package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// questions are what readers ask, prepared once. They are closed with their
// pool.
type questions struct {
	marks, parts, sessionHeads, heads, cursor *sql.Stmt

	tenants, apps, chunks, rollups, groups, crashes, weeks, issues *sql.Stmt
}

// Each ends with the position after which it begins and the number of rows.
const (
	sqlMarks = `SELECT seq, at, tenant, app, week, session FROM mark WHERE seq > ? ORDER BY seq LIMIT ?`

	sqlParts = `SELECT upload, variant, data FROM part
WHERE tenant = ? AND app = ? AND week = ? AND session = ? AND (upload, variant) > (?, ?)
ORDER BY upload, variant LIMIT ?`

	sqlSessionHeads = `SELECT hour, shard, rev, data FROM head
WHERE tenant = ? AND app = ? AND week = ? AND session = ? AND (hour, shard) > (?, ?)
ORDER BY hour, shard LIMIT ?`

	sqlHeads = `SELECT session, week, rev, data FROM head
WHERE tenant = ? AND app = ? AND hour = ? AND shard = ? AND (session, week) > (?, ?)
ORDER BY session, week LIMIT ?`

	sqlCursor = `SELECT seq, until FROM cursor WHERE reader = ? AND shard = ?`

	sqlTenants = `SELECT tenant FROM app WHERE tenant > ? ORDER BY tenant LIMIT ?`

	sqlApps = `SELECT id, app, platform, name, last_seen FROM app
WHERE tenant = ? AND (app, platform, id) > (?, ?, ?)
ORDER BY app, platform, id LIMIT ?`

	sqlChunks = `SELECT upload, variant, start, records, signal, payload FROM chunk
WHERE tenant = ?1 AND app = ?2 AND week = ?3 AND session = ?4 AND upload > ?5
AND NOT EXISTS (
	SELECT 1 FROM chunk AS other
	WHERE other.tenant = ?1 AND other.app = ?2 AND other.week = ?3 AND other.session = ?4
	AND other.upload = chunk.upload AND other.variant > chunk.variant)
ORDER BY upload LIMIT ?6`

	sqlRollups = `SELECT hour, shard, rev, data FROM rollup
WHERE tenant = ? AND app = ? AND family = ? AND hour < ? AND (hour, shard) > (?, ?)
ORDER BY hour, shard LIMIT ?`

	sqlGroups = `SELECT version, fine, coarse, kind, fatal, quality, title, culprit, first_seen, first_release, last_seen, last_release FROM fingerprint
WHERE tenant = ? AND app = ? AND (version, fine) > (?, ?)
ORDER BY version, fine LIMIT ?`

	// A row counts unless its upload has a higher variant: that may have put
	// the crash under another fingerprint, so the parts say it as well.
	sqlCrashes = `SELECT id, week, session, upload, variant, incident, time, release, os, device, class, body FROM crash
WHERE tenant = ?1 AND app = ?2 AND version = ?3 AND fine = ?4 AND (time, id) < (?5, ?6)
AND NOT EXISTS (
	SELECT 1 FROM part
	WHERE part.tenant = ?1 AND part.app = ?2 AND part.week = crash.week AND part.session = crash.session
	AND part.upload = crash.upload AND part.variant > crash.variant)
AND NOT EXISTS (
	SELECT 1 FROM crash AS other
	WHERE other.tenant = ?1 AND other.app = ?2 AND other.week = crash.week AND other.session = crash.session
	AND other.upload = crash.upload AND other.variant > crash.variant)
ORDER BY time DESC, id DESC LIMIT ?7`

	// The week comes before the session in the index: go through the app's
	// weeks, of which there are few, and look into each.
	sqlWeeks = `WITH RECURSIVE known (week) AS (
	SELECT max(week) FROM part WHERE tenant = ?1 AND app = ?2 AND week < ?4
	UNION ALL
	SELECT (SELECT max(week) FROM part WHERE tenant = ?1 AND app = ?2 AND week < known.week) FROM known WHERE known.week IS NOT NULL
)
SELECT week FROM known WHERE week IS NOT NULL
AND EXISTS (SELECT 1 FROM part WHERE tenant = ?1 AND app = ?2 AND part.week = known.week AND session = ?3)
ORDER BY week DESC LIMIT ?5`

	sqlIssues = `SELECT issue, opened, status, announced FROM issue
WHERE tenant = ? AND app = ? AND issue > ?
ORDER BY issue LIMIT ?`
)

func (q *questions) prepare(ctx context.Context, db *sql.DB) error {
	for _, t := range []text{
		{&q.marks, sqlMarks},
		{&q.parts, sqlParts},
		{&q.sessionHeads, sqlSessionHeads},
		{&q.heads, sqlHeads},
		{&q.cursor, sqlCursor},
		{&q.tenants, sqlTenants},
		{&q.apps, sqlApps},
		{&q.chunks, sqlChunks},
		{&q.rollups, sqlRollups},
		{&q.groups, sqlGroups},
		{&q.crashes, sqlCrashes},
		{&q.weeks, sqlWeeks},
		{&q.issues, sqlIssues},
	} {
		stmt, err := db.PrepareContext(ctx, t.sql) //nolint:sqlclosecheck // closed with its pool
		if err != nil {
			return fmt.Errorf("prepare %q: %w", t.sql, err)
		}
		*t.to = stmt
	}
	return nil
}
