/** One connection for what must happen in the order of the calls: each has it for itself, one after the other. */
import { AppError } from '../../core/errors.ts'
import type { Connection } from './connection.ts'
import type { ConnectionPoolOptions } from './connection-pool.ts'

/** Calls that may wait; the consumer makes two at a time. */
const maxWaiting = 1000

export type WritingLineOptions = Pick<ConnectionPoolOptions, 'open' | 'isCurrent'>

export class WritingLine implements AsyncDisposable {
  readonly #options: WritingLineOptions
  #connection: Connection | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #isClosed = false

  constructor(options: WritingLineOptions) {
    this.#options = options
  }

  async run<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new AppError('store_unavailable', 'the store is closed')
    if (this.#waiting >= maxWaiting) {
      throw new AppError('store_unavailable', 'too many calls are waiting for the store; try again')
    }
    this.#waiting++
    const turn = this.#last.then(async () => work(await this.#connected()))
    this.#last = turn.catch(() => {})
    try {
      return await turn
    } finally {
      this.#waiting--
    }
  }

  /** Resolves when what was called has ended. */
  async settled(): Promise<void> {
    await this.#last
  }

  /** Lets what was called end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
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
