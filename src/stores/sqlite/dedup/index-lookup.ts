/** Looking one key up from another thread, while the writer goes on: exact, and never behind a commit that was answered. */
import type { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../../core/errors.ts'
import type { EventKey } from '../dedup-index.ts'
import { IndexDamagedError } from '../index-damaged-error.ts'
import { findInPages } from './find-in-pages.ts'
import { type Geometry, runsPerSegment } from './geometry.ts'
import type { IndexPages } from './index-pages.ts'
import type { KeyHash, Seed } from './key-hash.ts'
import { openMemtable } from './memtable.ts'

export interface IndexLookupOptions {
  readonly db: DatabaseSync
  readonly pages: IndexPages
  readonly geometry: Geometry
  readonly hashWith: (seed: Seed) => KeyHash
  /** The writer's. */
  readonly memtables: readonly SharedArrayBuffer[]
  /** Whether the event stored under this seq has this key. */
  readonly holds: (seq: number, key: EventKey) => boolean
}

/**
 * @returns a function from a key to the seq it is stored under, or 0. It throws IndexDamagedError when the index has to be
 *   built again first, and AppError `store_unavailable` for a key that is not found while it is being built.
 */
export function openIndexLookup(options: IndexLookupOptions): (key: EventKey) => number {
  const { db, pages, geometry, hashWith, holds } = options
  const tables = options.memtables.map((shared) => openMemtable(geometry.memtableBits, shared))
  const runKeys = 2 ** geometry.memtableBits
  const hashed = new Int32Array(2)

  function findInTables(key: EventKey, high: number, low: number): number {
    let found = 0
    for (const table of tables) {
      const firstSeq = table.run * runKeys
      table.find(high, low, (index) => {
        if (!holds(firstSeq + index, key)) return false
        found = firstSeq + index
        return true
      })
      if (found !== 0) return found
    }
    return 0
  }

  function findOnPages(key: EventKey, seed: Seed, high: number, low: number): number | undefined {
    db.exec('BEGIN')
    try {
      const stored = pages.readState()
      if (stored?.seed[0] !== seed[0] || stored.seed[1] !== seed[1]) return undefined
      const { state } = stored
      for (let segment = Math.ceil(state.runs[0] / runsPerSegment) - 1; segment >= 0; segment--) {
        const seq = findInPages({ pages, geometry, state }, segment, { high, low }, (candidate) =>
          holds(candidate, key),
        )
        if (seq !== 0) return seq
      }
      return 0
    } finally {
      db.exec('COMMIT')
    }
  }

  return (key) => {
    for (;;) {
      const stored = pages.readState()
      if (stored === undefined) throw new IndexDamagedError('dedup', 'the state is missing')
      const { seed, isBuilding } = stored
      hashWith(seed)(key.topicId, key.eventId, hashed, 0)
      const [high = 0, low = 0] = hashed
      // Memtables before pages: a key leaves a memtable only after the pages that hold it were committed,
      // so a reader that looks in this order cannot miss it in between.
      const recent = findInTables(key, high, low)
      if (recent !== 0) return recent
      const onPages = findOnPages(key, seed, high, low)
      // Otherwise the index was begun anew meanwhile, with another seed.
      if (onPages === undefined) continue
      if (onPages !== 0 || !isBuilding) return onPages
      throw new AppError('store_unavailable', 'the dedup index is being built; try again')
    }
  }
}
