/** The whole store in memory, for tests and embedding: same behaviour as the durable stores, gone with the process. */
import type { Clock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { NewEvent, StoredEvent } from '../../core/event.ts'
import {
  type AppendResult,
  type AppendStatus,
  type DuplicatePage,
  type DuplicateQuery,
  type DuplicateRecord,
  type EventPage,
  type EventQuery,
  type EventStore,
  type LogPage,
  type LogQuery,
  type StoreStats,
  storeLimits,
  type TopicSummary,
} from '../../core/event-store.ts'
import type { EventList } from '../../core/packed-events.ts'
import type { StatisticsStore } from '../../core/statistics-store.ts'
import type { SubscriptionStore } from '../../core/subscription-store.ts'
import { compareInstants } from '../../core/timestamp.ts'
import { topicMatcher } from '../../core/topic-pattern.ts'
import { collectLogPage, collectPage, contentChars, type LogRow, type WalkedEvent } from '../collect-page.ts'
import { compareNames } from '../compare-names.ts'
import { openLeaseClock } from '../lease-clock.ts'
import { MemoryRates } from './memory-rates.ts'
import { MemoryStatisticsStore } from './memory-statistics-store.ts'
import { MemorySubscriptionStore } from './memory-subscription-store.ts'

/** Its clocks and its bound. */
export interface MemoryEventStoreOptions {
  readonly clock: Clock
  /** What leases and delays run by; see lease-clock.ts, which is the default. */
  readonly leaseNowMs?: () => number
  /** Memory for events and conflicts, in bytes, roughly; beyond it appends fail with `disk_full`. */
  readonly maxBytes?: number
}

/** A place in time order. */
type TimeKey = Pick<WalkedEvent, 'instant' | 'seq'>
type MutableTopic = { -readonly [K in keyof TopicSummary]: TopicSummary[K] }

/** Fewer than a store on disk keeps: they are not counted in `maxBytes`. */
const maxDuplicateRecords = 100_000
const defaultMaxBytes = 512 * 1024 * 1024
/** What one event occupies besides its texts. */
const rowOverheadBytes = 300

/** A store that is gone with the process: for tests and demos. Bounded by `maxBytes`, 512 MiB unless given. */
export function openMemoryEventStore(options: MemoryEventStoreOptions): EventStore {
  return new MemoryEventStore(options)
}

class MemoryEventStore implements EventStore {
  readonly subscriptions: SubscriptionStore
  readonly statistics: StatisticsStore
  readonly #clock: Clock
  readonly #maxBytes: number
  /** In seq order: the event with seq n is at n - 1. */
  readonly #rows: WalkedEvent[] = []
  readonly #byTopic = new Map<string, Map<string, WalkedEvent>>()
  readonly #topics = new Map<string, MutableTopic>()
  readonly #rates = new MemoryRates()
  #duplicates: DuplicateRecord[] = []
  #duplicateDropped = 0
  #conflicts = 0
  #bytes = 0

  constructor(options: MemoryEventStoreOptions) {
    this.#clock = options.clock
    this.#maxBytes = options.maxBytes ?? defaultMaxBytes
    this.subscriptions = new MemorySubscriptionStore({
      moment: openLeaseClock(options),
      lastSeq: () => this.#rows.length,
      eventAt: (seq) => this.#rows[seq - 1] as WalkedEvent,
      read: (query) => this.#readLog(query),
    })
    this.statistics = new MemoryStatisticsStore({
      clock: options.clock,
      rows: this.#rows,
      duplicates: () => this.#duplicates,
      rates: this.#rates,
    })
  }

  async append(list: EventList, processedAtMs = this.#clock.nowMs()): Promise<AppendResult[]> {
    const events = [...list]
    const bytes = events.reduce((sum, event) => sum + rowOverheadBytes + contentChars(event), 0)
    if (this.#bytes + bytes > this.#maxBytes) throw new AppError('disk_full', 'the memory store is full')
    return events.map((event) => {
      const result = this.#appendOne(event, processedAtMs)
      this.#rates.record({ ...event, status: result.status }, processedAtMs)
      return result
    })
  }

  async checkWritable(): Promise<void> {
    if (this.#bytes >= this.#maxBytes) throw new AppError('disk_full', 'the memory store is full')
  }

  async findEvent(topic: string, eventId: string): Promise<StoredEvent | undefined> {
    return this.#byTopic.get(topic)?.get(eventId)
  }

  async readEvents(query: EventQuery): Promise<EventPage> {
    return collectPage(this.#inOrder(query), query, this.#clock)
  }

  async readLog(query: LogQuery): Promise<LogPage> {
    return this.#readLog(query)
  }

  async readDuplicates(query: DuplicateQuery): Promise<DuplicatePage> {
    if (query.eventId !== undefined && query.topic === undefined) return { duplicates: [], nextBeforeId: undefined }
    const found = this.#duplicates
      .filter(
        (record) =>
          (query.beforeId === undefined || record.id < query.beforeId) &&
          (query.topic === undefined || record.topic === query.topic) &&
          (query.eventId === undefined || record.eventId === query.eventId) &&
          (query.source === undefined || record.source === query.source) &&
          (query.isConflict === undefined || (record.refused !== undefined) === query.isConflict),
      )
      .reverse()
    const duplicates = found.slice(0, query.limit)
    return { duplicates, nextBeforeId: found.length > query.limit ? duplicates.at(-1)?.id : undefined }
  }

  async readTopicNames(): Promise<readonly string[]> {
    return (await this.readTopics()).map(({ topic }) => topic)
  }

  async readTopics(): Promise<readonly TopicSummary[]> {
    return [...this.#topics.values()]
      .sort((a, b) => compareNames(a.topic, b.topic))
      .slice(0, storeLimits.maxTopics)
      .map((topic) => ({ ...topic }))
  }

  async stats(): Promise<StoreStats> {
    return {
      engine: 'memory',
      bytes: this.#bytes,
      received: this.#rows.length + this.#duplicateDropped,
      uniqueProcessed: this.#rows.length,
      duplicateDropped: this.#duplicateDropped,
      conflicts: this.#conflicts,
      lastSeq: this.#rows.length,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #appendOne(event: NewEvent, nowMs: number): AppendResult {
    let ids = this.#byTopic.get(event.topic)
    if (ids === undefined) {
      ids = new Map()
      this.#byTopic.set(event.topic, ids)
    }
    const stored = ids.get(event.eventId)
    if (stored !== undefined) {
      const status = hasSameContent(event, stored) ? 'duplicate' : 'conflict'
      this.#recordDuplicate(event, stored, status, nowMs)
      this.#countTopic(event.topic, status, stored.seq, nowMs)
      return { status, seq: stored.seq }
    }
    const row: WalkedEvent = { ...event, seq: this.#rows.length + 1, processedAtMs: nowMs }
    this.#rows.push(row)
    ids.set(row.eventId, row)
    this.#bytes += rowOverheadBytes + contentChars(row)
    this.#countTopic(event.topic, 'stored', row.seq, nowMs)
    return { status: 'stored', seq: row.seq }
  }

  #recordDuplicate(event: NewEvent, stored: WalkedEvent, status: AppendStatus, nowMs: number): void {
    this.#duplicateDropped++
    if (status === 'conflict') {
      this.#conflicts++
      this.#bytes += contentChars(event)
    }
    const { topic, eventId, timestamp, source, payload } = event
    const refused = status === 'conflict' ? { timestamp, source, payload } : undefined
    this.#duplicates.push({
      id: this.#duplicateDropped,
      topic,
      eventId,
      seq: stored.seq,
      seenAtMs: nowMs,
      source,
      refused,
    })
    if (this.#duplicates.length > 2 * maxDuplicateRecords) {
      this.#duplicates = this.#duplicates.slice(-maxDuplicateRecords)
    }
  }

  #countTopic(name: string, status: AppendStatus, seq: number, nowMs: number): void {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = {
        topic: name,
        events: 0,
        duplicates: 0,
        conflicts: 0,
        lastSeq: 0,
        firstSeenAtMs: nowMs,
        lastSeenAtMs: nowMs,
      }
      this.#topics.set(name, topic)
    }
    topic.lastSeenAtMs = nowMs
    if (status === 'stored') {
      topic.events++
      topic.lastSeq = seq
    } else {
      topic.duplicates++
      if (status === 'conflict') topic.conflicts++
    }
  }

  #readLog(query: LogQuery): LogPage {
    return collectLogPage(this.#logAfter(query), query, this.#rows.length, this.#clock)
  }

  *#logAfter({ after, topics, source }: LogQuery): Generator<LogRow> {
    const matchesTopic = topicMatcher(topics)
    for (let index = after; index < this.#rows.length; index++) {
      const row = this.#rows[index] as WalkedEvent
      const isWanted = matchesTopic(row.topic) && (source === undefined || row.source === source)
      yield { seq: row.seq, isWanted, read: () => row }
    }
  }

  #inOrder(query: EventQuery): WalkedEvent[] {
    const { after } = query
    if (query.order === 'seq') return this.#rows.slice(after?.seq ?? 0)
    const sign = query.order === 'asc' ? 1 : -1
    const sorted = this.#rows.toSorted((a, b) => sign * compareRows(a, b))
    if (after === undefined) return sorted
    const reached = this.#rows[after.seq - 1] ?? { instant: { ms: after.instantMs, fraction: '' }, seq: after.seq }
    return sorted.filter((row) => sign * compareRows(row, reached) > 0)
  }
}

function compareRows(a: TimeKey, b: TimeKey): number {
  return compareInstants(a.instant, b.instant) || a.seq - b.seq
}

function hasSameContent(a: NewEvent, b: StoredEvent): boolean {
  return a.timestamp === b.timestamp && a.source === b.source && a.payload === b.payload
}
