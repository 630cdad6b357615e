/**
 * The corpus of hostile input against one real server: what each entry gets, and what they have done to the server when all
 * were sent. One process for all of them: what one leaves behind must not harm the next.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readProcessMemory } from '../../bench/process-memory.ts'
import { openEventStream } from '../support/event-stream.ts'
import { assertProblem, pointersOf } from '../support/problem.ts'
import { type ServerProcess, startServerProcess } from '../support/process.ts'
import { openRawConnection, type RawResponse, rawRequest, requestHead } from '../support/raw-http.ts'
import { clientOf } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { addresses } from './corpus/addresses.ts'
import { refusedBodies, refusedLines } from './corpus/bodies.ts'
import { type Entry, eventText, json, ndjson, withBody } from './corpus/entry.ts'
import { framing, understood } from './corpus/http.ts'
import { keptNames, keptPayloads } from './corpus/kept.ts'

/** As JSON, and as the second line of NDJSON: the first is taken. */
const lines: readonly Entry[] = refusedLines.flatMap(({ name, line, gets }) => [
  { name: `${name}, as JSON`, bytes: () => withBody('POST /publish', line()), gets },
  {
    name: `${name}, as a line`,
    bytes: () =>
      withBody('POST /publish', Buffer.concat([Buffer.from(`${eventText()}\n`), Buffer.from(line())]), ndjson),
    gets: { ...gets, line: 2 },
  },
])
const names: readonly Entry[] = keptNames.map((name) => ({
  name: `the name ${JSON.stringify(name.topic).slice(0, 60)}`,
  bytes: () => withBody('POST /publish', eventText(wireFields(name))),
  gets: { status: 202, accepted: 1 },
}))
const timestamps: readonly Entry[] = [
  {
    name: 'a timestamp with a megabyte of digits, as many as it likes',
    bytes: () => withBody('POST /publish', eventText({ timestamp: `"2026-01-31T09:30:00.${'1'.repeat(1_000_000)}Z"` })),
    gets: { status: 202, accepted: 1 },
  },
]
const payloads: readonly Entry[] = keptPayloads.map((payload, at) => ({
  name: `the payload ${payload.slice(0, 60)}`,
  bytes: () => withBody('POST /publish', eventText({ topic: '"kept"', event_id: `"${at}"`, payload })),
  gets: { status: 202, accepted: 1 },
}))

/** Whatever was sent, and also when all of it is sent again. */
const maxPeakBytes = 800 * 1024 * 1024

test('hostile input gets what the contract says, and harms nobody', async (t) => {
  const store = `sqlite:${join(temporaryFolder(t), 'a.db')}`
  const server = await startServerProcess(t, ['--store', store, '--log-level', 'debug'])
  const client = clientOf(server)
  const subscription = { method: 'PUT', headers: json, body: '{"topics":[">"],"start":"earliest"}' }
  assert.equal((await client.get('/subscriptions/hostile', subscription)).status, 201)
  const entries = [
    ...framing,
    ...understood,
    ...names,
    ...payloads,
    ...timestamps,
    ...lines,
    ...refusedBodies,
    ...addresses,
  ]
  let accepted = 0
  for (const entry of entries) {
    await t.test(entry.name, async () => {
      accepted += await send(server, entry)
    })
  }
  await t.test('the server is alive, and has counted right', async () => {
    const stats = await client.getJson('/stats')
    assert.deepEqual([stats.received, stats.unique_processed, stats.duplicate_dropped], [accepted, accepted, 0])
  })
  await t.test('every event is listed, found, streamed and delivered as it was sent', () =>
    assertAllKept(t, server, accepted),
  )
  await t.test('the log is lines of JSON, and the metrics are lines of metrics', () => assertFraming(server))
  await t.test('all of it again is no event lost, none twice, and memory is bounded', async () => {
    let again = 0
    for (const entry of entries) again += await send(server, entry)
    const stats = await client.getJson('/stats')
    assert.equal(stats.received, accepted + again)
    assert.equal(stats.duplicate_dropped, names.length + payloads.length)
    const { peakBytes = 0 } = readProcessMemory(server.child.pid ?? 0) ?? {}
    t.diagnostic(`at most ${Math.round(peakBytes / 1024 ** 2)} MiB`)
    assert.ok(peakBytes < maxPeakBytes, `${peakBytes} bytes`)
  })
})

