/**
 * The mark of a store that another one is being copied into. A node that took events meanwhile would not recognise those that
 * are still to come, and give away their seqs.
 */
import { AppError } from '../../core/errors.ts'
import type { Connection, Row } from './connection.ts'
import { onlyLane } from './migrations.ts'

/** @param head of the lane, locked or just written. @throws AppError `store_unavailable`. */
export function requireCopied(head: Row | undefined): void {
  if (head?.is_copying !== true) return
  throw new AppError(
    'store_unavailable',
    'a store is being copied into this database, and not all of it is there; run `sekali copy` again if it was interrupted',
  )
}

/** Of a connection that was just opened; drops it otherwise. */
export async function requireNoCopy(connection: Connection): Promise<void> {
  try {
    const { rows } = await connection.run(`SELECT is_copying FROM lane_head WHERE lane = ${onlyLane}`)
    requireCopied(rows[0])
  } catch (thrown) {
    connection.drop('nothing may be written')
    throw thrown
  }
}
