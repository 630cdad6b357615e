/** The lock that comes before every change of it or of its deliveries. */
import { type SubscriptionRow, subscriptionOf } from '../../rows.ts'
import { textArray } from '../binary-array.ts'
import type { Connection, Statement } from '../connection.ts'
import { onlyLane } from '../migrations.ts'

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
