/** What is left of subscriptions after their store was closed. */
import assert from 'node:assert/strict'
import type { SubscriptionStore } from '../../src/core/subscription-store.ts'
import { type Behaviour, someEvents } from './store-bench.ts'
import {
  ack,
  assertState,
  attemptsOf,
  bury,
  claimed,
  claimOf,
  deadLettersOf,
  earliest,
  leaseMs,
  nack,
  name,
  seqsOf,
  settleAll,
  someSettings,
  subscribe,
} from './subscription-bench.ts'

async function everythingOf(subscriptions: SubscriptionStore): Promise<unknown> {
  return [await subscriptions.list(), await deadLettersOf(subscriptions)]
}

/** For stores that outlive their process. */
export function durableSubscriptionBehaviour(behaviour: Behaviour): void {
  behaviour('reopening keeps positions, deliveries, dead letters and counters', async (bench) => {
    const push = { url: 'https://example.org/hook', secret: 'whsec_c2VjcmV0', concurrency: 3 }
    const subscriptions = await subscribe(bench.store, { maxAttempts: 2, topics: ['logs.>'], push })
    await subscriptions.create('other', someSettings(), { kind: 'latest' })
    await bench.store.append(someEvents(20))
    for (const delivery of await claimed(subscriptions, 3)) await settleAll(subscriptions, [nack(delivery)])
    await bury(subscriptions, 3)
    const [, second, third] = await claimed(subscriptions, 5)
    assert.ok(second && third)
    await settleAll(subscriptions, [...ack(second), nack(third, { delayMs: 1000 })])
    await subscriptions.setPaused('other', 'because')
    await subscriptions.setFailingSince('other', 1_800_000_000_000)
    const before = await everythingOf(subscriptions)
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(await everythingOf((await bench.reopen()).subscriptions), before)
    }
  })

  behaviour('leases and delays go on through a reopening, and tokens stay what they were', async (bench) => {
    const old = await subscribe(bench.store)
    await bench.store.append(someEvents(5))
    const [first, second, third, fourth] = await claimed(old, 4)
    assert.ok(first && second && third && fourth)
    await settleAll(old, [...ack(first), nack(second, { delayMs: 1000 })])
    const { subscriptions } = await bench.reopen()
    assert.deepEqual(await subscriptions.settle(ack(first, second, third)), ['done', 'expired', 'done'])
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [[5, 1]])
    bench.nowMs += 1000
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [[2, 2]])
    bench.nowMs += leaseMs - 1000
    assert.deepEqual(await subscriptions.settle(ack(fourth)), ['expired'])
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [
      [4, 2],
      [5, 2],
    ])
  })

  behaviour('a seek, a redrive and a removal are what they were after a reopening', async (bench) => {
    const { subscriptions: before } = bench.store
    for (const each of ['sought', 'removed']) await before.create(each, someSettings(), earliest)
    await subscribe(bench.store, { maxAttempts: 1 })
    await bench.store.append(someEvents(6))
    await bury(before, 2)
    await before.redrive(name, undefined)
    await claimOf(before, 4, 'sought')
    await before.seek('sought', { kind: 'seq', seq: 2 })
    await claimOf(before, 4, 'removed')
    await before.remove('removed')
    const { subscriptions } = await bench.reopen()
    assert.equal(await subscriptions.find('removed'), undefined)
    assert.deepEqual(seqsOf((await claimOf(subscriptions, 1000, 'sought')).deliveries), [3, 4, 5, 6])
    assert.deepEqual(seqsOf(await claimed(subscriptions)), [1, 2, 3, 4, 5, 6])
    assert.equal(await subscriptions.create('removed', someSettings(), earliest), 'created')
    assert.equal((await claimOf(subscriptions, 1000, 'removed')).deliveries.length, 6)
  })

  behaviour('what was looked at and not asked for is not looked at again after a reopening', async (bench) => {
    const subscriptions = await subscribe(bench.store, { topics: ['rare'] })
    await bench.store.append(someEvents(50))
    await claimed(subscriptions)
    await assertState(subscriptions, { cursor: 50, lag: 0 })
    await assertState((await bench.reopen()).subscriptions, { cursor: 50, lag: 0 })
  })
}

/** For stores that live in memory. */
export function volatileSubscriptionBehaviour(behaviour: Behaviour): void {
  behaviour('subscriptions of a store that lives in memory are gone with it', async (bench) => {
    await subscribe(bench.store)
    assert.deepEqual(await (await bench.reopen()).subscriptions.list(), [])
  })
}
