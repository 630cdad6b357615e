/** The waiting room between publishers and the consumer. Bounded by events and by bytes; knows nothing of stores. */
import { AppError } from '../core/errors.ts'
import type { AppendResult } from '../core/event-store.ts'
import type { PackedEvents } from '../core/packed-events.ts'

export interface BoundedQueueOptions {
  readonly capacityEvents: number
  readonly capacityBytes: number
  /** How long a batch waits for room, in milliseconds. */
  readonly maxWaitMs: number
}

/** One publisher's batch; it enters the queue, a group and the store whole. */
export interface QueuedBatch {
  readonly events: PackedEvents
  readonly bytes: number
  /** Settled by the consumer after the commit. */
  readonly outcome: PromiseWithResolvers<readonly AppendResult[]>
}

interface Waiter {
  readonly batch: QueuedBatch
  readonly enter: () => void
}

export class BoundedQueue {
  readonly capacityEvents: number
  readonly #capacityBytes: number
  readonly #maxWaitMs: number
  #batches: QueuedBatch[] = []
  /** First come, first served: a large batch at the head is not overtaken for ever by small ones. */
  readonly #waiters = new Set<Waiter>()
  #events = 0
  #bytes = 0

  constructor(options: BoundedQueueOptions) {
    this.capacityEvents = options.capacityEvents
    this.#capacityBytes = options.capacityBytes
    this.#maxWaitMs = options.maxWaitMs
  }

  /** Events in the queue; those waiting for room are not counted. */
  get size(): number {
    return this.#events
  }

  get bytes(): number {
    return this.#bytes
  }

  /**
   * Puts a batch in as a whole, waiting for room if there is none. A batch larger than the queue enters an empty one.
   *
   * @throws AppError `queue_full` when there was no room within `maxWaitMs`; nothing was put in.
   */
  put(batch: QueuedBatch): void | Promise<void> {
    if (this.#waiters.size === 0 && this.#hasRoomFor(batch)) {
      this.#add(batch)
      return
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        batch,
        enter: () => {
          clearTimeout(timer)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter)
        this.#admitWaiters()
        reject(new AppError('queue_full', `no room in the queue for ${batch.events.length} events; try again`))
      }, this.#maxWaitMs)
      this.#waiters.add(waiter)
    })
  }

  /** Takes whole batches from the head, at least one if there is any, up to `maxEvents` events. */
  take(maxEvents: number): QueuedBatch[] {
    let count = 0
    let events = 0
    for (const batch of this.#batches) {
      if (count > 0 && events + batch.events.length > maxEvents) break
      count++
      events += batch.events.length
      this.#bytes -= batch.bytes
    }
    this.#events -= events
    const taken = this.#batches
    this.#batches = taken.splice(count)
    this.#admitWaiters()
    return taken
  }

  #hasRoomFor(batch: QueuedBatch): boolean {
    if (this.#events === 0) return true
    return this.#events + batch.events.length <= this.capacityEvents && this.#bytes + batch.bytes <= this.#capacityBytes
  }

  #admitWaiters(): void {
    for (const waiter of this.#waiters) {
      if (!this.#hasRoomFor(waiter.batch)) return
      this.#waiters.delete(waiter)
      this.#add(waiter.batch)
      waiter.enter()
    }
  }

  #add(batch: QueuedBatch): void {
    this.#batches.push(batch)
    this.#events += batch.events.length
    this.#bytes += batch.bytes
  }
}
