/** A subscription: a named, durable place in the log, and the deliveries that go out from it. Knows no HTTP and no SQL. */
import type { StoredEvent } from './event.ts'

/** Of settings that are not given. */
export const subscriptionDefaults = { leaseMs: 30_000, maxAttempts: 5, pushConcurrency: 1 } as const

/** What every store keeps to for subscriptions. */
export const subscriptionLimits = {
  /** Letters, digits, `-`, `_` and `.`. */
  maxNameChars: 128,
  maxSubscriptions: 1000,
  minLeaseMs: 100,
  maxLeaseMs: 12 * 60 * 60 * 1000,
  maxAttempts: 1000,
  /**
   * Deliveries of one subscription that are neither acked nor dead letters; beyond it only redeliveries go out. Redriven
   * dead letters may exceed it.
   */
  maxOpenDeliveries: 10_000,
  /** Dead letters on record for one subscription; beyond it those of the oldest events go. */
  maxDeadLetters: 100_000,
  maxPullEvents: 1000,
  maxReasonChars: 1000,
  /** How long a nack may hold a delivery back. */
  maxDelayMs: 24 * 60 * 60 * 1000,
  maxPushConcurrency: 16,
} as const

/** Where events are pushed to, and how they are signed. */
export interface PushSettings {
  readonly url: string
  /** Standard Webhooks: `whsec_` and base64. */
  readonly secret: string
  /** Requests that may be under way at a time. With more than 1 events arrive in any order. */
  readonly concurrency: number
}

/** What a subscription was created with. */
export interface SubscriptionSettings {
  /** As `topicMatcher` takes them. */
  readonly topics: readonly string[]
  readonly leaseMs: number
  /** After so many deliveries without an ack an event is a dead letter. */
  readonly maxAttempts: number
  readonly push: PushSettings | undefined
}

/**
 * Where a subscription begins, or is sent back to: strictly after a seq, or at the first event committed at a time or
 * later. A time to come is `latest`.
 */
export type StartPoint =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'seq'; readonly seq: number }
  | { readonly kind: 'time'; readonly ms: number }

/** What a subscription looks like from outside. Looking changes nothing. */
export interface SubscriptionState {
  readonly name: string
  readonly settings: SubscriptionSettings
  /** As it was created with; creating it again must say the same. */
  readonly start: StartPoint
  readonly createdAtMs: number
  /** Every event up to this seq is acked, is a dead letter, or was not asked for. */
  readonly position: number
  /** Every event up to this seq was looked at: it was handed out, or not asked for. At least `position`. */
  readonly cursor: number
  /** Events of the log after `cursor`, whether asked for or not, and those handed out or held back. */
  readonly lag: number
  /** When the oldest event that counts as lag was committed; undefined when there is none. */
  readonly oldestUnackedAtMs: number | undefined
  /** Leased right now. */
  readonly inFlight: number
  /** Deliveries with an attempt above 1, since it was created. */
  readonly redelivered: number
  /** On record now. */
  readonly deadLetters: number
  readonly acked: number
  /** Why push waits for somebody to look; undefined while it does not. */
  readonly pausedReason: string | undefined
  /** Since when every push has failed, wall-clock ms; undefined when the last one was accepted, or none was made. */
  readonly failingSinceMs: number | undefined
}

/** One event under a lease. */
export interface Delivery {
  /** Opaque; names this delivery of this event and no other. */
  readonly leaseToken: string
  /** 1 for the first. */
  readonly attempt: number
  readonly leaseExpiresAtMs: number
  readonly event: StoredEvent
}

/** An event that was delivered as often as it may be, and never acked. */
export interface DeadLetter {
  readonly event: StoredEvent
  readonly attempts: number
  readonly reason: string
  readonly atMs: number
}
