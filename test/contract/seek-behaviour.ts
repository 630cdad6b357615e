/** Going to another place in the log: replay is delivery again, and everything from before it is void. */
import assert from 'node:assert/strict'
import { type Behaviour, someEvents, startMs } from './store-bench.ts'
import {
  ack,
  assertState,
  attemptsOf,
  bury,
  claimed,
  claimOne,
  deadLettersOf,
  earliest,
  extend,
  leaseMs,
  nack,
  name,
  seqsOf,
  settleAll,
  subscribe,
} from './subscription-bench.ts'

export function seekBehaviour(behaviour: Behaviour): void {
  behaviour('seeking back delivers everything after the place again, from attempt 1', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    const events = someEvents(6)
    await bench.store.append(events)
    const [first, second] = await claimed(subscriptions)
    assert.ok(first && second)
    await settleAll(subscriptions, [...ack(first), nack(second)])
    await claimed(subscriptions)
    assert.equal(await subscriptions.seek(name, { kind: 'seq', seq: 0 }), true)
    await assertState(subscriptions, { position: 0, cursor: 0, lag: 6, inFlight: 0, acked: 1, redelivered: 1 })
    await bench.store.append(events)
    const deliveries = await claimed(subscriptions)
    assert.deepEqual(attemptsOf(deliveries), [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
      [5, 1],
      [6, 1],
    ])
    await settleAll(subscriptions, ack(...deliveries))
    await assertState(subscriptions, { position: 6, lag: 0, acked: 7 })
  })

  behaviour('seeking forward leaves out what lies between, also what was handed out', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(8))
    await claimed(subscriptions, 3)
    assert.equal(await subscriptions.seek(name, { kind: 'seq', seq: 5 }), true)
    await assertState(subscriptions, { position: 5, cursor: 5, lag: 3, inFlight: 0 })
    bench.nowMs += leaseMs
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [
      [6, 1],
      [7, 1],
      [8, 1],
    ])
  })

  behaviour('every start point is a place to seek', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    for (let second = 0; second < 4; second++) {
      bench.nowMs = startMs + second * 1000
      await bench.store.append(someEvents(2))
    }
    for (const [start, seqs] of [
      [{ kind: 'latest' }, []],
      [earliest, [1, 2, 3, 4, 5, 6, 7, 8]],
      [{ kind: 'time', ms: startMs + 2000 }, [5, 6, 7, 8]],
      [{ kind: 'time', ms: startMs + 2001 }, [7, 8]],
      [{ kind: 'seq', seq: 7 }, [8]],
      [{ kind: 'seq', seq: 9 }, []],
    ] as const) {
      await subscriptions.seek(name, start)
      assert.deepEqual(seqsOf(await claimed(subscriptions)), seqs)
    }
    await bench.store.append(someEvents(2))
    assert.deepEqual(seqsOf(await claimed(subscriptions)), [10])
    await assertState(subscriptions, { start: earliest })
  })

  behaviour('leases from before a seek are void, whatever became of their events', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(4))
    const [acked, nacked, held] = await claimed(subscriptions, 3)
    assert.ok(acked && nacked && held)
    await settleAll(subscriptions, [...ack(acked), nack(nacked)])
    const old = [acked, nacked, held].flatMap((delivery) => [...ack(delivery), nack(delivery), ...extend(delivery)])
    const assertVoid = async () =>
      assert.deepEqual(
        await subscriptions.settle(old),
        old.map(() => 'expired'),
      )
    await subscriptions.seek(name, earliest)
    await assertVoid()
    const deliveries = await claimed(subscriptions)
    await assertVoid()
    await assertState(subscriptions, { inFlight: 4, acked: 1 })
    await settleAll(subscriptions, ack(...deliveries))
    await assertVoid()
    await settleAll(subscriptions, ack(...deliveries))
  })

  behaviour('seeking to where it is makes leases void too', async (bench) => {
    const subscriptions = await subscribe(bench.store)
    await bench.store.append(someEvents(2))
    const first = await claimOne(subscriptions)
    await subscriptions.seek(name, { kind: 'seq', seq: 1 })
    assert.deepEqual(await subscriptions.settle(ack(first)), ['expired'])
    assert.deepEqual(attemptsOf(await claimed(subscriptions)), [[2, 1]])
  })

  behaviour('a dead letter stays on record through a seek, until its event is delivered again', async ({ store }) => {
    const subscriptions = await subscribe(store, { maxAttempts: 1 })
    await store.append(someEvents(4))
    await bury(subscriptions, 3)
    await subscriptions.seek(name, { kind: 'seq', seq: 1 })
    await assertState(subscriptions, { deadLetters: 3, position: 1, lag: 3 })
    assert.deepEqual(attemptsOf(await claimed(subscriptions, 1)), [[2, 1]])
    assert.deepEqual(await deadLettersOf(subscriptions), [
      [1, 1, 'it broke'],
      [3, 1, 'it broke'],
    ])
    await assertState(subscriptions, { deadLetters: 2 })
    await bury(subscriptions, 2)
    assert.deepEqual(await deadLettersOf(subscriptions), [
      [1, 1, 'it broke'],
      [3, 1, 'it broke'],
      [4, 1, 'it broke'],
    ])
  })

  behaviour('redriven after a seek, a dead letter is delivered once, wherever the seek went', async ({ store }) => {
    const subscriptions = await subscribe(store, { maxAttempts: 1 })
    await store.append(someEvents(4))
    await bury(subscriptions, 3)
    await subscriptions.seek(name, { kind: 'seq', seq: 2 })
    assert.equal(await subscriptions.redrive(name, undefined), 3)
    await assertState(subscriptions, { deadLetters: 0, position: 0, cursor: 2, lag: 4 })
    const deliveries = await claimed(subscriptions)
    assert.deepEqual(attemptsOf(deliveries), [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
    ])
    await settleAll(subscriptions, ack(...deliveries))
    await settleAll(subscriptions, ack(...deliveries))
    await assertState(subscriptions, { position: 4, lag: 0, deadLetters: 0 })
  })
}
