import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { AppError } from '../../src/core/errors.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem, pointersOf } from '../support/problem.ts'
import { openRawConnection, requestHead } from '../support/raw-http.ts'
import { type SubscriptionServer, startSubscriptionServer } from '../support/subscription-server.ts'

const earliest = { topics: ['>'], start: 'earliest' }

/** Resolves when so many pulls wait for an event. */
async function waiting(server: SubscriptionServer, pulls: number): Promise<void> {
  while (server.deliveries.waitingPulls !== pulls) await new Promise((resolve) => setImmediate(resolve))
}

async function answerOf(answer: Promise<Response>): Promise<unknown> {
  const settled = await answer
  assert.equal(settled.status, 200, await settled.clone().text())
  return settled.json()
}

test('pull leases events, whose payloads are byte for byte as published', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', earliest)
  const payload = '{"id":12345678901234567890,"z":1e400, "a":-0}'
  await server.post(
    '/publish',
    JSON.stringify({ ...wireEvent(), payload: 0 }).replace('"payload":0', `"payload":${payload}`),
  )
  const answer = await server.call('s', 'pull', { max: 10 })
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
  const text = await answer.text()
  assert.ok(text.includes(`"payload":${payload},"seq":1,`), text)
  const { deliveries } = JSON.parse(text)
  assert.deepEqual(Object.keys(deliveries[0]), ['lease', 'attempt', 'lease_expires_at', 'event'])
  const expiresInMs = Date.parse(deliveries[0].lease_expires_at) - systemClock.nowMs()
  assert.ok(expiresInMs > 0 && expiresInMs <= 30_000)
})

test('a pull leases 100 events unless told, at most 1,000', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', earliest)
  for (let batch = 0; batch < 2; batch++) await server.publish(...Array.from({ length: 1000 }, () => wireEvent()))
  assert.equal((await server.pull('s')).length, 100)
  assert.equal((await server.pull('s', { max: 1000 })).length, 1000)
  assert.equal((await server.pull('s', { max: 1 })).length, 1)
})

test('a long poll wakes on a commit', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', { topics: ['orders.*'] })
  const pulled = server.pull('s', { wait_ms: 30_000 })
  await waiting(server, 1)
  await server.publish(wireEvent({ topic: 'logs.x' }))
  await server.publish(wireEvent({ topic: 'orders.new', event_id: 'o1' }))
  assert.deepEqual(
    (await pulled).map(({ event }) => event.event_id),
    ['o1'],
  )
})

test('a long poll is empty when its time is over', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', earliest)
  assert.deepEqual(await server.pull('s', { wait_ms: 20 }), [])
})

test('a long poll wakes when a lease runs out, a delay ends, dead letters are redriven, or after a seek', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', { ...earliest, lease_ms: 100, max_attempts: 3 })
  await server.publish(wireEvent())
  const pull = async () => (await server.pull('s', { wait_ms: 30_000 }))[0] ?? assert.fail('empty')
  assert.equal((await pull()).attempt, 1)
  const second = await pull()
  assert.equal(second.attempt, 2)
  await server.call('s', 'nack', { leases: [second.lease], delay_ms: 10 })
  const third = await pull()
  assert.equal(third.attempt, 3)
  await server.call('s', 'nack', { leases: [third.lease] })
  const redriven = pull()
  await waiting(server, 1)
  await server.call('s', 'dead-letters/redrive')
  await server.call('s', 'ack', { leases: [(await redriven).lease] })
  const replayed = pull()
  await waiting(server, 1)
  await server.call('s', 'seek', { start: 'earliest' })
  assert.equal((await replayed).attempt, 1)
})

test('a long poll of a subscription that is removed meanwhile is 404', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', earliest)
  const pulled = server.call('s', 'pull', { wait_ms: 30_000 })
  await waiting(server, 1)
  await server.get('/subscriptions/s', { method: 'DELETE' })
  await assertProblem(await pulled, 404)
})

test('two workers share a subscription: each event goes to one of them', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', earliest)
  const seen: number[] = []
  const worker = async () => {
    for (;;) {
      const deliveries = await server.pull('s', { max: 7, wait_ms: 30_000 })
      if (deliveries.length === 0) return
      seen.push(...deliveries.map(({ event }) => event.seq))
      await server.call('s', 'ack', { leases: deliveries.map(({ lease }) => lease) })
    }
  }
  const workers = [worker(), worker()]
  for (let batch = 0; batch < 10; batch++) await server.publish(...Array.from({ length: 20 }, () => wireEvent()))
  while ((await server.state('s')).acked < 200);
  await waiting(server, 2)
  server.deliveries.startDraining()
  await Promise.all(workers)
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    Array.from({ length: 200 }, (_, index) => index + 1),
  )
})

test('an ack is idempotent, and a lease that ran out or was never given is refused item by item', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', { ...earliest, lease_ms: 100 })
  await server.publish(wireEvent(), wireEvent())
  const [first, stale] = await server.pull('s')
  assert.ok(first !== undefined && stale !== undefined)
  assert.deepEqual(await answerOf(server.call('s', 'ack', { leases: [first.lease] })), { acked: 1, refused: [] })
  const [again] = await server.pull('s', { wait_ms: 30_000 })
  assert.equal(again?.event.seq, stale.event.seq)
  assert.deepEqual(
    await answerOf(server.call('s', 'ack', { leases: [first.lease, stale.lease, 'never', again.lease] })),
    {
      acked: 2,
      refused: [
        { lease: stale.lease, reason: 'expired' },
        { lease: 'never', reason: 'unknown' },
      ],
    },
  )
  assert.deepEqual(await answerOf(server.call('s', 'ack', { leases: ['never'] })), {
    acked: 0,
    refused: [{ lease: 'never', reason: 'unknown' }],
  })
})

