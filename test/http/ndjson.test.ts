import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, deflateSync } from 'node:zlib'
import { AppError } from '../../src/core/errors.ts'
import { NdjsonParser } from '../../src/http/ndjson.ts'
import { wireEvent } from '../support/events.ts'
import { openHeldStore } from '../support/held-store.ts'
import { assertProblem, pointersOf } from '../support/problem.ts'
import { httpChunk, openRawConnection, requestHead } from '../support/raw-http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { startServerOver } from '../support/server-over.ts'

const ndjson = { 'content-type': 'application/x-ndjson' }
const chunkedLines = requestHead('POST /publish', { ...ndjson, 'transfer-encoding': 'chunked' })

interface Ack {
  readonly accepted: number
  readonly unique: number
  readonly duplicates: number
  readonly results?: readonly { readonly status: string; readonly seq: number }[]
}

function lineOf(eventId: string): string {
  return JSON.stringify(wireEvent({ topic: 'lines', event_id: eventId }))
}

function postLines(server: Pick<TestServer, 'post'>, body: string | Uint8Array<ArrayBuffer>, path = '/publish') {
  return server.post(path, body, ndjson)
}

async function ackOf(answer: Response): Promise<Ack> {
  assert.equal(answer.status, 202, await answer.clone().text())
  return (await answer.json()) as Ack
}

async function storedIds(server: Pick<TestServer, 'getJson'>): Promise<string[]> {
  const { events } = await server.getJson('/events?order=seq&limit=1000')
  return events.map(({ event_id }: { event_id: string }) => event_id)
}

test('every line is an event; the answer counts them all', async (t) => {
  const server = await startTestServer(t)
  const ack = await ackOf(await postLines(server, `${lineOf('a')}\n${lineOf('b')}\n${lineOf('a')}\n`))
  assert.deepEqual(ack, {
    accepted: 3,
    message: 'Accepted 3 events for processing',
    unique: 2,
    duplicates: 1,
    conflicts: 0,
  })
})

for (const [name, body] of [
  ['no newline at the end', `${lineOf('a')}\n${lineOf('b')}`],
  ['CRLF', `${lineOf('a')}\r\n${lineOf('b')}\r\n`],
  ['blank lines', `\n\n${lineOf('a')}\n \t\n\r\n${lineOf('b')}\n\n`],
  ['space around the event', `  ${lineOf('a')}\t\n ${lineOf('b')} `],
] as const) {
  test(`lines with ${name} are read`, async (t) => {
    const server = await startTestServer(t)
    assert.equal((await ackOf(await postLines(server, body))).unique, 2)
    assert.deepEqual(await storedIds(server), ['a', 'b'])
  })
}

test('more lines than a JSON batch may have are taken and counted', async (t) => {
  const server = await startTestServer(t)
  const lines = Array.from({ length: 5000 }, (_, index) => lineOf(`${index}`)).join('\n')
  const first = await ackOf(await postLines(server, lines))
  assert.deepEqual([first.accepted, first.unique], [5000, 5000])
  const again = await ackOf(await postLines(server, lines, '/publish?results=all'))
  assert.deepEqual([again.unique, again.duplicates], [0, 5000])
  assert.deepEqual(
    again.results?.map(({ status, seq }) => `${status} ${seq}`),
    Array.from({ length: 5000 }, (_, index) => `duplicate ${index + 1}`),
  )
})

test('a body that arrives byte by byte is the same body', async (t) => {
  const server = await startTestServer(t)
  const body = Buffer.from(`${lineOf('a')}\r\n\n${lineOf('é😀')}\n${lineOf('c')}`)
  const connection = await openRawConnection(server.url)
  await connection.write(chunkedLines)
  for (const byte of body) await connection.write(httpChunk(Buffer.of(byte)))
  await connection.write(httpChunk(''))
  assert.equal(JSON.parse((await connection.response()).body).unique, 3)
  assert.deepEqual(await storedIds(server), ['a', 'é😀', 'c'])
  connection.socket.destroy()
})

test('a stream of odd pieces from fetch is the same body', async (t) => {
  const server = await startTestServer(t)
  const body = Buffer.from(Array.from({ length: 2000 }, (_, index) => `${lineOf(`${index}`)}\n`).join(''))
  const pieces = Array.from({ length: Math.ceil(body.length / 997) }, (_, at) =>
    body.subarray(at * 997, (at + 1) * 997),
  )
  const request = { method: 'POST', headers: ndjson, duplex: 'half', body: ReadableStream.from(pieces) } as const
  assert.equal((await ackOf(await fetch(`${server.url}/publish`, request))).unique, 2000)
})

