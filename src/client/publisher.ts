/** Publishes events so that each is stored once, whatever happens to connections, servers and answers in between. */
import { orAborted } from './abort.ts'
import { BatchSender } from './batch-sender.ts'
import { ClientError } from './client-error.ts'
import { mintEventIds } from './event-id.ts'
import { type EventIntake, MemoryIntake } from './event-intake.ts'
import { type PublishResult, publishUrl } from './post-batch.ts'
import { maxTimerMs, ProcessHold, unref } from './process-hold.ts'
import { PublishQueue, type QueuedEvent, type Waiter } from './publish-queue.ts'
import { type EncodedEvent, type EventDefaults, encodeEvent, type PublishedEvent } from './published-event.ts'
import { type Limits, limitsOf, type PublisherCounts, type PublisherOptions } from './publisher-options.ts'
import { RetryBudget } from './retry-budget.ts'
import { defaultRetryPolicy } from './retry-policy.ts'
import { authorization } from './send-request.ts'
import { SpooledIntake } from './spooled-intake.ts'
import { realSurroundings, type Surroundings } from './with-retries.ts'

/** In place of a result. */
export interface NotPublished {
  /** What tells it from a `PublishResult`. */
  readonly status: 'error'
  /** A `ClientError`, or the reason of the signal. */
  readonly error: unknown
}

/** How long a call waits. */
export interface WaitOptions {
  /** Ends the waiting: the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

interface Flush {
  readonly ordinal: number
  readonly resolve: () => void
}

/**
 * ```ts
 * await using publisher = new Publisher({ url: 'http://127.0.0.1:8080', topic: 'orders.created', source: 'shop' })
 * const { status, seq } = await publisher.publish({ event_id: 'order-17', payload: { cents: 1200 } })
 * publisher.enqueue({ payload: { note: 'nobody waits for this one' } })
 * ```
 *
 * An event gets its `event_id` and `timestamp` when it is handed over, and keeps them through every retry. That is the
 * whole contract of idempotent publishing: who hands one event over twice must have given it an `event_id` of its own.
 */
export class Publisher implements AsyncDisposable {
  readonly #options: PublisherOptions
  readonly #limits: Limits
  readonly #defaults: EventDefaults
  readonly #queue: PublishQueue
  readonly #intake: EventIntake
  readonly #sender: BatchSender
  readonly #hold = new ProcessHold()
  readonly #end = new AbortController()
  readonly #counts = { stored: 0, duplicates: 0, conflicts: 0, lost: 0, dropped: 0, retries: 0 }
  #flushes: Flush[] = []
  /** Calls of publish and flush that have not returned. */
  #awaited = 0
  #closing: Promise<void> | undefined
  /** Ends the waiting of `close`. */
  readonly #closeEnd = new AbortController()

