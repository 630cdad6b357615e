/** Text in the lines of a list. No DOM. */
import type { ListRow } from './list-row.ts'

/** Enough to step through. */
export const maxMatches = 5000

/** Places of the rows whose line has the text, in any case. */
export function matchingPlaces(rows: Iterable<readonly [index: number, row: ListRow]>, text: string): number[] {
  const wanted = text.toLowerCase()
  const places: number[] = []
  for (const [index, { topic, eventId, source, timestamp, preview }] of rows) {
    if (places.length === maxMatches) break
    const isMatch = [preview, eventId, topic, source, timestamp].some((each) => each.toLowerCase().includes(wanted))
    if (isMatch) places.push(index)
  }
  return places
}

/** A text in parts, of which every second one is the wanted text as it stands there. */
export function splitByText(text: string, wanted: string): string[] {
  if (wanted === '') return [text]
  const parts: string[] = []
  const folded = text.toLowerCase()
  const sought = wanted.toLowerCase()
  // Letters that are longer in lower case would shift the places.
  if (folded.length !== text.length) return [text]
  let start = 0
  for (let at = folded.indexOf(sought); at >= 0; at = folded.indexOf(sought, start)) {
    parts.push(text.slice(start, at), text.slice(at, at + sought.length))
    start = at + sought.length
  }
  parts.push(text.slice(start))
  return parts
}
