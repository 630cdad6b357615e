/** The rows that came while somebody follows: those shown, and those that wait while it is paused. Bounded. No DOM. */
import type { EventRow } from '../../../../src/client/raw-events.ts'
import { type ListRow, listRowOf } from './list-row.ts'
import { RowRate } from './rate-limit.ts'

export const liveLimits = {
  /** Shown, and waiting. */
  maxRows: 5000,
  rate: { perSecond: 200, burst: 2000 },
} as const

export class LiveRows {
  readonly #rate: RowRate
  /** Oldest first. */
  #shown: ListRow[] = []
  #waiting: ListRow[] = []
  #waitingCount = 0
  #skippedCount = 0
  #isCut = false
  #isPaused = false

  constructor(nowMs: number) {
    this.#rate = new RowRate(liveLimits.rate, nowMs)
  }

  get length(): number {
    return this.#shown.length
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** That came since it was paused, also those that are not kept. */
  get waitingCount(): number {
    return this.#waitingCount
  }

  /** That were too many to be taken in. */
  get skippedCount(): number {
    return this.#skippedCount
  }

  /** Some of the oldest were dropped: what came before them does not follow any more. */
  get isCut(): boolean {
    return this.#isCut
  }

  /** @param index 0 is the newest. */
  at(index: number): ListRow | undefined {
    return this.#shown[this.#shown.length - 1 - index]
  }

  /** @param arrived in order of seq. */
  add(arrived: readonly EventRow[], nowMs: number): void {
    const taken = this.#rate.take(arrived.length, nowMs)
    if (this.#isPaused) {
      this.#waitingCount += arrived.length
      this.#waiting.push(...arrived.slice(-liveLimits.maxRows).map(listRowOf))
      trim(this.#waiting, 2 * liveLimits.maxRows)
      return
    }
    this.#skippedCount += arrived.length - taken
    // Of a flood the newest: they are what one would see if one could read as fast.
    if (taken > 0) this.#show(arrived.slice(-taken).map(listRowOf))
  }

  pause(): void {
    this.#isPaused = true
  }

  /** Shows what waits. */
  resume(): void {
    this.#isPaused = false
    if (this.#waitingCount > liveLimits.maxRows) {
      this.#isCut = true
      this.#shown = []
    }
    this.#show(this.#waiting.slice(-liveLimits.maxRows))
    this.#waiting = []
    this.#waitingCount = 0
  }

  lastSecond(nowMs: number): { readonly received: number; readonly taken: number } {
    return this.#rate.lastSecond(nowMs)
  }

  #show(rows: readonly ListRow[]): void {
    this.#shown.push(...rows)
    if (this.#shown.length <= liveLimits.maxRows) return
    this.#isCut = true
    this.#shown = this.#shown.slice(-liveLimits.maxRows)
  }
}

/** Cuts an array to half of `maxLength` when it is longer, so that cutting is rare. */
function trim(rows: unknown[], maxLength: number): void {
  if (rows.length > maxLength) rows.splice(0, rows.length - maxLength / 2)
}
