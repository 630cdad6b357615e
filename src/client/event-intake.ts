/** How events come into a publisher's queue: straight, as here, or through a spool (spooled-intake.ts). */
import { ClientError } from './client-error.ts'
import type { PublishQueue, QueuedEvent, Waiter } from './publish-queue.ts'
import type { EncodedEvent } from './published-event.ts'
import type { Limits } from './publisher-options.ts'

export interface EventIntake {
  /** Of the event that was taken last; 0 before the first. */
  readonly lastOrdinal: number
  /** Of the first event that was taken and is not settled. */
  readonly oldestOrdinal: number | undefined

  /** @throws ClientError when there is no room, and none is waited for. */
  take(event: EncodedEvent, waiter: Waiter | undefined): QueuedEvent
  /** Fills the queue when there is room again. */
  refill(): void
  /** Takes out everything that is not under way. */
  drain(): Iterable<QueuedEvent>
}

export interface IntakeOptions {
  readonly queue: PublishQueue
  readonly limits: Limits
  readonly monotonicMs: () => number
  readonly onDrop: (event: QueuedEvent, error: ClientError) => void
}

export class MemoryIntake implements EventIntake {
  readonly #options: IntakeOptions
  /** For room, in order; at most as many as fit into the queue. */
  #line: QueuedEvent[] = []
  #lineBytes = 0
  lastOrdinal = 0

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  get oldestOrdinal(): number | undefined {
    return (this.#options.queue.oldest ?? this.#line[0])?.ordinal
  }

  take(encoded: EncodedEvent, waiter: Waiter | undefined): QueuedEvent {
    const { queue, limits, monotonicMs } = this.#options
    if (encoded.bytes > limits.queue.maxBytes) {
      throw new ClientError('invalid_event', `the event has ${encoded.bytes} bytes, more than the queue holds`)
    }
    const isFull = this.#line.length > 0 || !queue.hasRoomFor(encoded)
    const hasRoom = !isFull || (limits.onFull === 'drop-oldest' && this.#makeRoom(encoded))
    const isWaiting = !hasRoom && limits.onFull === 'wait' && waiter !== undefined
    if (!hasRoom && (!isWaiting || !this.#mayWait(encoded))) throw full(limits)
    const event = {
      ...encoded,
      ordinal: ++this.lastOrdinal,
      takenAtMs: monotonicMs(),
      waiter,
      isCancelled: false,
    }
    if (hasRoom) queue.push(event)
    else {
      this.#line.push(event)
      this.#lineBytes += event.bytes
    }
    return event
  }

  #mayWait({ bytes }: EncodedEvent): boolean {
    const { maxEvents, maxBytes } = this.#options.limits.queue
    return this.#line.length < maxEvents && this.#lineBytes + bytes <= maxBytes
  }

  refill(): void {
    const { queue } = this.#options
    let admitted = 0
    for (const event of this.#line) {
      if (!event.isCancelled) {
        if (!queue.hasRoomFor(event)) break
        queue.push(event)
      }
      admitted++
      this.#lineBytes -= event.bytes
    }
    if (admitted > 0) this.#line = this.#line.slice(admitted)
  }

  *drain(): Iterable<QueuedEvent> {
    for (let event = this.#options.queue.shift(); event !== undefined; event = this.#options.queue.shift()) yield event
    this.#lineBytes = 0
    yield* this.#line.splice(0)
  }

  #makeRoom(encoded: EncodedEvent): boolean {
    const { queue, onDrop } = this.#options
    if (!queue.couldHold(encoded)) return false
    while (!queue.hasRoomFor(encoded)) {
      const event = queue.shift()
      if (event === undefined) return false
      if (!event.isCancelled) onDrop(event, new ClientError('dropped', 'newer events took its place in the queue'))
    }
    return true
  }
}

function full({ queue }: Limits): ClientError {
  return new ClientError(
    'queue_full',
    `the publisher's queue is full (${queue.maxEvents} events, ${queue.maxBytes} bytes)`,
  )
}
