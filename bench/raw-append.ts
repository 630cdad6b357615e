/**
 * The yardstick: how fast this machine's disk, SQLite and node:sqlite can append events durably when nothing else is
 * done. In process, no dedup, no index, one commit a batch, all values bound from arrays made ahead.
 */
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { BenchEvent, EventSource } from '../src/cli/bench-events.ts'
import { openTemporaryFolder } from '../src/cli/temporary-folder.ts'
import { measure } from './measure.ts'
import type { Peer } from './peers/peer.ts'
import { benchFolderPrefix } from './peers/server-process.ts'

export const defaultPageSizeBytes = 8192
/** Measured: 50 to 100 rows a statement nearly double the rate of single-row inserts. */
const rowsPerInsert = 50
const columnsPerRow = 9
/** Where in a row the values stand that are known only when it is stored. */
const seqColumn = 0
const processedColumn = 5

export interface RawAppendOptions {
  readonly batchEvents: number
  readonly seconds: number
  readonly source: EventSource
  readonly pageSizeBytes?: number
  readonly signal?: AbortSignal
}

/** @returns events per second. */
export async function measureRawAppend({ pageSizeBytes, ...run }: RawAppendOptions): Promise<number> {
  const measured = await measure({ peer: rawAppendPeer(pageSizeBytes), connections: 1, duplicateRatio: 0, ...run })
  return measured.eventsPerSecond
}

type SqliteValue = string | number
/** The values of up to `rowsPerInsert` rows, one after another; a batch is some of these. */
type Rows = SqliteValue[]

export function rawAppendPeer(pageSizeBytes = defaultPageSizeBytes): Peer<readonly Rows[]> {
  return {
    name: 'raw-append',
    durability: 'in process, SQLite WAL, synchronous=FULL, a commit per batch, no dedup: survives a power cut',
    hasDedup: false,
    maxConnections: 1,
    availability: () => ({ version: `SQLite ${process.versions.sqlite}` }),
    async open() {
      const folder = openTemporaryFolder(benchFolderPrefix)
      const db = new DatabaseSync(join(folder.path, 'raw.db'))
      db.exec(`PRAGMA page_size = ${pageSizeBytes}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`)
      db.exec(createTable)
      const append = openAppend(db)
      const topicIds = new Map<string, number>()
      return {
        encode: (events) => encodeRows(events, topicIds),
        openClient: async () => ({
          async append(batch) {
            return { unique: append(batch), duplicates: 0 }
          },
          async [Symbol.asyncDispose]() {},
        }),
        countStored: async () => Number(db.prepare('SELECT count(*) AS events FROM event').get()?.events),
        async [Symbol.asyncDispose]() {
          db.close()
          folder[Symbol.dispose]()
        },
      }
    },
  }
}

const createTable = `
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
) STRICT`

/** @returns a function that stores a batch in one commit and tells how many events it held. */
function openAppend(db: DatabaseSync): (batch: readonly Rows[]) => number {
  const inserts = new Map<number, StatementSync>()
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  let lastSeq = 0

  function insertOf(rows: number): StatementSync {
    const known = inserts.get(rows)
    if (known !== undefined) return known
    const row = `(${new Array(columnsPerRow).fill('?').join(', ')})`
    const made = db.prepare(`INSERT INTO event VALUES ${new Array(rows).fill(row).join(', ')}`)
    inserts.set(rows, made)
    return made
  }

  return (batch) => {
    const before = lastSeq
    const nowMs = Date.now()
    begin.run()
    for (const rows of batch) {
      for (let at = 0; at < rows.length; at += columnsPerRow) {
        rows[at + seqColumn] = ++lastSeq
        rows[at + processedColumn] = nowMs
      }
      insertOf(rows.length / columnsPerRow).run(...rows)
    }
    commit.run()
    return lastSeq - before
  }
}

function encodeRows(events: readonly BenchEvent[], topicIds: Map<string, number>): Rows[] {
  const batch: Rows[] = []
  for (let at = 0; at < events.length; at += rowsPerInsert) {
    batch.push(events.slice(at, at + rowsPerInsert).flatMap((event) => encodeRow(event, topicIds)))
  }
  return batch
}

function encodeRow({ topic, event_id, timestamp, source, payload }: BenchEvent, topicIds: Map<string, number>): Rows {
  const topicId = topicIds.get(topic) ?? topicIds.size + 1
  topicIds.set(topic, topicId)
  return [0, topicId, flat(event_id), Date.parse(timestamp), '', 0, timestamp, source, flat(payload)]
}

/** V8 keeps joined texts as trees until somebody reads them; that somebody should not be the timed part. */
function flat(text: string): string {
  return Buffer.from(text).toString()
}
