/** When to try again, and for how long. Pure arithmetic: no clock, no network. */

/** Waits between attempts, and when there are enough of them; milliseconds. What is not given is the default. */
export interface RetryPolicy {
  /** The first wait is random between 0 and this, 100; the bound doubles with every attempt. */
  readonly baseDelayMs: number
  /** Where the doubling ends, 10,000. `Retry-After` comes on top. */
  readonly maxDelayMs: number
  /** Without progress for this long, 60,000: give up. 0 is one attempt. */
  readonly maxStallMs: number
  /** An attempt without an answer for this long, 30,000, counts as failed. */
  readonly attemptTimeoutMs: number
}

export const defaultRetryPolicy: RetryPolicy = {
  baseDelayMs: 100,
  maxDelayMs: 10_000,
  maxStallMs: 60_000,
  attemptTimeoutMs: 30_000,
}

/** Too early, too many, too slow: the request itself is fine. Every 5xx may heal as well. */
const healingStatuses = [408, 425, 429]

export function mayHeal(status: number): boolean {
  return status >= 500 || healingStatuses.includes(status)
}

/**
 * Full jitter: a random wait below a bound that doubles, so that publishers that failed together do not return together.
 *
 * @param failedAttempts 1 after the first.
 * @param random from 0 inclusive to 1 exclusive.
 */
export function backoffMs({ baseDelayMs, maxDelayMs }: RetryPolicy, failedAttempts: number, random: number): number {
  return random * Math.min(maxDelayMs, baseDelayMs * 2 ** (failedAttempts - 1))
}

/** The wait that a `Retry-After` header asks for: seconds, or an HTTP date (RFC 9110, section 10.2.3). */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  if (!/^[A-Z][a-z]+, /.test(text)) return undefined
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}
