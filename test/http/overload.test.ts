/** More is published than is stored: what is refused is not read, and what waits is not lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { type HeldStore, openHeldStore } from '../support/held-store.ts'
import { openRawConnection, type RawConnection, requestHead } from '../support/raw-http.ts'
import { startServerOver } from '../support/server-over.ts'

const mib = 1024 * 1024

function bodyOf(bytes: number): Buffer {
  return Buffer.from(JSON.stringify(wireEvent({ payload: { text: 'x'.repeat(bytes) } })))
}

async function post(url: string, body: Buffer): Promise<RawConnection> {
  const connection = await openRawConnection(url)
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  await connection.write(requestHead('POST /publish', headers))
  void connection.write(body).catch(() => {})
  return connection
}

/** Holds the only commit, with a body that leaves no room for another large one. */
async function fill(url: string, held: HeldStore) {
  const connection = await post(url, bodyOf(5 * mib))
  return { connection, append: await held.nextAppend() }
}

test('a large body for which there is no room is answered 503 while it is not read, and its connection is closed', async (t) => {
  const held = openHeldStore()
  const server = await startServerOver(t, held)
  const { connection, append } = await fill(server.url, held)
  const refused = await post(server.url, bodyOf(2 * mib))
  const answer = await refused.response()
  assert.equal(answer.status, 503)
  assert.equal(JSON.parse(answer.body).code, 'queue_full')
  assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
  assert.equal(answer.headers['retry-after'], '1')
  assert.equal(answer.headers.connection, 'close')
  await refused.closed
  append.commit()
  assert.equal((await connection.response()).status, 202)
  connection.socket.destroy()
})

test('a small body for which there is no room is dropped, and its connection is good for the next', async (t) => {
  const held = openHeldStore()
  const server = await startServerOver(t, held)
  const { connection, append } = await fill(server.url, held)
  const body = bodyOf(1000)
  const refused = await post(server.url, body)
  assert.equal((await refused.response()).status, 503)
  append.commit()
  assert.equal((await connection.response()).status, 202)
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  await refused.write(requestHead('POST /publish', headers))
  await refused.write(body)
  ;(await held.nextAppend()).commit()
  assert.equal((await refused.response()).status, 202)
  for (const { socket } of [connection, refused]) socket.destroy()
})
