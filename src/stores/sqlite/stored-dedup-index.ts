/** The dedup index of a store's file: over the table `event`, with the file's own geometry, rebuilt when it has to be. */
import type { DatabaseSync } from 'node:sqlite'
import { type IndexBuild, openIndex } from './build-index.ts'
import { geometryOf } from './dedup/geometry.ts'
import { openIndexLookup } from './dedup/index-lookup.ts'
import { openIndexPages } from './dedup/index-pages.ts'
import { halfSipHash } from './dedup/key-hash.ts'
import { type KeyLog, memtableCount, openLogStructuredDedupIndex } from './dedup/log-structured-dedup-index.ts'
import { memtableBytes } from './dedup/memtable.ts'
import type { DedupIndex, EventKey } from './dedup-index.ts'
import { requireOrder } from './require-order.ts'

/** Of every file. */
export const geometry = geometryOf(18)

/** The memory that the writer and the readers of one store share. */
export function shareMemtables(): SharedArrayBuffer[] {
  return Array.from({ length: memtableCount }, () => new SharedArrayBuffer(memtableBytes(geometry.memtableBits)))
}

/** Opens the index for the writer; builds it from the log when it is missing, damaged, or when told to. */
export function openStoredDedupIndex(build: IndexBuild, memtables: readonly SharedArrayBuffer[]): DedupIndex {
  const { db } = build
  const pages = openIndexPages(db, geometry)
  return openIndex('dedup', build, ({ mustRebuild, onProgress, transaction }) => {
    const log = { ...openKeyLog(db), transaction }
    return openLogStructuredDedupIndex({
      pages,
      geometry,
      log,
      hashWith: halfSipHash,
      memtables,
      mustRebuild,
      onProgress,
    })
  })
}

/** Looks keys up for a reader. @returns the seq, or 0. @throws IndexDamagedError */
export function openStoredIndexLookup(
  db: DatabaseSync,
  memtables: readonly SharedArrayBuffer[],
): (key: EventKey) => number {
  const { holds } = openKeyLog(db)
  return openIndexLookup({ db, pages: openIndexPages(db, geometry), geometry, hashWith: halfSipHash, memtables, holds })
}

function openKeyLog(db: DatabaseSync): Omit<KeyLog, 'transaction'> {
  const findKey = db.prepare('SELECT topic_id, event_id FROM event WHERE seq = ?')
  findKey.setReturnArrays(true)
  const keysFrom = db.prepare('SELECT seq, topic_id, event_id FROM event WHERE seq >= ? ORDER BY seq LIMIT ?')
  return {
    holds(seq, key) {
      const row = findKey.get(seq) as unknown as readonly [number, string] | undefined
      return row !== undefined && row[1] === key.eventId && row[0] === key.topicId
    },
    keysFrom(firstSeq, limit) {
      let before = firstSeq - 1
      return keysFrom.all(firstSeq, limit).map((row) => {
        const seq = Number(row.seq)
        requireOrder(seq, before)
        before = seq
        return { seq, topicId: Number(row.topic_id), eventId: String(row.event_id) }
      })
    },
  }
}
