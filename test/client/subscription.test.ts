import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { ClientError, idempotent, subscription } from '../../src/client/index.ts'
import { wireEvent } from '../support/events.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startCuttingProxy } from './cutting-proxy.ts'

const retryPolicy = { baseDelayMs: 1, maxDelayMs: 5 }

async function publish(server: TestServer, count: number): Promise<void> {
  await server.publish(...Array.from({ length: count }, (_, n) => wireEvent({ payload: { n } })))
}

test('events are handled, acked in few requests, and a stop settles everything', async (t) => {
  const server = await startTestServer(t)
  await publish(server, 200)
  let acks = 0
  const counting: typeof fetch = (input, init) => {
    if (String(input).endsWith('/ack')) acks++
    return fetch(input, init)
  }
  const worker = subscription('all', { url: server.url, surroundings: { fetch: counting } })
  await worker.create({ topics: ['>'], start: 'earliest' })
  const stop = new AbortController()
  const seqs: number[] = []
  const handle = ({ seq }: { seq: number }) => {
    seqs.push(seq)
    if (seqs.length === 200) stop.abort()
  }
  await worker.run(handle, { signal: stop.signal, maxPull: 50 })
  assert.deepEqual(
    seqs,
    Array.from({ length: 200 }, (_, index) => index + 1),
  )
  const { acked, in_flight, lag } = await server.getJson('/subscriptions/all')
  assert.deepEqual({ acked, in_flight, lag }, { acked: 200, in_flight: 0, lag: 0 })
  assert.ok(acks < 50, `${acks} requests`)
})

test('no more are leased than it is to take: the others keep all of their attempts', async (t) => {
  const server = await startTestServer(t)
  await publish(server, 20)
  const worker = subscription('some', { url: server.url })
  await worker.create({ topics: ['>'], start: 'earliest' })
  const seqs: number[] = []
  await worker.run(({ seq }) => seqs.push(seq), { maxDeliveries: 7, maxPull: 5, concurrency: 2 })
  assert.deepEqual(seqs, [1, 2, 3, 4, 5, 6, 7])
  const answer = await server.post('/subscriptions/some/pull', '{}')
  const { deliveries } = (await answer.json()) as { deliveries: { attempt: number }[] }
  assert.deepEqual([deliveries.length, new Set(deliveries.map(({ attempt }) => attempt))], [13, new Set([1])])
})

test('no more handlers are under way than were asked for, and all of those', async (t) => {
  const server = await startTestServer(t)
  await publish(server, 20)
  const worker = subscription('four', { url: server.url })
  await worker.create({ topics: ['>'], start: 'earliest' })
  const stop = new AbortController()
  let underWay = 0
  let most = 0
  let handled = 0
  const full = Promise.withResolvers<void>()
  const handle = async () => {
    most = Math.max(most, ++underWay)
    if (underWay === 4) full.resolve()
    await full.promise
    underWay--
    if (++handled === 20) stop.abort()
  }
  await worker.run(handle, { concurrency: 4, signal: stop.signal })
  assert.equal(most, 4)
})

test('an event whose handler throws comes again, and is a dead letter after its last attempt', async (t) => {
  const server = await startTestServer(t)
  await publish(server, 2)
  const worker = subscription('strict', { url: server.url })
  await worker.create({ topics: ['>'], start: 'earliest', maxAttempts: 3 })
  const attempts: number[] = []
  const stop = new AbortController()
  await worker.run(
    (event, { attempt }) => {
      if (event.seq === 2) return
      attempts.push(attempt)
      throw new Error('no such customer')
    },
    { signal: stop.signal, nackDelayMs: () => 0, onNack: (_, { attempt }) => attempt === 3 && stop.abort() },
  )
  assert.deepEqual(attempts, [1, 2, 3])
  const { dead_letters } = await server.getJson('/subscriptions/strict/dead-letters')
  assert.equal(dead_letters[0].reason, 'no such customer')
})

test('the lease of a slow handler is extended', async (t) => {
  const server = await startTestServer(t)
  await publish(server, 1)
  let extensions = 0
  const extended = Promise.withResolvers<void>()
  const counting: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init)
    // Longer than a lease.
    if (String(input).endsWith('/extend') && ++extensions === 6) extended.resolve()
    return answer
  }
  const worker = subscription('slow', { url: server.url, surroundings: { fetch: counting } })
  await worker.create({ topics: ['>'], start: 'earliest', leaseMs: 1000 })
  const stop = new AbortController()
  let deliveries = 0
  const handle = async () => {
    deliveries++
    await extended.promise
    stop.abort()
  }
  await worker.run(handle, { signal: stop.signal })
  assert.equal(deliveries, 1)
  const { acked, redelivered } = await server.getJson('/subscriptions/slow')
  assert.deepEqual({ acked, redelivered }, { acked: 1, redelivered: 0 })
})

