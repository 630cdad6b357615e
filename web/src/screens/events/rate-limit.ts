/** How many rows a list takes in: all of a burst, and of a flood as many a second as one can look at. No DOM. */

export interface RateLimit {
  readonly perSecond: number
  /** Taken in at once after a quiet time: what came while a connection was away, or one large batch. */
  readonly burst: number
}

export class RowRate {
  readonly #limit: RateLimit
  #tokens: number
  #refilledAtMs: number
  #second = 0
  #received = 0
  #taken = 0
  #last = { received: 0, taken: 0 }

  constructor(limit: RateLimit, nowMs: number) {
    this.#limit = limit
    this.#tokens = limit.burst
    this.#refilledAtMs = nowMs
  }

  /** @returns how many of `count` rows that come now are taken in. */
  take(count: number, nowMs: number): number {
    this.#turn(nowMs)
    const { perSecond, burst } = this.#limit
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#refilledAtMs) / 1000) * perSecond)
    this.#refilledAtMs = nowMs
    const taken = Math.min(count, Math.floor(this.#tokens))
    this.#tokens -= taken
    this.#received += count
    this.#taken += taken
    return taken
  }

  /** Of the last whole second. */
  lastSecond(nowMs: number): { readonly received: number; readonly taken: number } {
    this.#turn(nowMs)
    return this.#last
  }

  #turn(nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    if (second === this.#second) return
    this.#last =
      second === this.#second + 1 ? { received: this.#received, taken: this.#taken } : { received: 0, taken: 0 }
    this.#second = second
    this.#received = 0
    this.#taken = 0
  }
}
