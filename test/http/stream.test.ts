import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type EventStream, openEventStream } from '../support/event-stream.ts'
import { wireEvent } from '../support/events.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

async function assertNothingMore(stream: EventStream, publish: () => Promise<unknown>, seq: number): Promise<void> {
  await publish()
  assert.deepEqual(await stream.nextSeqs(1), [seq])
}

test('a reader gets events as they are committed, with the seq as id and the event as one line of JSON', async (t) => {
  const server = await startTestServer(t)
  const stream = await openEventStream(t, `${server.url}/events/stream`)
  assert.equal(stream.response.statusCode, 200)
  assert.equal(stream.response.headers['content-type'], 'text/event-stream; charset=utf-8')
  assert.equal(stream.response.headers['x-accel-buffering'], 'no')
  assert.equal(stream.response.headers['cache-control'], 'no-store')
  const event = wireEvent()
  await server.publish(event)
  const received = await stream.next()
  assert.deepEqual([received?.id, received?.event], ['1', 'event'])
  const path = `/events/${event.topic}/${event.event_id}`
  assert.equal(received?.data, await (await server.get(path)).text())
})

test('a payload with line breaks arrives as one line that says the same', async (t) => {
  const server = await startTestServer(t)
  const stream = await openEventStream(t, `${server.url}/events/stream`)
  const { payload: _, ...envelope } = wireEvent()
  await server.post('/publish', `${JSON.stringify(envelope).slice(0, -1)},"payload":{\r\n "a\\n": [1,\n 2]}}`)
  const received = await stream.next()
  assert.deepEqual(JSON.parse(received?.data ?? '').payload, { 'a\n': [1, 2] })
})

test('without a place to begin the tail begins now; after=0 is everything, then live', async (t) => {
  const server = await startTestServer(t)
  await server.publish(...range(1, 700).map(() => wireEvent()))
  const fromNow = await openEventStream(t, `${server.url}/events/stream`)
  const fromStart = await openEventStream(t, `${server.url}/events/stream?after=0`)
  assert.deepEqual(await fromStart.nextSeqs(700), range(1, 700))
  await server.publish(wireEvent())
  assert.deepEqual(await fromNow.nextSeqs(1), [701])
  assert.deepEqual(await fromStart.nextSeqs(1), [701])
})

test('Last-Event-ID resumes strictly after it, and goes before the query', async (t) => {
  const server = await startTestServer(t)
  await server.publish(...range(1, 10).map(() => wireEvent()))
  const resumed = await openEventStream(t, `${server.url}/events/stream?after=2`, { 'last-event-id': '7' })
  assert.deepEqual(await resumed.nextSeqs(3), [8, 9, 10])
  const byQuery = await openEventStream(t, `${server.url}/events/stream?after=8`)
  assert.deepEqual(await byQuery.nextSeqs(2), [9, 10])
})

test('topics, patterns and a source select, in the past and live', async (t) => {
  const server = await startTestServer(t)
  const topics = ['orders.eu', 'orders.eu.de', 'orders.us', 'logs.app', 'logs']
  const publishAll = () => server.publish(...topics.map((topic) => wireEvent({ topic, source: topic.slice(0, 4) })))
  await publishAll()
  const open = (query: string) => openEventStream(t, `${server.url}/events/stream?after=0&${query}`)
  const streams = {
    one: await open('topic=orders.*'),
    rest: await open('topic=orders.%3E'),
    two: await open('topic=logs&topic=orders.us'),
    source: await open('source=logs'),
    both: await open('topic=logs.*&source=logs'),
  }
  await publishAll()
  assert.deepEqual(await streams.one.nextSeqs(4), [1, 3, 6, 8])
  assert.deepEqual(await streams.rest.nextSeqs(6), [1, 2, 3, 6, 7, 8])
  assert.deepEqual(await streams.two.nextSeqs(4), [3, 5, 8, 10])
  assert.deepEqual(await streams.source.nextSeqs(4), [4, 5, 9, 10])
  assert.deepEqual(await streams.both.nextSeqs(2), [4, 9])
})

test('duplicates are not delivered again', async (t) => {
  const server = await startTestServer(t)
  const stream = await openEventStream(t, `${server.url}/events/stream`)
  const event = wireEvent()
  await server.publish(event)
  await server.publish(event, { ...event, source: 'other' })
  assert.deepEqual(await stream.nextSeqs(1), [1])
  await assertNothingMore(stream, () => server.publish(wireEvent()), 2)
})

