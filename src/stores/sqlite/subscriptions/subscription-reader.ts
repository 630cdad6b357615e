/** What subscriptions look like, and what a claim would find. Changes nothing; lives in the reader threads. */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../../core/clock.ts'
import type { StoredEvent } from '../../../core/event.ts'
import { storeLimits } from '../../../core/event-store.ts'
import { type SubscriptionState, subscriptionLimits } from '../../../core/subscription.ts'
import type { DeadLetterPage, DeadLetterQuery } from '../../../core/subscription-store.ts'
import { contentChars } from '../../collect-page.ts'
import { deliveryBounds } from '../../delivery-rules.ts'
import { type SubscriptionRow, subscriptionOf } from '../../rows.ts'
import { eventColumns, eventOf, type Row } from '../event-row.ts'
import { openLogWalk } from '../log-walk.ts'
import type { ClaimPlan } from './claim-writer.ts'
import { openDeadLetterPages } from './dead-letter-pages.ts'
import type { Advance } from './subscription-writer.ts'

export interface StateQuery {
  readonly nowMs: number
  /** What is known to be looked at, but not written yet. */
  readonly advances: readonly Advance[]
}

export interface LookQuery extends StateQuery {
  readonly name: string
  readonly maxEvents: number
}

export interface Look {
  readonly plan: ClaimPlan
  /** Of the plan's seqs. */
  readonly events: readonly StoredEvent[]
  /** Of what waits, whatever the claim does. */
  readonly nextDueAtMs: number | undefined
  readonly hasMore: boolean
}

export interface SubscriptionReader {
  find(query: StateQuery & { readonly name: string }): SubscriptionState | undefined
  list(query: StateQuery): SubscriptionState[]
  count(): number
  look(query: LookQuery): Look | undefined
  readDeadLetters(query: DeadLetterQuery): DeadLetterPage | undefined
}

interface OpenDeliveries {
  readonly open: number
  readonly firstSeq: number | undefined
  readonly leased: number
  readonly due: number
  readonly exhausted: number
  readonly nextDueMs: number | undefined
}

