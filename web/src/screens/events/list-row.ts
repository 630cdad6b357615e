/** What a list keeps of an event: enough for its line. The payload stays with the server. No DOM. */
import type { EventRow } from '../../../../src/client/raw-events.ts'
import { timestampMs } from '../../state/timestamp.ts'

export interface ListRow {
  readonly seq: number
  readonly topic: string
  readonly eventId: string
  readonly timestamp: string
  readonly atMs: number
  readonly source: string
  /** The beginning of the payload's text as it was sent, on one line. */
  readonly preview: string
}

const maxPreviewChars = 300

export function listRowOf({ seq, topic, eventId, timestamp, source, payload }: EventRow): ListRow {
  const start = payload.slice(0, maxPreviewChars).replaceAll(/\s+/g, ' ')
  const preview = payload.length > maxPreviewChars ? `${start}…` : start
  return { seq, topic, eventId, timestamp, atMs: timestampMs(timestamp), source, preview: detached(preview) }
}

/** A part of a text keeps the whole of it in memory: this one does not. */
function detached(text: string): string {
  return JSON.parse(JSON.stringify(text))
}
