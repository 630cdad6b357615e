/** Values of options, from what was typed. What is wrong names the option. */
import { UsageError } from '../app/config.ts'

/** @param name the option, as typed. @throws UsageError when it is not a whole number of at least `min`. */
export function wholeNumber(name: string, text: string, min = 0): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value) && value >= min) return value
  throw new UsageError(`${name} must be a whole number from ${min}, not "${text}"`)
}

/** Timers take no more. */
const maxSeconds = 2_000_000

/** Seconds, perhaps with a fraction, as milliseconds. @throws UsageError naming the option. */
export function secondsToMs(name: string, text: string): number {
  const seconds = /^\d{1,7}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (seconds <= maxSeconds) return Math.round(seconds * 1000)
  throw new UsageError(`${name} must be seconds, such as 30 or 0.5, at most ${maxSeconds}, not "${text}"`)
}
