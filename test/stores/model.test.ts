/** Random histories of every store against a few Maps that say what a store is. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock } from '../../src/core/clock.ts'
import type { NewEvent } from '../../src/core/event.ts'
import type { EventQuery, EventStore } from '../../src/core/event-store.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { openPostgresEventStore } from '../../src/stores/postgres/postgres-event-store.ts'
import { openSqliteEventStore } from '../../src/stores/sqlite/sqlite-event-store.ts'
import { newEvent } from '../support/events.ts'
import { removeSharedPostgres, sharedPostgres } from '../support/postgres-server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { StoreModel } from './store-model.ts'

type Step =
  | { readonly kind: 'append'; readonly batches: readonly (readonly NewEvent[])[]; readonly laterMs: number }
  | { readonly kind: 'read'; readonly query: Partial<EventQuery>; readonly limit: number }
  | { readonly kind: 'reopen' }

const topic = fc.constantFrom('a', 'b', 'é')
const source = fc.constantFrom('s1', 's2')
const timestamp = fc.constantFrom(
  '2026-01-31T09:30:00.0000001Z',
  '2026-01-31T09:30:00Z',
  '2026-01-31T16:30:00+07:00',
  '2026-01-30',
  '2026-02-01T00:00:00Z',
)
const payload = fc.constantFrom('{"n":1}', '{ "n":1}', '{"text":"É"}')
const eventId = fc.constantFrom('1', '2', '3', '4', '5', '6')
const event = fc.record({ topic, eventId, source, timestamp, payload }).map((fields) => newEvent(fields))

/** Batches of one step overlap. */
const append: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('append'),
  batches: fc.array(fc.array(event, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
  laterMs: fc.nat({ max: 5 }),
})
const instant = fc.option(
  timestamp.map((text) => newEvent({ timestamp: text }).instant),
  { nil: undefined },
)
const read: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('read'),
  query: fc.record({
    order: fc.constantFrom('desc', 'asc', 'seq'),
    topic: fc.option(topic, { nil: undefined }),
    source: fc.option(source, { nil: undefined }),
    text: fc.option(fc.constantFrom('é', '"n":1'), { nil: undefined }),
    from: instant,
    to: instant,
  }),
  limit: fc.integer({ min: 1, max: 7 }),
})
const reopen: fc.Arbitrary<Step> = fc.constant({ kind: 'reopen' })

type Open = (clock: Clock) => Promise<EventStore>

async function runHistory(steps: readonly Step[], open: Open): Promise<void> {
  let nowMs = 1_769_851_800_000
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() }
  const model = new StoreModel()
  let store = await open(clock)
  try {
    for (const step of steps) {
      if (step.kind === 'append') {
        nowMs += step.laterMs
        const results = await Promise.all(step.batches.map((batch) => store.append(batch)))
        assert.deepEqual(
          results,
          step.batches.map((batch) => model.append(batch, nowMs)),
        )
      } else if (step.kind === 'read') {
        await model.assertSameListing(store, step.query, step.limit)
      } else {
        await store[Symbol.asyncDispose]()
        store = await open(clock)
      }
      await model.assertSameState(store)
    }
  } finally {
    await store[Symbol.asyncDispose]()
  }
}

test('a memory store does in every history what the model does', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(append, read), { maxLength: 20 }), (history) =>
      runHistory(history, async (clock) => openMemoryEventStore({ clock })),
    ),
    { numRuns: 200 },
  ))

test('an SQLite store does in every history what the model does, however often it is reopened', async (t) => {
  const folder = temporaryFolder(t)
  const step = fc.oneof(
    { arbitrary: append, weight: 5 },
    { arbitrary: read, weight: 5 },
    { arbitrary: reopen, weight: 1 },
  )
  let files = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), (history) => {
      const path = join(folder, `${++files}.db`)
      return runHistory(history, (clock) => openSqliteEventStore(path, { clock }))
    }),
    { numRuns: 20 },
  )
})

test('a PostgreSQL store does in every history what the model does, however often it is reopened', async (t) => {
  t.after(removeSharedPostgres)
  const postgres = await sharedPostgres()
  const step = fc.oneof(
    { arbitrary: append, weight: 5 },
    { arbitrary: read, weight: 5 },
    { arbitrary: reopen, weight: 1 },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (history) => {
      const url = await postgres.createDatabase()
      await runHistory(history, async (clock) => openPostgresEventStore(url, { clock }))
    }),
    { numRuns: 10 },
  )
})
