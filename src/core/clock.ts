/** Time as the domain sees it. Injected, so that tests and simulations decide what time it is. */

export interface Clock {
  /** Wall-clock milliseconds since the Unix epoch. May jump; never used for order or for dedup. */
  nowMs(): number
  /** Milliseconds since an arbitrary start. Never goes back; used for durations. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}
