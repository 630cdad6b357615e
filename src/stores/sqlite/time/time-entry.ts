/** An event's place in time order, small enough to be kept a hundred thousand times: its instant as two numbers, and its seq. */
import type { Instant } from '../../../core/timestamp.ts'

export interface TimeEntry {
  readonly ms: number
  /** See `fractionCode`. */
  readonly fraction: number
  readonly seq: number
  /** The digits of the fraction, where they are known; otherwise the event has them. */
  readonly digits?: string
}

const codedDigits = 9

/**
 * The digits of a fraction of a millisecond as a number with the same order: twice the first nine digits, and 1 more when
 * there are others. Two odd codes that are equal say nothing: then the digits themselves decide.
 */
export function fractionCode(digits: string): number {
  if (digits === '') return 0
  const first = Number(digits.slice(0, codedDigits).padEnd(codedDigits, '0'))
  return 2 * first + (digits.length > codedDigits ? 1 : 0)
}

/** An entry for a bound: strictly between two of them lies a range. */
export function entryAt({ ms, fraction }: Instant, seq: number): TimeEntry {
  return { ms, fraction: fractionCode(fraction), seq, digits: fraction }
}

export type CompareEntries = (a: TimeEntry, b: TimeEntry) => number

/** @param digitsOf asks the event; only for instants that are the same up to the twelfth digit of the second. */
export function entryOrder(digitsOf: (seq: number) => string): CompareEntries {
  return (a, b) => {
    if (a.ms !== b.ms) return a.ms - b.ms
    if (a.fraction !== b.fraction) return a.fraction - b.fraction
    if (a.fraction % 2 === 1) {
      const digitsA = a.digits ?? digitsOf(a.seq)
      const digitsB = b.digits ?? digitsOf(b.seq)
      if (digitsA !== digitsB) return digitsA < digitsB ? -1 : 1
    }
    return a.seq - b.seq
  }
}
