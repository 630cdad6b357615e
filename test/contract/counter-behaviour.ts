/** Counters and topics: they add up at every moment. */
import assert from 'node:assert/strict'
import type { Counters, EventStore } from '../../src/core/event-store.ts'
import { allEvents, anEvent, type Behaviour, someEvents, startMs } from './store-bench.ts'

export function counterBehaviour(behaviour: Behaviour): void {
  behaviour('a new store is empty', async ({ store }) => {
    assert.deepEqual(await countersOf(store), {
      received: 0,
      uniqueProcessed: 0,
      duplicateDropped: 0,
      conflicts: 0,
      lastSeq: 0,
    })
    const { engine, bytes } = await store.stats()
    assert.ok(engine.length > 0)
    assert.ok(Number.isSafeInteger(bytes) && bytes >= 0)
    assert.deepEqual(await store.readTopics(), [])
    assert.deepEqual(await allEvents(store), [])
    assert.deepEqual(await store.readDuplicates({ limit: 10 }), { duplicates: [], nextBeforeId: undefined })
  })

  behaviour(
    'every event is counted once: as unique or as a duplicate, and conflicts among the duplicates',
    async (bench) => {
      const { store } = bench
      const [first, second] = [anEvent(), anEvent()]
      await store.append([first, second, first])
      assert.deepEqual(await countersOf(store), {
        received: 3,
        uniqueProcessed: 2,
        duplicateDropped: 1,
        conflicts: 0,
        lastSeq: 2,
      })
      await store.append([{ ...first, source: 'other' }, second])
      assert.deepEqual(await countersOf(store), {
        received: 5,
        uniqueProcessed: 2,
        duplicateDropped: 3,
        conflicts: 1,
        lastSeq: 2,
      })
    },
  )

  behaviour('the counters add up at every moment of many overlapping appends', async ({ store }) => {
    const events = someEvents(10, (index) => ({ eventId: `e${index}` }))
    const appends = Promise.all(
      Array.from({ length: 40 }, (_, index) => store.append([...events.slice(index % 10), ...someEvents(index % 4)])),
    )
    let isDone = false
    const looking = async () => {
      const seen: Counters[] = []
      do {
        seen.push(await store.stats())
        await new Promise((resolve) => setImmediate(resolve))
      } while (!isDone)
      return seen
    }
    const looked = looking()
    const results = (await appends).flat()
    isDone = true
    for (const { received, uniqueProcessed, duplicateDropped } of await looked) {
      assert.equal(received, uniqueProcessed + duplicateDropped)
    }
    const unique = results.filter(({ status }) => status === 'stored').length
    const { received, uniqueProcessed } = await countersOf(store)
    assert.deepEqual([received, uniqueProcessed], [results.length, unique])
    assert.equal((await allEvents(store)).length, unique)
  })

  behaviour('a store that holds events takes up room', async ({ store }) => {
    await store.append(someEvents(100))
    assert.ok((await store.stats()).bytes > 0)
  })

  behaviour('a topic knows its events, its duplicates and when it was first and last seen', async (bench) => {
    const { store } = bench
    const [inA, inB] = [anEvent({ topic: 'a' }), anEvent({ topic: 'b' })]
    await store.append([inA, inB])
    bench.nowMs += 1000
    await store.append([anEvent({ topic: 'a' })])
    bench.nowMs += 1000
    await store.append([inB, { ...inB, source: 'other' }])
    assert.deepEqual(await store.readTopics(), [
      {
        topic: 'a',
        events: 2,
        duplicates: 0,
        conflicts: 0,
        lastSeq: 3,
        firstSeenAtMs: startMs,
        lastSeenAtMs: startMs + 1000,
      },
      {
        topic: 'b',
        events: 1,
        duplicates: 2,
        conflicts: 1,
        lastSeq: 2,
        firstSeenAtMs: startMs,
        lastSeenAtMs: startMs + 2000,
      },
    ])
  })

  behaviour('topics are in the order of their names by code point', async ({ store }) => {
    const topics = ['\t', ' ', 'A', 'Z', 'a', 'a.b', 'aa', 'z', 'é', '中', '\uFFFD', '\u{1F600}', '\u{10FFFF}']
    await store.append(topics.toReversed().map((topic) => anEvent({ topic })))
    assert.deepEqual(
      (await store.readTopics()).map(({ topic }) => topic),
      topics,
    )
    assert.deepEqual(await store.readTopicNames(), topics)
  })

  behaviour('what the topics count is what the store counts', async ({ store }) => {
    const events = someEvents(60, (index) => ({ topic: `t${index % 7}`, eventId: `e${index % 40}` }))
    await store.append(events.slice(0, 30))
    await store.append(events.slice(20))
    const topics = await store.readTopics()
    const sum = (count: (topic: (typeof topics)[number]) => number) =>
      topics.reduce((all, each) => all + count(each), 0)
    const { uniqueProcessed, duplicateDropped, conflicts, lastSeq } = await store.stats()
    assert.equal(
      sum(({ events }) => events),
      uniqueProcessed,
    )
    assert.equal(
      sum(({ duplicates }) => duplicates),
      duplicateDropped,
    )
    assert.equal(
      sum(({ conflicts }) => conflicts),
      conflicts,
    )
    assert.equal(Math.max(...topics.map((topic) => topic.lastSeq)), lastSeq)
  })

  behaviour('of more than 10,000 topics the first 10,000 are listed', async ({ store }) => {
    const topics = Array.from({ length: 10_002 }, (_, index) => `t${String(index).padStart(6, '0')}`)
    await store.append(topics.slice(2).map((topic) => anEvent({ topic })))
    await store.append(topics.slice(0, 2).map((topic) => anEvent({ topic })))
    assert.deepEqual(
      (await store.readTopics()).map(({ topic }) => topic),
      topics.slice(0, 10_000),
    )
    assert.deepEqual(await store.readTopicNames(), topics.slice(0, 10_000))
  })
}

async function countersOf(store: EventStore): Promise<Counters> {
  const { received, uniqueProcessed, duplicateDropped, conflicts, lastSeq } = await store.stats()
  return { received, uniqueProcessed, duplicateDropped, conflicts, lastSeq }
}