test('lines are committed as they arrive', async (t) => {
  const server = await startTestServer(t)
  const connection = await openRawConnection(server.url)
  await connection.write(chunkedLines + httpChunk(`${lineOf('a')}\n${lineOf('b')}\n{"topic`))
  let stored: string[] = []
  while (stored.length < 2) stored = await storedIds(server)
  assert.deepEqual(stored, ['a', 'b'])
  await connection.write(httpChunk(lineOf('c').slice('{"topic'.length)))
  await connection.write(httpChunk(''))
  assert.equal(JSON.parse((await connection.response()).body).accepted, 3)
  connection.socket.destroy()
})

test('a line that arrives in many pieces takes room in the queue for all of them', async (t) => {
  const held = openHeldStore()
  const server = await startServerOver(t, held)
  const first = server.publish(wireEvent())
  const commit = await held.nextAppend()
  const line = lineOf('a')
  const connection = await openRawConnection(server.url)
  await connection.write(chunkedLines)
  for (const char of `\n${line}\n{`) await connection.write(httpChunk(char))
  while (server.queue.size === 0) await server.get('/livez')
  assert.ok(server.queue.bytes >= line.length, `${server.queue.bytes} bytes`)
  connection.socket.destroy()
  commit.commit()
  ;(await held.nextAppend()).commit()
  assert.equal((await first).status, 202)
})

test('the bytes of the lines add up to the bytes of the body, however it is cut', () => {
  const body = Buffer.from(`${lineOf('a')}\r\n\n${lineOf('é😀')}\n${lineOf('c')}`)
  for (const size of [1, 7, 100, body.length]) {
    const parser = new NdjsonParser()
    let [bytes, events] = [0, 0]
    for (let at = 0; at < body.length; at += size) {
      const piece = body.subarray(at, at + size)
      const parsed = parser.push(piece)
      // The newline that ends the last line of a piece is not among them.
      bytes += parsed.bytes + Number(piece.includes(0x0a))
      events += parsed.events.length
    }
    const last = parser.end()
    assert.deepEqual([bytes + last.bytes, events + last.events.length], [body.length, 3], `pieces of ${size}`)
  }
})

test('the answer waits for the commit of the last lines, also of a large body', async (t) => {
  const held = openHeldStore()
  const server = await startServerOver(t, held)
  const lines = Array.from({ length: 3000 }, (_, index) => `${lineOf(`${index}`)}\n`).join('')
  let isAnswered = false
  const answer = postLines(server, lines).finally(() => {
    isAnswered = true
  })
  let committed = 0
  while (committed < 3000) {
    const append = await held.nextAppend()
    assert.equal(isAnswered, false)
    committed += append.events.length
    if (committed === 3000) {
      // The last group: had the answer not waited for it, it would overtake this request.
      await server.get('/livez')
      assert.equal(isAnswered, false)
    }
    append.commit()
  }
  assert.equal((await ackOf(await answer)).unique, 3000)
})

for (const [name, line, status, pointers] of [
  ['is not JSON', '{"topic":', 400, ['']],
  ['holds two documents', `${lineOf('x')} ${lineOf('y')}`, 400, ['']],
  ['starts with a byte order mark', `\ufeff${lineOf('x')}`, 400, ['']],
  ['is a space that JSON does not know', '\u00a0', 400, ['']],
  ['is nested too deep', `{"payload":${'['.repeat(64)}${']'.repeat(64)}}`, 400, ['/payload']],
  ['is an array nested too deep', '['.repeat(65) + ']'.repeat(65), 400, ['/0']],
  ['has a field twice', `{"topic":"a",${lineOf('x').slice(1)}`, 400, ['/topic']],
  ['breaks a rule', JSON.stringify({ ...wireEvent(), timestamp: 'today' }), 422, ['/timestamp']],
  ['is an array', `[${lineOf('x')}]`, 422, ['']],
  [
    'is a batch',
    `{"events":[${lineOf('x')}]}`,
    422,
    ['/topic', '/event_id', '/timestamp', '/source', '/payload', '/events'],
  ],
  ['is null', 'null', 422, ['']],
] as const) {
  test(`${status}: a line that ${name}; what was before it is stored, what is after it is not`, async (t) => {
    const server = await startTestServer(t)
    const body = `${lineOf('a')}\n\n${lineOf('b')}\n${line}\n${lineOf('c')}\n`
    const problem = await assertProblem(await postLines(server, body), status)
    assert.deepEqual([problem.line, problem.accepted], [4, 2])
    assert.deepEqual(pointersOf(problem), pointers)
    assert.match(problem.detail, /line 4/)
    assert.deepEqual(await storedIds(server), ['a', 'b'])
  })
}

