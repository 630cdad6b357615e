/** Where a time axis has its labels: round moments on the reader's own clock. No DOM. */

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const stepsMs = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * secondMs),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minuteMs),
  ...[1, 2, 3, 6, 12].map((hours) => hours * hourMs),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((days) => days * dayMs),
]

export interface Ticks {
  readonly stepMs: number
  readonly atMs: readonly number[]
}

/**
 * @param clockOffsetMs how far the reader's clock is ahead of UTC at a moment: it changes with daylight saving.
 * @param max at most this many labels have room.
 */
export function timeTicks(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  max: number,
  clockOffsetMs: (ms: number) => number,
): Ticks {
  const leastMs = (toMs - fromMs) / max
  const yearMs = 364 * dayMs
  const stepMs = stepsMs.find((step) => step >= leastMs) ?? Math.ceil(leastMs / yearMs) * yearMs
  const offsetMs = clockOffsetMs(fromMs)
  const atMs: number[] = []
  for (let clockMs = Math.ceil((fromMs + offsetMs) / stepMs) * stepMs; atMs.length <= max; clockMs += stepMs) {
    // A day that is an hour shorter moves what follows, as far as the step is not smaller than that hour.
    const ms = clockMs - (stepMs > hourMs ? clockOffsetMs(clockMs - offsetMs) : offsetMs)
    if (ms > toMs) break
    if (ms >= fromMs) atMs.push(ms)
  }
  return { stepMs, atMs }
}
