/** The dead letters of one subscription, page by page. Lives in the reader threads. */
import type { DatabaseSync } from 'node:sqlite'
import { storeLimits } from '../../../core/event-store.ts'
import type { DeadLetter } from '../../../core/subscription.ts'
import type { DeadLetterPage, DeadLetterQuery } from '../../../core/subscription-store.ts'
import { contentChars } from '../../collect-page.ts'
import { eventColumns, eventOf } from '../event-row.ts'

/** The caller holds a read transaction. */
export function openDeadLetterPages(
  db: DatabaseSync,
): (subscriptionId: number, query: DeadLetterQuery) => DeadLetterPage {
  const walk = db.prepare(
    `SELECT ${eventColumns}, attempts, reason, at_ms FROM dead_letter JOIN event USING (seq)
     WHERE subscription_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
  )
  return (subscriptionId, { afterSeq, limit }) => {
    const deadLetters: DeadLetter[] = []
    let chars = 0
    for (const row of walk.iterate(subscriptionId, afterSeq, limit + 1)) {
      const event = eventOf(row)
      const last = deadLetters.at(-1)
      chars += contentChars(event)
      if (last !== undefined && (deadLetters.length === limit || chars > storeLimits.maxPageChars)) {
        return { deadLetters, nextAfterSeq: last.event.seq }
      }
      deadLetters.push({
        event,
        attempts: Number(row.attempts),
        reason: String(row.reason),
        atMs: Number(row.at_ms),
      })
    }
    return { deadLetters, nextAfterSeq: undefined }
  }
}
