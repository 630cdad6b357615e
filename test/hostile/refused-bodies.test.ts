/** A client must be able to read why its body was refused, also when it is still sending. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { systemClock } from '../../src/core/clock.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem, type Problem } from '../support/problem.ts'
import { httpChunk, openRawConnection, requestHead } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'
import { startServerOver } from '../support/server-over.ts'

const bodyLimitBytes = 1000
const json = { 'content-type': 'application/json' }
const large = Buffer.alloc(16 * 1024 * 1024, ' ')

/** Sends all of a large body, whatever the server thinks of it, and only then reads the answer. */
async function sendWhole(url: string, line: string, headers: Record<string, string | number>) {
  const connection = await openRawConnection(url)
  await connection.write(requestHead(line, { 'content-length': large.length, ...headers }))
  await connection.write(large)
  const answer = await connection.response()
  connection.socket.destroy()
  return answer
}

async function assertTooLarge(answer: Parameters<typeof assertProblem>[0]): Promise<Problem> {
  const problem = await assertProblem(answer, 413)
  assert.equal(problem.code, 'body_too_large')
  assert.match(problem.detail, /\d+ bytes/)
  return problem
}

test('413: a body whose declared length is over the limit is refused before it is sent', async (t) => {
  const server = await startTestServer(t, { bodyLimitBytes })
  const connection = await openRawConnection(server.url)
  await connection.write(requestHead('POST /publish', { ...json, 'content-length': bodyLimitBytes + 1 }))
  await assertTooLarge(await connection.response())
  connection.socket.destroy()
})

test('413: a chunked body is refused as soon as it is over the limit', async (t) => {
  const server = await startTestServer(t, { bodyLimitBytes })
  const connection = await openRawConnection(server.url)
  await connection.write(requestHead('POST /publish', { ...json, 'transfer-encoding': 'chunked' }))
  await connection.write(httpChunk(large.subarray(0, bodyLimitBytes)))
  await connection.write(httpChunk(' '))
  await assertTooLarge(await connection.response())
  connection.socket.destroy()
})

test('a body of exactly the limit is taken', async (t) => {
  const event = JSON.stringify(wireEvent())
  const server = await startTestServer(t, { bodyLimitBytes: event.length })
  assert.equal((await server.post('/publish', event)).status, 202)
  await assertTooLarge(await server.post('/publish', `${event} `))
})

test('413: a body that inflates a thousand times', async (t) => {
  const server = await startTestServer(t)
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))
  assert.ok(bomb.length < 100_000)
  await assertTooLarge(await server.post('/publish', bomb, { 'content-encoding': 'gzip' }))
  assert.equal((await server.publish(wireEvent())).status, 202)
})

test('413 can be read by fetch and by a client that sends everything first; the connection stays usable', async (t) => {
  const server = await startTestServer(t, { bodyLimitBytes })
  await assertTooLarge(await server.post('/publish', large))
  const stream = { method: 'POST', body: new Blob([large]).stream(), headers: json, duplex: 'half' } as const
  await assertTooLarge(await fetch(`${server.url}/publish`, stream))
  const connection = await openRawConnection(server.url)
  await connection.write(requestHead('POST /publish', { ...json, 'content-length': large.length }))
  await connection.write(large)
  await assertTooLarge(await connection.response())
  await connection.write(requestHead('GET /livez'))
  assert.equal((await connection.response()).status, 200)
  connection.socket.destroy()
})

for (const [status, line, headers] of [
  [404, 'POST /nothing', json],
  [405, 'POST /stats', json],
  [406, 'POST /publish', { ...json, accept: 'text/html' }],
  [413, 'POST /publish', json],
  [415, 'POST /publish', { 'content-type': 'text/plain' }],
  [415, 'POST /publish', { ...json, 'content-encoding': 'compress' }],
  [422, 'POST /publish?results=some', json],
  [400, 'POST /publish', { ...json, 'content-encoding': 'gzip' }],
] as const) {
  test(`a large body that is refused with ${status} (${line} ${Object.values(headers)}) gets its answer`, async (t) => {
    const server = await startTestServer(t, { bodyLimitBytes })
    await assertProblem(await sendWhole(server.url, line, headers), status)
  })
}

test('a large body that is refused with 429 gets its answer', async (t) => {
  const server = await startTestServer(t, { rateLimitPerMinute: 1 })
  await server.publish(wireEvent())
  await assertProblem(await sendWhole(server.url, 'POST /publish', json), 429)
})

test('a large body that is refused because the server drains gets its answer', async (t) => {
  const { url, readiness } = await startServerOver(t, { store: openMemoryEventStore({ clock: systemClock }) })
  readiness.startDraining()
  const problem = await assertProblem(await sendWhole(url, 'POST /publish', json), 503)
  assert.equal(problem.code, 'draining')
})
