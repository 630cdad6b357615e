/** Deliveries that nobody acked in time: laid aside, and taken up again. Lives in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import { subscriptionLimits } from '../../../core/subscription.ts'
import { deliveryBounds, leaseRanOut } from '../../delivery-rules.ts'
import type { LeaseMoment } from '../../lease-clock.ts'
import type { Lease } from '../../lease-token.ts'
import { type SubscriptionRow, subscriptionOf } from '../../rows.ts'
import { inTransaction } from '../transaction.ts'

const lettersPerRedrive = 1000

export interface RedriveArgument {
  readonly name: string
  /** Undefined: all. */
  readonly seqs: readonly number[] | undefined
  readonly afterSeq: number
  readonly nowMs: number
}

export interface RedriveReply {
  readonly redriven: number
  /** Where the next call goes on; undefined at the end. */
  readonly nextAfterSeq: number | undefined
}

/** All but `redrive` run inside a transaction of the caller's. */
export interface DeadLetters {
  /** Of an event that is not in `delivery` any more. */
  bury(subscription: SubscriptionRow, letter: Lease & { attempts: number; reason: string; wallMs: number }): void
  /** Moves what has had its last lease, oldest first, and not too many at once. */
  buryExhausted(subscription: SubscriptionRow, moment: LeaseMoment): void
  /** Forgets the letters of events that are delivered again. */
  drop(subscription: SubscriptionRow, seqs: readonly number[]): void
  /** Some of what is asked for, in one transaction. */
  redrive(argument: RedriveArgument): RedriveReply | undefined
}

export function openDeadLetters(db: DatabaseSync): DeadLetters {
  const insert = db.prepare(
    `INSERT INTO dead_letter (subscription_id, epoch, seq, fence, attempts, reason, at_ms)
     VALUES (:id, :epoch, :seq, :fence, :attempts, :reason, :wallMs)`,
  )
  const insertExhausted = db.prepare(
    `INSERT INTO dead_letter (subscription_id, epoch, seq, fence, attempts, reason, at_ms)
     SELECT subscription_id, epoch, seq, fence, attempts, :reason, :wallMs FROM delivery
     WHERE subscription_id = :id AND epoch = :epoch AND due_ms <= :nowMs AND attempts >= :maxAttempts
     ORDER BY seq LIMIT :limit RETURNING seq`,
  )
  const deleteDeliveries = db.prepare(
    'DELETE FROM delivery WHERE subscription_id = ? AND epoch = ? AND seq IN (SELECT value FROM json_each(?))',
  )
  const count = db.prepare(
    'UPDATE subscription SET dead_letters = dead_letters + ? WHERE id = ? RETURNING dead_letters, epoch',
  )
  const trim = db.prepare(
    `DELETE FROM dead_letter WHERE (subscription_id, seq) IN (
       SELECT subscription_id, seq FROM dead_letter WHERE subscription_id = ? ORDER BY seq LIMIT ?)
     RETURNING seq, epoch`,
  )
  const forget = db.prepare('UPDATE subscription SET forgotten_through = max(forgotten_through, ?) WHERE id = ?')
  const drop = db.prepare(
    'DELETE FROM dead_letter WHERE subscription_id = ? AND seq IN (SELECT value FROM json_each(?))',
  )
  const findByName = db.prepare('SELECT * FROM subscription WHERE name = ?')
  const findAll = db.prepare('SELECT seq FROM dead_letter WHERE subscription_id = ? AND seq > ? ORDER BY seq LIMIT ?')
  const findSome = db.prepare(
    `SELECT seq FROM dead_letter WHERE subscription_id = ? AND seq > ? AND seq IN (SELECT value FROM json_each(?))
     ORDER BY seq LIMIT ?`,
  )
  // An event after the cursor comes by itself.
  const reopen = db.prepare(
    `INSERT INTO delivery (subscription_id, epoch, seq, attempts, fence, is_leased, due_ms)
     SELECT subscription_id, :epoch, seq, 0, iif(epoch = :epoch, fence, 0), 0, :nowMs FROM dead_letter
     WHERE subscription_id = :id AND seq <= :cursor AND seq IN (SELECT value FROM json_each(:seqs))`,
  )

  function countBuried(id: number, letters: number): void {
    const counted = count.get(letters, id) ?? {}
    const excess = Number(counted.dead_letters) - subscriptionLimits.maxDeadLetters
    if (excess <= 0) return
    const dropped = trim.all(id, excess)
    count.get(-dropped.length, id)
    for (const { seq, epoch } of dropped) if (epoch === counted.epoch) forget.run(Number(seq), id)
  }

  function dropLetters({ id }: SubscriptionRow, seqs: readonly number[]): void {
    const { changes } = drop.run(id, JSON.stringify(seqs))
    if (Number(changes) > 0) count.get(-Number(changes), id)
  }

  return {
    bury({ id }, letter) {
      insert.run({ id, ...letter })
      countBuried(id, 1)
    },
    buryExhausted({ id, epoch, settings }, { nowMs, wallMs }) {
      const { maxAttempts } = settings
      const limit = deliveryBounds.maxDeadLettersPerClaim
      const seqs = insertExhausted.all({ id, epoch, maxAttempts, nowMs, wallMs, limit, reason: leaseRanOut })
      deleteDeliveries.run(id, epoch, JSON.stringify(seqs.map(({ seq }) => seq)))
      countBuried(id, seqs.length)
    },
    drop(subscription, seqs) {
      if (subscription.deadLetters > 0) dropLetters(subscription, seqs)
    },
    redrive({ name, seqs: wanted, afterSeq, nowMs }) {
      return inTransaction(db, () => {
        const row = findByName.get(name)
        if (row === undefined) return undefined
        const subscription = subscriptionOf(row)
        const { id, epoch, cursor } = subscription
        const found =
          wanted === undefined
            ? findAll.all(id, afterSeq, lettersPerRedrive)
            : findSome.all(id, afterSeq, JSON.stringify(wanted), lettersPerRedrive)
        const seqs = found.map(({ seq }) => Number(seq))
        reopen.run({ id, epoch, cursor, nowMs, seqs: JSON.stringify(seqs) })
        dropLetters(subscription, seqs)
        return { redriven: seqs.length, nextAfterSeq: seqs.length < lettersPerRedrive ? undefined : seqs.at(-1) }
      })
    },
  }
}
