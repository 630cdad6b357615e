/** What is left of a store after it was closed. */
import assert from 'node:assert/strict'
import type { EventStore } from '../../src/core/event-store.ts'
import {
  allDuplicates,
  allEvents,
  anEvent,
  aQuery,
  type Behaviour,
  eventIdsOf,
  orders,
  someEvents,
  startMs,
} from './store-bench.ts'

/** For stores that outlive their process. */
export function durableBehaviour(behaviour: Behaviour): void {
  behaviour('reopening keeps events, duplicates, topics and counters', async (bench) => {
    const events = someEvents(50, (index) => ({ topic: `t${index % 4}`, ms: startMs + ((index * 7) % 20) }))
    await bench.store.append(events)
    bench.nowMs += 1000
    await bench.store.append(events.slice(10, 20))
    await bench.store.append(events.slice(15, 18).map((event) => ({ ...event, payload: '{"other":"é😀"}' })))
    const before = await everythingIn(bench.store)
    assert.deepEqual(await everythingIn(await bench.reopen()), before)
    assert.deepEqual(await everythingIn(await bench.reopen()), before)
  })

  behaviour('after reopening, what was stored is a duplicate or a conflict as before', async (bench) => {
    const event = anEvent()
    await bench.store.append([anEvent(), event])
    const store = await bench.reopen()
    assert.deepEqual(await store.append([event, { ...event, source: 'other' }, anEvent()]), [
      { status: 'duplicate', seq: 2 },
      { status: 'conflict', seq: 2 },
      { status: 'stored', seq: 3 },
    ])
  })

  behaviour('seq goes on after reopening and is never given twice', async (bench) => {
    const seqs: number[] = []
    for (let round = 0; round < 4; round++) {
      const store = await bench.reopen()
      for (const { seq } of await store.append(someEvents(3))) seqs.push(seq)
    }
    assert.deepEqual(
      seqs,
      [...new Set(seqs)].sort((a, b) => a - b),
    )
    assert.equal(seqs.length, 12)
  })

  behaviour('the counters go on where they were', async (bench) => {
    const event = anEvent()
    for (let round = 1; round <= 3; round++) {
      const store = await bench.reopen()
      await store.append([event, { ...event, source: 'other' }, event, anEvent()])
      const { received, uniqueProcessed, duplicateDropped, conflicts } = await store.stats()
      assert.equal(received, 4 * round)
      assert.equal(uniqueProcessed, round + 1)
      assert.equal(duplicateDropped, 4 * round - (round + 1))
      assert.equal(conflicts, round)
    }
    assert.equal((await allDuplicates(bench.store)).length, 8)
  })

  behaviour('duplicates after reopening are newer than those before', async (bench) => {
    const [first, second] = [anEvent({ eventId: 'first' }), anEvent({ eventId: 'second' })]
    await bench.store.append([first, first, { ...second }, second])
    const store = await bench.reopen()
    await store.append([{ ...first, source: 'other' }, second])
    assert.deepEqual(
      (await allDuplicates(store)).map(({ eventId }) => eventId),
      ['second', 'first', 'second', 'first'],
    )
  })

  behaviour('a page goes on where it was after reopening', async (bench) => {
    await bench.store.append(someEvents(20, (index) => ({ ms: startMs + ((index * 7) % 20) })))
    for (const order of orders) {
      const whole = await eventIdsOf(bench.store, { order })
      const page = await bench.store.readEvents(aQuery({ order, limit: 8 }))
      const store = await bench.reopen()
      assert.deepEqual(await eventIdsOf(store, { order, after: page.next }), whole.slice(8))
    }
  })

  behaviour('closing lets the appends under way commit', async (bench) => {
    const events = someEvents(30)
    const appends = events.map((event) => bench.store.append([event]))
    const store = await bench.reopen()
    assert.deepEqual(
      (await Promise.all(appends)).map(([result]) => result),
      events.map((_, index) => ({ status: 'stored', seq: index + 1 })),
    )
    assert.equal((await store.stats()).uniqueProcessed, events.length)
    assert.equal((await allEvents(store)).length, events.length)
  })
}

/** For stores that live in memory. */
export function volatileBehaviour(behaviour: Behaviour): void {
  behaviour('a store that lives in memory starts empty when it is opened again', async (bench) => {
    const event = anEvent()
    await bench.store.append([event, event])
    const store = await bench.reopen()
    assert.equal(await store.findEvent(event.topic, event.eventId), undefined)
    assert.equal((await store.stats()).received, 0)
    assert.deepEqual(await allDuplicates(store), [])
    assert.deepEqual(await store.append([event]), [{ status: 'stored', seq: 1 }])
  })
}

async function everythingIn(store: EventStore): Promise<unknown> {
  const { bytes: _, ...counters } = await store.stats()
  const listings = await Promise.all(orders.map((order) => allEvents(store, { order })))
  return [counters, await store.readTopics(), await allDuplicates(store), ...listings]
}
