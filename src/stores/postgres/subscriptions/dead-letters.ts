/** Deliveries that nobody acked in time: laid aside, and taken up again. Everything here runs inside a transaction. */
import { storeLimits } from '../../../core/event-store.ts'
import { subscriptionLimits } from '../../../core/subscription.ts'
import type { DeadLetterPage, DeadLetterQuery } from '../../../core/subscription-store.ts'
import { deliveryBounds, leaseRanOut } from '../../delivery-rules.ts'
import type { SubscriptionRow } from '../../rows.ts'
import { bigintArray, textArray } from '../binary-array.ts'
import type { Connection, Statement } from '../connection.ts'
import { eventColumns, eventOctets, eventOf } from '../event-row.ts'
import { onlyLane } from '../migrations.ts'
import { readLimitMs } from '../session.ts'
import { lockSubscriptions } from './subscription-row.ts'

const lettersPerRedrive = 1000
const ofSubscription = `lane = ${onlyLane} AND subscription_id = $1::bigint`

const findExhausted: Statement = {
  name: 'find_exhausted',
  text: `
    SELECT seq, fence, attempts FROM delivery WHERE ${ofSubscription} AND due_ms <= $2::bigint AND attempts >= $3::int ORDER BY seq
    LIMIT ${deliveryBounds.maxDeadLettersPerClaim}`,
}
const insertLetters: Statement = {
  name: 'insert_dead_letters',
  text: `
    INSERT INTO dead_letter (lane, subscription_id, seq, epoch, fence, attempts, at_ms, reason)
    SELECT ${onlyLane}, $1::bigint, seq, $2::bigint, fence, attempts, $3::bigint, reason
    FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::text[]) AS new (seq, fence, attempts, reason)`,
}
const countLetters: Statement = {
  name: 'count_dead_letters',
  text: `
    UPDATE subscription SET dead_letters = dead_letters + $2::bigint, forgotten_through = greatest(forgotten_through, $3::bigint)
    WHERE lane = ${onlyLane} AND id = $1::bigint RETURNING dead_letters`,
}
const trimLetters: Statement = {
  name: 'trim_dead_letters',
  text: `
    DELETE FROM dead_letter WHERE ${ofSubscription} AND seq <=
      (SELECT seq FROM dead_letter WHERE ${ofSubscription} ORDER BY seq OFFSET $2::int - 1 LIMIT 1)
    RETURNING seq, epoch`,
}
const dropLetters: Statement = {
  name: 'drop_dead_letters',
  text: `DELETE FROM dead_letter WHERE ${ofSubscription} AND seq = ANY ($2::bigint[]) RETURNING seq`,
}
/** $3: those that are asked for, or null for all. */
const findLetters: Statement = {
  name: 'find_dead_letters',
  text: `
    SELECT seq, epoch, fence FROM dead_letter
    WHERE ${ofSubscription} AND seq > $2::bigint AND ($3::bigint[] IS NULL OR seq = ANY ($3::bigint[])) ORDER BY seq
    LIMIT ${lettersPerRedrive}`,
}
const reopen: Statement = {
  name: 'reopen_deliveries',
  text: `
    INSERT INTO delivery (lane, subscription_id, seq, attempts, fence, is_leased, due_ms)
    SELECT ${onlyLane}, $1::bigint, seq, 0, fence, false, $2::bigint FROM unnest($3::bigint[], $4::bigint[]) AS again (seq, fence)`,
}
const touch: Statement = {
  name: 'touch_redriven',
  text: `UPDATE subscription SET changes = changes + 1 WHERE lane = ${onlyLane} AND id = $1::bigint`,
}
const readPage: Statement = {
  name: 'read_dead_letters',
  text: `
    WITH found AS (
      SELECT letter.attempts, letter.reason, letter.at_ms, ${eventColumns}, ${eventOctets} AS octets
      FROM (SELECT * FROM dead_letter WHERE lane = ${onlyLane} AND seq > $2::bigint AND subscription_id =
              (SELECT id FROM subscription WHERE lane = ${onlyLane} AND name = $1::text)
            ORDER BY seq LIMIT $3::int) AS letter,
        LATERAL (SELECT * FROM event WHERE event.lane = ${onlyLane} AND event.seq = letter.seq LIMIT 1) AS event
    ),
    sized AS (
      SELECT *, sum(octets) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS octets_through, count(*) OVER () AS found,
        row_number() OVER (ORDER BY seq) AS n
      FROM found
    )
    SELECT * FROM sized WHERE n = 1 OR octets_through <= $4::bigint ORDER BY seq`,
}
const findByName: Statement = {
  name: 'find_subscription_id',
  text: `SELECT id FROM subscription WHERE lane = ${onlyLane} AND name = $1::text`,
}

export const endDeliveries: Statement = {
  name: 'end_deliveries',
  text: `DELETE FROM delivery WHERE ${ofSubscription} AND seq = ANY ($2::bigint[])`,
}

export interface NewDeadLetter {
  readonly seq: number
  readonly fence: number
  readonly attempts: number
  readonly reason: string
}

