/**
 * Those who wait for events of a subscription: one line per subscription, first come, first served. A line asks the store
 * when something may have changed, never by polling; one claim at a time per line, and few at a time over all lines.
 */
import type { Clock } from '../core/clock.ts'
import { AppError, drainingError, toAppError } from '../core/errors.ts'
import type { Delivery } from '../core/subscription.ts'
import type { Claim, SubscriptionStore } from '../core/subscription-store.ts'

export interface PullLinesOptions {
  readonly store: Pick<SubscriptionStore, 'claim'>
  readonly clock: Clock
  /** Pulls that may be waiting, of all subscriptions. */
  readonly capacityPulls: number
  /** Told of every claim that gave something; must not throw. */
  readonly onClaimed: (deliveries: readonly Delivery[]) => void
  /** Told of every claim that failed. `store_failed` means that the process must end. */
  readonly onFailure: (error: AppError) => void
}

export interface Pull {
  readonly name: string
  /** 1 to 1,000. */
  readonly maxEvents: number
  /** How long to wait for an event when there is none; may be infinite. Every pull gets at least one look at the store. */
  readonly waitMs: number
  /** Aborted when the one who pulls has gone: from then on nothing is leased to them. */
  readonly signal: AbortSignal
}

interface Waiter {
  readonly maxEvents: number
  /** Claims of its line that had begun when it arrived. */
  readonly arrivedAfterClaims: number
  /** Until then a look that the store cut short is continued, on the monotonic clock. */
  readonly lookUntilMs: number
  /** Settles the pull and takes it out of its line. */
  readonly answer: (settle: (pull: PromiseWithResolvers<readonly Delivery[] | undefined>) => void) => void
  isAnswered: boolean
  /** A claim that began after the pull had arrived found nothing. */
  wasLookedFor: boolean
  /** A claim for it is under way: to answer it now would lose what that claim leases. */
  isServed: boolean
  isOver: boolean
}

interface Line {
  readonly name: string
  readonly waiters: Set<Waiter>
  /** Begun so far. */
  claims: number
  isClaiming: boolean
  /** Something may have changed since the last claim began. */
  isStale: boolean
  dueTimer: NodeJS.Timeout | undefined
}

/** Claims are commits: more at once would only wait for each other, before the publishers. */
const maxClaimsUnderWay = 8
/** A pull that does not wait still gets to see past a stretch of events that were not asked for. */
const minLookMs = 2000
/** `setTimeout` takes no more than 24 days; and the wall clock, which leases run by, may jump. */
const maxDueWaitMs = 60 * 60 * 1000

export class PullLines {
  readonly #options: PullLinesOptions
  readonly #lines = new Map<string, Line>()
  /** Lines that should claim, in the order in which they get to. */
  readonly #ready = new Set<Line>()
  #claimsUnderWay = 0
  #waiting = 0
  #isDraining = false

  constructor(options: PullLinesOptions) {
    this.#options = options
  }

  /** Pulls that are waiting. */
  get waiting(): number {
    return this.#waiting
  }

  /**
   * Leases events, waiting for them when there are none.
   *
   * @returns empty when the time is over, the one who pulls has gone or the program drains; undefined when there is no
   *   such subscription.
   * @throws AppError `queue_full` when too many are waiting, `draining`, or as the store.
   */
  async pull(pull: Pull): Promise<readonly Delivery[] | undefined> {
    if (this.#isDraining) throw drainingError()
    if (pull.signal.aborted) return []
    if (this.#waiting >= this.#options.capacityPulls) {
      throw new AppError('queue_full', 'too many pulls are waiting; try again')
    }
    const result = Promise.withResolvers<readonly Delivery[] | undefined>()
    const line = this.#lineOf(pull.name)
    const waiter = this.#enter(line, pull, result)
    line.waiters.add(waiter)
    this.#waiting++
    this.#makeReady(line)
    return result.promise
  }

  /** After every commit of events; costs nothing while nobody waits. */
  wakeAll(): void {
    for (const line of this.#lines.values()) this.#makeReady(line)
  }

  /** After a change of one subscription that may have made something deliverable. */
  wake(name: string): void {
    const line = this.#lines.get(name)
    if (line !== undefined) this.#makeReady(line)
  }

  /** Answers all that wait, empty, and refuses what comes later. */
  startDraining(): void {
    this.#isDraining = true
    for (const line of this.#lines.values()) {
      for (const waiter of line.waiters) endWait(waiter)
      this.#dropIfEmpty(line)
    }
  }

  #enter(line: Line, pull: Pull, result: PromiseWithResolvers<readonly Delivery[] | undefined>): Waiter {
    const { maxEvents, waitMs, signal } = pull
    const waiter: Waiter = {
      maxEvents,
      arrivedAfterClaims: line.claims,
      lookUntilMs: this.#options.clock.monotonicMs() + Math.max(waitMs, minLookMs),
      isAnswered: false,
      wasLookedFor: false,
      isServed: false,
      isOver: waitMs === 0,
      answer: (settle) => {
        if (waiter.isAnswered) return
        waiter.isAnswered = true
        clearTimeout(timer)
        signal.removeEventListener('abort', leave)
        line.waiters.delete(waiter)
        this.#waiting--
        settle(result)
      },
    }
    const leave = () => {
      waiter.answer(({ resolve }) => resolve([]))
      this.#dropIfEmpty(line)
    }
    const timer = Number.isFinite(waitMs)
      ? setTimeout(() => {
          waiter.isOver = true
          if (!waiter.isServed && waiter.wasLookedFor) leave()
        }, waitMs)
      : undefined
    signal.addEventListener('abort', leave, { once: true })
    return waiter
  }

  #lineOf(name: string): Line {
    const known = this.#lines.get(name)
    if (known !== undefined) return known
    const line: Line = { name, waiters: new Set(), claims: 0, isClaiming: false, isStale: false, dueTimer: undefined }
    this.#lines.set(name, line)
    return line
  }

