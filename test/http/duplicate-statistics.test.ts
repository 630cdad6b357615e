import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { encodeSummaryCursor } from '../../src/core/cursor.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem, pointersOf } from '../support/problem.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const first = wireEvent({ topic: 'a', event_id: '1', source: 'x' })
const second = wireEvent({ topic: 'b', event_id: '2', source: 'y' })
const once = wireEvent({ topic: 'a', event_id: '3', source: 'x' })

/** The first was sent three times more, the second once more with another content, by z; the third once. */
async function startWithDuplicates(t: TestContext): Promise<TestServer> {
  const server = await startTestServer(t, { store: `sqlite:${temporaryFolder(t)}/events.db` })
  await server.publish(first, second, once)
  await server.publish(first, first, { ...first, source: 'w' })
  await server.publish({ ...second, source: 'z' }, { ...second, source: 'z' })
  return server
}

interface EventsAnswer {
  readonly total: number
  readonly next_cursor: string | null
  readonly events: readonly { readonly event_id: string }[]
}

test('/duplicates/events has exactly the fields of the contract', async (t) => {
  const server = await startWithDuplicates(t)
  const { window, events, ...page } = await server.getJson('/duplicates/events')
  assert.deepEqual(page, { total: 2, next_cursor: null })
  assert.equal(new Date(window.since).toISOString(), window.since)
  assert.deepEqual({ ...window, since: '' }, { records: 5, since: '', complete: true })
  const [, { stored_at, last_seen_at, spread_ms, ...least }] = events
  assert.equal(Date.parse(last_seen_at) - Date.parse(stored_at), spread_ms)
  const expected = { topic: 'a', event_id: '1', seq: 1, source: 'x', copies: 4, duplicates: 3, conflicts: 1 }
  assert.deepEqual(least, { ...expected, duplicate_sources: ['x', 'w'], duplicate_source_count: 2 })
})

test('/duplicates/sources has exactly the fields of the contract', async (t) => {
  const server = await startWithDuplicates(t)
  const { window, sources, ...page } = await server.getJson('/duplicates/sources')
  assert.deepEqual(page, { total: 3, next_cursor: null })
  assert.deepEqual({ ...window, since: '' }, { records: 5, since: '', complete: true })
  for (const { late_ms, last_seen_at } of sources) {
    assert.equal(new Date(last_seen_at).toISOString(), last_seen_at)
    assert.ok(late_ms.p50 <= late_ms.p90 && late_ms.p90 <= late_ms.max)
    assert.deepEqual(Object.keys(late_ms), ['p50', 'p90', 'max'])
  }
  assert.deepEqual(
    sources.map(({ late_ms: _, last_seen_at: __, ...rest }: Record<string, unknown>) => rest),
    [
      { source: 'z', duplicates: 2, conflicts: 2, events: 1 },
      { source: 'w', duplicates: 1, conflicts: 1, events: 1 },
      { source: 'x', duplicates: 2, conflicts: 0, events: 1 },
    ],
  )
})

const questions = [
  ['events', 'event_id', '', ['2', '1']],
  ['events', 'event_id', 'sort=duplicates', ['1', '2']],
  ['events', 'event_id', 'sort=last_seen', ['2', '1']],
  ['events', 'event_id', 'topic=a', ['1']],
  ['events', 'event_id', 'source=z', ['2']],
  ['events', 'event_id', 'source=y', []],
  ['events', 'event_id', 'conflict=false', ['1']],
  ['events', 'event_id', 'limit=1', ['2']],
  ['events', 'event_id', 'limit=1000000', ['2', '1']],
  ['sources', 'source', 'topic=a', ['w', 'x']],
  ['sources', 'source', 'topic=a&sort=duplicates', ['x', 'w']],
  ['sources', 'source', 'conflict=false', ['x']],
  ['sources', 'source', 'topic=none', []],
] as const

test('filters, orders and limits', async (t) => {
  const server = await startWithDuplicates(t)
  for (const [list, field, query, expected] of questions) {
    await t.test(`/duplicates/${list}?${query}`, async () => {
      const answer = await server.getJson(`/duplicates/${list}?${query}`)
      assert.deepEqual(
        answer[list].map((row: Record<string, unknown>) => row[field]),
        expected,
      )
    })
  }
})

test('without duplicates there is nothing to sum up', async (t) => {
  const server = await startTestServer(t)
  await server.publish(once)
  const nothing = { total: 0, next_cursor: null, window: { records: 0, since: null, complete: true } }
  assert.deepEqual(await server.getJson('/duplicates/events'), { ...nothing, events: [] })
  assert.deepEqual(await server.getJson('/duplicates/sources'), { ...nothing, sources: [] })
})

