/** What bodies take of their shared budget is given back, whatever becomes of them. */
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { toAppError } from '../../src/core/errors.ts'
import { ByteBudget } from '../../src/http/byte-budget.ts'
import { type RequestBody, withBody } from '../../src/http/read-body.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem } from '../support/problem.ts'
import { httpChunk, openRawConnection, requestHead } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'

type Use = (body: RequestBody) => Promise<string>

interface BodyServer {
  readonly url: string
  readonly budget: ByteBudget
  /** How the use of the oldest body that was not asked for yet ended: what it returned, or a code. */
  nextOutcome(): Promise<string>
  post(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<string>
}

const maxBytes = 1000
const capacityBytes = 2000
const maxSilenceMs = 10_000

async function readWhole(body: RequestBody): Promise<string> {
  await body.forEachChunk(() => {})
  return `read ${body.bytes}`
}

/** A server that does nothing but use the body, and answers how that ended. */
async function startBodyServer(
  t: TestContext,
  use: Use = readWhole,
  onRequest = (_: IncomingMessage) => {},
): Promise<BodyServer> {
  const budget = new ByteBudget({ capacityBytes, refusal: 'no room' })
  const outcomes: Promise<string>[] = []
  let wake = () => {}
  const server = createServer((request, response) => {
    const outcome = outcomeOf(request, budget, use)
    outcomes.push(outcome)
    onRequest(request)
    void outcome.then((text) => response.end(text))
    wake()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    budget,
    async nextOutcome() {
      while (outcomes.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return outcomes.shift() ?? ''
    },
    post: async (body, headers = {}) => (await fetch(url, { method: 'POST', body, headers })).text(),
  }
}

async function outcomeOf(request: IncomingMessage, budget: ByteBudget, use: Use): Promise<string> {
  const closed = new Promise<void>((resolve) => request.once('close', resolve))
  // A body that is still being read when its connection has gone would be read for ever.
  const hung = closed.then(() => nextTurn()).then(() => (request.complete ? new Promise<never>(() => {}) : 'hangs'))
  const used = withBody(request, { maxBytes, budget, maxSilenceMs }, use).catch(
    (thrown) => toAppError(thrown, 'internal').code,
  )
  return Promise.race([used, hung])
}

test('a body holds its bytes while it is used, inflated', async (t) => {
  const used: number[] = []
  const server = await startBodyServer(t, async (body) => {
    const outcome = await readWhole(body)
    used.push(server.budget.usedBytes)
    return outcome
  })
  assert.equal(await server.post(' '.repeat(maxBytes)), 'read 1000')
  assert.equal(await server.post(gzipSync(' '.repeat(900)), { 'content-encoding': 'gzip' }), 'read 900')
  assert.deepEqual([used, server.budget.usedBytes], [[1000, 900], 0])
})

function brokenAtEnd(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  return bytes.fill(1, bytes.length - 8)
}

const failures: readonly [string, string, Use, Uint8Array<ArrayBuffer>, Record<string, string>][] = [
  [
    'the chunk handler throws',
    'internal',
    async (body) => {
      await body.forEachChunk(() => {
        throw new Error('refused')
      })
      return 'read'
    },
    Buffer.alloc(500),
    {},
  ],
  [
    'the chunk handler rejects',
    'internal',
    async (body) => {
      await body.forEachChunk(() => Promise.reject(new Error('refused')))
      return 'read'
    },
    Buffer.alloc(500),
    {},
  ],
  [
    'what comes after reading throws',
    'internal',
    async (body) => {
      throw new Error(await readWhole(body))
    },
    Buffer.alloc(500),
    {},
  ],
  ['it is declared too large', 'body_too_large', readWhole, Buffer.alloc(maxBytes + 1), {}],
  [
    'it inflates to too much',
    'body_too_large',
    readWhole,
    gzipSync(Buffer.alloc(100_000)),
    { 'content-encoding': 'gzip' },
  ],
  [
    'its compression is broken at the end',
    'invalid_encoding',
    readWhole,
    brokenAtEnd(gzipSync(Buffer.alloc(900))),
    { 'content-encoding': 'gzip' },
  ],
]
for (const [name, code, use, body, headers] of failures) {
  test(`a body gives its bytes back when ${name}`, async (t) => {
    const server = await startBodyServer(t, use)
    assert.equal(await server.post(body, headers), code)
    assert.equal(server.budget.usedBytes, 0)
  })
}

test('a body that finds no room is refused, gives back what it took, and finds room later', async (t) => {
  const server = await startBodyServer(t)
  const head = requestHead('POST /', { 'transfer-encoding': 'chunked' })
  const waiting = await Promise.all([openRawConnection(server.url), openRawConnection(server.url)])
  for (const connection of waiting) await connection.write(head + httpChunk(' '.repeat(800)))
  while (server.budget.usedBytes < 1600) await nextTurn()
  const refused = await openRawConnection(server.url)
  await refused.write(head + httpChunk(' '.repeat(300)))
  while (server.budget.usedBytes < 1900) await nextTurn()
  await refused.write(Buffer.concat([httpChunk(' '.repeat(300)), httpChunk('')]))
  assert.equal((await refused.response()).body, 'queue_full')
  assert.equal(server.budget.usedBytes, 1600)
  for (const connection of waiting) {
    await connection.write(httpChunk(''))
    assert.equal((await connection.response()).body, 'read 800')
  }
  await refused.write(Buffer.concat([Buffer.from(head), httpChunk(' '.repeat(600)), httpChunk('')]))
  assert.equal((await refused.response()).body, 'read 600')
  assert.equal(server.budget.usedBytes, 0)
  for (const { socket } of [...waiting, refused]) socket.destroy()
})

for (const encoding of ['identity', 'gzip']) {
  test(`a body with Content-Encoding ${encoding} gives its bytes back when the connection is closed before it has ended`, async (t) => {
    const server = await startBodyServer(t)
    const connection = await openRawConnection(server.url)
    const bytes = Buffer.from(Array.from({ length: 600 }, (_, index) => index % 251))
    const body = encoding === 'gzip' ? gzipSync(bytes, { level: 0 }) : bytes
    const headers = { 'content-encoding': encoding, 'content-length': body.length + 100 }
    await connection.write(requestHead('POST /', headers))
    await connection.write(body.subarray(0, -10))
    while (server.budget.usedBytes === 0) await nextTurn()
    connection.socket.destroy()
    assert.match(await server.nextOutcome(), /^invalid_(request|encoding)$/)
    assert.equal(server.budget.usedBytes, 0)
  })
}

test('a body whose chunk is still waiting gives its bytes back when the connection is closed', async (t) => {
  const server = await startBodyServer(t, async (body) => {
    await body.forEachChunk(() => new Promise<never>(() => {}))
    return 'read'
  })
  const connection = await openRawConnection(server.url)
  await connection.write(requestHead('POST /', { 'content-length': 100 }) + ' '.repeat(50))
  while (server.budget.usedBytes === 0) await nextTurn()
  connection.socket.destroy()
  assert.match(await server.nextOutcome(), /^invalid_request$/)
  assert.equal(server.budget.usedBytes, 0)
})

for (const [name, sent] of [
  ['of which nothing comes', ''],
  ['that stops', ' '.repeat(50)],
] as const) {
  test(`a body ${name} is given up after 10 s, and gives its bytes back`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const begun = Promise.withResolvers<void>()
    const server = await startBodyServer(t, (body) => {
      const reading = readWhole(body)
      begun.resolve()
      return reading
    })
    const connection = await openRawConnection(server.url)
    await connection.write(requestHead('POST /', { 'content-length': 100 }) + sent)
    await begun.promise
    while (server.budget.usedBytes < sent.length) await nextTurn()
    t.mock.timers.tick(maxSilenceMs)
    assert.equal(await server.nextOutcome(), 'request_timeout')
    assert.equal(server.budget.usedBytes, 0)
    connection.socket.destroy()
  })
}

test('a body of which a byte comes now and then is read to its end, also when it inflates to nothing yet', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  for (const encoding of ['identity', 'gzip']) {
    let request: IncomingMessage | undefined
    const server = await startBodyServer(t, readWhole, (each) => {
      request = each
    })
    const body = encoding === 'gzip' ? gzipSync('abc') : Buffer.from('abc')
    const connection = await openRawConnection(server.url)
    let came = 0
    await connection.write(requestHead('POST /', { 'content-encoding': encoding, 'content-length': body.length }))
    while (request === undefined) await nextTurn()
    request.on('data', (chunk: Buffer) => {
      came += chunk.length
    })
    for (const [at, byte] of body.entries()) {
      t.mock.timers.tick(maxSilenceMs - 1)
      await connection.write(Buffer.of(byte))
      while (came <= at) await nextTurn()
    }
    assert.equal((await connection.response()).body, 'read 3')
    connection.socket.destroy()
  }
})

test('the time in which a body is held up by its reader does not count, and the silence after it does', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const held = Promise.withResolvers<void>()
  const server = await startBodyServer(t, async (body) => {
    await body.forEachChunk(() => held.promise)
    return 'read'
  })
  const connection = await openRawConnection(server.url)
  await connection.write(`${requestHead('POST /', { 'content-length': 100 })} `)
  while (server.budget.usedBytes === 0) await nextTurn()
  t.mock.timers.tick(5 * maxSilenceMs)
  held.resolve()
  await nextTurn()
  assert.equal(server.budget.usedBytes, 1)
  t.mock.timers.tick(maxSilenceMs - 1)
  await nextTurn()
  assert.equal(server.budget.usedBytes, 1)
  t.mock.timers.tick(1)
  assert.equal(await server.nextOutcome(), 'request_timeout')
  connection.socket.destroy()
})

