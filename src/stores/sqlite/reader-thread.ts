/** A thread for queries, with its own read-only connection. Answers in order of arrival. */

import type { StoredEvent } from '../../core/event.ts'
import type {
  DuplicatePage,
  DuplicateQuery,
  EventPage,
  EventQuery,
  LogPage,
  LogQuery,
  TopicSummary,
} from '../../core/event-store.ts'
import type { Histogram, HistogramQuery } from '../../core/statistics-store.ts'
import { openEventReader } from './event-reader.ts'
import { IndexDamagedError, type IndexName } from './index-damaged-error.ts'
import { openForReading } from './open-database.ts'
import { openStatisticsReader, type StatisticsReader } from './statistics/statistics-threads.ts'
import { openStoredIndexLookup } from './stored-dedup-index.ts'
import { openSharedRing } from './stored-time-index.ts'
import { type SubscriptionReaderMethods, subscriptionReaderMethods } from './subscriptions/subscription-threads.ts'
import { serveThread } from './thread.ts'

export interface ReaderInput {
  readonly path: string
  /** The writer's: they hold the newest keys. */
  readonly memtables: readonly SharedArrayBuffer[]
  /** The writer's: it holds the newest events' places in time order. */
  readonly timeRing: SharedArrayBuffer
}

/** The answer of a query that needs the writer to build an index again first. */
export interface DamagedIndex {
  readonly index: IndexName
  readonly damage: string
}

export type ReaderMethods = {
  findEvent(argument: { readonly topic: string; readonly eventId: string }): StoredEvent | undefined | DamagedIndex
  readEvents(query: EventQuery): EventPage | DamagedIndex
  readLog(query: LogQuery): LogPage
  readDuplicates(query: DuplicateQuery): DuplicatePage | DamagedIndex
  readTopicNames(argument: undefined): string[]
  readTopics(argument: undefined): TopicSummary[]
  countEvents(query: HistogramQuery): Histogram | DamagedIndex
} & Omit<StatisticsReader, 'countEvents'> &
  SubscriptionReaderMethods

serveThread(({ path, memtables, timeRing }: ReaderInput) => {
  const db = openForReading(path)
  const ring = openSharedRing(timeRing)
  const reader = openEventReader({ db, findSeq: openStoredIndexLookup(db, memtables), ring })
  const statistics = openStatisticsReader({ db, ring })
  const methods: ReaderMethods = {
    findEvent: ({ topic, eventId }) => orDamage(() => reader.findEvent(topic, eventId)),
    readEvents: (query) => orDamage(() => reader.readEvents(query)),
    readLog: (query) => reader.readLog(query),
    readDuplicates: (query) => orDamage(() => reader.readDuplicates(query)),
    readTopicNames: () => reader.readTopicNames(),
    readTopics: () => reader.readTopics(),
    ...statistics,
    countEvents: (query) => orDamage(() => statistics.countEvents(query)),
    ...subscriptionReaderMethods(db),
  }
  return { methods, close: () => db.close() }
})

function orDamage<T>(query: () => T): T | DamagedIndex {
  try {
    return query()
  } catch (thrown) {
    if (!(thrown instanceof IndexDamagedError)) throw thrown
    return { index: thrown.index, damage: thrown.damage }
  }
}
