/** Events for tests: valid as they are, so that a test names only the fields it is about. */
import type { NewEvent } from '../../src/core/event.ts'
import { parseTimestamp } from '../../src/core/timestamp.ts'

export interface WireEvent {
  readonly topic: string
  readonly event_id: string
  readonly timestamp: string
  readonly source: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** An event as a publisher sends it; every call gives another id. */
export function wireEvent(fields: Partial<WireEvent> = {}): WireEvent {
  return {
    topic: 'logs.test',
    event_id: crypto.randomUUID(),
    timestamp: '2026-01-31T09:30:00Z',
    source: 'test',
    payload: { level: 'INFO', msg: 'hello' },
    ...fields,
  }
}

/** An event as the pipeline sees it; every call gives another id. */
export function newEvent(fields: Partial<Omit<NewEvent, 'instant'>> = {}): NewEvent {
  const timestamp = fields.timestamp ?? '2026-01-31T09:30:00Z'
  const instant = parseTimestamp(timestamp)
  if (instant === undefined) throw new Error(`not a timestamp: ${timestamp}`)
  return {
    topic: 'logs.test',
    eventId: crypto.randomUUID(),
    source: 'test',
    payload: '{"level":"INFO","msg":"hello"}',
    ...fields,
    timestamp,
    instant,
  }
}
