/**
 * The clock that leases and delays run by. They last as long as they were given for, whatever is done to the wall clock
 * meanwhile: it is the wall clock of the start, carried on by the monotonic one.
 */
import { type Clock, steadyClockOf } from '../core/clock.ts'

/** One moment on two clocks. */
export interface LeaseMoment {
  /** What leases and delays are compared with. Never goes back while the process lives. */
  readonly nowMs: number
  /** What people are told. */
  readonly wallMs: number
}

export interface LeaseClockOptions {
  readonly clock: Clock
  /** For tests, and models of stores. */
  readonly leaseNowMs?: (() => number) | undefined
}

export function openLeaseClock({ clock, leaseNowMs }: LeaseClockOptions): () => LeaseMoment {
  const steadyNowMs = leaseNowMs ?? steadyClockOf(clock)
  return () => ({ nowMs: steadyNowMs(), wallMs: clock.nowMs() })
}

/** When that is on the clock that people see, as far as can be said: it may be set again. */
export function toWallMs(dueMs: number, { nowMs, wallMs }: LeaseMoment): number {
  return dueMs - nowMs + wallMs
}