/** Of events that are not in `delivery` any more. */
export async function bury(
  connection: Connection,
  subscription: SubscriptionRow,
  { letters, nowMs }: { readonly letters: readonly NewDeadLetter[]; readonly nowMs: number },
): Promise<void> {
  if (letters.length === 0) return
  const numbers = [
    letters.map(({ seq }) => seq),
    letters.map(({ fence }) => fence),
    letters.map(({ attempts }) => attempts),
  ]
  const reasons = letters.map(({ reason }) => reason)
  const { id, epoch } = subscription
  await connection.query(insertLetters, [id, epoch, nowMs, ...numbers.map(bigintArray), textArray(reasons)])
  await countBuried(connection, subscription, letters.length)
}

/** Moves what has had its last lease, oldest first, and not too many at once. */
export async function buryExhausted(
  connection: Connection,
  subscription: SubscriptionRow,
  nowMs: number,
): Promise<void> {
  const { id, settings } = subscription
  const exhausted = await connection.query(findExhausted, [id, nowMs, settings.maxAttempts])
  const letters = exhausted.map(({ seq, fence, attempts }) => ({
    seq: Number(seq),
    fence: Number(fence),
    attempts: Number(attempts),
    reason: leaseRanOut,
  }))
  await connection.query(endDeliveries, [id, bigintArray(letters.map(({ seq }) => seq))])
  await bury(connection, subscription, { letters, nowMs })
}

/** Forgets the letters of events that are delivered again. */
export async function dropDeadLetters(
  connection: Connection,
  { id, deadLetters }: SubscriptionRow,
  seqs: readonly number[],
): Promise<void> {
  if (deadLetters === 0 || seqs.length === 0) return
  const dropped = await connection.query(dropLetters, [id, bigintArray(seqs)])
  await connection.query(countLetters, [id, -dropped.length, 0])
}

export interface RedriveStep {
  readonly name: string
  /** Undefined: all. */
  readonly seqs: readonly number[] | undefined
  readonly afterSeq: number
}

export interface Redriven {
  readonly redriven: number
  /** Where the next step goes on; undefined at the end. */
  readonly nextAfterSeq: number | undefined
}

/** Some of what is asked for. */
export async function redriveSome(
  connection: Connection,
  { name, seqs, afterSeq }: RedriveStep,
  nowMsOf: (databaseNowMs: number) => number,
): Promise<Redriven | undefined> {
  const [subscription] = await lockSubscriptions(connection, [name])
  if (subscription === undefined) return undefined
  const { id, epoch, cursor } = subscription
  const taken = await connection.query(findLetters, [id, afterSeq, seqs === undefined ? null : bigintArray(seqs)])
  // An event after the cursor comes by itself.
  const again = taken.filter(({ seq }) => Number(seq) <= cursor)
  const fences = again.map((letter) => (Number(letter.epoch) === epoch ? Number(letter.fence) : 0))
  const nowMs = nowMsOf(subscription.databaseNowMs)
  await Promise.all([
    connection.query(dropLetters, [id, bigintArray(taken.map(({ seq }) => Number(seq)))]),
    connection.query(reopen, [id, nowMs, bigintArray(again.map(({ seq }) => Number(seq))), bigintArray(fences)]),
    connection.query(countLetters, [id, -taken.length, 0]),
    connection.query(touch, [id]),
  ])
  const lastSeq = taken.reduce((last, { seq }) => Math.max(last, Number(seq)), 0)
  return { redriven: taken.length, nextAfterSeq: taken.length < lettersPerRedrive ? undefined : lastSeq }
}

export async function readDeadLetterPage(
  connection: Connection,
  { name, limit, afterSeq }: DeadLetterQuery,
): Promise<DeadLetterPage | undefined> {
  const [[found], rows] = await Promise.all([
    connection.query(findByName, [name], readLimitMs),
    connection.query(readPage, [name, afterSeq, limit + 1, storeLimits.maxPageChars], readLimitMs),
  ])
  if (found === undefined) return undefined
  const deadLetters = rows.slice(0, limit).map((row) => ({
    event: eventOf(row),
    attempts: Number(row.attempts),
    reason: String(row.reason),
    atMs: Number(row.at_ms),
  }))
  const hasMore = Number(rows[0]?.found ?? 0) > deadLetters.length
  return { deadLetters, nextAfterSeq: hasMore ? deadLetters.at(-1)?.event.seq : undefined }
}

async function countBuried(connection: Connection, { id, epoch }: SubscriptionRow, letters: number): Promise<void> {
  const [counted] = await connection.query(countLetters, [id, letters, 0])
  const excess = Number(counted?.dead_letters) - subscriptionLimits.maxDeadLetters
  if (excess <= 0) return
  const dropped = await connection.query(trimLetters, [id, excess])
  const forgotten = dropped.filter((letter) => Number(letter.epoch) === epoch).map(({ seq }) => Number(seq))
  await connection.query(countLetters, [id, -dropped.length, Math.max(0, ...forgotten)])
}
