/**
 * The append transaction. What is stored already is looked up before its turn comes, while other transactions still write; then
 * all of it is one journey over the network:
 *
 *   BEGIN · lock the lane's head · keys · events · duplicates · topics · head · COMMIT
 *
 * The lock comes first: while it is held no other node appends to the lane, so that seqs have no gaps, and no two transactions
 * wait for each other's keys. What somebody has stored since the look is found by the unique keys: then nothing is written, and
 * the transaction is made again with a look under the lock. The head is always written, also when all events are duplicates:
 * what was found may be the work of a commit that is not replicated yet, and only a commit of our own waits for that.
 */
import type { AppendResult } from '../../core/event-store.ts'
import { type AppendPlan, planAppend, resultsOf } from './append-plan.ts'
import * as sql from './append-statements.ts'
import { uuidArray } from './binary-array.ts'
import type { Connection, Row } from './connection.ts'
import { requireCopied } from './copy-mark.ts'
import { recordDuplicates } from './duplicate-log.ts'
import type { EventBatch } from './event-batch.ts'
import type { EventKeyOf } from './event-key.ts'
import { addPartitions } from './event-partitions.ts'
import { type FoundEvents, findStored, firstKeys } from './find-stored.ts'
import { isUniqueViolation } from './postgres-error.ts'
import { allOf, begin, commit, inTransaction } from './transaction.ts'
import type { WritingTask } from './writing-line.ts'

export interface EventWriterOptions {
  readonly keyOf: EventKeyOf
  readonly partitionEvents: number
}

/** What was looked up has changed since, or the lane takes no new events as it is. */
const outdated = Symbol('outdated')

/** Does what takes time in this process at once. @param nowMs the wall-clock time of the group. */
export function prepareAppend(
  batch: EventBatch,
  nowMs: number,
  { keyOf, partitionEvents }: EventWriterOptions,
): WritingTask<FoundEvents, AppendResult[]> {
  const keys = firstKeys(batch, keyOf)
  const keyArray = uuidArray(keys.map(({ key }) => key))
  // Most batches have nothing that is stored already: then this is what is inserted.
  const allColumns = partsToInsert(batch, batch.firsts)
  const look = async (connection: Connection) => {
    const found = await connection.query(sql.findKeys, [keyArray])
    return findStored(connection, batch, { keys, found, keyOf })
  }
  const writingOf = (found: FoundEvents) => {
    const plan = planAppend(batch, found)
    const parts = plan.fresh.length === keys.length ? allColumns : partsToInsert(batch, plan.fresh)
    return { batch, plan, parts, nowMs }
  }
  const writeUnderLock = (connection: Connection, passTurn: () => void) =>
    inTransaction(connection, async () => {
      const [, [head = {}]] = await allOf([begin(connection), connection.query(sql.lockHead)])
      passTurn()
      requireCopied(head)
      const writing = writingOf(await look(connection))
      const from = Number(head.partitioned_to)
      const to = Number(head.next_seq) + writing.plan.fresh.length
      await addPartitions(connection, { from, to, partitionEvents })
      const { keyed, rest } = send(connection, writing)
      await allOf([keyed, rest])
      return resultsOf(writing.plan, Number(head.next_seq))
    })
  return {
    look,
    async write(connection, found, passTurn) {
      const results = await writeAtOnce(connection, writingOf(found), passTurn)
      return results === outdated ? writeUnderLock(connection, passTurn) : results
    },
  }
}

interface Writing {
  readonly batch: EventBatch
  readonly plan: AppendPlan
  readonly parts: readonly InsertedPart[]
  readonly nowMs: number
}

interface InsertedPart {
  /** How many new events come before. */
  readonly before: number
  readonly columns: readonly Buffer[]
}

async function writeAtOnce(
  connection: Connection,
  writing: Writing,
  passTurn: () => void,
): Promise<AppendResult[] | typeof outdated> {
  let isOutdated = false
  try {
    return await inTransaction(connection, async () => {
      const opening = [begin(connection), connection.query(sql.lockHead)] as const
      const { keyed, rest } = send(connection, writing)
      // Whoever comes next may do so when this transaction need not be made again.
      const turn = keyed.then(passTurn, (error) => {
        isOutdated = error === outdated || isUniqueViolation(error)
      })
      const [, [head = {}]] = await allOf([...opening, keyed, turn, rest])
      return resultsOf(writing.plan, Number(head.next_seq))
    })
  } catch (thrown) {
    if (isOutdated && !connection.isLost) return outdated
    throw thrown
  }
}

/** Sends everything after the lock before it waits, if there are no conflicts. */
function send(connection: Connection, writing: Writing): { keyed: Promise<unknown>; rest: Promise<unknown> } {
  const { fresh, keys } = writing.plan
  const keyed = [
    connection.query(sql.enterLane, [fresh.length]).then(requireEntered),
    ...(fresh.length === 0 ? [] : [connection.query(sql.insertKeys, [...keys])]),
  ]
  return { keyed: allOf(keyed), rest: sendRest(connection, writing) }
}

function requireEntered(rows: readonly Row[]): void {
  if (rows.length === 0) throw outdated
}

async function sendRest(connection: Connection, { batch, plan, parts, nowMs }: Writing): Promise<void> {
  const { fresh, dropped, conflicts, topics } = plan
  const contents: Promise<unknown>[] = parts.map(({ before, columns }) =>
    connection.query(sql.insertEvents, [before, nowMs, ...columns]),
  )
  contents.push(recordDuplicates(connection, batch, { dropped, nowMs }))
  // Conflicts are counted and trimmed before the end is sent.
  if (conflicts > 0) await allOf(contents)
  await allOf([
    ...contents,
    connection.query(sql.countTopics, [nowMs, ...topics]),
    connection.query(sql.updateHead, [fresh.length, dropped.length, conflicts]),
    commit(connection),
  ])
}

function partsToInsert(batch: EventBatch, indexes: readonly number[]): InsertedPart[] {
  let before = 0
  return batch.partsOf(indexes).map((part) => {
    const columns = [
      batch.texts(part, 'topic'),
      batch.texts(part, 'eventId'),
      ...batch.instants(part),
      batch.texts(part, 'timestamp'),
      batch.texts(part, 'source'),
      batch.texts(part, 'payload'),
    ]
    before += part.length
    return { before: before - part.length, columns }
  })
}
