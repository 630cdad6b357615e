/** Where a tab joins a stream that is read for several: it takes what it has not had, and knows when it missed something. No DOM. */
import { type EventRow, eventRowIn } from '../../../src/client/raw-events.ts'
import { covers, type StreamQuestion, type TailFilter, tailMatcher } from './tail-filter.ts'

/** A part of a stream: everything that answers its question with a seq above `since`, up to `through`. */
export interface TailBatch {
  readonly question: StreamQuestion
  readonly since: number
  readonly through: number
  /** JSON texts of events in order of seq. */
  readonly texts: readonly string[]
}

export class TailJoin {
  readonly #filter: TailFilter
  readonly #matches: (row: EventRow) => boolean
  #position: number

  /** @param after the seq up to which everything is known. */
  constructor(filter: TailFilter, after: number) {
    this.#filter = filter
    this.#matches = tailMatcher(filter)
    this.#position = after
  }

  get position(): number {
    return this.#position
  }

  /** @returns the events that are new here; undefined when some before them would be missing. */
  take({ question, since, through, texts }: TailBatch): readonly EventRow[] | undefined {
    if (through <= this.#position) return []
    if (since > this.#position || !covers(question, this.#filter)) return undefined
    const known = this.#position
    this.#position = through
    return texts.map(eventRowIn).filter((row) => row.seq > known && this.#matches(row))
  }
}