test('pages fit together while new duplicates arrive', async (t) => {
  const server = await startTestServer(t)
  const events = Array.from({ length: 5 }, (_, at) => wireEvent({ event_id: `${at}` }))
  await server.publish(...events, ...events)
  const seen: string[] = []
  let query = 'sort=last_seen&limit=2'
  for (;;) {
    const page: EventsAnswer = await server.getJson(`/duplicates/events?${query}`)
    assert.equal(page.total, 5)
    seen.push(...page.events.map(({ event_id }) => event_id))
    if (page.next_cursor === null) break
    query = `sort=last_seen&limit=2&cursor=${page.next_cursor}`
    await server.publish(...events, ...events)
  }
  assert.deepEqual(seen, ['4', '3', '2', '1', '0'])
})

test('/duplicates with event_id: all copies of one event, whatever else has that id', async (t) => {
  const server = await startWithDuplicates(t)
  const other = wireEvent({ topic: 'other', event_id: '1' })
  await server.publish(other, other)
  const { total, duplicates } = await server.getJson('/duplicates?topic=a&event_id=1')
  assert.equal(total, 3)
  assert.deepEqual(
    duplicates.map(({ source, conflict }: Record<string, unknown>) => `${source} ${conflict}`),
    ['w true', 'x false', 'x false'],
  )
  const { duplicates: one, next_cursor } = await server.getJson('/duplicates?topic=a&event_id=1&limit=1&conflict=false')
  const { duplicates: next } = await server.getJson(
    `/duplicates?topic=a&event_id=1&limit=1&conflict=false&cursor=${next_cursor}`,
  )
  assert.deepEqual([one.length, next.length], [1, 1])
  assert.deepEqual((await server.getJson('/duplicates?topic=a&event_id=3')).duplicates, [])
})

test('/duplicates/copies: of the events that have any', async (t) => {
  const server = await startWithDuplicates(t)
  const copies = [
    { seq: 1, duplicates: 3, conflicts: 1 },
    { seq: 2, duplicates: 2, conflicts: 2 },
  ]
  assert.deepEqual(await server.getJson('/duplicates/copies?seq=2&seq=3&seq=1&seq=999&seq=1'), { copies })
  assert.deepEqual(await server.getJson('/duplicates/copies?seq=2'), { copies: copies.slice(1) })
  assert.deepEqual(await server.getJson('/duplicates/copies?seq=3'), { copies: [] })
  const thousand = Array.from({ length: 1000 }, (_, at) => `seq=${at + 1}`).join('&')
  assert.deepEqual(await server.getJson(`/duplicates/copies?${thousand}`), { copies })
})

const eventsCursor = encodeSummaryCursor('events conflicts', { throughId: 5, offset: 1 })
const refused = [
  ['/duplicates?event_id=1', 'event_id'],
  ['/duplicates?topic=a&event_id=', 'event_id'],
  ['/duplicates/copies', 'seq'],
  ['/duplicates/copies?seq=', 'seq'],
  ['/duplicates/copies?seq=0', 'seq'],
  ['/duplicates/copies?seq=1.5', 'seq'],
  ['/duplicates/copies?seq=9007199254740992', 'seq'],
  ['/duplicates/copies?seq=1&x=1', 'x'],
  ['/duplicates/events?sort=oldest', 'sort'],
  ['/duplicates/events?conflict=1', 'conflict'],
  ['/duplicates/events?limit=0', 'limit'],
  ['/duplicates/events?topic=', 'topic'],
  ['/duplicates/events?cursor=x', 'cursor'],
  [`/duplicates/events?sort=spread&cursor=${eventsCursor}`, 'cursor'],
  [`/duplicates/sources?cursor=${eventsCursor}`, 'cursor'],
  ['/duplicates/sources?source=a', 'source'],
] as const

test('422 names the parameter at fault', async (t) => {
  const server = await startTestServer(t)
  for (const [path, parameter] of refused) {
    const problem = await assertProblem(await server.get(path), 422)
    assert.equal(pointersOf(problem)[0], `/${parameter}`, path)
  }
  const many = Array.from({ length: 1001 }, () => 'seq=1').join('&')
  assert.equal(pointersOf(await assertProblem(await server.get(`/duplicates/copies?${many}`), 422)).at(-1), '/seq')
})
