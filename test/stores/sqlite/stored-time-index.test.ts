/** The time index in the store's own file: damaged, built again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/core/clock.ts'
import type { EventQuery, EventStore } from '../../../src/core/event-store.ts'
import { openSqliteEventStore } from '../../../src/stores/sqlite/sqlite-event-store.ts'
import { newEvent } from '../../support/events.ts'
import { makeDatabase, newFile, query } from './sqlite-files.ts'

/** More than two runs, of which the first is written and the second under way. */
const manyEvents = 270_000
/** A prime, so that its multiples visit every place once. */
const places = 270_001
const firstMs = Date.parse('2026-01-31T00:00:00Z')

/** Where the event of a seq lies in time. */
function placeOf(seq: number): number {
  return (seq * 7919) % places
}

function eventOf(seq: number) {
  return newEvent({
    topic: `t.${seq % 7}`,
    eventId: `event-${seq}`,
    timestamp: new Date(firstMs + placeOf(seq)).toISOString(),
    payload: '{}',
  })
}

/** The seqs of the log in the order of time. */
const byTime: readonly number[] = Array.from({ length: manyEvents }, (_, index) => index + 1).sort(
  (a, b) => placeOf(a) - placeOf(b),
)

async function openStore(path: string) {
  const notices: string[] = []
  const store = await openSqliteEventStore(path, {
    clock: systemClock,
    onNotice: ({ level, text }) => notices.push(`${level}: ${text}`),
  })
  return { store, notices }
}

async function fillStore(path: string): Promise<void> {
  const { store } = await openStore(path)
  await using _closedLast = store
  for (let seq = 1; seq <= manyEvents; seq += 10_000) {
    await store.append(Array.from({ length: 10_000 }, (_, index) => eventOf(seq + index)))
  }
}

/** One page of a listing, and what it must be. */
async function assertPage(store: EventStore, filter: Partial<EventQuery>): Promise<void> {
  const { topic, order = 'asc', from, to } = filter
  const { events } = await store.readEvents({ order, limit: 500, timeBudgetMs: 60_000, ...filter })
  const inOrder = order === 'asc' ? byTime : byTime.toReversed()
  const expected = inOrder.filter(
    (seq) =>
      (topic === undefined || topic === `t.${seq % 7}`) &&
      (from === undefined || firstMs + placeOf(seq) >= from.ms) &&
      (to === undefined || firstMs + placeOf(seq) < to.ms),
  )
  assert.deepEqual(
    events.map(({ seq }) => seq),
    expected.slice(0, 500),
  )
}

async function assertAllPages(store: EventStore): Promise<void> {
  const middle = { ms: firstMs + 123_456, fraction: '' }
  for (const order of ['asc', 'desc'] as const) {
    for (const topic of [undefined, 't.3']) {
      for (const range of [{}, { from: middle }, { to: middle }]) await assertPage(store, { order, topic, ...range })
    }
  }
}

/** @param damage what the store must say of it; nothing when undefined. */
async function assertAnswers(path: string, damage?: RegExp): Promise<void> {
  const { store, notices } = await openStore(path)
  await using _closedLast = store
  // Publishing goes on while the index is built again.
  const known = eventOf(1)
  const [, ...results] = await Promise.all([
    assertPage(store, {}),
    ...Array.from({ length: 5 }, () => store.append([known])),
  ])
  assert.deepEqual(results, Array(5).fill([{ status: 'duplicate', seq: 1 }]))
  await assertAllPages(store)
  const warnings = notices.filter((notice) => notice.startsWith('warn'))
  assert.equal(warnings.length, damage === undefined ? 0 : 1, String(notices))
  if (damage !== undefined) assert.match(warnings[0] ?? '', damage)
}

test('an index of several runs answers in order of time, also after damage of any kind', async (t) => {
  const path = newFile(t)
  await fillStore(path)
  assert.deepEqual(query(path, 'SELECT run FROM time_run'), [{ run: 0 }])
  assert.deepEqual(query(path, 'SELECT DISTINCT run FROM time_list'), [{ run: 0 }, { run: 1 }])
  await assertAnswers(path)
  // The last byte of a part belongs to its checksum.
  const flipped =
    'CAST(substr(entries, 1, length(entries) - 1) || char((unicode(substr(entries, -1)) + 1) % 128) AS BLOB)'
  makeDatabase(path, `UPDATE time_list SET entries = ${flipped} WHERE run = 0 AND topic_id = 0 AND part % 2 = 0`)
  await assertAnswers(path, /the time index is damaged \(part \d+ of topic 0 in run 0: wrong checksum\)/)
  makeDatabase(path, 'DELETE FROM time_list WHERE run = 0 AND part % 2 = 0')
  await assertAnswers(path, /the time index is damaged \(part \d+ of topic 0 in run 0 is missing\)/)
  makeDatabase(path, 'DELETE FROM time_list; DELETE FROM time_run')
  await assertAnswers(path)
})

test('events that are published while the index is built again are in the next listing', async (t) => {
  const path = newFile(t)
  const { store, notices } = await openStore(path)
  await using _closedLast = store
  await store.append([eventOf(1)])
  makeDatabase(path, "INSERT INTO time_run VALUES (0, -1, 0, 9e15, 0); INSERT INTO time_list VALUES (0, 0, 0, x'00')")
  const list = async () => {
    const { events } = await store.readEvents({ order: 'asc', limit: 10, timeBudgetMs: 60_000 })
    return events.map(({ seq }) => seq)
  }
  const [found] = await Promise.all([list(), store.append([eventOf(2)]), list(), list()])
  assert.ok(found.includes(1))
  assert.deepEqual((await list()).toSorted(), [1, 2])
  assert.equal(notices.length, 1, String(notices))
})
