/** The arithmetic of a chart over time: equal stretches, stacked values, and what lies under the pointer. No DOM. */

export interface Buckets {
  /** Where each begins, oldest first; they follow each other without gaps. */
  readonly startsMs: readonly number[]
  readonly widthMs: number
}

export interface Range {
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
}

export function rangeOf({ startsMs, widthMs }: Buckets): Range {
  const fromMs = startsMs[0] ?? 0
  return { fromMs, toMs: (startsMs.at(-1) ?? fromMs) + widthMs }
}

/** Sums from the first series up: the last row is the height of the whole. */
export function stack(rows: readonly (readonly number[])[]): number[][] {
  const sums: number[][] = []
  for (const row of rows) {
    const below = sums.at(-1)
    sums.push(row.map((value, index) => value + (below?.[index] ?? 0)))
  }
  return sums
}

/** The bucket that a moment falls into; undefined outside of all. */
export function bucketAt({ startsMs, widthMs }: Buckets, ms: number): number | undefined {
  const first = startsMs[0]
  if (first === undefined) return undefined
  const index = Math.floor((ms - first) / widthMs)
  return index >= 0 && index < startsMs.length ? index : undefined
}

/** Whole buckets under a dragged stretch, whichever way it was dragged. */
export function wholeBuckets(buckets: Buckets, oneMs: number, otherMs: number): Range {
  const { fromMs, toMs } = rangeOf(buckets)
  const { widthMs } = buckets
  const inside = (ms: number) => Math.min(Math.max(ms, fromMs), toMs)
  const low = fromMs + Math.floor((inside(Math.min(oneMs, otherMs)) - fromMs) / widthMs) * widthMs
  const high = fromMs + Math.ceil((inside(Math.max(oneMs, otherMs)) - fromMs) / widthMs) * widthMs
  const from = Math.min(low, toMs - widthMs)
  return { fromMs: from, toMs: Math.max(high, from + widthMs) }
}

/** The top of the axis: the next of 1, 2, 5, 10, … so that it changes rarely while numbers grow. */
export function niceTop(highest: number): number {
  if (!(highest > 0)) return 1
  const magnitude = 10 ** Math.floor(Math.log10(highest))
  const steps = [1, 1.5, 2, 3, 4, 5, 6, 8, 10]
  return magnitude * (steps.find((step) => step * magnitude >= highest) ?? 10)
}

/** As many values as there is room for, each the sum of as many of the given; the newest ones stay together at the end. */
export function coarser(values: readonly number[], max: number): number[] {
  const each = Math.max(1, Math.ceil(values.length / max))
  const sums: number[] = []
  for (let end = values.length; end > 0; end -= each) {
    sums.unshift(values.slice(Math.max(0, end - each), end).reduce((sum, value) => sum + value, 0))
  }
  return sums
}
