import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Batch, openBatches, openEventSource } from '../../src/cli/bench-events.ts'
import { type PreparedRequest, RequestQueue } from '../../src/cli/bench-requests.ts'

const never = new AbortController().signal

/** Batches of 1, 2, 3 … events, some of them duplicates. */
function growingBatches(count: number): Batch[] {
  const shape = { idKind: 'uuid7', topics: 3, topicPrefix: 'bench.', payloadBytes: 60, seed: 1 } as const
  const next = openBatches(openEventSource(shape, Date.UTC(2026, 0, 31)), 0.3, 1)
  return Array.from({ length: count }, (_, index) => next(index + 1))
}

function queueOf(batches: readonly Batch[]): RequestQueue {
  const rest = batches.values()
  return new RequestQueue(new URL('http://[::1]:8080/base/publish'), () => rest.next().value)
}

function eventIdsOf({ bytes }: PreparedRequest): string[] {
  const [head = '', body = ''] = Buffer.from(bytes).toString().split('\r\n\r\n')
  assert.equal(
    head,
    `POST /base/publish HTTP/1.1\r\nhost: [::1]:8080\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`,
  )
  return (JSON.parse(body) as { events: { event_id: string }[] }).events.map((event) => event.event_id)
}

for (const bytes of [1, 1000, 100_000]) {
  test(`every batch is one request, in order, when ${bytes} bytes are made at a time`, async () => {
    const batches = growingBatches(50)
    const queue = queueOf(batches)
    const taken: PreparedRequest[] = []
    while (taken.length < batches.length) {
      await queue.fill(bytes, never)
      assert.ok(queue.bytes > 0)
      // Some are left, so that the next ones come behind them.
      for (let left = 2; left > 0; left--) taken.push(...[queue.take()].filter((request) => request !== undefined))
    }
    assert.deepEqual(
      taken.map(eventIdsOf),
      batches.map(({ events }) => events.map((event) => event.event_id)),
    )
    assert.deepEqual(
      taken.map(({ events, unique }) => [events, unique]),
      batches.map(({ events, unique }) => [events.length, unique]),
    )
    assert.deepEqual([queue.take(), queue.bytes, queue.nextBytes], [undefined, 0, 0])
  })
}

test('the signal ends a long making of requests', async () => {
  const stop = new AbortController()
  const [batch] = growingBatches(1)
  const queue = new RequestQueue(new URL('http://localhost/publish'), () => batch)
  setImmediate(() => stop.abort(new Error('enough')))
  await assert.rejects(queue.fill(100_000_000, stop.signal), /enough/)
})
