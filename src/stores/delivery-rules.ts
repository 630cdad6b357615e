/** What holds for deliveries in every store: bounds, where a start point is, and what is left to say of a lease that is over. */
import type { StartPoint, SubscriptionSettings } from '../core/subscription.ts'
import type { DeliveryCommand, DeliveryOutcome } from '../core/subscription-store.ts'
import type { Lease } from './lease-token.ts'

export const deliveryBounds = {
  /** How long one claim looks at the log; other quick reads wait meanwhile. */
  lookBudgetMs: 20,
  /** Deliveries that become dead letters in one claim, because their last lease ran out. */
  maxDeadLettersPerClaim: 1000,
  /** Acks of redelivered events that one subscription remembers; see `endedLeaseOutcome`. */
  maxLateAcks: 10_000,
} as const

export const leaseRanOut = 'the lease ran out'

interface StartLog {
  readonly lastSeq: number
  /** Of an event from 1 to `lastSeq`. */
  committedAtMs(seq: number): number
}

/** The seq after which a subscription goes on. Looks at few events, however many there are. */
export function cursorAt(start: StartPoint, { lastSeq, committedAtMs }: StartLog): number {
  const search = searchCursor(start, lastSeq)
  let step = search.next()
  while (!step.done) step = search.next(committedAtMs(step.value))
  return step.value
}

/** The same for whoever has to wait for an answer: yields seqs, is told when those events were committed, returns the cursor. */
export function* searchCursor(start: StartPoint, lastSeq: number): Generator<number, number, number> {
  if (start.kind === 'earliest') return 0
  if (start.kind === 'latest') return lastSeq
  if (start.kind === 'seq') return start.seq
  // Wall clocks jump: where times are not in the order of seqs, any place where they pass the start will do.
  let [low, high] = [0, lastSeq]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((yield middle) < start.ms) low = middle
    else high = middle - 1
  }
  return low
}

/** One text for one way to create a subscription. */
export function definitionText(
  { topics, leaseMs, maxAttempts, push }: SubscriptionSettings,
  start: StartPoint,
): string {
  const from = start.kind === 'seq' ? start.seq : start.kind === 'time' ? start.ms : 0
  return JSON.stringify([topics, leaseMs, maxAttempts, push?.url, push?.secret, push?.concurrency, start.kind, from])
}

/** What a store still knows of an event that a token of the subscription's present epoch names. */
export interface LeaseTrace {
  /** The event is leased or waits for redelivery. */
  readonly isOpen: boolean
  /** It became a dead letter in this epoch. */
  readonly isDead: boolean
  /** The lease it was acked with, if that was not its first one and is remembered. */
  readonly lateFence: number | undefined
  /** Up to this seq, dead letters and late acks have been forgotten. */
  readonly forgottenThrough: number
}

/**
 * The answer to a command whose lease does not hold its event, though it once did. An event that is neither open nor dead
 * is acked; if another lease than its first did that, this was remembered. So the first lease is told from a later one,
 * and acks of what was delivered once leave nothing behind.
 */
export function endedLeaseOutcome(kind: DeliveryCommand['kind'], lease: Lease, trace: LeaseTrace): DeliveryOutcome {
  if (kind !== 'ack' || trace.isOpen || trace.isDead) return 'expired'
  if (trace.lateFence !== undefined) return trace.lateFence === lease.fence ? 'done' : 'expired'
  return lease.fence === 1 && lease.seq > trace.forgottenThrough ? 'done' : 'unknown'
}