test('a nack with a delay is delivered again after it, and not before', async (t) => {
  let nowMs = 1_000_000
  const clock = { nowMs: () => nowMs, monotonicMs: systemClock.monotonicMs }
  const server = await startSubscriptionServer(t, { clock })
  await server.put('s', earliest)
  await server.publish(wireEvent())
  const leases = (await server.pull('s')).map(({ lease }) => lease)
  const nacked = server.call('s', 'nack', { leases, delay_ms: 5000, reason: 'busy' })
  assert.deepEqual(await answerOf(nacked), { nacked: 1, refused: [] })
  nowMs += 4999
  assert.deepEqual(await server.pull('s'), [])
  nowMs += 1
  assert.equal((await server.pull('s'))[0]?.attempt, 2)
})

test('extend gives another full lease from now', async (t) => {
  let nowMs = 1_000_000
  const clock = { nowMs: () => nowMs, monotonicMs: systemClock.monotonicMs }
  const server = await startSubscriptionServer(t, { clock })
  await server.put('s', { ...earliest, lease_ms: 1000 })
  await server.publish(wireEvent())
  const leases = (await server.pull('s')).map(({ lease }) => lease)
  nowMs += 900
  assert.deepEqual(await answerOf(server.call('s', 'extend', { leases })), { extended: 1, refused: [] })
  nowMs += 900
  assert.deepEqual(await answerOf(server.call('s', 'ack', { leases })), { acked: 1, refused: [] })
})

test('bodies of pull, ack, nack and extend are refused with every field at fault', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', earliest)
  for (const [action, body, pointers] of [
    ['pull', { max: 0 }, ['/max']],
    ['pull', { max: 1001, wait_ms: 30_001 }, ['/max', '/wait_ms']],
    ['pull', { max: '5' }, ['/max']],
    ['pull', { wait: 5 }, ['/wait']],
    ['ack', {}, ['/leases']],
    ['ack', { leases: [] }, ['/leases']],
    ['ack', { leases: Array(10_001).fill('x') }, ['/leases']],
    ['ack', { leases: ['a', 5] }, ['/leases/1']],
    ['nack', { leases: ['a'], delay_ms: -1, reason: 7 }, ['/delay_ms', '/reason']],
    ['nack', { leases: ['a'], reason: 'x'.repeat(1001) }, ['/reason']],
    ['extend', { leases: 'a' }, ['/leases']],
  ] as const) {
    const problem = await assertProblem(await server.call('s', action, body), 422)
    assert.deepEqual(pointersOf(problem), pointers, `${action} ${JSON.stringify(body).slice(0, 60)}`)
  }
  assert.equal((await server.call('s', 'ack', { leases: Array(10_000).fill('x') })).status, 200)
})

test('nothing is leased to a client that hung up while it waited', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', earliest)
  const connection = await openRawConnection(server.url)
  const body = '{"wait_ms":30000}'
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  await connection.write(requestHead('POST /subscriptions/s/pull', headers) + body)
  await waiting(server, 1)
  connection.socket.destroy()
  await waiting(server, 0)
  await server.publish(wireEvent())
  assert.equal((await server.state('s')).in_flight, 0)
  assert.equal((await server.pull('s'))[0]?.attempt, 1)
})

test('draining answers those who wait at once, empty', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', earliest)
  const pulls = Array.from({ length: 20 }, () => server.pull('s', { wait_ms: 30_000 }))
  await waiting(server, 20)
  server.deliveries.startDraining()
  assert.deepEqual(await Promise.all(pulls), Array(20).fill([]))
  const later = await server.call('s', 'pull', { wait_ms: 30_000 })
  assert.equal((await assertProblem(later, 503)).code, 'draining')
})

test('503 while the store cannot commit an ack; the same ack succeeds later', async (t) => {
  let isFull = true
  const server = await startSubscriptionServer(t)
  const settle = server.subscriptionStore.settle
  server.subscriptionStore.settle = (commands) =>
    isFull ? Promise.reject(new AppError('disk_full', 'no room')) : settle(commands)
  await server.put('s', earliest)
  await server.publish(wireEvent())
  const leases = (await server.pull('s')).map(({ lease }) => lease)
  assert.equal((await assertProblem(await server.call('s', 'ack', { leases }), 503)).code, 'disk_full')
  isFull = false
  assert.deepEqual(await answerOf(server.call('s', 'ack', { leases })), { acked: 1, refused: [] })
})

test('/metrics counts deliveries, redeliveries, settlements and the lag of each subscription', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', { ...earliest, max_attempts: 2 })
  await server.publish(wireEvent(), wireEvent(), wireEvent())
  const [first, second] = await server.pull('s', { max: 2 })
  await server.call('s', 'ack', { leases: [first?.lease, 'never'] })
  await server.call('s', 'nack', { leases: [second?.lease] })
  await server.pull('s', { max: 1 })
  const text = await (await server.get('/metrics')).text()
  for (const line of [
    'sekali_deliveries_total 3',
    'sekali_redeliveries_total 1',
    'sekali_deliveries_settled_total{result="acked"} 1',
    'sekali_deliveries_settled_total{result="nacked"} 1',
    'sekali_deliveries_settled_total{result="refused"} 1',
    'sekali_subscriptions 1',
    'sekali_subscription_lag_events{subscription="s"} 2',
    'sekali_subscription_in_flight_events{subscription="s"} 1',
    'sekali_subscription_dead_letters{subscription="s"} 0',
  ]) {
    assert.ok(text.split('\n').includes(line), line)
  }
})
