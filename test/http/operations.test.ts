import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { AppError } from '../../src/core/errors.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem } from '../support/problem.ts'
import { startTestServer } from '../support/server.ts'
import { startServerOver, storeWith } from '../support/server-over.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Operation {
  readonly summary?: string
  readonly responses: Readonly<Record<string, unknown>>
}

function brokenStore(calls: 'append' | 'all') {
  const fail = () => Promise.reject(new AppError('store_unavailable', 'the disk went away'))
  const memory = openMemoryEventStore({ clock: systemClock })
  return storeWith(memory, { append: fail, checkWritable: fail, ...(calls === 'all' && { stats: fail }) })
}

test('/stats has exactly the fields of the contract', async (t) => {
  const server = await startTestServer(t, { store: `sqlite:${temporaryFolder(t)}/events.db`, queueCapacityEvents: 123 })
  const event = wireEvent({ topic: 'docker.test' })
  await server.publish(event, event, wireEvent({ topic: 'a' }))
  const { uptime_seconds, throughput, store, ...stats } = await server.getJson('/stats')
  assert.deepEqual(stats, {
    received: 3,
    unique_processed: 2,
    duplicate_dropped: 1,
    topics: ['a', 'docker.test'],
    duplicate_rate: 33.33,
    conflicts: 0,
    queue: { size: 0, capacity: 123, bytes: 0 },
    tails: 0,
    subscriptions: 0,
  })
  assert.ok(uptime_seconds > 0)
  assert.deepEqual(throughput, { '1m': 0.05, '5m': 0.01 })
  assert.ok(store.bytes > 0)
  assert.deepEqual({ ...store, bytes: 0 }, { engine: 'sqlite', bytes: 0, last_seq: 2 })
})

test('/stats of an empty store is all zero', async (t) => {
  const server = await startTestServer(t)
  const { received, duplicate_rate, topics, throughput, store } = await server.getJson('/stats')
  assert.deepEqual([received, duplicate_rate, topics, store.last_seq], [0, 0, [], 0])
  assert.deepEqual(throughput, { '1m': 0, '5m': 0 })
})

test('/topics has the counters of each topic', async (t) => {
  const server = await startTestServer(t)
  assert.deepEqual(await server.getJson('/topics'), { topics: [] })
  const event = wireEvent({ topic: 'logs.test' })
  await server.publish(event, wireEvent({ topic: 'a' }), wireEvent({ topic: 'logs.test' }))
  await server.publish(event, { ...event, source: 'other' })
  const { topics } = await server.getJson('/topics')
  for (const { first_seen_at, last_seen_at } of topics) {
    assert.equal(new Date(first_seen_at).toISOString(), first_seen_at)
    assert.ok(last_seen_at >= first_seen_at)
  }
  const times = { first_seen_at: '', last_seen_at: '' }
  assert.deepEqual(
    topics.map((topic: object) => ({ ...topic, ...times })),
    [
      { topic: 'a', events: 1, duplicates: 0, conflicts: 0, last_seq: 2, ...times },
      { topic: 'logs.test', events: 2, duplicates: 2, conflicts: 1, last_seq: 3, ...times },
    ],
  )
})

test('/health, /livez and /readyz of a server that works', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent(), wireEvent(), wireEvent())
  assert.deepEqual(await server.getJson('/health'), { status: 'healthy', queue_size: 0, processed_count: 3 })
  assert.deepEqual(await server.getJson('/livez'), { status: 'alive' })
  assert.deepEqual(await server.getJson('/readyz'), { status: 'ready' })
})

for (const calls of ['append', 'all'] as const) {
  test(`/health is unhealthy and /readyz is not ready while the store cannot commit; broken: ${calls}`, async (t) => {
    const server = await startServerOver(t, { store: brokenStore(calls) })
    const health = await server.get('/health')
    const { status, reason, queue_size } = (await health.json()) as Record<string, unknown>
    assert.deepEqual([health.status, status, reason, queue_size], [503, 'unhealthy', 'the disk went away', 0])
    const ready = await server.get('/readyz')
    assert.equal(ready.status, 503)
    assert.deepEqual(await ready.json(), { status: 'not ready', reason: 'the disk went away' })
    assert.equal((await server.get('/livez')).status, 200)
  })
}

test('while draining /readyz is not ready, /livez and /health still answer', async (t) => {
  const { get, readiness } = await startServerOver(t, { store: openMemoryEventStore({ clock: systemClock }) })
  readiness.startDraining()
  const ready = await get('/readyz')
  assert.equal(ready.status, 503)
  assert.deepEqual(await ready.json(), { status: 'not ready', reason: 'draining' })
  for (const path of ['/livez', '/health', '/metrics']) assert.equal((await get(path)).status, 200, path)
})

test('/metrics is Prometheus text with names of sekali and nothing that a client can grow', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent({ topic: 'secret.topic', event_id: 'secret-id', source: 'secret source' })
  await server.publish(event, event)
  for (const path of ['/secret', '/events/secret/secret', '/events?topic=secret', '/docs/static/secret'])
    await server.get(path)
  await server.get('/stats', { method: 'DELETE' })
  const answer = await server.get('/metrics')
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; ?version=/)
  const text = await answer.text()
  assert.doesNotMatch(text, /secret/)
  assert.ok(text.endsWith('\n'))
  const types = new Map<string, string>()
  const samples = new Set<string>()
  for (const line of text.trimEnd().split('\n')) {
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line)
    if (type !== null) types.set(type[1] as string, type[2] as string)
    if (line === '' || line.startsWith('#')) continue
    const sample = /^(sekali_[a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})? (-?[\d.e+-]+|\+Inf|NaN)$/.exec(line)
    assert.ok(sample !== null, line)
    const [, name = '', labels = ''] = sample
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '')
    assert.ok(types.has(family), `no type for ${name}`)
    assert.equal(types.get(family) === 'counter', name.endsWith('_total'), name)
    for (const [, label = ''] of labels.matchAll(/([a-z_]+)="/g)) {
      assert.ok(['le', 'route', 'method', 'status', 'code', 'result', 'version', 'node'].includes(label), label)
    }
    assert.ok(!samples.has(name + labels), `twice: ${name}${labels}`)
    samples.add(name + labels)
  }
  assert.match(text, /^sekali_events_received_total 2$/m)
  assert.match(text, /^sekali_events_stored_total 1$/m)
  assert.match(text, /^sekali_events_duplicate_total 1$/m)
  assert.match(text, /route="\/events\/:topic\/:event_id"/)
})

