/** What `sekali publish` says at the end: counts that add up, and what went wrong where. */
import { ClientError } from '../client/client-error.ts'
import { errorText } from './error-text.ts'
import { formatCount, formatRate, formatSeconds } from './format.ts'
import type { InputBatch } from './input-batch.ts'
import { printable } from './output.ts'
import type { RunResult, Tally } from './publish-run.ts'

export interface Summary {
  readonly tally: Readonly<Tally>
  readonly elapsedMs: number
  readonly isStopped: boolean
  /** The ids were made for this run: publishing the same text again stores it again. */
  readonly hasRandomIds: boolean
}

export function summaryText({ tally, elapsedMs, isStopped, hasRandomIds }: Summary): string {
  const { sent, unique, duplicates, conflicts, unacknowledged, retries } = tally
  const rows: [string, number | string, string][] = [
    ['sent', sent, `= ${formatCount(unique)} unique + ${formatCount(duplicates)} duplicates`],
    ['conflicts', conflicts, 'duplicates with other content than what is stored'],
  ]
  if (tally.refused > 0) rows.push(['refused', tally.refused, 'lines that were left out'])
  if (unacknowledged > 0) rows.push(['not acknowledged', unacknowledged, 'sent, but stored or not is unknown'])
  if (retries > 0) rows.push(['retries', retries, 'a batch that an attempt before had stored counts as duplicates'])
  rows.push(['lines read', tally.readSoFar.line, ''])
  rows.push(['elapsed', formatSeconds(elapsedMs), formatRate(sent, elapsedMs)])
  const cells = rows.map(([name, value, note]) => [name, typeof value === 'number' ? formatCount(value) : value, note])
  const width = Math.max(...cells.map(([, value]) => value?.length ?? 0))
  const table = cells.map(([name, value, note]) => `${name?.padEnd(17)} ${value?.padStart(width)}  ${note}`.trimEnd())
  if (hasRandomIds) table.push('Lines of a pipe get new ids in every run: the same text again is stored again.')
  if (isStopped) table.push('Stopped before the end.')
  return `${table.join('\n')}\n`
}

export function summaryJson({ tally, elapsedMs }: Summary): string {
  const { readSoFar, ...counts } = tally
  return `${JSON.stringify({ ...counts, lines_read: readSoFar.line, elapsed_seconds: Math.round(elapsedMs) / 1000 })}\n`
}

/** @param name of the input. */
export function failureText({ thrown, batch }: NonNullable<RunResult['failure']>, name: string): string {
  if (!(thrown instanceof ClientError) || batch === undefined) return readingFailure(thrown, name)
  const fault = thrown.code === 'refused' ? faultOf(thrown, batch) : undefined
  return fault === undefined ? errorText(thrown) : printable(`${name} line ${fault.line}: ${fault.text}`)
}

/** Faults of one event that are named. */
const maxNamed = 3

/** From the server's count of lines, or its pointer into a batch, to the line of the input. */
function faultOf({ problem, status }: ClientError, batch: InputBatch): { line: number; text: string } | undefined {
  const { errors = [], detail = '' } = problem
  if (problem.line !== undefined) {
    const line = batch.lines[problem.line - 1]
    if (line === undefined) return undefined
    const texts = errors.slice(0, maxNamed).map(({ pointer, message }) => `${pointer || 'the event'} ${message}`)
    return { line, text: texts.join('; ') || detail.replace(/^line \d+: /, '') }
  }
  // One that is larger than the server takes travels alone.
  if (batch.events === 1 && status === 413) return { line: batch.lines[0] ?? 0, text: detail }
  const found = /^\/events\/(\d+)(.*)$/.exec(errors[0]?.pointer ?? '')
  const line = batch.lines[Number(found?.[1])]
  return line === undefined ? undefined : { line, text: `${found?.[2]} ${errors[0]?.message}` }
}

function readingFailure(thrown: unknown, name: string): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  return text.startsWith(name) ? text : `${name}: ${text}`
}
