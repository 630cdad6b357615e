/** The port for durable subscriptions; test/contract/ is its meaning. Shares its medium with the event store. */
import type { DeadLetter, Delivery, StartPoint, SubscriptionSettings, SubscriptionState } from './subscription.ts'

/** Who asks for deliveries, and for how many. */
export interface ClaimOptions {
  readonly name: string
  /** 1 to 1,000. */
  readonly maxEvents: number
}

/** What a worker gets, and when to ask again. */
export interface Claim {
  /** Redeliveries that are due first, then new events, each in seq order. Empty when there is nothing to deliver now. */
  readonly deliveries: readonly Delivery[]
  /** When the next lease runs out or the next delay ends, wall-clock ms; undefined when nothing waits. */
  readonly nextDueAtMs: number | undefined
  /**
   * There may be more right now: `maxEvents` were found, or a bounded look at the log ended before its end. False while
   * `maxOpenDeliveries` holds new events back: then acks are what they wait for.
   */
  readonly hasMore: boolean
}

/** Commands that change deliveries. A group of them is one commit. */
export type DeliveryCommand =
  | { readonly kind: 'ack'; readonly name: string; readonly leaseToken: string }
  | {
      readonly kind: 'nack'
      readonly name: string
      readonly leaseToken: string
      readonly delayMs: number
      readonly reason: string
    }
  /** Another full lease from now. */
  | { readonly kind: 'extend'; readonly name: string; readonly leaseToken: string }

/**
 * `done`: also for an ack of what is acked already with the same token (idempotent).
 * `expired`: the token was given, but its lease is over: it ran out, was nacked, or a seek made it void. The event waits
 *   for redelivery, is held by another, was acked by another, or is a dead letter. Also for a nack or an extension of what
 *   is acked.
 * `unknown`: no such token was ever given for this subscription, or so long ago that nothing is left of it.
 */
export type DeliveryOutcome = 'done' | 'expired' | 'unknown'

/** `too_many`: there are as many subscriptions as `subscriptionLimits` allows. */
export type CreateOutcome = 'created' | 'exists' | 'differs' | 'too_many'

/** Which dead letters of which subscription. */
export interface DeadLetterQuery {
  readonly name: string
  /** 1 to 1,000. */
  readonly limit: number
  /** Only those of events with a larger seq; oldest seq first. */
  readonly afterSeq: number
}

/** Dead letters, oldest seq first; `nextAfterSeq` is where the next page goes on, undefined at the end. */
export interface DeadLetterPage {
  readonly deadLetters: readonly DeadLetter[]
  readonly nextAfterSeq: number | undefined
}

/**
 * Methods that name a subscription resolve to undefined when there is none of that name. What a method changed is durable
 * when it resolves, exactly as an append.
 *
 * @throws AppError as `EventStore.append`.
 */
export interface SubscriptionStore {
  /** Idempotent: `exists` when it is there with the same settings and start, `differs` when with others. */
  create(name: string, settings: SubscriptionSettings, start: StartPoint): Promise<CreateOutcome>
  /** With all it knows: leases, acks and dead letters. The events stay. */
  remove(name: string): Promise<true | undefined>
  /** How it stands now. */
  find(name: string): Promise<SubscriptionState | undefined>
  /** All, by name; at most `maxSubscriptions`. */
  list(): Promise<readonly SubscriptionState[]>
  /** How many there are. */
  count(): Promise<number>

  /**
   * Leases events to one worker. An event whose last lease ran out becomes a dead letter here, with the reason "the lease
   * ran out"; one that was nacked at its last attempt became one then, with the reason of that nack.
   */
  claim(options: ClaimOptions): Promise<Claim | undefined>

  /** All or nothing; one outcome per command, in their order. @param commands 1 to 10,000. */
  settle(commands: readonly DeliveryCommand[]): Promise<DeliveryOutcome[]>

  /**
   * Goes to another place: everything after it is delivered again from attempt 1, nothing before it is; leases given
   * before are void. A dead letter stays on record until its event is delivered again.
   */
  seek(name: string, start: StartPoint): Promise<true | undefined>

  /** One page of the dead letters on record. */
  readDeadLetters(query: DeadLetterQuery): Promise<DeadLetterPage | undefined>
  /**
   * Delivers dead letters again from attempt 1. Oldest first and in several commits when they are many: when it rejects,
   * some may have been redriven, and a retry goes on with the rest.
   *
   * @param seqs at most 10,000; undefined: all.
   * @returns how many.
   */
  redrive(name: string, seqs: readonly number[] | undefined): Promise<number | undefined>

  /** Since when pushes fail; undefined: they do not any more. */
  setFailingSince(name: string, atMs: number | undefined): Promise<true | undefined>
  /** Why push waits for somebody to look; undefined: it does not any more, and counts as not failing. */
  setPaused(name: string, reason: string | undefined): Promise<true | undefined>
}
