/**
 * Leases and delays of an earlier process, whose clock may have been another: none lasts longer from now on than it may be
 * given for. Without this, a clock that was a year ahead would keep them for that year. Lives in the writer thread.
 */
import type { DatabaseSync } from 'node:sqlite'
import { subscriptionLimits } from '../../../core/subscription.ts'
import { inTransaction } from '../transaction.ts'

export interface LeaseBounds {
  /** One transaction, which writes nothing when all is well. */
  bound(nowMs: number): void
}

export function openLeaseBounds(db: DatabaseSync): LeaseBounds {
  const boundLeases = db.prepare(
    `UPDATE delivery SET due_ms = :nowMs + subscription.lease_ms FROM subscription
     WHERE subscription.id = subscription_id AND is_leased = 1 AND due_ms > :nowMs + subscription.lease_ms`,
  )
  // How much of the delay is left is not known; soon is safe, late is not.
  const endDelays = db.prepare('UPDATE delivery SET due_ms = :nowMs WHERE is_leased = 0 AND due_ms > :latestMs')
  return {
    bound(nowMs) {
      inTransaction(db, () => {
        boundLeases.run({ nowMs })
        endDelays.run({ nowMs, latestMs: nowMs + subscriptionLimits.maxDelayMs })
      })
    },
  }
}
