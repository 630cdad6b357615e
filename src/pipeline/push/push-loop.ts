/**
 * Pushes one subscription: leases a batch, posts it, settles it, one after the other. A batch is acked only when the receiver
 * answered 2xx. How fast it goes and when it gives up is decided here; the attempt itself is post-webhook.ts's.
 */
import type { Clock } from '../../core/clock.ts'
import { type AppError, toAppError } from '../../core/errors.ts'
import type { Delivery, PushSettings } from '../../core/subscription.ts'
import type { DeliveryCommand, SubscriptionStore } from '../../core/subscription-store.ts'
import type { Deliveries } from '../delivery.ts'
import type { FailingSpell } from './failing-spell.ts'
import { type PostOutcome, postWebhook } from './post-webhook.ts'
import { pushDelayMs } from './push-backoff.ts'
import type { ResolveHost } from './push-target.ts'
import { webhookHeaders } from './webhook-signature.ts'

/** What became of one attempt. */
export interface PushReport {
  readonly name: string
  readonly events: number
  readonly result: 'accepted' | 'failed'
  /** Why it failed. */
  readonly reason: string | undefined
  /** Push waits now for somebody to look. */
  readonly isPaused: boolean
}

export interface PushSurroundings {
  readonly store: Pick<SubscriptionStore, 'setPaused'>
  readonly deliveries: Pick<Deliveries, 'pull' | 'settle'>
  readonly clock: Clock
  /** From 0 inclusive to 1 exclusive. */
  readonly random: () => number
  /** Resolves after that time, or as soon as the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly resolveHost: ResolveHost
  readonly isPrivateAllowed: boolean
  readonly attemptTimeoutMs: number
  /** The body of a push: what a pull would answer. */
  readonly encode: (deliveries: readonly Delivery[]) => string
  /** Told of every attempt; must not throw. */
  readonly onPush: (report: PushReport) => void
  /** Told when the store fails. `store_failed` means that the process must end. */
  readonly onFailure: (error: AppError) => void
}

export interface PushTarget {
  readonly name: string
  readonly push: PushSettings
  readonly leaseMs: number
  /** Shared by all loops of the subscription. */
  readonly failing: FailingSpell
}

export const pushLimits = {
  maxBatchEvents: 100,
  /** Of the events' texts in one request; one event is sent however large it is. */
  maxBatchChars: 1024 * 1024,
  /** For the receiver to answer, and never longer than the lease. */
  attemptTimeoutMs: 15_000,
  /** After so long of nothing but failures push waits for somebody to look. */
  maxFailingMs: 24 * 60 * 60 * 1000,
} as const

type Attempt = PostOutcome & { readonly kind: 'gone' | 'failed' }

export class PushLoop {
  readonly #target: PushTarget
  readonly #surroundings: PushSurroundings
  readonly #signal: AbortSignal
  /** One after a failure, twice as many after each success: every failed attempt costs each event of its batch one of few. */
  #batchEvents: number = pushLimits.maxBatchEvents
  /** In a row. */
  #failures = 0
  /** The last batch, by its seqs, that was not accepted: sent again it is the same message. */
  #unaccepted: { readonly seqs: string; readonly id: string } | undefined

  /** @param signal ends a wait or an attempt at once, and the loop. */
  constructor(target: PushTarget, surroundings: PushSurroundings, signal: AbortSignal) {
    this.#target = target
    this.#surroundings = surroundings
    this.#signal = signal
  }

  /** Resolves when it was told to end, the subscription is gone or paused, the program drains or the store has failed. */
  async run(): Promise<void> {
    let isGoingOn = true
    while (isGoingOn && !this.#signal.aborted) {
      try {
        isGoingOn = await this.#pushNext()
      } catch (thrown) {
        // What is leased stays leased until it runs out: it is then delivered again.
        const { code } = toAppError(thrown, 'store_unavailable')
        isGoingOn = code !== 'draining' && code !== 'store_failed'
        this.#failures++
        if (isGoingOn) await this.#backOff(undefined)
      }
    }
  }