export function openSubscriptionReader(db: DatabaseSync, clock: Clock): SubscriptionReader {
  const findByName = db.prepare('SELECT * FROM subscription WHERE name = ?')
  const listByName = db.prepare('SELECT * FROM subscription ORDER BY name')
  const countAll = db.prepare('SELECT count(*) AS count FROM subscription')
  const readLastSeq = db.prepare('SELECT last_seq FROM counters')
  const findCommitTime = db.prepare('SELECT processed_ms FROM event WHERE seq >= ? ORDER BY seq LIMIT 1')
  const findEvent = db.prepare(`SELECT ${eventColumns} FROM event WHERE seq = ?`)
  const countOpen = db.prepare(
    `SELECT count(*) AS open, min(seq) AS first_seq,
       count(*) FILTER (WHERE is_leased = 1 AND due_ms > :nowMs) AS leased,
       count(*) FILTER (WHERE due_ms <= :nowMs AND attempts < :maxAttempts) AS due,
       count(*) FILTER (WHERE due_ms <= :nowMs AND attempts >= :maxAttempts) AS exhausted,
       min(due_ms) FILTER (WHERE due_ms > :nowMs) AS next_due_ms
     FROM delivery WHERE subscription_id = :id AND epoch = :epoch`,
  )
  const findDue = db.prepare(
    `SELECT seq FROM delivery WHERE subscription_id = ? AND epoch = ? AND due_ms <= ? AND attempts < ?
     ORDER BY seq LIMIT ?`,
  )
  const walkLog = openLogWalk(db)
  const readDeadLetters = openDeadLetterPages(db)

  function openDeliveriesOf({ id, epoch, settings }: SubscriptionRow, nowMs: number): OpenDeliveries {
    const row = countOpen.get({ id, epoch, nowMs, maxAttempts: settings.maxAttempts }) ?? {}
    return {
      open: Number(row.open),
      firstSeq: numberOf(row.first_seq),
      leased: Number(row.leased),
      due: Number(row.due),
      exhausted: Number(row.exhausted),
      nextDueMs: numberOf(row.next_due_ms),
    }
  }

  function stateOf(subscription: SubscriptionRow, { nowMs, advances }: StateQuery): SubscriptionState {
    const { name, settings, start, createdAtMs, redelivered, deadLetters, acked, pausedReason, failingSinceMs } =
      subscription
    const { open, firstSeq, leased } = openDeliveriesOf(subscription, nowMs)
    const cursor = cursorOf(subscription, advances)
    const oldestSeq = Math.min(firstSeq ?? Number.POSITIVE_INFINITY, cursor + 1)
    return {
      name,
      settings,
      start,
      createdAtMs,
      position: firstSeq === undefined ? cursor : Math.min(firstSeq - 1, cursor),
      cursor,
      lag: Math.max(0, lastSeq() - cursor) + open,
      oldestUnackedAtMs: numberOf(findCommitTime.get(oldestSeq)?.processed_ms),
      inFlight: leased,
      redelivered,
      deadLetters,
      acked,
      pausedReason,
      failingSinceMs,
    }
  }

  const lastSeq = () => Number(readLastSeq.get()?.last_seq)

  /** Redeliveries whose texts fit; at least one, if there is any. */
  function readDue({ id, epoch, settings }: SubscriptionRow, { nowMs, maxEvents }: LookQuery): [StoredEvent[], number] {
    const events: StoredEvent[] = []
    let chars = 0
    for (const { seq } of findDue.all(id, epoch, nowMs, settings.maxAttempts, maxEvents)) {
      const event = eventOf(findEvent.get(Number(seq)) as Row)
      chars += contentChars(event)
      if (events.length > 0 && chars > storeLimits.maxPageChars) break
      events.push(event)
    }
    return [events, chars]
  }

  function look(subscription: SubscriptionRow, query: LookQuery): Look {
    const { id, epoch, cursor, settings } = subscription
    const { open, due, exhausted, nextDueMs } = openDeliveriesOf(subscription, query.nowMs)
    const [dueEvents, dueChars] = due === 0 ? [[], 0] : readDue(subscription, query)
    const buried = Math.min(exhausted, deliveryBounds.maxDeadLettersPerClaim)
    const room = subscriptionLimits.maxOpenDeliveries - (open - buried)
    const limit = Math.min(query.maxEvents - dueEvents.length, room)
    const after = cursorOf(subscription, query.advances)
    const maxChars = storeLimits.maxPageChars - dueChars
    const page =
      limit > 0 && maxChars > 0 && dueEvents.length === due
        ? walkLog({ after, topics: settings.topics, limit, maxChars, timeBudgetMs: deliveryBounds.lookBudgetMs }, clock)
        : { events: [], through: after, isEnd: after >= lastSeq() }
    return {
      plan: {
        subscriptionId: id,
        epoch,
        cursor,
        through: page.through,
        dueSeqs: dueEvents.map(({ seq }) => seq),
        newSeqs: page.events.map(({ seq }) => seq),
        hasExhausted: exhausted > 0,
      },
      events: [...dueEvents, ...page.events],
      nextDueAtMs: nextDueMs,
      hasMore: dueEvents.length < due || buried < exhausted || (!page.isEnd && page.events.length < room),
    }
  }

  /** One snapshot for all that is read. */
  function inSnapshot<T>(read: () => T): T {
    db.exec('BEGIN')
    try {
      return read()
    } finally {
      db.exec('COMMIT')
    }
  }

  function withNamed<T>(name: string, read: (subscription: SubscriptionRow) => T): T | undefined {
    return inSnapshot(() => {
      const row = findByName.get(name)
      return row === undefined ? undefined : read(subscriptionOf(row))
    })
  }

  return {
    find: (query) => withNamed(query.name, (subscription) => stateOf(subscription, query)),
    list: (query) => inSnapshot(() => listByName.all().map((row) => stateOf(subscriptionOf(row), query))),
    count: () => Number(countAll.get()?.count),
    look: (query) => withNamed(query.name, (subscription) => look(subscription, query)),
    readDeadLetters: (query) => withNamed(query.name, ({ id }) => readDeadLetters(id, query)),
  }
}

function cursorOf({ id, epoch, cursor }: SubscriptionRow, advances: readonly Advance[]): number {
  const advance = advances.find((each) => each.subscriptionId === id && each.epoch === epoch)
  return Math.max(cursor, advance?.through ?? 0)
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
