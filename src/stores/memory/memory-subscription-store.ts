/** Subscriptions in memory, on the log of a memory store: same behaviour as the durable ones, gone with the process. */
import type { StoredEvent } from '../../core/event.ts'
import { type LogPage, type LogQuery, storeLimits } from '../../core/event-store.ts'
import {
  type DeadLetter,
  type StartPoint,
  type SubscriptionSettings,
  type SubscriptionState,
  subscriptionLimits,
} from '../../core/subscription.ts'
import type {
  Claim,
  ClaimOptions,
  CreateOutcome,
  DeadLetterPage,
  DeadLetterQuery,
  DeliveryCommand,
  DeliveryOutcome,
  SubscriptionStore,
} from '../../core/subscription-store.ts'
import { contentChars } from '../collect-page.ts'
import { cursorAt, definitionText, deliveryBounds } from '../delivery-rules.ts'
import { type LeaseMoment, toWallMs } from '../lease-clock.ts'
import { newLeaseSecret } from '../lease-token.ts'
import { MemorySubscription } from './memory-subscription.ts'

/** The log that subscriptions read. */
export interface MemoryLog {
  moment(): LeaseMoment
  lastSeq(): number
  /** From 1 to `lastSeq`. */
  eventAt(seq: number): StoredEvent
  read(query: LogQuery): LogPage
  /** As `newLeaseSecret`; given where a run has to be repeated exactly. */
  readonly newSecret?: () => Uint8Array
}

export class MemorySubscriptionStore implements SubscriptionStore {
  readonly #log: MemoryLog
  readonly #subscriptions = new Map<string, MemorySubscription>()

  constructor(log: MemoryLog) {
    this.#log = log
  }

