/**
 * Deletes what the rollups no longer keep, a few rows at a time. A wall clock that is wrong for a moment must not cost the
 * picture of the last months: nothing is deleted before the clock has kept its pace for a while.
 */
import type { DatabaseSync } from 'node:sqlite'
import { rateLevels } from '../../../core/statistics-store.ts'
import { rateKinds } from '../../rate-kinds.ts'

/** More than are written in the same time, so that they do not pile up. */
const rowsPerPurge = 1000
/** The clock may be set by so much without being taken for wrong. */
const toleranceMs = 60_000
const steadyForExpiredMs = 60_000
/** Buckets of the future were written when the clock was wrong; or it is wrong now, as after a start without a network. */
const steadyForFutureMs = 10 * 60_000
const futureS = 86_400

/** @returns to be called with the wall-clock time, inside a transaction. */
export function openRatePurge(db: DatabaseSync, monotonicMs: () => number): (nowMs: number) => void {
  const remove = (condition: string) =>
    db.prepare(
      `DELETE FROM received_rate WHERE (level, kind, start_s, name) IN (
         SELECT level, kind, start_s, name FROM received_rate
         WHERE level = ? AND kind = ? AND ${condition} ORDER BY start_s LIMIT ?)`,
    )
  const removeExpired = remove('start_s < ?')
  const removeFuture = remove('start_s > ?')
  let offsetMs = Number.NaN
  let steadySinceMs = 0

  function steadyMs(nowMs: number): number {
    const elapsedMs = monotonicMs()
    const isSteady = Math.abs(nowMs - elapsedMs - offsetMs) <= toleranceMs
    if (!isSteady) {
      offsetMs = nowMs - elapsedMs
      steadySinceMs = elapsedMs
    }
    return elapsedMs - steadySinceMs
  }

  return (nowMs) => {
    const steadyForMs = steadyMs(nowMs)
    if (steadyForMs < steadyForExpiredMs) return
    const nowS = nowMs / 1000
    let room = rowsPerPurge
    for (const [level, { keptS }] of rateLevels.entries()) {
      for (const kind of Object.values(rateKinds)) {
        room -= Number(removeExpired.run(level, kind, nowS - keptS, room).changes)
        if (steadyForMs < steadyForFutureMs) continue
        room -= Number(removeFuture.run(level, kind, nowS + futureS, room).changes)
      }
    }
  }
}
