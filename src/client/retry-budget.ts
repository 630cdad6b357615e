/**
 * A token bucket that all retries of one publisher share: a server that fails gets little more requests than one that works,
 * however many batches wait. An empty bucket makes a retry later; it never makes it fail.
 */

/** How many retries a server gets that fails. An empty budget makes a retry later, and never makes it fail. */
export interface RetryBudgetOptions {
  /** Retries that may follow each other at once; 10 unless given. */
  readonly capacity?: number
  /** What a request that succeeded gives back, 0.1 unless given: the share of requests that may be retries in the long run. */
  readonly perSuccess?: number
  /** While nothing succeeds: one retry in this time, 5,000 ms unless given. */
  readonly refillMs?: number
}

export class RetryBudget {
  readonly #capacity: number
  readonly #perSuccess: number
  readonly #refillMs: number
  #tokens: number
  #filledAtMs = 0

  constructor({ capacity = 10, perSuccess = 0.1, refillMs = 5000 }: RetryBudgetOptions = {}) {
    this.#capacity = capacity
    this.#perSuccess = perSuccess
    this.#refillMs = refillMs
    this.#tokens = capacity
  }

  recordSuccess(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + this.#perSuccess)
  }

  /** Takes one token, in advance if there is none. @returns how long the retry must wait for it. */
  takeMs(nowMs: number): number {
    const refilled = Math.max(0, nowMs - this.#filledAtMs) / this.#refillMs
    this.#tokens = Math.min(this.#capacity, this.#tokens + refilled) - 1
    this.#filledAtMs = nowMs
    return this.#tokens >= 0 ? 0 : -this.#tokens * this.#refillMs
  }
}
