/**
 * The event store on PostgreSQL, which any number of processes share. Opening it does not need the server: every call connects
 * when it has to, says so when it cannot, and the next one tries again.
 */
import type { Clock } from '../../core/clock.ts'
import type { StoredEvent } from '../../core/event.ts'
import type {
  AppendResult,
  DuplicatePage,
  DuplicateQuery,
  EventPage,
  EventQuery,
  EventStore,
  LogPage,
  LogQuery,
  StoreObserver,
  StoreStats,
  TopicSummary,
} from '../../core/event-store.ts'
import { type EventList, PackedEvents } from '../../core/packed-events.ts'
import type { StatisticsStore } from '../../core/statistics-store.ts'
import type { StoreNotice } from '../store-notice.ts'
import { probeHead } from './append-statements.ts'
import type { Connection } from './connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import { requireCopied } from './copy-mark.ts'
import { readDuplicatePage } from './duplicate-reader.ts'
import { durabilityText, readDurability, requireDurability } from './durability.ts'
import { EventBatch } from './event-batch.ts'
import { type EventKeyOf, eventKey } from './event-key.ts'
import { defaultPartitionEvents } from './event-partitions.ts'
import { findEvent, readCounters, readEventPage, readTopicNames, readTopics } from './event-reader.ts'
import { type EventWriterOptions, prepareAppend } from './event-writer.ts'
import { readLogPage } from './log-reader.ts'
import { parseServerUrl } from './server-url.ts'
import { Sessions } from './sessions.ts'
import { PostgresStatisticsStore } from './statistics/postgres-statistics-store.ts'
import { RateWriter } from './statistics/rate-writer.ts'
import { StoreSize } from './store-size.ts'
import { StoreWatch } from './store-watch.ts'
import { PostgresSubscriptionStore } from './subscriptions/postgres-subscription-store.ts'
import { begin, commit, inTransaction } from './transaction.ts'
import { WritingLine, writingTask } from './writing-line.ts'

export interface PostgresEventStoreOptions {
  readonly clock: Clock
  /** Told when the server has gone, and when it is there again. */
  readonly onNotice?: (notice: StoreNotice) => void
  /** What tests put in place of the database's time, which leases run by. */
  readonly leaseNowMs?: () => number
  /** Replaced by tests. */
  readonly keyOf?: EventKeyOf
  readonly partitionEvents?: number
}

/** For queries that an index answers at once. */
const maxReaders = 4
const maxWaitingReads = 1000
/** For queries that have to look at what they do not return: they hold up nobody but each other. */
const maxScanners = 2
const maxWaitingScans = 16
/** Claims and acks of different subscriptions go on side by side. */
const maxSubscriptionWriters = 4

/** @param url as `parseServerUrl`. */
export function openPostgresEventStore(url: string, options: PostgresEventStoreOptions): EventStore {
  return new PostgresEventStore(url, options)
}

class PostgresEventStore implements EventStore {
  readonly subscriptions: PostgresSubscriptionStore
  readonly statistics: StatisticsStore
  readonly #options: PostgresEventStoreOptions
  readonly #clock: Clock
  readonly #writing: EventWriterOptions
  readonly #sessions: Sessions
  readonly #writer: WritingLine
  readonly #reader: ConnectionPool
  readonly #scanner: ConnectionPool
  readonly #subscriptionWriter: ConnectionPool
  readonly #size: StoreSize
  readonly #rates: RateWriter

