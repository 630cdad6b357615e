/**
 * The time index, the writer's side: where events lie in time order, all of them and topic by topic. Derived from the log.
 *
 * B-trees over time and over (topic, time) took a third of the rate, and more with many topics. So the index is made of
 * runs, each of them a range of seqs: a run's events are sorted once, in memory, and written as lists, each list in parts
 * that are only ever appended. What no run holds yet is in the ring. A query merges the lists of the runs it needs.
 */
import type { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../../core/errors.ts'
import { IndexDamagedError } from '../index-damaged-error.ts'
import { requireOrder } from '../require-order.ts'
import { packPart, partEntries } from './list-parts.ts'
import { type SortedRun, sortRun } from './sort-run.ts'
import { fractionCode } from './time-entry.ts'
import type { TimeRing } from './time-ring.ts'

/** Entries written per new event: each event is in two lists, and a run must be written before the next one is full. */
const entriesPerEvent = 3
const rowsReadAtOnce = 65_536
/** Nobody deletes that many events at the end of a log: the number that says where it ends is wrong. */
const maxMissingRuns = 1000

export interface TimeIndex {
  /** Takes up an event that the current transaction stores. Seqs come in order. */
  record(seq: number, topicId: number, ms: number, fraction: string): void
  /** Does what is due after so many new events; part of the same transaction. */
  workFor(newEvents: number): void
  /** To be called after the transaction was committed. */
  settle(): void
  /** To be called after it was rolled back. */
  undo(): void
}

export interface TimeIndexOptions {
  readonly db: DatabaseSync
  readonly ring: TimeRing
  /** Builds the index from the log, whatever is there. */
  readonly mustRebuild: boolean
  readonly transaction: (run: () => void) => void
  /** Told now and then while the index is built from the log. */
  readonly onProgress: (seq: number) => void
}

interface Progress {
  /** The run that the ring fills. */
  fillingRun: number
  /** Runs that are written completely. */
  runs: number
  /** Lists of the run under way that are written, and parts of the next one. */
  lists: number
  parts: number
}

/** Opens the index and brings it up to the end of the log. @throws IndexDamagedError when a run is missing. */
export function openTimeIndex(options: TimeIndexOptions): TimeIndex {
  const { db, ring, transaction, onProgress } = options
  const { runEvents } = ring
  const countRuns = db.prepare('SELECT count(*) AS runs, max(run) AS last FROM time_run')
  const insertPart = db.prepare('INSERT INTO time_list (run, topic_id, part, entries) VALUES (?, ?, ?, ?)')
  const insertRun = db.prepare(
    'INSERT INTO time_run (run, first_ms, first_fraction, last_ms, last_fraction) VALUES (?, ?, ?, ?, ?)',
  )
  const findDigits = db.prepare('SELECT instant_fraction FROM event WHERE seq = ?')
  const readLog = db.prepare(
    'SELECT seq, topic_id, instant_ms, instant_fraction FROM event WHERE seq >= ? ORDER BY seq LIMIT ?',
  )
  readLog.setReturnArrays(true)
  const readLastSeq = db.prepare('SELECT last_seq FROM counters')

  const progress: Progress = { fillingRun: 0, runs: 0, lists: 0, parts: 0 }
  let committed: Progress = { ...progress }
  let sorted: (SortedRun & { readonly run: number }) | undefined
  let entriesDue = 0
  const part = {
    ms: new Float64Array(partEntries),
    fractions: new Int32Array(partEntries),
    offsets: new Int32Array(partEntries),
  }

  function sortedRun(): SortedRun {
    const { runs: run } = progress
    if (sorted?.run === run) return sorted
    const digitsOf = (offset: number) => String(findDigits.get(run * runEvents + offset)?.instant_fraction)
    const breakTies = (offsets: number[]) => {
      const digits = new Map(offsets.map((offset) => [offset, digitsOf(offset)]))
      const order = (offset: number) => digits.get(offset) ?? ''
      return offsets.sort((a, b) => (order(a) === order(b) ? a - b : order(a) < order(b) ? -1 : 1))
    }
    sorted = { run, ...sortRun(ring.run(run), breakTies) }
    return sorted
  }

  /** Writes one part, or what completes the run. @returns entries written. */
  function writeNext(): number {
    const { lists, order } = sortedRun()
    const { runs: run, parts } = progress
    const slice = ring.run(run)
    const list = lists[progress.lists]
    if (list === undefined) {
      const [first, last] = [order[0], order[order.length / 2 - 1]]
      const bound = (offset = 0) => [slice.ms[offset] ?? 0, slice.fractions[offset] ?? 0] as const
      // A run whose events are all gone has no place in time: it is never looked into.
      if (order.length === 0) insertRun.run(run, 1, 0, 0, 0)
      else insertRun.run(run, ...bound(first), ...bound(last))
      progress.runs++
      progress.lists = 0
      return 0
    }
    const start = list.start + parts * partEntries
    const count = Math.min(partEntries, list.end - start)
    const isLast = start + count >= list.end
    for (let index = 0; index < count; index++) {
      const offset = order[start + index] ?? 0
      part.ms[index] = slice.ms[offset] ?? 0
      part.fractions[index] = slice.fractions[offset] ?? 0
      part.offsets[index] = offset
    }
    if (count > 0) {
      const key = { run, topicId: list.topicId, part: parts }
      insertPart.run(run, list.topicId, parts, packPart(key, { count, isLast, ...part }))
    }
    progress.parts++
    if (isLast) {
      progress.lists++
      progress.parts = 0
    }
    return count
  }

  /** Also begins each run before it whose events are all gone: its place in the ring must not keep what was there before. */
  function beginRunOf(seq: number): void {
    const run = Math.floor(seq / runEvents)
    while (progress.fillingRun < run) {
      progress.fillingRun++
      // The ring is about to lose what it held four runs before: readers that look for it there must find it on disk.
      while (progress.runs < progress.fillingRun - 1) writeNext()
      ring.beginRun(progress.fillingRun)
    }
  }

  function record(seq: number, topicId: number, ms: number, fraction: number): void {
    beginRunOf(seq)
    ring.record(seq, topicId, ms, fraction)
  }

  function workFor(newEvents: number): void {
    entriesDue += entriesPerEvent * newEvents
    while (entriesDue > 0 && progress.runs < progress.fillingRun) entriesDue -= writeNext()
    if (progress.runs === progress.fillingRun) entriesDue = 0
  }

  function settle(): void {
    committed = { ...progress }
  }

  function takeUp(rows: readonly (readonly [number, number, number, string])[], firstSeq: number): void {
    let before = firstSeq - 1
    for (const [seq, topicId, ms, digits] of rows) {
      requireOrder(seq, before)
      before = seq
      record(seq, topicId, ms, fractionCode(digits))
    }
    workFor(rows.length)
  }

  function load(): void {
    ring.isComplete = false
    const { runs, last } = countRuns.get() ?? {}
    if (!options.mustRebuild && Number(runs) > 0 && last !== Number(runs) - 1) {
      throw new IndexDamagedError('time', `${runs} runs up to number ${last}`)
    }
    transaction(() => {
      if (options.mustRebuild) db.exec('DELETE FROM time_list; DELETE FROM time_run')
      progress.runs = Number(countRuns.get()?.runs)
      // What was written of a run that is not complete.
      db.prepare('DELETE FROM time_list WHERE run >= ?').run(progress.runs)
    })
    progress.fillingRun = progress.runs
    settle()
    ring.beginRun(progress.runs)
    let seq = Math.max(1, progress.runs * runEvents)
    for (;;) {
      const rows = readLog.all(seq, Math.min(rowsReadAtOnce, runEvents)) as unknown as [
        number,
        number,
        number,
        string,
      ][]
      const last = rows.at(-1)
      if (last === undefined) break
      const firstSeq = seq
      transaction(() => takeUp(rows, firstSeq))
      settle()
      seq = last[0] + 1
      onProgress(last[0])
    }
    // The newest events may be gone: without their runs, the next append would take from readers what it has not committed.
    const lastSeq = Number(readLastSeq.get()?.last_seq)
    if (lastSeq - seq > maxMissingRuns * runEvents) {
      throw new AppError(
        'store_unavailable',
        `the file is damaged: its log ends before seq ${seq}, and is said to end at ${lastSeq}; look with sekali verify`,
      )
    }
    transaction(() => beginRunOf(lastSeq))
    settle()
    ring.isComplete = true
  }
  load()

  return {
    record: (seq, topicId, ms, fraction) => record(seq, topicId, ms, fractionCode(fraction)),
    workFor,
    settle,
    undo() {
      Object.assign(progress, committed)
      entriesDue = 0
      sorted = undefined
    },
  }
}
