/** A thread for queries, with its own read-only connection. Answers in order of arrival. */

import type { StoredEvent } from '../../core/event.ts'
import type { DuplicatePage, DuplicateQuery, EventPage, EventQuery, TopicSummary } from '../../core/event-store.ts'
import { openEventReader } from './event-reader.ts'
import { openForReading } from './open-database.ts'
import { serveThread } from './thread.ts'

export interface ReaderInput {
  readonly path: string
}

export type ReaderMethods = {
  findEvent(argument: { readonly topic: string; readonly eventId: string }): StoredEvent | undefined
  readEvents(query: EventQuery): EventPage
  readDuplicates(query: DuplicateQuery): DuplicatePage
  readTopics(argument: undefined): TopicSummary[]
}

serveThread(({ path }: ReaderInput) => {
  const db = openForReading(path)
  const reader = openEventReader(db)
  const methods: ReaderMethods = {
    findEvent: ({ topic, eventId }) => reader.findEvent(topic, eventId),
    readEvents: (query) => reader.readEvents(query),
    readDuplicates: (query) => reader.readDuplicates(query),
    readTopics: () => reader.readTopics(),
  }
  return { methods, close: () => db.close() }
})
