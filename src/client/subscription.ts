/** A durable subscription from a worker's side: pull, handle, ack; through restarts of either side. */
import type { Delivery } from './delivery.ts'
import { Leases } from './leases.ts'
import type { ReceivedEvent } from './read-events.ts'
import { backoffMs, defaultRetryPolicy } from './retry-policy.ts'
import { type SubscriptionOptions, SubscriptionRequests, type SubscriptionSettings } from './subscription-requests.ts'

/** How events are taken from the server. */
export interface DeliveriesOptions {
  /** Events that are leased ahead, 10 unless given; at most 1,000. */
  readonly maxPull?: number
  /** Ends after so many deliveries, without an error; no more are leased. */
  readonly maxDeliveries?: number | undefined
  /** Ends it without an error: what is being handled is finished and acked, the rest is given back. */
  readonly signal?: AbortSignal | undefined
}

/** How a handler is run. */
export interface RunOptions extends DeliveriesOptions {
  /** Handlers that may be under way at a time; 1, which keeps the order of first deliveries, unless given. */
  readonly concurrency?: number
  /** How long an event waits after its handler threw; random up to 1 s, doubling with the attempts up to 60 s, unless given. */
  readonly nackDelayMs?: (attempt: number) => number
  /** The handler threw, and the event was nacked. */
  readonly onNack?: (error: unknown, delivery: Delivery) => void
}

/** Handles one event; it is acked when this returns or resolves, nacked when it throws or rejects. What it returns is not looked at. */
export type Handler = (event: ReceivedEvent, delivery: Delivery) => unknown

const maxPullEvents = 1000
const nackBackoff = { ...defaultRetryPolicy, baseDelayMs: 1000, maxDelayMs: 60_000 }

/**
 * A durable subscription of the server, by its name. Nothing is sent before it is used.
 *
 * ```ts
 * const orders = subscription('billing', { url })
 * await orders.create({ topics: ['orders.>'], start: 'earliest' })
 * await orders.run(async ({ payload }) => bill(payload), { concurrency: 4, signal })
 * ```
 *
 * @param name 1 to 128 characters of `A-Z a-z 0-9 . _ -`.
 */
export function subscription(name: string, options: SubscriptionOptions): Subscription {
  return new Subscription(name, options)
}

/** Made by `subscription()`. Workers, in any number of processes, share its events: each is leased to one of them at a time. */
export class Subscription implements AsyncIterable<Delivery> {
  readonly #requests: SubscriptionRequests

  constructor(name: string, options: SubscriptionOptions) {
    this.#requests = new SubscriptionRequests(name, options)
  }

  /**
   * Makes it, unless it is there with the same settings.
   *
   * @param wait whose signal ends the waiting.
   * @throws ClientError `refused` when it exists with other settings.
   */
  create(settings: SubscriptionSettings, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#requests.create(settings, signal)
  }

