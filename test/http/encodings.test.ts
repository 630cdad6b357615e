import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { wireEvent } from '../support/events.ts'
import { assertProblem } from '../support/problem.ts'
import { startTestServer } from '../support/server.ts'

const ndjson = 'application/x-ndjson'
const encodings = [
  { encoding: 'gzip', compress: gzipSync },
  { encoding: 'x-gzip', compress: gzipSync },
  { encoding: 'GZip', compress: gzipSync },
  { encoding: 'br', compress: brotliCompressSync },
  { encoding: 'deflate', compress: deflateSync },
  { encoding: 'zstd', compress: zstdCompressSync },
  { encoding: 'identity', compress: (body: Uint8Array) => Buffer.from(body) },
] as const
const compressed = encodings.filter(({ encoding }) => encoding !== 'identity' && encoding !== 'GZip')

function batchOf(events: number): Buffer {
  return Buffer.from(JSON.stringify({ events: Array.from({ length: events }, () => wireEvent()) }))
}

function linesOf(events: number): Buffer {
  return Buffer.from(Array.from({ length: events }, () => `${JSON.stringify(wireEvent())}\n`).join(''))
}

for (const { encoding, compress } of encodings) {
  test(`Content-Encoding ${encoding} is accepted for JSON and for NDJSON`, async (t) => {
    const server = await startTestServer(t)
    const asJson = await server.post('/publish', compress(batchOf(500)), { 'content-encoding': encoding })
    assert.equal(((await asJson.json()) as { unique: number }).unique, 500)
    const headers = { 'content-type': ndjson, 'content-encoding': encoding }
    const asLines = await server.post('/publish', compress(linesOf(500)), headers)
    assert.equal(((await asLines.json()) as { unique: number }).unique, 500)
  })
}

for (const { encoding, compress } of compressed) {
  test(`400: a ${encoding} body that is cut off, anywhere`, async (t) => {
    const server = await startTestServer(t)
    const body = compress(batchOf(3))
    for (const length of [0, 1, 5, body.length >> 1, body.length - 1]) {
      const answer = await server.post('/publish', body.subarray(0, length), { 'content-encoding': encoding })
      assert.equal((await assertProblem(answer, 400)).code, 'invalid_encoding', `${length} bytes`)
    }
    assert.equal((await server.getJson('/stats')).received, 0)
  })

  test(`400: cut off ${encoding} lines, even if all lines that can be read are whole`, async (t) => {
    const server = await startTestServer(t)
    const body = compress(linesOf(1))
    const headers = { 'content-type': ndjson, 'content-encoding': encoding }
    await assertProblem(await server.post('/publish', body.subarray(0, body.length - 1), headers), 400)
  })

  test(`400: a body that is not ${encoding}`, async (t) => {
    const server = await startTestServer(t)
    for (const body of [batchOf(1), Buffer.from([0, 1, 2, 3])]) {
      const answer = await server.post('/publish', body, { 'content-encoding': encoding })
      assert.equal((await assertProblem(answer, 400)).code, 'invalid_encoding')
    }
  })

  test(`400: bytes after the end of a ${encoding} body must not vanish`, async (t) => {
    const server = await startTestServer(t)
    const headers = { 'content-type': ndjson, 'content-encoding': encoding }
    const body = Buffer.concat([compress(linesOf(1)), linesOf(1)])
    await assertProblem(await server.post('/publish', body, headers), 400)
  })
}

test('a gzip body of several members is read to its end', async (t) => {
  const server = await startTestServer(t)
  const parts = [linesOf(1), linesOf(300), linesOf(2)].map((lines) => gzipSync(lines))
  const headers = { 'content-type': ndjson, 'content-encoding': 'gzip' }
  const whole = await server.post('/publish', Buffer.concat(parts), headers)
  assert.equal(((await whole.json()) as { unique: number }).unique, 303)
  const asSent = { method: 'POST', headers, duplex: 'half', body: ReadableStream.from(parts) } as const
  const inPieces = await fetch(`${server.url}/publish`, asSent)
  assert.equal(((await inPieces.json()) as { duplicates: number }).duplicates, 303)
})

test('a zstd body of several frames is read to its end, or refused by a Node that reads only one; never taken in part', async (t) => {
  const server = await startTestServer(t)
  const body = Buffer.concat([zstdCompressSync(linesOf(1)), zstdCompressSync(linesOf(300))])
  const answer = await server.post('/publish', body, { 'content-type': ndjson, 'content-encoding': 'zstd' })
  if (answer.status === 202) assert.equal(((await answer.json()) as { unique: number }).unique, 301)
  else assert.equal((await assertProblem(answer, 400)).code, 'invalid_encoding')
})
