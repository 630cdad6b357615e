/** Events as the client hands them out, with their payloads as the text that was published: `JSON.parse` would change numbers. */
import type { EventRow } from '../client/raw-events.ts'
import type { ReceivedEvent } from '../client/read-events.ts'

/** For a `parseJson`. */
export function keptEvent({ eventId, processedAt, payload, ...fields }: EventRow): ReceivedEvent {
  return { ...fields, event_id: eventId, processed_at: processedAt, payload: { text: payload } }
}

/** @param event of `keptEvent`. */
export function rowOfKept({
  event_id: eventId,
  processed_at: processedAt,
  payload,
  ...fields
}: ReceivedEvent): EventRow {
  return { ...fields, eventId, processedAt, payload: String(payload.text) }
}
