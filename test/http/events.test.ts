import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem, pointersOf } from '../support/problem.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { startServerOver } from '../support/server-over.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Page {
  readonly topic: string | null
  readonly total: number
  readonly next_cursor: string | null
  readonly partial?: boolean
  readonly events: readonly { readonly event_id: string; readonly seq: number }[]
}

/** Six events, published in an order that is not their order in time. */
const six = [
  wireEvent({ event_id: 'noon', timestamp: '2026-01-31T12:00:00Z', topic: 'a', source: 'x', payload: { n: 'one' } }),
  wireEvent({ event_id: 'day', timestamp: '2026-01-31', topic: 'b', source: 'x', payload: { n: 'Two' } }),
  wireEvent({
    event_id: 'jakarta',
    timestamp: '2026-01-31T18:00:00+07:00',
    topic: 'a',
    source: 'y',
    payload: { n: 'é' },
  }),
  wireEvent({ event_id: 'fine', timestamp: '2026-01-31T12:00:00.0000000001Z', topic: 'a', source: 'x', payload: {} }),
  wireEvent({
    event_id: 'same',
    timestamp: '2026-01-31T12:00:00.000',
    topic: 'b',
    source: 'y',
    payload: { 'a b+c%': '"q"' },
  }),
  wireEvent({ event_id: 'next', timestamp: '2026-02-01', topic: 'a', source: 'z', payload: { n: 'ONE' } }),
]

async function startWithSix(t: TestContext): Promise<TestServer> {
  const server = await startTestServer(t, { store: `sqlite:${temporaryFolder(t)}/events.db` })
  assert.equal((await server.publish(...six)).status, 202)
  return server
}

async function idsOf(server: Pick<TestServer, 'getJson'>, query: string): Promise<string[]> {
  const page: Page = await server.getJson(`/events${query}`)
  assert.equal(page.total, page.events.length)
  return page.events.map(({ event_id }) => event_id)
}

test('the answer has exactly the fields of the contract', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent({ topic: 'logs.test' })
  await server.publish(event)
  const page = await server.getJson('/events?topic=logs.test')
  const { processed_at, ...stored } = page.events[0]
  assert.deepEqual(stored, { ...event, seq: 1 })
  assert.equal(new Date(processed_at).toISOString(), processed_at)
  assert.deepEqual({ ...page, events: [] }, { topic: 'logs.test', total: 1, next_cursor: null, events: [] })
  assert.deepEqual(Object.keys(page), ['topic', 'total', 'next_cursor', 'events'])
})

test('an empty store and a topic that nobody published to answer an empty page', async (t) => {
  const server = await startTestServer(t)
  assert.deepEqual(await server.getJson('/events'), { topic: null, total: 0, next_cursor: null, events: [] })
  assert.deepEqual(await server.getJson('/events?topic=x'), { topic: 'x', total: 0, next_cursor: null, events: [] })
})

const questions = [
  ['newest first, ties by seq, without any parameter', '', ['next', 'fine', 'same', 'noon', 'jakarta', 'day']],
  ['newest first', '?order=desc', ['next', 'fine', 'same', 'noon', 'jakarta', 'day']],
  ['oldest first', '?order=asc', ['day', 'jakarta', 'noon', 'same', 'fine', 'next']],
  ['in commit order', '?order=seq', ['noon', 'day', 'jakarta', 'fine', 'same', 'next']],
  ['of a topic', '?topic=a', ['next', 'fine', 'noon', 'jakarta']],
  ['of a topic in commit order', '?topic=a&order=seq', ['noon', 'jakarta', 'fine', 'next']],
  ['of a source', '?source=x', ['fine', 'noon', 'day']],
  ['of a topic and a source', '?topic=a&source=x', ['fine', 'noon']],
  ['of a topic in another case', '?topic=A', []],
  ['from inclusive', '?from=2026-01-31T12:00:00Z', ['next', 'fine', 'same', 'noon']],
  ['to exclusive', '?to=2026-01-31T12:00:00Z', ['jakarta', 'day']],
  ['from and to', '?from=2026-01-31T12:00:00Z&to=2026-02-01', ['fine', 'same', 'noon']],
  ['from finer than a millisecond', '?from=2026-01-31T12:00:00.0000000001Z', ['next', 'fine']],
  ['from with an offset', '?from=2026-01-31T19:00:00%2B07:00', ['next', 'fine', 'same', 'noon']],
  [
    'from with an offset whose plus was not encoded',
    '?from=2026-01-31T19:00:00+07:00',
    ['next', 'fine', 'same', 'noon'],
  ],
  ['from with a space before the time', '?from=2026-01-31%2012:00:00', ['next', 'fine', 'same', 'noon']],
  [
    'from with a space before the time and an offset',
    '?from=2026-01-31%2019:00:00%2B07:00',
    ['next', 'fine', 'same', 'noon'],
  ],
  ['from later than to', '?from=2026-02-01&to=2026-01-01', []],
  ['from in commit order', '?from=2026-01-31T12:00:00Z&order=seq', ['noon', 'fine', 'same', 'next']],
  ['text in any case', '?q=oNe', ['next', 'noon']],
  ['text beyond ASCII in any case', '?q=%C3%89', ['jakarta']],
  ['text with characters that must be encoded', '?q=a%20b%2Bc%25', ['same']],
  ['text with a plus for the space', '?q=a+b', ['same']],
  ['text that is escaped in the payload', '?q=%22q%22', ['same']],
  ['text that is nowhere', '?q=nowhere', []],
  ['text, topic and time', '?q=one&topic=a&to=2026-02-01', ['noon']],
  ['at most the limit', '?limit=2', ['next', 'fine']],
] as const