/** @returns how many events the server has accepted. */
async function send({ url }: ServerProcess, { bytes, gets }: Entry): Promise<number> {
  const connection = await openRawConnection(url)
  // The server may have answered and closed before it was all sent.
  connection.write(bytes()).catch(() => {})
  const answer = await connection.response()
  if (!('code' in gets)) {
    assert.equal(answer.status, gets.status, answer.body)
    assert.match(answer.body, gets.body ?? /^/)
    connection.socket.destroy()
    if (gets.accepted !== undefined) assert.equal(JSON.parse(answer.body).accepted, gets.accepted)
    return gets.accepted ?? 0
  }
  const problem = await assertProblem(answer, gets.status)
  assert.equal(problem.code, gets.code, problem.detail)
  assert.equal(pointersOf(problem)[0], gets.pointer)
  if ('line' in gets) assert.deepEqual([problem.line, problem.accepted], [gets.line, 1])
  assertSmall(answer)
  if (gets.closes) {
    assert.equal(answer.headers.connection, 'close')
    await connection.closed
  }
  connection.socket.destroy()
  return problem.accepted ?? 0
}

/** What was sent must not come back larger. */
function assertSmall({ body }: RawResponse): void {
  assert.ok(body.length < 200_000, `${body.length} characters`)
}

function wireFields({ topic, eventId, source }: (typeof keptNames)[number]) {
  return { topic: JSON.stringify(topic), event_id: JSON.stringify(eventId), source: JSON.stringify(source) }
}

async function assertAllKept(t: TestContext, server: ServerProcess, count: number): Promise<void> {
  const client = clientOf(server)
  const listed = await (await client.get('/events?order=seq&limit=1000')).text()
  assert.equal(JSON.parse(listed).events.length, count)
  const pull = await client.post('/subscriptions/hostile/pull', '{"max":1000}')
  const delivered = await pull.text()
  const stream = await openEventStream(t, `${server.url}/events/stream?after=0`)
  const streamed: string[] = []
  while (streamed.length < count) {
    const next = await stream.next()
    assert.deepEqual([next?.id, next?.event], [`${streamed.length + 1}`, 'event'])
    streamed.push(next?.data ?? '')
  }
  const all = streamed.join('\n')
  for (const payload of keptPayloads) {
    const text = `"payload":${payload},"seq":`
    assert.ok(listed.includes(text), payload)
    assert.ok(delivered.includes(text), payload)
    assert.ok(all.includes(text.replaceAll(/[\r\n]/g, ' ')), payload)
  }
  for (const { topic, eventId, source } of keptNames) {
    // Not by fetch, which takes the dots out of a path.
    const head = requestHead(`GET /events/${encodeURIComponent(topic)}/${encodeURIComponent(eventId)}`)
    const found = JSON.parse((await rawRequest(server.url, head)).body)
    assert.deepEqual([found.topic, found.event_id, found.source], [topic, eventId, source])
    const inTopic = await client.getJson(
      `/events?topic=${encodeURIComponent(topic)}&source=${encodeURIComponent(source)}`,
    )
    assert.deepEqual(
      inTopic.events.map((event: { event_id: string }) => event.event_id),
      [eventId],
    )
    const rates = await client.getJson(`/rates?by=source&name=${encodeURIComponent(source)}`)
    assert.deepEqual(
      rates.series.map((series: { name: string }) => series.name),
      [source],
    )
  }
}

async function assertFraming(server: ServerProcess): Promise<void> {
  for (const line of server.output.stderr.trimEnd().split('\n')) {
    const { level, msg } = JSON.parse(line)
    assert.ok(level === undefined || level < 50, msg)
  }
  const metrics = await (await clientOf(server).get('/metrics')).text()
  assert.doesNotMatch(metrics, /forged/)
  for (const line of metrics.trimEnd().split('\n')) {
    assert.match(line, /^(|# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"\n]*",?)*\})? [-+.\deEINFa]+)$/)
  }
}
