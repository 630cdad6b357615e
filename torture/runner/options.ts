/** What was typed after `npm run torture --`, and what it means. */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { UsageError } from '../../src/app/config.ts'
import type { Fault } from '../fault.ts'

export interface RunOptions {
  readonly faults: readonly Fault[]
  /** For all faults together. Undefined: as long as their trials take. */
  readonly minutes: number | undefined
  /** Of each fault, instead of the number that it says itself. */
  readonly trials: number | undefined
  /** Of the first trial of each fault; the next one has the next number. */
  readonly seed: number
  readonly mustWrite: boolean
}

export const seedBound = 2 ** 32

/** @returns undefined when help was asked for. @throws UsageError, or what `parseArgs` throws. */
export function parseOptions(args: readonly string[], all: readonly Fault[]): RunOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string' },
      only: { type: 'string' },
      trials: { type: 'string' },
      seed: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  return {
    faults: values.only === undefined ? all : chosen(values.only, all),
    minutes: values.minutes === undefined ? undefined : numberOf('minutes', values.minutes, { above: 0 }),
    trials: values.trials === undefined ? undefined : wholeOf('trials', values.trials, { above: 0 }),
    seed: values.seed === undefined ? randomInt(seedBound) : wholeOf('seed', values.seed, { above: -1 }),
    mustWrite: values.write,
  }
}

export function usageText(command: string, faults: readonly Fault[]): string {
  const rows = faults.map(({ name, what, trials, unit }) => `  ${name.padEnd(18)} ${what} (${trials} x; ${unit})`)
  return `Usage: ${command} [options]

Breaks Sekali on purpose, and looks whether its promises hold. Ends with 1 at the first one that does not.

  --minutes N        for all faults together, each has its share (default: until their trials are done)
  --only NAME,NAME   these faults, in the order below
  --trials N         of each fault, instead of its own number
  --seed N           of the first trial of each fault; the next trial has the next number (default: drawn)
  --write            adds the figures to docs/torture.md and torture/results/

Faults:
${rows.join('\n')}
`
}

function chosen(text: string, all: readonly Fault[]): Fault[] {
  const names = text.split(',')
  const unknown = names.find((name) => !all.some((fault) => fault.name === name))
  if (unknown !== undefined) {
    throw new UsageError(`--only: there is no fault "${unknown}"; there are ${all.map(({ name }) => name).join(', ')}`)
  }
  return all.filter(({ name }) => names.includes(name))
}

interface Bound {
  readonly above: number
}

function numberOf(name: string, text: string, { above }: Bound): number {
  const value = Number(text)
  if (text.trim() !== '' && value > above && value < seedBound) return value
  throw new UsageError(`--${name} must be a number above ${above} and below ${seedBound}, not "${text}"`)
}

function wholeOf(name: string, text: string, bound: Bound): number {
  const value = numberOf(name, text, bound)
  if (Number.isInteger(value)) return value
  throw new UsageError(`--${name} must be a whole number, not "${text}"`)
}
