/** What the time index consists of, as a reader's snapshot of the file has it: runs, their lists' parts, and the ring. */
import type { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../../core/errors.ts'
import { IndexDamagedError } from '../index-damaged-error.ts'
import { type PartEntries, type PartKey, unpackPart } from './list-parts.ts'
import type { RingSlice, TimeRing } from './time-ring.ts'

/** A run and its first and last place in time; the first is later in a run without events. */
export type RunRow = readonly [
  run: number,
  firstMs: number,
  firstFraction: number,
  lastMs: number,
  lastFraction: number,
]

export interface TimeLists {
  readonly runEvents: number
  /** @throws IndexDamagedError when one is missing. */
  runs(): readonly RunRow[]
  /** The number of a list's last part; undefined when the topic has no events in the run. @param topicId 0: all. */
  lastPart(run: number, topicId: number): number | undefined
  /** @param maxEntries as `unpackPart` takes it. @throws IndexDamagedError */
  part(key: PartKey, maxEntries?: number): PartEntries
  /** The events after so many runs. @throws AppError `store_unavailable` while the index is being built. */
  newest(runs: number): RingSlice | undefined
}

/** The caller holds a read transaction, so that everything is of one moment. */
export function openTimeLists(db: DatabaseSync, ring: TimeRing): TimeLists {
  const readRuns = db.prepare('SELECT run, first_ms, first_fraction, last_ms, last_fraction FROM time_run ORDER BY run')
  readRuns.setReturnArrays(true)
  const readLastSeq = db.prepare('SELECT last_seq FROM counters')
  const findLastPart = db.prepare('SELECT max(part) AS part FROM time_list WHERE run = ? AND topic_id = ?')
  const findPart = db.prepare('SELECT entries FROM time_list WHERE run = ? AND topic_id = ? AND part = ?')
  findPart.setReturnArrays(true)

  return {
    runEvents: ring.runEvents,
    runs() {
      const runs = readRuns.all() as unknown as RunRow[]
      const lastRun = runs.at(-1)?.[0] ?? -1
      if (lastRun !== runs.length - 1) {
        throw new IndexDamagedError('time', `${runs.length} runs up to number ${lastRun}`)
      }
      return runs
    },
    lastPart(run, topicId) {
      const { part } = findLastPart.get(run, topicId) ?? {}
      if (part !== null && part !== undefined) return Number(part)
      // A topic may have no events in a run; a run without any is not looked into.
      if (topicId === 0) throw missingPart({ run, topicId, part: 0 })
      return undefined
    },
    part(key, maxEntries) {
      const row = findPart.get(key.run, key.topicId, key.part) as unknown as [Uint8Array] | undefined
      if (row === undefined) throw missingPart(key)
      return unpackPart(key, row[0], maxEntries)
    },
    newest(runs) {
      const firstSeq = Math.max(1, runs * ring.runEvents)
      const endSeq = Number(readLastSeq.get()?.last_seq) + 1
      if (endSeq <= firstSeq) return undefined
      const slice = ring.copy(firstSeq, endSeq)
      if (slice === undefined) throw new AppError('store_unavailable', 'the time index is being built; try again')
      return slice
    },
  }
}

export function missingPart({ run, topicId, part }: PartKey): IndexDamagedError {
  return new IndexDamagedError('time', `part ${part} of topic ${topicId} in run ${run} is missing`)
}
