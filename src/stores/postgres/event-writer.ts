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
import { requireCopied } from './copy-mark.ts'
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
  // Most batches have nothing that is stored already: then this is what is inserted.
  const allParts = insertParts(batch, batch.firsts)
  return (connection) =>
    inTransaction(connection, async () => {
      const [, [head = {}], found] = await Promise.all([
        begin(connection),
        connection.query(sql.lockHead),
        connection.query(sql.findKeys, [keyArray]),
      ])
      requireCopied(head)
      const stored = await findStored(connection, batch, { keys, found, keyOf: options.keyOf })
      const seqs = newSeqs(stored.fresh, head)
      const { results, dropped } = resultsOf(batch, stored, { head, seqs })
      const end = Number(head.next_seq) + seqs.size
      await addPartitions(connection, { from: Number(head.partitioned_to), to: end, ...options })
      const parts = seqs.size === keys.length ? allParts : insertParts(batch, [...seqs.keys()])
      for (const { first, values } of parts) {
        await connection.query(sql.insertEvents, [seqs.get(first), nowMs, ...values])
      }
      await recordDuplicates(connection, batch, { dropped, nowMs })
      const conflicts = dropped.filter(({ isConflict }) => isConflict).length
      const keySeqs = bigintArray(stored.fresh.map(({ index }) => seqs.get(index) ?? 0))
      await Promise.all([
        connection.query(sql.insertKeys, [uuidArray(stored.fresh.map(({ key }) => key)), keySeqs]),
        connection.query(sql.countTopics, [nowMs, ...topicCounts(batch, results)]),
        connection.query(sql.updateHead, [seqs.size, dropped.length, conflicts]),
        commit(connection),
      ])
      return results
    })
}

/** By the index of the event, which is also their order. */
function newSeqs(fresh: readonly FreshEvent[], head: Row): Map<number, number> {
  const indexes = fresh.map(({ index }) => index).sort((a, b) => a - b)
  return new Map(indexes.map((index, at) => [index, Number(head.next_seq) + at]))
}

interface InsertPart {
  /** The index of its first event. */
  readonly first: number
  readonly values: readonly Buffer[]
}

function insertParts(batch: EventBatch, indexes: readonly number[]): InsertPart[] {
  return batch.partsOf(indexes).map((part) => ({
    first: part[0] ?? 0,
    values: [
      batch.texts(part, 'topic'),
      batch.texts(part, 'eventId'),
      ...batch.instants(part),
      batch.texts(part, 'timestamp'),
      batch.texts(part, 'source'),
      batch.texts(part, 'payload'),
    ],
  }))
}

function resultsOf(
  batch: EventBatch,
  { seqByFirst, conflicts }: FoundEvents,
  { head, seqs }: { readonly head: Row; readonly seqs: ReadonlyMap<number, number> },
): { readonly results: AppendResult[]; readonly dropped: DroppedEvent[] } {
  const dropped: DroppedEvent[] = []
  const results = batch.firstOf.map((first, index): AppendResult => {
    const newSeq = seqs.get(first)
    if (newSeq !== undefined && first === index) return { status: 'stored', seq: newSeq }
    const seq = newSeq ?? seqByFirst.get(first) ?? 0
    const isConflict = newSeq === undefined ? conflicts.has(index) : !batch.hasSameContent(first, index)
    dropped.push({ index, id: Number(head.duplicate_dropped) + dropped.length + 1, seq, isConflict })
    return { status: isConflict ? 'conflict' : 'duplicate', seq }
  })
  return { results, dropped }
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
