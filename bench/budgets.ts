/** Measured figures against the limits that the design promises. */
import { type Spread, spreadOf } from '../src/cli/bench-rows.ts'
import { formatCount } from '../src/cli/format.ts'
import type { Budget } from './command.ts'

interface Comparison {
  readonly what: string
  /** Of the repeats; compared is the median. */
  readonly measured: readonly number[]
  readonly limit: number
  readonly unit: string
}

export function atLeast({ what, measured, limit, unit }: Comparison): Budget {
  const { median } = spreadOf(measured)
  return { what, limit: `≥ ${figure(limit, unit)}`, measured: spreadText(measured, unit), isKept: median >= limit }
}

export function atMost({ what, measured, limit, unit }: Comparison): Budget {
  const { median } = spreadOf(measured)
  return { what, limit: `≤ ${figure(limit, unit)}`, measured: spreadText(measured, unit), isKept: median <= limit }
}

/** @param storedKeys when the server needed so many bytes. */
export function memoryBudget(what: string, bytes: number, storedKeys: number): Budget {
  return atMost({ what, measured: [bytes / 2 ** 20], limit: memoryLimitBytes(storedKeys) / 2 ** 20, unit: 'MiB' })
}

/** `median (min–max) unit`. */
export function spreadText(values: readonly number[], unit: string): string {
  const { median, min, max } = spreadOf(values)
  if (values.length === 1) return figure(median, unit)
  return `${figure(median, '')} (${figure(min, '')}–${figure(max, '')})${unit === '' ? '' : ` ${unit}`}`
}

function figure(value: number, unit: string): string {
  const text = value >= 100 ? formatCount(value) : String(Number(value.toPrecision(3)))
  return unit === '' ? text : `${text} ${unit}`
}

export function wholeSpreadOf(values: readonly number[]): Spread {
  const { median, min, max } = spreadOf(values)
  return { median: Math.round(median), min: Math.round(min), max: Math.round(max) }
}

/** Columns as wide as their widest cell; the first one to the left. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const padded = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))),
  )
  return padded.map((row) => row.join('  ').trimEnd()).join('\n')
}

export function budgetText(budgets: readonly Budget[]): string {
  const rows = budgets.map(({ what, limit, measured, isKept }) => [what, limit, measured, isKept ? 'kept' : 'MISSED'])
  return tableText([['budget', 'limit', 'measured', ''], ...rows])
}

/** Memory that the design grants a server, in bytes. */
export function memoryLimitBytes(storedKeys: number): number {
  return 250 * 2 ** 20 + 2 * storedKeys
}

/** So that result files hold no digits that mean nothing. */
export function rounded(value: number, digits = 4): number {
  return Number(value.toPrecision(digits))
}

export function roundedSpreadOf(values: readonly number[]): Spread {
  const { median, min, max } = spreadOf(values)
  return { median: rounded(median), min: rounded(min), max: rounded(max) }
}
