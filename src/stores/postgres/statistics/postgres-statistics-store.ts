/** Counts over time and summed-up duplicates of a PostgreSQL store. Every answer is of one snapshot. */
import type { Clock } from '../../../core/clock.ts'
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
import type { Connection } from '../connection.ts'
import type { ConnectionPool } from '../connection-pool.ts'
import { readCopies, readSummaryByEvent, readSummaryBySource } from './duplicate-summary-reader.ts'
import { countEvents } from './histogram-reader.ts'
import { readRates } from './rate-reader.ts'

export interface PostgresStatisticsStoreOptions {
  readonly clock: Clock
  /** For what an index answers at once. */
  readonly reader: ConnectionPool
  /** For what has to look at many rows. */
  readonly scanner: ConnectionPool
}

export class PostgresStatisticsStore implements StatisticsStore {
  readonly #options: PostgresStatisticsStoreOptions

  constructor(options: PostgresStatisticsStoreOptions) {
    this.#options = options
  }

  countEvents(query: HistogramQuery): Promise<Histogram> {
    const { scanner, clock } = this.#options
    return inSnapshot(scanner, (connection) => countEvents(connection, query, clock))
  }

  readRates(query: RatesQuery): Promise<Rates> {
    return inSnapshot(this.#options.reader, (connection) => readRates(connection, query))
  }

  readCopies(seqs: readonly number[]): Promise<readonly Copies[]> {
    return inSnapshot(this.#options.reader, (connection) => readCopies(connection, seqs))
  }

  summariseByEvent(query: DuplicateSummaryQuery): Promise<DuplicateSummary<DuplicatedEvent>> {
    return inSnapshot(this.#options.scanner, (connection) => readSummaryByEvent(connection, query))
  }

  summariseBySource(query: DuplicateSummaryQuery): Promise<DuplicateSummary<DuplicateSource>> {
    return inSnapshot(this.#options.scanner, (connection) => readSummaryBySource(connection, query))
  }
}

function inSnapshot<T>(pool: ConnectionPool, read: (connection: Connection) => Promise<T>): Promise<T> {
  return pool.use(async (connection) => {
    await connection.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    try {
      return await read(connection)
    } finally {
      if (!connection.isLost) await connection.run('COMMIT')
    }
  })
}
