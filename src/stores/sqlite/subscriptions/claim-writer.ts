/** Leases are given: the half of a claim that writes. Lives in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { LeaseMoment } from '../../lease-clock.ts'
import { leaseToken } from '../../lease-token.ts'
import { subscriptionOf } from '../../rows.ts'
import { inTransaction } from '../transaction.ts'
import type { DeadLetters } from './dead-letters.ts'

/** What a look at a subscription found for a claim to do, as long as nothing has moved since. */
export interface ClaimPlan {
  readonly subscriptionId: number
  readonly epoch: number
  /** As the look found it. */
  readonly cursor: number
  /** Where the claim puts it: everything up to here is in `newSeqs`, or was not asked for. */
  readonly through: number
  /** Deliveries whose time has come. */
  readonly dueSeqs: readonly number[]
  readonly newSeqs: readonly number[]
  /** Some leases that ran out were the last ones. */
  readonly hasExhausted: boolean
}

export interface GivenLease {
  readonly seq: number
  readonly attempt: number
  readonly leaseToken: string
}

export interface GivenLeases {
  readonly leases: readonly GivenLease[]
  readonly expireAtMs: number
}

export interface ClaimWriter {
  /** One transaction. @returns undefined when something has moved since the look: then nothing was changed. */
  claim(argument: { readonly plan: ClaimPlan; readonly moment: LeaseMoment }): GivenLeases | undefined
}

export function openClaimWriter(db: DatabaseSync, deadLetters: DeadLetters): ClaimWriter {
  const find = db.prepare('SELECT * FROM subscription WHERE id = ? AND epoch = ? AND cursor = ?')
  const redeliver = db.prepare(
    `UPDATE delivery SET attempts = attempts + 1, fence = fence + 1, is_leased = 1, due_ms = :expireAtMs
     WHERE subscription_id = :id AND epoch = :epoch AND due_ms <= :nowMs AND seq IN (SELECT value FROM json_each(:seqs))
     RETURNING seq, attempts, fence`,
  )
  const deliver = db.prepare(
    `INSERT INTO delivery (subscription_id, epoch, seq, attempts, fence, is_leased, due_ms)
     SELECT :id, :epoch, value, 1, 1, 1, :expireAtMs FROM json_each(:seqs) RETURNING seq, attempts, fence`,
  )
  const update = db.prepare('UPDATE subscription SET cursor = ?, redelivered = redelivered + ? WHERE id = ?')

  return {
    claim({ plan, moment }) {
      const { nowMs } = moment
      return inTransaction(db, () => {
        const row = find.get(plan.subscriptionId, plan.epoch, plan.cursor)
        if (row === undefined) return undefined
        const subscription = subscriptionOf(row)
        const { id, epoch, secret, settings } = subscription
        const expireAtMs = nowMs + settings.leaseMs
        if (plan.hasExhausted) deadLetters.buryExhausted(subscription, moment)
        deadLetters.drop(subscription, plan.newSeqs)
        const given = [
          ...redeliver.all({ id, epoch, nowMs, expireAtMs, seqs: JSON.stringify(plan.dueSeqs) }),
          ...deliver.all({ id, epoch, expireAtMs, seqs: JSON.stringify(plan.newSeqs) }),
        ]
        const leases = given.map((delivery): GivenLease => {
          const seq = Number(delivery.seq)
          const token = leaseToken(secret, { epoch, seq, fence: Number(delivery.fence) })
          return { seq, attempt: Number(delivery.attempts), leaseToken: token }
        })
        const redelivered = leases.filter(({ attempt }) => attempt > 1).length
        update.run(plan.through, redelivered, id)
        return { leases, expireAtMs }
      })
    },
  }
}
