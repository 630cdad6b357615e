/**
 * The loop behind a publisher: waits until a batch is due, sends it, settles it, and again. One request at a time: that is
 * what keeps the events of one publisher in order, and what makes batches grow by themselves while a server is slow.
 */
import { ClientError } from './client-error.ts'
import { deliverBatch, isOfEveryEvent } from './deliver-batch.ts'
import type { PostOptions, PublishResult } from './post-batch.ts'
import { maxTimerMs, unref } from './process-hold.ts'
import type { PublishQueue, QueuedEvent } from './publish-queue.ts'
import type { Limits } from './publisher-options.ts'
import { backoffMs, defaultRetryPolicy } from './retry-policy.ts'
import type { Spool } from './spool.ts'
import { realSurroundings } from './with-retries.ts'

export interface BatchSenderOptions {
  readonly queue: PublishQueue
  readonly limits: Limits
  readonly spool: Spool | undefined
  readonly post: PostOptions & { readonly signal: AbortSignal }
  readonly monotonicMs: () => number
  onResult(event: QueuedEvent, result: PublishResult): void
  onError(event: QueuedEvent, error: unknown): void
  /** The server takes no event at all: this one stays in the spool, and is sent again. */
  onKept(event: QueuedEvent, error: ClientError): void
  /** There is room in the queue, which should be filled. */
  onSettled(): void
  /** The signal has aborted: nothing will be sent any more. */
  onEnd(): void
}

export class BatchSender {
  readonly #options: BatchSenderOptions
  #running: Promise<void> | undefined
  /** Events up to this one do not wait for others. */
  #urgentOrdinal = 0
  #wake: (() => void) | undefined

  constructor(options: BatchSenderOptions) {
    this.#options = options
    options.post.signal.addEventListener('abort', () => this.#wake?.(), { once: true })
  }

  /** Something was queued. */
  notify(): void {
    const { queue, limits } = this.#options
    if (this.#running === undefined) this.#running = this.#run()
    else if (queue.holdsFullBatch(limits.batch)) this.#wake?.()
  }

  /** Events up to this one shall not wait for others. */
  hurry(ordinal: number): void {
    this.#urgentOrdinal = ordinal
    this.#wake?.()
  }

  /** Resolves when nothing is waiting or under way, which is soon once the signal has aborted. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    const { queue, post, onEnd } = this.#options
    // Everything that is handed over in this turn shares the first request.
    await Promise.resolve()
    while (queue.waiting > 0 && !post.signal.aborted) {
      await this.#untilDue()
      if (!post.signal.aborted) await this.#sendBatch()
    }
    this.#running = undefined
    if (post.signal.aborted) onEnd()
  }

  async #untilDue(): Promise<void> {
    const { queue, limits, monotonicMs } = this.#options
    const { oldestWaiting } = queue
    if (oldestWaiting === undefined || queue.holdsFullBatch(limits.batch)) return
    if (oldestWaiting.ordinal <= this.#urgentOrdinal) return
    const delayMs = limits.maxDelayMs - (monotonicMs() - oldestWaiting.takenAtMs)
    if (delayMs <= 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, Math.min(delayMs, maxTimerMs))
    unref(timer)
    this.#wake = resolve
    await promise
    clearTimeout(timer)
    this.#wake = undefined
  }

  async #sendBatch(): Promise<void> {
    const { queue, limits, spool, post, onSettled } = this.#options
    const batch = queue.take(limits.batch)
    let unsettled = batch
    for (let attempts = 1; unsettled.length > 0 && !post.signal.aborted; attempts++) {
      const { kept, reason } = await this.#deliver(unsettled)
      if (kept.length > 0) await this.#pause(attempts, reason)
      unsettled = kept
    }
    queue.settle()
    // Less than all only where the publisher is being ended: then they stay for the next run.
    if (unsettled.length === 0) spool?.settle(batch.length)
    onSettled()
  }

  /** @returns what stays in the spool, and why. */
  async #deliver(events: readonly QueuedEvent[]) {
    const { spool, post, onResult, onError, onKept } = this.#options
    const kept: QueuedEvent[] = []
    let reason: unknown
    // Counted from the newest, so that batches which waited behind one that was given up are not tried as long again.
    const sinceMs = events.at(-1)?.takenAtMs
    const onRefused = (event: QueuedEvent, thrown: unknown) => {
      const isRefused = thrown instanceof ClientError && !thrown.retryable
      const isKept = spool !== undefined && (!isRefused || isOfEveryEvent(thrown))
      if (isKept) {
        kept.push(event)
        reason = thrown
      } else if (isRefused) spool?.setAside(event.text)
      if (isKept && isRefused) onKept(event, thrown)
      else onError(event, thrown)
    }
    await deliverBatch(events, { ...post, sinceMs }, { onResult, onError: onRefused })
    return { kept, reason }
  }

  async #pause(attempts: number, thrown: unknown): Promise<void> {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    const { post, monotonicMs } = this.#options
    const { random, sleep } = { ...realSurroundings, ...post.surroundings }
    const policy = { ...defaultRetryPolicy, ...post.retryPolicy }
    const backoff = backoffMs(policy, attempts, random())
    const delayMs = Math.min(Math.max(backoff, post.retryBudget?.takeMs(monotonicMs()) ?? 0), maxTimerMs)
    if (post.signal.aborted) return
    post.onRetry?.({ attempts, reason, delayMs })
    // It rejects when the publisher is being ended, which the loop sees.
    await sleep(delayMs, post.signal).catch(() => {})
  }
}
