/** A claim is bounded in count, size and time, and says whether there may be more. */
import assert from 'node:assert/strict'
import { subscriptionLimits } from '../../src/core/subscription.ts'
import { type Behaviour, someEvents } from './store-bench.ts'
import {
  ack,
  assertState,
  attemptsOf,
  claimed,
  claimOf,
  leaseMs,
  seqsOf,
  settleAll,
  subscribe,
} from './subscription-bench.ts'

export function claimBoundsBehaviour(behaviour: Behaviour): void {
  behaviour('a claim gives at most as many as it asks for, and says whether there may be more', async ({ store }) => {
    const subscriptions = await subscribe(store)
    assert.deepEqual(await claimOf(subscriptions), { deliveries: [], nextDueAtMs: undefined, hasMore: false })
    await store.append(someEvents(7))
    for (const [seqs, hasMore] of [
      [[1, 2, 3], true],
      [[4, 5, 6], true],
      [[7], false],
      [[], false],
    ] as const) {
      const claim = await claimOf(subscriptions, 3)
      assert.deepEqual([seqsOf(claim.deliveries), claim.hasMore], [seqs, hasMore])
    }
  })

  behaviour('a rare topic is looked for in bounded looks, which come to the end of the log', async ({ store }) => {
    const subscriptions = await subscribe(store, { topics: ['rare'] })
    for (let round = 0; round < 3; round++) {
      await store.append(someEvents(5000, (index) => ({ topic: index === 4999 ? 'rare' : 'common' })))
    }
    const seqs: number[] = []
    let claim = await claimOf(subscriptions, 2)
    seqs.push(...seqsOf(claim.deliveries))
    while (claim.hasMore) {
      claim = await claimOf(subscriptions, 2)
      seqs.push(...seqsOf(claim.deliveries))
    }
    assert.deepEqual(seqs, [5000, 10_000, 15_000])
    await store.append(someEvents(100, () => ({ topic: 'common' })))
    do claim = await claimOf(subscriptions)
    while (claim.hasMore)
    await assertState(subscriptions, { cursor: 15_100, position: 4999, lag: 3 })
  })

  behaviour('texts too large for one answer come with the claims that follow', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(5, () => ({ payload: `{"text":"${'x'.repeat(7_000_000)}"}` })))
    const first = await claimOf(subscriptions)
    assert.deepEqual([seqsOf(first.deliveries), first.hasMore], [[1, 2], true])
    bench.nowMs += leaseMs
    const second = await claimOf(subscriptions)
    assert.deepEqual(attemptsOf(second.deliveries).slice(0, 2), [
      [1, 2],
      [2, 2],
    ])
    const rest: number[] = []
    for (let { hasMore } = second; hasMore; ) {
      const claim = await claimOf(subscriptions)
      rest.push(...seqsOf(claim.deliveries))
      hasMore = claim.hasMore
    }
    assert.deepEqual([...seqsOf(second.deliveries), ...rest], [1, 2, 3, 4, 5])
  })

  behaviour('deliveries that nobody acks hold new events back at the limit, and acks let them go', async (bench) => {
    const subscriptions = await subscribe(bench.store, { maxAttempts: 2 })
    const { maxOpenDeliveries } = subscriptionLimits
    await bench.store.append(someEvents(maxOpenDeliveries))
    await bench.store.append(someEvents(10))
    // A look at the log has an end: on a busy machine a claim may give less than it was asked for, and say so.
    const deliveries = []
    for (let hasMore = true; hasMore; ) {
      const claim = await claimOf(subscriptions)
      deliveries.push(...claim.deliveries)
      hasMore = claim.hasMore
    }
    assert.equal(deliveries.length, maxOpenDeliveries)
    const [first, second] = deliveries
    assert.ok(first && second)
    const blocked = await claimOf(subscriptions)
    assert.deepEqual([blocked.deliveries, blocked.hasMore], [[], false])
    await settleAll(subscriptions, ack(first, second))
    const claim = await claimOf(subscriptions)
    assert.deepEqual([seqsOf(claim.deliveries), claim.hasMore], [[maxOpenDeliveries + 1, maxOpenDeliveries + 2], false])
    bench.nowMs += leaseMs
    assert.deepEqual(attemptsOf(await claimed(subscriptions, 1)), [[3, 2]])
    await assertState(subscriptions, { lag: maxOpenDeliveries + 8, inFlight: 1 })
  })
}
