import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Batch, openBatches, openEventSource } from '../../src/cli/bench-events.ts'
import { type Load, type LoadOptions, openLoad } from '../../src/cli/bench-load.ts'
import { startFakePublishServer } from '../support/fake-publish-server.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { startTestServer } from '../support/server.ts'

const never = new AbortController().signal
const untilTheBatchesEnd = { durationMs: Number.POSITIVE_INFINITY }

/** So many batches, then none. */
function batchesOf(count: number, { size = 10, duplicateRatio = 0 } = {}): () => Batch | undefined {
  const shape = { idKind: 'uuid4', topics: 3, topicPrefix: 'bench.', payloadBytes: 150, seed: 1 } as const
  const next = openBatches(openEventSource(shape, Date.UTC(2026, 0, 31)), duplicateRatio, 1)
  let left = count
  return () => (left-- > 0 ? next(size) : undefined)
}

async function loadOn(t: TestContext, options: Partial<LoadOptions> & { url: string }): Promise<Load> {
  const load = await openLoad({ connections: 2, nextBatch: batchesOf(10), signal: never, ...options })
  t.after(() => load[Symbol.dispose]())
  return load
}

test('every batch is sent once, and the acks add up to what the batches held', async (t) => {
  const server = await startTestServer(t)
  const load = await loadOn(t, { url: server.url, nextBatch: batchesOf(100, { duplicateRatio: 0.4 }) })
  const result = await load.run(untilTheBatchesEnd)
  assert.equal(result.sent, 1000)
  assert.equal(result.requests, 100)
  assert.equal(result.unique + result.duplicates, 1000)
  assert.equal(result.unique, result.expectedUnique)
  assert.ok(result.duplicates > 0)
  assert.equal(result.latencies.count, 100)
  assert.ok(result.seconds > 0 && result.cpuSeconds > 0)
  const { received, unique_processed } = await server.getJson('/stats')
  assert.deepEqual([received, unique_processed], [1000, result.unique])
})

test('a phase goes on where the one before it stopped', async (t) => {
  const server = await startTestServer(t)
  const load = await loadOn(t, { url: server.url, nextBatch: batchesOf(500, { duplicateRatio: 0.4 }) })
  const phases = [await load.run({ durationMs: 5 }), await load.run(untilTheBatchesEnd)]
  const sum = (name: 'sent' | 'unique' | 'expectedUnique') => phases.reduce((total, phase) => total + phase[name], 0)
  assert.equal(sum('sent'), 5000)
  assert.equal(sum('unique'), sum('expectedUnique'))
  assert.equal((await server.getJson('/stats')).unique_processed, sum('unique'))
})

test('an open loop sends at its rate, and counts latency from when a request was due', async (t) => {
  const server = await startTestServer(t)
  const load = await loadOn(t, { url: server.url, connections: 64, nextBatch: batchesOf(1000) })
  const result = await load.run({ durationMs: 100, ratePerSecond: 500 })
  assert.equal(result.requests, 50)
  assert.equal(result.delays.count, 50)
  assert.ok(result.latencies.maxMs >= result.delays.quantileMs(0.01))
})

test('requests that are due while every connection is busy wait, and the wait is latency', async (t) => {
  const server = await startTestServer(t)
  const load = await loadOn(t, { url: server.url, connections: 1, nextBatch: batchesOf(50) })
  // All are due at once, and go one after the other: the last one has waited for all others.
  const { latencies, delays, seconds } = await load.run({ durationMs: 1, ratePerSecond: 1_000_000 })
  assert.ok(latencies.maxMs > (seconds * 1000) / 2, `${latencies.maxMs} ms of ${seconds} s`)
  assert.ok(delays.quantileMs(0.5) < delays.maxMs)
})

