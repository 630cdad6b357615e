/** Acks, nacks and extensions: only who holds the lease decides. */
import assert from 'node:assert/strict'
import { type Behaviour, someEvents, startMs } from './store-bench.ts'
import {
  ack,
  assertState,
  attemptsOf,
  claimed,
  claimedInAll,
  claimOf,
  claimOne,
  extend,
  leaseMs,
  nack,
  name,
  seqsOf,
  settleAll,
  settleOne,
  subscribe,
} from './subscription-bench.ts'

export function settleBehaviour(behaviour: Behaviour): void {
  behaviour('what is acked is not delivered again, and acking it again is done', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(3))
    const deliveries = await claimed(subscriptions)
    await settleAll(subscriptions, ack(...deliveries))
    await settleAll(subscriptions, ack(...deliveries, ...deliveries))
    bench.nowMs += 10 * leaseMs
    assert.deepEqual(await claimed(subscriptions), [])
    await settleAll(subscriptions, ack(...deliveries))
    await assertState(subscriptions, { position: 3, lag: 0, acked: 3, redelivered: 0 })
  })

  behaviour('acks may come in any order: the position waits for the oldest', async ({ store }) => {
    const subscriptions = await subscribe(store)
    await store.append(someEvents(6))
    const [first, second, third, fourth, fifth, sixth] = await claimed(subscriptions)
    assert.ok(first && second && third && fourth && fifth && sixth)
    await settleAll(subscriptions, ack(sixth, second))
    await assertState(subscriptions, { position: 0, cursor: 6, lag: 4 })
    await settleAll(subscriptions, ack(first))
    await assertState(subscriptions, { position: 2, cursor: 6, lag: 3 })
    await settleAll(subscriptions, ack(fifth, fourth, third))
    await assertState(subscriptions, { position: 6, cursor: 6, lag: 0 })
  })

  behaviour('a lease that ran out can do nothing any more, though nobody else has the event', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(1))
    const stale = await claimOne(subscriptions)
    bench.nowMs += leaseMs
    const commands = [...ack(stale), nack(stale), ...extend(stale)]
    assert.deepEqual(await subscriptions.settle(commands), ['expired', 'expired', 'expired'])
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [[1, 2]])
  })

  behaviour('a stale lease can do nothing to the event that another holds, or has acked', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(1))
    const stale = await claimOne(subscriptions)
    bench.nowMs += leaseMs
    const held = await claimOne(subscriptions)
    const commands = [...ack(stale), nack(stale), ...extend(stale)]
    assert.deepEqual(await subscriptions.settle(commands), ['expired', 'expired', 'expired'])
    await assertState(subscriptions, { inFlight: 1, acked: 0 })
    await settleAll(subscriptions, ack(held))
    assert.deepEqual(await subscriptions.settle(commands), ['expired', 'expired', 'expired'])
    assert.deepEqual(await subscriptions.settle([...ack(held), nack(held), ...extend(held)]), [
      'done',
      'expired',
      'expired',
    ])
    await assertState(subscriptions, { lag: 0, acked: 1 })
  })

  behaviour('a nacked event comes again when its delay is over, and its lease is over at once', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(2))
    const [first, second] = await claimed(subscriptions)
    assert.ok(first && second)
    await settleAll(subscriptions, [nack(first, { delayMs: 60_000 }), nack(second)])
    await assertState(subscriptions, { inFlight: 0, lag: 2, position: 0 })
    assert.deepEqual(await subscriptions.settle([...ack(first), nack(second)]), ['expired', 'expired'])
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [[2, 2]])
    bench.nowMs += 59_999
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [[2, 3]])
    bench.nowMs += 1
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [[1, 2]])
  })

  behaviour('an extension is another full lease from now, with the same token', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(1))
    const delivery = await claimOne(subscriptions)
    for (let round = 1; round <= 3; round++) {
      bench.nowMs += leaseMs - 1
      await settleAll(subscriptions, extend(delivery))
      const claim = await claimOf(subscriptions)
      assert.deepEqual([claim.deliveries, claim.nextDueAtMs], [[], startMs + round * (leaseMs - 1) + leaseMs])
    }
    bench.nowMs += leaseMs - 1
    await settleAll(subscriptions, ack(delivery))
    await assertState(subscriptions, { position: 1, acked: 1, redelivered: 0 })
  })

  behaviour('commands of one group take effect in their order', async ({ store }) => {
    const subscriptions = await subscribe(store)
    await store.append(someEvents(3))
    const [first, second, third] = await claimed(subscriptions)
    assert.ok(first && second && third)
    const group = [nack(first), ...ack(first), ...ack(second, second), nack(second), ...extend(third), ...ack(third)]
    const outcomes = ['done', 'expired', 'done', 'done', 'expired', 'done', 'done']
    assert.deepEqual(await subscriptions.settle(group), outcomes)
    await assertState(subscriptions, { acked: 2, lag: 1 })
  })

  behaviour('groups of thousands are settled at once', async ({ store }) => {
    const subscriptions = await subscribe(store)
    await store.append(someEvents(3000))
    const deliveries = await claimedInAll(subscriptions, 3000)
    await settleAll(subscriptions, ack(...deliveries.toReversed()))
    await assertState(subscriptions, { position: 3000, acked: 3000, lag: 0 })
  })

  behaviour('a token that was never given is unknown, however much it looks like one', async ({ store }) => {
    const subscriptions = await subscribe(store)
    await store.append(someEvents(40))
    const [first, ...others] = await claimed(subscriptions)
    assert.ok(first)
    await settleAll(subscriptions, ack(...others.slice(0, 20)))
    const { leaseToken } = first
    const flipped = [...leaseToken].map(
      (char, at) => leaseToken.slice(0, at) + (char === 'z' ? 'y' : 'z') + leaseToken.slice(at + 1),
    )
    const given = new Set([first, ...others].map((delivery) => delivery.leaseToken))
    const made = [
      '',
      '.',
      '...',
      '1.1.1.',
      ` ${leaseToken}`,
      `${leaseToken}=`,
      `0${leaseToken}`,
      leaseToken.toUpperCase(),
      'x'.repeat(100_000),
      'é',
      '\0',
      ...flipped,
    ]
    for (const token of made.filter((each) => !given.has(each))) {
      for (const kind of ['ack', 'extend'] as const) {
        assert.equal(await settleOne(subscriptions, { kind, name, leaseToken: token }), 'unknown', token)
      }
    }
    await assertState(subscriptions, { acked: 20, inFlight: 20 })
    await settleAll(subscriptions, ack(first))
  })

  behaviour(
    'dedup never eats a redelivery: the event is stored once and delivered as often as it takes',
    async (bench) => {
      const subscriptions = await subscribe(bench.store, { maxAttempts: 100 })
      const events = someEvents(2)
      for (let attempt = 1; attempt <= 5; attempt++) {
        await bench.store.append(events)
        const deliveries = await claimed(subscriptions)
        assert.deepEqual(attemptsOf(deliveries), [
          [1, attempt],
          [2, attempt],
        ])
        bench.nowMs += leaseMs
      }
      assert.deepEqual(seqsOf(await claimed(subscriptions)), [1, 2])
      assert.equal((await bench.store.stats()).uniqueProcessed, 2)
    },
  )
}
