/**
 * The event store on one SQLite file. This module is the event loop's side: it never touches the disk itself, but hands
 * appends to the writer thread and queries to two reader threads.
 */
import { stat } from 'node:fs/promises'
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { StoredEvent } from '../../core/event.ts'
import type {
  AppendResult,
  Counters,
  DuplicatePage,
  DuplicateQuery,
  EventPage,
  EventQuery,
  EventStore,
  LogPage,
  LogQuery,
  StoreStats,
  TopicSummary,
} from '../../core/event-store.ts'
import { type EventList, PackedEvents } from '../../core/packed-events.ts'
import type { StatisticsStore } from '../../core/statistics-store.ts'
import type { SubscriptionStore } from '../../core/subscription-store.ts'
import type { StoreNotice } from '../store-notice.ts'
import { canonicalPath } from './open-database.ts'
import { unpackResults } from './packed-results.ts'
import type { DamagedIndex, ReaderInput, ReaderMethods } from './reader-thread.ts'
import { fromSqliteError } from './sqlite-error.ts'
import { SqliteStatisticsStore } from './statistics/sqlite-statistics-store.ts'
import { shareMemtables } from './stored-dedup-index.ts'
import { shareTimeRing } from './stored-time-index.ts'
import { SqliteSubscriptionStore } from './subscriptions/sqlite-subscription-store.ts'
import { ThreadClient, type ThreadMethods } from './thread.ts'
import type { WriterInput, WriterMethods } from './writer-thread.ts'

/** Its clocks, and who is told of what happens to it. */
export interface SqliteEventStoreOptions {
  readonly clock: Clock
  /** What leases and delays run by; see lease-clock.ts, which is the default. */
  readonly leaseNowMs?: () => number
  /** Told of what the store does on its own, for example building its index again. */
  readonly onNotice?: (notice: StoreNotice) => void
  /** Builds the indexes from the log, also when they seem to be whole. */
  readonly mustRebuildIndexes?: boolean
}

/** Appends that may be under way; the consumer makes one at a time. */
const maxPendingAppends = 1000
const maxPendingReads = 1000
/** Each may take its whole time budget, so few of them may wait. */
const maxPendingScans = 16

/**
 * Opens or creates the file, brings it to the newest schema and makes all it holds durable.
 *
 * @param path of the file; its directory is made. The WAL, `-shm` and `.lock` files lie beside it.
 * @throws AppError `store_locked` when another process has the file, `store_unavailable` when it cannot be used,
 *   `store_failed` or `disk_full` when the disk refuses.
 */
export async function openSqliteEventStore(path: string, options: SqliteEventStoreOptions): Promise<EventStore> {
  const file = resolvePath(path)
  const { clock, leaseNowMs, onNotice = () => {}, mustRebuildIndexes = false } = options
  const shared = { memtables: shareMemtables(), timeRing: shareTimeRing() }
  const input: WriterInput & ReaderInput = { path: file, ...shared, mustRebuildIndexes }
  // Closed from the last to the first: the writer's is then the last connection, which puts the WAL back into the file.
  await using opened = new AsyncDisposableStack()
  const startThread = <M extends ThreadMethods>(module: string, maxPendingCalls: number) =>
    ThreadClient.start<M>({ module, input, maxPendingCalls, onNotice })
  const writer = await startThread<WriterMethods>('writer-thread', maxPendingAppends)
  opened.defer(() => writer.close())
  const reader = await startThread<ReaderMethods>('reader-thread', maxPendingReads)
  opened.defer(() => reader.abandon())
  const scanner = await startThread<ReaderMethods>('reader-thread', maxPendingScans)
  opened.defer(() => scanner.abandon())
  const subscriptions = new SqliteSubscriptionStore({ clock, leaseNowMs, writer, reader })
  await subscriptions.boundLeases()
  opened.defer(() => subscriptions.writeAdvances())
  const counters = await writer.call('counters', undefined)
  return new SqliteEventStore({ file, clock, writer, reader, scanner, subscriptions, counters, threads: opened.move() })
}

interface Parts {
  readonly file: string
  readonly clock: Clock
  readonly writer: ThreadClient<WriterMethods>
  /** For queries that an index answers at once. */
  readonly reader: ThreadClient<ReaderMethods>
  /** For queries that have to look at what they do not return, so that they hold up nobody but each other. */
  readonly scanner: ThreadClient<ReaderMethods>
  readonly subscriptions: SubscriptionStore
  readonly counters: Counters
  readonly threads: AsyncDisposableStack
}

