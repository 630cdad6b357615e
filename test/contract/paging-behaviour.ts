/** Paging: every event once, also while others arrive, and within bounds of time and size. */
import assert from 'node:assert/strict'
import type { StoredEvent } from '../../src/core/event.ts'
import type { EventOrder, EventPosition, EventQuery } from '../../src/core/event-store.ts'
import {
  allEvents,
  aQuery,
  type Behaviour,
  eventIdsOf,
  orders,
  pagesOf,
  type StoreBench,
  someEvents,
  startMs,
} from './store-bench.ts'

const filters: readonly Partial<EventQuery>[] = [
  {},
  { topic: 't1' },
  { source: 's1' },
  { text: 'odd' },
  { from: { ms: startMs + 2, fraction: '' }, to: { ms: startMs + 8, fraction: '5' } },
  { topic: 't0', source: 's0', text: 'EVEN', from: { ms: startMs + 1, fraction: '' } },
]

export function pagingBehaviour(behaviour: Behaviour): void {
  behaviour('pages of any size give every event once, in every order and with every filter', async ({ store }) => {
    await store.append(pagedEvents(60))
    for (const order of orders) {
      for (const filter of filters) {
        const whole = await eventIdsOf(store, { order, ...filter })
        assert.ok(whole.length > 4)
        for (const limit of [1, 2, 7, whole.length]) {
          assert.deepEqual(await eventIdsOf(store, { order, ...filter, limit }), whole)
        }
      }
    }
  })

  behaviour('a page has a next one exactly if there is more', async ({ store }) => {
    await store.append(pagedEvents(12))
    for (const order of orders) {
      const sizes: number[] = []
      for await (const page of pagesOf(store, { order, limit: 4 })) {
        sizes.push(page.events.length)
        assert.equal(page.isPartial, false)
      }
      assert.deepEqual(sizes, [4, 4, 4])
      const whole = await store.readEvents(aQuery({ order, limit: 12 }))
      assert.deepEqual([whole.events.length, whole.next], [12, undefined])
      const ofTopic = await store.readEvents(aQuery({ order, limit: 6, topic: 't1' }))
      assert.deepEqual([ofTopic.events.length, ofTopic.next], [6, undefined])
    }
  })

  behaviour('a limit of 1,000 gives 1,000 events', async ({ store }) => {
    await store.append(pagedEvents(1001))
    for (const order of orders) {
      const first = await store.readEvents(aQuery({ order, limit: 1000 }))
      assert.equal(first.events.length, 1000)
      const second = await store.readEvents(aQuery({ order, limit: 1000, after: first.next }))
      assert.deepEqual([second.events.length, second.next], [1, undefined])
    }
  })

  for (const order of orders) {
    behaviour(`paging in order ${order} neither skips nor repeats an event while others arrive`, (bench) =>
      pageWhileOthersArrive(bench, order),
    )
  }

  behaviour('in commit order, paging also reaches the events that arrive meanwhile', async ({ store }) => {
    const events = someEvents(20)
    await store.append(events.slice(0, 10))
    const ids: string[] = []
    let later = 10
    for await (const page of pagesOf(store, { order: 'seq', limit: 2 })) {
      ids.push(...page.events.map(({ eventId }) => eventId))
      if (later < events.length) await store.append(events.slice(later, later + 2))
      later += 2
    }
    assert.deepEqual(
      ids,
      events.map(({ eventId }) => eventId),
    )
  })

  behaviour('the place of any event is a place in every order, and a page goes on strictly after it', async (bench) => {
    const { store } = bench
    const instants = new Map(pagedEvents(30).map((event) => [event.eventId, event.instant.ms]))
    await store.append(pagedEvents(30))
    for (const order of orders) {
      const whole = await allEvents(store, { order })
      for (const [index, event] of whole.entries()) {
        const after: EventPosition = { seq: event.seq, instantMs: instants.get(event.eventId) ?? 0 }
        const rest = await store.readEvents(aQuery({ order, after }))
        assert.deepEqual(rest.events.map(seqOf), whole.slice(index + 1).map(seqOf))
      }
    }
  })

  behaviour('the place of an event that is not stored is found by its instant', async ({ store }) => {
    await store.append(someEvents(5, (index) => ({ eventId: `${index}`, ms: startMs + index * 10 })))
    const after: EventPosition = { seq: 1_000_000, instantMs: startMs + 25 }
    assert.deepEqual(await eventIdsOf(store, { order: 'asc', after }), ['3', '4'])
    assert.deepEqual(await eventIdsOf(store, { order: 'desc', after }), ['2', '1', '0'])
    assert.deepEqual(await eventIdsOf(store, { order: 'seq', after }), [])
  })

  behaviour('a search without time answers with a part, and its pages still cover everything once', async (bench) => {
    const { store } = bench
    const events = someEvents(5000, (index) => ({
      ms: startMs + (index % 100),
      payload: index % 1000 === 999 ? '{"found":true}' : '{}',
    }))
    await store.append(events)
    for (const order of orders) {
      const wanted = await eventIdsOf(store, { order, text: 'found' })
      assert.equal(wanted.length, 5)
      const found: string[] = []
      let parts = 0
      for await (const page of pagesOf(store, { order, text: 'found', timeBudgetMs: 0 })) {
        found.push(...page.events.map(({ eventId }) => eventId))
        if (!page.isPartial) continue
        parts++
        assert.ok(page.next !== undefined, 'a part says where to go on')
      }
      assert.ok(parts > 0, 'the time ran out at least once')
      assert.deepEqual(found, wanted)
    }
  })

  behaviour('a page of large payloads stops early and goes on in the next', async ({ store }) => {
    const payload = `{"large":"${'x'.repeat(6 * 1024 * 1024)}"}`
    await store.append(someEvents(3, (index) => ({ eventId: `${index}`, payload })))
    for (const order of orders) {
      const first = await store.readEvents(aQuery({ order }))
      assert.deepEqual([first.events.length, first.isPartial], [2, false])
      const second = await store.readEvents(aQuery({ order, after: first.next }))
      assert.deepEqual([second.events.length, second.next], [1, undefined])
    }
  })

  behaviour('a page of large timestamps stops early and goes on in the next', async ({ store }) => {
    const timestamp = `2026-01-31T09:30:00.${'1'.repeat(9 * 1024 * 1024)}`
    await store.append(someEvents(2, (index) => ({ eventId: `${index}`, timestamp })))
    const first = await store.readEvents(aQuery({ order: 'seq' }))
    assert.deepEqual([first.events.length, first.isPartial], [1, false])
    const second = await store.readEvents(aQuery({ order: 'seq', after: first.next }))
    assert.deepEqual([second.events.length, second.next], [1, undefined])
  })
}

