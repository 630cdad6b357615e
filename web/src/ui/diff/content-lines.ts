/** What is compared of two copies of an event: everything but its identity. No DOM. */
import { jsonLines } from '../json/json-lines.ts'

export interface EventContent {
  readonly timestamp: string
  readonly source: string
  /** The text as received, so that numbers of any length are compared as they were sent. */
  readonly payload: string
}

export function contentLines({ timestamp, source, payload }: EventContent): string[] {
  return [`timestamp: ${timestamp}`, `source: ${source}`, ...withName('payload: ', jsonLines(payload))]
}

function withName(name: string, [first = '', ...rest]: readonly string[]): string[] {
  return [name + first, ...rest]
}

/** `timestamp and payload`: which of the three differ. */
export function differingFields(one: EventContent, other: EventContent): string {
  const fields = (['timestamp', 'source', 'payload'] as const).filter((field) => one[field] !== other[field])
  return fields.join(', ').replace(/, (?=\w+$)/, ' and ')
}

/** Payloads that say the same value by value, and differ in the space between. */
export function differInSpaceOnly(one: EventContent, other: EventContent): boolean {
  return one.payload !== other.payload && jsonLines(one.payload).join('\n') === jsonLines(other.payload).join('\n')
}