class SqliteEventStore implements EventStore {
  readonly subscriptions: SubscriptionStore
  readonly statistics: StatisticsStore
  readonly #parts: Parts
  #counters: Counters
  /** Everybody who needs the index waits for the same one. */
  #repair: Promise<void> | undefined
  /** That were begun. */
  #repairs = 0

  constructor(parts: Parts) {
    this.subscriptions = parts.subscriptions
    const { reader, scanner } = parts
    this.statistics = new SqliteStatisticsStore({ reader, scanner, repairing: (ask) => this.#repairing(ask) })
    this.#parts = parts
    this.#counters = parts.counters
  }

  async append(events: EventList, processedAtMs = this.#parts.clock.nowMs()): Promise<AppendResult[]> {
    this.#requireReaders()
    const { columns } = PackedEvents.from(events)
    const reply = await this.#parts.writer.call('append', { columns, nowMs: processedAtMs })
    this.#counters = reply.counters
    return unpackResults(reply)
  }

  async checkWritable(): Promise<void> {
    this.#requireReaders()
    await this.#parts.writer.call('touch', undefined)
  }

  findEvent(topic: string, eventId: string): Promise<StoredEvent | undefined> {
    return this.#repairing(() => this.#parts.reader.call('findEvent', { topic, eventId }))
  }

  readEvents(query: EventQuery): Promise<EventPage> {
    const isFiltered = query.topic !== undefined || query.from !== undefined || query.to !== undefined
    const isScan = query.text !== undefined || query.source !== undefined || (query.order === 'seq' && isFiltered)
    const reader = isScan ? this.#parts.scanner : this.#parts.reader
    return this.#repairing(() => reader.call('readEvents', query))
  }

  readLog(query: LogQuery): Promise<LogPage> {
    return this.#parts.scanner.call('readLog', query)
  }

  readDuplicates(query: DuplicateQuery): Promise<DuplicatePage> {
    const isOfOneEvent = query.topic !== undefined && query.eventId !== undefined
    const isScan = !isOfOneEvent && (query.topic !== undefined || query.source !== undefined)
    const reader = isScan ? this.#parts.scanner : this.#parts.reader
    return this.#repairing(() => reader.call('readDuplicates', query))
  }

  readTopicNames(): Promise<readonly string[]> {
    return this.#parts.reader.call('readTopicNames', undefined)
  }

  readTopics(): Promise<readonly TopicSummary[]> {
    return this.#parts.reader.call('readTopics', undefined)
  }

  async stats(): Promise<StoreStats> {
    const { file } = this.#parts
    const sizes = await Promise.all([sizeOf(file), sizeOf(`${file}-wal`)])
    return { engine: 'sqlite', bytes: sizes[0] + sizes[1], ...this.#counters }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.threads.disposeAsync()
  }

  /** Asks again when an index was damaged and has been built anew, also when it was being built because of somebody else. */
  async #repairing<T>(ask: () => Promise<T | DamagedIndex>): Promise<T> {
    const repairsBefore = this.#repair === undefined ? this.#repairs : this.#repairs - 1
    const found = await ask().catch((thrown: unknown): typeof beingBuilt => {
      const mayBeBuilding = thrown instanceof AppError && thrown.code === 'store_unavailable'
      if (mayBeBuilding && this.#repairs > repairsBefore) return beingBuilt
      throw thrown
    })
    if (isDamage(found)) this.#repair ??= this.#startRepair(found)
    else if (found !== beingBuilt) return found
    await this.#repair
    const foundNow = await ask()
    if (!isDamage(foundNow)) return foundNow
    throw new AppError('store_unavailable', `the ${foundNow.index} index is damaged: ${foundNow.damage}`)
  }

  #startRepair(damaged: DamagedIndex): Promise<void> {
    this.#repairs++
    return this.#parts.writer.call('rebuildIndex', damaged).finally(() => {
      this.#repair = undefined
    })
  }

  /** A store that cannot be read any more has failed, and says so where failures are looked for. */
  #requireReaders(): void {
    const death = this.#parts.reader.death ?? this.#parts.scanner.death
    if (death !== undefined) throw death
  }
}

/** In place of an answer: the index is built while it was asked for. */
const beingBuilt: unique symbol = Symbol('being built')

function isDamage(found: unknown): found is DamagedIndex {
  return typeof found === 'object' && found !== null && 'damage' in found
}

function resolvePath(path: string): string {
  try {
    return canonicalPath(path)
  } catch (thrown) {
    throw new AppError('store_unavailable', `${path} cannot be opened: ${fromSqliteError(thrown).cause}`, {
      cause: thrown,
    })
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}
