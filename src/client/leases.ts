/**
 * The leases that a worker holds: extends them while they are worked on, and brings acks to the server, those of one moment
 * in one request.
 */
import { ClientError } from './client-error.ts'
import type { Delivery, NackOptions } from './delivery.ts'
import type { LeasedEvent, SubscriptionRequests } from './subscription-requests.ts'

interface OpenLease {
  readonly lost: AbortController
  /** Monotonic; when it was given, or extended. */
  sinceMs: number
}

interface WaitingAck {
  readonly lease: string
  readonly resolve: (outcome: 'acked' | 'expired') => void
  readonly reject: (reason: unknown) => void
}

export class Leases implements AsyncDisposable {
  readonly #requests: SubscriptionRequests
  readonly #leaseMs: number
  readonly #open = new Map<string, OpenLease>()
  readonly #timer: ReturnType<typeof setInterval>
  #waiting: WaitingAck[] = []
  #acking: Promise<void> | undefined
  #extending: Promise<void> | undefined

  constructor(requests: SubscriptionRequests, leaseMs: number) {
    this.#requests = requests
    this.#leaseMs = leaseMs
    this.#timer = setInterval(() => {
      this.#extending ??= this.#extend().finally(() => {
        this.#extending = undefined
      })
    }, leaseMs / 4)
  }

  /** Takes a lease over, and keeps it until it is settled. */
  keep({ lease, attempt, event }: LeasedEvent): Delivery {
    const lost = new AbortController()
    const open = this.#open
    open.set(lease, { lost, sinceMs: performance.now() })
    return {
      event,
      attempt,
      signal: lost.signal,
      get isSettled() {
        return !open.has(lease)
      },
      ack: () => this.#ack(lease),
      nack: async (options) => {
        if (open.has(lease)) await this.#nack([lease], options)
      },
    }
  }

  /** Resolves when no ack is under way. */
  async acknowledged(): Promise<void> {
    await this.#acking
  }

  /** Resolves when there is room for more: what is handled faster than acks get through would pile up here. */
  async hasFewAcksWaiting(): Promise<void> {
    if (this.#waiting.length > maxWaitingAcks) await this.#acking
  }

  /** Gives back what of these is not settled. Never rejects: what gets lost on its way comes again when its lease runs out. */
  async giveBack(leases: readonly string[]): Promise<void> {
    const open = leases.filter((lease) => this.#open.delete(lease))
    if (open.length === 0) return
    const maxStallMs = Math.min(this.#leaseMs, maxGivingBackMs)
    await this.#requests.nack({ leases: open, delayMs: 0, reason: 'the worker stopped' }, maxStallMs).catch(() => {})
  }

  /** Gives everything back that is not settled, after the acks under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#acking
    await this.#extending
    await this.giveBack([...this.#open.keys()])
  }

  #ack(lease: string): Promise<'acked' | 'expired'> {
    if (!this.#open.delete(lease)) return Promise.resolve('expired')
    const { promise, resolve, reject } = Promise.withResolvers<'acked' | 'expired'>()
    this.#waiting.push({ lease, resolve, reject })
    this.#acking ??= this.#sendAcks()
    return promise
  }

  async #sendAcks(): Promise<void> {
    // Acks of the same turn share the request, as do those that come while one is under way.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, maxAcksPerRequest)
      try {
        const refused = new Set(
          await this.#requests.ack(
            batch.map(({ lease }) => lease),
            this.#leaseMs,
          ),
        )
        for (const { lease, resolve } of batch) resolve(refused.has(lease) ? 'expired' : 'acked')
      } catch (thrown) {
        const isExpired = thrown instanceof ClientError && thrown.code === 'gave_up'
        for (const { resolve, reject } of batch) isExpired ? resolve('expired') : reject(thrown)
      }
    }
    this.#acking = undefined
  }

  async #nack(leases: readonly string[], { delayMs = 0, reason = '' }: NackOptions = {}): Promise<void> {
    for (const lease of leases) this.#open.delete(lease)
    try {
      await this.#requests.nack({ leases, delayMs, reason }, this.#leaseMs)
    } catch (thrown) {
      // Then the lease runs out, which is a nack as well.
      if (!(thrown instanceof ClientError) || thrown.code !== 'gave_up') throw thrown
    }
  }

  async #extend(): Promise<void> {
    const nowMs = performance.now()
    const due = [...this.#open].filter(([, { sinceMs }]) => nowMs - sinceMs >= this.#leaseMs / 4)
    if (due.length === 0) return
    let refused: readonly string[]
    try {
      refused = await this.#requests.extend(
        due.map(([lease]) => lease),
        this.#leaseMs / 4,
      )
    } catch {
      // Tried again at the next turn of the timer; if none gets through, the acks will say that the leases ran out.
      return
    }
    for (const [, lease] of due) lease.sinceMs = nowMs
    for (const lease of refused) {
      this.#open.get(lease)?.lost.abort(new Error('the lease was lost: the event is delivered to somebody else'))
      this.#open.delete(lease)
    }
  }
}

/** The server takes no more in one request. */
const maxAcksPerRequest = 10_000
const maxWaitingAcks = 1000
/** A worker that stops does not wait for a server that is away as long as a lease may be. */
const maxGivingBackMs = 5000