test('the past joins the live events in a storm: no gap, no repeat, in order', async (t) => {
  const folder = temporaryFolder(t)
  for (const store of ['memory:', `sqlite:${join(folder, 'storm.db')}`]) {
    const server = await startTestServer(t, { store })
    const batches = 60
    const publishing = Array.from({ length: 4 }, async () => {
      for (let batch = 0; batch < batches / 4; batch++) {
        const events = range(1, 100).map((index) => wireEvent({ topic: `t.${index % 2}` }))
        assert.equal((await server.publish(...events)).status, 202)
      }
    })
    const total = batches * 100
    const readers = [0, 0, 1, 150, 999, 1500].map(async (after) => {
      const stream = await openEventStream(t, `${server.url}/events/stream?after=${after}`)
      return { after, seqs: await stream.nextSeqs(total - after) }
    })
    const halves = [0, 1].map(async (half) => {
      const stream = await openEventStream(t, `${server.url}/events/stream?after=0&topic=t.${half}`)
      return await stream.nextSeqs(total / 2)
    })
    await Promise.all(publishing)
    for (const { after, seqs } of await Promise.all(readers)) assert.deepEqual(seqs, range(after + 1, total))
    const [even = [], odd = []] = await Promise.all(halves)
    assert.deepEqual(
      [...even, ...odd].sort((a, b) => a - b),
      range(1, total),
    )
  }
})

test('a reader resumes after a restart of the server, and is told when it stops', async (t) => {
  const config = { store: `sqlite:${join(temporaryFolder(t), 'a.db')}` }
  const first = await startTestServer(t, config)
  const stream = await openEventStream(t, `${first.url}/events/stream`)
  await first.publish(...range(1, 5).map(() => wireEvent()))
  assert.deepEqual(await stream.nextSeqs(3), [1, 2, 3])
  await first.close()
  const rest = [await stream.next(), await stream.next(), await stream.next(), await stream.next()]
  assert.deepEqual(
    rest.map((event) => event?.event),
    ['event', 'event', 'bye', undefined],
  )
  const second = await startTestServer(t, config)
  await second.publish(wireEvent())
  const resumed = await openEventStream(t, `${second.url}/events/stream`, { 'last-event-id': '3' })
  assert.deepEqual(await resumed.nextSeqs(3), [4, 5, 6])
})

test('an event larger than what may wait for a reader reaches those who read', async (t) => {
  const server = await startTestServer(t)
  const stream = await openEventStream(t, `${server.url}/events/stream`)
  const payload = { text: 'x'.repeat(6_000_000) }
  for (const seq of [1, 2, 3]) {
    await server.publish(wireEvent({ payload }))
    assert.deepEqual(await stream.nextSeqs(1), [seq])
  }
})

test('a reader from now on is told where that is, so that it skips nothing if it is cut off before its first event', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent(), wireEvent())
  const opening = async (query: string) => {
    const { body } = await server.get(`/events/stream${query}`)
    const reader = body?.getReader()
    t.after(() => reader?.cancel())
    return new TextDecoder().decode((await reader?.read())?.value)
  }
  assert.match(await opening(''), /^id: 2\n\n/m)
  assert.doesNotMatch(await opening('?after=1'), /^id: 1$/m)
})

test('the readers are counted, and forgotten when they leave', async (t) => {
  const server = await startTestServer(t)
  const streams = await Promise.all(range(1, 3).map(() => openEventStream(t, `${server.url}/events/stream`)))
  assert.equal((await server.getJson('/stats')).tails, 3)
  assert.match(await (await server.get('/metrics')).text(), /^sekali_tail_readers 3$/m)
  for (const stream of streams) stream.close()
  while ((await server.getJson('/stats')).tails > 0) await new Promise(setImmediate)
})

test('what no tail can be is refused, and names the field', async (t) => {
  const server = await startTestServer(t)
  for (const [query, pointer] of [
    ['topic=', '/topic'],
    ['topic=a.%3E.b', '/topic'],
    [`topic=${'x'.repeat(256)}`, '/topic'],
    [Array.from({ length: 65 }, (_, index) => `topic=t${index}`).join('&'), '/topic'],
    ['after=-1', '/after'],
    ['after=1.5', '/after'],
    ['after=99999999999999999999', '/after'],
    ['source=', '/source'],
    ['sources=a', '/sources'],
  ] as const) {
    const response = await server.get(`/events/stream?${query}`)
    const problem = (await response.json()) as { errors: { pointer: string }[] }
    assert.equal(response.status, 422, query)
    assert.ok(
      problem.errors.some((error) => error.pointer.startsWith(pointer)),
      `${query}: ${JSON.stringify(problem.errors)}`,
    )
  }
  const byHeader = await server.get('/events/stream', { headers: { 'last-event-id': 'abc' } })
  assert.equal(byHeader.status, 422)
  const notAsked = await server.get('/events/stream', { headers: { accept: 'application/json' } })
  assert.equal(notAsked.status, 406)
  assert.equal((await server.get('/events/stream', { method: 'HEAD' })).status, 405)
})

test('a seq that is not there yet is waited for', async (t) => {
  const server = await startTestServer(t)
  const stream = await openEventStream(t, `${server.url}/events/stream?after=3`)
  await server.publish(...range(1, 5).map(() => wireEvent()))
  assert.deepEqual(await stream.nextSeqs(2), [4, 5])
})
