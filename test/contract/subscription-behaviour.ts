/** Subscriptions as such: they come and go, begin somewhere, ask for some topics, and can be looked at. */
import assert from 'node:assert/strict'
import { type StartPoint, subscriptionLimits } from '../../src/core/subscription.ts'
import { type Behaviour, someEvents, startMs } from './store-bench.ts'
import {
  ack,
  assertState,
  claimed,
  claimOf,
  earliest,
  leaseMs,
  nack,
  name,
  seqsOf,
  settleAll,
  someSettings,
  stateOf,
  subscribe,
} from './subscription-bench.ts'

export function subscriptionBehaviour(behaviour: Behaviour): void {
  behaviour('creating a subscription again is the same, with anything else it differs', async ({ store }) => {
    const { subscriptions } = store
    const push = { url: 'https://example.org/hook', secret: 'whsec_c2VjcmV0', concurrency: 1 }
    const settings = someSettings({ topics: ['orders.>', 'logs'], push })
    const start: StartPoint = { kind: 'seq', seq: 3 }
    assert.equal(await subscriptions.create(name, settings, start), 'created')
    for (let round = 0; round < 2; round++) assert.equal(await subscriptions.create(name, settings, start), 'exists')
    for (const [otherSettings, otherStart] of [
      [{ ...settings, topics: ['orders.>'] }, start],
      [{ ...settings, leaseMs: 1 + leaseMs }, start],
      [{ ...settings, maxAttempts: 6 }, start],
      [{ ...settings, push: undefined }, start],
      [{ ...settings, push: { ...push, secret: 'whsec_b3RoZXI=' } }, start],
      [{ ...settings, push: { ...push, concurrency: 2 } }, start],
      [settings, earliest],
      [settings, { kind: 'latest' }],
      [settings, { kind: 'seq', seq: 4 }],
      [settings, { kind: 'time', ms: 3 }],
    ] as const) {
      assert.equal(await subscriptions.create(name, otherSettings, otherStart), 'differs')
    }
    const { settings: kept, start: keptStart, createdAtMs } = await stateOf(subscriptions)
    assert.deepEqual([kept, keptStart, createdAtMs], [settings, start, startMs])
  })

  behaviour('there are as many subscriptions as the limit says, and room for one when one goes', async ({ store }) => {
    const { subscriptions } = store
    const { maxSubscriptions } = subscriptionLimits
    const names = Array.from({ length: maxSubscriptions }, (_, index) => `s${String(index).padStart(4, '0')}`)
    const create = (each: string) => subscriptions.create(each, someSettings(), earliest)
    for (let at = 0; at < names.length; at += 500) await Promise.all(names.slice(at, at + 500).map(create))
    assert.equal(await create('more'), 'too_many')
    assert.equal(await create('s0000'), 'exists')
    assert.equal(await subscriptions.count(), maxSubscriptions)
    assert.deepEqual(
      (await subscriptions.list()).map((state) => state.name),
      names,
    )
    assert.equal(await subscriptions.remove('s0007'), true)
    assert.equal(await subscriptions.count(), maxSubscriptions - 1)
    assert.equal(await create('more'), 'created')
  })

  behaviour('a name that no subscription has is undefined, whatever is asked', async ({ store }) => {
    const { subscriptions } = store
    assert.equal(await subscriptions.find(name), undefined)
    assert.equal(await subscriptions.claim({ name, maxEvents: 1 }), undefined)
    assert.equal(await subscriptions.remove(name), undefined)
    assert.equal(await subscriptions.seek(name, earliest), undefined)
    assert.equal(await subscriptions.readDeadLetters({ name, limit: 10, afterSeq: 0 }), undefined)
    assert.equal(await subscriptions.redrive(name, undefined), undefined)
    assert.equal(await subscriptions.setPaused(name, 'because'), undefined)
    assert.deepEqual(await subscriptions.list(), [])
    assert.deepEqual(await subscriptions.settle([{ kind: 'ack', name, leaseToken: '1.1.1.code' }]), ['unknown'])
  })

  behaviour('the numbers of a subscription follow what happens to its events', async (bench) => {
    const subscriptions = await subscribe(bench.store, { maxAttempts: 2 }, { kind: 'seq', seq: 2 })
    await assertState(subscriptions, { position: 2, cursor: 2, lag: 0, oldestUnackedAtMs: undefined })
    for (let second = 0; second < 8; second++) {
      bench.nowMs = startMs + second * 1000
      await bench.store.append(someEvents(1))
    }
    const at = (seq: number) => startMs + (seq - 1) * 1000
    await assertState(subscriptions, { position: 2, cursor: 2, lag: 6, oldestUnackedAtMs: at(3), inFlight: 0 })
    const [third, fourth, fifth] = await claimed(subscriptions, 3)
    assert.ok(third && fourth && fifth)
    await assertState(subscriptions, { position: 2, cursor: 5, lag: 6, oldestUnackedAtMs: at(3), inFlight: 3 })
    await settleAll(subscriptions, [...ack(third), nack(fourth, { delayMs: 5000 })])
    await assertState(subscriptions, {
      position: 3,
      cursor: 5,
      lag: 5,
      oldestUnackedAtMs: at(4),
      inFlight: 1,
      acked: 1,
    })
    bench.nowMs += 5000
    const [again] = await claimed(subscriptions, 1)
    assert.ok(again)
    await assertState(subscriptions, { redelivered: 1, inFlight: 2, deadLetters: 0 })
    await settleAll(subscriptions, [nack(again), ...ack(fifth)])
    await assertState(subscriptions, {
      position: 5,
      lag: 3,
      inFlight: 0,
      deadLetters: 1,
      acked: 2,
      oldestUnackedAtMs: at(6),
    })
    await settleAll(subscriptions, ack(...(await claimed(subscriptions))))
    await assertState(subscriptions, { position: 8, cursor: 8, lag: 0, acked: 5, oldestUnackedAtMs: undefined })
  })

  behaviour('looking moves nothing', async (bench) => {
    const subscriptions = await subscribe(bench.store, { maxAttempts: 1 })
    await bench.store.append(someEvents(6))
    await claimed(subscriptions, 3)
    bench.nowMs += leaseMs
    const look = async () => [
      await subscriptions.find(name),
      await subscriptions.list(),
      await subscriptions.readDeadLetters({ name, limit: 10, afterSeq: 0 }),
    ]
    const before = await look()
    for (let round = 0; round < 3; round++) assert.deepEqual(await look(), before)
    assert.deepEqual(before[1], [before[0]])
    assert.deepEqual(seqsOf(await claimed(subscriptions)), [4, 5, 6])
  })

  behaviour('a subscription says why it is paused, until it is not', async ({ store }) => {
    const subscriptions = await subscribe(store)
    await assertState(subscriptions, { pausedReason: undefined })
    assert.equal(await subscriptions.setPaused(name, 'the receiver is gone'), true)
    await assertState(subscriptions, { pausedReason: 'the receiver is gone' })
    assert.equal(await subscriptions.setPaused(name, undefined), true)
    await assertState(subscriptions, { pausedReason: undefined })
  })

  behaviour('a subscription says since when its pushes fail, until they do not or it is resumed', async ({ store }) => {
    const subscriptions = await subscribe(store)
    assert.equal(await subscriptions.setFailingSince('nobody', 1), undefined)
    await assertState(subscriptions, { failingSinceMs: undefined })
    assert.equal(await subscriptions.setFailingSince(name, 1_800_000_000_000), true)
    await subscriptions.setPaused(name, 'because')
    await assertState(subscriptions, { failingSinceMs: 1_800_000_000_000 })
    await subscriptions.setPaused(name, undefined)
    await assertState(subscriptions, { failingSinceMs: undefined })
    await subscriptions.setFailingSince(name, 5)
    assert.equal(await subscriptions.setFailingSince(name, undefined), true)
    await assertState(subscriptions, { failingSinceMs: undefined })
  })

  behaviour('what is removed is gone, and the same name begins anew', async ({ store }) => {
    const subscriptions = await subscribe(store, { maxAttempts: 1 })
    await store.append(someEvents(5))
    const [first, second, third] = await claimed(subscriptions, 3)
    assert.ok(first && second && third)
    await settleAll(subscriptions, [...ack(first), nack(second)])
    await subscriptions.setPaused(name, 'because')
    assert.equal(await subscriptions.remove(name), true)
    assert.equal(await subscriptions.find(name), undefined)
    assert.deepEqual(await subscriptions.settle(ack(first, third)), ['unknown', 'unknown'])
    await subscribe(store, {}, { kind: 'seq', seq: 1 })
    const fresh = {
      position: 1,
      lag: 4,
      inFlight: 0,
      deadLetters: 0,
      acked: 0,
      redelivered: 0,
      pausedReason: undefined,
    }
    await assertState(subscriptions, fresh)
    assert.deepEqual(seqsOf(await claimed(subscriptions)), [2, 3, 4, 5])
    assert.deepEqual(await subscriptions.settle(ack(first, third)), ['unknown', 'unknown'])
  })

  behaviour('subscriptions do not know each other', async ({ store }) => {
    const subscriptions = await subscribe(store)
    await subscriptions.create('other', someSettings(), earliest)
    await store.append(someEvents(4))
    const [mine] = await claimed(subscriptions, 2)
    assert.ok(mine)
    const { deliveries } = await claimOf(subscriptions, 1000, 'other')
    assert.deepEqual(seqsOf(deliveries), [1, 2, 3, 4])
    const [foreign] = ack(mine).map((command) => ({ ...command, name: 'other' }))
    assert.ok(foreign)
    assert.deepEqual(await subscriptions.settle([foreign, ...ack(mine)]), ['unknown', 'done'])
    await subscriptions.remove('other')
    await assertState(subscriptions, { position: 1, lag: 3, inFlight: 1 })
  })
}
