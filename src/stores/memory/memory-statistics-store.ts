/** The statistics of a memory store: looks at everything it holds, with each question. */
import type { Clock } from '../../core/clock.ts'
import type { DuplicateRecord } from '../../core/event-store.ts'
import { payloadMatcher } from '../../core/payload-text.ts'
import {
  type Copies,
  type DuplicatedEvent,
  type DuplicateSource,
  type DuplicateSummary,
  type DuplicateSummaryQuery,
  type Histogram,
  type HistogramQuery,
  type Rates,
  type RatesQuery,
  type StatisticsStore,
  statisticsLimits,
} from '../../core/statistics-store.ts'
import { compareInstants } from '../../core/timestamp.ts'
import { contentChars, type WalkedEvent } from '../collect-page.ts'
import { countWalk, type LookedAt } from '../histogram.ts'
import { type CopyWindow, summariseByEvent, summariseBySource } from '../summarise-duplicates.ts'
import type { MemoryRates } from './memory-rates.ts'

export interface MemoryStatisticsOptions {
  readonly clock: Clock
  /** In seq order: the event with seq n is at n - 1. */
  readonly rows: readonly WalkedEvent[]
  /** Those on record, oldest first. */
  readonly duplicates: () => readonly DuplicateRecord[]
  readonly rates: MemoryRates
}

export class MemoryStatisticsStore implements StatisticsStore {
  readonly #options: MemoryStatisticsOptions

  constructor(options: MemoryStatisticsOptions) {
    this.#options = options
  }

  async countEvents(query: HistogramQuery): Promise<Histogram> {
    const isFiltered = query.source !== undefined || query.text !== undefined
    const timeBudgetMs = isFiltered ? query.timeBudgetMs : Number.POSITIVE_INFINITY
    return countWalk(this.#lookAt(query), { ...query, timeBudgetMs }, this.#options.clock)
  }

  async readRates(query: RatesQuery): Promise<Rates> {
    return this.#options.rates.read(query)
  }

  async readCopies(seqs: readonly number[]): Promise<readonly Copies[]> {
    const wanted = new Set(seqs)
    const copies = new Map<number, { seq: number; duplicates: number; conflicts: number }>()
    for (const { seq, refused } of this.#options.duplicates()) {
      if (!wanted.has(seq)) continue
      const count = copies.get(seq) ?? { seq, duplicates: 0, conflicts: 0 }
      copies.set(seq, count)
      count.duplicates++
      if (refused !== undefined) count.conflicts++
    }
    return [...copies.values()].sort((a, b) => a.seq - b.seq)
  }

  async summariseByEvent(query: DuplicateSummaryQuery): Promise<DuplicateSummary<DuplicatedEvent>> {
    return summariseByEvent(this.#window(query), query, (seq) => {
      const { topic, eventId, source, processedAtMs } = this.#options.rows[seq - 1] as WalkedEvent
      return { topic, eventId, source, storedAtMs: processedAtMs }
    })
  }

  async summariseBySource(query: DuplicateSummaryQuery): Promise<DuplicateSummary<DuplicateSource>> {
    return summariseBySource(this.#window(query), query)
  }

  *#lookAt({ topic, source, text, from, to }: HistogramQuery): Generator<LookedAt> {
    const matchesText = text === undefined ? undefined : payloadMatcher(text)
    const inRange = this.#options.rows.filter(
      (row) =>
        (topic === undefined || row.topic === topic) &&
        compareInstants(row.instant, from) >= 0 &&
        compareInstants(row.instant, to) < 0,
    )
    for (const row of inRange.sort((a, b) => compareInstants(b.instant, a.instant))) {
      const isWanted = (source === undefined || row.source === source) && (matchesText?.(row.payload) ?? true)
      yield { ms: row.instant.ms, isWanted, chars: contentChars(row) }
    }
  }

  #window({ topic, source, isConflict, throughId = Number.MAX_SAFE_INTEGER }: DuplicateSummaryQuery): CopyWindow {
    const all = this.#options.duplicates()
    const end = all.findLastIndex(({ id }) => id <= throughId) + 1
    const looked = all.slice(Math.max(0, end - statisticsLimits.maxSummarisedRecords), end)
    const records = looked
      .filter(
        (record) =>
          (topic === undefined || record.topic === topic) &&
          (source === undefined || record.source === source) &&
          (isConflict === undefined || (record.refused !== undefined) === isConflict),
      )
      .map(({ seq, seenAtMs, source: sender, refused }) => ({
        seq,
        seenAtMs,
        source: sender,
        isConflict: refused !== undefined,
        storedAtMs: this.#options.rows[seq - 1]?.processedAtMs ?? 0,
      }))
    const window = {
      throughId: looked.at(-1)?.id ?? 0,
      records: looked.length,
      sinceMs: looked[0]?.seenAtMs,
      isComplete: looked.length === end,
    }
    return { window, records }
  }
}
