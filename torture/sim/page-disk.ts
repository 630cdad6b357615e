/** The pages of the dedup index on the simulated disk: every change is kept with what was there before, so that it can be lost. */
import type { IndexPages, StoredState } from '../../src/stores/sqlite/dedup/index-pages.ts'
import { IndexDamagedError } from '../../src/stores/sqlite/index-damaged-error.ts'

/** Takes one change back. */
export type PageUndo = () => void

export class PageDisk implements IndexPages {
  readonly #levels = [0, 1, 2].map(() => new Map<number, Int32Array>())
  readonly #chunks = new Map<number, Int32Array>()
  readonly #states = new Map<number, StoredState>()
  #changes: PageUndo[] = []

  /** What has changed since this was last asked: a transaction. */
  takeChanges(): readonly PageUndo[] {
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  /** Takes the changes of a transaction back; the newest transaction goes first. */
  revert(changes: readonly PageUndo[]): void {
    for (const undo of changes.toReversed()) undo()
  }

  readPage(level: 0 | 1 | 2, id: number): Int32Array {
    const page = this.#level(level).get(id)
    if (page === undefined) throw new IndexDamagedError('dedup', `page ${id} of level ${level} is missing`)
    return page
  }

  writePage(level: 0 | 1 | 2, id: number, entries: Int32Array): void {
    if (this.#level(level).has(id)) throw new IndexDamagedError('dedup', `page ${id} is there before its time`)
    this.#change(this.#level(level), id, entries.slice())
  }

  *pagesFrom(level: 0 | 1 | 2, firstId: number): Iterable<{ readonly id: number; readonly entries: Int32Array }> {
    const ids = [...this.#level(level).keys()].filter((id) => id >= firstId).sort((a, b) => a - b)
    for (const id of ids) yield { id, entries: this.readPage(level, id) }
  }

  deletePagesBelow(level: 0 | 1 | 2, bound: number, maxPages: number): number {
    const below = [...this.#level(level).keys()].filter((id) => id < bound).sort((a, b) => a - b)
    const ids = below.slice(0, maxPages)
    for (const id of ids) this.#change(this.#level(level), id, undefined)
    return ids.length
  }

  readChunk(id: number): Int32Array | undefined {
    return this.#chunks.get(id)
  }

  writeChunk(id: number, words: Int32Array): void {
    this.#change(this.#chunks, id, words.slice())
  }

  readState(): StoredState | undefined {
    const stored = this.#states.get(0)
    return stored && copyOf(stored)
  }

  writeState(stored: StoredState): void {
    this.#change(this.#states, 0, copyOf(stored))
  }

  clear(): void {
    for (const level of this.#levels) this.#removeAll(level)
    this.#removeAll(this.#chunks)
    this.#removeAll(this.#states)
  }

  #level(level: 0 | 1 | 2): Map<number, Int32Array> {
    return this.#levels[level] as Map<number, Int32Array>
  }

  #removeAll<C>(pieces: Map<number, C>): void {
    for (const id of [...pieces.keys()]) this.#change(pieces, id, undefined)
  }

  #change<C>(pieces: Map<number, C>, id: number, after: C | undefined): void {
    const before = pieces.get(id)
    const put = (content: C | undefined) => (content === undefined ? pieces.delete(id) : pieces.set(id, content))
    this.#changes.push(() => put(before))
    put(after)
  }
}

/** The index goes on changing the numbers that it gave. */
function copyOf({ state: { runs, pages }, seed, isBuilding }: StoredState): StoredState {
  return { state: { runs: [...runs], pages: [...pages] }, seed, isBuilding }
}