test('filters, orders and limits', async (t) => {
  const server = await startWithSix(t)
  for (const [name, query, expected] of questions) {
    await t.test(`events ${name}`, async () => assert.deepEqual(await idsOf(server, query), expected))
  }
})

test('100 events by default, at most 1,000 whatever the limit', async (t) => {
  const server = await startTestServer(t)
  for (let batch = 0; batch < 2; batch++) await server.publish(...Array.from({ length: 550 }, () => wireEvent()))
  assert.equal((await idsOf(server, '')).length, 100)
  for (const limit of ['1000', '1001', '1000000000', '99999999999999999999']) {
    assert.equal((await idsOf(server, `?limit=${limit}`)).length, 1000)
  }
})

for (const order of ['desc', 'asc', 'seq'] as const) {
  test(`pages in order ${order} give every event once, while new ones arrive`, async (t) => {
    const server = await startTestServer(t)
    const instants = ['2026-01-31', '2026-01-30', '2026-01-31', '2026-02-01']
    const eventAt = (index: number) => wireEvent({ event_id: `${index}`, timestamp: instants[index % 4] as string })
    await server.publish(...Array.from({ length: 40 }, (_, index) => eventAt(index)))
    const whole = (await idsOf(server, `?order=${order}`)).filter((id) => Number(id) < 40)
    const seen: string[] = []
    let cursor: string | null = ''
    let arrived = 40
    while (cursor !== null) {
      const page: Page = await server.getJson(
        `/events?order=${order}&limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`,
      )
      seen.push(...page.events.map(({ event_id }) => event_id))
      cursor = page.next_cursor
      if (arrived < 60) await server.publish(eventAt(arrived++), eventAt(arrived++))
    }
    assert.equal(new Set(seen).size, seen.length)
    assert.deepEqual(
      seen.filter((id) => Number(id) < 40),
      whole,
    )
  })
}

test('next_cursor is null when the last event is on the page', async (t) => {
  const server = await startWithSix(t)
  const page: Page = await server.getJson('/events?limit=6')
  assert.deepEqual([page.total, page.next_cursor], [6, null])
  const five: Page = await server.getJson('/events?limit=5')
  const rest: Page = await server.getJson(`/events?limit=5&cursor=${five.next_cursor}`)
  assert.deepEqual([rest.total, rest.next_cursor], [1, null])
})

test('filters hold on every page', async (t) => {
  const server = await startWithSix(t)
  const first: Page = await server.getJson('/events?topic=a&limit=3')
  assert.deepEqual(await idsOf(server, `?topic=a&limit=3&cursor=${first.next_cursor}`), ['jakarta'])
})

