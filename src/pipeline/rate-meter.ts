/** Events per second over the last minutes, in constant memory. */
import type { Clock } from '../core/clock.ts'

const windowSeconds = 300

export class RateMeter {
  readonly #clock: Clock
  readonly #counts = new Float64Array(windowSeconds)
  #second: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#second = currentSecond(clock)
  }

  add(count: number): void {
    this.#advance()
    const slot = this.#second % windowSeconds
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count
  }

  /** @param seconds 1 to 300. @returns events per second, averaged over them. */
  perSecond(seconds: number): number {
    this.#advance()
    let sum = 0
    for (let back = 0; back < seconds; back++) {
      sum += this.#counts[(this.#second - back + windowSeconds) % windowSeconds] ?? 0
    }
    return sum / seconds
  }

  #advance(): void {
    const now = currentSecond(this.#clock)
    const elapsed = Math.min(now - this.#second, windowSeconds)
    for (let step = 1; step <= elapsed; step++) this.#counts[(this.#second + step) % windowSeconds] = 0
    this.#second = now
  }
}

function currentSecond(clock: Clock): number {
  return Math.floor(clock.monotonicMs() / 1000) + windowSeconds
}
