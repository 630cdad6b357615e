/** What each topic, or each source, received in one bucket of a rollup: in memory, and which of them are rows. Bounded. */
import type { ReceivedCounts } from '../../rates.ts'

export interface NameCell extends ReceivedCounts {
  readonly name: string
  /** Has counts that are not in its row. */
  isDirty: boolean
  isRow: boolean
}

export interface RateNamesLimits {
  /** In memory; names that come when there are so many are not counted. */
  readonly maxTracked: number
  /** Rows; those that received most. */
  readonly maxNames: number
}

/** @typeParam K what stands for a name where events are counted. */
export class RateNames<K> {
  readonly #limits: RateNamesLimits
  readonly #own: (key: K) => readonly [K, string]
  readonly #cells: Map<K, NameCell>

  /** @param own the key to keep, and its name. @param cells of the rows that are there. */
  constructor(limits: RateNamesLimits, own: (key: K) => readonly [K, string], cells: Iterable<readonly [K, NameCell]>) {
    this.#limits = limits
    this.#own = own
    this.#cells = new Map(cells)
  }

  add(counts: ReadonlyMap<K, ReceivedCounts>): void {
    for (const [key, received] of counts) {
      let cell = this.#cells.get(key)
      if (cell === undefined) {
        if (this.#cells.size >= this.#limits.maxTracked) continue
        const [kept, name] = this.#own(key)
        cell = newCell(name)
        this.#cells.set(kept, cell)
      }
      addCounts(cell, received)
    }
  }

  /** What has to be written, and rows that are no longer among the largest. */
  changes(): { readonly put: readonly NameCell[]; readonly remove: readonly NameCell[] } {
    const cells = [...this.#cells.values()]
    const isLargest = this.#chooseLargest(cells)
    return {
      put: cells.filter((cell) => isLargest(cell) && (cell.isDirty || !cell.isRow)),
      remove: cells.filter((cell) => cell.isRow && !isLargest(cell)),
    }
  }

  #chooseLargest(cells: readonly NameCell[]): (cell: NameCell) => boolean {
    const { maxNames } = this.#limits
    if (cells.length <= maxNames) return () => true
    const sorted = Float64Array.from(cells, receivedBy).sort()
    const smallest = sorted[sorted.length - maxNames] ?? 0
    const larger = new Set(cells.filter((cell) => receivedBy(cell) > smallest))
    // Of those that are alike the ones that are rows already, so that nothing is written to and fro.
    const alike = cells.filter((cell) => receivedBy(cell) === smallest)
    const chosen = alike.sort((a, b) => Number(b.isRow) - Number(a.isRow)).slice(0, maxNames - larger.size)
    for (const cell of chosen) larger.add(cell)
    return (cell) => larger.has(cell)
  }
}

export function newCell(name: string): NameCell {
  return { name, events: 0, duplicates: 0, conflicts: 0, isDirty: false, isRow: false }
}

export function addCounts(cell: NameCell, { events, duplicates, conflicts }: ReceivedCounts): void {
  cell.events += events
  cell.duplicates += duplicates
  cell.conflicts += conflicts
  cell.isDirty = true
}

function receivedBy({ events, duplicates }: NameCell): number {
  return events + duplicates
}
