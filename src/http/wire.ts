/** Domain values as JSON text. Payloads go in as the text they came in: they are never parsed and written again. */
import { encodeDuplicateCursor, encodeEventCursor } from '../core/cursor.ts'
import type { StoredEvent } from '../core/event.ts'
import type {
  AppendResult,
  DuplicatePage,
  DuplicateRecord,
  EventOrder,
  EventPage,
  TopicSummary,
} from '../core/event-store.ts'

export const jsonContentType = 'application/json; charset=utf-8'

export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

const firstMs = Date.parse('0000-01-01T00:00:00.000Z')
const lastMs = Date.parse('9999-12-31T23:59:59.999Z')

/** Where a bucket begins or ends: a wide one may reach out of the four-digit years, beyond which ISO 8601 has no dates. */
export function edgeIsoTime(ms: number): string {
  return isoTime(Math.min(Math.max(ms, firstMs), lastMs))
}

export function eventJson(event: StoredEvent): string {
  return `{"topic":${text(event.topic)},"event_id":${text(event.eventId)},"timestamp":${text(event.timestamp)},"source":${text(event.source)},"payload":${event.payload},"seq":${event.seq},"processed_at":"${isoTime(event.processedAtMs)}"}`
}

export function eventPageJson(page: EventPage, topic: string | undefined, order: EventOrder): string {
  const cursor = page.next === undefined ? undefined : encodeEventCursor(order, page.next)
  const partial = page.isPartial ? ',"partial":true' : ''
  const events = page.events.map(eventJson).join(',')
  return `{"topic":${text(topic ?? null)},"total":${page.events.length},"next_cursor":${text(cursor ?? null)}${partial},"events":[${events}]}`
}

export function duplicatePageJson(page: DuplicatePage): string {
  const cursor = page.nextBeforeId === undefined ? undefined : encodeDuplicateCursor(page.nextBeforeId)
  const duplicates = page.duplicates.map(duplicateJson).join(',')
  return `{"total":${page.duplicates.length},"next_cursor":${text(cursor ?? null)},"duplicates":[${duplicates}]}`
}

/** What a publisher is told once all its events are durable. */
export function publishAckJson(results: readonly AppendResult[], hasResults: boolean): string {
  const { accepted, ...counts } = countResults(results)
  return JSON.stringify({
    accepted,
    message: `Accepted ${accepted} events for processing`,
    ...counts,
    ...(hasResults && { results }),
  })
}

export function countResults(results: readonly AppendResult[]) {
  let unique = 0
  let conflicts = 0
  for (const { status } of results) {
    if (status === 'stored') unique++
    else if (status === 'conflict') conflicts++
  }
  const accepted = results.length
  return { accepted, unique, duplicates: accepted - unique, conflicts }
}

export function topicWire(topic: TopicSummary) {
  return {
    topic: topic.topic,
    events: topic.events,
    duplicates: topic.duplicates,
    conflicts: topic.conflicts,
    last_seq: topic.lastSeq,
    first_seen_at: isoTime(topic.firstSeenAtMs),
    last_seen_at: isoTime(topic.lastSeenAtMs),
  }
}

function duplicateJson(record: DuplicateRecord): string {
  const { refused } = record
  const content =
    refused === undefined
      ? ''
      : `,"refused":{"timestamp":${text(refused.timestamp)},"source":${text(refused.source)},"payload":${refused.payload}}`
  return `{"topic":${text(record.topic)},"event_id":${text(record.eventId)},"seq":${record.seq},"seen_at":"${isoTime(record.seenAtMs)}","source":${text(record.source)},"conflict":${refused !== undefined}${content}}`
}

function text(value: string | null): string {
  return JSON.stringify(value)
}