for (const status of [429, 503]) {
  test(`a batch that is answered ${status} is counted as refused, and not sent again`, async (t) => {
    const server = await startFakePublishServer(t, {
      answer(response, batch) {
        if (batch % 2 === 0) response.writeHead(status, { 'content-length': 0 }).end()
        return batch % 2 === 0
      },
    })
    const result = await (await loadOn(t, { url: server.url })).run(untilTheBatchesEnd)
    assert.equal(server.batches, 10)
    assert.deepEqual([result.sent, result.unique, result.refused, result.requests], [100, 50, 50, 5])
    assert.equal(result.latencies.count, 5)
  })
}

test('any other answer ends the load, with what the server said', async (t) => {
  const server = await startTestServer(t, { bodyLimitBytes: 1000 })
  const load = await loadOn(t, { url: server.url })
  await assert.rejects(load.run(untilTheBatchesEnd), /the server answered 413: .*body_too_large/)
})

test('a connection that is lost ends the load', async (t) => {
  const server = await startFakePublishServer(t, {
    answer(response, batch) {
      if (batch === 5) response.destroy()
      return batch === 5
    },
  })
  const load = await loadOn(t, { url: server.url })
  await assert.rejects(load.run(untilTheBatchesEnd), /http:\/\/127.*closed the connection before it answered/)
})

test('a connection that the server closes after an answer is opened again', async (t) => {
  let connections = 0
  const server = await startFakePublishServer(t, {
    answer(response) {
      response.setHeader('connection', 'close')
      return false
    },
  })
  server.server.on('connection', () => connections++)
  const result = await (await loadOn(t, { url: server.url, connections: 1 })).run(untilTheBatchesEnd)
  assert.equal(result.unique, 100)
  assert.equal(connections, 10)
})

test('an ack without its counts ends the load', async (t) => {
  const server = await startFakePublishServer(t, { ack: () => ({}) as never })
  const load = await loadOn(t, { url: server.url })
  await assert.rejects(load.run(untilTheBatchesEnd), /ack has no unique/)
})

test('a server that is away is told at once', async () => {
  const url = await closedUrl()
  await assert.rejects(
    openLoad({ url, connections: 3, nextBatch: batchesOf(1), signal: never }),
    /is out of reach: .*REFUSED/,
  )
})

test('the signal ends a load that waits for an answer', async (t) => {
  const stop = new AbortController()
  const server = await startFakePublishServer(t, {
    answer() {
      stop.abort(new Error('enough'))
      return true
    },
  })
  const load = await loadOn(t, { url: server.url, signal: stop.signal })
  await assert.rejects(load.run(untilTheBatchesEnd), /enough/)
})

/** Answers every request with these bytes, in pieces as given. */
async function startByteServer(t: TestContext, pieces: readonly string[]): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', async () => {
      for (const piece of pieces) {
        await new Promise((resolve) => socket.write(piece, resolve))
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const ack = '{"unique":10,"duplicates":0,"conflicts":0}'

test('an answer may come in pieces', async (t) => {
  const pieces = [
    'HTTP/1.1 202 Acc',
    `epted\r\nContent-Length:${ack.length}\r\n\r`,
    `\n${ack.slice(0, 5)}`,
    ack.slice(5),
  ]
  const url = await startByteServer(t, pieces)
  const load = await loadOn(t, { url, connections: 1, nextBatch: batchesOf(1) })
  assert.equal((await load.run(untilTheBatchesEnd)).unique, 10)
})

for (const [what, answer] of [
  ['no HTTP', 'hello\r\n\r\n'],
  ['no length', 'HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['more than one answer', `HTTP/1.1 202 Accepted\r\ncontent-length: ${ack.length}\r\n\r\n${ack}HTTP/1.1 202`],
] as const) {
  test(`an answer with ${what} ends the load`, async (t) => {
    const load = await loadOn(t, { url: await startByteServer(t, [answer]), connections: 1 })
    await assert.rejects(load.run(untilTheBatchesEnd), /answers in a way that the benchmark does not read/)
  })
}
