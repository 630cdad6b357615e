/** From what was typed to values. */
import { UsageError } from '../src/app/config.ts'
import type { Flags } from './command.ts'

export function positive(flags: Flags, name: string): number {
  return positiveOf(name, flags[name])
}

export function positiveWhole(flags: Flags, name: string): number {
  return wholeOf(name, flags[name])
}

export function positiveWholes(flags: Flags, name: string): number[] {
  return (flags[name] ?? '').split(',').map((text) => wholeOf(name, text))
}

function positiveOf(name: string, text: string | undefined): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new UsageError(`--${name} must be above 0, not "${text}"`)
}

/** `10e6` is whole. */
function wholeOf(name: string, text: string | undefined): number {
  const value = positiveOf(name, text)
  if (Number.isSafeInteger(value)) return value
  throw new UsageError(`--${name} must be a whole number, not "${text}"`)
}
