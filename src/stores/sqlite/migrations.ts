/** The schema, as numbered steps; forward only. A step that has been released is never edited. */
import type { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../core/errors.ts'

/** Marks a file as ours in its header ("Skli"). */
export const applicationId = 0x536b6c69

const steps: readonly string[] = [
  `
  -- The log: append-only by seq. The indexes over it are derived and can be built again.
  CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    topic_id INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    instant_ms INTEGER NOT NULL,
    instant_fraction TEXT NOT NULL,
    processed_ms INTEGER NOT NULL,
    timestamp TEXT NOT NULL,
    source TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_by_instant ON event (instant_ms, instant_fraction);
  CREATE INDEX event_by_topic_instant ON event (topic_id, instant_ms, instant_fraction);

  CREATE TABLE topic (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    events INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL
  ) STRICT;

  -- The dedup index, derived from the log.
  CREATE TABLE dedup_key (
    topic_id INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (topic_id, event_id)
  ) STRICT, WITHOUT ROWID;

  -- Duplicates on record; the ids of both tables come from one counter, so that their union has an order.
  CREATE TABLE duplicate (
    id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    topic_id INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    source TEXT NOT NULL
  ) STRICT;
  CREATE TABLE conflict (
    id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    topic_id INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    source TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT;

  -- One row, written by every append.
  CREATE TABLE counters (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    received INTEGER NOT NULL,
    unique_processed INTEGER NOT NULL,
    duplicate_dropped INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    conflict_rows INTEGER NOT NULL,
    conflict_bytes INTEGER NOT NULL,
    -- Grows with every proof that a commit is possible: SQLite does not write a row that stays the same.
    probes INTEGER NOT NULL,
    CHECK (received = unique_processed + duplicate_dropped)
  ) STRICT;
  INSERT INTO counters VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0);

  -- The tables of the program that Sekali grew out of, for those who read the file with SQL.
  CREATE VIEW processed_events (topic, event_id, first_seen_at) AS
    SELECT topic.name, event.event_id, strftime('%Y-%m-%dT%H:%M:%fZ', event.processed_ms / 1000.0, 'unixepoch')
    FROM event JOIN topic ON topic.id = event.topic_id;
  CREATE VIEW event_payloads (topic, event_id, timestamp, source, payload, processed_at) AS
    SELECT topic.name, event.event_id, event.timestamp, event.source, event.payload,
           strftime('%Y-%m-%dT%H:%M:%fZ', event.processed_ms / 1000.0, 'unixepoch')
    FROM event JOIN topic ON topic.id = event.topic_id;
  CREATE VIEW system_stats (key, value) AS
    SELECT 'received', received FROM counters UNION ALL
    SELECT 'unique_processed', unique_processed FROM counters UNION ALL
    SELECT 'duplicate_dropped', duplicate_dropped FROM counters;
  `,
  `
  -- The dedup index becomes log-structured; it is built from the log when the file is opened.
  DROP TABLE dedup_key;
  CREATE TABLE dedup_page_0 (id INTEGER PRIMARY KEY, page BLOB NOT NULL) STRICT;
  CREATE TABLE dedup_page_1 (id INTEGER PRIMARY KEY, page BLOB NOT NULL) STRICT;
  CREATE TABLE dedup_page_2 (id INTEGER PRIMARY KEY, page BLOB NOT NULL) STRICT;
  CREATE TABLE dedup_filter (id INTEGER PRIMARY KEY, words BLOB NOT NULL) STRICT;
  CREATE TABLE dedup_state (id INTEGER PRIMARY KEY CHECK (id = 1), state BLOB NOT NULL) STRICT;
  `,
  `
  -- Time order becomes an index of sorted runs; it is built from the log when the file is opened.
  DROP INDEX event_by_instant;
  DROP INDEX event_by_topic_instant;
  -- The runs that are complete, and the first and last instant of each.
  CREATE TABLE time_run (
    run INTEGER PRIMARY KEY,
    first_ms INTEGER NOT NULL,
    first_fraction INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    last_fraction INTEGER NOT NULL
  ) STRICT;
  -- Each run's events in time order: all of them (topic_id 0), and topic by topic.
  CREATE TABLE time_list (
    run INTEGER NOT NULL,
    topic_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    entries BLOB NOT NULL,
    PRIMARY KEY (run, topic_id, part)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE subscription (
    -- Never given twice: what a removed subscription leaves behind belongs to nobody else.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    -- JSON arrays and objects.
    topics TEXT NOT NULL,
    push TEXT,
    start TEXT NOT NULL,
    lease_ms INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    lease_secret BLOB NOT NULL,
    -- Grows with every seek, which makes all deliveries of the epochs before void.
    epoch INTEGER NOT NULL,
    -- Every event up to this seq was handed out, or not asked for.
    cursor INTEGER NOT NULL,
    acked INTEGER NOT NULL,
    redelivered INTEGER NOT NULL,
    -- Rows of the tables below that are this subscription's.
    dead_letters INTEGER NOT NULL,
    late_acks INTEGER NOT NULL,
    forgotten_through INTEGER NOT NULL,
    paused_reason TEXT
  ) STRICT;
  -- Events that are leased, or wait for redelivery. An ack deletes the row.
  CREATE TABLE delivery (
    subscription_id INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    -- Counts the leases; unlike attempts it never begins again.
    fence INTEGER NOT NULL,
    is_leased INTEGER NOT NULL,
    -- When the lease runs out, or the delay ends.
    due_ms INTEGER NOT NULL,
    PRIMARY KEY (subscription_id, epoch, seq)
  ) STRICT, WITHOUT ROWID;
  -- Which lease acked an event that had several: a repeated ack is told from a stale one by it. Bounded.
  CREATE TABLE late_ack (
    subscription_id INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    PRIMARY KEY (subscription_id, epoch, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE dead_letter (
    subscription_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (subscription_id, seq)
  ) STRICT, WITHOUT ROWID;
  -- What seeks and removals left behind, still to be deleted: the rows of a subscription's epochs below this one.
  CREATE TABLE discarded (
    subscription_id INTEGER PRIMARY KEY,
    below_epoch INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- Rollups: what was received in a stretch of time, in total (kind 0, no name), by topic (1) and by source (2).
  CREATE TABLE received_rate (
    -- 0: stretches of 10 seconds; 1: of 10 minutes.
    level INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    start_s INTEGER NOT NULL,
    name TEXT NOT NULL,
    events INTEGER NOT NULL,
    -- Includes the conflicts.
    duplicates INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    PRIMARY KEY (level, kind, start_s, name)
  ) STRICT, WITHOUT ROWID;
  -- The copies of one event.
  CREATE INDEX duplicate_by_seq ON duplicate (seq);
  CREATE INDEX conflict_by_seq ON conflict (seq);
  `,
  `
  -- Since when every push has failed.
  ALTER TABLE subscription ADD COLUMN failing_since_ms INTEGER;
  `,
  `
  -- Of what the row holds: see row-checksums.ts. NULL in rows that were written before.
  ALTER TABLE event ADD COLUMN checksum INTEGER;
  ALTER TABLE duplicate ADD COLUMN checksum INTEGER;
  ALTER TABLE conflict ADD COLUMN checksum INTEGER;
  `,
]

/** What files have once this version has opened them. */
export const newestSchema = steps.length

/**
 * Looks without changing anything, so that a file that is not ours stays as it is.
 *
 * @throws AppError `store_unavailable` when the file is not ours or was written by a newer version.
 */
export function requireOurFile(db: DatabaseSync, path: string): void {
  const version = readPragma(db, 'user_version')
  if (version === 0) refuseForeignTables(db, path)
  else if (readPragma(db, 'application_id') !== applicationId) throw notOurs(path)
  if (version > steps.length) {
    throw new AppError(
      'store_unavailable',
      `${path} was written by a newer version of Sekali (schema ${version}, this version knows ${steps.length})`,
    )
  }
}

/**
 * For whoever only looks.
 *
 * @throws AppError as `requireOurFile`, and when the file is of an older version.
 */
export function requireNewestSchema(db: DatabaseSync, path: string): void {
  requireOurFile(db, path)
  const version = readPragma(db, 'user_version')
  if (version === steps.length) return
  const text = version === 0 ? 'holds no store' : `was written by an older version of Sekali (schema ${version})`
  throw new AppError(
    'store_unavailable',
    `${path} ${text}; once a server of this version has opened it, it has schema ${steps.length}`,
  )
}

/** Brings a file to the newest schema, in one transaction. */
export function migrate(db: DatabaseSync): void {
  const version = readPragma(db, 'user_version')
  if (version === steps.length) return
  db.exec('BEGIN IMMEDIATE')
  for (const step of steps.slice(version)) db.exec(step)
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}; COMMIT`)
}

/** A pragma that answers with one number. */
export function readPragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0])
}

function refuseForeignTables(db: DatabaseSync, path: string): void {
  const names = db.prepare('SELECT name FROM sqlite_schema').all()
  if (names.some((row) => row.name === 'event_payloads')) {
    throw new AppError(
      'store_unavailable',
      `${path} belongs to the program that Sekali grew out of; choose another file, for example --store sqlite:data/sekali.db`,
    )
  }
  if (names.length > 0) throw notOurs(path)
}

function notOurs(path: string): AppError {
  return new AppError('store_unavailable', `${path} is an SQLite file, but not one of Sekali's; choose another file`)
}
