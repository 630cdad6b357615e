import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { assertProblem, type Problem, pointersOf } from '../support/problem.ts'
import { startTestServer } from '../support/server.ts'

type Body = string | Uint8Array<ArrayBuffer>

const ndjson = { 'content-type': 'application/x-ndjson' }
const event = wireEvent({ topic: 'a', event_id: 'b' })
const eventText = JSON.stringify(event)
/** The event without its closing brace, for one more field. */
const openEvent = eventText.slice(0, -1)

/** Asserts that the body is refused and that nothing of it is stored. */
async function assertRefused(t: TestContext, body: Body, status: number): Promise<Problem> {
  const server = await startTestServer(t)
  const problem = await assertProblem(await server.post('/publish', body), status)
  assert.equal((await server.getJson('/stats')).received, 0)
  return problem
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}

for (const [name, body] of [
  ['an empty body', ''],
  ['nothing but space', ' \r\n\t'],
  ['a word', 'hello'],
  ['a document that is cut off', eventText.slice(0, -1)],
  ['trailing garbage', `${eventText}x`],
  ['two documents', `${eventText}\n${eventText}`],
  ['a byte order mark', `\ufeff${eventText}`],
  ['a trailing comma', `${openEvent},}`],
  ['a comment', `/* */${eventText}`],
  ['single quotes', "{'topic':'a'}"],
  ['NaN', `{"events":[NaN]}`],
  ['a raw control character in a string', eventText.replace('"a"', '"\u0001"')],
  ['a raw NUL', `${eventText}\0`],
  ['a broken escape', eventText.replace('"a"', '"\\x41"')],
] as const) {
  test(`400 invalid_json: ${name}`, async (t) => {
    const problem = await assertRefused(t, body, 400)
    assert.equal(problem.code, 'invalid_json')
    assert.match(problem.detail, /^the body is not JSON/)
  })
}

for (const [name, bytes] of [
  ['a lone continuation byte', [0x80]],
  ['a sequence that is cut off', [0xc3]],
  ['an overlong form', [0xc0, 0xaf]],
  ['an encoded surrogate', [0xed, 0xa0, 0x80]],
  ['Latin-1', [0xe9]],
  ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
] as const) {
  test(`400 invalid_encoding: bytes that are not UTF-8: ${name}`, async (t) => {
    const body = Buffer.concat([Buffer.from('{"topic":"'), Buffer.from(bytes), Buffer.from(`",${eventText.slice(1)}`)])
    assert.equal((await assertRefused(t, body, 400)).code, 'invalid_encoding')
  })
}

test('400 invalid_encoding: UTF-16', async (t) => {
  assert.equal((await assertRefused(t, Buffer.from(`\ufeff${eventText}`, 'utf16le'), 400)).code, 'invalid_encoding')
})

/** Each body nests as deep as asked, counted from its own root. */
const shapes: readonly (readonly [string, (depth: number) => string])[] = [
  [
    'the payload of one event',
    (depth) => `{"payload":{"x":${nested(depth - 2)}},${eventText.slice(1).replace(/,"payload".*/, '')}}`,
  ],
  ['the payload of an event in an array', (depth) => `[${shapes[0]?.[1](depth - 1)}]`],
  ['the payload of an event in a batch', (depth) => `{"events":[${shapes[0]?.[1](depth - 2)}]}`],
]

for (const [name, bodyOf] of shapes) {
  test(`nesting: 64 is taken in ${name}, 65 is refused with 400`, async (t) => {
    const server = await startTestServer(t)
    assert.equal((await server.post('/publish', bodyOf(64))).status, 202)
    const problem = await assertProblem(await server.post('/publish', bodyOf(65)), 400)
    assert.equal(problem.code, 'invalid_json')
    assert.match(problem.detail, /deeper than 64/)
  })
}

for (const [name, body] of [
  ['the root', nested(65)],
  ['an unknown field', `${openEvent},"x":${nested(64)}}`],
  ['a field of the batch', `{"events":[],"x":${nested(64)}}`],
  ['a batch that is no array', `{"events":{"x":${nested(63)}}}`],
  ['five million levels', '['.repeat(4_000_000) + ']'.repeat(4_000_000)],
  ['brackets after strings that hold brackets and quotes', `{"x":["]]\\"\\\\",${nested(63)}]}`],
] as const) {
  test(`400: nested too deep: ${name}`, async (t) => {
    assert.match((await assertRefused(t, body, 400)).detail, /deeper than 64/)
  })
}

test('brackets inside strings are not nesting', async (t) => {
  const server = await startTestServer(t)
  const body = `{"events":[${JSON.stringify({ ...event, payload: { '[[': '{'.repeat(100), '\\"[': '"\\[' } })}]}`
  assert.equal((await server.post('/publish', body)).status, 202)
})

