/** What a walk over the log and the duplicates counted by topic, to be compared with the counters. Memory: 24 bytes a topic id. */

/** Ids beyond this are not what the writer gives: it counts up from 1. */
const maxTopicId = 2 ** 26

export interface TopicCounts {
  /** Whether there is such a topic. */
  has(topicId: number): boolean
  add(topicId: number, seq: number): void
  eventsOf(topicId: number): number
  lastSeqOf(topicId: number): number
}

/** @param ids of the topics that there are. */
export function openTopicCounts(ids: Iterable<number>): TopicCounts {
  let isKnown = new Uint8Array(1024)
  for (const id of ids) {
    if (!(id > 0 && id < maxTopicId)) continue
    if (id >= isKnown.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(id + 1)))
      larger.set(isKnown)
      isKnown = larger
    }
    isKnown[id] = 1
  }
  const events = new Float64Array(isKnown.length)
  const lastSeqs = new Float64Array(isKnown.length)
  return {
    has: (topicId) => isKnown[topicId] === 1,
    add(topicId, seq) {
      events[topicId] = (events[topicId] ?? 0) + 1
      lastSeqs[topicId] = seq
    },
    eventsOf: (topicId) => events[topicId] ?? 0,
    lastSeqOf: (topicId) => lastSeqs[topicId] ?? 0,
  }
}
