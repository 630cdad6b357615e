/** Events out of the texts that the server sends, with payloads as the bytes they were published in: never parsed. Pure text. */
import { endOfValue } from './json-scan.ts'

export interface EventRow {
  readonly topic: string
  readonly eventId: string
  readonly timestamp: string
  readonly source: string
  /** JSON text. */
  readonly payload: string
  readonly seq: number
  readonly processedAt: string
}

export interface EventRows {
  readonly rows: readonly EventRow[]
  readonly nextCursor: string | undefined
  /** The server's time budget ran out; `nextCursor` goes on. */
  readonly isPartial: boolean
}

interface EventFields {
  readonly topic: string
  readonly event_id: string
  readonly timestamp: string
  readonly source: string
  readonly seq: number
  readonly processed_at: string
}

/** An event that is leased to this worker. */
export interface DeliveryRow {
  readonly lease: string
  readonly attempt: number
  readonly leaseExpiresAt: string
  readonly event: EventRow
}

interface DeliveryFields {
  readonly lease: string
  readonly attempt: number
  readonly lease_expires_at: string
  readonly event: EventFields
}

/** In a JSON text it can only be a name: inside of a string its quotes would be escaped. */
const payloadName = ',"payload":'

/** @param text what GET /events answers. */
export function eventRowsIn(text: string): EventRows {
  const page = JSON.parse(text) as { events: EventFields[]; next_cursor: string | null; partial?: true }
  const rows = rowsIn(text, page.events)
  return { rows, nextCursor: page.next_cursor ?? undefined, isPartial: page.partial === true }
}

/** @param text what POST /subscriptions/{name}/pull answers. */
export function deliveryRowsIn(text: string): readonly DeliveryRow[] {
  const { deliveries } = JSON.parse(text) as { deliveries: DeliveryFields[] }
  const events = rowsIn(
    text,
    deliveries.map(({ event }) => event),
  )
  return events.map((event, index) => {
    const { lease, attempt, lease_expires_at: leaseExpiresAt } = deliveries[index] as DeliveryFields
    return { lease, attempt, leaseExpiresAt, event }
  })
}

/** @param events those of the text, in its order. */
function rowsIn(text: string, events: readonly EventFields[]): EventRow[] {
  let at = 0
  return events.map((fields) => {
    const start = text.indexOf(payloadName, at) + payloadName.length
    at = endOfValue(text, start)
    return rowOf(fields, text.slice(start, at))
  })
}

/** @param text what GET /events/{topic}/{event_id} answers, or the data of a live event. */
export function eventRowIn(text: string): EventRow {
  const start = text.indexOf(payloadName) + payloadName.length
  return rowOf(JSON.parse(text) as EventFields, text.slice(start, endOfValue(text, start)))
}

function rowOf(fields: EventFields, payload: string): EventRow {
  if (!Number.isSafeInteger(fields.seq)) throw new TypeError('it is no event')
  const { topic, event_id: eventId, timestamp, source, seq, processed_at: processedAt } = fields
  return { topic, eventId, timestamp, source, payload, seq, processedAt }
}

/** In a JSON text they stand between values only. */
const lineBreaks = /[\r\n]/g

/** An event as a line of NDJSON, as it would be published again. */
export function ndjsonLine(row: EventRow): string {
  return `{${envelope(row)}}`
}

/** An event as a line of NDJSON, as the server gives it. */
export function storedLine(row: EventRow): string {
  return `{${envelope(row)},"seq":${row.seq},"processed_at":"${row.processedAt}"}`
}

/** A delivery as a line of NDJSON, as the server gives it. */
export function deliveryLine({ lease, attempt, leaseExpiresAt, event }: DeliveryRow): string {
  return `{"lease":${JSON.stringify(lease)},"attempt":${attempt},"lease_expires_at":"${leaseExpiresAt}","event":${storedLine(event)}}`
}

function envelope({ topic, eventId, timestamp, source, payload }: EventRow): string {
  const text = JSON.stringify
  return `"topic":${text(topic)},"event_id":${text(eventId)},"timestamp":${text(timestamp)},"source":${text(source)},"payload":${payload.replaceAll(lineBreaks, ' ')}`
}
