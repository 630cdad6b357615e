/** The port for counts over time and for what the duplicates on record say together; test/contract/ is its meaning. */
import type { Instant } from './timestamp.ts'

/** Which events, and the buckets of time to count them in. What is not given does not select. */
export interface HistogramQuery {
  readonly topic?: string | undefined
  readonly source?: string | undefined
  /** Case-insensitive text that the payload contains. */
  readonly text?: string | undefined
  /** Inclusive. */
  readonly from: Instant
  /** Exclusive. */
  readonly to: Instant
  /** Where the first bucket begins: at or before `from`. Milliseconds since the Unix epoch. */
  readonly startMs: number
  readonly widthMs: number
  /** 1 to 1,000; they reach at least to `to`. */
  readonly buckets: number
  /** How long to look before answering with what was counted, in milliseconds. Without source and text it is not needed. */
  readonly timeBudgetMs: number
}

/** Events over time. */
export interface Histogram {
  /** Events per bucket by their own timestamps, oldest bucket first. */
  readonly counts: readonly number[]
  /** The time budget ran out: of older instants none were counted, of this millisecond perhaps some. Undefined when all were. */
  readonly countedFromMs: number | undefined
}

/**
 * Received per stretch of time, by when it was received (`processedAtMs`): rollups that are written with the events, at
 * most a second later. An idle store shows all that was acknowledged within two seconds. When the process is killed, or a
 * commit fails, at most the last second is missing from this picture; the counters stay exact.
 */
export const rateLevels = [
  { widthS: 10, keptS: 6 * 3600, maxNames: 1000 },
  { widthS: 600, keptS: 90 * 86_400, maxNames: 200 },
] as const

/** What was received over time, new and not. */
export interface RatesQuery {
  /** Undefined: the total alone. */
  readonly by?: 'topic' | 'source' | undefined
  /** Only these topics or sources; undefined: the ones that received most. At most 100. */
  readonly names?: readonly string[] | undefined
  /** Multiples of `widthS`, seconds since the Unix epoch; at most 1,000 buckets. */
  readonly fromS: number
  readonly toS: number
  /** A multiple of a level's width; the coarsest level that it is a multiple of answers. */
  readonly widthS: number
  /** 1 to 100 series. */
  readonly limit: number
}

/** One number per bucket, oldest first. */
export interface ReceivedSeries {
  readonly unique: readonly number[]
  /** Includes the conflicts. */
  readonly duplicates: readonly number[]
  readonly conflicts: readonly number[]
}

/** What was received in each bucket, in all and by topic or source. */
export interface Rates {
  readonly total: ReceivedSeries
  /**
   * With most received first, then by name in order of code points; every one of the names asked for, and otherwise those
   * that received anything. A name beyond the `maxNames` of a stretch of time is in the total only.
   */
  readonly series: readonly (ReceivedSeries & { readonly name: string })[]
}

/** How often one event was sent again. */
export interface Copies {
  /** The stored event's. */
  readonly seq: number
  /** On record; includes the conflicts. */
  readonly duplicates: number
  readonly conflicts: number
}

/** The newest duplicates on record are summed up, so that the cost has a bound. */
export interface DuplicateSummaryQuery {
  readonly topic?: string | undefined
  /** The source that sent the duplicates. */
  readonly source?: string | undefined
  readonly isConflict?: boolean | undefined
  /** Not younger than this record, so that pages fit together; undefined: the newest. */
  readonly throughId?: number | undefined
  readonly sort: 'conflicts' | 'duplicates' | 'last_seen' | 'spread'
  /** 1 to 1,000. */
  readonly limit: number
  readonly offset: number
}

/** Which of the duplicates on record were summed up. */
export interface DuplicateWindow {
  /** The newest record that was looked at; 0 when there is none. */
  readonly throughId: number
  /** Records that were looked at, before the filters: at most `maxSummarisedRecords`. */
  readonly records: number
  /** When the oldest of them was seen; undefined when there is none. */
  readonly sinceMs: number | undefined
  /** No older duplicate is on record. */
  readonly isComplete: boolean
}

/** One event that was sent again, with the duplicates of it that were summed up. */
export interface DuplicatedEvent {
  readonly topic: string
  readonly eventId: string
  readonly seq: number
  readonly storedAtMs: number
  /** Of the stored event. */
  readonly source: string
  readonly duplicates: number
  readonly conflicts: number
  /** Who sent the duplicates; the ten that sent most, most first. */
  readonly duplicateSources: readonly string[]
  readonly duplicateSourceCount: number
  readonly lastSeenAtMs: number
}

/** One source that sent events again, with the duplicates of it that were summed up. */
export interface DuplicateSource {
  readonly source: string
  readonly duplicates: number
  readonly conflicts: number
  /** Distinct events that it sent again. */
  readonly events: number
  /** From the commit of the event to that of the duplicate. */
  readonly lateMs: { readonly p50: number; readonly p90: number; readonly max: number }
  readonly lastSeenAtMs: number
}

/** One page of a summary, and what it is a summary of. */
export interface DuplicateSummary<T> {
  readonly window: DuplicateWindow
  /** Of all pages. */
  readonly total: number
  readonly rows: readonly T[]
}

/** What every store keeps to when it counts. */
export const statisticsLimits = {
  maxSummarisedRecords: 100_000,
  maxCopiesSeqs: 1000,
  maxRateNames: 100,
} as const

/** Everything here is of one moment, and changes nothing. */
export interface StatisticsStore {
  /** @throws AppError `store_unavailable` while the time index is being built. */
  countEvents(query: HistogramQuery): Promise<Histogram>
  /** What was received in each bucket of a stretch of time. Kept by 10 s for 6 hours, by 10 min for 90 days. */
  readRates(query: RatesQuery): Promise<Rates>
  /** Of the events that have any, in ascending order of seqs. @param seqs at most 1,000. */
  readCopies(seqs: readonly number[]): Promise<readonly Copies[]>
  /** Ties: last seen, then largest seq first; of as many conflicts first those with more duplicates. `spread`: from the commit to the last duplicate. */
  summariseByEvent(query: DuplicateSummaryQuery): Promise<DuplicateSummary<DuplicatedEvent>>
  /** `spread` is the largest lateness; ties by name, in order of code points; of as many conflicts first those with more duplicates. */
  summariseBySource(query: DuplicateSummaryQuery): Promise<DuplicateSummary<DuplicateSource>>
}