  #dropIfEmpty(line: Line): void {
    if (line.waiters.size > 0 || line.isClaiming) return
    clearTimeout(line.dueTimer)
    this.#ready.delete(line)
    this.#lines.delete(line.name)
  }

  #makeReady(line: Line): void {
    line.isStale = true
    if (line.isClaiming) return
    this.#ready.add(line)
    this.#startClaims()
  }

  #startClaims(): void {
    for (const line of this.#ready) {
      if (this.#claimsUnderWay >= maxClaimsUnderWay) return
      this.#ready.delete(line)
      void this.#claimFor(line)
    }
  }

  /** Claims for the first of the line; the others are next, if there was something for the first. */
  async #claimFor(line: Line): Promise<void> {
    const [first] = line.waiters
    if (first === undefined) return
    line.claims++
    line.isClaiming = true
    line.isStale = false
    clearTimeout(line.dueTimer)
    this.#claimsUnderWay++
    first.isServed = true
    try {
      const claim = await this.#options.store.claim({ name: line.name, maxEvents: first.maxEvents })
      first.isServed = false
      if (claim === undefined) for (const waiter of line.waiters) waiter.answer(({ resolve }) => resolve(undefined))
      else if (claim.deliveries.length > 0) this.#hand(claim.deliveries, first, line)
      else this.#keepWaiting(claim, line)
    } catch (thrown) {
      const error = toAppError(thrown, 'store_unavailable')
      first.answer(({ reject }) => reject(error))
      line.isStale = true
      this.#options.onFailure(error)
    }
    this.#claimsUnderWay--
    line.isClaiming = false
    this.#dropIfEmpty(line)
    if (line.isStale && line.waiters.size > 0) this.#ready.add(line)
    this.#startClaims()
  }

  #hand(deliveries: readonly Delivery[], first: Waiter, line: Line): void {
    // To one who has gone meanwhile: the leases run out, as they would for one who goes a moment later.
    first.answer(({ resolve }) => resolve(deliveries))
    line.isStale = true
    this.#options.onClaimed(deliveries)
  }

  #keepWaiting(claim: Claim, line: Line): void {
    const { clock } = this.#options
    const nowMs = clock.monotonicMs()
    if (claim.hasMore) line.isStale = true
    for (const waiter of line.waiters) {
      if (waiter.arrivedAfterClaims === line.claims) continue
      if (claim.hasMore && !this.#isDraining && nowMs < waiter.lookUntilMs) continue
      waiter.wasLookedFor = true
      if (waiter.isOver) endWait(waiter)
    }
    if (claim.nextDueAtMs === undefined || line.waiters.size === 0) return
    const dueInMs = Math.min(maxDueWaitMs, Math.max(1, claim.nextDueAtMs - clock.nowMs()))
    line.dueTimer = setTimeout(() => this.#makeReady(line), dueInMs)
  }
}

/** Empty now, or after the claim that is under way for it. */
function endWait(waiter: Waiter): void {
  waiter.isOver = true
  if (!waiter.isServed) waiter.answer(({ resolve }) => resolve([]))
}
