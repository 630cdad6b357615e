/** Subscriptions as they look from outside. Looking changes nothing. */
import type { SubscriptionState } from '../../../core/subscription.ts'
import { subscriptionOf } from '../../rows.ts'
import { bigintArray } from '../binary-array.ts'
import type { Connection, Row, Statement } from '../connection.ts'
import { onlyLane } from '../migrations.ts'
import { readLimitMs } from '../session.ts'
import { databaseNowMs } from './subscription-row.ts'

/** How far the log was looked at for a subscription, beyond what is written: nothing there was asked for. */
export interface Advance {
  readonly subscriptionId: number
  readonly epoch: number
  readonly through: number
}

export interface StateQuery {
  /** Undefined: all. */
  readonly name: string | undefined
  /** The time to work with; undefined: the database's. */
  readonly nowMs: number | undefined
  readonly advances: readonly Advance[]
}

/** $1: a name, or null for all; $2: when, or null for now; $3 to $5: advances. */
const read: Statement = {
  name: 'read_subscriptions',
  text: `
    SELECT known.*, open.*, oldest.processed_ms AS oldest_ms, head.next_seq - 1 AS last_seq
    FROM lane_head AS head,
      LATERAL (
        SELECT subscription.*, greatest(subscription.cursor, (
          SELECT max(through) FROM unnest($3::bigint[], $4::bigint[], $5::bigint[]) AS advance (id, epoch, through)
          WHERE advance.id = subscription.id AND advance.epoch = subscription.epoch)) AS looked_through
        FROM subscription
        WHERE subscription.lane = ${onlyLane} AND ($1::text IS NULL OR subscription.name = $1::text)
      ) AS known,
      LATERAL (
        SELECT count(*) AS open, min(seq) AS first_seq,
          count(*) FILTER (WHERE is_leased AND due_ms > coalesce($2::bigint, ${databaseNowMs})) AS leased
        FROM delivery WHERE delivery.lane = ${onlyLane} AND subscription_id = known.id
      ) AS open
      LEFT JOIN LATERAL (
        SELECT processed_ms FROM event
        WHERE event.lane = ${onlyLane} AND event.seq >= least(open.first_seq, known.looked_through + 1) ORDER BY seq LIMIT 1
      ) AS oldest ON true
    WHERE head.lane = ${onlyLane} ORDER BY known.name`,
}
const countAll: Statement = {
  name: 'count_subscriptions',
  text: `SELECT count(*) AS count FROM subscription WHERE lane = ${onlyLane}`,
}

/** By name. */
export async function readStates(
  connection: Connection,
  { name, nowMs, advances }: StateQuery,
): Promise<SubscriptionState[]> {
  const columns = [
    advances.map(({ subscriptionId }) => subscriptionId),
    advances.map(({ epoch }) => epoch),
    advances.map(({ through }) => through),
  ]
  const values = [name ?? null, nowMs ?? null, ...columns.map(bigintArray)]
  return (await connection.query(read, values, readLimitMs)).map(stateOf)
}

export async function countSubscriptions(connection: Connection): Promise<number> {
  return Number((await connection.query(countAll, [], readLimitMs))[0]?.count)
}

function stateOf(row: Row): SubscriptionState {
  const { name, settings, start, createdAtMs, redelivered, deadLetters, acked, pausedReason, failingSinceMs } =
    subscriptionOf(row)
  const cursor = Number(row.looked_through)
  const firstSeq = row.first_seq === null ? undefined : Number(row.first_seq)
  return {
    name,
    settings,
    start,
    createdAtMs,
    position: firstSeq === undefined ? cursor : Math.min(firstSeq - 1, cursor),
    cursor,
    lag: Math.max(0, Number(row.last_seq) - cursor) + Number(row.open),
    oldestUnackedAtMs: row.oldest_ms === null ? undefined : Number(row.oldest_ms),
    inFlight: Number(row.leased),
    redelivered,
    deadLetters,
    acked,
    pausedReason,
    failingSinceMs,
  }
}
