/** What subscriptions are, in plain objects; slow and plain, so that one can see that it is right. */
import {
  type DeadLetter,
  type StartPoint,
  type SubscriptionSettings,
  type SubscriptionState,
  subscriptionLimits,
} from '../../src/core/subscription.ts'
import type { CreateOutcome, DeliveryCommand, DeliveryOutcome } from '../../src/core/subscription-store.ts'

interface ModelEvent {
  readonly topic: string
  readonly committedAtMs: number
}

/** One delivery to one worker, remembered for ever. */
interface ModelLease {
  /** Of the subscription. */
  readonly name: string
  readonly subscription: ModelSubscription
  readonly seq: number
  expiresAtMs: number
  /** Nacked, acked, sought away from, or given again. Running out is a matter of the clock. */
  isOver: boolean
  hasAcked: boolean
}

interface OpenEvent {
  attempts: number
  dueAtMs: number
  lease: ModelLease | undefined
}

interface ModelSubscription {
  readonly settings: SubscriptionSettings
  readonly start: StartPoint
  readonly createdAtMs: number
  cursor: number
  /** What a crash leaves of the cursor: events that were passed because nobody asked for them are looked at again. */
  writtenCursor: number
  acked: number
  redelivered: number
  pausedReason: string | undefined
  failingSinceMs: number | undefined
  open: Map<number, OpenEvent>
  deadLetters: Map<number, Omit<DeadLetter, 'event'>>
}

/** What a claim gives, without tokens: those are the store's to choose. */
export interface ModelClaim {
  readonly deliveries: readonly { readonly seq: number; readonly attempt: number; readonly leaseExpiresAtMs: number }[]
  readonly nextDueAtMs: number | undefined
  readonly hasMore: boolean
}

export class SubscriptionModel {
  nowMs: number
  readonly #log: ModelEvent[] = []
  readonly #subscriptions = new Map<string, ModelSubscription>()
  readonly #leases = new Map<string, ModelLease>()

  constructor(nowMs: number) {
    this.nowMs = nowMs
  }

