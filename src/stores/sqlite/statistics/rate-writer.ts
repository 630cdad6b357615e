/**
 * The rollups of what was received, the writer's side: gathered in memory, because with thousands of topics a row for each
 * with every commit would cost more than the events, and written with an append at most once a second. What a kill
 * or a failed commit takes from this picture is therefore at most a second of it; the counters are written with every commit.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { AppendStatus } from '../../../core/event-store.ts'
import { rateLevels } from '../../../core/statistics-store.ts'
import { bucketStartS, type ReceivedCounts } from '../../rates.ts'
import { openRateBuckets, type RateBucket } from './rate-bucket.ts'
import { openRatePurge } from './rate-purge.ts'

export interface RateWriter {
  /** Counts the source of one event of the current group. */
  countSource(source: string, status: AppendStatus): void
  /** Takes up the current group, and writes what is due. Part of the transaction that appends it. */
  add(
    group: { readonly total: ReceivedCounts; readonly topics: ReadonlyMap<number, ReceivedCounts> },
    nowMs: number,
  ): void
  /** Whether something is not written yet. */
  readonly isDirty: boolean
  /** Whether it should be by now. */
  readonly isDue: boolean
  /** Writes all, as part of a transaction. */
  write(): void
  /** To be called after the transaction was committed. */
  settle(): void
  /** To be called after it was rolled back. */
  undo(): void
}

export const writeEveryMs = 1000

export interface RateWriterOptions {
  readonly db: DatabaseSync
  /** Never goes back, whatever the wall clock does. */
  readonly monotonicMs?: () => number
}

export function openRateWriter({ db, monotonicMs = () => performance.now() }: RateWriterOptions): RateWriter {
  const openBucket = openRateBuckets(db)
  const purge = openRatePurge(db, monotonicMs)
  const sources = new Map<string, ReceivedCounts>()
  /** Of the event before: most groups have few sources, and a comparison costs less than a look-up. */
  let lastSource: string | undefined
  let lastCounts: ReceivedCounts = { events: 0, duplicates: 0, conflicts: 0 }
  /** The bucket of each level that events are counted in. */
  let buckets: (RateBucket | undefined)[] = []
  let settlements: (() => void)[] = []
  let writtenAtMs = Number.NEGATIVE_INFINITY
  let lastNowMs = 0
  let isDirty = false
  let isGroupTakenUp = false

  const isDue = () => monotonicMs() - writtenAtMs >= writeEveryMs

  function write(): void {
    for (const bucket of buckets) {
      if (bucket !== undefined) settlements.push(bucket.write())
    }
    purge(lastNowMs)
    settlements.push(() => {
      isDirty = false
      writtenAtMs = monotonicMs()
    })
  }

  function bucketAt(level: number, startS: number): RateBucket {
    const before = buckets[level]
    if (before?.startS === startS) return before
    if (before !== undefined) settlements.push(before.write())
    // Perhaps with rows: the clock may have been set back, or the process is new.
    const bucket = openBucket(level, startS)
    buckets[level] = bucket
    return bucket
  }

  function countsOf(source: string): ReceivedCounts {
    const known = sources.get(source)
    if (known !== undefined) return known
    const counts = { events: 0, duplicates: 0, conflicts: 0 }
    sources.set(source, counts)
    return counts
  }

  function forgetSources(): void {
    sources.clear()
    lastSource = undefined
  }

  return {
    countSource(source, status) {
      if (source !== lastSource) {
        lastCounts = countsOf(source)
        lastSource = source
      }
      if (status === 'stored') lastCounts.events++
      else lastCounts.duplicates++
      if (status === 'conflict') lastCounts.conflicts++
    },
    add({ total, topics }, nowMs) {
      isGroupTakenUp = true
      isDirty = true
      lastNowMs = nowMs
      for (const [level, rateLevel] of rateLevels.entries()) {
        bucketAt(level, bucketStartS(rateLevel, nowMs)).add({ total, topics, sources })
      }
      forgetSources()
      if (isDue()) write()
    },
    get isDirty() {
      return isDirty
    },
    get isDue() {
      return isDue()
    },
    write,
    settle() {
      for (const settleOne of settlements) settleOne()
      settlements = []
      isGroupTakenUp = false
    },
    undo() {
      settlements = []
      forgetSources()
      if (!isGroupTakenUp) return
      // What was counted is mixed with what must not be: the rows are what is left.
      isGroupTakenUp = false
      isDirty = false
      buckets = []
    },
  }
}
