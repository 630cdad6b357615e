/** The dedup index of a store's file: over the table `event`, with the file's own geometry, rebuilt when it has to be. */
import type { DatabaseSync } from 'node:sqlite'
import { geometryOf } from './dedup/geometry.ts'
import { openIndexLookup } from './dedup/index-lookup.ts'
import { IndexDamagedError, openIndexPages } from './dedup/index-pages.ts'
import { halfSipHash } from './dedup/key-hash.ts'
import { type KeyLog, memtableCount, openLogStructuredDedupIndex } from './dedup/log-structured-dedup-index.ts'
import { memtableBytes } from './dedup/memtable.ts'
import type { DedupIndex, EventKey } from './dedup-index.ts'
import type { StoreNotice } from './store-notice.ts'

const geometry = geometryOf(18)
/** Building takes longer than this only when much of it is missing; then it says how far it is, this often. */
const progressEveryMs = 1000

/** The answer of a look-up that needs the writer to build the index again first. */
export interface DamagedIndex {
  readonly damage: string
}

export interface StoredDedupIndexOptions {
  readonly db: DatabaseSync
  readonly memtables: readonly SharedArrayBuffer[]
  readonly mustRebuildIndex: boolean
  /** Called after each step of building, so that the WAL does not hold all of it. */
  readonly checkpoint: () => void
  readonly notify: (notice: StoreNotice) => void
}

/** The memory that the writer and the readers of one store share. */
export function shareMemtables(): SharedArrayBuffer[] {
  return Array.from({ length: memtableCount }, () => new SharedArrayBuffer(memtableBytes(geometry.memtableBits)))
}

/** Opens the index for the writer; builds it from the log when it is missing, damaged, or when told to. */
export function openStoredDedupIndex(options: StoredDedupIndexOptions): DedupIndex {
  const { db, memtables, mustRebuildIndex, notify, checkpoint } = options
  const pages = openIndexPages(db, geometry)
  const log = openKeyLog(db)
  const { last_seq: lastSeq } = db.prepare('SELECT last_seq FROM counters').get() ?? {}
  let nextNoticeMs = performance.now() + progressEveryMs
  const onProgress = (seq: number) => {
    checkpoint()
    if (performance.now() < nextNoticeMs) return
    nextNoticeMs = performance.now() + progressEveryMs
    notify({ level: 'info', text: `building the dedup index: ${seq} of ${lastSeq} events` })
  }
  const open = (mustRebuild: boolean) =>
    openLogStructuredDedupIndex({ pages, geometry, log, hashWith: halfSipHash, memtables, mustRebuild, onProgress })
  try {
    return open(mustRebuildIndex)
  } catch (thrown) {
    if (!(thrown instanceof IndexDamagedError)) throw thrown
    notify(damageNotice(thrown.message))
    return open(true)
  }
}

export function damageNotice(damage: string): StoreNotice {
  return { level: 'warn', text: `the dedup index is damaged (${damage}) and is built again from the log` }
}

/** Looks keys up for a reader. @returns the seq, or 0. @throws IndexDamagedError */
export function openStoredIndexLookup(
  db: DatabaseSync,
  memtables: readonly SharedArrayBuffer[],
): (key: EventKey) => number {
  const { holds } = openKeyLog(db)
  return openIndexLookup({ db, pages: openIndexPages(db, geometry), geometry, hashWith: halfSipHash, memtables, holds })
}

function openKeyLog(db: DatabaseSync): KeyLog {
  const findKey = db.prepare('SELECT topic_id, event_id FROM event WHERE seq = ?')
  findKey.setReturnArrays(true)
  const keysFrom = db.prepare('SELECT seq, topic_id, event_id FROM event WHERE seq >= ? ORDER BY seq LIMIT ?')
  return {
    holds(seq, key) {
      const row = findKey.get(seq) as unknown as readonly [number, string] | undefined
      return row !== undefined && row[1] === key.eventId && row[0] === key.topicId
    },
    keysFrom: (seq, limit) =>
      keysFrom
        .all(seq, limit)
        .map((row) => ({ seq: Number(row.seq), topicId: Number(row.topic_id), eventId: String(row.event_id) })),
    transaction(run) {
      db.exec('BEGIN IMMEDIATE')
      try {
        run()
        db.exec('COMMIT')
      } catch (thrown) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw thrown
      }
    },
  }
}
