/** Time as the domain sees it. Injected, so that tests and simulations decide what time it is. */

export interface Clock {
  /** Wall-clock milliseconds since the Unix epoch. May jump; never used for order or for dedup. */
  nowMs(): number
  /** Milliseconds since an arbitrary start. Never goes back; used for durations. */
  monotonicMs(): number
}

/**
 * The wall clock of now, carried on by the monotonic one: for what lasts within this process, and is kept beyond it.
 *
 * @returns whole milliseconds since the Unix epoch; they never go back, and the more the wall clock is set, the wronger they are.
 */
export function steadyClockOf(clock: Clock): () => number {
  const aheadMs = clock.nowMs() - clock.monotonicMs()
  return () => Math.round(clock.monotonicMs() + aheadMs)
}

/** The clocks of this machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}
