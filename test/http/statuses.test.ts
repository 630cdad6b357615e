import assert from 'node:assert/strict'
import { METHODS } from 'node:http'
import { test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { assertProblem } from '../support/problem.ts'
import { rawRequest, requestHead } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'

const routes = [
  { path: '/publish', allow: 'POST' },
  { path: '/events', allow: 'GET, HEAD' },
  { path: '/events/a/b', allow: 'GET, HEAD' },
  { path: '/', allow: 'GET, HEAD' },
  { path: '/assets/x.js', allow: 'GET, HEAD' },
  { path: '/events/histogram', allow: 'GET, HEAD' },
  { path: '/rates', allow: 'GET, HEAD' },
  { path: '/system', allow: 'GET, HEAD' },
  { path: '/duplicates', allow: 'GET, HEAD' },
  { path: '/duplicates/copies', allow: 'GET, HEAD' },
  { path: '/duplicates/events', allow: 'GET, HEAD' },
  { path: '/duplicates/sources', allow: 'GET, HEAD' },
  { path: '/subscriptions', allow: 'GET, HEAD' },
  { path: '/subscriptions/s', allow: 'PUT, GET, HEAD, DELETE' },
  { path: '/subscriptions/s/pull', allow: 'POST' },
  { path: '/subscriptions/s/ack', allow: 'POST' },
  { path: '/subscriptions/s/nack', allow: 'POST' },
  { path: '/subscriptions/s/extend', allow: 'POST' },
  { path: '/subscriptions/s/seek', allow: 'POST' },
  { path: '/subscriptions/s/resume', allow: 'POST' },
  { path: '/subscriptions/s/dead-letters', allow: 'GET, HEAD' },
  { path: '/subscriptions/s/dead-letters/redrive', allow: 'POST' },
  { path: '/stats', allow: 'GET, HEAD' },
  { path: '/topics', allow: 'GET, HEAD' },
  { path: '/health', allow: 'GET, HEAD' },
  { path: '/livez', allow: 'GET, HEAD' },
  { path: '/readyz', allow: 'GET, HEAD' },
  { path: '/metrics', allow: 'GET, HEAD' },
  { path: '/openapi.json', allow: 'GET, HEAD' },
  { path: '/docs', allow: 'GET, HEAD' },
  { path: '/docs/static/index.css', allow: 'GET, HEAD' },
]

test('404: a path that does not exist', async (t) => {
  const server = await startTestServer(t)
  for (const path of [
    '/assets',
    '/nothing',
    '/events/',
    '/events/a/b/c',
    '/publish/',
    '/Publish',
    '/events//b',
    '/docs/x',
  ]) {
    const problem = await assertProblem(await server.get(path), 404)
    assert.equal(problem.code, 'not_found')
  }
})

test('404: an event that is not stored', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent({ topic: 'a', event_id: 'b' }))
  for (const path of ['/events/a/c', '/events/A/b', '/events/a/b%20', '/events/a/%00']) {
    await assertProblem(await server.get(path), 404)
  }
})

for (const { path, allow } of routes) {
  test(`405 with Allow: every method that ${path} does not take`, async (t) => {
    const server = await startTestServer(t)
    const refused = METHODS.filter((method) => method !== 'CONNECT' && !allow.split(', ').includes(method))
    for (const method of refused) {
      const answer = await rawRequest(server.url, requestHead(`${method} ${path}`, { 'content-length': 0 }))
      if (method === 'HEAD') assert.equal(answer.status, 405)
      else assert.equal((await assertProblem(answer, 405)).code, 'method_not_allowed', method)
      assert.deepEqual(answer.headers.allow?.split(', ').sort(), allow.split(', ').sort(), method)
    }
  })
}

test('406: an Accept header that excludes what the address answers', async (t) => {
  const server = await startTestServer(t)
  for (const accept of ['text/html', 'application/json;q=0', 'image/*', 'application/xml, text/*;q=0.5']) {
    const problem = await assertProblem(await server.get('/stats', { headers: { accept } }), 406)
    assert.equal(problem.code, 'not_acceptable')
  }
  await assertProblem(await server.get('/metrics', { headers: { accept: 'application/json' } }), 406)
  await assertProblem(await server.post('/publish', '{}', { accept: 'text/plain' }), 406)
})

