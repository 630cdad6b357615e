/** Leases end, or are kept up: acks, nacks, extensions. Lives in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { DeliveryCommand, DeliveryOutcome } from '../../../core/subscription-store.ts'
import { deliveryBounds, endedLeaseOutcome } from '../../delivery-rules.ts'
import type { LeaseMoment } from '../../lease-clock.ts'
import { type Lease, parseLeaseToken } from '../../lease-token.ts'
import { type SubscriptionRow, subscriptionOf } from '../../rows.ts'
import { inTransaction } from '../transaction.ts'
import type { DeadLetters } from './dead-letters.ts'

export interface SettleWriter {
  /** One transaction; one outcome per command, in their order. */
  settle(argument: { readonly commands: readonly DeliveryCommand[]; readonly moment: LeaseMoment }): DeliveryOutcome[]
}

/** A subscription that the commands name, and its acks so far: they are counted by one statement at the end. */
interface Named {
  readonly subscription: SubscriptionRow
  acked: number
}

const key = 'subscription_id = :id AND epoch = :epoch AND seq = :seq'
const isHeld = `${key} AND fence = :fence AND is_leased = 1 AND due_ms > :nowMs`

export function openSettleWriter(db: DatabaseSync, deadLetters: DeadLetters): SettleWriter {
  const findByName = db.prepare('SELECT * FROM subscription WHERE name = ?')
  const end = db.prepare(`DELETE FROM delivery WHERE ${isHeld} RETURNING attempts`)
  const holdBack = db.prepare(
    `UPDATE delivery SET is_leased = 0, due_ms = :dueMs WHERE ${isHeld} AND attempts < :maxAttempts`,
  )
  const extend = db.prepare(`UPDATE delivery SET due_ms = :dueMs WHERE ${isHeld}`)
  const trace = db.prepare(
    `SELECT EXISTS (SELECT 1 FROM delivery WHERE ${key}) AS is_open,
       EXISTS (SELECT 1 FROM dead_letter WHERE ${key}) AS is_dead,
       (SELECT fence FROM late_ack WHERE ${key}) AS late_fence,
       (SELECT forgotten_through FROM subscription WHERE id = :id) AS forgotten_through`,
  )
  const countAcks = db.prepare('UPDATE subscription SET acked = acked + ? WHERE id = ?')
  const lateAcks = openLateAcks(db)

  function apply(command: DeliveryCommand, lease: Lease, named: Named, { nowMs, wallMs }: LeaseMoment): boolean {
    const { id, settings } = named.subscription
    const held = { id, ...lease, nowMs }
    if (command.kind === 'extend') return extend.run({ ...held, dueMs: nowMs + settings.leaseMs }).changes > 0
    if (command.kind === 'nack') {
      const { maxAttempts } = settings
      if (holdBack.run({ ...held, dueMs: nowMs + command.delayMs, maxAttempts }).changes > 0) return true
      const ended = end.get(held)
      if (ended === undefined) return false
      deadLetters.bury(named.subscription, {
        ...lease,
        attempts: Number(ended.attempts),
        reason: command.reason,
        wallMs,
      })
      return true
    }
    if (end.get(held) === undefined) return false
    named.acked++
    if (lease.fence > 1) lateAcks.record(id, lease)
    return true
  }

  function explain(kind: DeliveryCommand['kind'], lease: Lease, id: number): DeliveryOutcome {
    const found = trace.get({ id, epoch: lease.epoch, seq: lease.seq }) ?? {}
    return endedLeaseOutcome(kind, lease, {
      isOpen: found.is_open === 1,
      isDead: found.is_dead === 1,
      lateFence: found.late_fence === null ? undefined : Number(found.late_fence),
      forgottenThrough: Number(found.forgotten_through),
    })
  }

  function settleOne(command: DeliveryCommand, named: Named | undefined, moment: LeaseMoment): DeliveryOutcome {
    if (named === undefined) return 'unknown'
    const { id, epoch, secret } = named.subscription
    const lease = parseLeaseToken(secret, command.leaseToken)
    if (lease === undefined) return 'unknown'
    // Rows of older epochs may still be there, waiting to be deleted.
    if (lease.epoch !== epoch) return 'expired'
    return apply(command, lease, named, moment) ? 'done' : explain(command.kind, lease, id)
  }

  return {
    settle({ commands, moment }) {
      return inTransaction(db, () => {
        const byName = new Map<string, Named | undefined>()
        const outcomes = commands.map((command) => {
          if (!byName.has(command.name)) {
            const row = findByName.get(command.name)
            byName.set(command.name, row && { subscription: subscriptionOf(row), acked: 0 })
          }
          return settleOne(command, byName.get(command.name), moment)
        })
        for (const named of byName.values()) {
          if (named !== undefined && named.acked > 0) countAcks.run(named.acked, named.subscription.id)
        }
        return outcomes
      })
    },
  }
}

/** Which lease acked an event that had several; the oldest are forgotten. */
function openLateAcks(db: DatabaseSync): { record(subscriptionId: number, lease: Lease): void } {
  const insert = db.prepare('INSERT INTO late_ack (subscription_id, epoch, seq, fence) VALUES (?, ?, ?, ?)')
  const count = db.prepare('UPDATE subscription SET late_acks = late_acks + ? WHERE id = ? RETURNING late_acks')
  const trim = db.prepare(
    `DELETE FROM late_ack WHERE (subscription_id, epoch, seq) IN (
       SELECT subscription_id, epoch, seq FROM late_ack WHERE subscription_id = ? AND epoch = ? ORDER BY seq LIMIT ?)
     RETURNING seq`,
  )
  const forget = db.prepare('UPDATE subscription SET forgotten_through = max(forgotten_through, ?) WHERE id = ?')
  return {
    record(id, { epoch, seq, fence }) {
      insert.run(id, epoch, seq, fence)
      const excess = Number(count.get(1, id)?.late_acks) - deliveryBounds.maxLateAcks
      if (excess <= 0) return
      const dropped = trim.all(id, epoch, excess)
      count.get(-dropped.length, id)
      for (const { seq: forgotten } of dropped) forget.run(Number(forgotten), id)
    },
  }
}
