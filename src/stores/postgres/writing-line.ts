/** One connection for what must happen in the order of the calls: each has it for itself, one after the other. */
import { AppError } from '../../core/errors.ts'
import type { Connection } from './connection.ts'

/** Calls that may wait; the consumer makes two at a time. */
const maxWaiting = 1000

export class WritingLine implements AsyncDisposable {
  readonly #open: () => Promise<Connection>
  #connection: Connection | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #isClosed = false

  constructor(open: () => Promise<Connection>) {
    this.#open = open
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

  /** Lets what was called end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#last
    await this.#connection?.close()
  }

  async #connected(): Promise<Connection> {
    if (this.#connection === undefined || this.#connection.isLost) this.#connection = await this.#open()
    return this.#connection
  }
}
