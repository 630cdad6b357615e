/** What is special about the PostgreSQL store: its keys, its partitions, its unknown outcomes. */
import assert from 'node:assert/strict'
import { after, type TestContext, test } from 'node:test'
import { systemClock } from '../../../src/core/clock.ts'
import type { AppError } from '../../../src/core/errors.ts'
import type { EventStore } from '../../../src/core/event-store.ts'
import {
  openPostgresEventStore,
  type PostgresEventStoreOptions,
} from '../../../src/stores/postgres/postgres-event-store.ts'
import type { StoreNotice } from '../../../src/stores/store-notice.ts'
import { allDuplicates, allEvents, anEvent, eventIdsOf, someEvents, startMs } from '../../contract/store-bench.ts'
import { PostgresServer, removeSharedPostgres, sharedPostgres } from '../../support/postgres-server.ts'

after(removeSharedPostgres)

type Options = Partial<PostgresEventStoreOptions>

function open(t: TestContext, url: string, options: Options = {}): EventStore {
  const store = openPostgresEventStore(url, { clock: systemClock, ...options })
  t.after(() => store[Symbol.asyncDispose]())
  return store
}

async function openNew(t: TestContext, options: Options = {}): Promise<EventStore> {
  return open(t, await (await sharedPostgres()).createDatabase(), options)
}

/** Four keys for all pairs there are. */
const keyOf: PostgresEventStoreOptions['keyOf'] = (topic, eventId, attempt) =>
  String.fromCharCode(((topic.length + eventId.charCodeAt(0)) % 4) + 10 * attempt).repeat(16)

test('pairs whose keys are the same are different events', async (t) => {
  const store = await openNew(t, { keyOf })
  const events = someEvents(40, (index) => ({ eventId: `${index % 10}-${index}`, payload: `{"n":${index}}` }))
  for (const start of [0, 7, 20]) await store.append(events.slice(start, start + 20))
  assert.deepEqual(
    (await store.append([...events, ...events])).map(({ status }) => status),
    new Array(80).fill('duplicate'),
  )
  const { uniqueProcessed, conflicts } = await store.stats()
  assert.deepEqual([uniqueProcessed, conflicts], [40, 0])
  for (const { topic, eventId, payload } of events) {
    assert.equal((await store.findEvent(topic, eventId))?.payload, payload)
  }
  assert.equal(await store.findEvent('logs.test', 'unknown'), undefined)
  const [first] = events
  assert.ok(first)
  assert.deepEqual((await store.append([{ ...first, payload: '{}' }]))[0]?.status, 'conflict')
  assert.deepEqual(
    (await allDuplicates(store, { isConflict: true })).map(({ eventId, refused }) => [eventId, refused?.payload]),
    [[first.eventId, '{}']],
  )
})

test('the log goes on over the partitions that it is made of', async (t) => {
  const store = await openNew(t, { partitionEvents: 50 })
  const events = someEvents(230, (index) => ({ ms: startMs + ((index * 37) % 100) }))
  for (const [start, end] of [
    [0, 49],
    [49, 51],
    [51, 230],
  ] as const) {
    await store.append(events.slice(start, end))
  }
  await store.append(events)
  assert.deepEqual(
    await eventIdsOf(store, { order: 'seq', limit: 40 }),
    events.map(({ eventId }) => eventId),
  )
  const listed = await allEvents(store, { order: 'desc', limit: 40 })
  assert.equal(new Set(listed.map(({ seq }) => seq)).size, 230)
  assert.equal((await store.stats()).duplicateDropped, 230)
})

test('overlapping appends of two stores go over the ends of partitions, and find what the other has stored meanwhile', async (t) => {
  const url = await (await sharedPostgres()).createDatabase()
  const stores = [open(t, url, { partitionEvents: 7 }), open(t, url, { partitionEvents: 7 })]
  const events = someEvents(200)
  const batches = Array.from({ length: 40 }, (_, at) => events.slice(at * 5, at * 5 + 5))
  const results = await Promise.all(batches.flatMap((batch) => stores.map((store) => store.append(batch))))
  const statuses = results.flat().map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 'stored').length, 200)
  assert.equal(statuses.filter((status) => status === 'duplicate').length, 200)
  const [store] = stores
  assert.ok(store)
  const listed = await allEvents(store, { order: 'seq' })
  assert.deepEqual(
    listed.map(({ seq }) => seq),
    listed.map((_, index) => index + 1),
  )
  assert.deepEqual(listed.map(({ eventId }) => eventId).sort(), events.map(({ eventId }) => eventId).sort())
})

