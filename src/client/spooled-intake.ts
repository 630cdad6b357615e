/**
 * Events go into the spool first. While the queue has room they go there as well; when it has none they are read from the
 * spool later, so that a server that is away costs disk and not memory.
 */
import { ClientError } from './client-error.ts'
import type { EventIntake, IntakeOptions } from './event-intake.ts'
import type { QueuedEvent, Waiter } from './publish-queue.ts'
import type { EncodedEvent } from './published-event.ts'
import type { Spool } from './spool.ts'

export class SpooledIntake implements EventIntake {
  readonly #options: Omit<IntakeOptions, 'onDrop'>
  readonly #spool: Spool
  /** Of events that are only in the spool, by position; as many as fit into the queue. */
  readonly #waiters = new Map<number, Waiter>()
  lastOrdinal = 0

  constructor(options: Omit<IntakeOptions, 'onDrop'>, spool: Spool) {
    this.#options = options
    this.#spool = spool
  }

  get oldestOrdinal(): number | undefined {
    return this.#options.queue.oldest?.ordinal ?? this.#spool.nextUnread
  }

  take(encoded: EncodedEvent, waiter: Waiter | undefined): QueuedEvent {
    const { queue, limits, monotonicMs } = this.#options
    const isHeld = this.#spool.nextUnread === undefined && queue.hasRoomFor(encoded)
    if (!isHeld && waiter !== undefined && this.#waiters.size >= limits.queue.maxEvents) {
      throw new ClientError('queue_full', `${limits.queue.maxEvents} events are waited for already`)
    }
    this.lastOrdinal = this.#spool.append(encoded.text, isHeld ? 'done' : 'later')
    const event = { ...encoded, ordinal: this.lastOrdinal, takenAtMs: monotonicMs(), waiter, isCancelled: false }
    if (isHeld) queue.push(event)
    else if (waiter !== undefined) this.#waiters.set(event.ordinal, waiter)
    // Otherwise it is read when the batch under way is settled.
    if (queue.size === 0) this.refill()
    return event
  }

  refill(): void {
    const { queue, limits, monotonicMs } = this.#options
    const takenAtMs = monotonicMs()
    // A batch at a time: the queue is for what comes while one is under way.
    while (this.#spool.nextUnread !== undefined && !queue.holdsFullBatch(limits.batch)) {
      const events = this.#spool.read(limits.batch)
      for (const { text, position } of events) {
        const waiter = this.#waiterOf(position)
        // How many bytes it has in UTF-8 does not matter here: the spool's bounds kept it within the batch's.
        queue.push({ text, bytes: text.length, ordinal: position, takenAtMs, waiter, isCancelled: false })
      }
    }
  }

  #waiterOf(position: number): Waiter | undefined {
    for (const [earlier, waiter] of this.#waiters) {
      if (earlier >= position) break
      this.#waiters.delete(earlier)
      waiter.reject(new ClientError('spool_failed', 'what the spool gave back is not what was written'))
    }
    const waiter = this.#waiters.get(position)
    this.#waiters.delete(position)
    return waiter
  }

  /** What is waited for; everything stays in the spool. */
  *drain(): Iterable<QueuedEvent> {
    for (let event = this.#options.queue.shift(); event !== undefined; event = this.#options.queue.shift()) yield event
    for (const [ordinal, waiter] of this.#waiters) {
      yield { text: '', bytes: 0, ordinal, takenAtMs: 0, waiter, isCancelled: false }
    }
    this.#waiters.clear()
  }
}
