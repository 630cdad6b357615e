/** Merges sorted sources, opening each only when its first entry may be next. */
import type { CompareEntries, TimeEntry } from './time-entry.ts'

export interface Source {
  /** No entry of the source comes before it. */
  readonly bound: TimeEntry
  open(): Iterator<TimeEntry>
}

interface Head {
  readonly entry: TimeEntry
  readonly rest: Iterator<TimeEntry>
}

/** @param compare the order of every source, and of what comes out. */
export function* mergeSources(sources: readonly Source[], compare: CompareEntries): Generator<TimeEntry> {
  const closed = sources.toSorted((a, b) => compareBounds(compare, b.bound, a.bound))
  /** A binary heap, the next entry first. */
  const heads: Head[] = []
  const advance = (rest: Iterator<TimeEntry>) => {
    const { value, done } = rest.next()
    if (done !== true) pushHead(heads, { entry: value, rest }, compare)
  }
  for (;;) {
    for (let next = closed.at(-1); next !== undefined; next = closed.at(-1)) {
      const [first] = heads
      if (first !== undefined && compareBounds(compare, next.bound, first.entry) > 0) break
      closed.pop()
      advance(next.open())
    }
    const head = popHead(heads, compare)
    if (head === undefined) return
    yield head.entry
    advance(head.rest)
  }
}

/** Bounds are no events: only their instants count, and where those do not decide, the source is opened. */
function compareBounds(compare: CompareEntries, a: TimeEntry, b: TimeEntry): number {
  return a.ms === b.ms && a.fraction === b.fraction ? 0 : compare(a, b)
}

function pushHead(heads: Head[], head: Head, compare: CompareEntries): void {
  let at = heads.length
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heads[parent] as Head
    if (compare(above.entry, head.entry) <= 0) break
    heads[at] = above
    at = parent
  }
  heads[at] = head
}

function popHead(heads: Head[], compare: CompareEntries): Head | undefined {
  const first = heads[0]
  const last = heads.pop()
  if (first === undefined || last === undefined || heads.length === 0) return first
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heads.length) break
    const [left, right] = [heads[child] as Head, heads[child + 1]]
    if (right !== undefined && compare(right.entry, left.entry) < 0) child++
    const below = heads[child] as Head
    if (compare(below.entry, last.entry) >= 0) break
    heads[at] = below
    at = child
  }
  heads[at] = last
  return first
}
