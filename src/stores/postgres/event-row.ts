/** An event as a row. */
import type { StoredEvent } from '../../core/event.ts'
import { fractionOf, type Instant } from '../../core/timestamp.ts'
import type { WalkedEvent } from '../collect-page.ts'
import type { Row } from './connection.ts'

export const eventColumns =
  'event.seq, event.topic, event.event_id, event."timestamp", event.source, event.payload, event.processed_ms'

/** What an event weighs in an answer; a text that is kept elsewhere is not fetched for it. */
export const eventOctets = ['topic', 'event_id', '"timestamp"', 'source', 'payload']
  .map((column) => `octet_length(event.${column})`)
  .join(' + ')

export function eventOf(row: Row): StoredEvent {
  return {
    seq: Number(row.seq),
    topic: String(row.topic),
    eventId: String(row.event_id),
    timestamp: String(row.timestamp),
    source: String(row.source),
    payload: String(row.payload),
    processedAtMs: Number(row.processed_ms),
  }
}

export function walkedEventOf(row: Row): WalkedEvent {
  return { ...eventOf(row), instant: instantOf(row) }
}

export function instantOf(row: Row): Instant {
  return { ms: Number(row.instant_ms), fraction: fractionOf(String(row.timestamp)) }
}
