/** One subscription in memory: its place, and what was handed out and is not acked. */
import { type StartPoint, type SubscriptionSettings, subscriptionLimits } from '../../core/subscription.ts'
import type { DeliveryCommand, DeliveryOutcome } from '../../core/subscription-store.ts'
import { deliveryBounds, endedLeaseOutcome, leaseRanOut } from '../delivery-rules.ts'
import { type LeaseMoment, toWallMs } from '../lease-clock.ts'
import { type Lease, leaseToken, parseLeaseToken } from '../lease-token.ts'

interface OpenDelivery {
  attempts: number
  /** Counts the leases; unlike attempts it never begins again. */
  fence: number
  isLeased: boolean
  /** When the lease runs out, or the delay ends. */
  dueMs: number
}

interface BuriedDelivery {
  readonly epoch: number
  readonly fence: number
  readonly attempts: number
  readonly reason: string
  readonly atMs: number
}

interface GivenLease {
  readonly leaseToken: string
  readonly attempt: number
  readonly leaseExpiresAtMs: number
}

export class MemorySubscription {
  readonly settings: SubscriptionSettings
  readonly start: StartPoint
  readonly createdAtMs: number
  cursor: number
  acked = 0
  redelivered = 0
  pausedReason: string | undefined
  failingSinceMs: number | undefined
  /** By seq. */
  readonly open = new Map<number, OpenDelivery>()
  readonly deadLetters = new Map<number, BuriedDelivery>()
  /** Which lease acked an event that had several. */
  readonly #lateAcks = new Map<number, number>()
  readonly #secret: Uint8Array
  /** Grows with every seek. */
  #epoch = 1
  #forgottenThrough = 0

  constructor(
    { settings, start, createdAtMs, cursor }: Pick<MemorySubscription, 'settings' | 'start' | 'createdAtMs' | 'cursor'>,
    secret: Uint8Array,
  ) {
    this.settings = settings
    this.start = start
    this.createdAtMs = createdAtMs
    this.cursor = cursor
    this.#secret = secret
  }

  openSeqs(): number[] {
    return [...this.open.keys()].sort((a, b) => a - b)
  }

  /** What is to be delivered again now, in seq order. */
  dueSeqs(nowMs: number): number[] {
    return this.openSeqs().filter((seq) => (this.open.get(seq)?.dueMs ?? nowMs) <= nowMs && !this.#isExhausted(seq))
  }

  inFlight(nowMs: number): number {
    return [...this.open.values()].filter(({ isLeased, dueMs }) => isLeased && dueMs > nowMs).length
  }

  nextDueMs(nowMs: number): number | undefined {
    const times = [...this.open.values()].map(({ dueMs }) => dueMs).filter((dueMs) => dueMs > nowMs)
    return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b))
  }

  /** Leases an event of the log, or one that is due. */
  lease(seq: number, moment: LeaseMoment): GivenLease {
    const { attempts = 0, fence = 0 } = this.open.get(seq) ?? {}
    const dueMs = moment.nowMs + this.settings.leaseMs
    this.open.set(seq, { attempts: attempts + 1, fence: fence + 1, isLeased: true, dueMs })
    this.deadLetters.delete(seq)
    if (attempts > 0) this.redelivered++
    const token = leaseToken(this.#secret, { epoch: this.#epoch, seq, fence: fence + 1 })
    return { leaseToken: token, attempt: attempts + 1, leaseExpiresAtMs: toWallMs(dueMs, moment) }
  }

  settle(command: DeliveryCommand, moment: LeaseMoment): DeliveryOutcome {
    const lease = parseLeaseToken(this.#secret, command.leaseToken)
    if (lease === undefined) return 'unknown'
    if (lease.epoch !== this.#epoch) return 'expired'
    const held = this.open.get(lease.seq)
    if (held?.fence === lease.fence && held.isLeased && held.dueMs > moment.nowMs) {
      this.#apply(command, lease, held, moment)
      return 'done'
    }
    return endedLeaseOutcome(command.kind, lease, {
      isOpen: held !== undefined,
      isDead: this.deadLetters.get(lease.seq)?.epoch === this.#epoch,
      lateFence: this.#lateAcks.get(lease.seq),
      forgottenThrough: this.#forgottenThrough,
    })
  }

  /** @returns whether there are more. */
  buryExhausted({ nowMs, wallMs }: LeaseMoment, limit: number): boolean {
    const exhausted = this.openSeqs().filter(
      (seq) => (this.open.get(seq)?.dueMs ?? nowMs) <= nowMs && this.#isExhausted(seq),
    )
    for (const seq of exhausted.slice(0, limit)) this.#bury(seq, leaseRanOut, wallMs)
    return exhausted.length > limit
  }

  seek(cursor: number): void {
    this.#epoch++
    this.cursor = cursor
    this.open.clear()
    this.#lateAcks.clear()
    this.#forgottenThrough = 0
  }

  redrive(seqs: readonly number[] | undefined, nowMs: number): number {
    const wanted = [...new Set(seqs ?? this.deadLetters.keys())].filter((seq) => this.deadLetters.has(seq))
    for (const seq of wanted) {
      const letter = this.deadLetters.get(seq)
      this.deadLetters.delete(seq)
      // An event after the cursor comes by itself.
      if (seq > this.cursor) continue
      const fence = letter?.epoch === this.#epoch ? letter.fence : 0
      this.open.set(seq, { attempts: 0, fence, isLeased: false, dueMs: nowMs })
    }
    return wanted.length
  }

  #apply(command: DeliveryCommand, { seq, fence }: Lease, held: OpenDelivery, { nowMs, wallMs }: LeaseMoment): void {
    if (command.kind === 'extend') {
      held.dueMs = nowMs + this.settings.leaseMs
    } else if (command.kind === 'ack') {
      this.open.delete(seq)
      this.acked++
      if (fence > 1) this.#rememberLateAck(seq, fence)
    } else if (this.#isExhausted(seq)) {
      this.#bury(seq, command.reason, wallMs)
    } else {
      held.isLeased = false
      held.dueMs = nowMs + command.delayMs
    }
  }

  #isExhausted(seq: number): boolean {
    return (this.open.get(seq)?.attempts ?? 0) >= this.settings.maxAttempts
  }

  #bury(seq: number, reason: string, atMs: number): void {
    const { attempts = 0, fence = 0 } = this.open.get(seq) ?? {}
    this.open.delete(seq)
    this.deadLetters.set(seq, { epoch: this.#epoch, fence, attempts, reason, atMs })
    if (this.deadLetters.size <= subscriptionLimits.maxDeadLetters) return
    const oldest = smallestOf(this.deadLetters.keys())
    if (this.deadLetters.get(oldest)?.epoch === this.#epoch) this.#forget(oldest)
    this.deadLetters.delete(oldest)
  }

  #rememberLateAck(seq: number, fence: number): void {
    this.#lateAcks.set(seq, fence)
    if (this.#lateAcks.size <= deliveryBounds.maxLateAcks) return
    const oldest = smallestOf(this.#lateAcks.keys())
    this.#forget(oldest)
    this.#lateAcks.delete(oldest)
  }

  #forget(seq: number): void {
    this.#forgottenThrough = Math.max(this.#forgottenThrough, seq)
  }
}

function smallestOf(seqs: Iterable<number>): number {
  let smallest = Number.POSITIVE_INFINITY
  for (const seq of seqs) if (seq < smallest) smallest = seq
  return smallest
}
