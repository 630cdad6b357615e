/**
 * The append transaction. It takes two journeys over the network:
 *
 *   BEGIN · lock the lane's head · which keys are taken  →  (compare what is)
 *   insert events and keys · duplicates · topics · head · COMMIT
 *
 * The lock comes first: while it is held no other node appends to the lane, so that nothing found can change, seqs have no
 * gaps, and no two transactions wait for each other's keys. The head is always written, also when all events are duplicates:
 * what was found may be the work of a commit that is not replicated yet, and only a commit of our own waits for that.
 */
import type { AppendResult } from '../../core/event-store.ts'
import * as sql from './append-statements.ts'
import { bigintArray, textArray, uuidArray } from './binary-array.ts'
import type { Connection, Row } from './connection.ts'
import { type DroppedEvent, recordDuplicates } from './duplicate-log.ts'
import type { EventBatch } from './event-batch.ts'
import type { EventKeyOf } from './event-key.ts'
import { addPartitions } from './event-partitions.ts'
import { type FoundEvents, type FreshEvent, findStored, firstKeys } from './find-stored.ts'
import { begin, commit, inTransaction } from './transaction.ts'

export interface EventWriterOptions {
  readonly keyOf: EventKeyOf
  readonly partitionEvents: number
}

/** An append that needs nothing but a connection any more. */
export type ReadyAppend = (connection: Connection) => Promise<AppendResult[]>

/** Does what takes time in this process before the turn of the batch comes. @param nowMs the wall-clock time of the group. */
export function prepareAppend(batch: EventBatch, nowMs: number, options: EventWriterOptions): ReadyAppend {
  const keys = firstKeys(batch, options.keyOf)
  const keyArray = uuidArray(keys.map(({ key }) => key))
  return (connection) =>
    inTransaction(connection, async () => {
      const [, [head = {}], found] = await Promise.all([
        begin(connection),
        connection.query(sql.lockHead),
        connection.query(sql.findKeys, [keyArray]),
      ])
      const stored = await findStored(connection, batch, { keys, found, keyOf: options.keyOf })
      const { results, dropped } = resultsOf(batch, stored, head)
      await insertFresh(connection, batch, { fresh: stored.fresh, head, nowMs, ...options })
      await recordDuplicates(connection, batch, { dropped, nowMs })
      const conflicts = dropped.filter(({ isConflict }) => isConflict).length
      await Promise.all([
        connection.query(sql.countTopics, [nowMs, ...topicCounts(batch, results)]),
        connection.query(sql.updateHead, [stored.fresh.length, dropped.length, conflicts]),
        commit(connection),
      ])
      return results
    })
}

function resultsOf(
  batch: EventBatch,
  { seqByFirst, conflicts, fresh }: FoundEvents,
  head: Row,
): { readonly results: AppendResult[]; readonly dropped: DroppedEvent[] } {
  const newSeqByFirst = new Map(fresh.map(({ index }, at) => [index, Number(head.next_seq) + at]))
  const dropped: DroppedEvent[] = []
  const results = batch.firstOf.map((first, index): AppendResult => {
    const newSeq = newSeqByFirst.get(first)
    if (newSeq !== undefined && first === index) return { status: 'stored', seq: newSeq }
    const seq = newSeq ?? seqByFirst.get(first) ?? 0
    const isConflict = newSeq === undefined ? conflicts.has(index) : !batch.hasSameContent(first, index)
    dropped.push({ index, id: Number(head.duplicate_dropped) + dropped.length + 1, seq, isConflict })
    return { status: isConflict ? 'conflict' : 'duplicate', seq }
  })
  return { results, dropped }
}

interface FreshEvents extends EventWriterOptions {
  readonly fresh: readonly FreshEvent[]
  readonly head: Row
  readonly nowMs: number
}

async function insertFresh(
  connection: Connection,
  batch: EventBatch,
  { fresh, head, nowMs, partitionEvents }: FreshEvents,
): Promise<void> {
  let seq = Number(head.next_seq)
  await addPartitions(connection, { from: Number(head.partitioned_to), to: seq + fresh.length, partitionEvents })
  let taken = 0
  for (const part of batch.partsOf(fresh.map(({ index }) => index))) {
    const keys = fresh.slice(taken, taken + part.length).map(({ key }) => key)
    const [topics, eventIds, timestamps, sources, payloads] = (
      ['topic', 'eventId', 'timestamp', 'source', 'payload'] as const
    ).map((name) => batch.texts(part, name))
    const values = [seq, nowMs, topics, eventIds, ...batch.instants(part), timestamps, sources, payloads]
    await Promise.all([
      connection.query(sql.insertEvents, values),
      connection.query(sql.insertKeys, [seq, uuidArray(keys)]),
    ])
    taken += part.length
    seq += part.length
  }
}

/** What the batch adds to each of its topics, as parameters. */
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