test('400: bad UTF-8 in one line', async (t) => {
  const server = await startTestServer(t)
  const [before, after] = [Buffer.from(`${lineOf('a')}\n{"x":"`), Buffer.from(`"}\n${lineOf('b')}\n`)]
  const problem = await assertProblem(await postLines(server, Buffer.concat([before, Buffer.of(0xff), after])), 400)
  assert.deepEqual([problem.code, problem.line, problem.accepted], ['invalid_encoding', 2, 1])
  assert.deepEqual(await storedIds(server), ['a'])
})

test('a retry of the whole body after the bad line is repaired stores every line once', async (t) => {
  const server = await startTestServer(t)
  const lines = Array.from({ length: 10 }, (_, index) => lineOf(`${index}`))
  await assertProblem(await postLines(server, lines.with(7, '{}').join('\n')), 422)
  const ack = await ackOf(await postLines(server, lines.join('\n')))
  assert.deepEqual([ack.accepted, ack.unique, ack.duplicates], [10, 3, 7])
})

test('the number of the line is right far into a large body', async (t) => {
  const server = await startTestServer(t)
  const lines = Array.from({ length: 4000 }, (_, index) => lineOf(`${index}`))
  const problem = await assertProblem(await postLines(server, lines.with(3210, 'oops').join('\n')), 400)
  assert.deepEqual([problem.line, problem.accepted], [3211, 3210])
  assert.equal((await server.getJson('/stats')).unique_processed, 3210)
})

for (const body of ['', '\n', '\r\n \n\t\n']) {
  test(`422: a body of nothing but blank lines: ${JSON.stringify(body)}`, async (t) => {
    const server = await startTestServer(t)
    const problem = await assertProblem(await postLines(server, body), 422)
    assert.equal(problem.accepted, 0)
  })
}

test('413 with how many were accepted: chunked lines over the limit of the body', async (t) => {
  const event = `${lineOf('a')}\n`
  const server = await startTestServer(t, { bodyLimitBytes: event.length + 10 })
  const connection = await openRawConnection(server.url)
  await connection.write(chunkedLines + httpChunk(event))
  while ((await storedIds(server)).length === 0);
  await connection.write(httpChunk(event))
  const problem = await assertProblem(await connection.response(), 413)
  assert.deepEqual([problem.line, problem.accepted], [1, 1])
  connection.socket.destroy()
})

for (const [encoding, compress] of [
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
] as const) {
  test(`400 counts lines whose commit was still waiting when the ${encoding} body turned out broken`, async (t) => {
    const held = openHeldStore()
    const server = await startServerOver(t, held)
    const body = Buffer.concat([compress(`${lineOf('a')}\n`), Buffer.from('garbage')])
    const answer = server.post('/publish', body, { ...ndjson, 'content-encoding': encoding })
    const append = await held.nextAppend()
    // An answer that did not wait for the commit would overtake these.
    for (let times = 0; times < 3; times++) await server.get('/livez')
    append.commit()
    const problem = await assertProblem(await answer, 400)
    assert.deepEqual([problem.code, problem.line, problem.accepted], ['invalid_encoding', 1, 1])
  })
}

test('503 with how many were accepted: the store fails in the middle', async (t) => {
  const held = openHeldStore()
  const server = await startServerOver(t, held)
  const answer = postLines(server, Array.from({ length: 1500 }, (_, index) => lineOf(`${index}`)).join('\n'))
  const first = await held.nextAppend()
  first.commit()
  const second = await held.nextAppend()
  second.fail(new AppError('disk_full', 'no room'))
  const problem = await assertProblem(await answer, 503)
  assert.deepEqual([problem.code, problem.accepted], ['disk_full', first.events.length])
})
