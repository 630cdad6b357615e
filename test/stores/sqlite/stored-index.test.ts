/** The dedup index in the store's own file: damaged, built again. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../../src/core/clock.ts'
import { openSqliteEventStore, type SqliteEventStoreOptions } from '../../../src/stores/sqlite/sqlite-event-store.ts'
import { afterTest } from '../../support/after-test.ts'
import { newEvent } from '../../support/events.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** More than the two runs that memory holds, so that some keys are on pages. */
const manyEvents = 600_000

async function openStore(t: TestContext, path: string, options: Partial<SqliteEventStoreOptions> = {}) {
  const notices: string[] = []
  const store = await openSqliteEventStore(path, {
    clock: systemClock,
    onNotice: ({ level, text }) => notices.push(`${level}: ${text}`),
    ...options,
  })
  // Also when the test fails: a store that is open keeps the process.
  afterTest(t, () => store[Symbol.asyncDispose]())
  return { store, notices }
}

function eventAt(index: number) {
  return newEvent({ topic: `t.${index % 7}`, eventId: `event-${index}`, payload: '{}' })
}

async function fillStore(t: TestContext, path: string): Promise<void> {
  const { store } = await openStore(t, path)
  for (let at = 0; at < manyEvents; at += 10_000) {
    await store.append(Array.from({ length: 10_000 }, (_, index) => eventAt(at + index)))
  }
  await store[Symbol.asyncDispose]()
}

/** Some of the first events, which lie on pages, and some of the last, which do not. */
const sample = [0, 1, 5000, 262_143, 262_144, 300_000, manyEvents - 1].map((index) => ({
  index,
  event: eventAt(index),
}))

interface Known {
  /** What the store must say of it; nothing unless given. */
  readonly damage?: RegExp
  readonly options?: Partial<SqliteEventStoreOptions>
}

async function assertKnowsAll(t: TestContext, path: string, known: Known = {}) {
  const { damage, options } = known
  const { store, notices } = await openStore(t, path, options)
  for (const { index, event } of sample) {
    assert.equal((await store.findEvent(event.topic, event.eventId))?.seq, index + 1)
  }
  assert.equal(await store.findEvent('t.0', 'never sent'), undefined)
  const results = await store.append(sample.map(({ event }) => event))
  assert.deepEqual(
    results,
    sample.map(({ index }) => ({ status: 'duplicate', seq: index + 1 })),
  )
  await store[Symbol.asyncDispose]()
  const warnings = notices.filter((notice) => notice.startsWith('warn'))
  assert.equal(warnings.length, damage === undefined ? 0 : 1, String(notices))
  if (damage !== undefined) assert.match(warnings[0] ?? '', damage)
  return notices
}

function changeFile(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

test('an index with keys on pages answers readers and the writer, also after damage of any kind', async (t) => {
  const path = join(temporaryFolder(t), 'large.db')
  await fillStore(t, path)
  await assertKnowsAll(t, path)
  // The last byte of a page belongs to its checksum.
  changeFile(path, "UPDATE dedup_page_0 SET page = CAST(substr(page, 1, length(page) - 1) || x'00' AS BLOB)")
  await assertKnowsAll(t, path, { damage: /the dedup index is damaged \(page \d+ of level 0 has a wrong checksum\)/ })
  changeFile(path, 'DELETE FROM dedup_page_0 WHERE id % 2 = 0')
  await assertKnowsAll(t, path, { damage: /the dedup index is damaged \(page \d+ of level 0 is missing\)/ })
  // Of the run that is being flushed; without it its keys would be in no filter, and be stored again.
  changeFile(path, 'DELETE FROM dedup_page_0 WHERE id = (SELECT max(id) FROM dedup_page_0)')
  await assertKnowsAll(t, path, { damage: /the dedup index is damaged \(page \d+ of level 0 is missing\)/ })
  changeFile(path, 'DELETE FROM dedup_state')
  await assertKnowsAll(t, path)
  await assertKnowsAll(t, path, { options: { mustRebuildIndexes: true } })
})

test('when building the index fails half-way, nothing is appended until it is built: a retry is still a duplicate', async (t) => {
  const path = join(temporaryFolder(t), 'small.db')
  const { store } = await openStore(t, path)
  const event = eventAt(1)
  await store.append([event])
  const db = new DatabaseSync(path)
  db.exec("UPDATE dedup_state SET state = CAST(substr(state, 1, length(state) - 1) || x'00' AS BLOB)")
  db.exec(`CREATE TRIGGER refuse BEFORE INSERT ON dedup_state WHEN EXISTS (SELECT 1 FROM dedup_state)
    BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`)
  await assert.rejects(store.findEvent(event.topic, event.eventId), { code: 'store_unavailable' })
  await assert.rejects(store.append([event]), { code: 'store_unavailable' })
  await assert.rejects(store.checkWritable(), { code: 'store_unavailable' })
  db.exec('DROP TRIGGER refuse')
  db.close()
  assert.deepEqual(await store.append([event]), [{ status: 'duplicate', seq: 1 }])
  assert.equal((await store.findEvent(event.topic, event.eventId))?.seq, 1)
  await store[Symbol.asyncDispose]()
})

test('many readers wait for one repair: those that see the damage, and those that come while the index is built', async (t) => {
  const path = join(temporaryFolder(t), 'small.db')
  const { store, notices } = await openStore(t, path)
  // Building takes long enough for some of the readers to come in between.
  await store.append(Array.from({ length: 10_000 }, (_, index) => eventAt(index)))
  const event = eventAt(1)
  changeFile(path, 'DELETE FROM dedup_state')
  const found = await Promise.all(Array.from({ length: 500 }, () => store.findEvent(event.topic, event.eventId)))
  assert.deepEqual(new Set(found.map((each) => each?.seq)), new Set([2]))
  assert.equal(notices.length, 1, String(notices))
})
