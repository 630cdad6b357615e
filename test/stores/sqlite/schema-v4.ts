/** A file as version 4 of the schema left it, made anew for each test. Never edited: it stands for the files out there. */
import { makeVersion2File } from './schema-v2.ts'
import { makeDatabase } from './sqlite-files.ts'

const content = `
  INSERT INTO subscription VALUES
    (1, 'old', '["logs.>"]', NULL, '"earliest"', 30000, 5, 1700000003000, x'00112233445566778899aabbccddeeff', 0, 2, 2, 0, 0, 0, 0, NULL);`

const schema = `
  DROP INDEX event_by_instant;
  DROP INDEX event_by_topic_instant;
  CREATE TABLE time_run (
    run INTEGER PRIMARY KEY,
    first_ms INTEGER NOT NULL,
    first_fraction INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    last_fraction INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE time_list (
    run INTEGER NOT NULL,
    topic_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    entries BLOB NOT NULL,
    PRIMARY KEY (run, topic_id, part)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE subscription (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    topics TEXT NOT NULL,
    push TEXT,
    start TEXT NOT NULL,
    lease_ms INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    lease_secret BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    acked INTEGER NOT NULL,
    redelivered INTEGER NOT NULL,
    dead_letters INTEGER NOT NULL,
    late_acks INTEGER NOT NULL,
    forgotten_through INTEGER NOT NULL,
    paused_reason TEXT
  ) STRICT;
  CREATE TABLE delivery (
    subscription_id INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    is_leased INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    PRIMARY KEY (subscription_id, epoch, seq)
  ) STRICT, WITHOUT ROWID;
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
  CREATE TABLE discarded (
    subscription_id INTEGER PRIMARY KEY,
    below_epoch INTEGER NOT NULL
  ) STRICT;`

export function makeVersion4File(path: string): void {
  makeVersion2File(path)
  makeDatabase(path, `${schema} ${content} PRAGMA user_version = 4`)
}
