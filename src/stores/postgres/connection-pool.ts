/** A few connections that are used by turns. Each use has one for itself; those that wait are bounded. */
import { AppError } from '../../core/errors.ts'
import type { Connection } from './connection.ts'

export interface ConnectionPoolOptions {
  readonly open: () => Promise<Connection>
  /** Whether a connection may be used again. */
  readonly isCurrent: (connection: Connection) => boolean
  readonly maxConnections: number
  readonly maxWaiting: number
}

export class ConnectionPool implements AsyncDisposable {
  readonly #options: ConnectionPoolOptions
  readonly #idle: Connection[] = []
  readonly #waiting: PromiseWithResolvers<void>[] = []
  readonly #uses = new Set<Promise<unknown>>()
  #inUse = 0
  #isClosed = false

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
  }

  /** @throws AppError `store_unavailable` when none can be had, or as `run`. */
  use<T>(run: (connection: Connection) => Promise<T>): Promise<T> {
    const use = this.#use(run)
    this.#uses.add(use)
    const end = () => void this.#uses.delete(use)
    use.then(end, end)
    return use
  }

  /** Lets what is under way end, and closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#uses)
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()))
  }

  async #use<T>(run: (connection: Connection) => Promise<T>): Promise<T> {
    await this.#enter()
    let connection: Connection | undefined
    try {
      connection = this.#takeIdle() ?? (await this.#options.open())
      return await run(connection)
    } finally {
      if (connection !== undefined && !connection.isLost) this.#idle.push(connection)
      this.#leave()
    }
  }

  #takeIdle(): Connection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (this.#options.isCurrent(connection)) return connection
      connection.drop('writing goes on elsewhere')
    }
    return undefined
  }

  async #enter(): Promise<void> {
    if (this.#isClosed) throw new AppError('store_unavailable', 'the store is closed')
    if (this.#inUse < this.#options.maxConnections) {
      this.#inUse++
      return
    }
    if (this.#waiting.length >= this.#options.maxWaiting) {
      throw new AppError('store_unavailable', 'too many calls are waiting for the store; try again')
    }
    const turn = Promise.withResolvers<void>()
    this.#waiting.push(turn)
    await turn.promise
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#inUse--
    else next.resolve()
  }
}
