/** The publisher over a network that fails in every way, at random: stored once, or reported. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Loss, Publisher } from '../../src/client/index.ts'
import { seededRandom } from '../../torture/random.ts'
import { networkFates, startFaultyNetwork } from '../support/faulty-network.ts'
import { startTestServer } from '../support/server.ts'

const events = 100

for (let trial = 0; trial < 2; trial++) {
  test(`every event is stored once or reported as not sent, whatever the network does (trial ${trial})`, async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    t.diagnostic(`seed ${seed}`)
    const random = seededRandom(seed)
    const server = await startTestServer(t)
    await using network = await startFaultyNetwork(server.url, () => random.of(networkFates))
    const losses: Loss[] = []
    const publisher = new Publisher({
      ...{ url: network.url, topic: 'logs.net', source: 'test', maxBatchEvents: 20, maxDelayMs: 0 },
      retryPolicy: { baseDelayMs: 1, maxDelayMs: 5, attemptTimeoutMs: 100, maxStallMs: 20_000 },
      retryBudget: { capacity: 10_000 },
      onLoss: (loss) => losses.push(loss),
    })
    const publishing = publisher.publishMany(Array.from({ length: events }, (_, n) => ({ payload: { n } })))
    for (let n = events; n < 2 * events; n++) assert.ok(publisher.enqueue({ payload: { n } }))
    const results = await publishing
    await publisher.close()
    assert.deepEqual(losses, [])
    assert.ok(results.every(({ status }) => status === 'stored' || status === 'duplicate'))
    const { unique_processed } = await server.getJson('/stats')
    assert.equal(unique_processed, 2 * events)
    const { events: stored } = await server.getJson('/events?order=seq&limit=1000')
    assert.deepEqual(
      stored.map(({ payload }: { payload: { n: number } }) => payload.n),
      Array.from({ length: 2 * events }, (_, n) => n),
      'in the order of handing over',
    )
  })
}
