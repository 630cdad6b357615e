/** The tables of the program that Sekali grew out of, as those who read the file with SQL find them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../../src/core/clock.ts'
import { openSqliteEventStore } from '../../../src/stores/sqlite/sqlite-event-store.ts'
import { newEvent } from '../../support/events.ts'
import { newFile, openStore, query } from './sqlite-files.ts'

function columnsOf(path: string, view: string): unknown[] {
  return query(path, `PRAGMA table_info(${view})`).map(({ name }) => name)
}

test('the views have exactly the columns of the original tables', async (t) => {
  const path = newFile(t)
  await using _store = await openStore(path)
  assert.deepEqual(columnsOf(path, 'processed_events'), ['topic', 'event_id', 'first_seen_at'])
  assert.deepEqual(columnsOf(path, 'event_payloads'), [
    'topic',
    'event_id',
    'timestamp',
    'source',
    'payload',
    'processed_at',
  ])
  assert.deepEqual(columnsOf(path, 'system_stats'), ['key', 'value'])
})

test('the views show each event once, with times as ISO 8601 to the millisecond', async (t) => {
  const path = newFile(t)
  const times = [
    '2026-01-31T09:30:00.000Z',
    '2026-01-31T09:30:00.001Z',
    '1999-12-31T23:59:59.999Z',
    '2038-01-19T03:14:08.009Z',
  ]
  let nowMs = 0
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => 0 }
  await using store = await openSqliteEventStore(path, { clock })
  const events = times.map((_, index) =>
    newEvent({
      topic: `t${index % 2}`,
      timestamp: '2026-01-31T09:30:00.10+07:00',
      payload: '{ "big": 1e400, "é": "😀" }',
    }),
  )
  for (const [index, event] of events.entries()) {
    nowMs = Date.parse(times[index] ?? '')
    await store.append([event, event])
  }
  assert.deepEqual(
    query(path, 'SELECT * FROM processed_events'),
    events.map(({ topic, eventId }, index) => ({ topic, event_id: eventId, first_seen_at: times[index] })),
  )
  assert.deepEqual(
    query(path, 'SELECT * FROM event_payloads'),
    events.map(({ topic, eventId, timestamp, source, payload }, index) => ({
      topic,
      event_id: eventId,
      timestamp,
      source,
      payload,
      processed_at: times[index],
    })),
  )
})

test('system_stats has the three counters of the original and no other', async (t) => {
  const path = newFile(t)
  await using store = await openStore(path)
  const stats = () =>
    Object.fromEntries(query(path, 'SELECT * FROM system_stats').map(({ key, value }) => [key, value]))
  assert.deepEqual(stats(), { received: 0, unique_processed: 0, duplicate_dropped: 0 })
  const event = newEvent()
  await store.append([event, event, { ...event, source: 'other' }, newEvent()])
  assert.deepEqual(stats(), { received: 4, unique_processed: 2, duplicate_dropped: 2 })
})
