/** Clients that do not read their answers must not cost memory without bound. */
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock } from '../../src/core/clock.ts'
import { ByteBudget } from '../../src/http/byte-budget.ts'
import { AnswerBounds, boundConnections } from '../../src/http/connections.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { newEvent, wireEvent } from '../support/events.ts'
import { assertProblem } from '../support/problem.ts'
import { openRawConnection, requestHead } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'
import { startServerOver, storeWith } from '../support/server-over.ts'

const get = requestHead('GET /events')

/** Sends requests and reads nothing of what is answered. */
async function askSilently(url: string, requests: string) {
  const connection = await openRawConnection(url)
  connection.socket.pause()
  await connection.write(requests)
  return connection
}

async function listen(t: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('503: more large answers wait to be read than memory is set aside for; it heals when a client goes', async (t) => {
  const memory = openMemoryEventStore({ clock: systemClock })
  const payload = JSON.stringify({ text: 'x'.repeat(40 * 1024 * 1024) })
  const page = { events: [{ ...newEvent({ payload }), seq: 1, processedAtMs: 0 }], next: undefined, isPartial: false }
  let asked = 0
  const readEvents = async () => {
    asked++
    return page
  }
  const server = await startServerOver(t, { store: storeWith(memory, { readEvents }) })
  const silent = [await askSilently(server.url, get), await askSilently(server.url, get)]
  silent.push(await askSilently(server.url, get))
  while (asked < 3) await nextTurn()
  const problem = await assertProblem(await server.get('/events'), 503)
  assert.equal(problem.code, 'queue_full')
  assert.equal(problem.detail, 'too many answers are waiting to be read; try again')
  assert.equal((await server.get('/livez')).status, 200)
  assert.equal((await server.publish(wireEvent())).status, 202)
  silent[0]?.socket.destroy()
  let status = 503
  while (status !== 200) {
    const answer = await server.get('/events')
    status = answer.status
    await answer.body?.cancel()
  }
  for (const { socket } of silent) socket.destroy()
})

/** A server that answers everything with a large text, and counts it. */
async function startCountingServer(t: TestContext) {
  const budget = new ByteBudget({ capacityBytes: 1e9, refusal: 'no room' })
  const bounds = new AnswerBounds(budget)
  const body = 'x'.repeat(16 * 1024 * 1024)
  const server = createServer((request, response) => {
    bounds.count(body, request, response)
    response.end(body)
  })
  return { budget, bounds, body, url: await listen(t, server) }
}

test('an answer is counted until it is read', async (t) => {
  const { budget, body, url } = await startCountingServer(t)
  const connection = await askSilently(url, get)
  while (budget.usedBytes === 0) await nextTurn()
  assert.equal(budget.usedBytes, body.length)
  connection.socket.resume()
  while (budget.usedBytes > 0) await nextTurn()
  // It was not given back because the connection closed.
  assert.equal((await connection.response()).body.length, body.length)
  await connection.write(requestHead('HEAD /events'))
  assert.equal((await connection.response('HEAD')).status, 200)
  connection.socket.destroy()
})

test('answers that wait behind each other on one connection are given back when it closes', async (t) => {
  const { budget, body, url } = await startCountingServer(t)
  const connection = await askSilently(url, get.repeat(5))
  while (budget.usedBytes < 5 * body.length) await nextTurn()
  connection.socket.destroy()
  while (budget.usedBytes > 0) await nextTurn()
})

test('HEAD gives back what its answer was counted with', async (t) => {
  const { budget, url } = await startCountingServer(t)
  for (let times = 0; times < 3; times++) assert.equal((await fetch(url, { method: 'HEAD' })).status, 200)
  while (budget.usedBytes > 0) await nextTurn()
})

test('an answer for a client that has gone is not counted, as nobody would give it back', async (t) => {
  const budget = new ByteBudget({ capacityBytes: 1e9, refusal: 'no room' })
  const answered = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    request.socket.once('close', async () => {
      await nextTurn()
      new AnswerBounds(budget).count('x'.repeat(1e6), request, response)
      response.end()
      answered.resolve()
    })
    request.socket.destroy()
  })
  const connection = await openRawConnection(await listen(t, server))
  connection.socket.write(get)
  await answered.promise
  assert.equal(budget.usedBytes, 0)
})

test('a connection whose answer is not read is ended', async (t) => {
  const server = createServer((_, response) => void response.end('x'.repeat(16 * 1024 * 1024)))
  boundConnections(server)
  server.setTimeout(50)
  const closed = new Promise<void>((resolve) => {
    server.once('connection', (socket) => socket.once('close', resolve))
  })
  const connection = await askSilently(await listen(t, server), get)
  await closed
  connection.socket.destroy()
})

test('a connection that waits for an answer of ours is not ended, however long that takes', async (t) => {
  const server = createServer((_, response) => {
    // Nothing went in or out for the time that is allowed, and the socket has been told.
    response.once('timeout', () => setImmediate(() => response.end('late')))
  })
  boundConnections(server)
  server.setTimeout(50)
  assert.equal(await (await fetch(await listen(t, server))).text(), 'late')
})

test('connections are bounded in number, and late requests are looked for every second', async (t) => {
  const { url, get: ask } = await startTestServer(t)
  const answered = Promise.withResolvers<Server & { connectionsCheckingInterval?: number }>()
  const onRequest = (seen: unknown) => {
    const { server } = seen as { server: Server }
    if (url.endsWith(`:${(server.address() as AddressInfo).port}`)) answered.resolve(server)
  }
  subscribe('http.server.request.start', onRequest)
  t.after(() => unsubscribe('http.server.request.start', onRequest))
  await ask('/livez')
  const server = await answered.promise
  assert.deepEqual(
    [server.maxConnections, server.timeout, server.headersTimeout, server.requestTimeout],
    [20_000, 30_000, 10_000, 30_000],
  )
  assert.equal(server.connectionsCheckingInterval, 1000)
})
