import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { assertProblem } from '../support/problem.ts'
import { rawRequest, requestHead } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'

const names = [
  'plain',
  'with space',
  'a/b/c',
  '/',
  'a%2Fb',
  '100%',
  'a+b',
  'a?b#c',
  'a;b=c',
  'a:b@c',
  '*',
  '...',
  'stream',
  'é',
  'e\u0301',
  '漢字',
  '😀',
  '"quoted"',
  "it's",
  'back\\slash',
  'line\nbreak',
  '\u2028',
  '__proto__',
  'constructor',
  'x'.repeat(128),
  '😀'.repeat(128),
]

function pathOf(topic: string, eventId: string): string {
  return `/events/${encodeURIComponent(topic)}/${encodeURIComponent(eventId)}`
}

test('an event is found by its percent-encoded topic and event id, whatever characters they have', async (t) => {
  const server = await startTestServer(t)
  const events = names.map((name, index) => wireEvent({ topic: name, event_id: names.at(-index) as string }))
  assert.equal((await server.publish(...events)).status, 202)
  for (const event of events) {
    const { seq: _, processed_at: __, ...found } = await server.getJson(pathOf(event.topic, event.event_id))
    assert.deepEqual(found, event)
  }
})

test('names of dots are found too, where a client sends them', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent({ topic: '..', event_id: '.' }))
  const answer = await rawRequest(server.url, requestHead('GET /events/%2e%2e/%2e'))
  assert.equal(JSON.parse(answer.body).topic, '..')
})

test('the longest names there can be are found', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent({ topic: '😀'.repeat(255), event_id: '🎉'.repeat(128) })
  await server.publish(event)
  assert.equal((await server.getJson(pathOf(event.topic, event.event_id))).event_id, event.event_id)
})

test('one event has exactly the fields that it has in a list', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent()
  await server.publish(event)
  const found = await server.getJson(pathOf(event.topic, event.event_id))
  assert.deepEqual(Object.keys(found), ['topic', 'event_id', 'timestamp', 'source', 'payload', 'seq', 'processed_at'])
  assert.deepEqual(found, (await server.getJson('/events')).events[0])
})

test('HEAD tells whether an event landed, without a body', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent()
  const path = pathOf(event.topic, event.event_id)
  const before = await server.get(path, { method: 'HEAD' })
  assert.deepEqual([before.status, await before.text()], [404, ''])
  await server.publish(event)
  const after = await server.get(path, { method: 'HEAD' })
  assert.deepEqual([after.status, await after.text()], [200, ''])
  const got = await server.get(path)
  assert.equal(after.headers.get('content-length'), `${Buffer.byteLength(await got.text())}`)
  assert.equal(after.headers.get('content-type'), got.headers.get('content-type'))
})

test('HEAD is answered wherever GET is', async (t) => {
  const server = await startTestServer(t)
  for (const path of [
    '/events',
    '/duplicates',
    '/stats',
    '/topics',
    '/health',
    '/livez',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/docs',
  ]) {
    const answer = await server.get(path, { method: 'HEAD' })
    assert.deepEqual([answer.status, await answer.text()], [200, ''], path)
  }
})

test('404: names are compared exactly', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent({ topic: 'Logs', event_id: 'é' }))
  for (const [topic, eventId] of [
    ['logs', 'é'],
    ['Logs', 'e\u0301'],
    ['Logs', 'É'],
    ['Logs ', 'é'],
    ['é', 'Logs'],
  ] as const) {
    await assertProblem(await server.get(pathOf(topic, eventId)), 404)
  }
})
