/** The port between the pipeline and every storage engine. Adapters live in stores/; test/contract/ is its meaning. */
import type { StoredEvent } from './event.ts'
import type { EventList } from './packed-events.ts'
import type { StatisticsStore } from './statistics-store.ts'
import type { SubscriptionStore } from './subscription-store.ts'
import type { Instant } from './timestamp.ts'

/** `duplicate`: stored before with the same content; `conflict`: stored before with other content, which was kept. */
export type AppendStatus = 'stored' | 'duplicate' | 'conflict'

/** What became of one event of a batch. */
export interface AppendResult {
  readonly status: AppendStatus
  /** The seq under which the pair is stored, now or since earlier. */
  readonly seq: number
}

/** Persistent, and updated with the events: `received = uniqueProcessed + duplicateDropped` at every commit. */
export interface Counters {
  readonly received: number
  readonly uniqueProcessed: number
  /** Includes the conflicts. */
  readonly duplicateDropped: number
  readonly conflicts: number
  /** 0 while nothing is stored. */
  readonly lastSeq: number
}

export interface StoreStats extends Counters {
  readonly engine: string
  /** Bytes the store takes up on its medium. */
  readonly bytes: number
  /** What an acknowledged commit survives, in words; absent where that is not a matter of settings. */
  readonly durability?: string
}

/** `desc`: newest instant first, then largest seq; `asc`: its reverse; `seq`: commit order. */
export type EventOrder = 'asc' | 'desc' | 'seq'

/** The place of one event in every order. A page goes on strictly after it. */
export interface EventPosition {
  readonly seq: number
  /** Milliseconds of the event's instant; used only if the event itself is no longer stored. */
  readonly instantMs: number
}

/** Which events, in which order, and how many of them. What is not given does not select. */
export interface EventQuery {
  readonly topic?: string | undefined
  readonly source?: string | undefined
  /** Inclusive. */
  readonly from?: Instant | undefined
  /** Exclusive. */
  readonly to?: Instant | undefined
  /** Case-insensitive text that the payload contains. */
  readonly text?: string | undefined
  readonly order: EventOrder
  /** 1 to 1,000. A page may hold fewer and still have a `next`: see `maxPageChars`. */
  readonly limit: number
  readonly after?: EventPosition | undefined
  /** How long to look before answering with what was found, in milliseconds. */
  readonly timeBudgetMs: number
}

/** Events in the order asked for. */
export interface EventPage {
  readonly events: readonly StoredEvent[]
  /** Where the next page goes on; undefined at the end. */
  readonly next: EventPosition | undefined
  /** The time budget ran out before `limit` events were found. */
  readonly isPartial: boolean
}

/** What a conflicting duplicate carried; kept aside, because the first content stays. */
export interface RefusedContent {
  readonly timestamp: string
  readonly source: string
  readonly payload: string
}

/** A stretch of the log, as the live tail and subscriptions read it. */
export interface LogQuery {
  /** Events with a larger seq. */
  readonly after: number
  /** As `topicMatcher` takes them. */
  readonly topics: readonly string[]
  readonly source?: string | undefined
  /** 1 to 1,000. */
  readonly limit: number
  /** Of the events' texts; one event is returned however large it is. */
  readonly maxChars: number
  /** How long to look before answering with what was found, in milliseconds. */
  readonly timeBudgetMs: number
}

/** Events in seq order, and how far they reach. */
export interface LogPage {
  readonly events: readonly StoredEvent[]
  /** Every matching event after the query's seq and up to this one is in the page. At least the query's seq. */
  readonly through: number
  /** Whether that was the end of the log. */
  readonly isEnd: boolean
}

/** One time that an event was sent again. */
export interface DuplicateRecord {
  /** Grows in commit order; newest first is descending `id`. */
  readonly id: number
  readonly topic: string
  readonly eventId: string
  /** The stored event's seq. */
  readonly seq: number
  readonly seenAtMs: number
  /** The source that sent the duplicate. */
  readonly source: string
  /** Present for conflicts only. */
  readonly refused: RefusedContent | undefined
}

