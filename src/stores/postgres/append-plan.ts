/** What an append will write, worked out from what is stored already; its seqs are counted from a head that is not known yet. */
import type { AppendResult } from '../../core/event-store.ts'
import { newSeqAt, seqOf } from './append-statements.ts'
import { bigintArray, textArray, uuidArray } from './binary-array.ts'
import type { DroppedEvent } from './duplicate-log.ts'
import type { EventBatch } from './event-batch.ts'
import type { FoundEvents } from './find-stored.ts'

/** A seq here is one that is stored, or `newSeqAt`. */
export interface AppendPlan {
  /** The new events, in their order in the batch. */
  readonly fresh: readonly number[]
  /** Their keys and seqs, as parameters. */
  readonly keys: readonly [Buffer, Buffer]
  readonly dropped: readonly DroppedEvent[]
  readonly conflicts: number
  /** What is added to each topic, as parameters. */
  readonly topics: readonly Buffer[]
  readonly results: readonly AppendResult[]
}

export function planAppend(batch: EventBatch, found: FoundEvents): AppendPlan {
  const fresh = found.fresh.map(({ index }) => index).sort((a, b) => a - b)
  const seqs = new Map(fresh.map((index, at) => [index, newSeqAt(at)]))
  const dropped: DroppedEvent[] = []
  const results = batch.firstOf.map((first, index): AppendResult => {
    const newSeq = seqs.get(first)
    if (newSeq !== undefined && first === index) return { status: 'stored', seq: newSeq }
    const seq = newSeq ?? found.seqByFirst.get(first) ?? 0
    const isConflict = newSeq === undefined ? found.conflicts.has(index) : !batch.hasSameContent(first, index)
    dropped.push({ index, count: dropped.length + 1, seq, isConflict })
    return { status: isConflict ? 'conflict' : 'duplicate', seq }
  })
  return {
    fresh,
    keys: [
      uuidArray(found.fresh.map(({ key }) => key)),
      bigintArray(found.fresh.map(({ index }) => seqs.get(index) ?? 0)),
    ],
    dropped,
    conflicts: dropped.filter(({ isConflict }) => isConflict).length,
    topics: topicCounts(batch, results),
    results,
  }
}

/** @param next the first seq that was new. */
export function resultsOf({ results }: AppendPlan, next: number): AppendResult[] {
  return results.map(({ status, seq }) => ({ status, seq: seqOf(seq, next) }))
}

function topicCounts({ events }: EventBatch, results: readonly AppendResult[]): Buffer[] {
  const byName = new Map<string, { events: number; duplicates: number; conflicts: number; lastSeq: number }>()
  for (const [index, { status, seq }] of results.entries()) {
    const name = events.field(index, 'topic')
    let topic = byName.get(name)
    if (topic === undefined) {
      topic = { events: 0, duplicates: 0, conflicts: 0, lastSeq: 0 }
      byName.set(name, topic)
    }
    if (status === 'stored') {
      topic.events++
      topic.lastSeq = seq
      continue
    }
    topic.duplicates++
    if (status === 'conflict') topic.conflicts++
  }
  const counts = [...byName.values()]
  return [
    textArray([...byName.keys()]),
    bigintArray(counts.map((topic) => topic.events)),
    bigintArray(counts.map((topic) => topic.duplicates)),
    bigintArray(counts.map((topic) => topic.conflicts)),
    bigintArray(counts.map((topic) => topic.lastSeq)),
  ]
}
