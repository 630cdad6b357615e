/** Leases are given. A claim locks its subscription first, so that of all nodes one at a time looks for the next events. */
import type { Clock } from '../../../core/clock.ts'
import type { StoredEvent } from '../../../core/event.ts'
import { storeLimits } from '../../../core/event-store.ts'
import { subscriptionLimits } from '../../../core/subscription.ts'
import { deliveryBounds } from '../../delivery-rules.ts'
import { leaseToken } from '../../lease-token.ts'
import type { SubscriptionRow } from '../../rows.ts'
import { bigintArray } from '../binary-array.ts'
import type { Connection, Row, Statement } from '../connection.ts'
import { eventOctets } from '../event-row.ts'
import { type LogLook, lastSeqOf, lookAtLog, readEventsBySeq } from '../log-reader.ts'
import { onlyLane } from '../migrations.ts'
import { buryExhausted, dropDeadLetters } from './dead-letters.ts'
import type { LockedSubscription } from './subscription-row.ts'

const ofSubscription = `lane = ${onlyLane} AND subscription_id = $1::bigint`

const countOpen: Statement = {
  name: 'count_open_deliveries',
  text: `
    SELECT count(*) AS open,
      count(*) FILTER (WHERE due_ms <= $2::bigint AND attempts < $3::int) AS due,
      count(*) FILTER (WHERE due_ms <= $2::bigint AND attempts >= $3::int) AS exhausted,
      min(due_ms) FILTER (WHERE due_ms > $2::bigint) AS next_due_ms
    FROM delivery WHERE ${ofSubscription}`,
}
const findDue: Statement = {
  name: 'find_due_deliveries',
  text: `
    SELECT due.seq, ${eventOctets} AS octets
    FROM (SELECT seq FROM delivery WHERE ${ofSubscription} AND due_ms <= $2::bigint AND attempts < $3::int ORDER BY seq LIMIT $4::int)
        AS due,
      LATERAL (SELECT * FROM event WHERE event.lane = ${onlyLane} AND event.seq = due.seq LIMIT 1) AS event
    ORDER BY due.seq`,
}
const redeliver: Statement = {
  name: 'redeliver',
  text: `
    UPDATE delivery SET attempts = attempts + 1, fence = fence + 1, is_leased = true, due_ms = $3::bigint
    WHERE ${ofSubscription} AND seq = ANY ($2::bigint[]) RETURNING seq, attempts, fence`,
}
const deliver: Statement = {
  name: 'deliver',
  text: `
    INSERT INTO delivery (lane, subscription_id, seq, attempts, fence, is_leased, due_ms)
    SELECT ${onlyLane}, $1::bigint, seq, 1, 1, true, $3::bigint FROM unnest($2::bigint[]) AS new (seq)
    RETURNING seq, attempts, fence`,
}
const moveOn: Statement = {
  name: 'move_cursor',
  text: `
    UPDATE subscription SET cursor = $2::bigint, redelivered = redelivered + $3::bigint, changes = changes + 1
    WHERE lane = ${onlyLane} AND id = $1::bigint`,
}

export interface ClaimBounds {
  readonly maxEvents: number
  readonly nowMs: number
  /** How far the log was looked at already, which may be more than is written. */
  readonly cursor: number
  readonly clock: Clock
}

export interface ClaimPlan {
  /** Where the claim puts the cursor: everything up to here is in `newSeqs`, or was not asked for. */
  readonly through: number
  /** Deliveries whose time has come. */
  readonly dueSeqs: readonly number[]
  readonly newSeqs: readonly number[]
  /** Some leases that ran out were the last ones. */
  readonly hasExhausted: boolean
  /** Of what waits, whatever the claim does. */
  readonly nextDueAtMs: number | undefined
  readonly hasMore: boolean
}

