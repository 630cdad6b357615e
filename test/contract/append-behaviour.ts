/** Appends: once under races, whole or not at all, in the order of the calls. */
import assert from 'node:assert/strict'
import type { AppendResult, EventStore } from '../../src/core/event-store.ts'
import { allDuplicates, allEvents, anEvent, aQuery, type Behaviour, pagesOf, someEvents } from './store-bench.ts'

export function appendBehaviour(behaviour: Behaviour): void {
  behaviour('seq starts at 1 and grows in commit order', async ({ store }) => {
    const seqs: number[] = []
    for (let count = 1; count <= 5; count++) {
      for (const { seq } of await store.append(someEvents(count))) seqs.push(seq)
    }
    assert.equal(seqs[0], 1)
    assert.deepEqual(
      seqs,
      [...new Set(seqs)].sort((a, b) => a - b),
    )
    assert.deepEqual(
      (await allEvents(store, { order: 'seq' })).map(({ seq }) => seq),
      seqs,
    )
  })

  behaviour('a pair repeated inside a batch is stored once: the first of them', async ({ store }) => {
    const first = anEvent({ eventId: 'a', payload: '{"n":1}' })
    const other = anEvent({ eventId: 'b' })
    const results = await store.append([first, first, other, { ...first, payload: '{"n":2}' }, first, other])
    assert.deepEqual(results, [
      { status: 'stored', seq: 1 },
      { status: 'duplicate', seq: 1 },
      { status: 'stored', seq: 2 },
      { status: 'conflict', seq: 1 },
      { status: 'duplicate', seq: 1 },
      { status: 'duplicate', seq: 2 },
    ])
    assert.equal((await store.findEvent('logs.test', 'a'))?.payload, '{"n":1}')
    assert.equal((await allEvents(store)).length, 2)
  })

  behaviour('the results are in the order of the events', async ({ store }) => {
    const known = someEvents(3)
    await store.append(known)
    const fresh = someEvents(3)
    const mixed = known.flatMap((event, index) => [fresh[index] ?? anEvent(), event])
    assert.deepEqual(await store.append(mixed), [
      { status: 'stored', seq: 4 },
      { status: 'duplicate', seq: 1 },
      { status: 'stored', seq: 5 },
      { status: 'duplicate', seq: 2 },
      { status: 'stored', seq: 6 },
      { status: 'duplicate', seq: 3 },
    ])
  })

  behaviour('racing appends of the same ids store each id once', racingAppends)

  behaviour('overlapping appends are committed in the order of the calls', async ({ store }) => {
    const batches = Array.from({ length: 20 }, (_, index) => someEvents((index % 3) + 1))
    const answered: number[] = []
    const append = async (index: number) => {
      const results = await store.append(batches[index] ?? [])
      answered.push(index)
      return results
    }
    const results = await Promise.all(batches.map((_, index) => append(index)))
    assert.deepEqual(answered, [...batches.keys()], 'they are answered in that order, too')
    const seqs = results.flat().map(({ seq }) => seq)
    assert.deepEqual(
      seqs,
      seqs.map((_, index) => index + 1),
    )
    assert.deepEqual(
      (await allEvents(store, { order: 'seq' })).map(({ eventId }) => eventId),
      batches.flat().map(({ eventId }) => eventId),
    )
  })

  behaviour('of overlapping appends of one pair the first call is the one whose content is kept', async ({ store }) => {
    const shared = someEvents(30)
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, call) =>
        // Each call brings one pair for the first time, and those of all calls before it with other content.
        store.append([
          ...someEvents(call % 3),
          ...shared.slice(0, call + 1).map((event) => ({ ...event, payload: `{"call":${call}}` })),
        ]),
      ),
    )
    const seqs = new Map<string, number>()
    for (const [call, found] of results.entries()) {
      const ofShared = found.slice(call % 3)
      assert.deepEqual(
        ofShared.map(({ status }) => status),
        [...new Array(call).fill('conflict'), 'stored'],
      )
      seqs.set(shared[call]?.eventId ?? '', ofShared.at(-1)?.seq ?? 0)
    }
    const listed = await allEvents(store, { order: 'seq' })
    for (const [call, { eventId }] of shared.entries()) {
      const event = listed.find((each) => each.eventId === eventId)
      assert.deepEqual([event?.payload, event?.seq], [`{"call":${call}}`, seqs.get(eventId)])
    }
    assert.deepEqual(
      listed.map(({ seq }) => seq),
      listed.map((_, index) => index + 1),
    )
  })

  behaviour('every reader sees every append that has resolved', async ({ store }) => {
    for (let count = 1; count <= 20; count++) {
      const event = anEvent()
      await store.append([event])
      const [found, page, stats, topics] = await Promise.all([
        store.findEvent(event.topic, event.eventId),
        store.readEvents(aQuery({ order: 'seq' })),
        store.stats(),
        store.readTopics(),
      ])
      assert.equal(found?.seq, count)
      assert.equal(page.events.length, count)
      assert.equal(stats.received, count)
      assert.equal(topics[0]?.events, count)
    }
  })

  behaviour('readers see a batch as a whole or not at all', async ({ store }) => {
    const batchEvents = 10
    const appends = Promise.all(Array.from({ length: 30 }, () => store.append(someEvents(batchEvents))))
    let isDone = false
    const reading = async () => {
      const counts: number[] = []
      while (!isDone) counts.push((await store.readEvents(aQuery({ order: 'seq' }))).events.length)
      return counts
    }
    const counts = reading()
    await appends
    isDone = true
    assert.deepEqual(
      (await counts).filter((count) => count % batchEvents !== 0),
      [],
    )
  })

  behaviour('one append takes 10,000 events', async ({ store }) => {
    const events = someEvents(10_000, (index) => ({ topic: `t${index % 7}`, payload: `{"n":${index}}` }))
    const results = await store.append(events)
    assert.ok(results.every(({ status, seq }, index) => status === 'stored' && seq === index + 1))
    const listed = await allEvents(store, { order: 'seq' })
    assert.ok(listed.every(({ eventId, payload }, index) => eventId === events[index]?.eventId && payload.length > 0))
    assert.equal(listed.length, events.length)
    assert.ok(
      (await store.append(events)).every(({ status, seq }, index) => status === 'duplicate' && seq === index + 1),
    )
  })

  behaviour('the proof that a commit is possible changes nothing that a reader can see', async ({ store }) => {
    const event = anEvent()
    await store.append([event, event])
    const seen = await everythingIn(store)
    await store.checkWritable()
    await store.checkWritable()
    assert.deepEqual(await everythingIn(store), seen)
    assert.deepEqual(await store.append([anEvent()]), [{ status: 'stored', seq: 2 }])
  })
}

