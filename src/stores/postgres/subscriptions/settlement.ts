/** What commands do to the deliveries of one subscription, in memory: a group of thousands is then a few statements. */
import type { DeliveryCommand, DeliveryOutcome } from '../../../core/subscription-store.ts'
import { endedLeaseOutcome } from '../../delivery-rules.ts'
import { type Lease, parseLeaseToken } from '../../lease-token.ts'
import type { SubscriptionRow } from '../../rows.ts'
import type { NewDeadLetter } from './dead-letters.ts'

export interface OpenDelivery {
  readonly attempts: number
  readonly fence: number
  readonly isLeased: boolean
  readonly dueMs: number
}

/** What is stored of the events that the commands name. By seq. */
export interface StoredDeliveries {
  readonly open: Map<number, OpenDelivery>
  /** Became dead letters in this epoch. */
  readonly dead: Set<number>
  /** The lease that acked it, if that was not its first. */
  readonly lateFences: Map<number, number>
}

/** What there is to write. */
export class Settlement {
  readonly subscription: SubscriptionRow
  readonly acked: Lease[] = []
  readonly buried: NewDeadLetter[] = []
  /** Held back or extended; in the state of `stored.open`. */
  readonly changed = new Set<number>()
  /** Answered `done`, though perhaps nothing was changed. */
  done = 0
  readonly #stored: StoredDeliveries
  readonly #nowMs: number

  constructor(subscription: SubscriptionRow, stored: StoredDeliveries, nowMs: number) {
    this.subscription = subscription
    this.#stored = stored
    this.#nowMs = nowMs
  }

  /** The lease of this epoch that a token names; undefined when it names none. */
  static leaseOf({ secret, epoch }: SubscriptionRow, token: string): Lease | undefined {
    const lease = parseLeaseToken(secret, token)
    return lease?.epoch === epoch ? lease : undefined
  }

  get open(): ReadonlyMap<number, OpenDelivery> {
    return this.#stored.open
  }

  apply(command: DeliveryCommand): DeliveryOutcome {
    const { secret, epoch } = this.subscription
    const lease = parseLeaseToken(secret, command.leaseToken)
    if (lease === undefined) return 'unknown'
    if (lease.epoch !== epoch) return 'expired'
    const held = this.#stored.open.get(lease.seq)
    const isHeld = held?.fence === lease.fence && held.isLeased && held.dueMs > this.#nowMs
    const outcome = isHeld ? this.#change(command, lease, held) : this.#explain(command, lease)
    if (outcome === 'done') this.done++
    return outcome
  }

  #change(command: DeliveryCommand, lease: Lease, held: OpenDelivery): DeliveryOutcome {
    const { settings } = this.subscription
    const { open, dead, lateFences } = this.#stored
    const { seq, fence } = lease
    if (command.kind === 'extend') {
      open.set(seq, { ...held, dueMs: this.#nowMs + settings.leaseMs })
      this.changed.add(seq)
    } else if (command.kind === 'nack' && held.attempts < settings.maxAttempts) {
      open.set(seq, { ...held, isLeased: false, dueMs: this.#nowMs + command.delayMs })
      this.changed.add(seq)
    } else {
      open.delete(seq)
      this.changed.delete(seq)
      if (command.kind === 'nack') {
        dead.add(seq)
        this.buried.push({ seq, fence, attempts: held.attempts, reason: command.reason })
      } else {
        if (fence > 1) lateFences.set(seq, fence)
        this.acked.push(lease)
      }
    }
    return 'done'
  }

  #explain({ kind }: DeliveryCommand, lease: Lease): DeliveryOutcome {
    return endedLeaseOutcome(kind, lease, {
      isOpen: this.#stored.open.has(lease.seq),
      isDead: this.#stored.dead.has(lease.seq),
      lateFence: this.#stored.lateFences.get(lease.seq),
      forgottenThrough: this.subscription.forgottenThrough,
    })
  }
}
