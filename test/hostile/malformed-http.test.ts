import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem } from '../support/problem.ts'
import { httpChunk, openRawConnection, requestHead } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'
import { startServerOver } from '../support/server-over.ts'

const json = { 'content-type': 'application/json' }

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

for (const [name, head, trickle] of [
  ['a header that arrives byte by byte', 'POST /publish HTTP/1.1\r\nHost: a\r\n', 'x'],
  ['a body that arrives byte by byte', requestHead('POST /publish', { ...json, 'content-length': 1e6 }), ' '],
  [
    'a chunked body that arrives byte by byte',
    requestHead('POST /publish', { ...json, 'transfer-encoding': 'chunked' }),
    '1\r\n \r\n',
  ],
  ['a request that stops', 'POST /publish HT', ''],
] as const) {
  test(`503 and close, not a 4xx, because a retry may be faster: ${name}`, async (t) => {
    const { url, server, getJson } = await startServerOver(t, { store: openMemoryEventStore({ clock: systemClock }) })
    server.requestTimeout = 50
    server.headersTimeout = 50
    const connection = await openRawConnection(url)
    let isAnswered = false
    const answering = connection.response().finally(() => {
      isAnswered = true
    })
    await connection.write(head)
    while (!isAnswered) {
      if (trickle !== '') await connection.write(trickle).catch(() => {})
      await Promise.race([answering, new Promise((resolve) => setTimeout(resolve, 10))])
    }
    const answer = await answering
    assert.equal((await assertProblem(answer, 503)).code, 'request_timeout')
    assert.equal(answer.headers['retry-after'], '1')
    await connection.closed
    assert.equal((await getJson('/stats')).received, 0)
  })
}
