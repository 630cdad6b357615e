import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem } from '../support/problem.ts'
import { httpChunk, openRawConnection, rawRequest, requestHead } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'
import { startServerOver } from '../support/server-over.ts'

const json = { 'content-type': 'application/json' }

for (const [name, request] of [
  ['a request line that is none', 'lorem ipsum dolor\r\n\r\n'],
  ['a method that does not exist', 'FROB /publish HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['bare line feeds', 'GET /livez HTTP/1.1\nHost: x\n\n'],
  ['a space before the colon of a header', 'GET /livez HTTP/1.1\r\nHost : x\r\n\r\n'],
  ['a folded header', 'GET /livez HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n'],
  ['no Host', 'GET /livez HTTP/1.1\r\n\r\n'],
  [
    'Content-Length and Transfer-Encoding',
    requestHead('POST /publish', { ...json, 'content-length': 2, 'transfer-encoding': 'chunked' }),
  ],
  ['two Content-Lengths', 'POST /publish HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
  ['a negative Content-Length', requestHead('POST /publish', { ...json, 'content-length': -1 })],
  ['a Content-Length that is not a number', requestHead('POST /publish', { ...json, 'content-length': '2x' })],
  [
    'a Transfer-Encoding that does not end in chunked',
    requestHead('POST /publish', { ...json, 'transfer-encoding': 'gzip' }),
  ],
  [
    'a chunk size that is not a number',
    `${requestHead('POST /publish', { ...json, 'transfer-encoding': 'chunked' })}zz\r\n`,
  ],
] as const) {
  test(`400 and close: ${name}`, async (t) => {
    const server = await startTestServer(t)
    const connection = await openRawConnection(server.url)
    await connection.write(Buffer.from(request, 'latin1'))
    const answer = await connection.response()
    assert.equal((await assertProblem(answer, 400)).code, 'invalid_request')
    assert.equal(answer.headers.connection, 'close')
    await connection.closed
    assert.equal((await server.getJson('/stats')).received, 0)
  })
}

for (const [name, headers] of [
  ['one huge header', { 'x-large': 'a'.repeat(20_000) }],
  ['thousands of headers', Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`x-${index}`, 'a']))],
] as const) {
  test(`431 and close: ${name}`, async (t) => {
    const server = await startTestServer(t)
    const connection = await openRawConnection(server.url)
    await connection.write(requestHead('GET /livez', headers))
    assert.equal((await assertProblem(await connection.response(), 431)).code, 'headers_too_large')
    await connection.closed
  })
}

test('an expectation that nobody knows is ignored', async (t) => {
  const server = await startTestServer(t)
  const answer = await rawRequest(server.url, requestHead('GET /livez', { expect: 'wonders' }))
  assert.equal(JSON.parse(answer.body).status, 'alive')
})

test('Expect: 100-continue is answered with 100 before the body is sent', async (t) => {
  const server = await startTestServer(t)
  const body = JSON.stringify(wireEvent())
  const connection = await openRawConnection(server.url)
  const headers = { ...json, 'content-length': body.length, expect: '100-continue' }
  await connection.write(requestHead('POST /publish', headers))
  const [interim] = await once(connection.socket, 'data')
  assert.match(String(interim), /^HTTP\/1.1 100 /)
  await connection.write(body)
  assert.equal((await connection.response()).status, 202)
  connection.socket.destroy()
})

test('an absolute URI as request target is understood', async (t) => {
  const server = await startTestServer(t)
  const answer = await rawRequest(server.url, requestHead('GET http://localhost/livez'))
  assert.equal(answer.status, 200)
})

test('dots in a path do not lead anywhere', async (t) => {
  const server = await startTestServer(t)
  for (const path of ['/../stats', '/events/../stats', '//stats', '/./stats', '*', '*stats']) {
    await assertProblem(await rawRequest(server.url, requestHead(`GET ${path}`)), 404)
  }
})

test('HTTP/1.0 without Host is answered', async (t) => {
  const server = await startTestServer(t)
  assert.equal((await rawRequest(server.url, 'GET /livez HTTP/1.0\r\n\r\n')).status, 200)
})

test('pipelined requests are answered in order', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent({ topic: 'a', event_id: 'b' })
  const body = JSON.stringify(event)
  const connection = await openRawConnection(server.url)
  const publish = requestHead('POST /publish', { ...json, 'content-length': body.length }) + body
  await connection.write(publish + publish + requestHead('GET /livez'))
  assert.equal(JSON.parse((await connection.response()).body).unique, 1)
  assert.equal(JSON.parse((await connection.response()).body).duplicates, 1)
  assert.equal(JSON.parse((await connection.response()).body).status, 'alive')
  connection.socket.destroy()
})

test('a connection that breaks in the middle of a body stores nothing and harms nobody', async (t) => {
  const server = await startTestServer(t)
  const body = JSON.stringify(wireEvent())
  const connection = await openRawConnection(server.url)
  await connection.write(requestHead('POST /publish', { ...json, 'transfer-encoding': 'chunked' }))
  await connection.write(httpChunk(body))
  connection.socket.resetAndDestroy()
  await connection.closed
  assert.equal((await server.publish(wireEvent())).status, 202)
  assert.equal((await server.getJson('/stats')).received, 1)
})

test('503 and close, not a 4xx: a request that is too slow, because a retry may be faster', async (t) => {
  const { url, server } = await startServerOver(t, { store: openMemoryEventStore({ clock: systemClock }) })
  server.requestTimeout = 1
  server.headersTimeout = 1
  const connection = await openRawConnection(url)
  await connection.write(requestHead('POST /publish', { ...json, 'content-length': 100 }))
  const answer = await connection.response()
  assert.equal((await assertProblem(answer, 503)).code, 'request_timeout')
  assert.equal(answer.headers['retry-after'], '1')
  await connection.closed
})
