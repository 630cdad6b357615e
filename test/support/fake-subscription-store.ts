/** Subscriptions in memory, over the log of an event store: plain and short, for tests of what is above the store. */
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../src/core/clock.ts'
import type { StoredEvent } from '../../src/core/event.ts'
import type { EventStore } from '../../src/core/event-store.ts'
import type { DeadLetter, Delivery, StartPoint, SubscriptionSettings } from '../../src/core/subscription.ts'
import type { DeliveryCommand, DeliveryOutcome, SubscriptionStore } from '../../src/core/subscription-store.ts'

interface Open {
  readonly event: StoredEvent
  attempt: number
  token: string
  isLeased: boolean
  dueAtMs: number
  reason: string
}

interface Subscription {
  readonly settings: SubscriptionSettings
  readonly start: StartPoint
  readonly createdAtMs: number
  cursor: number
  readonly open: Map<number, Open>
  readonly dead: Map<number, DeadLetter>
  readonly given: Map<string, number>
  readonly ackedTokens: Set<string>
  redelivered: number
  pausedReason: string | undefined
}

export function openFakeSubscriptionStore(events: EventStore, clock: Clock): SubscriptionStore {
  const subscriptions = new Map<string, Subscription>()
  let tokens = 0

  const log = async (after: number, topics: readonly string[], limit: number) =>
    events.readLog({ after, topics, limit, maxChars: 1e9, timeBudgetMs: 1000 })

  async function seqOf(start: StartPoint): Promise<number> {
    if (start.kind === 'earliest') return 0
    if (start.kind === 'seq') return start.seq
    if (start.kind === 'latest') return (await events.stats()).lastSeq
    const all = await log(0, [], 1000)
    return (all.events.find((event) => event.processedAtMs >= start.ms)?.seq ?? all.through + 1) - 1
  }

  function lease(subscription: Subscription, open: Open): Delivery {
    open.token = `lease-${++tokens}`
    open.isLeased = true
    open.attempt++
    open.dueAtMs = clock.nowMs() + subscription.settings.leaseMs
    open.reason = 'the lease ran out'
    if (open.attempt > 1) subscription.redelivered++
    subscription.given.set(open.token, open.event.seq)
    const { token: leaseToken, attempt, dueAtMs: leaseExpiresAtMs, event } = open
    return { leaseToken, attempt, leaseExpiresAtMs, event }
  }

  function settleOne(command: DeliveryCommand): DeliveryOutcome {
    const subscription = subscriptions.get(command.name)
    const seq = subscription?.given.get(command.leaseToken)
    if (subscription === undefined || seq === undefined) return 'unknown'
    if (command.kind === 'ack' && subscription.ackedTokens.has(command.leaseToken)) return 'done'
    const open = subscription.open.get(seq)
    const nowMs = clock.nowMs()
    if (open === undefined || open.token !== command.leaseToken || !open.isLeased || open.dueAtMs <= nowMs)
      return 'expired'
    if (command.kind === 'ack') {
      subscription.open.delete(seq)
      subscription.ackedTokens.add(command.leaseToken)
    } else if (command.kind === 'extend') open.dueAtMs = nowMs + subscription.settings.leaseMs
    else {
      open.isLeased = false
      open.dueAtMs = nowMs + command.delayMs
      open.reason = command.reason
      buryIfSpent(subscription, open)
    }
    return 'done'
  }

  function buryIfSpent(subscription: Subscription, { event, attempt, reason }: Open): boolean {
    if (attempt < subscription.settings.maxAttempts) return false
    subscription.open.delete(event.seq)
    subscription.dead.set(event.seq, { event, attempts: attempt, reason, atMs: clock.nowMs() })
    return true
  }

  const stateOf = async (name: string, subscription: Subscription) => {
    const open = [...subscription.open.values()]
    const rest = await log(subscription.cursor, [], 1000)
    const times = [...open.map(({ event }) => event), ...rest.events].map((event) => event.processedAtMs)
    const { settings, start, createdAtMs, cursor, redelivered, pausedReason } = subscription
    const position = Math.min(cursor, ...open.map(({ event }) => event.seq - 1))
    return {
      ...{ name, settings, start, createdAtMs, position, cursor, redelivered, pausedReason },
      lag: open.length + rest.events.length,
      oldestUnackedAtMs: times.length === 0 ? undefined : Math.min(...times),
      inFlight: open.filter(({ isLeased, dueAtMs }) => isLeased && dueAtMs > clock.nowMs()).length,
      deadLetters: subscription.dead.size,
      acked: subscription.ackedTokens.size,
    }
  }

  return {
    async create(name, settings, start) {
      const known = subscriptions.get(name)
      if (known !== undefined) {
        return isDeepStrictEqual([known.settings, known.start], [settings, start]) ? 'exists' : 'differs'
      }
      const fresh = {
        open: new Map(),
        dead: new Map(),
        given: new Map(),
        ackedTokens: new Set<string>(),
        redelivered: 0,
      }
      const createdAtMs = clock.nowMs()
      const cursor = await seqOf(start)
      subscriptions.set(name, { settings, start, createdAtMs, cursor, ...fresh, pausedReason: undefined })
      return 'created'
    },
    remove: async (name) => subscriptions.delete(name) || undefined,
    async find(name) {
      const subscription = subscriptions.get(name)
      return subscription && stateOf(name, subscription)
    },
    list: () => Promise.all([...subscriptions].sort().map(([name, subscription]) => stateOf(name, subscription))),
    async claim({ name, maxEvents }) {
      const subscription = subscriptions.get(name)
      if (subscription === undefined) return undefined
      const deliveries: Delivery[] = []
      for (const open of [...subscription.open.values()].sort((a, b) => a.event.seq - b.event.seq)) {
        if (open.dueAtMs > clock.nowMs() || deliveries.length === maxEvents) continue
        if (!buryIfSpent(subscription, open)) deliveries.push(lease(subscription, open))
      }
      const limit = maxEvents - deliveries.length
      const page = limit > 0 ? await log(subscription.cursor, subscription.settings.topics, limit) : undefined
      for (const event of page?.events ?? []) {
        const open: Open = { event, attempt: 0, token: '', isLeased: false, dueAtMs: 0, reason: '' }
        subscription.open.set(event.seq, open)
        deliveries.push(lease(subscription, open))
      }
      subscription.cursor = page?.through ?? subscription.cursor
      const due = [...subscription.open.values()].map(({ dueAtMs }) => dueAtMs)
      const nextDueAtMs = due.length === 0 ? undefined : Math.min(...due)
      return { deliveries, nextDueAtMs, hasMore: page === undefined || !page.isEnd }
    },
    settle: async (commands) => commands.map(settleOne),
    async seek(name, start) {
      const subscription = subscriptions.get(name)
      if (subscription === undefined) return undefined
      subscription.cursor = await seqOf(start)
      subscription.open.clear()
      return true
    },
    async readDeadLetters({ name, limit, afterSeq }) {
      const subscription = subscriptions.get(name)
      if (subscription === undefined) return undefined
      const found = [...subscription.dead.values()].filter(({ event }) => event.seq > afterSeq)
      const deadLetters = found.sort((a, b) => a.event.seq - b.event.seq).slice(0, limit)
      return { deadLetters, nextAfterSeq: found.length > limit ? deadLetters.at(-1)?.event.seq : undefined }
    },
    async redrive(name, seqs) {
      const subscription = subscriptions.get(name)
      if (subscription === undefined) return undefined
      const chosen = [...subscription.dead.values()].filter(({ event }) => seqs?.includes(event.seq) ?? true)
      for (const { event } of chosen) {
        subscription.dead.delete(event.seq)
        subscription.open.set(event.seq, { event, attempt: 0, token: '', isLeased: false, dueAtMs: 0, reason: '' })
      }
      return chosen.length
    },
    async setPaused(name, reason) {
      const subscription = subscriptions.get(name)
      if (subscription === undefined) return undefined
      subscription.pausedReason = reason
      return true
    },
  }
}
