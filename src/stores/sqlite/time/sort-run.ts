/** The events of a run in time order: all of them, and topic by topic. */
import type { RingSlice } from './time-ring.ts'

/** A list of a run: places in `order`. */
export interface SortedList {
  /** 0 is the list of all events. */
  readonly topicId: number
  readonly start: number
  readonly end: number
}

export interface SortedRun {
  /** In ascending order of their topics' ids. */
  readonly lists: readonly SortedList[]
  /** Offsets from the first seq of the run, list after list. */
  readonly order: Int32Array
}

const digitBits = 11
const digitValues = 2 ** digitBits

/** @param breakTies puts offsets with equal odd fraction codes, and everything before them equal, into their exact order. */
export function sortRun(slice: RingSlice, breakTies: (offsets: number[]) => number[]): SortedRun {
  const byTime = sortByTime(slice, breakTies)
  const counts = new Map<number, number>()
  for (const offset of byTime) {
    const topicId = slice.topicIds[offset] ?? 0
    counts.set(topicId, (counts.get(topicId) ?? 0) + 1)
  }
  const lists: SortedList[] = [{ topicId: 0, start: 0, end: byTime.length }]
  const places = new Map<number, number>()
  let start = byTime.length
  for (const topicId of [...counts.keys()].sort((a, b) => a - b)) {
    const end = start + (counts.get(topicId) ?? 0)
    lists.push({ topicId, start, end })
    places.set(topicId, start)
    start = end
  }
  const order = new Int32Array(2 * byTime.length)
  order.set(byTime)
  for (const offset of byTime) {
    const topicId = slice.topicIds[offset] ?? 0
    const place = places.get(topicId) ?? 0
    order[place] = offset
    places.set(topicId, place + 1)
  }
  return { lists, order }
}

/** A radix sort, because it is stable and takes the same time whatever the order was: about a millisecond. */
function sortByTime({ topicIds, ms, fractions }: RingSlice, breakTies: (offsets: number[]) => number[]): Int32Array {
  let offsets = new Int32Array(topicIds.length)
  let count = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let maxFraction = 0
  let hasTies = false
  for (let offset = 0; offset < topicIds.length; offset++) {
    if (topicIds[offset] === 0) continue
    offsets[count++] = offset
    const instant = ms[offset] ?? 0
    if (instant < min) min = instant
    if (instant > max) max = instant
    const fraction = fractions[offset] ?? 0
    if (fraction > maxFraction) maxFraction = fraction
    if (fraction % 2 === 1) hasTies = true
  }
  offsets = offsets.subarray(0, count)
  offsets = sortByNumber(offsets, maxFraction, (offset) => fractions[offset] ?? 0)
  offsets = sortByNumber(offsets, max - min, (offset) => (ms[offset] ?? 0) - min)
  if (!hasTies) return offsets
  for (let start = 0; start < count; ) {
    const first = offsets[start] ?? 0
    let end = start + 1
    while (end < count && ms[offsets[end] ?? 0] === ms[first] && fractions[offsets[end] ?? 0] === fractions[first])
      end++
    if ((fractions[first] ?? 0) % 2 === 1 && end > start + 1) {
      offsets.set(breakTies([...offsets.subarray(start, end)]), start)
    }
    start = end
  }
  return offsets
}

/** @param max the largest number, which says how many passes are needed. */
function sortByNumber(
  offsets: Int32Array<ArrayBuffer>,
  max: number,
  numberOf: (offset: number) => number,
): Int32Array<ArrayBuffer> {
  let from = offsets
  let to = new Int32Array(offsets.length)
  for (let scale = 1; scale <= max; scale *= digitValues) {
    const places = new Int32Array(digitValues + 1)
    for (const offset of from) {
      const digit = Math.floor(numberOf(offset) / scale) % digitValues
      places[digit + 1] = (places[digit + 1] ?? 0) + 1
    }
    for (let digit = 1; digit <= digitValues; digit++) places[digit] = (places[digit] ?? 0) + (places[digit - 1] ?? 0)
    for (const offset of from) {
      const digit = Math.floor(numberOf(offset) / scale) % digitValues
      const place = places[digit] ?? 0
      to[place] = offset
      places[digit] = place + 1
    }
    ;[from, to] = [to, from]
  }
  return from
}
