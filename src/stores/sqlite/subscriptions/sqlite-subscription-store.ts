/**
 * The subscriptions of an SQLite store. This module is the event loop's side: readers look, the writer changes. Claims of
 * one subscription take turns, so that no two look at the same events.
 */
import type { Clock } from '../../../core/clock.ts'
import { AppError } from '../../../core/errors.ts'
import type { StartPoint, SubscriptionSettings, SubscriptionState } from '../../../core/subscription.ts'
import type {
  Claim,
  ClaimOptions,
  CreateOutcome,
  DeadLetterPage,
  DeadLetterQuery,
  DeliveryCommand,
  DeliveryOutcome,
  SubscriptionStore,
} from '../../../core/subscription-store.ts'
import { type LeaseMoment, openLeaseClock, toWallMs } from '../../lease-clock.ts'
import type { ReaderMethods } from '../reader-thread.ts'
import type { ThreadClient } from '../thread.ts'
import type { WriterMethods } from '../writer-thread.ts'
import type { GivenLeases } from './claim-writer.ts'
import type { RedriveReply } from './dead-letters.ts'
import type { Look } from './subscription-reader.ts'
import type { Advance } from './subscription-writer.ts'

export interface SqliteSubscriptionStoreOptions {
  readonly clock: Clock
  readonly leaseNowMs: (() => number) | undefined
  readonly writer: ThreadClient<WriterMethods>
  readonly reader: ThreadClient<ReaderMethods>
}

/** Calls that wait for their turn at a subscription, of all together. */
const maxWaitingTurns = 1000
/** A seek between look and claim makes the claim look again; more of them than this are somebody else's loop. */
const maxLooks = 3
/** Events that were looked at and not asked for; after a crash at most as many are looked at again. */
const maxUnwrittenAdvance = 10_000

export class SqliteSubscriptionStore implements SubscriptionStore {
  readonly #clock: Clock
  readonly #moment: () => LeaseMoment
  readonly #writer: ThreadClient<WriterMethods>
  readonly #reader: ThreadClient<ReaderMethods>
  /** The last call of each subscription that has any under way. */
  readonly #turns = new Map<string, Promise<unknown>>()
  #waitingTurns = 0
  /** By name: a rare topic does not cost a commit for every look that finds nothing. */
  readonly #advances = new Map<string, Advance>()

  constructor({ clock, leaseNowMs, writer, reader }: SqliteSubscriptionStoreOptions) {
    this.#clock = clock
    this.#moment = openLeaseClock({ clock, leaseNowMs })
    this.#writer = writer
    this.#reader = reader
  }

  /** To be called before all else: the wall clock may have been set back while nobody ran. */
  boundLeases(): Promise<void> {
    return this.#writer.call('boundLeases', this.#moment().nowMs)
  }

  create(name: string, settings: SubscriptionSettings, start: StartPoint): Promise<CreateOutcome> {
    return this.#writer.call('createSubscription', { name, settings, start, nowMs: this.#clock.nowMs() })
  }