for (const [name, body, pointer] of [
  ['in one event', `${openEvent},"topic":"a"}`, '/topic'],
  ['with an escaped name', `${openEvent},"t\\u006fpic":"a"}`, '/topic'],
  ['with the same value', `${openEvent},"event_id":"b"}`, '/event_id'],
  ['payload', `${openEvent},"payload":{}}`, '/payload'],
  ['in an array', `[${eventText},${openEvent},"source":"x"}]`, '/1/source'],
  [
    'in a batch',
    `{"events":[${eventText},${eventText},${openEvent},"timestamp":"2026-01-31"}]}`,
    '/events/2/timestamp',
  ],
  ['events itself', `{"events":[${eventText}],"events":[]}`, '/events'],
  ['events itself, escaped', `{"events":[${eventText}],"\\u0065vents":[]}`, '/events'],
] as const) {
  test(`400: an envelope field appears twice: ${name}`, async (t) => {
    const problem = await assertRefused(t, body, 400)
    assert.deepEqual(pointersOf(problem), [pointer])
  })
}

const long = (length: number, char = 'x') => char.repeat(length)

for (const [name, fields, field] of [
  ['a topic that is empty', { topic: '' }, 'topic'],
  ['a topic of 256 characters', { topic: long(256) }, 'topic'],
  ['a topic of 256 characters beyond U+FFFF', { topic: long(256, '😀') }, 'topic'],
  ['a topic that is a number', { topic: 1 }, 'topic'],
  ['a topic that is null', { topic: null }, 'topic'],
  ['a topic with U+0000', { topic: 'a\0b' }, 'topic'],
  ['a topic with a lone surrogate', { topic: 'a\ud800' }, 'topic'],
  ['a topic with a reversed pair', { topic: '\udc00\ud800' }, 'topic'],
  ['an event_id that is empty', { event_id: '' }, 'event_id'],
  ['an event_id of 129 characters', { event_id: long(129) }, 'event_id'],
  ['an event_id of 129 characters beyond U+FFFF', { event_id: long(129, '😀') }, 'event_id'],
  ['an event_id that is a number', { event_id: 17 }, 'event_id'],
  ['an event_id with U+0000', { event_id: '\0' }, 'event_id'],
  ['an event_id with a lone surrogate', { event_id: '\udfff' }, 'event_id'],
  ['a source that is empty', { source: '' }, 'source'],
  ['a source of 256 characters', { source: long(256) }, 'source'],
  ['a source that is an object', { source: {} }, 'source'],
  ['a source with U+0000', { source: 'x\0' }, 'source'],
  ['a source with a lone surrogate', { source: '\ud800x' }, 'source'],
  ['a payload that is an array', { payload: [] }, 'payload'],
  ['a payload that is a string', { payload: '{}' }, 'payload'],
  ['a payload that is a number', { payload: 1 }, 'payload'],
  ['a payload that is null', { payload: null }, 'payload'],
  ['a timestamp that is a number', { timestamp: 1_769_851_800 }, 'timestamp'],
  ['a timestamp that is null', { timestamp: null }, 'timestamp'],
] as const) {
  test(`422: ${name}`, async (t) => {
    const problem = await assertRefused(t, JSON.stringify({ ...event, ...fields }), 422)
    assert.equal(problem.code, 'invalid_event')
    assert.deepEqual(pointersOf(problem), [`/${field}`])
  })
}

for (const timestamp of [
  '',
  'now',
  '2026',
  '2026-01',
  '2026-13-01',
  '2026-00-10',
  '2026-01-32',
  '2026-02-29',
  '2026-01-31T',
  '2026-01-31T25:00:00Z',
  '2026-01-31T24:00:01Z',
  '2026-01-31T09:60:00Z',
  '2026-01-31T09:30:61Z',
  '2026-01-31T09:30:60Z',
  '2026-01-31T09:30:00.Z',
  '2026-01-31T09:30:00+24:00',
  '2026-01-31T09:30:00+07:60',
  '2026-01-31T09:30:00 UTC',
  '2026-01-31T09:30:00Z ',
  ' 2026-01-31',
  '31.01.2026',
  '01/31/2026',
  'Sat, 31 Jan 2026 09:30:00 GMT',
  '1769851800',
  '２０２６-01-31',
  '2026-01-31\n',
]) {
  test(`422: the timestamp ${JSON.stringify(timestamp)}`, async (t) => {
    assert.deepEqual(pointersOf(await assertRefused(t, JSON.stringify({ ...event, timestamp }), 422)), ['/timestamp'])
  })
}

for (const field of ['topic', 'event_id', 'timestamp', 'source', 'payload'] as const) {
  test(`422: ${field} is missing`, async (t) => {
    const { [field]: _, ...rest } = event
    const problem = await assertRefused(t, JSON.stringify(rest), 422)
    assert.deepEqual(problem.errors, [{ pointer: `/${field}`, message: 'is missing' }])
  })
}