  /**
   * Acks an event when the handler is done with it, nacks it when the handler throws, and extends its lease as long as the
   * handler works. Resolves when the signal has aborted and all is settled.
   *
   * @throws ClientError when the server refuses, as it does when there is no such subscription; RangeError for a
   *   `concurrency` that is not a whole number from 1.
   */
  async run(handler: Handler, options: RunOptions = {}): Promise<void> {
    const { concurrency = 1, maxPull = Math.max(10, concurrency), ...rest } = options
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw new RangeError('concurrency must be a whole number from 1')
    }
    const ended = new AbortController()
    await using source = await this.#open({ ...rest, maxPull, ended: ended.signal })
    const failures: unknown[] = []
    // One worker's trouble is everybody's: the others stop as well.
    const fail = (thrown: unknown) => {
      failures.push(thrown)
      ended.abort(thrown)
    }
    const work = async () => {
      for (let delivery = await source.next(); delivery !== undefined; delivery = await source.next()) {
        // Not waited for: the next event is handled while the ack is on its way, with others.
        if (await isHandled(delivery, handler, options)) void delivery.ack().catch(fail)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, () => work().catch(fail)))
    await source.leases.acknowledged()
    if (failures.length > 0) throw failures[0]
  }

  /**
   * One delivery after the other. Asking for the next acks the one before, unless it was settled; leaving the loop gives
   * back the one it was left at, unless it was settled.
   *
   * @throws ClientError when the server refuses, as it does when there is no such subscription.
   */
  async *deliveries(options: DeliveriesOptions = {}): AsyncGenerator<Delivery, void, undefined> {
    await using source = await this.#open(options)
    for (let delivery = await source.next(); delivery !== undefined; delivery = await source.next()) {
      yield delivery
      if (!delivery.isSettled) await delivery.ack()
    }
  }

  /** As `deliveries()`. */
  [Symbol.asyncIterator](): AsyncGenerator<Delivery, void, undefined> {
    return this.deliveries()
  }

  async #open({ maxPull = 10, maxDeliveries, signal, ended }: DeliveriesOptions & { readonly ended?: AbortSignal }) {
    const signals = [signal, ended].filter((each) => each !== undefined)
    const maxEvents = Math.min(maxPull, maxPullEvents)
    return openSource(this.#requests, { maxEvents, maxDeliveries, signal: AbortSignal.any(signals) })
  }
}

async function isHandled(delivery: Delivery, handler: Handler, options: RunOptions): Promise<boolean> {
  const { nackDelayMs = (attempt) => backoffMs(nackBackoff, attempt, Math.random()), onNack } = options
  try {
    await handler(delivery.event, delivery)
    return true
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    await delivery.nack({ delayMs: nackDelayMs(delivery.attempt), reason })
    onNack?.(thrown, delivery)
    return false
  }
}

interface SourceOptions {
  /** Of one pull. */
  readonly maxEvents: number
  readonly maxDeliveries: number | undefined
  readonly signal: AbortSignal
}

interface DeliverySource extends AsyncDisposable {
  readonly leases: Leases
  /** Undefined when the signal has aborted, or `maxDeliveries` were given. */
  next(): Promise<Delivery | undefined>
}

async function openSource(
  requests: SubscriptionRequests,
  { maxEvents, maxDeliveries = Number.POSITIVE_INFINITY, signal }: SourceOptions,
): Promise<DeliverySource> {
  // An aborted signal ends this, too, without an error: then there is nothing to extend.
  const leaseMs = await requests.leaseMs(signal).catch((thrown: unknown) => {
    if (signal.aborted) return defaultLeaseMs
    throw thrown
  })
  const leases = new Leases(requests, leaseMs)
  const ready: { readonly lease: string; readonly delivery: Delivery }[] = []
  let remaining = maxDeliveries
  let pulling: Promise<void> | undefined
  const pull = async () => {
    try {
      const pulled = await requests.pull(Math.min(maxEvents, remaining), signal)
      remaining -= pulled.length
      for (const leased of pulled) ready.push({ lease: leased.lease, delivery: leases.keep(leased) })
    } catch (thrown) {
      if (!signal.aborted) throw thrown
    } finally {
      pulling = undefined
    }
  }
  // At once: the handlers under way may take long, and others are free.
  let givingBack: Promise<void> | undefined
  const giveBack = () => {
    givingBack = leases.giveBack(ready.splice(0).map(({ lease }) => lease))
  }
  signal.addEventListener('abort', giveBack, { once: true })
  return {
    leases,
    async next() {
      while (!signal.aborted) {
        const delivery = ready.shift()?.delivery
        // What is no longer open was lost while it waited here, and is delivered to somebody else.
        if (delivery !== undefined && !delivery.isSettled) return delivery
        if (delivery !== undefined) continue
        if (remaining <= 0) return undefined
        await leases.hasFewAcksWaiting()
        pulling ??= pull()
        await pulling
      }
      return undefined
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', giveBack)
      await givingBack
      await leases[Symbol.asyncDispose]()
    },
  }
}

const defaultLeaseMs = 30_000
