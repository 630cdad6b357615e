/** An event as a row, wherever it is read. */
import type { SQLInputValue } from 'node:sqlite'
import type { StoredEvent } from '../../core/event.ts'

export type Row = Record<string, SQLInputValue>

export const eventColumns = `seq, (SELECT name FROM topic WHERE id = topic_id) AS topic, event_id, instant_ms, instant_fraction,
  processed_ms, timestamp, source, payload`

export function eventOf(row: Row): StoredEvent {
  return {
    topic: String(row.topic),
    eventId: String(row.event_id),
    timestamp: String(row.timestamp),
    source: String(row.source),
    payload: String(row.payload),
    seq: Number(row.seq),
    processedAtMs: Number(row.processed_ms),
  }
}
