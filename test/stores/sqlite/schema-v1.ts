/** A file as version 1 of the schema left it, made anew for each test. Never edited: it stands for the files out there. */
import { makeDatabase } from './sqlite-files.ts'

/** Two topics; event `a` was sent three times, once with other content. */
const content = `
  INSERT INTO topic VALUES (1, 'logs.old', 2, 2, 1, 2, 1700000000000, 1700000002000);
  INSERT INTO topic VALUES (2, 'orders', 1, 0, 0, 3, 1700000001000, 1700000001000);
  INSERT INTO event VALUES
    (1, 1, 'a', 1699999999123, '4567', 1700000000000, '2023-11-14T22:13:19.1234567Z', 'web', '{ "n": 1 }'),
    (2, 1, 'é', 1699999999123, '', 1700000000000, '2023-11-14T22:13:19.123Z', 'web', '{"big":1e400}'),
    (3, 2, 'a', 1700000001000, '', 1700000001000, '2023-11-15T05:13:21+07:00', 'shop', '{}');
  INSERT INTO dedup_key VALUES (1, 'a', 1), (1, 'é', 2), (2, 'a', 3);
  INSERT INTO duplicate VALUES (1, 1, 1, 1700000002000, 'web');
  INSERT INTO conflict VALUES (2, 1, 1, 1700000002000, 'app', '2023-11-14', '{"n":2}');
  UPDATE counters SET received = 5, unique_processed = 3, duplicate_dropped = 2, conflicts = 1, last_seq = 3,
    conflict_rows = 1, conflict_bytes = 17;`

const schema = `
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
  CREATE TABLE dedup_key (
    topic_id INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (topic_id, event_id)
  ) STRICT, WITHOUT ROWID;
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
  CREATE TABLE counters (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    received INTEGER NOT NULL,
    unique_processed INTEGER NOT NULL,
    duplicate_dropped INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    conflict_rows INTEGER NOT NULL,
    conflict_bytes INTEGER NOT NULL,
    probes INTEGER NOT NULL,
    CHECK (received = unique_processed + duplicate_dropped)
  ) STRICT;
  INSERT INTO counters VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0);
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
    SELECT 'duplicate_dropped', duplicate_dropped FROM counters;`

export function makeVersion1File(path: string): void {
  const applicationId = 0x536b6c69
  makeDatabase(
    path,
    `PRAGMA journal_mode = WAL; ${schema} ${content} PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`,
  )
}
