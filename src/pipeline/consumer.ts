/**
 * The idempotent consumer: the only writer. Takes what is waiting, appends it in one transaction, answers every waiting
 * publisher. Nothing is acknowledged that the store has not confirmed.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import { type AppError, drainingError, toAppError } from '../core/errors.ts'
import { type AppendResult, type EventStore, storeLimits } from '../core/event-store.ts'
import { type EventList, PackedEvents } from '../core/packed-events.ts'
import type { BoundedQueue, QueuedBatch } from './bounded-queue.ts'

/** What one group commit did. */
export interface CommittedGroup {
  readonly events: PackedEvents
  /** One per event, in the same order. */
  readonly results: readonly AppendResult[]
  readonly durationMs: number
}

export interface ConsumerOptions {
  readonly queue: BoundedQueue
  readonly store: EventStore
  readonly clock: Clock
  /** Told after the publishers are answered; must not throw. */
  readonly onCommit: (group: CommittedGroup) => void
  /** Told of every group that was not committed. `store_failed` means that the process must end. */
  readonly onFailure: (error: AppError, events: number) => void
}

export class Consumer implements AsyncDisposable {
  readonly #options: ConsumerOptions
  #loop: Promise<void> | undefined
  #isClosed = false
  #fatal: AppError | undefined

  constructor(options: ConsumerOptions) {
    this.#options = options
  }

  /**
   * Stores a publisher's batch, together with whatever else is waiting.
   *
   * @param events 1 to 1,000 events.
   * @param bytes what they occupy in memory, roughly; counts against the queue's bound.
   * @returns one result per event, in the order given, once they are durable.
   * @throws AppError `queue_full`, `draining`, or why the group's commit failed. A retry is always safe.
   */
  async publish(events: EventList, bytes: number): Promise<readonly AppendResult[]> {
    this.#refuseIfStopped()
    const batch: QueuedBatch = { events: PackedEvents.from(events), bytes, outcome: Promise.withResolvers() }
    const room = this.#options.queue.put(batch)
    // Not awaited when there is room: closing must find the loop running.
    if (room !== undefined) await room
    this.#loop ??= this.#consume()
    return batch.outcome.promise
  }

  /** Takes no more batches, and resolves when all that were taken are answered. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    while (this.#loop !== undefined) await this.#loop
  }

  #refuseIfStopped(): void {
    if (this.#fatal !== undefined) throw this.#fatal
    if (this.#isClosed) throw drainingError()
  }

  async #consume(): Promise<void> {
    const { queue } = this.#options
    do {
      // One turn of the event loop lets every request already readable join this group,
      // so groups grow with load and an idle server commits a lone event at once.
      await nextTurn()
      await this.#commitGroup(queue.take(storeLimits.maxAppendEvents))
    } while (queue.size > 0)
    this.#loop = undefined
  }

  async #commitGroup(batches: readonly QueuedBatch[]): Promise<void> {
    const { store, clock, onCommit, onFailure } = this.#options
    if (batches.length === 0) return
    const events = PackedEvents.join(batches.map((batch) => batch.events))
    const startedAtMs = clock.monotonicMs()
    let results: readonly AppendResult[]
    try {
      if (this.#fatal !== undefined) throw this.#fatal
      results = await store.append(events)
    } catch (thrown) {
      const error = toAppError(thrown, 'store_unavailable')
      if (error.code === 'store_failed') this.#fatal = error
      for (const batch of batches) batch.outcome.reject(error)
      onFailure(error, events.length)
      return
    }
    answer(batches, results)
    onCommit({ events, results, durationMs: clock.monotonicMs() - startedAtMs })
  }
}

function answer(batches: readonly QueuedBatch[], results: readonly AppendResult[]): void {
  let start = 0
  for (const batch of batches) {
    const end = start + batch.events.length
    batch.outcome.resolve(batches.length === 1 ? results : results.slice(start, end))
    start = end
  }
}
