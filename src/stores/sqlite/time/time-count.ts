/**
 * The time index, the readers' side: counts events per bucket of time, all of them or those of a topic, without looking at
 * the events. Where the first entries of two parts are in the same bucket, so are all between them: they are not read.
 */
import type { DatabaseSync } from 'node:sqlite'
import { type Buckets, bucketOf } from '../../histogram.ts'
import type { PartEntries } from './list-parts.ts'
import { partEntries } from './list-parts.ts'
import { entryOrder, type TimeEntry } from './time-entry.ts'
import type { TimeLists } from './time-lists.ts'
import { missingPart } from './time-lists.ts'
import type { RingSlice } from './time-ring.ts'
import type { TimeRange } from './time-walk.ts'

export interface CountRange extends Omit<TimeRange, 'order'>, Buckets {}

/** Where in the buckets an entry is. */
interface Places {
  /** -1 before the range, `buckets` after it; NaN for an event that is gone and may be either. */
  bucketOf(ms: number, fraction: number, seq: number): number
  /** All entries behind one in the bucket, and before this, are in it too. */
  endMsOf(bucket: number): number
}

interface List {
  readonly run: number
  readonly topicId: number
}

/**
 * @returns events per bucket, also those that are gone from the log and still in the index. The caller holds a read
 *   transaction. @throws what `TimeWalk.seqs` throws.
 */
export function openTimeCount(db: DatabaseSync, lists: TimeLists): (range: CountRange) => number[] {
  const findDigits = db.prepare('SELECT instant_fraction FROM event WHERE seq = ?')

  function countList(list: List, places: Places, counts: number[]): void {
    const firstSeq = list.run * lists.runEvents
    const lastPart = lists.lastPart(list.run, list.topicId)
    if (lastPart === undefined) return
    const last = lists.part({ ...list, part: lastPart })
    if (!last.isLast) throw missingPart({ ...list, part: lastPart + 1 })
    countEntries(last, firstSeq, places, counts)
    if (lastPart === 0) return
    const bucketAt = (part: number) => firstPlace(lists.part({ ...list, part }, 1), firstSeq, places)
    /** The parts from `start` up to `end`, whose first entries are in these buckets. */
    const countParts = (start: number, end: number, startBucket: number, endBucket: number): void => {
      if (startBucket === endBucket) {
        add(counts, startBucket, (end - start) * partEntries)
      } else if (end - start === 1) {
        countEntries(lists.part({ ...list, part: start }), firstSeq, places, counts)
      } else {
        const middle = (start + end) >> 1
        const middleBucket = bucketAt(middle)
        countParts(start, middle, startBucket, middleBucket)
        countParts(middle, end, middleBucket, endBucket)
      }
    }
    countParts(0, lastPart, bucketAt(0), firstPlace(last, firstSeq, places))
  }

  return (range) => {
    const { low, high, topicId } = range
    const places = openPlaces(range, (seq) => findDigits.get(seq)?.instant_fraction)
    const counts = new Array<number>(range.buckets).fill(0)
    const runs = lists.runs()
    const newest = lists.newest(runs.length)
    for (const [run, firstMs, , lastMs] of runs) {
      const isEmpty = firstMs > lastMs
      if (!isEmpty && lastMs >= low.ms && firstMs <= high.ms) countList({ run, topicId: topicId ?? 0 }, places, counts)
    }
    if (newest !== undefined) countSlice(newest, topicId, places, counts)
    return counts
  }
}

function openPlaces(range: CountRange, digitsOf: (seq: number) => unknown): Places {
  const { low, high, buckets } = range
  const compare = (entry: TimeEntry, bound: TimeEntry): number => {
    let isGone = false
    const order = entryOrder((seq) => {
      const digits = digitsOf(seq)
      isGone = digits === undefined
      return String(digits)
    })
    const compared = order(entry, bound)
    return isGone ? Number.NaN : compared
  }
  const bucketAt = (ms: number, fraction: number, seq: number) => {
    // Nearly always the milliseconds decide.
    if (ms < low.ms) return -1
    if (ms > high.ms) return buckets
    const afterLow = ms > low.ms ? 1 : compare({ ms, fraction, seq }, low)
    const beforeHigh = ms < high.ms ? -1 : compare({ ms, fraction, seq }, high)
    if (afterLow <= 0) return -1
    if (beforeHigh >= 0) return buckets
    return Number.isNaN(afterLow + beforeHigh) ? Number.NaN : bucketOf(range, ms)
  }
  return {
    bucketOf: bucketAt,
    endMsOf(bucket) {
      if (bucket === -1) return low.ms
      if (bucket === buckets) return Number.POSITIVE_INFINITY
      // False for NaN: every such entry is looked at.
      return bucket >= 0 ? Math.min(high.ms, range.startMs + (bucket + 1) * range.widthMs) : Number.NEGATIVE_INFINITY
    },
  }
}

function firstPlace({ ms, fractions, offsets }: PartEntries, firstSeq: number, places: Places): number {
  return places.bucketOf(ms[0] ?? 0, fractions[0] ?? 0, firstSeq + (offsets[0] ?? 0))
}

function countEntries(
  { count, ms, fractions, offsets }: PartEntries,
  firstSeq: number,
  places: Places,
  counts: number[],
) {
  for (let at = 0; at < count; ) {
    const start = at++
    const bucket = places.bucketOf(ms[start] ?? 0, fractions[start] ?? 0, firstSeq + (offsets[start] ?? 0))
    const endMs = places.endMsOf(bucket)
    while (at < count && (ms[at] ?? 0) < endMs) at++
    add(counts, bucket, at - start)
  }
}

function countSlice(slice: RingSlice, topicId: number | undefined, places: Places, counts: number[]): void {
  const { topicIds, ms, fractions, firstSeq } = slice
  for (let at = 0; at < topicIds.length; at++) {
    const topic = topicIds[at] ?? 0
    if (topic === 0 || (topicId !== undefined && topic !== topicId)) continue
    add(counts, places.bucketOf(ms[at] ?? 0, fractions[at] ?? 0, firstSeq + at), 1)
  }
}

/** Outside of the range there is no bucket. */
function add(counts: number[], bucket: number, events: number): void {
  const count = counts[bucket]
  if (count !== undefined) counts[bucket] = count + events
}
