/** Places in the log, as people type them and as the server takes them. */
import { UsageError } from '../../app/config.ts'
import { parseTimestamp } from '../../core/timestamp.ts'
import type { SubscriptionAnswer } from '../../http/wire-types.ts'
import { wholeNumber } from '../option-values.ts'

export type Place = SubscriptionAnswer['start']

/** @param name the option. @throws UsageError when it is none of them. */
export function parsePlace(name: string, text: string): Place {
  if (text === 'earliest' || text === 'latest') return text
  if (/^\d+$/.test(text)) return { seq: wholeNumber(name, text) }
  if (parseTimestamp(text) !== undefined) return { time: text }
  throw new UsageError(`${name} must be earliest, latest, a seq or an ISO 8601 time, not "${text}"`)
}

export function placeText(place: Place): string {
  if (typeof place === 'string') return place
  return 'seq' in place ? `seq ${place.seq}` : place.time
}
