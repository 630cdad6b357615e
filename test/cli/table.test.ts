/** Tables and command lines as texts: no process is needed to see them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandLine } from '../../src/cli/command-line.ts'
import { printable } from '../../src/cli/output.ts'
import { eventLine } from '../../src/cli/read/event-text.ts'
import { type Column, cutTo, fitWidths, tableText, widthOf } from '../../src/cli/table.ts'
import type { EventRow } from '../../src/client/raw-events.ts'

const columns: readonly Column[] = [
  { title: 'TIMESTAMP', maxWidth: 32, isKept: true },
  { title: 'TOPIC', maxWidth: 24 },
  { title: 'COUNT', align: 'right' },
  { title: 'PAYLOAD' },
]
const cells = ['2026-01-31T09:30:00.123456+02:00', 'orders.eu.payments.settled', '1,234,567', '{"名前":"日本語日本語"}']

test('a table fits into its terminal, numbers and times stay whole, and there is room for the last column', () => {
  for (const width of [30, 60, 80]) {
    const [head = '', line = '', ...rest] = tableText(columns, [cells], { columns: width }).split('\n')
    assert.deepEqual(rest, [''])
    assert(widthOf(head) <= width && widthOf(line) <= width, `${width}:\n${head}\n${line}`)
    if (width >= 60) assert.match(line, /^\S+\+02:00 .* 1,234,567 {2}\{"/)
  }
})

test('in a pipe a table is whole', () => {
  const [, line = ''] = tableText(columns, [cells], { columns: undefined }).split('\n')
  assert.equal(line, cells.join('  '))
})

test('the widest are cut first, and alike', () => {
  assert.deepEqual(fitWidths([3, 30, 20], 100), [3, 30, 20])
  assert.deepEqual(fitWidths([3, 30, 20], 33), [3, 15, 15])
  assert.deepEqual(fitWidths([30, 12, 20], 42), [15, 12, 15])
})

test('a line of a tail fits into its terminal, with its time whole and the begin of its payload', () => {
  const row: EventRow = {
    topic: 'orders.eu.payments.settled',
    eventId: '0198f0a2-7c1d-7e3a-9d55-000000000001',
    timestamp: '2026-01-31T09:30:00.123Z',
    source: 'billing-worker-7f9c.eu-central',
    payload: '{"n":1,"t":"日本語日本語日本語 hello world"}',
    seq: 1,
    processedAt: '2026-01-31T09:30:01Z',
  }
  for (const width of [20, 40, 60, 80, 120]) {
    const line = eventLine(row, width)
    assert(widthOf(line) <= width, `${width}: ${line}`)
    if (width >= 60) assert.match(line, /^2026-01-31T09:30:00\.123Z .* \{"n":1/)
  }
  assert.equal(eventLine(row, undefined), [row.timestamp, row.topic, row.source, row.eventId, row.payload].join(' '))
})

test('a command line can be typed again, also with words that look like options', () => {
  assert.equal(commandLine(['tail', "it's"], { after: 3 }), "sekali tail 'it'\\''s' --after 3")
  assert.equal(
    commandLine(['tail', 'a', '-x', 'b'], { after: 3, json: true }),
    'sekali tail a --after 3 --json -- -x b',
  )
})

test('a table lines up, also where characters are wide, and is cut to the terminal alone', () => {
  const columns = [{ title: 'TOPIC', maxWidth: 6 }, { title: 'EVENTS', align: 'right' }, { title: 'PAYLOAD' }] as const
  const rows = [
    ['日本', '1', '{"a":1}'],
    ['e\u0301t\u00e9', '12', 'x'.repeat(40)],
    ['long.topic', '3', '\u001b[31mred\u202e'],
  ]
  assert.equal(
    tableText(columns, rows, { columns: 30 }),
    'TOPIC   EVENTS  PAYLOAD\n' +
      '日本         1  {"a":1}\n' +
      `e\u0301t\u00e9         12  ${'x'.repeat(13)}…\n` +
      'long.…       3  \\u001b[31mred…\n',
  )
  assert.match(tableText(columns, rows, { columns: undefined }), /^long\.topic {2,}3 {2}\\u001b\[31mred\\u202e$/m)
})

test('what a publisher wrote is shown whole, and moves nothing', () => {
  assert.equal(printable('a\u0007\r\n\u009b1m\u2066é日👩‍👧'), 'a\\u0007\\u000d\\u000a\\u009b1m\\u2066é日👩‍👧')
  assert.equal(widthOf('日e\u0301👧'), 5)
  assert.equal(cutTo('日本語', 4), '日…')
})
