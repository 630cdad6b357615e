import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newEvent } from '../../support/events.ts'
import { makeVersion1File } from './schema-v1.ts'
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

test('an old file, once opened, has the schema of a new one', async (t) => {
  const [oldPath, newPath] = [newFile(t), newFile(t)]
  makeVersion1File(oldPath)
  await using _old = await openStore(oldPath)
  await using _new = await openStore(newPath)
  for (const pragma of ['user_version', 'application_id', 'journal_mode']) {
    assert.deepEqual(query(oldPath, `PRAGMA ${pragma}`), query(newPath, `PRAGMA ${pragma}`))
  }
  assert.deepEqual(schemaOf(oldPath), schemaOf(newPath))
})

/** Comments and layout aside. */
function schemaOf(path: string): unknown[] {
  return query(path, 'SELECT type, name, sql FROM sqlite_schema ORDER BY name').map(({ type, name, sql }) => [
    type,
    name,
    String(sql).replace(/--.*/g, '').replace(/\s+/g, ' '),
  ])
}
