/** Rows that a seek or a removal made void: marked at once, deleted a few at a time. Lives in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../transaction.ts'

/** As many as one call makes at most, so that what is void cannot pile up. */
const rowsPerPurge = 1000

export interface Discards {
  /** Inside a transaction: marks what the subscription has of epochs below this one. */
  discard(subscriptionId: number, belowEpoch: number): void
  /** A transaction of its own that deletes some of what is marked; does nothing when nothing is. */
  purgeSome(): void
}

export function openDiscards(db: DatabaseSync): Discards {
  const mark = db.prepare('INSERT OR REPLACE INTO discarded (subscription_id, below_epoch) VALUES (?, ?)')
  const unmark = db.prepare('DELETE FROM discarded WHERE subscription_id = ?')
  const findMarked = db.prepare('SELECT subscription_id, below_epoch FROM discarded LIMIT 1')
  const [deleteDeliveries, deleteLateAcks] = ['delivery', 'late_ack'].map((table) =>
    db.prepare(
      `DELETE FROM ${table} WHERE (subscription_id, epoch, seq) IN (
         SELECT subscription_id, epoch, seq FROM ${table} WHERE subscription_id = ? AND epoch < ? LIMIT ?)`,
    ),
  )
  const deleteDeadLetters = db.prepare(
    `DELETE FROM dead_letter WHERE (subscription_id, seq) IN (
       SELECT subscription_id, seq FROM dead_letter
       WHERE subscription_id = ?1 AND NOT EXISTS (SELECT 1 FROM subscription WHERE id = ?1) LIMIT ?2)`,
  )
  let mayHaveMarked = true

  return {
    discard(subscriptionId, belowEpoch) {
      mark.run(subscriptionId, belowEpoch)
      mayHaveMarked = true
    },
    purgeSome() {
      if (!mayHaveMarked) return
      const marked = findMarked.get()
      if (marked === undefined) {
        mayHaveMarked = false
        return
      }
      const id = Number(marked.subscription_id)
      const belowEpoch = Number(marked.below_epoch)
      inTransaction(db, () => {
        let room = rowsPerPurge
        room -= Number(deleteDeliveries?.run(id, belowEpoch, room).changes)
        room -= Number(deleteLateAcks?.run(id, belowEpoch, room).changes)
        room -= Number(deleteDeadLetters.run(id, room).changes)
        if (room > 0) unmark.run(id)
      })
    },
  }
}
