/** Events per stretch of time: which bucket an instant is in, and counting a walk of events that have to be looked at. */
import type { Clock } from '../core/clock.ts'
import type { Histogram, HistogramQuery } from '../core/statistics-store.ts'
import { startDeadline } from './deadline.ts'

export type Buckets = Pick<HistogramQuery, 'startMs' | 'widthMs' | 'buckets'>

/** Edges lie at whole milliseconds, so that fractions do not matter. */
export function bucketOf({ startMs, widthMs }: Buckets, ms: number): number {
  return Math.floor((ms - startMs) / widthMs)
}

/** An event of the query's range. */
export interface LookedAt {
  readonly ms: number
  readonly isWanted: boolean
  /** That were read to see it. */
  readonly chars: number
}

/** @param walk newest first, so that what the time budget leaves out is the oldest. */
export function countWalk(walk: Iterable<LookedAt>, query: HistogramQuery, clock: Clock): Histogram {
  const isSpent = startDeadline(clock, query.timeBudgetMs)
  const counts = new Array<number>(query.buckets).fill(0)
  for (const { ms, isWanted, chars } of walk) {
    const bucket = bucketOf(query, ms)
    if (isWanted && bucket >= 0 && bucket < counts.length) counts[bucket] = (counts[bucket] ?? 0) + 1
    if (isSpent(chars)) return { counts, countedFromMs: ms }
  }
  return { counts, countedFromMs: undefined }
}