test('instants with more digits than an index holds are in their order, and paged exactly', async (t) => {
  const store = await openNew(t)
  const zeros = '0'.repeat(199)
  const rising = [
    '',
    zeros.concat('1'),
    zeros.concat('10001'),
    zeros.concat('1001'),
    zeros.concat('11'),
    '1',
    '2'.repeat(400),
  ]
  const events = rising.map((fraction, index) => anEvent({ eventId: `${index}`, fraction }))
  await store.append([3, 0, 6, 2, 5, 1, 4].flatMap((index) => events.slice(index, index + 1)))
  const expected = events.map(({ eventId }) => eventId)
  for (const limit of [1, 2, 3, 100]) {
    assert.deepEqual(await eventIdsOf(store, { order: 'asc', limit }), expected)
    assert.deepEqual(await eventIdsOf(store, { order: 'desc', limit, topic: 'logs.test' }), expected.toReversed())
  }
  for (const [index, { instant }] of events.entries()) {
    assert.deepEqual(await eventIdsOf(store, { order: 'asc', from: instant }), expected.slice(index))
    assert.deepEqual(await eventIdsOf(store, { order: 'asc', to: instant }), expected.slice(0, index))
  }
})

test('of stores that are opened at once on an empty database each finds it ready', async (t) => {
  const url = await (await sharedPostgres()).createDatabase()
  const stores = Array.from({ length: 8 }, () => open(t, url))
  const seqs = await Promise.all(stores.map(async (store) => (await store.append([anEvent()]))[0]?.seq))
  assert.deepEqual(seqs.toSorted(), [1, 2, 3, 4, 5, 6, 7, 8])
})

test('a database of schema 1 is brought to the newest, and keeps what it has', async (t) => {
  const postgres = await sharedPostgres()
  const url = await postgres.createDatabase()
  const event = anEvent()
  await open(t, url).append([event])
  for (const step of [
    'DELETE FROM sekali.schema_version WHERE version > 1',
    'ALTER TABLE sekali.lane_head DROP COLUMN is_copying',
    'ALTER TABLE sekali.subscription_head DROP COLUMN copied_changes',
  ]) {
    await postgres.query(new URL(url).pathname.slice(1), step)
  }
  const statuses = (await open(t, url).append([event, anEvent()])).map(({ status }) => status)
  assert.deepEqual(statuses, ['duplicate', 'stored'])
})

test('a database of a newer version is refused', async (t) => {
  const postgres = await sharedPostgres()
  const url = await postgres.createDatabase()
  await open(t, url).checkWritable()
  await postgres.query(new URL(url).pathname.slice(1), 'INSERT INTO sekali.schema_version VALUES (1000)')
  await assert.rejects(open(t, url).checkWritable(), /newer version of Sekali/)
})

test('a commit whose wait for the standbys was cancelled is not acknowledged, though it succeeds', async (t) => {
  const postgres = await PostgresServer.create()
  t.after(() => postgres.remove())
  const url = await postgres.createDatabase()
  const store = open(t, url)
  await store.append([anEvent()])
  await postgres.setSynchronous('ANY 1 (nobody)')
  const event = anEvent()
  const outcome = store.append([event]).then(
    () => 'acknowledged',
    (error: AppError) => `${error.code}: ${error.message}`,
  )
  const waiting = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
  while ((await postgres.query('postgres', waiting)).length === 0);
  assert.match(await outcome, /^store_unavailable: .*canceling wait for synchronous replication/)
  // It is there, which nobody was promised.
  assert.equal((await store.findEvent(event.topic, event.eventId))?.seq, 2)
})

test('a server that is not there is no reason to end', async (t) => {
  const store = open(t, 'postgres://nobody@127.0.0.1:1/nothing')
  await assert.rejects(store.append([anEvent()]), { code: 'store_unavailable' })
  await assert.rejects(store.stats(), { code: 'store_unavailable' })
})

test('a log that is shorter than it was, as after a bad failover, is told as an error', async (t) => {
  const postgres = await sharedPostgres()
  const url = await postgres.createDatabase()
  const [told, seen] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()]
  const onNotice = ({ level, text }: StoreNotice) => level === 'error' && told.resolve(text)
  const store = open(t, url, { onNotice })
  await store.append(someEvents(5))
  const observer = {
    onLogEnd: (seq: number) => seq === 5 && seen.resolve(),
    onDeliveriesChange() {},
    onSubscriptionsChange() {},
  }
  await using _ = store.watch?.(observer)
  await seen.promise
  await postgres.query(new URL(url).pathname.slice(1), 'UPDATE sekali.lane_head SET next_seq = 4')
  assert.match(await told.promise, /^the log ends at 3, and ended at 5: this server has lost events/)
})
