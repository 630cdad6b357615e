/** Ends a walk when its time budget is spent, looking at the clock now and then. */
import type { Clock } from '../core/clock.ts'

/** What may be walked between two looks at the clock. */
const rowsPerCheck = 256
const charsPerCheck = 256 * 1024

/** @returns to be told of the characters of each row that was walked; answers whether the budget is spent. */
export function startDeadline(clock: Clock, budgetMs: number): (chars: number) => boolean {
  const deadlineMs = clock.monotonicMs() + budgetMs
  let rows = 0
  let chars = 0
  return (rowChars) => {
    rows++
    chars += rowChars
    if (rows < rowsPerCheck && chars < charsPerCheck) return false
    rows = 0
    chars = 0
    return clock.monotonicMs() > deadlineMs
  }
}
