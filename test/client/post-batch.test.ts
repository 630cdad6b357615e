import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { ClientError } from '../../src/client/client-error.ts'
import { type PostOptions, postBatch, type Retry, type Surroundings } from '../../src/client/post-batch.ts'
import { wireEvent } from '../support/events.ts'
import { closedUrl, startFlakyProxy } from '../support/flaky-proxy.ts'
import { startTestServer } from '../support/server.ts'

const url = 'http://sekali.test'
const batch = { contentType: 'application/json', body: '{"events":[]}', events: 3 } as const
const ack = { accepted: 3, unique: 2, duplicates: 1, conflicts: 0 }

type Answer = Response | Error | ((init: RequestInit) => Promise<Response>)

/** A world in which waiting takes no time, time passes only by waiting, and the dice always show one half. */
function scripted(...answers: readonly Answer[]) {
  const waitsMs: number[] = []
  const requests: { url: string; init: RequestInit }[] = []
  let timeMs = 0
  const surroundings: Surroundings = {
    async fetch(input, init = {}) {
      requests.push({ url: String(input), init })
      const answer = answers[Math.min(requests.length, answers.length) - 1]
      if (answer instanceof Error) throw answer
      if (typeof answer === 'function') return answer(init)
      return answer?.clone() ?? acknowledged()
    },
    async sleep(ms) {
      waitsMs.push(ms)
      timeMs += ms
    },
    random: () => 0.5,
    nowMs: () => Date.parse('2026-01-31T09:30:00Z'),
    monotonicMs: () => timeMs,
  }
  return { waitsMs, requests, surroundings }
}

function acknowledged(): Response {
  return Response.json({ message: 'Accepted 3 events for processing', ...ack }, { status: 202 })
}

function status(code: number, headers: Record<string, string> = {}): Response {
  return new Response('{}', { status: code, headers })
}

async function rejection(options: PostOptions): Promise<ClientError> {
  const thrown = await postBatch(batch, options).then(
    () => assert.fail('it was acknowledged'),
    (error: unknown) => error,
  )
  assert.ok(thrown instanceof ClientError, String(thrown))
  return thrown
}

test('a batch goes to /publish with its bytes and its content type', async () => {
  const { requests, surroundings } = scripted(acknowledged())
  await postBatch(batch, { url: `${url}/logs`, surroundings })
  assert.equal(requests[0]?.url, `${url}/logs/publish`)
  assert.equal(requests[0]?.init.method, 'POST')
  assert.equal(requests[0]?.init.body, batch.body)
  assert.equal(new Headers(requests[0]?.init.headers).get('content-type'), 'application/json')
})

for (const code of [408, 425, 429, 500, 502, 503, 504]) {
  test(`a batch that was answered ${code} is sent again until it is acknowledged`, async () => {
    const { requests, surroundings } = scripted(status(code), status(code), acknowledged())
    const { accepted, unique, duplicates, conflicts } = await postBatch(batch, { url, surroundings })
    assert.deepEqual({ accepted, unique, duplicates, conflicts }, ack)
    assert.deepEqual(
      requests.map(({ init }) => init.body),
      [batch.body, batch.body, batch.body],
    )
  })
}

for (const code of [400, 401, 404, 405, 413, 415, 422, 431]) {
  test(`a batch that was answered ${code} is not sent again`, async () => {
    const { requests, surroundings } = scripted(status(code))
    const error = await rejection({ url, surroundings })
    assert.equal(error.code, 'refused')
    assert.equal(error.status, code)
    assert.equal(requests.length, 1)
  })
}

test('a refusal carries what the problem document says', async () => {
  const problem = { title: 'Unprocessable Content', detail: 'line 2: no', line: 2, accepted: 1 }
  const { surroundings } = scripted(Response.json(problem, { status: 422 }))
  const error = await rejection({ url, surroundings })
  assert.deepEqual(error.problem, problem)
  assert.match(error.message, /answered 422 line 2: no/)
})

test('a network error is retried', async () => {
  const { waitsMs, surroundings } = scripted(new TypeError('fetch failed'), acknowledged())
  await postBatch(batch, { url, surroundings })
  assert.deepEqual(waitsMs, [50])
})

