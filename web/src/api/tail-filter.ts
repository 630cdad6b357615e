/** What the live tails of several tabs ask for together, and which of it belongs to one of them. No DOM. */
import type { EventRow } from './raw-events.ts'

export interface TailFilter {
  readonly topic: string | undefined
  readonly source: string | undefined
  /** Text that the payload contains, in any case. */
  readonly text: string | undefined
}

/** Topics in one request; with more all of them are read. */
const maxTopics = 20

/** Parameters of one stream that has everything that any of the filters lets through. */
export function streamParameters(filters: readonly TailFilter[]): {
  readonly topic: readonly string[] | undefined
  readonly source: string | undefined
} {
  const topics = new Set(filters.map(({ topic }) => topic))
  const sources = new Set(filters.map(({ source }) => source))
  // A topic is a pattern there; one that looks like a pattern would ask for others.
  const isPlain = [...topics].every((topic) => topic !== undefined && !/[*>]/.test(topic))
  return {
    topic: isPlain && topics.size <= maxTopics ? ([...topics] as string[]) : undefined,
    source: sources.size === 1 ? [...sources][0] : undefined,
  }
}

export function tailMatcher({ topic, source, text }: TailFilter): (row: EventRow) => boolean {
  const wanted = text?.toLowerCase()
  return (row) =>
    (topic === undefined || row.topic === topic) &&
    (source === undefined || row.source === source) &&
    (wanted === undefined || row.payload.toLowerCase().includes(wanted))
}
