/** The one retry loop of the client: full jitter, `Retry-After`, a budget and a longest time. */
import { ClientError } from './client-error.ts'
import { maxTimerMs } from './process-hold.ts'
import type { RetryBudget } from './retry-budget.ts'
import { backoffMs, defaultRetryPolicy, type RetryPolicy } from './retry-policy.ts'

/** An attempt that failed in a way that may heal. */
export class Failure {
  readonly reason: string
  readonly cause: unknown
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly retryAfterMs: number

  constructor(reason: string, facts: FailureFacts = {}) {
    this.reason = reason
    this.cause = facts.cause
    this.status = facts.status
    this.requestId = facts.requestId
    this.retryAfterMs = facts.retryAfterMs ?? 0
  }
}

export interface FailureFacts {
  readonly cause?: unknown
  readonly status?: number
  readonly requestId?: string | undefined
  readonly retryAfterMs?: number | undefined
}

/** One request that failed and is sent again. */
export interface Retry {
  /** How often this was sent so far. */
  readonly attempts: number
  /** Why, for people. */
  readonly reason: string
  /** The wait before it is sent again. */
  readonly delayMs: number
}

/** The outside world, as tests and other runtimes replace it; what is not given is the real one. */
export interface Surroundings {
  /** As the global one. */
  readonly fetch: typeof fetch
  /** Rejects with the signal's reason when it aborts. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>
  /** 0 to 1, without 1. */
  readonly random: () => number
  /** Wall clock, for `Retry-After` dates. */
  readonly nowMs: () => number
  /** Never goes back; for how long something took. */
  readonly monotonicMs: () => number
}

export interface RetryOptions {
  /** Waits between attempts, and when there are enough of them. */
  readonly retryPolicy?: Partial<RetryPolicy> | undefined
  readonly retryBudget?: RetryBudget | undefined
  /** Where the longest time is counted from, in `monotonicMs`; now unless given. */
  readonly sinceMs?: number | undefined
  /** Ends an attempt or a wait at once; what was sent may then have arrived or not. */
  readonly signal?: AbortSignal | undefined
  /** A request failed and will be sent again, after a wait. Must not throw. */
  readonly onRetry?: ((retry: Retry) => void) | undefined
  /** The outside world, as tests and other runtimes replace it. */
  readonly surroundings?: Partial<Surroundings> | undefined
}

/** What one attempt is given. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number
  readonly policy: RetryPolicy
  readonly surroundings: Surroundings
  readonly signal: AbortSignal | undefined
}

/**
 * Attempts until the outcome is no `Failure`; at least once.
 *
 * @param where the address, for the text of errors.
 * @throws ClientError `gave_up`; what the attempt throws; the signal's reason once it is aborted.
 */
export async function withRetries<T extends object>(
  where: string,
  options: RetryOptions,
  attempt: (attempt: Attempt) => Promise<T | Failure>,
): Promise<T> {
  const { signal, onRetry, retryBudget } = options
  const policy = { ...defaultRetryPolicy, ...options.retryPolicy }
  const surroundings = { ...realSurroundings, ...options.surroundings }
  const sinceMs = options.sinceMs ?? surroundings.monotonicMs()
  for (let attempts = 1; ; attempts++) {
    signal?.throwIfAborted()
    const outcome = await attempt({ number: attempts, policy, surroundings, signal })
    if (!(outcome instanceof Failure)) {
      retryBudget?.recordSuccess()
      return outcome
    }
    const nowMs = surroundings.monotonicMs()
    const remainingMs = policy.maxStallMs - (nowMs - sinceMs)
    if (remainingMs <= 0 || outcome.retryAfterMs > remainingMs) throw gaveUp(where, outcome, attempts)
    const backoff = backoffMs(policy, attempts, surroundings.random())
    // The jitter comes on top of what the server asked for: otherwise all that it asked would return in one moment.
    const wantedMs = Math.max(outcome.retryAfterMs + backoff, retryBudget?.takeMs(nowMs) ?? 0)
    const delayMs = Math.min(wantedMs, maxTimerMs)
    onRetry?.({ attempts, reason: outcome.reason, delayMs })
    await surroundings.sleep(Math.min(delayMs, remainingMs), signal)
  }
}

function gaveUp(where: string, { reason, cause, status, requestId }: Failure, attempts: number): ClientError {
  const times = attempts === 1 ? 'tried once' : `tried ${attempts} times`
  return new ClientError('gave_up', `${where}: ${reason} (${times})`, { cause, status, requestId, attempts })
}

export const realSurroundings: Surroundings = {
  fetch: (input, init) => fetch(input, init),
  sleep,
  random: Math.random,
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = () => {
    clearTimeout(timer)
    reject(signal?.reason)
  }
  const timer = setTimeout(() => {
    signal?.removeEventListener('abort', abort)
    resolve()
  }, ms)
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort, { once: true })
  return promise
}