test('a worker goes on through cut connections and a restart of the server, and applies every event once', async (t) => {
  const store = `sqlite:${join(temporaryFolder(t), 'subscription.db')}`
  let server = await startTestServer(t, { store })
  const proxy = await startCuttingProxy(t, () => server.url)
  await publish(server, 50)
  const worker = subscription('steady', { url: proxy.url, retryPolicy })
  await worker.create({ topics: ['>'], start: 'earliest', leaseMs: 500, maxAttempts: 100 })
  const { applied, store: marks } = markedDatabase(t)
  const stop = new AbortController()
  const apply = idempotent(async ({ seq }, db) => {
    db.prepare('INSERT INTO effect VALUES (?)').run(seq)
    if (seq % 10 === 3) proxy.cut()
    if (seq === 25) {
      await server.close()
      server = await startTestServer(t, { store })
    }
  }, marks)
  const handle = async (event: Parameters<typeof apply>[0]) => {
    const outcome = await apply(event)
    if (applied() === 50) stop.abort()
    return outcome
  }
  await worker.run(handle, { signal: stop.signal })
  assert.equal(applied(), 50)
})

test('an effect that fails leaves no mark, and is made the next time', async (t) => {
  const { applied, store } = markedDatabase(t)
  let failures = 1
  const apply = idempotent((event, db) => {
    db.prepare('INSERT INTO effect VALUES (?)').run(event.seq)
    if (failures-- > 0) throw new Error('not today')
  }, store)
  const event = { ...wireEvent(), seq: 1, processed_at: '2026-01-31T09:30:00Z' }
  await assert.rejects(apply(event), /not today/)
  assert.equal(applied(), 0)
  assert.equal(await apply(event), 'applied')
  assert.equal(await apply(event), 'known')
  assert.equal(applied(), 1)
})

test('asking for the next acks the one before; leaving the loop gives back the one it was left at', async (t) => {
  const server = await startTestServer(t)
  await publish(server, 5)
  const worker = subscription('loop', { url: server.url })
  await worker.create({ topics: ['>'], start: 'earliest' })
  const seqs: number[] = []
  for await (const { event } of worker) if (seqs.push(event.seq) === 3) break
  const { acked, in_flight } = await server.getJson('/subscriptions/loop')
  assert.deepEqual({ acked, in_flight }, { acked: 2, in_flight: 0 })
  for await (const delivery of worker.deliveries()) {
    seqs.push(delivery.event.seq)
    await delivery.ack()
    if (delivery.event.seq === 5) break
  }
  assert.deepEqual(seqs, [1, 2, 3, 3, 4, 5])
  assert.equal((await server.getJson('/subscriptions/loop')).acked, 5)
})

test('a subscription that does not exist is an error, and one with other settings as well', async (t) => {
  const server = await startTestServer(t)
  const worker = subscription('none', { url: server.url })
  const refused = (status: number) => (error: unknown) =>
    error instanceof ClientError && error.code === 'refused' && error.status === status
  await assert.rejects(
    worker.run(() => {}),
    refused(404),
  )
  await worker.create({ topics: ['a'] })
  await worker.create({ topics: ['a'] })
  await assert.rejects(worker.create({ topics: ['b'] }), refused(409))
})

test('a run that is told to stop before it began ends at once', async (t) => {
  const server = await startTestServer(t)
  await subscription('early', { url: server.url }).run(() => assert.fail('nothing to handle'), {
    signal: AbortSignal.abort(),
  })
})

test('a stop gives back at once what no handler has, however long the one under way takes', async (t) => {
  const server = await startTestServer(t)
  await publish(server, 5)
  const worker = subscription('stop', { url: server.url })
  await worker.create({ topics: ['>'], start: 'earliest' })
  const stop = new AbortController()
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const running = worker.run(
    async () => {
      begun.resolve()
      await end.promise
    },
    { signal: stop.signal },
  )
  await begun.promise
  stop.abort()
  const others: number[] = []
  for await (const { event } of worker.deliveries({ maxDeliveries: 4 })) others.push(event.seq)
  assert.deepEqual(others.sort(), [2, 3, 4, 5])
  end.resolve()
  await running
  assert.equal((await server.getJson('/subscriptions/stop')).acked, 5)
})

test('a number of handlers that could handle nothing is an error', async (t) => {
  const server = await startTestServer(t)
  const worker = subscription('nobody', { url: server.url })
  await worker.create({ topics: ['>'] })
  for (const concurrency of [0, -1, Number.NaN, 1.5]) {
    await assert.rejects(
      worker.run(() => {}, { concurrency }),
      RangeError,
    )
  }
})

function markedDatabase(t: { after(close: () => void): void }) {
  const db = new DatabaseSync(':memory:')
  t.after(() => db.close())
  db.exec('CREATE TABLE effect (seq INTEGER); CREATE TABLE mark (topic, event_id, PRIMARY KEY (topic, event_id))')
  return {
    applied: () => Number(db.prepare('SELECT count(*) AS count FROM effect').get()?.count),
    store: {
      async transaction<R>(work: (transaction: DatabaseSync) => Promise<R>): Promise<R> {
        db.exec('BEGIN')
        try {
          const result = await work(db)
          db.exec('COMMIT')
          return result
        } catch (thrown) {
          db.exec('ROLLBACK')
          throw thrown
        }
      },
      mark: ({ topic, event_id }: { topic: string; event_id: string }) =>
        db.prepare('INSERT INTO mark VALUES (?, ?) ON CONFLICT DO NOTHING').run(topic, event_id).changes > 0,
    },
  }
}
