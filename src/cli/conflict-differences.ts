/** What a refused copy has that the stored event has not, member by member, in the texts that were sent. Pure text. */
import { memberTexts } from '../client/json-scan.ts'
import type { RefusedRow } from '../client/raw-duplicates.ts'

/** JSON texts; undefined where there is no such member. */
export interface Difference {
  /** `timestamp`, `source`, or a place in the payload, such as `payload.order.id`. */
  readonly place: string
  readonly stored: string | undefined
  readonly refused: string | undefined
}

export function differencesOf(stored: RefusedRow, refused: RefusedRow): readonly Difference[] {
  const found: Difference[] = []
  for (const place of ['timestamp', 'source'] as const) {
    if (stored[place] !== refused[place]) found.push({ place, stored: stored[place], refused: refused[place] })
  }
  if (stored.payload !== refused.payload) compare({ place: 'payload', ...payloads(stored, refused) }, found)
  return found
}

function payloads(stored: RefusedRow, refused: RefusedRow) {
  return { stored: stored.payload.trim(), refused: refused.payload.trim() }
}

/** Objects are gone into; all else differs as a whole. The server bounds how deep they are. */
function compare(pair: Difference, found: Difference[]): void {
  const { place, stored, refused } = pair
  if (stored === refused) return
  if (!stored?.startsWith('{') || !refused?.startsWith('{')) {
    found.push(pair)
    return
  }
  const [before, after] = [memberTexts(stored), memberTexts(refused)]
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    compare({ place: `${place}.${name}`, stored: before.get(name), refused: after.get(name) }, found)
  }
}
