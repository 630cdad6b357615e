import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { assertProblem, pointersOf } from '../support/problem.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Duplicate {
  readonly topic: string
  readonly event_id: string
  readonly seq: number
  readonly seen_at: string
  readonly source: string
  readonly conflict: boolean
  readonly refused?: unknown
}

interface Page {
  readonly total: number
  readonly next_cursor: string | null
  readonly duplicates: readonly Duplicate[]
}

const first = wireEvent({ topic: 'a', event_id: '1', source: 'x' })
const second = wireEvent({ topic: 'b', event_id: '2', source: 'y' })

/** In this order: a duplicate of the first, a conflict of the second, a conflict of the first, a duplicate of the second. */
async function startWithDuplicates(t: TestContext): Promise<TestServer> {
  const server = await startTestServer(t, { store: `sqlite:${temporaryFolder(t)}/events.db` })
  await server.publish(first, second)
  await server.publish(first)
  await server.publish({ ...second, source: 'z' })
  await server.publish({ ...first, payload: { other: true }, timestamp: '2026-02-01' })
  await server.publish(second)
  return server
}

async function read(server: TestServer, query: string): Promise<string[]> {
  const page: Page = await server.getJson(`/duplicates${query}`)
  assert.equal(page.total, page.duplicates.length)
  return page.duplicates.map(({ event_id, conflict, source }) => `${event_id} ${conflict} ${source}`)
}

test('the answer has exactly the fields of the contract; refused is there for conflicts only', async (t) => {
  const server = await startWithDuplicates(t)
  const page: Page = await server.getJson('/duplicates?topic=a')
  const [conflict, duplicate] = page.duplicates
  assert.deepEqual(
    { ...conflict, seen_at: '' },
    {
      topic: 'a',
      event_id: '1',
      seq: 1,
      seen_at: '',
      source: 'x',
      conflict: true,
      refused: { timestamp: '2026-02-01', source: 'x', payload: { other: true } },
    },
  )
  assert.deepEqual(
    { ...duplicate, seen_at: '' },
    {
      topic: 'a',
      event_id: '1',
      seq: 1,
      seen_at: '',
      source: 'x',
      conflict: false,
    },
  )
  for (const { seen_at } of page.duplicates) assert.equal(new Date(seen_at).toISOString(), seen_at)
  assert.deepEqual([page.total, page.next_cursor], [2, null])
})

test('the first content stays, the other is kept aside', async (t) => {
  const server = await startWithDuplicates(t)
  const { seq: _, processed_at: __, ...stored } = await server.getJson('/events/a/1')
  assert.deepEqual(stored, first)
})

const questions = [
  ['newest first', '', ['2 false y', '1 true x', '2 true z', '1 false x']],
  ['conflicts only', '?conflict=true', ['1 true x', '2 true z']],
  ['without conflicts', '?conflict=false', ['2 false y', '1 false x']],
  ['of a topic', '?topic=b', ['2 false y', '2 true z']],
  ['of the source that sent them', '?source=z', ['2 true z']],
  ['of a topic, a source and a kind', '?topic=a&source=x&conflict=true', ['1 true x']],
  ['of a topic that nobody published to', '?topic=c', []],
  ['at most the limit', '?limit=1', ['2 false y']],
  ['with a limit that is clamped', '?limit=1000000', ['2 false y', '1 true x', '2 true z', '1 false x']],
] as const

test('filters and limits', async (t) => {
  const server = await startWithDuplicates(t)
  for (const [name, query, expected] of questions) {
    await t.test(`duplicates ${name}`, async () => assert.deepEqual(await read(server, query), expected))
  }
})

test('without duplicates the list is empty', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent())
  assert.deepEqual(await server.getJson('/duplicates'), { total: 0, next_cursor: null, duplicates: [] })
})

test('pages give every duplicate once, while new ones arrive', async (t) => {
  const server = await startWithDuplicates(t)
  const seen: string[] = []
  let path = '/duplicates?limit=1'
  for (;;) {
    const page: Page = await server.getJson(path)
    seen.push(...page.duplicates.map(({ event_id, conflict, source }) => `${event_id} ${conflict} ${source}`))
    if (page.next_cursor === null) break
    path = `/duplicates?limit=1&cursor=${page.next_cursor}`
    await server.publish(first)
  }
  assert.deepEqual(seen, ['2 false y', '1 true x', '2 true z', '1 false x'])
})

for (const [query, parameter] of [
  ['limit=0', 'limit'],
  ['limit=x', 'limit'],
  ['conflict=maybe', 'conflict'],
  ['conflict=', 'conflict'],
  ['conflict=1', 'conflict'],
  ['cursor=x', 'cursor'],
  ['cursor=', 'cursor'],
  ['topic=', 'topic'],
  ['source=', 'source'],
  ['order=asc', 'order'],
] as const) {
  test(`422: GET /duplicates?${query}`, async (t) => {
    const problem = await assertProblem(await (await startTestServer(t)).get(`/duplicates?${query}`), 422)
    assert.deepEqual(pointersOf(problem), [`/${parameter}`])
  })
}