  remove(name: string): Promise<true | undefined> {
    return this.#inTurn(name, async () => {
      const removed = await this.#writer.call('removeSubscription', name)
      this.#advances.delete(name)
      return removed
    })
  }

  find(name: string): Promise<SubscriptionState | undefined> {
    const { nowMs } = this.#moment()
    return this.#reader.call('findSubscription', { name, nowMs, advances: this.#advancesOf(name) })
  }

  list(): Promise<readonly SubscriptionState[]> {
    const advances = [...this.#advances.values()]
    return this.#reader.call('listSubscriptions', { nowMs: this.#moment().nowMs, advances })
  }

  count(): Promise<number> {
    return this.#reader.call('countSubscriptions', undefined)
  }

  claim({ name, maxEvents }: ClaimOptions): Promise<Claim | undefined> {
    return this.#inTurn(name, async () => {
      for (let looks = 0; looks < maxLooks; looks++) {
        const lookedAt = this.#moment()
        const { nowMs } = lookedAt
        const advances = this.#advancesOf(name)
        const look = await this.#reader.call('lookForDeliveries', { name, maxEvents, nowMs, advances })
        if (look === undefined) return undefined
        if (!isWorthACommit(look)) {
          this.#keepAdvance(name, look)
          return claimOf(look, { leases: [], expireAtMs: 0 }, lookedAt)
        }
        const moment = this.#moment()
        const given = await this.#writer.call('claimDeliveries', { plan: look.plan, moment })
        if (given === undefined) continue
        this.#advances.delete(name)
        return claimOf(look, given, moment)
      }
      return { deliveries: [], nextDueAtMs: undefined, hasMore: true }
    })
  }

  settle(commands: readonly DeliveryCommand[]): Promise<DeliveryOutcome[]> {
    return this.#writer.call('settleDeliveries', { commands, moment: this.#moment() })
  }

  seek(name: string, start: StartPoint): Promise<true | undefined> {
    return this.#inTurn(name, async () => {
      const moved = await this.#writer.call('seekSubscription', { name, start })
      this.#advances.delete(name)
      return moved
    })
  }

  readDeadLetters(query: DeadLetterQuery): Promise<DeadLetterPage | undefined> {
    return this.#reader.call('readDeadLetters', query)
  }

  async redrive(name: string, seqs: readonly number[] | undefined): Promise<number | undefined> {
    let redriven = 0
    let afterSeq: number | undefined = 0
    while (afterSeq !== undefined) {
      const { nowMs } = this.#moment()
      const reply: RedriveReply | undefined = await this.#writer.call('redrive', { name, seqs, afterSeq, nowMs })
      if (reply === undefined) return undefined
      redriven += reply.redriven
      afterSeq = reply.nextAfterSeq
    }
    return redriven
  }

  setPaused(name: string, reason: string | undefined): Promise<true | undefined> {
    return this.#writer.call('pauseSubscription', { name, reason })
  }

  setFailingSince(name: string, atMs: number | undefined): Promise<true | undefined> {
    return this.#writer.call('setFailingSince', { name, atMs })
  }

  /** Before the threads are closed: a clean end leaves nothing to be looked at again. */
  async writeAdvances(): Promise<void> {
    if (this.#advances.size === 0) return
    try {
      await this.#writer.call('advanceSubscriptions', [...this.#advances.values()])
    } catch {
      // What is not written is looked at again; closing must go on.
    }
  }

  #advancesOf(name: string): Advance[] {
    const advance = this.#advances.get(name)
    return advance === undefined ? [] : [advance]
  }

  #keepAdvance(name: string, { plan }: Look): void {
    const { subscriptionId, epoch, cursor, through } = plan
    if (through > cursor) this.#advances.set(name, { subscriptionId, epoch, through })
  }

  async #inTurn<T>(name: string, run: () => Promise<T>): Promise<T> {
    if (this.#waitingTurns >= maxWaitingTurns) {
      throw new AppError('store_unavailable', 'too many calls are waiting for the store; try again')
    }
    this.#waitingTurns++
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(run, run)
    this.#turns.set(name, turn)
    try {
      return await turn
    } finally {
      this.#waitingTurns--
      if (this.#turns.get(name) === turn) this.#turns.delete(name)
    }
  }
}

function isWorthACommit({ events, plan }: Look): boolean {
  return events.length > 0 || plan.hasExhausted || plan.through - plan.cursor >= maxUnwrittenAdvance
}

function claimOf({ events, nextDueAtMs: dueMs, hasMore }: Look, given: GivenLeases, moment: LeaseMoment): Claim {
  const bySeq = new Map(given.leases.map((lease) => [lease.seq, lease]))
  const leaseExpiresAtMs = toWallMs(given.expireAtMs, moment)
  const deliveries = events.flatMap((event) => {
    const lease = bySeq.get(event.seq)
    if (lease === undefined) return []
    return [{ leaseToken: lease.leaseToken, attempt: lease.attempt, leaseExpiresAtMs, event }]
  })
  const nextDueAtMs = dueMs && toWallMs(dueMs, moment)
  if (deliveries.length === 0) return { deliveries, nextDueAtMs, hasMore }
  return { deliveries, nextDueAtMs: Math.min(nextDueAtMs ?? leaseExpiresAtMs, leaseExpiresAtMs), hasMore }
}
