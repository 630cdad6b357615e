/** The statistics of an SQLite store: the event loop's side. */
import type {
  Copies,
  DuplicatedEvent,
  DuplicateSource,
  DuplicateSummary,
  DuplicateSummaryQuery,
  Histogram,
  HistogramQuery,
  Rates,
  RatesQuery,
  StatisticsStore,
} from '../../../core/statistics-store.ts'
import type { DamagedIndex, ReaderMethods } from '../reader-thread.ts'
import type { ThreadClient } from '../thread.ts'

export interface SqliteStatisticsOptions {
  readonly reader: ThreadClient<ReaderMethods>
  /** For what takes longer: see the store. */
  readonly scanner: ThreadClient<ReaderMethods>
  /** Asks again when an index was damaged and has been built anew. */
  readonly repairing: <T>(ask: () => Promise<T | DamagedIndex>) => Promise<T>
}

export class SqliteStatisticsStore implements StatisticsStore {
  readonly #options: SqliteStatisticsOptions

  constructor(options: SqliteStatisticsOptions) {
    this.#options = options
  }

  countEvents(query: HistogramQuery): Promise<Histogram> {
    const isScan = query.source !== undefined || query.text !== undefined
    const { reader, scanner, repairing } = this.#options
    return repairing(() => (isScan ? scanner : reader).call('countEvents', query))
  }

  readRates(query: RatesQuery): Promise<Rates> {
    // By name it may be hundreds of thousands of cells.
    const { reader, scanner } = this.#options
    return (query.by === undefined ? reader : scanner).call('readRates', query)
  }

  async readCopies(seqs: readonly number[]): Promise<readonly Copies[]> {
    return this.#options.reader.call('readCopies', seqs)
  }

  summariseByEvent(query: DuplicateSummaryQuery): Promise<DuplicateSummary<DuplicatedEvent>> {
    return this.#options.scanner.call('summariseByEvent', query)
  }

  summariseBySource(query: DuplicateSummaryQuery): Promise<DuplicateSummary<DuplicateSource>> {
    return this.#options.scanner.call('summariseBySource', query)
  }
}
