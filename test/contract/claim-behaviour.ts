/** Who gets which events, when, and how often. */
import assert from 'node:assert/strict'
import { asStored, type Behaviour, someEvents, startMs, storedFields } from './store-bench.ts'
import {
  ack,
  assertState,
  attemptsOf,
  claimed,
  claimOf,
  leaseMs,
  nack,
  seqsOf,
  settleAll,
  subscribe,
} from './subscription-bench.ts'

export function claimBehaviour(behaviour: Behaviour): void {
  behaviour(
    'a claim gives events in commit order, as they were stored, each with a token of its own',
    async (bench) => {
      const subscriptions = await subscribe(bench.store)
      const events = someEvents(5, (index) => ({ payload: `{ "n": ${index}, "big": 1e400 }` }))
      await bench.store.append(events)
      const { deliveries, nextDueAtMs } = await claimOf(subscriptions)
      assert.deepEqual(
        deliveries.map(({ event }) => storedFields(event)),
        events.map((event, index) => asStored(event, index + 1)),
      )
      for (const { attempt, leaseExpiresAtMs } of deliveries) {
        assert.deepEqual([attempt, leaseExpiresAtMs], [1, startMs + leaseMs])
      }
      assert.equal(new Set(deliveries.map(({ leaseToken }) => leaseToken)).size, 5)
      assert.equal(nextDueAtMs, startMs + leaseMs)
    },
  )

  behaviour('of workers that claim at once, each event goes to one', async ({ store }) => {
    const subscriptions = await subscribe(store)
    await store.append(someEvents(500))
    const claims = await Promise.all(Array.from({ length: 20 }, (_, worker) => claimed(subscriptions, 10 + worker)))
    const seqs = claims.flatMap(seqsOf)
    assert.equal(new Set(seqs).size, seqs.length)
    assert.deepEqual(
      seqs.sort((a, b) => a - b),
      Array.from({ length: seqs.length }, (_, index) => index + 1),
    )
    await assertState(subscriptions, { inFlight: seqs.length, lag: 500 })
  })

  behaviour('workers that claim while events are published get each event once', async ({ store }) => {
    const subscriptions = await subscribe(store, { topics: ['wanted'] })
    const seqs: number[] = []
    let isPublishing = true
    const work = async () => {
      for (;;) {
        const wasPublishing = isPublishing
        const { deliveries } = await claimOf(subscriptions, 7)
        seqs.push(...seqsOf(deliveries))
        await settleAll(subscriptions, ack(...deliveries))
        if (!wasPublishing && deliveries.length === 0) return
      }
    }
    const workers = Promise.all([work(), work(), work()])
    for (let round = 0; round < 30; round++) {
      await store.append(someEvents(10, (index) => ({ topic: index % 2 === 0 ? 'wanted' : 'other' })))
    }
    isPublishing = false
    await workers
    assert.deepEqual(
      seqs.sort((a, b) => a - b),
      Array.from({ length: 150 }, (_, index) => 1 + 2 * index),
    )
    await assertState(subscriptions, { position: 300, lag: 0, acked: 150, redelivered: 0 })
  })

  behaviour('a lease that runs out is given again with the next attempt, before new events', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(6))
    await claimed(subscriptions, 2)
    bench.nowMs += 1000
    await claimed(subscriptions, 1)
    bench.nowMs = startMs + leaseMs - 1
    assert.equal((await claimOf(subscriptions, 1)).nextDueAtMs, startMs + leaseMs)
    await assertState(subscriptions, { inFlight: 4 })
    bench.nowMs = startMs + leaseMs
    await assertState(subscriptions, { inFlight: 2, lag: 6, redelivered: 0 })
    const { deliveries, nextDueAtMs } = await claimOf(subscriptions)
    assert.deepEqual(attemptsOf(deliveries), [
      [1, 2],
      [2, 2],
      [5, 1],
      [6, 1],
    ])
    assert.equal(nextDueAtMs, startMs + leaseMs + 1000)
    await assertState(subscriptions, { inFlight: 6, redelivered: 2 })
    bench.nowMs = startMs + 2 * leaseMs
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [
      [1, 3],
      [2, 3],
      [3, 2],
      [4, 2],
      [5, 2],
      [6, 2],
    ])
  })

  behaviour('more redeliveries than a claim asks for are given in seq order, the rest with the next', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(6))
    await claimed(subscriptions, 5)
    bench.nowMs += leaseMs
    const first = await claimOf(subscriptions, 3)
    assert.deepEqual(
      [attemptsOf(first.deliveries), first.hasMore],
      [
        [
          [1, 2],
          [2, 2],
          [3, 2],
        ],
        true,
      ],
    )
    const second = await claimOf(subscriptions, 3)
    assert.deepEqual(
      [attemptsOf(second.deliveries), second.hasMore],
      [
        [
          [4, 2],
          [5, 2],
          [6, 1],
        ],
        false,
      ],
    )
  })

  behaviour('a claim says when a delay ends, when that comes before any lease', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(3))
    const [first, second] = await claimed(subscriptions)
    assert.ok(first && second)
    await settleAll(subscriptions, [nack(first, { delayMs: 700 }), nack(second, { delayMs: 500 })])
    assert.deepEqual(await claimOf(subscriptions), { deliveries: [], nextDueAtMs: startMs + 500, hasMore: false })
    bench.nowMs += 500
    const claim = await claimOf(subscriptions)
    assert.deepEqual([attemptsOf(claim.deliveries), claim.nextDueAtMs], [[[2, 2]], startMs + 700])
  })
}
