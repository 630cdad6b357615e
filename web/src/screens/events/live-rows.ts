/** The rows of a live list: what is shown, what waits while it is paused, and how much is left out. Bounded. No DOM. */
import type { EventRow } from '../../api/raw-events.ts'

export const liveLimits = {
  /** Shown, and kept while paused. */
  maxRows: 5000,
  maxRowsPerSecond: 200,
} as const

export interface LiveRows {
  /** Newest first. */
  readonly rows: readonly EventRow[]
  /** Came while it was paused, newest last; the oldest are dropped when there are more than `maxRows`. */
  readonly waiting: readonly EventRow[]
  /** That came while it was paused, also those that are not kept. */
  readonly waitingCount: number
  /** The second that the counts below are of. */
  readonly secondMs: number
  readonly inSecond: number
  readonly shownInSecond: number
  /** Of the last whole second, when not all were shown. */
  readonly sample: { readonly shown: number; readonly received: number } | undefined
}

export const noLiveRows: LiveRows = {
  rows: [],
  waiting: [],
  waitingCount: 0,
  secondMs: 0,
  inSecond: 0,
  shownInSecond: 0,
  sample: undefined,
}

/** @param arrived in order of seq. */
export function addLiveRows(
  before: LiveRows,
  arrived: readonly EventRow[],
  { isPaused, nowMs }: { readonly isPaused: boolean; readonly nowMs: number },
): LiveRows {
  const counts = countSecond(before, nowMs)
  const room = liveLimits.maxRowsPerSecond - counts.shownInSecond
  // Of a burst the newest are shown: they are what one would see if one could read as fast.
  const taken = isPaused ? arrived : arrived.slice(-Math.max(0, room) || arrived.length)
  const shown = isPaused || room > 0 ? taken : []
  const inSecond = counts.inSecond + arrived.length
  const shownInSecond = counts.shownInSecond + shown.length
  const next = { ...before, ...counts, inSecond, shownInSecond }
  if (!isPaused) return { ...next, rows: [...shown.toReversed(), ...before.rows].slice(0, liveLimits.maxRows) }
  return {
    ...next,
    waiting: [...before.waiting, ...shown].slice(-liveLimits.maxRows),
    waitingCount: before.waitingCount + arrived.length,
  }
}

/** Everything that waits is shown. */
export function resumeLiveRows(before: LiveRows): LiveRows {
  const rows = [...before.waiting.toReversed(), ...before.rows].slice(0, liveLimits.maxRows)
  return { ...before, rows, waiting: [], waitingCount: 0 }
}

/** To be called also when nothing comes: the words about a burst go with it. */
export function tickLiveRows(before: LiveRows, nowMs: number): LiveRows {
  const counts = countSecond(before, nowMs)
  return counts.secondMs === before.secondMs ? before : { ...before, ...counts }
}

function countSecond(before: LiveRows, nowMs: number) {
  const secondMs = Math.floor(nowMs / 1000) * 1000
  const { inSecond, shownInSecond, sample } = before
  if (secondMs === before.secondMs) return { secondMs, inSecond, shownInSecond, sample }
  const isLast = secondMs - before.secondMs === 1000
  return {
    secondMs,
    inSecond: 0,
    shownInSecond: 0,
    sample: isLast && inSecond > shownInSecond ? { shown: shownInSecond, received: inSecond } : undefined,
  }
}
