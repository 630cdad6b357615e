/** What a publisher can be told, and what it does when it is not told. */
import type { Loss } from './publish-queue.ts'
import type { RetryBudgetOptions } from './retry-budget.ts'
import type { RetryPolicy } from './retry-policy.ts'
import type { Spool } from './spool.ts'
import type { Retry, Surroundings } from './with-retries.ts'

/** Of all of them only `url` is needed. A limit that is not a positive number is a RangeError. */
export interface PublisherOptions {
  /** The server, for example `http://127.0.0.1:8080`; a path is kept. */
  readonly url: string
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string
  /** Of events that name none. */
  readonly topic?: string
  /** Of events that name none. */
  readonly source?: string
  /** Of one request; at most 1,000, which is also what it is unless given. */
  readonly maxBatchEvents?: number
  /** Of one request, 1 MiB unless given; a larger event travels alone. */
  readonly maxBatchBytes?: number
  /** How long an event may wait for others to share its request, 5 ms unless given. A full batch leaves at once. */
  readonly maxDelayMs?: number
  /** Waiting or under way, 10,000 unless given. */
  readonly maxQueueEvents?: number
  /** Waiting or under way, 64 MiB unless given. */
  readonly maxQueueBytes?: number
  /**
   * When the queue is full, `publish` waits for room (`wait`, the default), or rejects (`reject`); `enqueue`, which cannot
   * wait, returns false. With `drop-oldest` the oldest event that is not under way is dropped instead, which is a loss.
   */
  readonly onFull?: 'wait' | 'reject' | 'drop-oldest'
  /** Which waits follow each other, and after which time an event is given up: 60 s unless given, never with a spool. */
  readonly retryPolicy?: Partial<RetryPolicy>
  /** How many retries a server gets that fails; shared by all requests of the publisher. */
  readonly retryBudget?: RetryBudgetOptions
  /** See `sekali/client/spool`. The publisher closes it. */
  readonly spool?: Spool
  /** Ends everything at once when it aborts; what was not acknowledged is not known to be stored. */
  readonly signal?: AbortSignal
  /** Every event that was enqueued and will not be stored, or is not known to be; also when `enqueue` returned false. Must not throw. */
  readonly onLoss?: (loss: Loss) => void
  /** A request failed and will be sent again, after a wait. Must not throw. */
  readonly onRetry?: (retry: Retry) => void
  /** The outside world, as tests and other runtimes replace it. */
  readonly surroundings?: Partial<Surroundings>
}

/** Events of one publisher since it was made. */
export interface PublisherCounts {
  /** New, and durable on the server. */
  readonly stored: number
  /** Stored before with the same content. */
  readonly duplicates: number
  /** Stored before with other content; not among the duplicates here. */
  readonly conflicts: number
  /** Refused by the server or given up, after they were taken. */
  readonly lost: number
  /** Had to make room, after they were taken; not among the lost. */
  readonly dropped: number
  /** Requests that were sent again; not events. */
  readonly retries: number
  /** Waiting or under way in memory. */
  readonly queued: number
  /** The bytes of those. */
  readonly queuedBytes: number
}

/** The server takes no larger batch. */
const maxBatchEvents = 1000

export interface Limits {
  readonly batch: { readonly maxEvents: number; readonly maxBytes: number }
  readonly queue: { readonly maxEvents: number; readonly maxBytes: number }
  readonly maxDelayMs: number
  readonly onFull: 'wait' | 'reject' | 'drop-oldest'
}

/** @throws RangeError when a limit is not a positive number. */
export function limitsOf(options: PublisherOptions): Limits {
  const limit = (name: keyof PublisherOptions, fallback: number, least = 1) => {
    const value = options[name] ?? fallback
    if (typeof value === 'number' && value >= least) return value
    throw new RangeError(`${name} must be a number from ${least}`)
  }
  return {
    batch: {
      maxEvents: Math.min(limit('maxBatchEvents', maxBatchEvents), maxBatchEvents),
      maxBytes: limit('maxBatchBytes', 1024 * 1024),
    },
    queue: {
      maxEvents: limit('maxQueueEvents', 10_000),
      maxBytes: limit('maxQueueBytes', 64 * 1024 * 1024),
    },
    maxDelayMs: limit('maxDelayMs', 5, 0),
    onFull: options.onFull ?? 'wait',
  }
}