  async create(name: string, settings: SubscriptionSettings, start: StartPoint): Promise<CreateOutcome> {
    const found = this.#subscriptions.get(name)
    if (found !== undefined) {
      const isSame = definitionText(found.settings, found.start) === definitionText(settings, start)
      return isSame ? 'exists' : 'differs'
    }
    if (this.#subscriptions.size >= subscriptionLimits.maxSubscriptions) return 'too_many'
    const createdAtMs = this.#log.moment().wallMs
    const cursor = this.#cursorAt(start)
    const { newSecret = newLeaseSecret } = this.#log
    this.#subscriptions.set(name, new MemorySubscription({ settings, start, createdAtMs, cursor }, newSecret()))
    return 'created'
  }

  async remove(name: string): Promise<true | undefined> {
    return this.#subscriptions.delete(name) || undefined
  }

  async find(name: string): Promise<SubscriptionState | undefined> {
    const found = this.#subscriptions.get(name)
    return found && this.#stateOf(name, found)
  }

  async list(): Promise<readonly SubscriptionState[]> {
    const names = [...this.#subscriptions.keys()].sort()
    return names.map((name) => this.#stateOf(name, this.#subscriptions.get(name) as MemorySubscription))
  }

  async count(): Promise<number> {
    return this.#subscriptions.size
  }

  async claim({ name, maxEvents }: ClaimOptions): Promise<Claim | undefined> {
    const found = this.#subscriptions.get(name)
    if (found === undefined) return undefined
    const moment = this.#log.moment()
    const { nowMs } = moment
    const hasMoreExhausted = found.buryExhausted(moment, deliveryBounds.maxDeadLettersPerClaim)
    const dueSeqs = found.dueSeqs(nowMs)
    const [dueEvents, dueChars] = this.#readDue(dueSeqs, maxEvents)
    const room = subscriptionLimits.maxOpenDeliveries - found.open.size
    const page = this.#lookAt(found, {
      limit: dueEvents.length === dueSeqs.length ? Math.min(maxEvents - dueEvents.length, room) : 0,
      maxChars: storeLimits.maxPageChars - dueChars,
    })
    const deliveries = [...dueEvents, ...page.events].map((event) => ({ ...found.lease(event.seq, moment), event }))
    const nextDueMs = found.nextDueMs(nowMs)
    found.cursor = page.through
    return {
      deliveries,
      nextDueAtMs: nextDueMs && toWallMs(nextDueMs, moment),
      hasMore: hasMoreExhausted || dueEvents.length < dueSeqs.length || (!page.isEnd && page.events.length < room),
    }
  }

  async settle(commands: readonly DeliveryCommand[]): Promise<DeliveryOutcome[]> {
    const moment = this.#log.moment()
    return commands.map((command) => this.#subscriptions.get(command.name)?.settle(command, moment) ?? 'unknown')
  }

  async seek(name: string, start: StartPoint): Promise<true | undefined> {
    const found = this.#subscriptions.get(name)
    if (found === undefined) return undefined
    found.seek(this.#cursorAt(start))
    return true
  }

  async readDeadLetters({ name, limit, afterSeq }: DeadLetterQuery): Promise<DeadLetterPage | undefined> {
    const found = this.#subscriptions.get(name)
    if (found === undefined) return undefined
    const seqs = [...found.deadLetters.keys()].filter((seq) => seq > afterSeq).sort((a, b) => a - b)
    const deadLetters: DeadLetter[] = []
    let chars = 0
    for (const seq of seqs) {
      const event = this.#log.eventAt(seq)
      const last = deadLetters.at(-1)
      chars += contentChars(event)
      if (last !== undefined && (deadLetters.length === limit || chars > storeLimits.maxPageChars)) {
        return { deadLetters, nextAfterSeq: last.event.seq }
      }
      const { attempts = 0, reason = '', atMs = 0 } = found.deadLetters.get(seq) ?? {}
      deadLetters.push({ event, attempts, reason, atMs })
    }
    return { deadLetters, nextAfterSeq: undefined }
  }

  async redrive(name: string, seqs: readonly number[] | undefined): Promise<number | undefined> {
    return this.#subscriptions.get(name)?.redrive(seqs, this.#log.moment().nowMs)
  }

  async setPaused(name: string, reason: string | undefined): Promise<true | undefined> {
    const found = this.#subscriptions.get(name)
    if (found === undefined) return undefined
    found.pausedReason = reason
    if (reason === undefined) found.failingSinceMs = undefined
    return true
  }

  async setFailingSince(name: string, atMs: number | undefined): Promise<true | undefined> {
    const found = this.#subscriptions.get(name)
    if (found === undefined) return undefined
    found.failingSinceMs = atMs
    return true
  }

  #cursorAt(start: StartPoint): number {
    const { eventAt, lastSeq } = this.#log
    return cursorAt(start, { lastSeq: lastSeq(), committedAtMs: (seq) => eventAt(seq).processedAtMs })
  }

  /** Redeliveries whose texts fit; at least one, if there is any. */
  #readDue(seqs: readonly number[], maxEvents: number): [StoredEvent[], number] {
    const events: StoredEvent[] = []
    let chars = 0
    for (const seq of seqs.slice(0, maxEvents)) {
      const event = this.#log.eventAt(seq)
      chars += contentChars(event)
      if (events.length > 0 && chars > storeLimits.maxPageChars) break
      events.push(event)
    }
    return [events, chars]
  }

  #lookAt({ cursor, settings }: MemorySubscription, bounds: Pick<LogQuery, 'limit' | 'maxChars'>): LogPage {
    if (bounds.limit <= 0 || bounds.maxChars <= 0) {
      return { events: [], through: cursor, isEnd: cursor >= this.#log.lastSeq() }
    }
    const timeBudgetMs = deliveryBounds.lookBudgetMs
    return this.#log.read({ after: cursor, topics: settings.topics, timeBudgetMs, ...bounds })
  }

  #stateOf(name: string, found: MemorySubscription): SubscriptionState {
    const lastSeq = this.#log.lastSeq()
    const { settings, start, createdAtMs, cursor, redelivered, acked, pausedReason, failingSinceMs } = found
    const position = Math.min(
      cursor,
      ...found
        .openSeqs()
        .map((seq) => seq - 1)
        .slice(0, 1),
    )
    const oldestSeq = position + 1
    return {
      name,
      settings,
      start,
      createdAtMs,
      position,
      cursor,
      lag: Math.max(0, lastSeq - cursor) + found.open.size,
      oldestUnackedAtMs: oldestSeq <= lastSeq ? this.#log.eventAt(oldestSeq).processedAtMs : undefined,
      inFlight: found.inFlight(this.#log.moment().nowMs),
      redelivered,
      deadLetters: found.deadLetters.size,
      acked,
      pausedReason,
      failingSinceMs,
    }
  }
}
