/** Events that nobody acks in as many attempts as they have: laid aside with a reason, and taken up again. */
import assert from 'node:assert/strict'
import { asStored, type Behaviour, someEvents, startMs, storedFields } from './store-bench.ts'
import {
  ack,
  assertState,
  attemptsOf,
  bury,
  claimed,
  claimOf,
  claimOne,
  deadLettersOf,
  extend,
  leaseMs,
  nack,
  name,
  settleAll,
  subscribe,
} from './subscription-bench.ts'

const ranOut = 'the lease ran out'

export function deadLetterBehaviour(behaviour: Behaviour): void {
  behaviour('an event whose last lease ran out is a dead letter with the next claim', async (bench) => {
    const subscriptions = await subscribe(bench.store, { maxAttempts: 3 })
    const [event, other] = someEvents(2)
    assert.ok(event && other)
    await bench.store.append([event])
    for (let attempt = 1; attempt <= 3; attempt++) {
      assert.deepEqual(attemptsOf(await claimed(subscriptions)), [[1, attempt]])
      bench.nowMs += leaseMs
    }
    await bench.store.append([other])
    await assertState(subscriptions, { deadLetters: 0, lag: 2, position: 0, inFlight: 0 })
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [[2, 1]])
    await assertState(subscriptions, { deadLetters: 1, lag: 1, position: 1, redelivered: 2 })
    const page = await subscriptions.readDeadLetters({ name, limit: 10, afterSeq: 0 })
    assert.equal(page?.nextAfterSeq, undefined)
    assert.deepEqual(
      page?.deadLetters.map((letter) => ({ ...letter, event: storedFields(letter.event) })),
      [{ event: asStored(event, 1), attempts: 3, reason: ranOut, atMs: startMs + 3 * leaseMs }],
    )
  })

  behaviour('a claim that finds nothing but dead letters gives nothing', async (bench) => {
    const subscriptions = await subscribe(bench.store, { maxAttempts: 1 })
    await bench.store.append(someEvents(3))
    await claimed(subscriptions)
    bench.nowMs += leaseMs
    assert.deepEqual(await claimOf(subscriptions), { deliveries: [], nextDueAtMs: undefined, hasMore: false })
    assert.deepEqual(await deadLettersOf(subscriptions), [
      [1, 1, ranOut],
      [2, 1, ranOut],
      [3, 1, ranOut],
    ])
    await assertState(subscriptions, { position: 3, lag: 0, deadLetters: 3, oldestUnackedAtMs: undefined })
  })

  behaviour('an event nacked at its last attempt is a dead letter at once, with that reason', async (bench) => {
    const subscriptions = await subscribe(bench.store, { maxAttempts: 2 })
    await bench.store.append(someEvents(1))
    await settleAll(subscriptions, [nack(await claimOne(subscriptions), { reason: 'first' })])
    const last = await claimOne(subscriptions)
    bench.nowMs += 5
    await settleAll(subscriptions, [nack(last, { reason: 'é: "second"', delayMs: 60_000 })])
    assert.deepEqual(await deadLettersOf(subscriptions), [[1, 2, 'é: "second"']])
    const [letter] = (await subscriptions.readDeadLetters({ name, limit: 1, afterSeq: 0 }))?.deadLetters ?? []
    assert.equal(letter?.atMs, startMs + 5)
    await assertState(subscriptions, { position: 1, lag: 0, deadLetters: 1, acked: 0 })
  })

  behaviour('the lease of a dead letter can do nothing any more', async (bench) => {
    const subscriptions = await subscribe(bench.store, { maxAttempts: 1 })
    await bench.store.append(someEvents(2))
    const [first, second] = await claimed(subscriptions)
    assert.ok(first && second)
    await settleAll(subscriptions, [nack(first)])
    bench.nowMs += leaseMs
    await claimed(subscriptions)
    const commands = [...ack(first, second), nack(first), nack(second), ...extend(first, second)]
    assert.deepEqual(
      await subscriptions.settle(commands),
      commands.map(() => 'expired'),
    )
    await assertState(subscriptions, { deadLetters: 2, acked: 0 })
  })

  behaviour('dead letters are listed in pages, oldest event first', async ({ store }) => {
    const subscriptions = await subscribe(store, { maxAttempts: 1 })
    await store.append(someEvents(25))
    const deliveries = await claimed(subscriptions)
    await settleAll(
      subscriptions,
      deliveries.toReversed().map((delivery) => nack(delivery)),
    )
    const whole = await deadLettersOf(subscriptions)
    assert.deepEqual(
      whole,
      Array.from({ length: 25 }, (_, index) => [index + 1, 1, 'it broke']),
    )
    for (const limit of [1, 7, 25]) assert.deepEqual(await deadLettersOf(subscriptions, limit), whole)
  })

  behaviour('all dead letters are delivered again from attempt 1', async (bench) => {
    const subscriptions = await subscribe(bench.store, { maxAttempts: 1 })
    await bench.store.append(someEvents(5))
    await bury(subscriptions, 3)
    assert.equal(await subscriptions.redrive(name, undefined), 3)
    await assertState(subscriptions, { deadLetters: 0, lag: 5, position: 0, inFlight: 0, oldestUnackedAtMs: startMs })
    assert.deepEqual(await deadLettersOf(subscriptions), [])
    const deliveries = await claimed(subscriptions)
    assert.deepEqual(attemptsOf(deliveries), [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
      [5, 1],
    ])
    await settleAll(subscriptions, ack(...deliveries))
    await settleAll(subscriptions, ack(...deliveries))
    await assertState(subscriptions, { position: 5, acked: 5, lag: 0, redelivered: 0 })
    assert.equal(await subscriptions.redrive(name, undefined), 0)
  })

  behaviour('some dead letters are delivered again, those that are named and are there', async ({ store }) => {
    const subscriptions = await subscribe(store, { maxAttempts: 1 })
    await store.append(someEvents(6))
    await bury(subscriptions, 4)
    assert.equal(await subscriptions.redrive(name, [2, 4, 4, 5, 99, 0, -1]), 2)
    assert.equal(await subscriptions.redrive(name, [2, 4]), 0)
    assert.equal(await subscriptions.redrive(name, []), 0)
    assert.deepEqual(await deadLettersOf(subscriptions), [
      [1, 1, 'it broke'],
      [3, 1, 'it broke'],
    ])
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [
      [2, 1],
      [4, 1],
      [5, 1],
      [6, 1],
    ])
    await assertState(subscriptions, { deadLetters: 2, inFlight: 4, lag: 4 })
  })

  behaviour('a lease from before a dead letter was redriven can do nothing to it', async (bench) => {
    const subscriptions = await subscribe(bench.store, { maxAttempts: 1 })
    await bench.store.append(someEvents(1))
    const stale = await claimOne(subscriptions)
    await settleAll(subscriptions, [nack(stale)])
    await subscriptions.redrive(name, undefined)
    const commands = [...ack(stale), nack(stale), ...extend(stale)]
    assert.deepEqual(await subscriptions.settle(commands), ['expired', 'expired', 'expired'])
    const held = await claimOne(subscriptions)
    assert.deepEqual(await subscriptions.settle(commands), ['expired', 'expired', 'expired'])
    await settleAll(subscriptions, ack(held))
    assert.deepEqual(await subscriptions.settle([...commands, ...ack(held)]), ['expired', 'expired', 'expired', 'done'])
  })

  behaviour('an event may die, be redriven and die again', async (bench) => {
    const subscriptions = await subscribe(bench.store, { maxAttempts: 2 })
    await bench.store.append(someEvents(1))
    for (let round = 0; round < 3; round++) {
      for (let attempt = 1; attempt <= 2; attempt++) {
        assert.deepEqual(attemptsOf(await claimed(subscriptions)), [[1, attempt]])
        bench.nowMs += leaseMs
      }
      await claimed(subscriptions)
      assert.deepEqual(await deadLettersOf(subscriptions), [[1, 2, ranOut]])
      assert.equal(await subscriptions.redrive(name, [1]), 1)
    }
  })

  behaviour('thousands of dead letters are redriven, each once', async ({ store }) => {
    const subscriptions = await subscribe(store, { maxAttempts: 1 })
    await store.append(someEvents(2500))
    for (const events of [1000, 1000, 500]) await bury(subscriptions, events)
    assert.equal(await subscriptions.redrive(name, undefined), 2500)
    await assertState(subscriptions, { deadLetters: 0, lag: 2500 })
    for (const events of [1000, 1000, 500]) await bury(subscriptions, events)
    const odd = Array.from({ length: 1250 }, (_, index) => 2 * index + 1)
    assert.equal(await subscriptions.redrive(name, odd), 1250)
    await assertState(subscriptions, { deadLetters: 1250, lag: 1250 })
  })
}
