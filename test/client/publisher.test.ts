/** The publisher against the real server, and against one that fails as planned. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClientError, type Loss, Publisher } from '../../src/client/index.ts'
import { closedUrl, startFlakyProxy } from '../support/flaky-proxy.ts'
import { startTestServer } from '../support/server.ts'

const quick = { retryPolicy: { baseDelayMs: 1, maxDelayMs: 2 }, retryBudget: { capacity: 1000 } }
const origin = { topic: 'logs.test', source: 'test' }

async function rejection(promise: Promise<unknown>): Promise<ClientError> {
  const thrown = await promise.then(
    () => assert.fail('it was published'),
    (error: unknown) => error,
  )
  assert.ok(thrown instanceof ClientError, String(thrown))
  return thrown
}

test('an event is durable when publish resolves, and its result says what became of it', async (t) => {
  const server = await startTestServer(t)
  await using publisher = new Publisher({ url: server.url, ...origin })
  const event = { event_id: 'one', timestamp: '2026-01-31', payload: { n: 1 } }
  assert.deepEqual(await publisher.publish(event), { status: 'stored', seq: 1 })
  assert.deepEqual(await publisher.publish(event), { status: 'duplicate', seq: 1 })
  assert.deepEqual(await publisher.publish({ ...event, payload: { n: 2 } }), { status: 'conflict', seq: 1 })
  const { stored, duplicates, conflicts } = publisher.counts
  assert.deepEqual({ stored, duplicates, conflicts }, { stored: 1, duplicates: 1, conflicts: 1 })
})

test('events handed over together share requests, in order', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, [])
  await using publisher = new Publisher({ url: proxy.url, ...origin, maxBatchEvents: 100, maxDelayMs: 1000 })
  const results = await publisher.publishMany(Array.from({ length: 300 }, (_, n) => ({ payload: { n } })))
  assert.deepEqual(
    results,
    Array.from({ length: 300 }, (_, index) => ({ status: 'stored', seq: index + 1 })),
  )
  assert.equal(proxy.bodies.length, 3)
})

test('a batch has no more bytes than were allowed, and a larger event travels alone', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, [])
  await using publisher = new Publisher({ url: proxy.url, ...origin, maxBatchBytes: 2000 })
  const texts = ['a'.repeat(900), 'ä'.repeat(900), 'a'.repeat(5000), 'b', 'c']
  const results = await publisher.publishMany(texts.map((text) => ({ payload: { text } })))
  assert.ok(results.every(({ status }) => status === 'stored'))
  assert.deepEqual(
    proxy.bodies.map((body) => JSON.parse(body.toString()).events.length),
    [1, 1, 1, 2],
  )
})

test('connections that break anywhere, and a server that is away, store every event once', async (t) => {
  const server = await startTestServer(t)
  const fates = [
    'unavailable',
    'drop before',
    'drop after',
    'drop within',
    'pass',
    'drop after',
    'drop within',
  ] as const
  const proxy = await startFlakyProxy(t, server.url, fates)
  await using publisher = new Publisher({ url: proxy.url, ...origin, ...quick, maxBatchEvents: 50 })
  const results = await publisher.publishMany(Array.from({ length: 200 }, (_, n) => ({ payload: { n } })))
  assert.ok(results.every(({ status }) => status === 'stored' || status === 'duplicate'))
  const stats = await server.getJson('/stats')
  assert.equal(stats.unique_processed, 200)
  assert.ok(stats.duplicate_dropped >= 100, 'retries were seen, and dropped')
  const first = proxy.bodies[0]
  assert.ok(
    first !== undefined && proxy.bodies.slice(1, 5).every((body) => body.equals(first)),
    'ids and times were kept',
  )
})

test('a request that arrives twice stores every event once', async (t) => {
  const server = await startTestServer(t)
  const twice: typeof fetch = async (input, init) => {
    const [answer] = await Promise.all([fetch(input, init), fetch(input, init)])
    return answer
  }
  await using publisher = new Publisher({ url: server.url, ...origin, surroundings: { fetch: twice } })
  await publisher.publishMany(Array.from({ length: 20 }, (_, n) => ({ payload: { n } })))
  assert.equal((await server.getJson('/stats')).unique_processed, 20)
})

test('an event that the server refuses takes no other down with it', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, [])
  await using publisher = new Publisher({ url: proxy.url, ...origin })
  const events = Array.from({ length: 10 }, (_, n) => ({ payload: { n } }))
  const bad = [
    { payload: {}, timestamp: 'yesterday' },
    { payload: {}, event_id: '' },
  ]
  const results = await publisher.publishMany([...events.slice(0, 5), ...bad, ...events.slice(5)])
  assert.deepEqual(
    results.map(({ status }) => status),
    [...Array(5).fill('stored'), 'error', 'error', ...Array(5).fill('stored')],
  )
  const [first] = results.filter((result) => result.status === 'error')
  const error = first?.error
  assert.ok(error instanceof ClientError)
  const { code, status, retryable, problem, requestId } = error
  assert.deepEqual({ code, status, retryable }, { code: 'refused', status: 422, retryable: false })
  assert.equal(proxy.bodies.length, 2)
  assert.equal(problem.code, 'invalid_event')
  assert.deepEqual(problem.errors, [{ pointer: '/timestamp', message: 'must be an ISO 8601 date or date and time' }])
  assert.equal(requestId, problem.request_id)
})

test('an event that the server cannot name is found by halving', async (t) => {
  const server = await startTestServer(t)
  await using publisher = new Publisher({ url: server.url, ...origin })
  let nested: object = {}
  for (let depth = 0; depth < 70; depth++) nested = { nested }
  const results = await publisher.publishMany([{ payload: {} }, { payload: {} }, { payload: nested }, { payload: {} }])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['stored', 'stored', 'error', 'stored'],
  )
})

test('what cannot be an event is refused without a request', async () => {
  await using publisher = new Publisher({ url: await closedUrl(), source: 'test' })
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  for (const event of [
    { payload: {} },
    { topic: 't', payload: [] },
    { topic: 't', payload: cyclic },
    { topic: 't', payload: { n: 1n } },
    { topic: 't', payload: {}, timestamp: new Date('x') },
  ]) {
    const { code, attempts } = await rejection(publisher.publish(event))
    assert.deepEqual({ code, attempts }, { code: 'invalid_event', attempts: 0 })
  }
})

test('a server that stays away is given up after the longest time, and the error says so', async () => {
  let timeMs = 0
  const surroundings = {
    monotonicMs: () => timeMs,
    async sleep(ms: number) {
      timeMs += ms
    },
  }
  await using publisher = new Publisher({ url: await closedUrl(), ...origin, surroundings })
  const { code, retryable, attempts, status } = await rejection(publisher.publish({ payload: {} }))
  assert.deepEqual({ code, retryable, status }, { code: 'gave_up', retryable: true, status: undefined })
  assert.ok(timeMs >= 60_000 && attempts > 10 && attempts < 40, `${attempts} attempts in ${timeMs} ms`)
})

test('flush and close wait for events that are being retried', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, ['drop before', 'unavailable', 'drop within'])
  const publisher = new Publisher({ url: proxy.url, ...origin, ...quick, maxDelayMs: 60_000 })
  assert.equal(publisher.enqueue({ payload: {} }), true)
  await publisher.flush()
  assert.equal((await server.getJson('/stats')).unique_processed, 1)
  publisher.enqueue({ payload: {} })
  await publisher[Symbol.asyncDispose]()
  assert.equal((await server.getJson('/stats')).unique_processed, 2)
  assert.equal((await rejection(publisher.publish({ payload: {} }))).code, 'closed')
})

test('a full queue makes publish wait, in order', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, ['hold'])
  await using publisher = new Publisher({ url: proxy.url, ...origin, maxQueueEvents: 2, maxDelayMs: 0 })
  const publishing = [0, 1, 2, 3].map((n) => publisher.publish({ payload: { n } }))
  await proxy.held
  assert.equal(publisher.counts.queued, 2)
  assert.equal(publisher.enqueue({ payload: {} }), false, 'who cannot wait is told')
  proxy.release()
  assert.deepEqual(
    (await Promise.all(publishing)).map(({ seq }) => seq),
    [1, 2, 3, 4],
  )
})

test('a full queue rejects where that was asked for', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, ['hold'])
  await using publisher = new Publisher({ url: proxy.url, ...origin, maxQueueBytes: 400, onFull: 'reject' })
  const first = publisher.publish({ payload: { text: 'a'.repeat(200) } })
  const { code, retryable } = await rejection(publisher.publish({ payload: { text: 'b'.repeat(200) } }))
  assert.deepEqual({ code, retryable }, { code: 'queue_full', retryable: true })
  proxy.release()
  assert.equal((await first).status, 'stored')
})

test('drop-oldest keeps the newest, and tells and counts what it dropped', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, ['hold'])
  const losses: Loss[] = []
  const publisher = new Publisher({
    ...{ url: proxy.url, ...origin, maxQueueEvents: 3, maxDelayMs: 0, onFull: 'drop-oldest' },
    onLoss: (loss) => losses.push(loss),
  })
  publisher.enqueue({ payload: { n: 0 } })
  await proxy.held
  const waited = rejection(publisher.publish({ payload: { n: 1 } }))
  for (const n of [2, 3, 4]) assert.equal(publisher.enqueue({ payload: { n } }), true)
  assert.equal((await waited).code, 'dropped')
  assert.deepEqual(
    losses.map(({ text, error }) => [JSON.parse(text).payload.n, error.code]),
    [[2, 'dropped']],
  )
  assert.equal(publisher.counts.dropped, 2)
  proxy.release()
  await publisher.close()
  const { events } = await server.getJson('/events?order=seq')
  assert.deepEqual(
    events.map(({ payload }: { payload: { n: number } }) => payload.n),
    [0, 3, 4],
  )
})

test('an aborted signal takes back an event that was not sent', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, ['hold'])
  await using publisher = new Publisher({ url: proxy.url, ...origin, maxDelayMs: 0 })
  const first = publisher.publish({ payload: {} })
  await proxy.held
  const controller = new AbortController()
  const second = publisher.publish({ payload: {} }, { signal: controller.signal })
  const reason = new Error('changed my mind')
  controller.abort(reason)
  await assert.rejects(second, reason)
  proxy.release()
  await first
  await publisher.flush()
  assert.equal((await server.getJson('/stats')).received, 1)
})

test('close that is aborted ends the publisher, and every event is reported', async () => {
  const losses: Loss[] = []
  const publisher = new Publisher({ url: await closedUrl(), ...origin, onLoss: (loss) => losses.push(loss) })
  const published = rejection(publisher.publish({ payload: {} }))
  publisher.enqueue({ event_id: 'lost', payload: {} })
  await publisher.close({ signal: AbortSignal.timeout(20) })
  assert.equal((await published).code, 'gave_up')
  assert.deepEqual(
    losses.map(({ text, error }) => [JSON.parse(text).event_id, error.code]),
    [['lost', 'gave_up']],
  )
  assert.equal(publisher.counts.queued, 0)
})
