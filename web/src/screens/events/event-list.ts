/**
 * The list of events that the screen shows: pages as the reader scrolls and, on top of them, what comes while it is followed.
 * The two meet at one seq: pages have everything up to it, the stream everything after it, so nothing is missing or twice.
 */

import { eventRowsIn } from '../../../../src/client/raw-events.ts'
import type { StatsAnswer } from '../../../../src/http/wire-types.ts'
import { ApiError, getJson, getText } from '../../api/client.ts'
import { type Follower, followTail } from '../../api/shared-tail.ts'
import type { TailState } from '../../api/tail-state.ts'
import type { Order, Question } from './events-view.ts'
import { type ListRow, listRowOf } from './list-row.ts'
import { LiveRows } from './live-rows.ts'
import { type ListEnd, PagedRows, type PageRequest } from './paged-rows.ts'

export interface EventListOptions {
  readonly question: Question
  readonly order: Order
  readonly isLive: boolean
  /** Something else is to be painted. */
  readonly onChange: () => void
}

const pageEvents = 500
/** In memory, live ones and pages together. */
const maxRows = 5000
/** The next page is asked for while so many rows are still ahead. */
const aheadRows = 150

export type PauseReason = 'scroll' | 'selection' | 'row' | 'hand'

export class EventList {
  readonly #options: EventListOptions
  readonly #gone = new AbortController()
  readonly #live = new LiveRows(Date.now())
  readonly #pages = new PagedRows()
  #follower: Follower | undefined
  /** Pages end and the stream begins here; undefined when nobody follows. */
  #joinSeq: number | undefined
  #pause: PauseReason | undefined
  #tailState: TailState | undefined
  #error: ApiError | undefined
  #loading: PageRequest | undefined

  constructor(options: EventListOptions) {
    this.#options = options
    void this.#load(this.#pages.next)
  }

  get length(): number {
    return this.#live.length + (this.#live.isCut ? 0 : this.#pages.length)
  }

  /** The first page is there. */
  get isReady(): boolean {
    return !this.#pages.isEmpty
  }

  /** `cut`: what came before the live rows is no longer kept. */
  get end(): ListEnd | 'cut' {
    return this.#live.isCut ? 'cut' : this.#pages.end
  }

  get error(): ApiError | undefined {
    return this.#error
  }

  get live(): Pick<LiveRows, 'length' | 'waitingCount' | 'skippedCount' | 'lastSecond'> {
    return this.#live
  }

  get tailState(): TailState | undefined {
    return this.#tailState
  }

  get pause(): PauseReason | undefined {
    return this.#pause
  }

  at(index: number): ListRow | undefined {
    const { length } = this.#live
    return index < length ? this.#live.at(index) : this.#pages.at(index - length)
  }

  /** Rows in memory with their places, from the top. */
  *loaded(): Generator<readonly [index: number, row: ListRow]> {
    const { length, isCut } = this.#live
    for (let index = 0; index < length; index++) {
      const row = this.#live.at(index)
      if (row !== undefined) yield [index, row]
    }
    if (!isCut) for (const [index, row] of this.#pages.loaded()) yield [length + index, row]
  }

  /** Rows from `first` to `last` are looked at: what is missing of them, or comes soon, is asked for. */
  look(first: number, last: number): void {
    if (
      this.#gone.signal.aborted ||
      this.#loading !== undefined ||
      this.#error !== undefined ||
      !this.isReady ||
      this.#live.isCut
    )
      return
    const { length } = this.#live
    const missing = this.#pages.missing(Math.max(0, first - length), Math.max(0, last - length))
    const isNearEnd = last >= this.length - aheadRows
    if (missing !== undefined) void this.#load(missing)
    else if (isNearEnd && this.#pages.end === 'more') void this.#load(this.#pages.next)
    else this.#pages.keepNear(first - length, Math.max(2 * pageEvents, maxRows - length))
  }

  /** After an error, or where the server ran out of time. */
  goOn(): void {
    if (this.#loading === undefined) void this.#load(this.#pages.next)
  }

  setPause(reason: PauseReason): void {
    if (this.#joinSeq === undefined || this.#pause !== undefined) return
    this.#pause = reason
    this.#live.pause()
    this.#options.onChange()
  }

  resume(): void {
    if (this.#pause === undefined) return
    this.#pause = undefined
    this.#live.resume()
    this.#options.onChange()
  }

  /** Does not wait to be connected again. */
  hurry(): void {
    this.#follower?.hurry()
  }

  /** What is there stays. */
  unfollow(): void {
    this.#follower?.[Symbol.dispose]()
    this.#follower = undefined
    this.#tailState = undefined
    this.resume()
    this.#options.onChange()
  }

  /** Stands still from now on: asks for nothing and follows nothing. */
  stop(): void {
    this.#gone.abort()
    this.#follower?.[Symbol.dispose]()
  }

  async #load(request: PageRequest): Promise<void> {
    const { question, order, isLive, onChange } = this.#options
    const { signal } = this.#gone
    this.#loading = request
    this.#error = undefined
    try {
      // Asked before the first page: everything up to this seq is in the pages.
      if (isLive && this.#joinSeq === undefined) {
        const { store } = await getJson<StatsAnswer>('stats', {}, signal)
        this.#joinSeq = store.last_seq
      }
      const parameters = { ...question, order, limit: pageEvents, cursor: request.cursor }
      const { rows, nextCursor, isPartial } = eventRowsIn(await getText('events', parameters, signal))
      const joinSeq = this.#joinSeq ?? Number.POSITIVE_INFINITY
      const known = rows.filter(({ seq }) => seq <= joinSeq)
      this.#pages.put(request, { rows: known.map(listRowOf), nextCursor, isPartial })
      if (isLive && request.index === 0 && !signal.aborted) this.#follow()
    } catch (error) {
      if (signal.aborted) return
      this.#error = error instanceof ApiError ? error : new ApiError('the answer could not be read', { cause: error })
    }
    this.#loading = undefined
    onChange()
  }

  #follow(): void {
    const { question, onChange } = this.#options
    if (this.#follower !== undefined) return
    this.#follower = followTail({
      filter: {
        topic: question.topic,
        source: question.source,
        text: question.q,
        fromMs: question.from === undefined ? undefined : Date.parse(question.from),
      },
      after: this.#joinSeq ?? 0,
      onRows: (rows) => {
        this.#live.add(rows, Date.now())
        onChange()
      },
      onState: (state) => {
        this.#tailState = state
        onChange()
      },
    })
  }
}
