/** A file as version 2 of the schema left it, made anew for each test. Never edited: it stands for the files out there. */
import { makeVersion1File } from './schema-v1.ts'
import { makeDatabase } from './sqlite-files.ts'

/** Times out of order, equal up to the digits behind the ninth, and before 1970. */
const content = `
  INSERT INTO event VALUES
    (4, 2, 'b', 1699999999123, '4567000001', 1700000003000, '2023-11-14T22:13:19.1234567000001Z', 'shop', '{}'),
    (5, 1, 'b', 1699999999123, '45670000005', 1700000003000, '2023-11-14T22:13:19.12345670000005Z', 'web', '{}'),
    (6, 2, 'c', -1, '', 1700000003000, '1969-12-31T23:59:59.999Z', 'shop', '{}');
  UPDATE topic SET events = events + 1, last_seq = 5 WHERE id = 1;
  UPDATE topic SET events = events + 2, last_seq = 6 WHERE id = 2;
  UPDATE counters SET received = 8, unique_processed = 6, last_seq = 6;`

const schema = `
  DROP TABLE dedup_key;
  CREATE TABLE dedup_page_0 (id INTEGER PRIMARY KEY, page BLOB NOT NULL) STRICT;
  CREATE TABLE dedup_page_1 (id INTEGER PRIMARY KEY, page BLOB NOT NULL) STRICT;
  CREATE TABLE dedup_page_2 (id INTEGER PRIMARY KEY, page BLOB NOT NULL) STRICT;
  CREATE TABLE dedup_filter (id INTEGER PRIMARY KEY, words BLOB NOT NULL) STRICT;
  CREATE TABLE dedup_state (id INTEGER PRIMARY KEY CHECK (id = 1), state BLOB NOT NULL) STRICT;`

export function makeVersion2File(path: string): void {
  makeVersion1File(path)
  makeDatabase(path, `${schema} ${content} PRAGMA user_version = 2`)
}
