/** A subscription as a row. */
import type { PushSettings, StartPoint, SubscriptionSettings } from '../../../core/subscription.ts'
import type { Row } from '../event-row.ts'

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

export function subscriptionOf(row: Row): SubscriptionRow {
  return {
    id: Number(row.id),
    name: String(row.name),
    settings: {
      topics: JSON.parse(String(row.topics)) as readonly string[],
      leaseMs: Number(row.lease_ms),
      maxAttempts: Number(row.max_attempts),
      push: row.push === null ? undefined : pushOf(String(row.push)),
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

/** Pushes that were created before there was a choice have one request under way. */
function pushOf(text: string): PushSettings {
  return { concurrency: 1, ...(JSON.parse(text) as Omit<PushSettings, 'concurrency'>) }
}
