/** Queries: the three orders and every filter. */
import assert from 'node:assert/strict'
import type { NewEvent } from '../../src/core/event.ts'
import type { EventQuery } from '../../src/core/event-store.ts'
import type { Instant } from '../../src/core/timestamp.ts'
import { allEvents, anEvent, aQuery, type Behaviour, eventIdsOf, orders, someEvents, startMs } from './store-bench.ts'

const dayMs = 86_400_000

/** Instants that are all different, oldest first. */
const risingInstants: readonly Instant[] = [
  { ms: -62_167_219_200_000, fraction: '' },
  { ms: -dayMs, fraction: '' },
  { ms: -1, fraction: '' },
  { ms: -1, fraction: '9' },
  { ms: 0, fraction: '' },
  { ms: 0, fraction: '0000000000000000000000000000001' },
  { ms: 0, fraction: '1' },
  { ms: 0, fraction: '10000000001' },
  { ms: 0, fraction: '100000001' },
  { ms: 0, fraction: '2' },
  { ms: 0, fraction: '9' },
  { ms: 0, fraction: '99' },
  { ms: 1, fraction: '' },
  { ms: startMs, fraction: '' },
  { ms: startMs, fraction: '123456789012' },
  { ms: startMs, fraction: '123456789012345678' },
  { ms: startMs, fraction: '13' },
  { ms: startMs + 1, fraction: '' },
  { ms: 253_402_300_799_999, fraction: '' },
]

export function queryBehaviour(behaviour: Behaviour): void {
  behaviour('events are listed newest first, oldest first or in commit order', async ({ store }) => {
    const daysAgo = [2, 0, 3, 1]
    await store.append(daysAgo.map((days) => anEvent({ eventId: `${days}`, ms: startMs - days * dayMs })))
    assert.deepEqual(await eventIdsOf(store, { order: 'desc' }), ['0', '1', '2', '3'])
    assert.deepEqual(await eventIdsOf(store, { order: 'asc' }), ['3', '2', '1', '0'])
    assert.deepEqual(await eventIdsOf(store, { order: 'seq' }), ['2', '0', '3', '1'])
  })

  behaviour('events of the same instant are in order of their seq', async ({ store }) => {
    await store.append(someEvents(3, (index) => ({ eventId: `${index}` })))
    await store.append([anEvent({ eventId: 'newer', ms: startMs + 1 }), anEvent({ eventId: '3' })])
    assert.deepEqual(await eventIdsOf(store, { order: 'desc' }), ['newer', '3', '2', '1', '0'])
    assert.deepEqual(await eventIdsOf(store, { order: 'asc' }), ['0', '1', '2', '3', 'newer'])
  })

  behaviour('the order is that of the instants, however small the difference', async ({ store }) => {
    const events = risingInstants.map((instant, index) => anEvent({ eventId: `${index}`, ...instant }))
    await store.append(shuffled(events))
    const rising = events.map(({ eventId }) => eventId)
    assert.deepEqual(await eventIdsOf(store, { order: 'asc' }), rising)
    assert.deepEqual(await eventIdsOf(store, { order: 'desc' }), rising.reverse())
  })

  behaviour('a time range includes its start and excludes its end, to the last digit', async ({ store }) => {
    const events = risingInstants.map((instant, index) => anEvent({ eventId: `${index}`, ...instant }))
    await store.append(shuffled(events))
    const rising = events.map(({ eventId }) => eventId)
    for (const order of orders) {
      for (const [low, from] of risingInstants.entries()) {
        const high = Math.min(low + 3, risingInstants.length - 1)
        const to = risingInstants[high]
        assert.deepEqual((await eventIdsOf(store, { order, from, to })).sort(), rising.slice(low, high).sort())
        assert.deepEqual((await eventIdsOf(store, { order, from })).sort(), rising.slice(low).sort())
        assert.deepEqual((await eventIdsOf(store, { order, to: from })).sort(), rising.slice(0, low).sort())
        assert.deepEqual(await eventIdsOf(store, { order, from, to: from }), [])
      }
    }
  })

  behaviour('the filters select what a look at every event would', async ({ store }) => {
    const events = variedEvents(120)
    await store.append(events)
    const choices = variedFilters()
    assert.ok(choices.length > 100)
    for (const [index, filters] of choices.entries()) {
      const order = orders[index % orders.length] ?? 'desc'
      const expected = events.filter((event) => isSelected(event, filters)).map(({ eventId }) => eventId)
      const whole = await eventIdsOf(store, { ...filters, order })
      assert.deepEqual(whole.toSorted(), expected.sort(), JSON.stringify({ ...filters, order }))
      assert.deepEqual(await eventIdsOf(store, { ...filters, order, limit: 7 }), whole)
    }
  })

  behaviour('the order of a selection is the order of the whole', async ({ store }) => {
    await store.append(variedEvents(60))
    for (const order of orders) {
      const whole = await allEvents(store, { order })
      const selected = await eventIdsOf(store, { order, topic: 't1' })
      assert.deepEqual(
        selected,
        whole.filter(({ topic }) => topic === 't1').map(({ eventId }) => eventId),
      )
    }
  })

  behaviour('text is found in the payload: as sent or with its escapes resolved, in any case', async ({ store }) => {
    const payloads = {
      plain: '{"msg":"Disk FULL on node-7"}',
      quoted: '{"msg":"say \\"hi\\""}',
      escaped: '{"msg":"caf\\u00e9 \\ud83d\\ude00"}',
      raw: '{"msg":"CAFÉ 😀"}',
      percent: '{"msg":"100% sure_thing"}',
      path: '{"msg":"C:\\\\temp\\/x"}',
      pattern: '{"msg":"a.*b[c]"}',
      greek: '{"msg":"ΟΔΟΣΑΣ"}',
    }
    await store.append(Object.entries(payloads).map(([eventId, payload]) => anEvent({ eventId, payload })))
    const found = (text: string) => eventIdsOf(store, { text, order: 'seq' })
    assert.deepEqual(await found('full'), ['plain'])
    assert.deepEqual(await found('DISK full'), ['plain'])
    assert.deepEqual(await found('say "hi"'), ['quoted'])
    assert.deepEqual(await found('say \\"hi'), ['quoted'])
    assert.deepEqual(await found('café'), ['escaped', 'raw'])
    assert.deepEqual(await found('CAFÉ 😀'), ['escaped', 'raw'])
    assert.deepEqual(await found('\\u00E9'), ['escaped'])
    assert.deepEqual(await found('0% s'), ['percent'])
    assert.deepEqual(await found('e_t'), ['percent'])
    assert.deepEqual(await found('0_ s'), [])
    assert.deepEqual(await found('c:\\temp/x'), ['path'])
    assert.deepEqual(await found('.*'), ['pattern'])
    assert.deepEqual(await found('[C]'), ['pattern'])
    assert.deepEqual(await found('ΟΔΟΣ'), ['greek'])
    assert.deepEqual(await found('οδοσασ'), ['greek'])
    assert.deepEqual(await found("'"), [])
    assert.equal((await found('"msg"')).length, Object.keys(payloads).length)
  })

  behaviour('text is looked for in the payload alone', async ({ store }) => {
    await store.append([anEvent({ topic: 'needle', eventId: 'needle', source: 'needle', payload: '{}' })])
    assert.deepEqual(await eventIdsOf(store, { text: 'needle' }), [])
  })

  behaviour('a topic or source that nobody sent is an empty answer, not an error', async ({ store }) => {
    await store.append([anEvent()])
    for (const order of orders) {
      for (const filter of [{ topic: 'unknown' }, { source: 'unknown' }, { topic: 'logs' }]) {
        const page = await store.readEvents(aQuery({ order, ...filter }))
        assert.deepEqual(page, { events: [], next: undefined, isPartial: false })
      }
    }
  })
}