test('an Accept header that includes what the address answers is accepted, in any of its forms', async (t) => {
  const server = await startTestServer(t)
  const ranges = [
    '*/*',
    'application/*',
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'text/html, application/json;q=0.1',
    'text/html, */*;q=0.1',
    '',
  ]
  for (const accept of ranges) {
    const answer = await rawRequest(server.url, requestHead('GET /stats', { accept }))
    assert.equal(answer.status, 200, accept)
  }
  const scrapers = [
    'text/plain',
    'text/plain; version=0.0.4',
    'text/plain;version=0.0.4;charset=utf-8',
    'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1',
  ]
  for (const accept of scrapers) {
    assert.equal((await server.get('/metrics', { headers: { accept } })).status, 200, accept)
  }
})

test('414: a path segment longer than any topic or event id can be', async (t) => {
  const server = await startTestServer(t)
  const problem = await assertProblem(await server.get(`/events/${'a'.repeat(4000)}/b`), 414)
  assert.equal(problem.code, 'uri_too_long')
})

test('400: a path whose percent-encoding is broken', async (t) => {
  const server = await startTestServer(t)
  for (const path of ['/events/%zz/a', '/events/a/%', '/events/%ff/a', '/events/a/%c3', '/docs/static/%zz']) {
    const problem = await assertProblem(await rawRequest(server.url, requestHead(`GET ${path}`)), 400)
    assert.equal(problem.code, 'invalid_request')
  }
})

for (const [name, contentType] of [
  ['missing', undefined],
  ['empty', ''],
  ['not a media type', 'json'],
  ['a form', 'application/x-www-form-urlencoded'],
  ['text', 'text/plain'],
  ['similar', 'application/jsonl'],
  ['similar with a suffix', 'application/x-ndjson-2'],
] as const) {
  test(`415: the content type is ${name}`, async (t) => {
    const server = await startTestServer(t)
    const body = JSON.stringify(wireEvent())
    const headers = { 'content-length': body.length, ...(contentType !== undefined && { 'content-type': contentType }) }
    const answer = await rawRequest(server.url, requestHead('POST /publish', headers) + body)
    const problem = await assertProblem(answer, 415)
    assert.equal(problem.code, 'unsupported_media_type')
    assert.equal(answer.headers.accept, 'application/json, application/x-ndjson')
    // RFC 9110, 12.5.3: it would say that the content coding was at fault.
    assert.equal(answer.headers['accept-encoding'], undefined)
  })
}

test('a content type may carry parameters and any case', async (t) => {
  const server = await startTestServer(t)
  for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/x-ndjson;charset=utf-8']) {
    const answer = await server.post('/publish', JSON.stringify(wireEvent()), { 'content-type': type })
    assert.equal(answer.status, 202, type)
  }
})

for (const encoding of ['compress', 'gzip, br', 'identity, gzip', 'exi', '__proto__', 'constructor']) {
  test(`415 with Accept-Encoding: the content encoding ${encoding}`, async (t) => {
    const server = await startTestServer(t)
    const answer = await server.post('/publish', JSON.stringify(wireEvent()), { 'content-encoding': encoding })
    const problem = await assertProblem(answer, 415)
    assert.equal(problem.code, 'unsupported_encoding')
    assert.equal(answer.headers.get('accept-encoding'), 'gzip, br, deflate, zstd')
  })
}

test('429 with Retry-After: more requests a minute than the limit; probes still answer', async (t) => {
  const server = await startTestServer(t, { rateLimitPerMinute: 2 })
  assert.equal((await server.publish(wireEvent())).status, 202)
  assert.equal((await server.get('/stats')).status, 200)
  const problem = await assertProblem(await server.publish(wireEvent()), 429)
  assert.equal(problem.code, 'rate_limited')
  for (const path of ['/health', '/livez', '/readyz', '/metrics']) {
    assert.equal((await server.get(path)).status, 200, path)
  }
})

test('never 500: what hostile requests to the documentation pages get', async (t) => {
  const server = await startTestServer(t)
  const requests = [
    requestHead('GET /docs/static/%00'),
    requestHead('GET /docs/static/../../package.json'),
    requestHead('GET /docs/static/..%2f..%2fpackage.json'),
    requestHead('GET /docs/static/.hidden'),
    requestHead('GET /docs/static//etc/passwd'),
    requestHead('GET /docs/static/index.css', { range: 'bytes=999999999-' }),
    requestHead('GET /docs/static/index.css', { 'if-match': '"x"' }),
    requestHead('GET /docs/static/index.css', { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }),
  ]
  for (const request of requests) {
    const answer = await rawRequest(server.url, request)
    await assertProblem(answer, answer.status)
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} for ${request}`)
  }
})
