/** Rows of the SQL stores as domain values: their tables differ, the names of the columns read here do not. */
import type { DuplicateRecord, TopicSummary } from '../core/event-store.ts'
import type { PushSettings, StartPoint, SubscriptionSettings } from '../core/subscription.ts'

export type Row = Readonly<Record<string, unknown>>

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

export function topicOf(row: Row): TopicSummary {
  return {
    topic: String(row.name),
    events: Number(row.events),
    duplicates: Number(row.duplicates),
    conflicts: Number(row.conflicts),
    lastSeq: Number(row.last_seq),
    firstSeenAtMs: Number(row.first_seen_ms),
    lastSeenAtMs: Number(row.last_seen_ms),
  }
}

export function duplicateOf(row: Row): DuplicateRecord {
  const source = String(row.source)
  const isConflict = row.payload !== null
  return {
    id: Number(row.id),
    topic: String(row.topic),
    eventId: String(row.event_id),
    seq: Number(row.seq),
    seenAtMs: Number(row.seen_ms),
    source,
    refused: isConflict ? { timestamp: String(row.timestamp), source, payload: String(row.payload) } : undefined,
  }
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