async function racingAppends({ store }: { readonly store: EventStore }): Promise<void> {
  const events = someEvents(25, (index) => ({ topic: `t${index % 3}`, eventId: `e${index}` }))
  const publishers = 64
  const appends = Array.from({ length: publishers }, (_, publisher) => {
    const turn = (publisher * 7) % events.length
    return store.append([...events.slice(turn), ...events.slice(0, turn)])
  })
  const resultsOf = new Map<number, AppendResult[]>()
  for (const result of (await Promise.all(appends)).flat()) {
    resultsOf.set(result.seq, [...(resultsOf.get(result.seq) ?? []), result])
  }
  assert.equal(resultsOf.size, events.length)
  for (const results of resultsOf.values()) {
    assert.equal(results.length, publishers)
    assert.equal(results.filter(({ status }) => status === 'stored').length, 1)
    assert.equal(results.filter(({ status }) => status === 'duplicate').length, publishers - 1)
  }
  const pages = await Array.fromAsync(pagesOf(store))
  const ids = pages.flatMap((page) => page.events).map(({ eventId }) => eventId)
  assert.deepEqual(ids.sort(), events.map(({ eventId }) => eventId).sort())
  const { received, uniqueProcessed, duplicateDropped, conflicts } = await store.stats()
  assert.deepEqual(
    { received, uniqueProcessed, duplicateDropped, conflicts },
    { received: 64 * 25, uniqueProcessed: 25, duplicateDropped: 63 * 25, conflicts: 0 },
  )
}

async function everythingIn(store: EventStore): Promise<unknown> {
  const { bytes: _, ...counters } = await store.stats()
  return [counters, await store.readTopics(), await allEvents(store), await allDuplicates(store)]
}
