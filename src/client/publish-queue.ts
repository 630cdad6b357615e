/** What waits to be sent: in order, bounded by count and bytes, events under way included. Knows nothing of requests. */
import type { ClientError } from './client-error.ts'
import type { PublishResult } from './post-batch.ts'
import type { EncodedEvent } from './published-event.ts'

export interface QueuedEvent extends EncodedEvent {
  /** Counts what this publisher took, from 1; settled in this order. */
  readonly ordinal: number
  /** Monotonic. */
  readonly takenAtMs: number
  /** Undefined where nobody waits for it. */
  readonly waiter: Waiter | undefined
  /** Nobody wants it any more: it is left out of the batches to come. */
  isCancelled: boolean
}

export interface Waiter {
  readonly resolve: (result: PublishResult) => void
  readonly reject: (reason: unknown) => void
}

/** Why an enqueued event will not be stored, or is not known to be. */
export interface Loss {
  /** The event as it was or would have been sent, with its `event_id`; empty when it cannot be an event. */
  readonly text: string
  /** Why; `retryable` says whether handing over `text` again may help. With its `event_id` that is always safe. */
  readonly error: ClientError
}

export interface QueueBounds {
  readonly maxEvents: number
  readonly maxBytes: number
}

export class PublishQueue {
  readonly #bounds: QueueBounds
  /** The first `#head` are gone; the array is cut now and then. */
  #events: QueuedEvent[] = []
  #head = 0
  #queuedBytes = 0
  #underWay: readonly QueuedEvent[] = []
  #underWayBytes = 0

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds
  }

  /** Waiting and under way. */
  get size(): number {
    return this.waiting + this.#underWay.length
  }

  get bytes(): number {
    return this.#queuedBytes + this.#underWayBytes
  }

  /** Not under way. */
  get waiting(): number {
    return this.#events.length - this.#head
  }

  get oldestWaiting(): QueuedEvent | undefined {
    return this.#events[this.#head]
  }

  /** The first that is not settled. */
  get oldest(): QueuedEvent | undefined {
    return this.#underWay[0] ?? this.oldestWaiting
  }

  hasRoomFor({ bytes }: EncodedEvent): boolean {
    return this.size < this.#bounds.maxEvents && this.bytes + bytes <= this.#bounds.maxBytes
  }

  /** Whether there would be room if nothing but what is under way were here. */
  couldHold({ bytes }: EncodedEvent): boolean {
    return this.#underWay.length < this.#bounds.maxEvents && this.#underWayBytes + bytes <= this.#bounds.maxBytes
  }

  push(event: QueuedEvent): void {
    this.#events.push(event)
    this.#queuedBytes += event.bytes
  }

  /** The oldest that is not under way, which is then no longer here. */
  shift(): QueuedEvent | undefined {
    const event = this.#events[this.#head]
    if (event === undefined) return undefined
    this.#head++
    this.#queuedBytes -= event.bytes
    if (this.#head > 1024 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head)
      this.#head = 0
    }
    return event
  }

  /** Whether waiting for more would not make the next batch larger. */
  holdsFullBatch({ maxEvents, maxBytes }: QueueBounds): boolean {
    return this.waiting >= maxEvents || this.#queuedBytes >= maxBytes
  }

  /** The next batch; an event that is larger than `maxBytes` travels alone. It is under way until `settle`. */
  take({ maxEvents, maxBytes }: QueueBounds): readonly QueuedEvent[] {
    const batch: QueuedEvent[] = []
    let bytes = 0
    for (let next = this.oldestWaiting; next !== undefined; next = this.oldestWaiting) {
      const isFull = batch.length >= maxEvents || (batch.length > 0 && bytes + next.bytes > maxBytes)
      if (isFull) break
      this.shift()
      if (next.isCancelled) continue
      batch.push(next)
      bytes += next.bytes
    }
    this.#underWay = batch
    this.#underWayBytes = bytes
    return batch
  }

  /** What was under way is no longer. */
  settle(): void {
    this.#underWay = []
    this.#underWayBytes = 0
  }
}