for (const [key, pointer] of [
  ['Topic', '/Topic'],
  ['event-id', '/event-id'],
  ['time stamp', '/time stamp'],
  ['a/b', '/a~1b'],
  ['a~b', '/a~0b'],
  ['__proto__', '/__proto__'],
  ['', '/'],
] as const) {
  test(`422: an unknown field is refused and named: ${JSON.stringify(key)}`, async (t) => {
    const problem = await assertRefused(t, `${openEvent},${JSON.stringify(key)}:1}`, 422)
    assert.deepEqual(problem.errors, [{ pointer, message: 'is not a known field' }])
  })
}

for (const [name, body] of [
  ['null', 'null'],
  ['a number', '17'],
  ['a string', '"a"'],
  ['true', 'true'],
] as const) {
  test(`422: the body is ${name}`, async (t) => {
    assert.deepEqual(pointersOf(await assertRefused(t, body, 422)), [''])
  })
}

const many = `${`${eventText},`.repeat(1000)}${eventText}`

for (const [name, body, pointer] of [
  ['a batch of 0', '{"events":[]}', '/events'],
  ['an empty array', '[]', ''],
  ['a batch of 1,001', `{"events":[${many}]}`, '/events'],
  ['an array of 1,001', `[${many}]`, ''],
  ['a batch that is an object', '{"events":{}}', '/events'],
  ['a batch that is null', '{"events":null}', '/events'],
] as const) {
  test(`422: ${name}`, async (t) => {
    const problem = await assertRefused(t, body, 422)
    assert.deepEqual(pointersOf(problem), [pointer])
    assert.match(problem.detail, /1 to 1000 events/)
  })
}

test('422 names every invalid event of a batch, and every field at fault', async (t) => {
  const events = Array.from({ length: 1000 }, (_, index) => ({ ...event, event_id: `${index}` }))
  const wrong = { ...event, timestamp: 'x', source: '' }
  const body = { events: events.with(3, wrong).with(998, { ...event, topic: '' }) }
  const problem = await assertRefused(t, JSON.stringify(body), 422)
  assert.deepEqual(pointersOf(problem), ['/events/3/timestamp', '/events/3/source', '/events/998/topic'])
  assert.match(problem.detail, /^\/events\/3\/timestamp .* \(and 2 more\)$/)
})

test('422 names invalid events also where the batch itself has an unknown field', async (t) => {
  const body = JSON.stringify({ event: 1, events: [event, { ...event, topic: '' }] })
  assert.deepEqual(pointersOf(await assertRefused(t, body, 422)), ['/event', '/events/1/topic'])
})

test('422 points into an array from its root, and at what is no object', async (t) => {
  const body = JSON.stringify([event, 'x', event, { ...event, timestamp: '' }, null, [event]])
  assert.deepEqual(pointersOf(await assertRefused(t, body, 422)), ['/1', '/3/timestamp', '/4', '/5'])
})

test('a thousand events that are all wrong are all named', async (t) => {
  const problem = await assertRefused(t, JSON.stringify({ events: Array.from({ length: 1000 }, () => ({})) }), 422)
  assert.equal(new Set(pointersOf(problem).map((pointer) => pointer.split('/')[2])).size, 1000)
})

test('fields at their limits, counted in code points, are taken', async (t) => {
  const server = await startTestServer(t)
  for (const char of ['x', 'é', '漢', '😀']) {
    const fields = { topic: long(255, char), event_id: long(128, char), source: long(255, char) }
    const answer = await server.publish(wireEvent(fields))
    assert.equal(answer.status, 202, char)
    const path = `/events/${encodeURIComponent(fields.topic)}/${encodeURIComponent(fields.event_id)}`
    assert.equal((await server.getJson(path)).source, fields.source)
  }
  assert.equal((await server.publish(wireEvent({ topic: ' ', event_id: '\n', source: '\u007f' }))).status, 202)
})

for (const query of ['results=some', 'results=', 'results=ALL', 'results=all&results=all', 'result=all', 'x']) {
  test(`422: POST /publish?${query}`, async (t) => {
    const server = await startTestServer(t)
    const problem = await assertProblem(await server.post(`/publish?${query}`, eventText), 422)
    assert.equal(problem.code, 'invalid_query')
    assert.deepEqual(new Set(pointersOf(problem)), new Set([`/${query.split(/[=&]/)[0]}`]))
    assert.equal((await server.getJson('/stats')).received, 0)
  })
}

test('an empty body and Content-Length 0 get 400 as JSON, 422 as lines', async (t) => {
  const server = await startTestServer(t)
  await assertProblem(await server.post('/publish', ''), 400)
  await assertProblem(await server.post('/publish', '', ndjson), 422)
})
