/** What the live tails of several tabs ask for together, and which of it belongs to one of them. No DOM. */

import type { EventRow } from '../../../src/client/raw-events.ts'
import { payloadContains } from '../state/payload-match.ts'
import { timestampMs } from '../state/timestamp.ts'

export interface TailFilter {
  readonly topic: string | undefined
  readonly source: string | undefined
  /** Text that the payload contains, in any case. */
  readonly text: string | undefined
  /** Timestamps before it are left out. */
  readonly fromMs: number | undefined
}

/** What one connection asks the server for; undefined: all of them. */
export interface StreamQuestion {
  readonly topics: readonly string[] | undefined
  readonly source: string | undefined
}

/** Topics in one request; with more, all of them are read. */
const maxTopics = 20

/** The narrowest question whose answer has everything that any of the filters lets through. */
export function questionFor(filters: readonly TailFilter[]): StreamQuestion {
  const topics = [...new Set(filters.map(({ topic }) => topic))]
  const plain = topics.filter((topic) => topic !== undefined && isPlain(topic))
  const sources = new Set(filters.map(({ source }) => source))
  return {
    topics: plain.length === topics.length && plain.length <= maxTopics ? (plain as string[]).sort() : undefined,
    source: sources.size === 1 ? [...sources][0] : undefined,
  }
}

/** Whether everything that the filter lets through is in the answer to the question. */
export function covers({ topics, source }: StreamQuestion, filter: TailFilter): boolean {
  const hasTopic = topics === undefined || (filter.topic !== undefined && topics.includes(filter.topic))
  return hasTopic && (source === undefined || source === filter.source)
}

export function tailMatcher({ topic, source, text, fromMs }: TailFilter): (row: EventRow) => boolean {
  const contains = text === undefined ? undefined : payloadContains(text)
  return (row) =>
    (topic === undefined || row.topic === topic) &&
    (source === undefined || row.source === source) &&
    (fromMs === undefined || timestampMs(row.timestamp) >= fromMs) &&
    (contains === undefined || contains(row.payload))
}

/** The stream takes topics for patterns: a name that reads like one would ask for others, or be refused. */
function isPlain(topic: string): boolean {
  return !topic.includes('*') && !topic.includes('>')
}