  /** @returns whether to go on. @throws AppError when the store, or the way to it, fails. */
  async #pushNext(): Promise<boolean> {
    const deliveries = await this.#surroundings.deliveries.pull({
      name: this.#target.name,
      maxEvents: this.#batchEvents,
      waitMs: Number.POSITIVE_INFINITY,
      signal: this.#signal,
    })
    if (deliveries === undefined) return false
    let rest = deliveries
    while (rest.length > 0) {
      const batch = rest.slice(0, batchSize(rest))
      const outcome = await this.#post(batch)
      if (outcome.kind !== 'accepted') return this.#giveBack(rest, batch, outcome)
      await this.#settle(batch, (lease) => ({ kind: 'ack', ...lease }))
      await this.#recordSuccess(batch)
      rest = await this.#extend(rest.slice(batch.length))
    }
    return true
  }

  async #post(batch: readonly Delivery[]): Promise<PostOutcome> {
    const { encode, clock, resolveHost, isPrivateAllowed, attemptTimeoutMs } = this.#surroundings
    const { push, leaseMs } = this.#target
    const body = encode(batch)
    const timestampSeconds = Math.floor(clock.nowMs() / 1000)
    return postWebhook(
      {
        url: push.url,
        headers: webhookHeaders(push.secret, { id: this.#messageId(batch), timestampSeconds, body }),
        body,
        timeoutMs: Math.min(attemptTimeoutMs, leaseMs),
        signal: this.#signal,
      },
      { resolveHost, isPrivateAllowed, nowMs: () => clock.nowMs() },
    )
  }

  #messageId(batch: readonly Delivery[]): string {
    const seqs = batch.map(({ event }) => event.seq).join()
    if (this.#unaccepted?.seqs !== seqs) this.#unaccepted = { seqs, id: `msg_${crypto.randomUUID()}` }
    return this.#unaccepted.id
  }

  async #recordSuccess(batch: readonly Delivery[]): Promise<void> {
    this.#batchEvents = Math.min(pushLimits.maxBatchEvents, 2 * this.#batchEvents)
    this.#failures = 0
    this.#unaccepted = undefined
    this.#report(batch, { result: 'accepted', reason: undefined, isPaused: false })
    await this.#call(() => this.#target.failing.recordSuccess())
  }

  /** What is left after a part of it was sent has waited meanwhile; what has run out is somebody else's. */
  async #extend(rest: readonly Delivery[]): Promise<readonly Delivery[]> {
    if (rest.length === 0) return rest
    const outcomes = await this.#settle(rest, (lease) => ({ kind: 'extend', ...lease }))
    return rest.filter((_, index) => outcomes[index] === 'done')
  }

  /** @returns whether to go on. */
  async #giveBack(rest: readonly Delivery[], batch: readonly Delivery[], attempt: Attempt): Promise<boolean> {
    const { clock } = this.#surroundings
    const { reason } = attempt
    await this.#settle(rest, (lease) => ({ kind: 'nack', ...lease, delayMs: 0, reason }))
    if (this.#signal.aborted) return false
    this.#batchEvents = 1
    this.#failures++
    const failingMs = await this.#call(() => this.#target.failing.recordFailure(clock.nowMs()))
    const isPaused = attempt.kind === 'gone' || failingMs >= pushLimits.maxFailingMs
    if (isPaused) await this.#pause(attempt.kind === 'gone' ? reason : `nothing but failures for 24 hours: ${reason}`)
    this.#report(batch, { result: 'failed', reason, isPaused })
    if (!isPaused) await this.#backOff(attempt.kind === 'failed' ? attempt.retryAfterMs : undefined)
    return !isPaused
  }

  async #pause(reason: string): Promise<void> {
    await this.#call(() => this.#surroundings.store.setPaused(this.#target.name, reason))
  }

  /** What goes to the store, and tells of its failures. */
  async #call<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (thrown) {
      const error = toAppError(thrown, 'store_unavailable')
      this.#surroundings.onFailure(error)
      throw error
    }
  }

  async #settle(batch: readonly Delivery[], command: (lease: Lease) => DeliveryCommand) {
    const { name } = this.#target
    return this.#surroundings.deliveries.settle(batch.map(({ leaseToken }) => command({ name, leaseToken })))
  }

  #report(batch: readonly Delivery[], report: Pick<PushReport, 'result' | 'reason' | 'isPaused'>): void {
    this.#surroundings.onPush({ name: this.#target.name, events: batch.length, ...report })
  }

  async #backOff(retryAfterMs: number | undefined): Promise<void> {
    const { sleep, random } = this.#surroundings
    await sleep(pushDelayMs({ failures: this.#failures, retryAfterMs, random: random() }), this.#signal)
  }
}

type Lease = Pick<DeliveryCommand, 'name' | 'leaseToken'>

/** How many of the deliveries, at least one, go into one request. */
function batchSize(deliveries: readonly Delivery[]): number {
  let chars = 0
  for (const [index, { event }] of deliveries.entries()) {
    chars += event.payload.length + event.topic.length + event.source.length
    if (index > 0 && chars > pushLimits.maxBatchChars) return index
  }
  return deliveries.length
}
