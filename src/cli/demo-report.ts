/** The words and tables of `sekali demo`, within 80 columns; and whether its numbers add up. */

import { addressOf } from '../client/send-request.ts'
import type { DemoLog } from './demo-log.ts'
import { counted, formatBytes, formatCount } from './format.ts'
import type { ServerCounts } from './server-counts.ts'

/** Of a publisher or a pass over the log, as the acks say. */
export interface Row {
  readonly name: string
  readonly sent: number
  readonly unique: number
  readonly duplicates: number
  readonly conflicts: number
}

export interface Story {
  readonly publishers: readonly Row[]
  /** Different pairs of topic and event id that the publishers sent. */
  readonly distinct: number
  readonly firstPass: Row
  readonly secondPass: Row
  /** What the server counted for all of this. */
  readonly server: ServerCounts
  /** A batch that was stored while its ack was lost was received twice: then the server counts more than the acks. */
  readonly retries: number
}

const nameWidth = 20

export function tableHead(first: string): string {
  return cells(first, ['sent', 'unique', 'duplicates', 'conflicts'])
}

export function tableRow({ name, sent, unique, duplicates, conflicts }: Row): string {
  return cells(name, [sent, unique, duplicates, conflicts].map(formatCount))
}

export function tableRule(): string {
  return `   ${'-'.repeat(nameWidth + 4 * 12)}`
}

export function serverRow(name: string, { received, ...counts }: ServerCounts): Row {
  return { name, sent: received, ...counts }
}

export function sumOf(name: string, rows: readonly Row[]): Row {
  const sum = (pick: (row: Row) => number) => rows.reduce((total, row) => total + pick(row), 0)
  return {
    name,
    sent: sum((row) => row.sent),
    unique: sum((row) => row.unique),
    duplicates: sum((row) => row.duplicates),
    conflicts: sum((row) => row.conflicts),
  }
}

export function liveText(seconds: number, { received, unique, duplicates, conflicts }: ServerCounts): string {
  const numbers = [
    `received ${formatCount(received).padStart(7)}`,
    `unique ${formatCount(unique).padStart(7)}`,
    `duplicates ${formatCount(duplicates).padStart(7)}`,
    `conflicts ${formatCount(conflicts).padStart(6)}`,
  ]
  return `${String(seconds).padStart(5)} s  ${numbers.join('  ')}`
}

/** What does not add up, in words; empty when all does. */
export function faultsOf({ publishers, distinct, firstPass, secondPass, server, retries }: Story): string[] {
  const rows = [...publishers, firstPass, secondPass]
  const sent = sumOf('sent', rows)
  const faults = rows
    .filter((row) => row.sent !== row.unique + row.duplicates)
    .map((row) => `${row.name}: sent ${row.sent} is not unique ${row.unique} + duplicates ${row.duplicates}`)
  const expect = (text: string, actual: number, expected: number) => {
    if (actual !== expected) faults.push(`${text}: ${actual}, not ${expected}`)
  }
  expect('events that the server stored', server.unique, distinct + firstPass.sent)
  expect('events stored by shipping the log again', secondPass.unique, 0)
  if (retries > 0) return faults
  expect('events that the acks call unique', sent.unique, distinct + firstPass.sent)
  expect('events that the server received', server.received, sent.sent)
  expect('duplicates that the server counted', server.duplicates, sent.duplicates)
  expect('conflicts that the server counted', server.conflicts, sent.conflicts)
  return faults
}

export function verdictText(story: Story): string {
  const faults = faultsOf(story)
  if (faults.length > 0) return `The numbers do NOT add up:\n${faults.map((fault) => `   ${fault}\n`).join('')}`
  const { unique, received } = story.server
  const retries =
    story.retries === 0
      ? ''
      : `${counted(story.retries, 'request')} had to be sent again; what came twice is a duplicate.\n`
  return (
    `Every number adds up: of ${formatCount(received)} events that arrived, ${formatCount(unique)} were new,\n` +
    `and exactly ${formatCount(unique)} are stored. Sent = unique + duplicates, for each publisher\n` +
    `and on the server. The conflicts are kept aside, not lost.\n${retries}`
  )
}

export function logText({ path, bytes, isReal }: DemoLog): string {
  if (isReal) return `2  A real log file, shipped twice: ${path} (${formatBytes(bytes)})`
  return `2  No log file can be read here, so one that the demo wrote is shipped twice\n   (${formatBytes(bytes)})`
}

export function nextText(url: string | undefined, log: DemoLog): string {
  if (url !== undefined) {
    const commands = [
      `curl '${addressOf(url, 'stats')}'`,
      `curl '${addressOf(url, 'events?topic=demo.orders&limit=3')}'`,
      `curl '${addressOf(url, 'duplicates?conflict=true&limit=1')}'`,
    ]
    return `Try next:\n${commands.map((command) => `   ${command}\n`).join('')}   and ${addressOf(url, 'docs')} in a browser\n`
  }
  const path = log.isReal ? log.path : 'any.log'
  return [
    'Try next:',
    '   npx sekali serve                     and in another terminal, twice:',
    `   npx sekali publish --lines --topic logs.demo ${path}`,
    "   curl 'http://127.0.0.1:8080/events?topic=logs.demo&limit=3'",
    "   curl 'http://127.0.0.1:8080/stats'",
    '   and http://127.0.0.1:8080/docs in a browser',
    '',
  ].join('\n')
}

function cells(name: string, columns: readonly string[]): string {
  return `   ${name.padEnd(nameWidth)}${columns.map((column) => column.padStart(12)).join('')}`
}
