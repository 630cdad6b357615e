/** What a walk over the log counts by topic, to be compared with the counters. Memory grows with the topics, not with events. */

export interface TopicCounts {
  /** Whether there is such a topic. */
  has(topicId: number): boolean
  /** Empty for one that there is not. */
  nameOf(topicId: number): string
  add(topicId: number, event: { readonly seq: number; readonly processedAtMs: number }): void
  eventsOf(topicId: number): number
  lastSeqOf(topicId: number): number
  /** When its first and its last event were stored. */
  firstMsOf(topicId: number): number
  lastMsOf(topicId: number): number
}

interface Counted {
  readonly name: string
  events: number
  lastSeq: number
  firstMs: number
  lastMs: number
}

export function openTopicCounts(topics: Iterable<readonly [id: number, name: string]>): TopicCounts {
  const byId = new Map<number, Counted>()
  for (const [id, name] of topics) byId.set(id, { name, events: 0, lastSeq: 0, firstMs: 0, lastMs: 0 })
  return {
    has: (topicId) => byId.has(topicId),
    nameOf: (topicId) => byId.get(topicId)?.name ?? '',
    add(topicId, { seq, processedAtMs }) {
      const counted = byId.get(topicId)
      if (counted === undefined) return
      if (counted.events === 0) counted.firstMs = processedAtMs
      counted.events++
      counted.lastSeq = seq
      counted.lastMs = processedAtMs
    },
    eventsOf: (topicId) => byId.get(topicId)?.events ?? 0,
    lastSeqOf: (topicId) => byId.get(topicId)?.lastSeq ?? 0,
    firstMsOf: (topicId) => byId.get(topicId)?.firstMs ?? 0,
    lastMsOf: (topicId) => byId.get(topicId)?.lastMs ?? 0,
  }
}
