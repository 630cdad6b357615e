/** When to push again after a failure. Pure arithmetic: no clock, no network. */

const baseDelayMs = 1000
const maxDelayMs = 5 * 60 * 1000
/** However long a receiver asks for: it may have got its answer wrong, and nobody would notice. */
const maxRetryAfterMs = 60 * 60 * 1000

export interface PushDelay {
  /** In a row; 1 after the first. */
  readonly failures: number
  /** What the receiver asked for, if it did. */
  readonly retryAfterMs: number | undefined
  /** From 0 inclusive to 1 exclusive. */
  readonly random: number
}

/** Full jitter, on top of what the receiver asked for: otherwise all that it asked would return in one moment. */
export function pushDelayMs({ failures, retryAfterMs = 0, random }: PushDelay): number {
  const backoffMs = random * Math.min(maxDelayMs, baseDelayMs * 2 ** (failures - 1))
  return Math.min(retryAfterMs, maxRetryAfterMs) + backoffMs
}

/** The wait that a `Retry-After` header asks for: seconds, or an HTTP date (RFC 9110, section 10.2.3). */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const atMs = /^[A-Za-z]+, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}
