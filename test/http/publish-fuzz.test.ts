import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { wireEvent } from '../support/events.ts'
import { startTestServer } from '../support/server.ts'

const seeds = [
  JSON.stringify(wireEvent()),
  JSON.stringify([wireEvent({ payload: { é: '\u0000"\\', n: [1e300, null, { a: {} }] } }), wireEvent()]),
  JSON.stringify({ events: [wireEvent(), wireEvent(), wireEvent()] }, null, 2),
  `${JSON.stringify(wireEvent())}\r\n\n${JSON.stringify(wireEvent())}\n`,
].map((text) => Buffer.from(text))

interface Mutation {
  readonly at: number
  readonly kind: 'replace' | 'insert' | 'delete' | 'repeat'
  readonly bytes: Uint8Array
}

const telling = fc.constantFrom(
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\\u0000',
  '\\ud800',
  '"topic":',
  '1e9',
  '-',
  '\0',
)
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(1000),
  kind: fc.constantFrom('replace', 'insert', 'delete', 'repeat'),
  bytes: fc.oneof(
    telling.map((text) => Buffer.from(text)),
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
  ),
})

function mutate(body: Buffer, { at, kind, bytes }: Mutation): Buffer {
  const start = at % (body.length + 1)
  const end = kind === 'insert' ? start : start + bytes.length
  const middle = kind === 'delete' ? [] : kind === 'repeat' ? [body.subarray(start), bytes] : [bytes]
  return Buffer.concat([body.subarray(0, start), ...middle, body.subarray(end)])
}

const body = fc
  .tuple(fc.constantFrom(...seeds), fc.array(mutation, { maxLength: 4 }))
  .map(([seed, mutations]) => mutations.reduce(mutate, seed))
const encoded = fc.oneof(
  { weight: 6, arbitrary: fc.record({ bytes: body, encoding: fc.constant('identity') }) },
  {
    weight: 1,
    arbitrary: fc.record({ bytes: body, encoding: fc.constantFrom('gzip', 'br', 'deflate', 'zstd', 'identity') }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(body, mutation)
      .map(([bytes, change]) => ({ bytes: mutate(gzipSync(bytes), change), encoding: 'gzip' })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(body, mutation)
      .map(([bytes, change]) => ({ bytes: mutate(zstdCompressSync(bytes), change), encoding: 'zstd' })),
  },
)

test('whatever bytes are published, the answer is 202, 400 or 422, and the counters add up', async (t) => {
  const server = await startTestServer(t)
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(
      encoded,
      fc.constantFrom('application/json', 'application/x-ndjson'),
      async ({ bytes, encoding }, type) => {
        const headers = { 'content-type': type, 'content-encoding': encoding }
        const answer = await server.post('/publish', Buffer.from(bytes), headers)
        const text = await answer.text()
        assert.ok([202, 400, 422].includes(answer.status), `${answer.status} ${text}`)
        accepted += (JSON.parse(text) as { accepted?: number }).accepted ?? 0
      },
    ),
    { numRuns: 1500 },
  )
  const stats = await server.getJson('/stats')
  assert.equal(stats.received, accepted)
  assert.equal(stats.received, stats.unique_processed + stats.duplicate_dropped)
  const events = await server.get('/events?limit=1000')
  JSON.parse(await events.text())
})

test('whatever is asked, the answer is 200, 404, 414 or 422', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent({ topic: 'a', event_id: 'b' }))
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ maxLength: 5 }),
    fc.constantFrom('a', 'b', '1', 'true', 'desc'),
  )
  const parameter = fc.tuple(
    fc.oneof(
      {
        weight: 9,
        arbitrary: fc.constantFrom('topic', 'source', 'from', 'to', 'q', 'limit', 'cursor', 'order', 'conflict'),
      },
      { weight: 1, arbitrary: text },
    ),
    text,
  )
  const path = fc.oneof(
    fc
      .tuple(fc.constantFrom('/events', '/duplicates'), fc.array(parameter, { maxLength: 3 }))
      .map(([route, parameters]) => {
        return `${route}?${parameters.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}`
      }),
    fc.tuple(text, text).map((names) => `/events/${names.map(encodeURIComponent).join('/')}`),
  )
  await fc.assert(
    fc.asyncProperty(path, async (target) => {
      const { status } = await server.get(target, { method: 'HEAD' })
      assert.ok([200, 404, 414, 422].includes(status), `${status}`)
    }),
    { numRuns: 500 },
  )
})
