/** The time index, the readers' side: walks events in time order, all of them or those of a topic. */
import type { DatabaseSync } from 'node:sqlite'
import type { PartEntries, PartKey } from './list-parts.ts'
import { mergeSources, type Source } from './merge.ts'
import { type CompareEntries, entryOrder, type TimeEntry } from './time-entry.ts'
import { missingPart, type RunRow, type TimeLists } from './time-lists.ts'
import type { RingSlice } from './time-ring.ts'

export interface TimeRange {
  /** Undefined: all topics. */
  readonly topicId: number | undefined
  readonly order: 'asc' | 'desc'
  /** The range lies strictly between. */
  readonly low: TimeEntry
  readonly high: TimeEntry
}

export interface TimeWalk {
  readonly compare: CompareEntries
  /**
   * The seqs of a range, in order. The caller holds a read transaction until it has what it needs.
   *
   * @throws IndexDamagedError; AppError `store_unavailable` while the index is being built.
   */
  seqs(range: TimeRange): Iterable<number>
}

/** Events of the ring that are looked at together. */
const blockEvents = 1024

export function openTimeWalk(db: DatabaseSync, lists: TimeLists): TimeWalk {
  const { runEvents } = lists
  const findDigits = db.prepare('SELECT instant_fraction FROM event WHERE seq = ?')
  /** Where an event that is gone from the log was among others with the same code is not known any more. */
  const orderWithGone = (digits: string) => entryOrder((seq) => String(findDigits.get(seq)?.instant_fraction ?? digits))
  const goneBefore = orderWithGone('')
  const goneAfter = orderWithGone('~')

  /** Those that are gone come first in the order of the walk: it must neither end with one of them nor wait behind it. */
  function walkOrder({ order }: TimeRange): CompareEntries {
    return order === 'asc' ? goneBefore : goneAfter
  }

  /** The part of a list where the range begins, by binary search over the first entries of the parts. */
  function firstPart({ order, low, high }: TimeRange, list: Omit<PartKey, 'part'>, lastPart: number): number {
    const edge = order === 'asc' ? low : high
    // With an event that is gone rather too many parts than too few.
    const compare = order === 'asc' ? goneAfter : goneBefore
    let [min, max] = [0, lastPart]
    while (min < max) {
      const part = Math.ceil((min + max) / 2)
      const first = entryOf(lists.part({ ...list, part }, 1), 0, list.run * runEvents)
      if (compare(first, edge) <= 0) min = part
      else max = part - 1
    }
    return min
  }

  function* walkRun(range: TimeRange, run: number): Generator<TimeEntry> {
    const { order, low, high } = range
    const compare = walkOrder(range)
    const list = { run, topicId: range.topicId ?? 0 }
    const lastPart = lists.lastPart(list.run, list.topicId)
    if (lastPart === undefined) return
    const step = order === 'asc' ? 1 : -1
    for (let part = firstPart(range, list, lastPart); part >= 0 && part <= lastPart; part += step) {
      const entries = lists.part({ ...list, part })
      if (part === lastPart && !entries.isLast) throw missingPart({ ...list, part: part + 1 })
      for (let count = 0; count < entries.count; count++) {
        const entry = entryOf(entries, order === 'asc' ? count : entries.count - 1 - count, run * runEvents)
        const isBefore = compare(entry, order === 'asc' ? low : high) * step <= 0
        if (isBefore) continue
        if (compare(entry, order === 'asc' ? high : low) * step >= 0) return
        yield entry
      }
    }
  }

  function runSource(
    range: TimeRange,
    [run, firstMs, firstFraction, lastMs, lastFraction]: RunRow,
  ): Source | undefined {
    const isEmpty = firstMs > lastMs
    if (isEmpty || lastMs < range.low.ms || firstMs > range.high.ms) return undefined
    const bound =
      range.order === 'asc'
        ? { ms: firstMs, fraction: firstFraction, seq: 0 }
        : { ms: lastMs, fraction: lastFraction, seq: 0 }
    return { bound, open: () => walkRun(range, run) }
  }

  /** Of the events that no run holds. */
  function ringSources(range: TimeRange, slice: RingSlice): Source[] {
    const sources: Source[] = []
    for (let start = 0; start < slice.topicIds.length; start += blockEvents) {
      const source = blockSource(range, slice, start)
      if (source !== undefined) sources.push(source)
    }
    return sources
  }

  function blockSource(range: TimeRange, slice: RingSlice, start: number): Source | undefined {
    const { order, low, high, topicId } = range
    const compare = walkOrder(range)
    const { topicIds, ms, fractions, firstSeq } = slice
    const end = Math.min(start + blockEvents, topicIds.length)
    const isInRange = (at: number) => {
      const topic = topicIds[at] ?? 0
      const instant = ms[at] ?? 0
      return topic !== 0 && (topicId === undefined || topic === topicId) && instant >= low.ms && instant <= high.ms
    }
    let count = 0
    let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let at = start; at < end; at++) {
      if (!isInRange(at)) continue
      count++
      const instant = ms[at] ?? 0
      if (instant < firstMs) firstMs = instant
      if (instant > lastMs) lastMs = instant
    }
    if (count === 0) return undefined
    const open = () => {
      const entries: TimeEntry[] = []
      for (let at = start; at < end; at++) {
        if (!isInRange(at)) continue
        const entry = { ms: ms[at] ?? 0, fraction: fractions[at] ?? 0, seq: firstSeq + at }
        if (compare(entry, low) > 0 && compare(entry, high) < 0) entries.push(entry)
      }
      entries.sort(compare)
      return (order === 'asc' ? entries : entries.reverse())[Symbol.iterator]()
    }
    const asc = { ms: firstMs, fraction: 0, seq: 0 }
    const desc = { ms: lastMs, fraction: Number.MAX_SAFE_INTEGER, seq: 0 }
    return { bound: order === 'asc' ? asc : desc, open }
  }

  return {
    compare: goneBefore,
    *seqs(range) {
      const compare = walkOrder(range)
      const runs = lists.runs()
      const newest = lists.newest(runs.length)
      const fromRuns = runs.map((row) => runSource(range, row)).filter((source) => source !== undefined)
      const sources = newest === undefined ? fromRuns : [...fromRuns, ...ringSources(range, newest)]
      const inOrder: CompareEntries = range.order === 'asc' ? compare : (a, b) => compare(b, a)
      for (const { seq } of mergeSources(sources, inOrder)) yield seq
    },
  }
}

function entryOf({ ms, fractions, offsets }: PartEntries, index: number, firstSeq: number): TimeEntry {
  return { ms: ms[index] ?? 0, fraction: fractions[index] ?? 0, seq: firstSeq + (offsets[index] ?? 0) }
}
