/** How wide the buckets of a chart are: widths that people read off a clock. */

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** Ascending; each divides a later one often enough that buckets begin at round times. Milliseconds. */
const widthsMs: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 30].map((count) => count * second),
  ...[1, 2, 5, 10, 30].map((count) => count * minute),
  ...[1, 2, 3, 6, 12].map((count) => count * hour),
  ...[1, 2, 7, 28, 91, 364, 728, 1820, 3640, 7280, 18_200, 36_400].map((count) => count * day),
]

/** A bucket that is wider begins long before the first year there is. */
export const maxWidthMs = 36_400 * day

export interface Buckets {
  /** Of the first one: a multiple of the width. */
  readonly startMs: number
  readonly widthMs: number
  readonly count: number
}

export interface WidthRule {
  /** At most so many, 2 or more: a range that holds a multiple of every width, such as 1970, cannot do with one. */
  readonly maxBuckets: number
  /** Only multiples of it, milliseconds. */
  readonly stepMs: number
}

/** The narrowest buckets that are few enough. @param endMs exclusive, above `startMs`. */
export function bucketsFor(startMs: number, endMs: number, { maxBuckets, stepMs }: WidthRule): Buckets {
  for (const widthMs of widthsMs) {
    if (widthMs % stepMs !== 0) continue
    const buckets = bucketsOf(startMs, endMs, widthMs)
    if (buckets.count <= maxBuckets) return buckets
  }
  // Centuries in very few buckets.
  return bucketsOf(startMs, endMs, Math.ceil((endMs - startMs) / (maxBuckets - 1) / day) * day)
}

/** Buckets of this width over a range. */
export function bucketsOf(startMs: number, endMs: number, widthMs: number): Buckets {
  const first = Math.floor(startMs / widthMs)
  return { startMs: first * widthMs, widthMs, count: Math.ceil(endMs / widthMs) - first }
}
