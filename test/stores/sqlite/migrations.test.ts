import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventQuery } from '../../../src/core/event-store.ts'
import { newEvent } from '../../support/events.ts'
import { makeVersion1File } from './schema-v1.ts'
import { makeVersion2File } from './schema-v2.ts'
import { makeVersion4File } from './schema-v4.ts'
import { newFile, openStore, query } from './sqlite-files.ts'

test('a file of version 1 is opened with all it holds', async (t) => {
  const path = newFile(t)
  makeVersion1File(path)
  await using store = await openStore(path)
  const { events } = await store.readEvents({ order: 'asc', limit: 10, timeBudgetMs: 60_000 })
  assert.deepEqual(
    events.map(({ topic, eventId, payload, seq }) => [seq, topic, eventId, payload]),
    [
      [2, 'logs.old', 'é', '{"big":1e400}'],
      [1, 'logs.old', 'a', '{ "n": 1 }'],
      [3, 'orders', 'a', '{}'],
    ],
  )
  const { duplicates } = await store.readDuplicates({ limit: 10 })
  assert.deepEqual(
    duplicates.map(({ id, seq, eventId, refused }) => [id, seq, eventId, refused?.payload]),
    [
      [2, 1, 'a', '{"n":2}'],
      [1, 1, 'a', undefined],
    ],
  )
  const { received, uniqueProcessed, duplicateDropped, conflicts } = await store.stats()
  assert.deepEqual([received, uniqueProcessed, duplicateDropped, conflicts], [5, 3, 2, 1])
  assert.deepEqual(
    (await store.readTopics()).map(({ topic, events: count }) => [topic, count]),
    [
      ['logs.old', 2],
      ['orders', 1],
    ],
  )
})

test('a file of version 1 still knows its events, and seq goes on', async (t) => {
  const path = newFile(t)
  makeVersion1File(path)
  await using store = await openStore(path)
  const known = { topic: 'logs.old', eventId: 'a', timestamp: '2023-11-14T22:13:19.1234567Z', source: 'web' }
  const results = await store.append([
    newEvent({ ...known, payload: '{ "n": 1 }' }),
    newEvent({ ...known, payload: '{"n":1}' }),
    newEvent({ topic: 'orders', eventId: 'é' }),
  ])
  assert.deepEqual(results, [
    { status: 'duplicate', seq: 1 },
    { status: 'conflict', seq: 1 },
    { status: 'stored', seq: 4 },
  ])
})

test('a file of version 2 is opened, and its events are listed by time', async (t) => {
  const path = newFile(t)
  makeVersion2File(path)
  assert.deepEqual(indexesOnEvent(path), ['event_by_instant', 'event_by_topic_instant'])
  await using store = await openStore(path)
  assert.deepEqual(indexesOnEvent(path), [])
  const list = async (filter: Partial<EventQuery>) => {
    const { events } = await store.readEvents({ order: 'asc', limit: 10, timeBudgetMs: 60_000, ...filter })
    return events.map(({ seq }) => seq)
  }
  assert.deepEqual(await list({}), [6, 2, 1, 5, 4, 3])
  assert.deepEqual(await list({ order: 'desc' }), [3, 4, 5, 1, 2, 6])
  assert.deepEqual(await list({ topic: 'logs.old' }), [2, 1, 5])
  assert.deepEqual(await list({ topic: 'orders', order: 'desc' }), [3, 4, 6])
  const from = { ms: 1699999999123, fraction: '4567' }
  assert.deepEqual(await list({ from }), [1, 5, 4, 3])
  assert.deepEqual(await list({ to: from }), [6, 2])
  assert.deepEqual(await list({ from, to: { ms: 1700000001000, fraction: '' } }), [1, 5, 4])
  assert.deepEqual(await list({ after: { seq: 5, instantMs: from.ms } }), [4, 3])
  const known = { topic: 'orders', eventId: 'c', timestamp: '1969-12-31T23:59:59.999Z', source: 'shop', payload: '{}' }
  assert.deepEqual(await store.append([newEvent(known), newEvent({ timestamp: '1970-01-01' })]), [
    { status: 'duplicate', seq: 6 },
    { status: 'stored', seq: 7 },
  ])
  assert.deepEqual(await list({}), [6, 7, 2, 1, 5, 4, 3])
})

test('a file of version 4 is opened: copies are found, its subscription is there, and rates begin', async (t) => {
  const path = newFile(t)
  makeVersion4File(path)
  await using store = await openStore(path)
  const one = await store.readDuplicates({ topic: 'logs.old', eventId: 'a', limit: 10 })
  assert.deepEqual(
    one.duplicates.map(({ id, seq }) => [id, seq]),
    [
      [2, 1],
      [1, 1],
    ],
  )
  assert.deepEqual(await store.statistics.readCopies([1, 2, 3]), [{ seq: 1, duplicates: 2, conflicts: 1 }])
  assert.equal((await store.subscriptions.find('old'))?.cursor, 2)
  await store.append([newEvent()], 1_800_000_000_000)
  const rates = { fromS: 0, toS: 1_800_000_600, widthS: 1_800_000_600, limit: 1 }
  assert.deepEqual((await store.statistics.readRates(rates)).total.unique, [1])
})

function indexesOnEvent(path: string): unknown[] {
  const indexes = query(
    path,
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'event' ORDER BY name",
  )
  return indexes.map(({ name }) => name)
}

for (const [version, makeFile] of [
  [1, makeVersion1File],
  [2, makeVersion2File],
  [4, makeVersion4File],
] as const) {
  test(`a file of version ${version}, once opened, has the schema of a new one`, async (t) => {
    const [oldPath, newPath] = [newFile(t), newFile(t)]
    makeFile(oldPath)
    await using _old = await openStore(oldPath)
    await using _new = await openStore(newPath)
    for (const pragma of ['user_version', 'application_id', 'journal_mode']) {
      assert.deepEqual(query(oldPath, `PRAGMA ${pragma}`), query(newPath, `PRAGMA ${pragma}`))
    }
    assert.deepEqual(schemaOf(oldPath), schemaOf(newPath))
  })
}

/** Comments and layout aside. */
function schemaOf(path: string): unknown[] {
  return query(path, 'SELECT type, name, sql FROM sqlite_schema ORDER BY name').map(({ type, name, sql }) => [
    type,
    name,
    String(sql).replace(/--.*/g, '').replace(/\s+/g, ' '),
  ])
}