/** Few topics, sources, instants and words, so that every filter meets some and not others. */
function variedEvents(count: number): NewEvent[] {
  const words = ['Timeout', 'timeout again', 'ok', 'OK then', 'none']
  return someEvents(count, (index) => ({
    topic: `t${index % 3}`,
    eventId: `e${index}`,
    source: `s${index % 4}`,
    ms: startMs + ((index * 37) % 10),
    fraction: index % 2 === 0 ? '' : '5',
    payload: `{"msg":"${words[index % 5]}"}`,
  }))
}

function variedFilters(): Partial<EventQuery>[] {
  const choices: Partial<EventQuery>[] = []
  for (const topic of [undefined, 't1', 't9']) {
    for (const source of [undefined, 's2']) {
      for (const text of [undefined, 'TIMEOUT', 'k th']) {
        for (const from of [undefined, { ms: startMs + 3, fraction: '' }, { ms: startMs + 3, fraction: '4' }]) {
          for (const to of [undefined, { ms: startMs + 7, fraction: '5' }])
            choices.push({ topic, source, text, from, to })
        }
      }
    }
  }
  return choices
}

function isSelected(event: NewEvent, { topic, source, text, from, to }: Partial<EventQuery>): boolean {
  return (
    (topic === undefined || event.topic === topic) &&
    (source === undefined || event.source === source) &&
    (text === undefined || event.payload.toLowerCase().includes(text.toLowerCase())) &&
    (from === undefined || !isBefore(event.instant, from)) &&
    (to === undefined || isBefore(event.instant, to))
  )
}

function isBefore(a: Instant, b: Instant): boolean {
  return a.ms === b.ms ? a.fraction < b.fraction : a.ms < b.ms
}

/** The same order every time, unlike that of the list. */
function shuffled<T>(items: readonly T[]): T[] {
  const stride = 7
  const order = items.map((_, index) => (index * stride) % items.length)
  return [...new Set(order)].flatMap((at) => items.slice(at, at + 1))
}