  constructor(url: string, options: PostgresEventStoreOptions) {
    const { clock, keyOf = eventKey, partitionEvents = defaultPartitionEvents, leaseNowMs } = options
    const sessions = new Sessions(parseServerUrl(url))
    const isCurrent = (connection: Connection) => sessions.isCurrent(connection)
    const forReading = { open: () => sessions.open('read'), isCurrent }
    const forWriting = { open: () => sessions.open('write'), isCurrent }
    this.#options = options
    this.#clock = clock
    this.#writing = { keyOf, partitionEvents }
    this.#sessions = sessions
    this.#writer = new WritingLine(forWriting)
    this.#reader = new ConnectionPool({ ...forReading, maxConnections: maxReaders, maxWaiting: maxWaitingReads })
    this.#scanner = new ConnectionPool({ ...forReading, maxConnections: maxScanners, maxWaiting: maxWaitingScans })
    this.#subscriptionWriter = new ConnectionPool({
      ...forWriting,
      maxConnections: maxSubscriptionWriters,
      maxWaiting: maxWaitingReads,
    })
    this.#size = new StoreSize(clock)
    this.#rates = new RateWriter(this.#writer)
    this.statistics = new PostgresStatisticsStore({ clock, reader: this.#reader, scanner: this.#scanner })
    this.subscriptions = new PostgresSubscriptionStore({
      clock,
      reader: this.#reader,
      writer: this.#subscriptionWriter,
      leaseNowMs,
    })
  }

  async append(events: EventList, processedAtMs = this.#clock.nowMs()): Promise<AppendResult[]> {
    const packed = PackedEvents.from(events)
    const results = await this.#writer.run(prepareAppend(new EventBatch(packed), processedAtMs, this.#writing))
    this.#rates.gathered.add(packed, results, processedAtMs)
    this.#rates.writeSoon()
    return results
  }

  async checkWritable(): Promise<void> {
    await this.#writer.run(
      writingTask((connection) =>
        inTransaction(connection, async () => {
          requireDurability(await readDurability(connection))
          const [, [head]] = await Promise.all([begin(connection), connection.query(probeHead), commit(connection)])
          requireCopied(head)
        }),
      ),
    )
  }

  findEvent(topic: string, eventId: string): Promise<StoredEvent | undefined> {
    const { keyOf } = this.#writing
    return this.#reader.use((connection) => findEvent(connection, { topic, eventId, keyOf }))
  }

  readEvents(query: EventQuery): Promise<EventPage> {
    const isFiltered = query.topic !== undefined || query.from !== undefined || query.to !== undefined
    const isScan = query.text !== undefined || query.source !== undefined || (query.order === 'seq' && isFiltered)
    const pool = isScan ? this.#scanner : this.#reader
    return pool.use((connection) => readEventPage(connection, query, this.#clock))
  }

  readLog(query: LogQuery): Promise<LogPage> {
    return this.#scanner.use((connection) => readLogPage(connection, query, this.#clock))
  }

  readDuplicates(query: DuplicateQuery): Promise<DuplicatePage> {
    const { topic, eventId, source } = query
    const isScan = eventId === undefined && (topic !== undefined || source !== undefined)
    return (isScan ? this.#scanner : this.#reader).use(async (connection) => {
      if (eventId === undefined) return readDuplicatePage(connection, query, undefined)
      const { keyOf } = this.#writing
      const event = topic === undefined ? undefined : await findEvent(connection, { topic, eventId, keyOf })
      if (event === undefined) return { duplicates: [], nextBeforeId: undefined }
      return readDuplicatePage(connection, query, event.seq)
    })
  }

  readTopicNames(): Promise<readonly string[]> {
    return this.#reader.use(readTopicNames)
  }

  readTopics(): Promise<readonly TopicSummary[]> {
    return this.#reader.use(readTopics)
  }

  stats(): Promise<StoreStats> {
    return this.#reader.use(async (connection) => {
      const [counters, bytes, durability] = await Promise.all([
        readCounters(connection),
        this.#size.read(connection),
        readDurability(connection),
      ])
      return { engine: 'postgres', bytes, durability: durabilityText(durability), ...counters }
    })
  }

  watch(observer: StoreObserver): AsyncDisposable {
    const { onNotice: notify = () => {} } = this.#options
    const sessions = this.#sessions
    return new StoreWatch({
      open: () => sessions.open('read'),
      isCurrent: (connection) => sessions.isCurrent(connection),
      observer,
      notify,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.subscriptions.writeAdvances()
    await this.#writer.settled()
    await this.#rates.write()
    const parts = [this.#writer, this.#subscriptionWriter, this.#reader, this.#scanner]
    await Promise.all(parts.map((part) => part[Symbol.asyncDispose]()))
  }
}