/** Before every page newer, older and equally old events arrive: those stored at the start are still given once each. */
async function pageWhileOthersArrive({ store }: StoreBench, order: EventOrder): Promise<void> {
  for (const [round, filter] of filters.entries()) {
    await store.append(pagedEvents(24, `start-${round}`))
    const before = await eventIdsOf(store, { order, ...filter })
    const pages: StoredEvent[][] = []
    for await (const { events } of pagesOf(store, { order, ...filter, limit: 5 })) {
      pages.push([...events])
      // In commit order what arrives comes after the last page, so the listing ends only when this does.
      if (pages.length < 40) await store.append(pagedEvents(3, `during-${round}-${pages.length}`))
    }
    const paged = pages.flat().map(({ eventId }) => eventId)
    assert.equal(new Set(paged).size, paged.length, 'no event twice')
    const known = new Set(before)
    assert.deepEqual(
      paged.filter((eventId) => known.has(eventId)),
      before,
      'every event that was there, in its place',
    )
  }
}

/** Instants repeat and are not in order of arrival, so that ties and late events meet every page. */
function pagedEvents(count: number, prefix = 'e') {
  return someEvents(count, (index) => ({
    topic: `t${index % 2}`,
    eventId: `${prefix}-${index}`,
    source: `s${Math.floor(index / 2) % 2}`,
    ms: startMs + ((index * 13) % 11),
    fraction: index % 5 === 0 ? '25' : '',
    payload: index % 2 === 0 ? '{"n":"Even"}' : '{"n":"Odd"}',
  }))
}

function seqOf({ seq }: StoredEvent): number {
  return seq
}