test('/openapi.json is OpenAPI 3.1 and names every route of the contract', async (t) => {
  const server = await startTestServer(t)
  const document = await server.getJson('/openapi.json')
  assert.match(document.openapi, /^3\.1\.\d+$/)
  assert.equal(typeof document.info.title, 'string')
  assert.equal(typeof document.info.version, 'string')
  const operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  )
  assert.deepEqual(operations.map(({ name }) => name).sort(), [
    'delete /subscriptions/{name}',
    'get /',
    'get /duplicates',
    'get /duplicates/copies',
    'get /duplicates/events',
    'get /duplicates/sources',
    'get /events',
    'get /events/histogram',
    'get /events/stream',
    'get /events/{topic}/{event_id}',
    'get /health',
    'get /livez',
    'get /metrics',
    'get /rates',
    'get /readyz',
    'get /stats',
    'get /subscriptions',
    'get /subscriptions/{name}',
    'get /subscriptions/{name}/dead-letters',
    'get /system',
    'get /topics',
    'post /publish',
    'post /subscriptions/{name}/ack',
    'post /subscriptions/{name}/dead-letters/redrive',
    'post /subscriptions/{name}/extend',
    'post /subscriptions/{name}/nack',
    'post /subscriptions/{name}/pull',
    'post /subscriptions/{name}/resume',
    'post /subscriptions/{name}/seek',
    'put /subscriptions/{name}',
  ])
  for (const { name, operation } of operations) {
    assert.ok(operation.summary, name)
    assert.ok(
      Object.keys(operation.responses).every((status) => /^([1-5]\d\d|[1-5]XX|default)$/.test(status)),
      name,
    )
  }
})

test('the schemas of /openapi.json fit what the server says', async (t) => {
  const server = await startTestServer(t)
  const { paths } = await server.getJson('/openapi.json')
  const publish = paths['/publish'].post
  assert.deepEqual(Object.keys(publish.requestBody.content), ['application/json', 'application/x-ndjson'])
  assert.ok(publish.responses['202'])
  const parameters = (path: string) => paths[path].get.parameters.map(({ name }: { name: string }) => name).sort()
  assert.deepEqual(parameters('/events'), ['cursor', 'from', 'limit', 'order', 'q', 'source', 'to', 'topic'])
  assert.deepEqual(parameters('/duplicates'), ['conflict', 'cursor', 'event_id', 'limit', 'source', 'topic'])
  assert.deepEqual(parameters('/events/{topic}/{event_id}'), ['event_id', 'topic'])
  await server.publish(wireEvent())
  const statistics = ['/events/histogram', '/rates', '/duplicates/events', '/duplicates/sources', '/system']
  for (const path of [
    '/',
    '/stats',
    '/topics',
    '/duplicates',
    '/events',
    '/health',
    '/livez',
    '/readyz',
    ...statistics,
  ]) {
    const { schema } = paths[path].get.responses['200'].content['application/json']
    const answered = Object.keys(await server.getJson(path))
    for (const field of answered) assert.ok(field in schema.properties, `${path} ${field}`)
    for (const field of schema.required) assert.ok(answered.includes(field), `${path} ${field}`)
  }
})

test('/docs is a page that needs no other host', async (t) => {
  const server = await startTestServer(t)
  const page = await server.get('/docs')
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'self'/)
  const html = await page.text()
  const references = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string)
  assert.ok(references.length >= 4)
  for (const reference of references) {
    const url = new URL(reference, `${server.url}/docs`)
    assert.equal(url.origin, server.url)
    assert.equal((await server.get(url.pathname, { method: 'HEAD' })).status, 200, reference)
  }
  const script = await (await server.get('/docs/static/swagger-initializer.js')).text()
  assert.doesNotMatch(script.replaceAll(/^\s*\/\/.*$/gm, ''), /https?:\/\//)
})

test('every answer names its request', async (t) => {
  const server = await startTestServer(t)
  const ids = new Set<string | null>()
  for (const path of ['/stats', '/livez', '/nothing', '/events?limit=0', '/events/%zz/a']) {
    const answer = await server.get(path, { headers: { 'x-request-id': 'forged' } })
    ids.add(answer.headers.get('x-request-id'))
    await answer.body?.cancel()
  }
  assert.equal(ids.size, 5)
  assert.ok(!ids.has(null) && !ids.has('forged'))
})

test('422: a query parameter where there is none', async (t) => {
  const server = await startTestServer(t)
  for (const path of ['/stats', '/topics']) {
    assert.equal((await assertProblem(await server.get(`${path}?x=1`), 422)).code, 'invalid_query')
  }
})

for (const path of ['/health', '/livez', '/readyz']) {
  test(`${path} answers also a prober that adds parameters of its own`, async (t) => {
    const server = await startTestServer(t)
    assert.equal((await server.get(`${path}?_=1769851800`)).status, 200)
  })
}