for (const [line, type] of [
  ['POST /publish', 'application/json'],
  ['POST /publish', 'application/x-ndjson'],
  ['POST /subscriptions/a/ack', 'application/json'],
] as const) {
  test(`503 and a closed connection: ${line} of which nothing more comes, as ${type}`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const server = await startTestServer(t)
    const connection = await openRawConnection(server.url)
    await connection.write(`${requestHead(line, { 'content-type': type, 'content-length': 100 })}{`)
    let isAnswered = false
    const answered = connection.response().finally(() => {
      isAnswered = true
    })
    while (!isAnswered) {
      t.mock.timers.tick(maxSilenceMs)
      await nextTurn()
    }
    const answer = await answered
    assert.equal((await assertProblem(answer, 503)).code, 'request_timeout')
    assert.deepEqual([answer.headers.connection, answer.headers['retry-after']], ['close', '1'])
    await connection.closed
  })
}

test('bodies one after the other may take more than all together at once, whatever becomes of them', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent({ event_id: 'a', payload: { text: 'x'.repeat(7_900_000) } })
  const whole = JSON.stringify(event)
  for (let times = 0; times < 9; times++) {
    assert.equal((await server.post('/publish', whole)).status, 202)
    assert.equal((await server.post('/publish', whole.slice(0, -1))).status, 400)
    assert.equal((await server.post('/publish', `${whole.slice(0, -1)},"more":1}`)).status, 422)
  }
  assert.equal((await server.getJson('/stats')).received, 9)
})