  /** Of every delivery so far: its token, and the name it was claimed under. */
  get leases(): [token: string, name: string][] {
    return [...this.#leases].map(([token, { name }]) => [token, name])
  }

  append(topics: readonly string[]): void {
    this.#log.push(...topics.map((topic) => ({ topic, committedAtMs: this.nowMs })))
  }

  create(name: string, settings: SubscriptionSettings, start: StartPoint): CreateOutcome {
    const found = this.#subscriptions.get(name)
    if (found !== undefined) {
      const isSame = JSON.stringify([found.settings, found.start]) === JSON.stringify([settings, start])
      return isSame ? 'exists' : 'differs'
    }
    this.#subscriptions.set(name, {
      settings,
      start,
      createdAtMs: this.nowMs,
      cursor: this.#placeOf(start),
      writtenCursor: this.#placeOf(start),
      acked: 0,
      redelivered: 0,
      pausedReason: undefined,
      failingSinceMs: undefined,
      open: new Map(),
      deadLetters: new Map(),
    })
    return 'created'
  }

  /** The store is closed, and opened again. */
  reopen(): void {
    for (const subscription of this.#subscriptions.values()) {
      subscription.writtenCursor = subscription.cursor
      this.#boundLeases(subscription)
    }
  }

  /** Its process dies, and it is opened again. */
  crash(): void {
    for (const subscription of this.#subscriptions.values()) {
      subscription.cursor = subscription.writtenCursor
      this.#boundLeases(subscription)
    }
  }

  /** The clock may have been set back: no lease lasts longer than it was given for, and a delay beyond the longest is over. */
  #boundLeases({ open, settings }: ModelSubscription): void {
    for (const event of open.values()) {
      const { lease } = event
      const isLeased = lease !== undefined && !lease.isOver
      const latestMs = this.nowMs + (isLeased ? settings.leaseMs : subscriptionLimits.maxDelayMs)
      if (event.dueAtMs <= latestMs) continue
      event.dueAtMs = isLeased ? latestMs : this.nowMs
      if (isLeased) lease.expiresAtMs = latestMs
    }
  }

  remove(name: string): true | undefined {
    return this.#subscriptions.delete(name) || undefined
  }

  setPaused(name: string, reason: string | undefined): true | undefined {
    const subscription = this.#subscriptions.get(name)
    if (subscription === undefined) return undefined
    subscription.pausedReason = reason
    if (reason === undefined) subscription.failingSinceMs = undefined
    return true
  }

  setFailingSince(name: string, atMs: number | undefined): true | undefined {
    const subscription = this.#subscriptions.get(name)
    if (subscription === undefined) return undefined
    subscription.failingSinceMs = atMs
    return true
  }

  seek(name: string, start: StartPoint): true | undefined {
    const subscription = this.#subscriptions.get(name)
    if (subscription === undefined) return undefined
    for (const lease of this.#leases.values()) {
      if (lease.subscription !== subscription) continue
      lease.isOver = true
      lease.hasAcked = false
    }
    subscription.open.clear()
    subscription.cursor = this.#placeOf(start)
    subscription.writtenCursor = subscription.cursor
    return true
  }

  redrive(name: string, seqs: readonly number[] | undefined): number | undefined {
    const subscription = this.#subscriptions.get(name)
    if (subscription === undefined) return undefined
    const wanted = [...subscription.deadLetters.keys()].filter((seq) => seqs?.includes(seq) ?? true)
    for (const seq of wanted) {
      subscription.deadLetters.delete(seq)
      if (seq <= subscription.cursor) {
        subscription.open.set(seq, { attempts: 0, dueAtMs: this.nowMs, lease: undefined })
      }
    }
    return wanted.length
  }

  /** @param tokens that the store gave, one per delivery. */
  claim(name: string, maxEvents: number, tokens: readonly string[]): ModelClaim | undefined {
    const subscription = this.#subscriptions.get(name)
    if (subscription === undefined) return undefined
    const { settings, open } = subscription
    const exhausted = inOrder(open).filter(
      ([, { attempts, dueAtMs }]) => dueAtMs <= this.nowMs && attempts >= settings.maxAttempts,
    )
    for (const [seq] of exhausted) this.#bury(subscription, seq, 'the lease ran out')
    const due = inOrder(open).filter(([, { dueAtMs }]) => dueAtMs <= this.nowMs)
    const seqs = due.slice(0, maxEvents).map(([seq]) => seq)
    while (seqs.length < maxEvents && subscription.cursor < this.#log.length) {
      subscription.cursor++
      if (this.#isWanted(subscription, subscription.cursor)) seqs.push(subscription.cursor)
    }
    // What nobody asked for is passed, up to the next event that somebody did.
    const passesOn = due.length < maxEvents
    while (
      passesOn &&
      subscription.cursor < this.#log.length &&
      !this.#isWanted(subscription, subscription.cursor + 1)
    ) {
      subscription.cursor++
    }
    const deliveries = seqs.map((seq, index) => this.#deliver({ name, subscription, seq }, tokens[index] ?? ''))
    if (deliveries.length > 0 || exhausted.length > 0) subscription.writtenCursor = subscription.cursor
    const waiting = [...open.values()].map(({ dueAtMs }) => dueAtMs).filter((dueAtMs) => dueAtMs > this.nowMs)
    return {
      deliveries,
      nextDueAtMs: waiting.length === 0 ? undefined : Math.min(...waiting),
      hasMore: due.length > maxEvents || subscription.cursor < this.#log.length,
    }
  }

  settle(command: DeliveryCommand): DeliveryOutcome {
    const subscription = this.#subscriptions.get(command.name)
    const lease = this.#leases.get(command.leaseToken)
    if (subscription === undefined || lease?.subscription !== subscription) return 'unknown'
    if (lease.isOver || lease.expiresAtMs <= this.nowMs) {
      return command.kind === 'ack' && lease.hasAcked ? 'done' : 'expired'
    }
    const { seq } = lease
    const event = subscription.open.get(seq)
    if (event?.lease !== lease) throw new Error('a lease that is not over holds its event')
    if (command.kind === 'extend') {
      lease.expiresAtMs = this.nowMs + subscription.settings.leaseMs
      event.dueAtMs = lease.expiresAtMs
      return 'done'
    }
    lease.isOver = true
    if (command.kind === 'ack') {
      lease.hasAcked = true
      subscription.acked++
      subscription.open.delete(seq)
    } else if (event.attempts >= subscription.settings.maxAttempts) {
      this.#bury(subscription, seq, command.reason)
    } else {
      event.lease = undefined
      event.dueAtMs = this.nowMs + command.delayMs
    }
    return 'done'
  }

  states(): SubscriptionState[] {
    return inOrder(this.#subscriptions).map(([name, subscription]) => {
      const { settings, start, createdAtMs, cursor, acked, redelivered, pausedReason, failingSinceMs, open } =
        subscription
      const unacked = [...open.keys()]
      for (let seq = cursor + 1; seq <= this.#log.length; seq++) unacked.push(seq)
      const leases = [...open.values()].map(({ lease }) => lease)
      return {
        name,
        settings,
        start,
        createdAtMs,
        position: Math.min(cursor, ...[...open.keys()].map((seq) => seq - 1)),
        cursor,
        lag: unacked.length,
        oldestUnackedAtMs: this.#log[Math.min(...unacked) - 1]?.committedAtMs,
        inFlight: leases.filter((lease) => lease !== undefined && lease.expiresAtMs > this.nowMs).length,
        redelivered,
        deadLetters: subscription.deadLetters.size,
        acked,
        pausedReason,
        failingSinceMs,
      }
    })
  }

  /** Of every subscription, by name; each letter with its event's seq. */
  deadLetters(): [string, unknown[]][] {
    return inOrder(this.#subscriptions).map(([name, { deadLetters }]) => [
      name,
      inOrder(deadLetters).map(([seq, letter]) => ({ seq, ...letter })),
    ])
  }

  #deliver(
    { name, subscription, seq }: Pick<ModelLease, 'name' | 'subscription' | 'seq'>,
    token: string,
  ): ModelClaim['deliveries'][number] {
    const { attempts = 0, lease: before } = subscription.open.get(seq) ?? {}
    endLease(before)
    const attempt = 1 + attempts
    if (attempt > 1) subscription.redelivered++
    subscription.deadLetters.delete(seq)
    const expiresAtMs = this.nowMs + subscription.settings.leaseMs
    const lease: ModelLease = { name, subscription, seq, expiresAtMs, isOver: false, hasAcked: false }
    this.#leases.set(token, lease)
    subscription.open.set(seq, { attempts: attempt, dueAtMs: expiresAtMs, lease })
    return { seq, attempt, leaseExpiresAtMs: expiresAtMs }
  }

  #bury(subscription: ModelSubscription, seq: number, reason: string): void {
    const { attempts = 0, lease } = subscription.open.get(seq) ?? {}
    endLease(lease)
    subscription.open.delete(seq)
    subscription.deadLetters.set(seq, { attempts, reason, atMs: this.nowMs })
  }

  #isWanted({ settings }: ModelSubscription, seq: number): boolean {
    const topic = this.#log[seq - 1]?.topic ?? ''
    return settings.topics.length === 0 || settings.topics.includes(topic)
  }

  #placeOf(start: StartPoint): number {
    if (start.kind === 'earliest') return 0
    if (start.kind === 'latest') return this.#log.length
    if (start.kind === 'seq') return start.seq
    return this.#log.filter(({ committedAtMs }) => committedAtMs < start.ms).length
  }
}

/** For good: a clock that goes back brings nothing back. */
function endLease(lease: ModelLease | undefined): void {
  if (lease !== undefined) lease.isOver = true
}

function inOrder<K extends string | number, V>(map: ReadonlyMap<K, V>): [K, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}
