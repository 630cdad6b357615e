/** Latencies of any number of requests in a fixed amount of memory. */

const minMs = 0.001
const maxMs = 1_000_000
/** Neighbouring buckets differ by 1 %, so a quantile is off by 1 % at most. */
const growth = Math.log(1.01)
const buckets = Math.ceil(Math.log(maxMs / minMs) / growth) + 1

export class Latencies {
  readonly #counts = new Float64Array(buckets)
  #count = 0
  #maxMs = 0

  get count(): number {
    return this.#count
  }

  /** Exact; 0 when nothing was recorded. */
  get maxMs(): number {
    return this.#maxMs
  }

  record(ms: number): void {
    const bucket = ms <= minMs ? 0 : Math.min(buckets - 1, Math.ceil(Math.log(ms / minMs) / growth))
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#count++
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  add(others: Latencies): void {
    for (const [bucket, count] of others.#counts.entries()) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count
    this.#count += others.#count
    this.#maxMs = Math.max(this.#maxMs, others.#maxMs)
  }

  /** @param fraction 0.5 is the median. @returns milliseconds, rounded up by 1 % at most; 0 when nothing was recorded. */
  quantileMs(fraction: number): number {
    const rank = Math.max(1, Math.ceil(fraction * this.#count))
    let below = 0
    for (const [bucket, count] of this.#counts.entries()) {
      below += count
      if (below >= rank) return Math.min(this.#maxMs, minMs * Math.exp(bucket * growth))
    }
    return this.#maxMs
  }
}
