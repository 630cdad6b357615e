/** Text in rows. No DOM. */
import type { EventRow } from '../../api/raw-events.ts'

/** In any case, in whatever of the event is text. */
export function matchingRows(rows: readonly EventRow[], text: string): EventRow[] {
  const wanted = text.toLowerCase()
  return rows.filter(({ topic, eventId, source, timestamp, payload }) =>
    [topic, eventId, source, timestamp, payload].some((each) => each.toLowerCase().includes(wanted)),
  )
}
