-- Facts, derived rows and entities, as package store names them.
--
-- Keys are BLOBs, so that they compare as bytes, whatever characters a phone
-- sends. The id of a table of facts rises in the order of arrival, which is
-- what expiry goes by. Keys lead with the week before the session: session ids
-- are random, so this keeps the pages that are written to those of the last
-- weeks. Times are nanoseconds since 1970; at is when the row arrived.

CREATE TABLE chunk (
	id      INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	tenant  BLOB NOT NULL,
	app     BLOB NOT NULL,
	week    INTEGER NOT NULL,
	session BLOB NOT NULL,
	upload  BLOB NOT NULL,
	variant BLOB NOT NULL,
	start   INTEGER NOT NULL,
	records INTEGER NOT NULL,
	signal  INTEGER NOT NULL,
	payload BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX chunk_key ON chunk (tenant, app, week, session, upload, variant);

CREATE TABLE part (
	id      INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	tenant  BLOB NOT NULL,
	app     BLOB NOT NULL,
	week    INTEGER NOT NULL,
	session BLOB NOT NULL,
	upload  BLOB NOT NULL,
	variant BLOB NOT NULL,
	data    BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX part_key ON part (tenant, app, week, session, upload, variant);

CREATE TABLE crash (
	id       INTEGER PRIMARY KEY,
	at       INTEGER NOT NULL,
	tenant   BLOB NOT NULL,
	app      BLOB NOT NULL,
	week     INTEGER NOT NULL,
	session  BLOB NOT NULL,
	upload   BLOB NOT NULL,
	variant  BLOB NOT NULL,
	version  BLOB NOT NULL,
	fine     BLOB NOT NULL,
	incident BLOB NOT NULL,
	time     INTEGER NOT NULL,
	release  BLOB NOT NULL,
	os       BLOB NOT NULL,
	device   BLOB NOT NULL,
	class    BLOB NOT NULL,
	body     BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX crash_key ON crash (tenant, app, week, session, upload, variant, version, fine, incident, time);
CREATE INDEX crash_newest ON crash (tenant, app, version, fine, time);

-- A seq is never given twice, even after all marks expired: cursors stand on it.
CREATE TABLE mark (
	seq     INTEGER PRIMARY KEY AUTOINCREMENT,
	at      INTEGER NOT NULL,
	tenant  BLOB NOT NULL,
	app     BLOB NOT NULL,
	week    INTEGER NOT NULL,
	session BLOB NOT NULL
) STRICT;

CREATE TABLE cursor (
	reader BLOB NOT NULL,
	shard  INTEGER NOT NULL,
	seq    INTEGER NOT NULL,
	until  INTEGER NOT NULL,
	PRIMARY KEY (reader, shard)
) STRICT, WITHOUT ROWID;

-- Empty data: the session moved to another hour. at is that of the first
-- write: a bucket's heads live equally long, however often they change.
CREATE TABLE head (
	id      INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL,
	tenant  BLOB NOT NULL,
	app     BLOB NOT NULL,
	week    INTEGER NOT NULL,
	session BLOB NOT NULL,
	hour    INTEGER NOT NULL,
	shard   INTEGER NOT NULL,
	rev     INTEGER NOT NULL,
	data    BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX head_key ON head (tenant, app, hour, shard, session, week);
CREATE INDEX head_session ON head (tenant, app, week, session, hour, shard);

CREATE TABLE rollup (
	id     INTEGER PRIMARY KEY,
	tenant BLOB NOT NULL,
	app    BLOB NOT NULL,
	family BLOB NOT NULL,
	hour   INTEGER NOT NULL,
	shard  INTEGER NOT NULL,
	rev    INTEGER NOT NULL,
	data   BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX rollup_key ON rollup (tenant, app, family, hour, shard);

CREATE TABLE fingerprint (
	id            INTEGER PRIMARY KEY,
	tenant        BLOB NOT NULL,
	app           BLOB NOT NULL,
	version       BLOB NOT NULL,
	fine          BLOB NOT NULL,
	coarse        BLOB NOT NULL,
	kind          BLOB NOT NULL,
	fatal         INTEGER NOT NULL,
	quality       INTEGER NOT NULL,
	title         BLOB NOT NULL,
	culprit       BLOB NOT NULL,
	first_seen    INTEGER NOT NULL,
	first_release BLOB NOT NULL,
	last_seen     INTEGER NOT NULL,
	last_release  BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX fingerprint_key ON fingerprint (tenant, app, version, fine);

CREATE TABLE app (
	id        INTEGER PRIMARY KEY,
	tenant    BLOB NOT NULL,
	app       BLOB NOT NULL,
	platform  BLOB NOT NULL,
	name      BLOB NOT NULL,
	last_seen INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX app_key ON app (tenant, app, platform);

CREATE TABLE issue (
	id        INTEGER PRIMARY KEY,
	tenant    BLOB NOT NULL,
	app       BLOB NOT NULL,
	issue     BLOB NOT NULL,
	opened    INTEGER NOT NULL,
	status    BLOB NOT NULL,
	announced INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX issue_key ON issue (tenant, app, issue);
