/**
 * Decides which publishes are read. Beyond what the store keeps up with, a request waits a moment with its body unread,
 * so that its client is held back by TCP, and then is told to come again: what is refused costs next to nothing, and
 * what is let in is answered soon.
 */
import type { IncomingMessage } from 'node:http'
import { AppError } from '../core/errors.ts'

export interface PublishGateOptions {
  /** Bodies that are being read, waiting for their commit or being committed; one alone may be larger. */
  readonly capacityBytes: number
  /** Of bodies that arrived while they wait to be read. */
  readonly waitingCapacityBytes: number
  readonly maxWaitMs: number
  /** An announced body that has not arrived by then no longer has its room: otherwise slow clients would shut the gate. */
  readonly arrivalMs: number
}

export const publishGateOptions: PublishGateOptions = {
  // Measured: the store has enough to do with a tenth of it, and works off all of it in a third of a second.
  capacityBytes: 4 * 1024 * 1024,
  waitingCapacityBytes: 16 * 1024 * 1024,
  maxWaitMs: 500,
  arrivalMs: 1000,
}

/** What a request costs besides its body. */
const minRequestBytes = 4 * 1024
/** Of a body, as much as Node reads ahead; also what is set aside for one of which the size is not known. */
const readAheadBytes = 64 * 1024

interface Waiter {
  readonly costBytes: number
  readonly enter: () => void
}

export class PublishGate {
  readonly #options: PublishGateOptions
  /** First come, first served. */
  readonly #waiters = new Set<Waiter>()
  #usedBytes = 0
  #waitingBytes = 0

  constructor(options: PublishGateOptions = publishGateOptions) {
    this.#options = options
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Requests that wait to be read. */
  get waiting(): number {
    return this.#waiters.size
  }

  /**
   * To be called before anything of the body is read; disposing what is returned gives the place back.
   *
   * @param bodyBytes that will be held at once; 0 when it is not known.
   * @throws AppError `queue_full` when too many wait, or there was no room in time; `invalid_request` when the client has gone.
   */
  async enter(request: IncomingMessage, bodyBytes: number): Promise<Disposable> {
    const costBytes = Math.max(minRequestBytes, bodyBytes || readAheadBytes)
    if (this.#waiters.size === 0 && this.#hasRoomFor(costBytes)) this.#usedBytes += costBytes
    else await this.#wait(costBytes)
    if (request.destroyed) {
      this.#giveBack(costBytes)
      throw new AppError('invalid_request', 'the connection was closed before the body was read')
    }
    return this.#place(request, costBytes)
  }

  #place(request: IncomingMessage, costBytes: number): Disposable {
    let heldBytes = costBytes
    const giveBackTo = (bytes: number) => {
      this.#giveBack(heldBytes - bytes)
      heldBytes = bytes
    }
    const lapse = () => {
      if (!request.complete) giveBackTo(Math.min(heldBytes, readAheadBytes))
    }
    const mayLapse = costBytes > readAheadBytes && !request.complete
    const timer = mayLapse ? setTimeout(lapse, this.#options.arrivalMs) : undefined
    return {
      [Symbol.dispose]: () => {
        clearTimeout(timer)
        giveBackTo(0)
      },
    }
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.#options.capacityBytes
  }

  #giveBack(bytes: number): void {
    this.#usedBytes -= bytes
    this.#admitWaiters()
  }

  #admitWaiters(): void {
    for (const { costBytes, enter } of this.#waiters) {
      if (!this.#hasRoomFor(costBytes)) return
      this.#usedBytes += costBytes
      enter()
    }
  }

  /** Resolves when the waiter's bytes are taken. */
  #wait(costBytes: number): Promise<void> {
    const { waitingCapacityBytes, maxWaitMs } = this.#options
    const bufferedBytes = Math.min(costBytes, readAheadBytes)
    if (this.#waitingBytes + bufferedBytes > waitingCapacityBytes) throw tooMany()
    this.#waitingBytes += bufferedBytes
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer)
        this.#waiters.delete(waiter)
        this.#waitingBytes -= bufferedBytes
      }
      const waiter: Waiter = {
        costBytes,
        enter() {
          leave()
          resolve()
        },
      }
      const timer = setTimeout(() => {
        leave()
        this.#admitWaiters()
        reject(tooMany())
      }, maxWaitMs)
      this.#waiters.add(waiter)
    })
  }
}

function tooMany(): AppError {
  return new AppError('queue_full', 'more is published than can be stored; try again')
}