  /** @throws RangeError when a limit is not a positive number, TypeError when `url` or `token` cannot be one. */
  constructor(options: PublisherOptions) {
    publishUrl(options.url)
    authorization(options.token)
    this.#options = options
    this.#limits = limitsOf(options)
    const surroundings = { ...realSurroundings, sleep: sleepUnref, ...options.surroundings }
    const { nowMs, monotonicMs } = surroundings
    this.#defaults = { topic: options.topic, source: options.source, mintEventId: mintEventIds(nowMs), nowMs }
    this.#queue = new PublishQueue(this.#limits.queue)
    const intake = { queue: this.#queue, limits: this.#limits, monotonicMs }
    this.#intake =
      options.spool === undefined
        ? new MemoryIntake({ ...intake, onDrop: (event, error) => this.#onDrop(event, error) })
        : new SpooledIntake(intake, options.spool)
    this.#sender = new BatchSender({
      ...intake,
      spool: options.spool,
      post: this.#postOptions(surroundings),
      onResult: (event, result) => this.#onResult(event, result),
      onError: (event, error) => this.#onError(event, error),
      onKept: ({ waiter }, error) => waiter?.reject(error),
      onSettled: () => this.#onSettled(),
      onEnd: () => this.#onEnd(),
    })
    this.#intake.refill()
    if (this.#queue.waiting > 0) this.#sender.notify()
    const { signal } = options
    const abort = () => this.#end.abort(signal?.reason)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true, signal: this.#end.signal })
  }

  /** What became of the events so far; a new object with each look. */
  get counts(): PublisherCounts {
    return { ...this.#counts, queued: this.#queue.size, queuedBytes: this.#queue.bytes }
  }

  /**
   * Resolves when the event is durable on the server; a duplicate is a success.
   *
   * @param wait whose signal, once aborted, takes the event back if it was not sent; with a spool it only ends the waiting.
   * @throws ClientError; the signal's reason.
   */
  async publish(event: PublishedEvent, { signal }: WaitOptions = {}): Promise<PublishResult> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<PublishResult>()
    const taken = this.#take(encodeEvent(event, this.#defaults), { resolve, reject })
    // The queue itself holds the process then, and nothing can take the event back: the usual case costs no more.
    if (signal === undefined && this.#options.spool === undefined) return promise
    return this.#waitFor(async () => {
      try {
        return await orAborted(promise, signal)
      } catch (thrown) {
        if (signal?.aborted && this.#options.spool === undefined) taken.isCancelled = true
        throw thrown
      }
    })
  }

  /** One result for each event, in order. However many they are, only as many are held as the queue takes. */
  async publishMany(
    events: Iterable<PublishedEvent>,
    wait: WaitOptions = {},
  ): Promise<readonly (PublishResult | NotPublished)[]> {
    const results: Promise<PublishResult | NotPublished>[] = []
    const { maxEvents, maxBytes } = this.#limits.queue
    const maxAhead = Math.max(1, Math.floor(maxEvents / 2))
    let settled = 0
    for (const event of events) {
      const isFull = () => results.length - settled >= maxAhead || this.#queue.bytes > maxBytes / 2
      while (settled < results.length && isFull()) await results[settled++]
      results.push(this.publish(event, wait).catch((error: unknown) => ({ status: 'error', error })))
    }
    return Promise.all(results)
  }

  /**
   * Hands the event over without waiting for it. What becomes of it is told only when it is lost: to `onLoss`.
   *
   * @returns false when it was not taken: no room, not an event, the spool cannot be written, or closed.
   */
  enqueue(event: PublishedEvent): boolean {
    let text = ''
    try {
      const encoded = encodeEvent(event, this.#defaults)
      text = encoded.text
      this.#take(encoded, undefined)
      return true
    } catch (thrown) {
      if (!(thrown instanceof ClientError)) throw thrown
      this.#tellLoss(text, thrown)
      return false
    }
  }

  /** Resolves when everything that was handed over before is settled: stored, refused, or given up. */
  async flush({ signal }: WaitOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    if (this.#end.signal.aborted) return this.#sender.idle()
    const ordinal = this.#intake.lastOrdinal
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#flushes.push({ ordinal, resolve })
    this.#sender.hurry(ordinal)
    this.#endFlushes()
    await this.#waitFor(() => orAborted(promise, signal))
  }

  /**
   * Takes no more events, and waits until those before are settled. Called again, it is the same waiting, which ends with
   * the first signal of all calls.
   *
   * @param wait whose signal, once aborted, ends the waiting and the publisher: what was not acknowledged is rejected, or
   *   stays in the spool. With a spool, whose events are safe, the waiting ends by itself after `retryPolicy.maxStallMs`.
   */
  close({ signal = this.#patience() }: WaitOptions = {}): Promise<void> {
    const abort = () => this.#closeEnd.abort(signal?.reason)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true, signal: this.#end.signal })
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** How long the first `close` waits that is given no signal. Without a spool every event has its own longest time. */
  #patience(): AbortSignal | undefined {
    const { spool, retryPolicy } = this.#options
    if (spool === undefined || this.#closing !== undefined) return undefined
    return AbortSignal.timeout(Math.min(retryPolicy?.maxStallMs ?? defaultRetryPolicy.maxStallMs, maxTimerMs))
  }

  async #close(): Promise<void> {
    const { signal } = this.#closeEnd
    try {
      await this.flush({ signal })
      this.#end.abort(new Error('the publisher is closed'))
      this.#onEnd()
    } catch (thrown) {
      if (!signal.aborted) throw thrown
      this.#end.abort(thrown)
      // The request under way ends now, and with it every event.
      await this.#sender.idle()
    }
    this.#options.spool?.close()
  }

  #take(encoded: EncodedEvent, waiter: Waiter | undefined): QueuedEvent {
    if (this.#closing !== undefined || this.#end.signal.aborted) {
      throw new ClientError('closed', 'the publisher is closed')
    }
    const taken = this.#intake.take(encoded, waiter)
    if (this.#queue.waiting > 0) this.#sender.notify()
    this.#updateHold()
    return taken
  }

  #postOptions(surroundings: Surroundings) {
    const { url, token, retryPolicy, retryBudget, spool, onRetry } = this.#options
    // What is in a spool is never given up: it would be sent again at the next start anyway.
    const patience = spool === undefined ? {} : { maxStallMs: Number.POSITIVE_INFINITY }
    return {
      ...{ url, token, surroundings },
      retryPolicy: { ...retryPolicy, ...patience },
      retryBudget: new RetryBudget(retryBudget),
      signal: this.#end.signal,
      onRetry: (retry: Parameters<NonNullable<typeof onRetry>>[0]) => {
        this.#counts.retries++
        // As with losses: what the callback throws must not end the loop that sends.
        if (onRetry !== undefined) queueMicrotask(() => onRetry(retry))
      },
    }
  }

  #onResult({ waiter }: QueuedEvent, result: PublishResult): void {
    if (result.status === 'stored') this.#counts.stored++
    else if (result.status === 'duplicate') this.#counts.duplicates++
    else this.#counts.conflicts++
    waiter?.resolve(result)
  }

  #onError({ text, waiter }: QueuedEvent, thrown: unknown): void {
    const error =
      thrown instanceof ClientError
        ? thrown
        : new ClientError('gave_up', 'the publisher was ended before the server had answered', { cause: thrown })
    waiter?.reject(error)
    const isKept = this.#options.spool !== undefined && error.retryable
    if (isKept) return
    this.#counts.lost++
    if (waiter === undefined) this.#tellLoss(text, error)
  }

  #onDrop({ text, waiter }: QueuedEvent, error: ClientError): void {
    this.#counts.dropped++
    waiter?.reject(error)
    if (waiter === undefined) this.#tellLoss(text, error)
  }

  #onSettled(): void {
    this.#intake.refill()
    this.#endFlushes()
    this.#updateHold()
  }

