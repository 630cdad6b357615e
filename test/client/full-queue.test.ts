/** What a publisher holds is bounded, in events and in bytes, also of those that wait for room. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Loss, Publisher } from '../../src/client/index.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { startTestServer } from '../support/server.ts'

const origin = { topic: 'logs.test', source: 'test' }
const text = 'x'.repeat(1000)

test('those that wait for room are bounded by bytes as the queue is', async () => {
  const publisher = new Publisher({ url: await closedUrl(), ...origin, maxQueueBytes: 10_000 })
  const published = Array.from({ length: 30 }, () => publisher.publish({ payload: { text } }))
  const outcomes = Promise.allSettled(published)
  await publisher.close({ signal: AbortSignal.abort() })
  const codes = (await outcomes).map((each) => (each.status === 'rejected' ? each.reason.code : each.status))
  const full = codes.filter((code) => code === 'queue_full').length
  assert.ok(full >= 10 && full <= 15, `${full}`)
})

for (const onFull of ['wait', 'reject', 'drop-oldest'] as const) {
  test(`publishMany takes no more than the queue holds: every large event is stored (${onFull})`, async (t) => {
    const server = await startTestServer(t)
    await using publisher = new Publisher({ url: server.url, ...origin, onFull, maxQueueBytes: 10_000 })
    const results = await publisher.publishMany(Array.from({ length: 100 }, (_, n) => ({ payload: { n, text } })))
    assert.deepEqual([...new Set(results.map(({ status }) => status))], ['stored'])
    assert.deepEqual([publisher.counts.stored, publisher.counts.dropped], [100, 0])
  })
}

test('nothing makes room for an event that cannot have it: what is under way takes too much', async () => {
  const losses: Loss[] = []
  const publisher = new Publisher({
    ...{ url: await closedUrl(), ...origin, onFull: 'drop-oldest', maxQueueBytes: 10_000, maxBatchEvents: 1 },
    onLoss: (loss) => losses.push(loss),
  })
  publisher.enqueue({ payload: { text: 'x'.repeat(6000) } })
  const hurried = publisher.flush()
  await new Promise(setImmediate)
  assert.equal(publisher.enqueue({ payload: { small: 1 } }), true)
  assert.equal(publisher.enqueue({ payload: { text: 'x'.repeat(6000) } }), false)
  await Promise.resolve()
  assert.deepEqual([losses.map(({ error }) => error.code), publisher.counts.queued], [['queue_full'], 2])
  await publisher.close({ signal: AbortSignal.abort() })
  await hurried
})

test('a close that is waited for takes the signal of a later one', async () => {
  const publisher = new Publisher({ url: await closedUrl(), ...origin })
  const published = assert.rejects(publisher.publish({ payload: {} }), { code: 'gave_up' })
  const first = publisher.close()
  await publisher.close({ signal: AbortSignal.abort() })
  await first
  await published
})
