/** Random histories of a store, against a few Maps that say what a store is: batches, listings, restarts, crashes, clocks. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Clock } from '../../src/core/clock.ts'
import type { NewEvent } from '../../src/core/event.ts'
import type { EventQuery, EventStore } from '../../src/core/event-store.ts'
import { newEvent } from '../../test/support/events.ts'
import { StoreModel } from './store-model.ts'
import type { StorePlace } from './store-place.ts'

export type StoreStep =
  | { readonly kind: 'append'; readonly batches: readonly (readonly NewEvent[])[]; readonly laterMs: number }
  | { readonly kind: 'read'; readonly query: Partial<EventQuery>; readonly limit: number }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'crash'; readonly batches: readonly (readonly NewEvent[])[]; readonly afterTurns: number }

const yearMs = 365 * 24 * 3600 * 1000

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
/** Few, which meet again and again, and many, which fill runs of the indexes. */
const eventId = fc.oneof(fc.constantFrom('1', '2', '3', '4', '5', '6'), fc.nat({ max: 300 }).map(String))
const event = fc.record({ topic, eventId, source, timestamp, payload }).map((fields) => newEvent(fields))
const batch = fc.oneof(
  { arbitrary: fc.array(event, { minLength: 1, maxLength: 8 }), weight: 5 },
  { arbitrary: fc.array(event, { minLength: 20, maxLength: 40, size: 'max' }), weight: 1 },
)
/** They overlap. */
const batches = fc.array(batch, { minLength: 1, maxLength: 3 })

const append: fc.Arbitrary<StoreStep> = fc.record({
  kind: fc.constant('append'),
  batches,
  laterMs: fc.oneof(
    { arbitrary: fc.nat({ max: 5 }), weight: 9 },
    { arbitrary: fc.constantFrom(-yearMs, -1, yearMs), weight: 1 },
  ),
})
const instant = fc.option(
  timestamp.map((text) => newEvent({ timestamp: text }).instant),
  { nil: undefined },
)
const read: fc.Arbitrary<StoreStep> = fc.record({
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
const reopen: fc.Arbitrary<StoreStep> = fc.constant({ kind: 'reopen' })
const crash: fc.Arbitrary<StoreStep> = fc.record({
  kind: fc.constant('crash'),
  batches,
  afterTurns: fc.nat({ max: 4 }),
})

const living = [
  { arbitrary: append, weight: 10 },
  { arbitrary: read, weight: 10 },
] as const

/** Of a store that lives in memory. */
export const livingHistory = historyOf(fc.oneof(...living))
export const reopenedHistory = historyOf(fc.oneof(...living, { arbitrary: reopen, weight: 2 }))
export const crashedHistory = historyOf(
  fc.oneof(...living, { arbitrary: reopen, weight: 1 }, { arbitrary: crash, weight: 2 }),
)

function historyOf(step: fc.Arbitrary<StoreStep>): fc.Arbitrary<StoreStep[]> {
  return fc.array(step, { maxLength: 20 })
}

/** @throws AssertionError when the store does anything that the model does not. */
export async function runStoreHistory(steps: readonly StoreStep[], place: StorePlace): Promise<void> {
  let nowMs = 1_769_851_800_000
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() }
  const model = new StoreModel()
  let store = await place.open(clock)
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
      } else if (step.kind === 'reopen') {
        await store[Symbol.asyncDispose]()
        store = await place.open(clock)
      } else {
        const underWay = step.batches.map((batch) => store.append(batch))
        for (let turn = 0; turn < step.afterTurns; turn++) await new Promise((resolve) => setImmediate(resolve))
        place.crash()
        await Promise.allSettled(underWay)
        await store[Symbol.asyncDispose]()
        store = await place.open(clock)
        await takeUp(store, model, step.batches, nowMs)
      }
      await model.assertSameState(store)
    }
  } finally {
    await store[Symbol.asyncDispose]()
  }
}

/** Of the batches that were under way at a crash, the first ones may be there; each of them whole, or not at all. */
async function takeUp(
  store: EventStore,
  model: StoreModel,
  underWay: readonly (readonly NewEvent[])[],
  nowMs: number,
): Promise<void> {
  const { received } = await store.stats()
  for (const batch of underWay) {
    if (model.received >= received) return
    model.append(batch, nowMs)
  }
}