  #onEnd(): void {
    const reason = this.#end.signal.reason
    for (const event of this.#intake.drain()) if (!event.isCancelled) this.#onError(event, reason)
    for (const { resolve } of this.#flushes.splice(0)) resolve()
    this.#updateHold()
  }

  #endFlushes(): void {
    if (this.#flushes.length === 0) return
    const oldest = this.#intake.oldestOrdinal ?? Number.POSITIVE_INFINITY
    this.#flushes = this.#flushes.filter(({ ordinal, resolve }) => {
      if (oldest <= ordinal) return true
      resolve()
      return false
    })
  }

  async #waitFor<T>(wait: () => Promise<T>): Promise<T> {
    this.#awaited++
    this.#updateHold()
    try {
      return await wait()
    } finally {
      this.#awaited--
      this.#updateHold()
    }
  }

  #updateHold(): void {
    // What is in a spool waits there for the next start; what is in memory would be lost.
    const isUnsafe = this.#options.spool === undefined && this.#intake.oldestOrdinal !== undefined
    this.#hold.set(this.#awaited > 0 || isUnsafe ? 'held' : 'free')
  }

  /** Outside of the loop that sends: what the callback throws is the program's, and must not end it. */
  #tellLoss(text: string, error: ClientError): void {
    const { onLoss } = this.#options
    if (onLoss !== undefined) queueMicrotask(() => onLoss({ text, error }))
  }
}

async function sleepUnref(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  unref(timer)
  try {
    await orAborted(promise, signal)
  } finally {
    clearTimeout(timer)
  }
}
