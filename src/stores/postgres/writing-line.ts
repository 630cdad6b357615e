/**
 * What must happen in the order of the calls. Two connections take turns: while one writes, the other looks up what the next
 * call needs, and what that call writes waits in the server until it may.
 */
import { AppError } from '../../core/errors.ts'
import type { Connection } from './connection.ts'
import type { ConnectionPoolOptions } from './connection-pool.ts'

export interface WritingTask<Found, Result> {
  /** While calls before this one still write. */
  look(connection: Connection): Promise<Found>
  /**
   * On the same connection as the look, when all calls before this one have ended or passed their turn.
   *
   * @param passTurn to be called when nothing that a later call writes can come before this one; its end does it too.
   */
  write(connection: Connection, found: Found, passTurn: () => void): Promise<Result>
}

/** What needs no look. */
export function writingTask<Result>(write: (connection: Connection) => Promise<Result>): WritingTask<void, Result> {
  return { look: async () => {}, write }
}

export type WritingLineOptions = Pick<ConnectionPoolOptions, 'open' | 'isCurrent'>

/** Calls that may wait; the consumer makes two at a time. */
const maxWaiting = 1000
const connections = 2

export class WritingLine implements AsyncDisposable {
  readonly #places: readonly WritingPlace[]
  #calls = 0
  #turn: Promise<void> = Promise.resolve()
  #lastEnd: Promise<void> = Promise.resolve()
  #waiting = 0
  #isClosed = false

  constructor(options: WritingLineOptions) {
    this.#places = Array.from({ length: connections }, () => new WritingPlace(options))
  }

  /** Ends after the calls before it have ended, whichever answer came first. */
  async run<Found, Result>(task: WritingTask<Found, Result>): Promise<Result> {
    if (this.#isClosed) throw new AppError('store_unavailable', 'the store is closed')
    if (this.#waiting >= maxWaiting) {
      throw new AppError('store_unavailable', 'too many calls are waiting for the store; try again')
    }
    this.#waiting++
    const turn = this.#turn
    const passed = Promise.withResolvers<void>()
    this.#turn = passed.promise
    const endBefore = this.#lastEnd
    const ended = Promise.withResolvers<void>()
    this.#lastEnd = ended.promise
    try {
      const place = this.#places[this.#calls++ % connections]
      if (place === undefined) throw new RangeError('there is a place for every call')
      return await place.use(async (connection) => {
        const found = await task.look(connection)
        await turn
        return task.write(connection, found, passed.resolve)
      })
    } finally {
      // In order also for whoever comes after a call that had no turn of its own.
      void turn.then(passed.resolve)
      await endBefore
      ended.resolve()
      this.#waiting--
    }
  }

  /** Resolves when what was called has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#places.map((place) => place.settled()))
  }

  /** Lets what was called end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#places.map((place) => place.close()))
  }
}

/** One connection, used by one call after the other. */
class WritingPlace {
  readonly #options: WritingLineOptions
  #connection: Connection | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: WritingLineOptions) {
    this.#options = options
  }

  use<T>(run: (connection: Connection) => Promise<T>): Promise<T> {
    const use = this.#last.then(async () => run(await this.#connected()))
    this.#last = use.catch(() => {})
    return use
  }

  async settled(): Promise<void> {
    await this.#last
  }

  async close(): Promise<void> {
    await this.#last
    await this.#connection?.close()
  }

  async #connected(): Promise<Connection> {
    const { open, isCurrent } = this.#options
    if (this.#connection !== undefined && isCurrent(this.#connection)) return this.#connection
    this.#connection?.drop('writing goes on elsewhere')
    this.#connection = await open()
    return this.#connection
  }
}
