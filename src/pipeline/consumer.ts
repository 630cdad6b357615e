/**
 * The idempotent consumer: the only writer. Takes what is waiting, appends it in one transaction, answers every waiting
 * publisher. Nothing is acknowledged that the store has not confirmed.
 */
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
  /** The wall-clock time that its events got, milliseconds since the Unix epoch. */
  readonly processedAtMs: number
  /** The seqs that it stored, from and up to; the first is larger when all its events were duplicates. */
  readonly firstSeq: number
  readonly lastSeq: number
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
  /** Fewer wait here and grow while a group is under way: a group more is an fsync more. */
  readonly minSecondGroupEvents?: number
}

/** One that is being committed, and one that waits at the store: so the store does not have to wait for us. */
const maxGroupsUnderWay = 2
const defaultMinSecondGroupEvents = 1000

export class Consumer implements AsyncDisposable {
  readonly #options: ConsumerOptions
  #groupsUnderWay = 0
  #isStarting = false
  #isClosed = false
  #onIdle: (() => void) | undefined
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
    this.#startGroupsSoon()
    if (room !== undefined) await room
    return batch.outcome.promise
  }

  /** Takes no more batches, and resolves when all that were taken are answered. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    if (this.#isIdle) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
  }

  #refuseIfStopped(): void {
    if (this.#fatal !== undefined) throw this.#fatal
    if (this.#isClosed) throw drainingError()
  }

  get #isIdle(): boolean {
    return this.#groupsUnderWay === 0 && !this.#isStarting && this.#options.queue.size === 0
  }

  #startGroupsSoon(): void {
    if (this.#isStarting) return
    this.#isStarting = true
    // One turn of the event loop lets every request already readable join the group,
    // so groups grow with load and an idle server commits a lone event at once.
    setImmediate(() => {
      this.#isStarting = false
      this.#startGroups()
    })
  }

  #startGroups(): void {
    const { queue } = this.#options
    while (queue.size >= this.#minGroupEvents) {
      this.#groupsUnderWay++
      void this.#commitGroup(queue.take(storeLimits.maxAppendEvents)).finally(() => {
        this.#groupsUnderWay--
        if (queue.size > 0) this.#startGroupsSoon()
        if (this.#isIdle) this.#onIdle?.()
      })
    }
  }

  /** How many events must wait for another group to start now. */
  get #minGroupEvents(): number {
    if (this.#groupsUnderWay === 0) return 1
    const { minSecondGroupEvents = defaultMinSecondGroupEvents } = this.#options
    return this.#groupsUnderWay < maxGroupsUnderWay ? minSecondGroupEvents : Number.POSITIVE_INFINITY
  }

  async #commitGroup(batches: readonly QueuedBatch[]): Promise<void> {
    const { store, clock, onCommit, onFailure } = this.#options
    const events = PackedEvents.join(batches.map((batch) => batch.events))
    const processedAtMs = clock.nowMs()
    const startedAtMs = clock.monotonicMs()
    let results: readonly AppendResult[]
    try {
      if (this.#fatal !== undefined) throw this.#fatal
      results = await store.append(events, processedAtMs)
      // The group before this one: what the store says after that is not to be believed.
      if (this.#fatal !== undefined) throw this.#fatal
    } catch (thrown) {
      const error = toAppError(thrown, 'store_unavailable')
      if (error.code === 'store_failed') this.#fatal = error
      for (const batch of batches) batch.outcome.reject(error)
      onFailure(error, events.length)
      return
    }
    answer(batches, results)
    onCommit({ events, results, processedAtMs, ...seqsOf(results), durationMs: clock.monotonicMs() - startedAtMs })
  }
}

function seqsOf(results: readonly AppendResult[]): { readonly firstSeq: number; readonly lastSeq: number } {
  const isStored = ({ status }: AppendResult) => status === 'stored'
  return { firstSeq: results.find(isStored)?.seq ?? 1, lastSeq: results.findLast(isStored)?.seq ?? 0 }
}

function answer(batches: readonly QueuedBatch[], results: readonly AppendResult[]): void {
  let start = 0
  for (const batch of batches) {
    const end = start + batch.events.length
    batch.outcome.resolve(batches.length === 1 ? results : results.slice(start, end))
    start = end
  }
}
