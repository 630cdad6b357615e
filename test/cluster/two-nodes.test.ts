/** Two nodes over one PostgreSQL are one store: what is sent to both is stored, counted and delivered once. */
import assert from 'node:assert/strict'
import { after, type TestContext, test } from 'node:test'
import { openEventStream } from '../support/event-stream.ts'
import { wireEvent } from '../support/events.ts'
import { postJson, ready, startNodes, until } from '../support/nodes.ts'
import { removeSharedPostgres, sharedPostgres } from '../support/postgres-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { startReceiver } from '../support/webhook-receiver.ts'

after(removeSharedPostgres)

async function startTwo(t: TestContext): Promise<[TestServer, TestServer]> {
  const [first, second] = await startNodes(t, 2)
  assert.ok(first && second)
  return [first, second]
}

async function countersOf(node: TestServer): Promise<unknown> {
  const { received, unique_processed, duplicate_dropped, conflicts, topics, subscriptions, store } =
    await node.getJson('/stats')
  return { received, unique_processed, duplicate_dropped, conflicts, topics, subscriptions, store }
}

async function putSubscription(node: TestServer, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await node.get('/subscriptions/work', { method: 'PUT', headers, body: JSON.stringify(body) })
  assert.equal(answer.status, 201, await answer.text())
}

test('the same ids sent to two nodes at the same moment are stored and counted once, as both nodes say', async (t) => {
  const nodes = await startTwo(t)
  const events = Array.from({ length: 400 }, (_, index) => wireEvent({ topic: `t${index % 3}` }))
  const batches = Array.from({ length: 20 }, (_, index) => events.slice(20 * index, 20 * index + 20))
  const answers = await Promise.all(
    nodes.flatMap((node) => batches.map(async (batch) => (await node.publish(...batch)).json())),
  )
  const sum = (key: string) => answers.reduce((all: number, answer) => all + Number((answer as never)[key]), 0)
  assert.deepEqual([sum('unique'), sum('duplicates'), sum('conflicts')], [400, 400, 0])
  const [first, second] = await Promise.all(nodes.map(countersOf))
  assert.deepEqual(first, second)
  const stats = await nodes[1].getJson('/stats')
  assert.deepEqual([stats.received, stats.unique_processed, stats.duplicate_dropped], [800, 400, 400])
  const listed = await nodes[0].getJson('/events?order=seq&limit=1000')
  assert.deepEqual(
    listed.events.map(({ seq }: { seq: number }) => seq),
    Array.from({ length: 400 }, (_, index) => index + 1),
  )
})

test('the same ids sent to three nodes, each in its own order, are stored and counted once', async (t) => {
  const nodes = await startNodes(t, 3)
  const events = Array.from({ length: 300 }, (_, index) => wireEvent({ event_id: `r-${index}` }))
  await Promise.all(
    nodes.map(async (node, at) => {
      // Their batches overlap and go the other way round.
      const own = at === 1 ? events.toReversed() : events
      for (let start = 0; start < own.length; start += 20 + at) await node.publish(...own.slice(start, start + 20 + at))
    }),
  )
  for (const node of nodes) {
    const { received, unique_processed, duplicate_dropped, conflicts } = await node.getJson('/stats')
    assert.deepEqual([received, unique_processed, duplicate_dropped, conflicts], [900, 300, 600, 0])
  }
})

test('a tail on one node has every event of both nodes, once and in order', async (t) => {
  const nodes = await startTwo(t)
  const streams = await Promise.all(nodes.map((node) => openEventStream(t, `${node.url}/events/stream`)))
  const publish = async (node: TestServer, name: string) => {
    for (let index = 0; index < 40; index++) {
      await node.publish(...Array.from({ length: 1 + (index % 5) }, () => wireEvent({ source: name })))
    }
  }
  await Promise.all(nodes.map((node, index) => publish(node, `node${index}`)))
  const seqs = Array.from({ length: 240 }, (_, index) => index + 1)
  for (const stream of streams) assert.deepEqual(await stream.nextSeqs(240), seqs)
  const history = await openEventStream(t, `${nodes[0].url}/events/stream?after=0`)
  assert.deepEqual(await history.nextSeqs(240), seqs)
})

test('a pull that waits on one node gets what is published on the other', async (t) => {
  const [first, second] = await startTwo(t)
  await putSubscription(first, { topics: ['orders.>'] })
  const pulled = postJson(second, '/subscriptions/work/pull', { max: 10, wait_ms: 20_000 })
  await until(async () => (await first.getJson('/stats')).subscriptions === 1)
  await first.publish(wireEvent({ topic: 'logs.a' }), wireEvent({ topic: 'orders.new', event_id: 'wanted' }))
  const { deliveries } = (await (await pulled).json()) as {
    deliveries: { lease: string; event: { event_id: string } }[]
  }
  assert.deepEqual(
    deliveries.map(({ event }) => event.event_id),
    ['wanted'],
  )
})

test('workers on two nodes share a subscription, and a nack on one wakes a worker on the other', async (t) => {
  const nodes = await startTwo(t)
  const [first, second] = nodes
  await putSubscription(first, { topics: ['>'] })
  await first.publish(...Array.from({ length: 60 }, () => wireEvent()))
  type Pulled = { deliveries: { lease: string; attempt: number; event: { seq: number } }[] }
  const pull = async (node: TestServer, body: object) =>
    ((await (await postJson(node, '/subscriptions/work/pull', body)).json()) as Pulled).deliveries
  const claimed = await Promise.all(
    Array.from({ length: 12 }, (_, index) => pull(nodes[index % 2] ?? first, { max: 5, wait_ms: 0 })),
  )
  const seqs = claimed.flat().map(({ event }) => event.seq)
  assert.deepEqual(
    seqs.sort((a, b) => a - b),
    Array.from({ length: 60 }, (_, index) => index + 1),
  )
  const waiting = pull(second, { max: 5, wait_ms: 20_000 })
  const [nacked, ...others] = claimed.flat()
  assert.ok(nacked)
  // Leased by one node, answered at another.
  const acked = await postJson(second, '/subscriptions/work/ack', { leases: others.map(({ lease }) => lease) })
  assert.deepEqual(await acked.json(), { acked: 59, refused: [] })
  await postJson(first, '/subscriptions/work/nack', { leases: [nacked.lease] })
  assert.deepEqual(
    (await waiting).map(({ event, attempt }) => [event.seq, attempt]),
    [[nacked.event.seq, 2]],
  )
})

test('a push that was set up on one node goes on from the other when that one is gone', async (t) => {
  const store = await (await sharedPostgres()).createDatabase()
  const nodes = await Promise.all([1, 2].map(() => startTestServer(t, { store, isPrivatePushAllowed: true })))
  const [first, second] = nodes
  assert.ok(first && second)
  await Promise.all(nodes.map(ready))
  const receiver = await startReceiver(t, 204)
  await putSubscription(first, {
    topics: ['>'],
    push: { url: receiver.url, secret: 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0' },
  })
  await first.publish(wireEvent())
  assert.deepEqual((await receiver.next()).seqs, [1])
  await first.close()
  await second.publish(wireEvent())
  assert.deepEqual((await receiver.next()).seqs, [2])
})