test('waits grow with every attempt, and each retry is told', async () => {
  const retries: Retry[] = []
  const { waitsMs, surroundings } = scripted(...Array.from({ length: 9 }, () => status(503)), acknowledged())
  await postBatch(batch, { url, surroundings, onRetry: (retry) => retries.push(retry) })
  assert.deepEqual(waitsMs, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
  assert.deepEqual(
    retries.map(({ attempts, delayMs }) => [attempts, delayMs]),
    waitsMs.map((ms, index) => [index + 1, ms]),
  )
})

test('no retry comes earlier than Retry-After allows, in seconds or as a date', async () => {
  const { waitsMs, surroundings } = scripted(
    status(503, { 'retry-after': '2' }),
    status(429, { 'retry-after': 'Sat, 31 Jan 2026 09:30:05 GMT' }),
    acknowledged(),
  )
  await postBatch(batch, { url, surroundings })
  assert.deepEqual(waitsMs, [2050, 5100])
})

test('it gives up after the longest time without an ack, and not before', async () => {
  const { waitsMs, requests, surroundings } = scripted(status(503))
  const error = await rejection({ url, surroundings })
  assert.equal(error.code, 'gave_up')
  assert.equal(error.status, 503)
  assert.equal(
    waitsMs.reduce((sum, ms) => sum + ms, 0),
    60_000,
  )
  assert.equal(requests.length, waitsMs.length + 1, 'the last attempt comes after the last wait')
})

test('it gives up at once when Retry-After is further away than that', async () => {
  const { requests, surroundings } = scripted(status(503, { 'retry-after': '3600' }))
  assert.equal((await rejection({ url, surroundings })).code, 'gave_up')
  assert.equal(requests.length, 1)
})

test('a wait that no timer can hold is the longest that one can, and not none', async () => {
  const tooBusy = new Response(null, { status: 503, headers: { 'retry-after': '9999999' } })
  const { waitsMs, surroundings } = scripted(tooBusy, acknowledged())
  const retryPolicy = { maxStallMs: Number.POSITIVE_INFINITY, attemptTimeoutMs: Number.POSITIVE_INFINITY }
  await postBatch(batch, { url, retryPolicy, surroundings })
  assert.deepEqual(waitsMs, [2 ** 31 - 1])
})

test('an attempt that may take for ever asks for no timer that would end it at once', async (t) => {
  const timers = t.mock.method(globalThis, 'setTimeout')
  const retryPolicy = { maxStallMs: 0, attemptTimeoutMs: Number.POSITIVE_INFINITY }
  const { surroundings } = scripted(acknowledged())
  await postBatch(batch, { url, retryPolicy, surroundings })
  assert.deepEqual(
    timers.mock.calls.map((call) => call.arguments[1]),
    [2 ** 31 - 1],
  )
})

test('with no time for retries there is one attempt', async () => {
  const { requests, surroundings } = scripted(status(503))
  await rejection({ url, surroundings, retryPolicy: { maxStallMs: 0 } })
  assert.equal(requests.length, 1)
})

test('an attempt that is never answered counts as failed', async () => {
  const neverAnswered = ({ signal }: RequestInit) =>
    new Promise<Response>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  const { surroundings } = scripted(neverAnswered, acknowledged())
  const retries: Retry[] = []
  const onRetry = (retry: Retry) => retries.push(retry)
  await postBatch(batch, { url, surroundings, retryPolicy: { attemptTimeoutMs: 1 }, onRetry })
  assert.match(retries[0]?.reason ?? '', /no answer/)
})

test('an aborted signal ends a wait', async () => {
  const controller = new AbortController()
  const stopped = new Error('stopped')
  const posting = postBatch(batch, {
    url: await closedUrl(),
    signal: controller.signal,
    retryPolicy: { baseDelayMs: 1e9, maxDelayMs: 1e9, maxStallMs: 1e9 },
    surroundings: { random: () => 0.9 },
    onRetry: () => setImmediate(() => controller.abort(stopped)),
  })
  await assert.rejects(posting, stopped)
})

test('an aborted signal ends an attempt', async (t) => {
  const { url: serverUrl } = await startTestServer(t)
  const proxy = await startFlakyProxy(t, serverUrl, ['hold'])
  const controller = new AbortController()
  const stopped = new Error('stopped')
  const posting = postBatch(batchOf(1), { url: proxy.url, signal: controller.signal })
  await proxy.held
  controller.abort(stopped)
  await assert.rejects(posting, stopped)
})

for (const [what, response] of [
  ['a page', new Response('<html>', { status: 200 })],
  ['an ack that does not add up', Response.json({ ...ack, unique: 3 }, { status: 202 })],
  ['an ack of another number of events', Response.json({ ...ack, accepted: 2, unique: 1 }, { status: 202 })],
] as const) {
  test(`${what} is not taken for an ack`, async () => {
    const { requests, surroundings } = scripted(response)
    assert.equal((await rejection({ url, surroundings })).code, 'unexpected_answer')
    assert.equal(requests.length, 1)
  })
}

test('a redirect is not followed: what it points to would be asked for by GET, and answer 200', async (t) => {
  const server = await startTestServer(t)
  const redirecting = createServer((request, response) => {
    request.resume()
    response.writeHead(301, { location: `${server.url}/stats` }).end()
  })
  await new Promise<void>((resolve) => redirecting.listen(0, '127.0.0.1', resolve))
  t.after(() => redirecting.close())
  const { port } = redirecting.address() as AddressInfo
  const error = await rejection({ url: `http://127.0.0.1:${port}` })
  assert.equal(error.code, 'unexpected_answer')
  assert.equal(error.status, 301)
  assert.match(error.message, /points to .*\/stats/)
})

test('connections that break anywhere store every event once', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, ['unavailable', 'drop before', 'drop after', 'drop within'])
  const { waitsMs, surroundings } = scripted()
  const { fetch: _, ...world } = surroundings
  const answer = await postBatch(batchOf(20), { url: proxy.url, surroundings: world })
  assert.equal(waitsMs.length, 4)
  assert.equal(answer.accepted, 20)
  assert.equal(answer.duplicates, 20, 'the third attempt had stored them')
  const stats = await server.getJson('/stats')
  assert.equal(stats.unique_processed, 20)
  assert.equal(stats.received, 60)
})

function batchOf(events: number) {
  const body = JSON.stringify({ events: Array.from({ length: events }, () => wireEvent()) })
  return { contentType: 'application/json', body, events } as const
}