/** Which duplicates on record. What is not given does not select. */
export interface DuplicateQuery {
  readonly topic?: string | undefined
  /** Together with `topic`: of one event. Without it nothing is found. */
  readonly eventId?: string | undefined
  readonly source?: string | undefined
  readonly isConflict?: boolean | undefined
  /** 1 to 1,000. */
  readonly limit: number
  /** Only records with a smaller id. */
  readonly beforeId?: number | undefined
}

/** Duplicates, newest first; `nextBeforeId` is where the next page goes on, undefined at the end. */
export interface DuplicatePage {
  readonly duplicates: readonly DuplicateRecord[]
  readonly nextBeforeId: number | undefined
}

/** What was received for one topic. */
export interface TopicSummary {
  readonly topic: string
  readonly events: number
  /** Includes the conflicts. */
  readonly duplicates: number
  readonly conflicts: number
  readonly lastSeq: number
  readonly firstSeenAtMs: number
  /** When an event or a duplicate last arrived. */
  readonly lastSeenAtMs: number
}

/** Told of what other processes may have changed; must not throw. */
export interface StoreObserver {
  /** The log ends here: told when that is known, and then of every change, in order. */
  onLogEnd(lastSeq: number): void
  /** Something may be deliverable that was not, or will be earlier. */
  onDeliveriesChange(): void
  /** Subscriptions were added, removed, paused or resumed. */
  onSubscriptionsChange(): void
}

/** What every store keeps to. */
export const storeLimits = {
  maxAppendEvents: 10_000,
  maxPageEvents: 1000,
  /** A page stops early before its texts exceed this many characters, so that no answer outgrows memory. */
  maxPageChars: 16 * 1024 * 1024,
  maxTopics: 10_000,
  /** Plain duplicates on record; older ones leave the list and stay in the counters. */
  maxDuplicateRecords: 1_000_000,
  /** Conflicts on record, and the bytes of their content. */
  maxConflictRecords: 100_000,
  maxConflictBytes: 1024 * 1024 * 1024,
} as const

/** A store of events: what an engine must do to be one. `sekali/contract` is its meaning, as tests. */
export interface EventStore extends AsyncDisposable {
  /** On the same medium; closed with this store. */
  readonly subscriptions: SubscriptionStore
  /** Of what this store holds. */
  readonly statistics: StatisticsStore

  /**
   * Stores a batch, dropping events whose (topic, eventId) is already stored. All or nothing; durable when it resolves.
   * Calls may overlap; each is one commit, in the order of the calls.
   * A store that nobody else writes to resolves them in that order too: the live tail passes groups on as they resolve.
   *
   * @param events 1 to 10,000 events; a pair repeated inside the batch is a duplicate.
   * @param processedAtMs the wall-clock time that the events get, milliseconds since the Unix epoch; the store's own clock
   *   when it is not given.
   * @returns one result per event, in the order given.
   * @throws AppError `store_unavailable` or `disk_full` when the commit was not confirmed: a retry is safe.
   *   `store_failed` when the store can no longer vouch for what is on disk: the process must end.
   */
  append(events: EventList, processedAtMs?: number): Promise<AppendResult[]>

  /**
   * Proves that a commit is possible right now by making one that changes nothing a reader can see.
   *
   * @throws AppError as `append`.
   */
  checkWritable(): Promise<void>

  /** The event stored under the pair, or undefined. Sees every append that has resolved. */
  findEvent(topic: string, eventId: string): Promise<StoredEvent | undefined>

  /** One page of events. Paging never skips or repeats an event while others are appended. */
  readEvents(query: EventQuery): Promise<EventPage>

  /** The log in commit order. Sees every append that has resolved. */
  readLog(query: LogQuery): Promise<LogPage>

  /** One page of the duplicates on record, newest first. */
  readDuplicates(query: DuplicateQuery): Promise<DuplicatePage>

  /** The names of up to 10,000 topics, in order by code point. */
  readTopicNames(): Promise<readonly string[]>

  /** Up to 10,000 topics in the order of their names by code point. */
  readTopics(): Promise<readonly TopicSummary[]>

  /** Costs the same however many events are stored. */
  stats(): Promise<StoreStats>

  /**
   * Only of a store that other processes write to as well: tells of every change within 100 ms, whoever made it, until it is
   * disposed of. While the store cannot be read it tells nothing, and afterwards what it missed.
   */
  watch?(observer: StoreObserver): AsyncDisposable
}
