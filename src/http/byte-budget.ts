/** Memory that requests share: each holds what it takes until it is done with it. */
import { AppError } from '../core/errors.ts'

export interface ByteBudgetOptions {
  readonly capacityBytes: number
  /** What a client is told when there is no room. */
  readonly refusal: string
}

/** What one request holds; disposing gives all of it back, once. */
export interface HeldBytes extends Disposable {
  readonly bytes: number
  /** @throws AppError `queue_full` when there is no room; a request that holds all there is may always take more. */
  add(bytes: number): void
}

export class ByteBudget {
  readonly #options: ByteBudgetOptions
  #usedBytes = 0

  constructor(options: ByteBudgetOptions) {
    this.#options = options
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  hold(): HeldBytes {
    let held = 0
    return {
      get bytes() {
        return held
      },
      add: (bytes) => {
        this.#take(bytes, held)
        held += bytes
      },
      [Symbol.dispose]: () => {
        this.#usedBytes -= held
        held = 0
      },
    }
  }

  #take(bytes: number, held: number): void {
    // Otherwise a request that is larger than the budget would never be served.
    const isAlone = this.#usedBytes === held
    const { capacityBytes, refusal } = this.#options
    if (!isAlone && this.#usedBytes + bytes > capacityBytes) throw new AppError('queue_full', refusal)
    this.#usedBytes += bytes
  }
}
