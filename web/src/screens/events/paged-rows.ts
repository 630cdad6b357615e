/**
 * A long list that the server gives in pages. All pages that were ever read keep their place, so that nothing moves; only the
 * ones near what is looked at keep their rows, and the others are asked for again. No DOM.
 */
import type { ListRow } from './list-row.ts'

export interface FoundPage {
  readonly rows: readonly ListRow[]
  readonly nextCursor: string | undefined
  readonly isPartial: boolean
}

interface Page {
  /** Undefined: the first. */
  readonly cursor: string | undefined
  /** Of its first row in the list. */
  readonly start: number
  readonly count: number
  rows: readonly ListRow[] | undefined
}

/** A page to be asked for. */
export interface PageRequest {
  readonly index: number
  readonly cursor: string | undefined
}

/** A taller document is cut off by some browsers. */
const maxRows = 500_000

export type ListEnd = 'more' | 'partial' | 'end' | 'full'

export class PagedRows {
  #pages: Page[] = []
  #nextCursor: string | undefined
  #isPartial = false

  get length(): number {
    const last = this.#pages.at(-1)
    return last === undefined ? 0 : last.start + last.count
  }

  get isEmpty(): boolean {
    return this.#pages.length === 0
  }

  /** What comes after the last known row. `partial`: the server ran out of time, and goes on when asked to. */
  get end(): ListEnd {
    if (this.isEmpty) return 'more'
    if (this.#nextCursor === undefined) return 'end'
    if (this.length >= maxRows) return 'full'
    return this.#isPartial ? 'partial' : 'more'
  }

  get next(): PageRequest {
    return { index: this.#pages.length, cursor: this.#nextCursor }
  }

  at(index: number): ListRow | undefined {
    const page = this.#pages[this.#pageOf(index)]
    return page?.rows?.[index - page.start]
  }

  /** Rows in memory with their places in the list. */
  *loaded(): Generator<readonly [index: number, row: ListRow]> {
    for (const { rows, start } of this.#pages) for (const [at, row] of (rows ?? []).entries()) yield [start + at, row]
  }

  /** The first page with rows between two places that is not in memory. */
  missing(first: number, last: number): PageRequest | undefined {
    for (let index = this.#pageOf(first); index <= this.#pageOf(last); index++) {
      const page = this.#pages[index]
      if (page !== undefined && page.rows === undefined) return { index, cursor: page.cursor }
    }
    return undefined
  }

  put({ index, cursor }: PageRequest, { rows, nextCursor, isPartial }: FoundPage): void {
    const before = this.#pages[index]
    const following = this.#pages[index + 1]
    if (before !== undefined && following !== undefined) {
      // What came meanwhile may have moved the page's end: then what was known of the rest is no longer so.
      if (before.count === rows.length && following.cursor === nextCursor) {
        before.rows = rows
        return
      }
      this.#pages.length = index + 1
    }
    const start = index === 0 ? 0 : (this.#pages[index - 1]?.start ?? 0) + (this.#pages[index - 1]?.count ?? 0)
    this.#pages[index] = { cursor, start, count: rows.length, rows }
    this.#nextCursor = nextCursor
    this.#isPartial = isPartial
  }

  /**
   * Forgets the rows of pages that are furthest from a place, until no more than `max` rows are in memory. The first page
   * stays: asked for again it would have the newest events, and everything would move.
   */
  keepNear(place: number, max: number): void {
    const loaded = this.#pages.slice(1).filter(({ rows }) => rows !== undefined)
    const distance = ({ start, count }: Page) => Math.max(start - place, place - (start + count - 1), 0)
    let kept = loaded.reduce((sum, { count }) => sum + count, this.#pages[0]?.count ?? 0)
    for (const page of loaded.toSorted((a, b) => distance(b) - distance(a))) {
      if (kept <= max || distance(page) === 0) return
      page.rows = undefined
      kept -= page.count
    }
  }

  #pageOf(index: number): number {
    let low = 0
    let high = this.#pages.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#pages[middle]?.start ?? 0) <= index) low = middle
      else high = middle - 1
    }
    return low
  }
}
