/** A thread for queries, with its own read-only connection. Answers in order of arrival. */

import type { StoredEvent } from '../../core/event.ts'
import type { DuplicatePage, DuplicateQuery, EventPage, EventQuery, TopicSummary } from '../../core/event-store.ts'
import { IndexDamagedError } from './dedup/index-pages.ts'
import { openEventReader } from './event-reader.ts'
import { openForReading } from './open-database.ts'
import { type DamagedIndex, openStoredIndexLookup } from './stored-dedup-index.ts'
import { serveThread } from './thread.ts'

export interface ReaderInput {
  readonly path: string
  /** The writer's: they hold the newest keys. */
  readonly memtables: readonly SharedArrayBuffer[]
}

export type ReaderMethods = {
  findEvent(argument: { readonly topic: string; readonly eventId: string }): StoredEvent | undefined | DamagedIndex
  readEvents(query: EventQuery): EventPage
  readDuplicates(query: DuplicateQuery): DuplicatePage
  readTopics(argument: undefined): TopicSummary[]
}

serveThread(({ path, memtables }: ReaderInput) => {
  const db = openForReading(path)
  const reader = openEventReader(db, openStoredIndexLookup(db, memtables))
  const methods: ReaderMethods = {
    findEvent({ topic, eventId }) {
      try {
        return reader.findEvent(topic, eventId)
      } catch (thrown) {
        if (thrown instanceof IndexDamagedError) return { damage: thrown.message }
        throw thrown
      }
    },
    readEvents: (query) => reader.readEvents(query),
    readDuplicates: (query) => reader.readDuplicates(query),
    readTopics: () => reader.readTopics(),
  }
  return { methods, close: () => db.close() }
})