/** What there is to do for a subscription; changes nothing. */
export async function planClaim(
  connection: Connection,
  subscription: SubscriptionRow,
  bounds: ClaimBounds,
): Promise<ClaimPlan> {
  const { id, settings } = subscription
  const { nowMs, maxEvents, cursor, clock } = bounds
  const [counts = {}] = await connection.query(countOpen, [id, nowMs, settings.maxAttempts])
  const [open, due, exhausted] = [Number(counts.open), Number(counts.due), Number(counts.exhausted)]
  const found = due === 0 ? [] : await connection.query(findDue, [id, nowMs, settings.maxAttempts, maxEvents])
  const [dueSeqs, dueOctets] = fitting(found)
  const buried = Math.min(exhausted, deliveryBounds.maxDeadLettersPerClaim)
  const room = subscriptionLimits.maxOpenDeliveries - (open - buried)
  const limit = Math.min(maxEvents - dueSeqs.length, room)
  const maxChars = storeLimits.maxPageChars - dueOctets
  let look: LogLook
  if (limit > 0 && maxChars > 0 && dueSeqs.length === due) {
    const query = { after: cursor, topics: settings.topics, limit, maxChars, timeBudgetMs: deliveryBounds.lookBudgetMs }
    look = await lookAtLog(connection, query, clock)
  } else {
    look = { seqs: [], through: cursor, isEnd: cursor >= (await lastSeqOf(connection)) }
  }
  return {
    through: look.through,
    dueSeqs,
    newSeqs: look.seqs,
    hasExhausted: exhausted > 0,
    nextDueAtMs: counts.next_due_ms === null ? undefined : Number(counts.next_due_ms),
    hasMore: dueSeqs.length < due || buried < exhausted || (!look.isEnd && look.seqs.length < room),
  }
}

export interface GivenDelivery {
  readonly leaseToken: string
  readonly attempt: number
  readonly leaseExpiresAtMs: number
  readonly event: StoredEvent
}

/** Does what was planned. */
export async function carryOut(
  connection: Connection,
  subscription: LockedSubscription,
  { plan, nowMs }: { readonly plan: ClaimPlan; readonly nowMs: number },
): Promise<GivenDelivery[]> {
  const { id, epoch, secret, settings } = subscription
  const leaseExpiresAtMs = nowMs + settings.leaseMs
  if (plan.hasExhausted) await buryExhausted(connection, subscription, nowMs)
  await dropDeadLetters(connection, subscription, plan.newSeqs)
  const [again, first, events] = await Promise.all([
    connection.query(redeliver, [id, bigintArray(plan.dueSeqs), leaseExpiresAtMs]),
    connection.query(deliver, [id, bigintArray(plan.newSeqs), leaseExpiresAtMs]),
    readEventsBySeq(connection, [...plan.dueSeqs, ...plan.newSeqs]),
  ])
  const leases = new Map([...again, ...first].map((row) => [Number(row.seq), row]))
  const redelivered = again.filter(({ attempts }) => Number(attempts) > 1).length
  await connection.query(moveOn, [id, plan.through, redelivered])
  const bySeq = new Map(events.map((event) => [event.seq, event]))
  return [...plan.dueSeqs, ...plan.newSeqs].flatMap((seq) => {
    const [lease, event] = [leases.get(seq), bySeq.get(seq)]
    if (lease === undefined || event === undefined) return []
    const token = leaseToken(secret, { epoch, seq, fence: Number(lease.fence) })
    return [{ leaseToken: token, attempt: Number(lease.attempts), leaseExpiresAtMs, event }]
  })
}

/** Those whose texts fit into one answer; at least one, if there is any. */
function fitting(rows: readonly Row[]): [number[], number] {
  const seqs: number[] = []
  let octets = 0
  for (const row of rows) {
    octets += Number(row.octets)
    if (seqs.length > 0 && octets > storeLimits.maxPageChars) break
    seqs.push(Number(row.seq))
  }
  return [seqs, octets]
}
