import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { InputBatch } from '../../src/cli/input-batch.ts'
import { logLineBatches, maxPieceBytes, timestampOf } from '../../src/cli/log-line-batches.ts'
import type { FileFacts } from '../../src/cli/publish-input.ts'
import type { WireEvent } from '../support/events.ts'

const bornAt = '2026-01-01T00:00:00.000Z'
const readAt = '2026-02-02T00:00:00.000Z'

interface Scene {
  readonly content: string | Buffer | readonly Buffer[]
  readonly identity?: string
  readonly source?: string
  readonly isPipe?: boolean
}

interface Shipped {
  readonly batches: readonly InputBatch[]
  readonly events: readonly WireEvent[]
  readonly unfinishedBytes: number | undefined
}

async function ship({ content, identity = '1:1', source = 'web-1', isPipe = false }: Scene): Promise<Shipped> {
  const chunks = Array.isArray(content) ? content : [Buffer.from(content as string)]
  const file: FileFacts | undefined = isPipe ? undefined : { bytes: Buffer.concat(chunks).length, identity, bornAt }
  let unfinishedBytes: number | undefined
  const batches = await Array.fromAsync(
    logLineBatches(
      { name: 'app.log', stream: Readable.from(chunks), file },
      {
        topic: 'logs.app',
        source,
        onUnfinishedLine: (bytes) => (unfinishedBytes = bytes),
        nowMs: () => Date.parse(readAt),
      },
    ),
  )
  const events = batches.flatMap(({ body, events: count }) => (count === 0 ? [] : JSON.parse(`${body}`).events))
  return { batches, events, unfinishedBytes }
}

async function idsOf(scene: Scene): Promise<string[]> {
  return (await ship(scene)).events.map(({ event_id }) => event_id)
}

test('a line becomes an event with its text and its position', async () => {
  const { events } = await ship({ content: 'first\nsecond\n' })
  assert.deepEqual(
    events.map(({ topic, source, payload }) => ({ topic, source, payload })),
    [
      { topic: 'logs.app', source: 'web-1', payload: { line: 'first', offset: 0 } },
      { topic: 'logs.app', source: 'web-1', payload: { line: 'second', offset: 6 } },
    ],
  )
})

test('blank lines are lines', async () => {
  const { events } = await ship({ content: '\n\nend\n' })
  assert.deepEqual(
    events.map(({ payload }) => payload.line),
    ['', '', 'end'],
  )
  assert.equal(new Set(events.map(({ event_id }) => event_id)).size, 3)
})

test('the carriage return of CRLF is not part of the line', async () => {
  const { events } = await ship({ content: 'a\r\nb\rc\r\n' })
  assert.deepEqual(
    events.map(({ payload }) => payload.line),
    ['a', 'b\rc'],
  )
})

test('the same bytes of the same file are the same events, however they arrive', async () => {
  const content = Buffer.from('2026-01-31 09:30:00 started\nwent on\n')
  const whole = await ship({ content })
  const byByte = await ship({ content: [...content].map((byte) => Buffer.from([byte])) })
  assert.deepEqual(byByte.events, whole.events)
})

test('the id tells file, source, position and bytes apart, and fits', async () => {
  const [first, second] = await idsOf({ content: 'a\na\n' })
  const ids = [
    first,
    second,
    ...(await idsOf({ content: 'a\n', identity: '1:2' })),
    ...(await idsOf({ content: 'a\n', source: 'web-2' })),
    ...(await idsOf({ content: 'b\n' })),
  ]
  assert.equal(new Set(ids).size, 5)
  assert.match(first ?? '', /^[\w-]{43}$/)
})

test('a log that was emptied in place and begins anew is not taken for what it held before', async () => {
  const [, before] = await idsOf({ content: 'started at 1\nready\n' })
  const [, after] = await idsOf({ content: 'started at 2\nready\n' })
  assert.notEqual(after, before)
})

test('bytes that are no UTF-8 are replaced in the text and told apart in the id', async () => {
  const [one, other] = await Promise.all([
    ship({ content: Buffer.from([0x61, 0xff, 0x0a]) }),
    ship({ content: Buffer.from([0x61, 0xfe, 0x0a]) }),
  ])
  assert.equal(one.events[0]?.payload.line, 'a\ufffd')
  assert.equal(other.events[0]?.payload.line, 'a\ufffd')
  assert.notEqual(one.events[0]?.event_id, other.events[0]?.event_id)
})