test('a search that runs out of its time budget answers what it found, partial, and goes on with its cursor', async (t) => {
  let nowMs = 0
  const clock: Clock = { nowMs: () => 0, monotonicMs: () => nowMs++ * 10_000 }
  const server = await startServerOver(t, { store: openMemoryEventStore({ clock }) })
  const events = Array.from({ length: 1000 }, (_, index) => {
    return wireEvent({ event_id: `${index}`, payload: index % 300 === 0 ? { x: 'needle' } : {} })
  })
  await server.publish(...events)
  const found: string[] = []
  let partial = 0
  let path = '/events?q=needle&order=seq'
  for (;;) {
    const page: Page = await server.getJson(path)
    found.push(...page.events.map(({ event_id }) => event_id))
    if (page.next_cursor === null) {
      assert.equal(Object.hasOwn(page, 'partial'), false)
      break
    }
    assert.equal(page.partial, true)
    partial++
    path = `/events?q=needle&order=seq&cursor=${page.next_cursor}`
  }
  assert.deepEqual(found, ['0', '300', '600', '900'])
  assert.equal(partial, 3)
})

const wrongQueries = [
  ['limit=0', 'limit'],
  ['limit=-1', 'limit'],
  ['limit=1.5', 'limit'],
  ['limit=ten', 'limit'],
  ['limit=', 'limit'],
  ['limit=NaN', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['from=yesterday', 'from'],
  ['from=', 'from'],
  ['from=2026-02-30', 'from'],
  ['to=17', 'to'],
  ['to=2026-01-31T09:30:00Zx', 'to'],
  ['from=2026-01-31&from=2026-01-30', 'from'],
  ['order=newest', 'order'],
  ['order=', 'order'],
  ['order=DESC', 'order'],
  ['cursor=', 'cursor'],
  ['cursor=x', 'cursor'],
  ['cursor=!!!', 'cursor'],
  ['cursor=W10', 'cursor'],
  ['cursor=WyJkZXNjIiwxXQ', 'cursor'],
  ['cursor=WyJkZXNjIiwtMSwwXQ', 'cursor'],
  ['cursor=WyJkZXNjIiwxZTMwMCwwXQ', 'cursor'],
  [`cursor=${'A'.repeat(5000)}`, 'cursor'],
  ['topic=', 'topic'],
  ['topic=a&topic=b', 'topic'],
  ['source=', 'source'],
  ['q=', 'q'],
  [`q=${'x'.repeat(1001)}`, 'q'],
  ['topics=a', 'topics'],
  ['__proto__=a', '__proto__'],
] as const

test('wrong query parameters', async (t) => {
  const server = await startTestServer(t)
  for (const [query, parameter] of wrongQueries) {
    await t.test(`422: GET /events?${query.slice(0, 50)}`, async () => {
      const problem = await assertProblem(await server.get(`/events?${query}`), 422)
      assert.equal(problem.code, 'invalid_query')
      assert.deepEqual(new Set(pointersOf(problem)), new Set([`/${parameter}`]))
    })
  }
})

test('422: a cursor of another order, or of another list', async (t) => {
  const server = await startWithSix(t)
  const event = six[0] as (typeof six)[number]
  await server.publish(event, event)
  const { next_cursor: byTime } = await server.getJson('/events?limit=1')
  const { next_cursor: duplicates } = await server.getJson('/duplicates?limit=1')
  for (const path of [
    `/events?order=asc&cursor=${byTime}`,
    `/events?cursor=${duplicates}`,
    `/duplicates?cursor=${byTime}`,
  ]) {
    assert.deepEqual(pointersOf(await assertProblem(await server.get(path), 422)), ['/cursor'])
  }
})

test('a forged cursor gets a page or 422, never an error of the server', async (t) => {
  const server = await startWithSix(t)
  for (const parts of [
    ['desc', 0, 0],
    ['desc', 9e15, -9e15],
    ['desc', 9e15, 9e15],
    ['desc', 1, 0.5],
    ['desc', '1', 0],
    {},
  ]) {
    const cursor = Buffer.from(JSON.stringify(parts)).toString('base64url')
    const { status } = await server.get(`/events?cursor=${cursor}`)
    assert.ok(status === 200 || status === 422, `${status} for ${JSON.stringify(parts)}`)
  }
})

test('processed_at is the time of the commit', async (t) => {
  const clock: Clock = { ...systemClock, nowMs: () => Date.UTC(2026, 0, 31) }
  const server = await startServerOver(t, { clock, store: openMemoryEventStore({ clock }) })
  await server.publish(wireEvent())
  const { events } = await server.getJson('/events')
  assert.equal(events[0].processed_at, '2026-01-31T00:00:00.000Z')
})
