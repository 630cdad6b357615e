/** Subscriptions come, go and move. Each call is the inside of one transaction. */
import { type StartPoint, type SubscriptionSettings, subscriptionLimits } from '../../../core/subscription.ts'
import type { CreateOutcome } from '../../../core/subscription-store.ts'
import { definitionText, searchCursor } from '../../delivery-rules.ts'
import { newLeaseSecret } from '../../lease-token.ts'
import type { Connection, Statement } from '../connection.ts'
import { lastSeqOf } from '../log-reader.ts'
import { onlyLane } from '../migrations.ts'
import { databaseNowMs, lockSubscriptions } from './subscription-row.ts'

const lockHead: Statement = {
  name: 'lock_subscription_head',
  text: `
    SELECT next_id, (SELECT count(*) FROM subscription WHERE lane = ${onlyLane}) AS subscriptions, ${databaseNowMs} AS now_ms
    FROM subscription_head WHERE lane = ${onlyLane} FOR UPDATE`,
}
const insert: Statement = {
  name: 'insert_subscription',
  text: `
    WITH head AS (UPDATE subscription_head SET next_id = next_id + 1, changes = changes + 1 WHERE lane = ${onlyLane})
    INSERT INTO subscription (lane, id, name, topics, push, start, lease_ms, max_attempts, created_ms, lease_secret, cursor, epoch, acked,
      redelivered, dead_letters, late_acks, forgotten_through, paused_reason, changes)
    VALUES (${onlyLane}, $1::bigint, $2::text, $3::text, $4::text, $5::text, $6::bigint, $7::int, $8::bigint, $9::bytea, $10::bigint, 1, 0,
      0, 0, 0, 0, NULL, 1)`,
}
const remove: Statement = {
  name: 'remove_subscription',
  text: `
    WITH removed AS (DELETE FROM subscription WHERE lane = ${onlyLane} AND id = $1::bigint RETURNING changes)
    UPDATE subscription_head SET changes = subscription_head.changes + removed.changes + 1 FROM removed
    WHERE subscription_head.lane = ${onlyLane}`,
}
const removeRows = ['delivery', 'late_ack', 'dead_letter'].map(
  (table): Statement => ({
    name: `remove_${table}`,
    text: `DELETE FROM ${table} WHERE lane = ${onlyLane} AND subscription_id = $1::bigint`,
  }),
)
const [removeDeliveries, removeLateAcks] = removeRows
const move: Statement = {
  name: 'move_subscription',
  text: `
    UPDATE subscription SET epoch = epoch + 1, cursor = $2::bigint, late_acks = 0, forgotten_through = 0, changes = changes + 1
    WHERE lane = ${onlyLane} AND id = $1::bigint`,
}
const pause: Statement = {
  name: 'pause_subscription',
  text: `
    WITH head AS (UPDATE subscription_head SET changes = changes + 1 WHERE lane = ${onlyLane})
    UPDATE subscription SET paused_reason = $2::text,
      failing_since_ms = CASE WHEN $2::text IS NOT NULL THEN failing_since_ms END, changes = changes + 1 WHERE lane = ${onlyLane} AND name = $1::text
    RETURNING id`,
}
const setFailing: Statement = {
  name: 'set_failing_since',
  text: `
    UPDATE subscription SET failing_since_ms = $2::bigint, changes = changes + 1 WHERE lane = ${onlyLane} AND name = $1::text
    RETURNING id`,
}
const touch: Statement = {
  name: 'touch_subscription',
  text: `UPDATE subscription SET changes = changes + 1 WHERE lane = ${onlyLane} AND id = $1::bigint`,
}
const findCommitTime: Statement = {
  name: 'find_commit_time',
  text: `SELECT processed_ms FROM event WHERE lane = ${onlyLane} AND seq >= $1::bigint ORDER BY seq LIMIT 1`,
}

export interface Definition {
  readonly name: string
  readonly settings: SubscriptionSettings
  readonly start: StartPoint
}

/** @param nowMsOf the time to work with, when the database says it is this. */
export async function createSubscription(
  connection: Connection,
  { name, settings, start }: Definition,
  nowMsOf: (databaseNowMs: number) => number,
): Promise<CreateOutcome> {
  const [head] = await connection.query(lockHead)
  const [found] = await lockSubscriptions(connection, [name])
  if (found !== undefined) {
    // Its ack is an ack of what is there, which may be the work of a commit that is not replicated yet.
    await connection.query(touch, [found.id])
    return definitionText(found.settings, found.start) === definitionText(settings, start) ? 'exists' : 'differs'
  }
  if (Number(head?.subscriptions) >= subscriptionLimits.maxSubscriptions) return 'too_many'
  const { topics, leaseMs, maxAttempts, push } = settings
  const texts = [JSON.stringify(topics), push === undefined ? null : JSON.stringify(push), JSON.stringify(start)]
  const createdAtMs = nowMsOf(Number(head?.now_ms))
  const secret = Buffer.from(newLeaseSecret())
  const cursor = await cursorOf(connection, start)
  await connection.query(insert, [head?.next_id, name, ...texts, leaseMs, maxAttempts, createdAtMs, secret, cursor])
  return 'created'
}

export async function removeSubscription(connection: Connection, name: string): Promise<true | undefined> {
  await connection.query(lockHead)
  const [found] = await lockSubscriptions(connection, [name])
  if (found === undefined) return undefined
  await Promise.all([...removeRows, remove].map((statement) => connection.query(statement, [found.id])))
  return true
}

export async function seekSubscription(
  connection: Connection,
  { name, start }: Pick<Definition, 'name' | 'start'>,
): Promise<true | undefined> {
  const [found] = await lockSubscriptions(connection, [name])
  if (found === undefined) return undefined
  const cursor = await cursorOf(connection, start)
  for (const statement of [removeDeliveries, removeLateAcks]) {
    if (statement !== undefined) await connection.query(statement, [found.id])
  }
  await connection.query(move, [found.id, cursor])
  return true
}

export async function pauseSubscription(
  connection: Connection,
  { name, reason }: { readonly name: string; readonly reason: string | undefined },
): Promise<true | undefined> {
  await connection.query(lockHead)
  const paused = await connection.query(pause, [name, reason ?? null])
  return paused.length > 0 ? true : undefined
}

export async function setFailingSince(
  connection: Connection,
  { name, atMs }: { readonly name: string; readonly atMs: number | undefined },
): Promise<true | undefined> {
  const found = await connection.query(setFailing, [name, atMs ?? null])
  return found.length > 0 ? true : undefined
}

async function cursorOf(connection: Connection, start: StartPoint): Promise<number> {
  const search = searchCursor(start, await lastSeqOf(connection))
  let step = search.next()
  while (!step.done) {
    const [row] = await connection.query(findCommitTime, [step.value])
    step = search.next(Number(row?.processed_ms))
  }
  return step.value
}
