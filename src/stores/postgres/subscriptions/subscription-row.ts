/** A subscription as a row, and the lock that comes before every change of it or of its deliveries. */
import type { PushSettings, StartPoint, SubscriptionSettings } from '../../../core/subscription.ts'
import { textArray } from '../binary-array.ts'
import type { Connection, Row, Statement } from '../connection.ts'
import { onlyLane } from '../migrations.ts'

export interface SubscriptionRow {
  readonly id: number
  readonly name: string
  readonly settings: SubscriptionSettings
  readonly start: StartPoint
  readonly createdAtMs: number
  readonly secret: Uint8Array
  readonly epoch: number
  readonly cursor: number
  readonly acked: number
  readonly redelivered: number
  readonly deadLetters: number
  readonly lateAcks: number
  readonly forgottenThrough: number
  readonly pausedReason: string | undefined
  readonly failingSinceMs: number | undefined
}

export const databaseNowMs = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint'

const lockSome: Statement = {
  name: 'lock_subscriptions',
  text: `
    SELECT *, ${databaseNowMs} AS now_ms FROM subscription WHERE lane = ${onlyLane} AND name = ANY ($1::text[])
    ORDER BY id FOR UPDATE`,
}

export interface LockedSubscription extends SubscriptionRow {
  /** The database's time, after the lock was got. */
  readonly databaseNowMs: number
}

/** In one order, so that no two transactions wait for each other. Those that are there. */
export async function lockSubscriptions(
  connection: Connection,
  names: readonly string[],
): Promise<LockedSubscription[]> {
  const rows = await connection.query(lockSome, [textArray(names)])
  return rows.map((row) => ({ ...subscriptionOf(row), databaseNowMs: Number(row.now_ms) }))
}

export function subscriptionOf(row: Row): SubscriptionRow {
  return {
    id: Number(row.id),
    name: String(row.name),
    settings: {
      topics: JSON.parse(String(row.topics)) as readonly string[],
      leaseMs: Number(row.lease_ms),
      maxAttempts: Number(row.max_attempts),
      push: row.push === null ? undefined : (JSON.parse(String(row.push)) as PushSettings),
    },
    start: JSON.parse(String(row.start)) as StartPoint,
    createdAtMs: Number(row.created_ms),
    secret: row.lease_secret as Uint8Array,
    epoch: Number(row.epoch),
    cursor: Number(row.cursor),
    acked: Number(row.acked),
    redelivered: Number(row.redelivered),
    deadLetters: Number(row.dead_letters),
    lateAcks: Number(row.late_acks),
    forgottenThrough: Number(row.forgotten_through),
    pausedReason: row.paused_reason === null ? undefined : String(row.paused_reason),
    failingSinceMs: row.failing_since_ms === null ? undefined : Number(row.failing_since_ms),
  }
}