test('a line over 1 MiB becomes several events that together are the line', async () => {
  const line = 'x'.repeat(2 * maxPieceBytes + 5)
  const { events } = await ship({ content: `${line}\nend\n` })
  assert.deepEqual(
    events.map(({ payload }) => payload.offset),
    [0, maxPieceBytes, 2 * maxPieceBytes, line.length + 1],
  )
  assert.equal(
    events
      .slice(0, 3)
      .map(({ payload }) => payload.line)
      .join(''),
    line,
  )
})

test('the last line of a file waits for its newline; then it is the event that it would have been', async () => {
  const before = await ship({ content: 'a\nunfini' })
  assert.equal(before.events.length, 1)
  assert.equal(before.unfinishedBytes, 6)
  const after = await ship({ content: 'a\nunfinished\n' })
  assert.deepEqual(after.events[0], before.events[0])
  assert.equal(after.events[1]?.payload.line, 'unfinished')
  assert.equal(after.unfinishedBytes, undefined)
})

test('the last line of a pipe is sent without a newline', async () => {
  const { events, unfinishedBytes } = await ship({ content: 'a\nb', isPipe: true })
  assert.deepEqual(
    events.map(({ payload }) => payload.line),
    ['a', 'b'],
  )
  assert.equal(unfinishedBytes, undefined)
})

test('what a pipe gives is sent as it comes, in ids of this run', async () => {
  const scene = { content: [Buffer.from('a\n'), Buffer.from('b\n')], isPipe: true }
  const { batches } = await ship(scene)
  assert.deepEqual(
    batches.map(({ events }) => events),
    [1, 1, 0],
  )
  assert.notDeepEqual(await idsOf(scene), await idsOf(scene))
})

test('a batch holds at most 500 lines and 1 MiB, and a long line alone', async () => {
  const many = await ship({ content: 'line\n'.repeat(1201) })
  assert.deepEqual(
    many.batches.map(({ events }) => events),
    [500, 500, 201],
  )
  assert.deepEqual(
    many.batches.map(({ readSoFar }) => readSoFar),
    [500, 1000, 1201].map((line) => ({ line, bytes: 5 * line })),
  )
  const long = await ship({ content: `${'x'.repeat(700_000)}\n`.repeat(3) })
  assert.deepEqual(
    long.batches.map(({ events }) => events),
    [1, 1, 1],
  )
})

test('a line without a timestamp has that of the closest line before; the first ones the birth of the file', async () => {
  const { events } = await ship({
    content: 'no time\n2026-01-31 09:30:00 a\n  at b\n2026-02-30 25:00:00 no such day\n2026-01-31 09:30:01 c\n',
  })
  assert.deepEqual(
    events.map(({ timestamp }) => timestamp),
    [bornAt, '2026-01-31T09:30:00', '2026-01-31T09:30:00', '2026-01-31T09:30:00', '2026-01-31T09:30:01'],
  )
})

test('through a pipe a line without a timestamp has the time it was read', async () => {
  const { events } = await ship({ content: 'no time\n', isPipe: true })
  assert.equal(events[0]?.timestamp, readAt)
})

for (const [line, timestamp] of [
  ['2026-01-31 09:30:00 status installed', '2026-01-31T09:30:00'],
  ['2026-01-31T09:30:00.123+07:00 web app: x', '2026-01-31T09:30:00.123+07:00'],
  ['2026-01-31 09:30:00,123 INFO x', '2026-01-31T09:30:00.123'],
  ['2026-01-31 09:30:00 +0700 x', '2026-01-31T09:30:00+0700'],
  ['2026-01-31 09:30:00.5+07 x', '2026-01-31T09:30:00.5+07'],
  ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00Z'],
  ['2026-01-31 09:30 x', '2026-01-31T09:30'],
  ['2026-01-31 09:30:00: x', '2026-01-31T09:30:00'],
  ['2026-01-31 09:30:00 - x', '2026-01-31T09:30:00'],
  ['2026-01-31 09:30:000 x', undefined],
  ['2026-02-29 09:30:00 x', undefined],
  ['2026-01-31 x', undefined],
  ['[2026-01-31 09:30:00] x', undefined],
  [' 2026-01-31 09:30:00 x', undefined],
  ['', undefined],
] as const) {
  test(`the timestamp of "${line}" is ${timestamp ?? 'none'}`, () => assert.equal(timestampOf(line), timestamp))
}
