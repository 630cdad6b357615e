import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type BenchEvent,
  type EventShape,
  eventText,
  type IdKind,
  idKinds,
  openBatches,
  openEventSource,
  seedOfRun,
} from '../../src/cli/bench-events.ts'

const startMs = Date.UTC(2026, 0, 31)

function shapeOf(shape: Partial<EventShape>): EventShape {
  return { idKind: 'uuid4', topics: 10, topicPrefix: 'bench.', payloadBytes: 150, seed: 1, ...shape }
}

function eventsOf(shape: Partial<EventShape>, count: number): BenchEvent[] {
  const source = openEventSource(shapeOf(shape), startMs)
  return Array.from({ length: count }, (_, index) => source(index))
}

const patterns: Record<IdKind, RegExp> = {
  uuid4: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  uuid7: /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  sequential: /^00000001-\d{12}$/,
}

for (const idKind of idKinds) {
  test(`ids of the kind ${idKind} have its form, and none comes twice`, () => {
    const ids = eventsOf({ idKind }, 100_000).map((event) => event.event_id)
    assert.deepEqual(
      ids.filter((id) => !patterns[idKind].test(id)),
      [],
    )
    assert.equal(new Set(ids).size, ids.length)
  })

  test(`one seed gives the same events of the kind ${idKind} again, another seed gives other ids`, () => {
    assert.deepEqual(eventsOf({ idKind }, 1000), eventsOf({ idKind }, 1000))
    const ids = new Set(eventsOf({ idKind }, 1000).map((event) => event.event_id))
    assert.deepEqual(
      eventsOf({ idKind, seed: 2 }, 1000).filter((event) => ids.has(event.event_id)),
      [],
    )
  })
}

test('a uuid7 holds the time of its event', () => {
  for (const { event_id, timestamp } of eventsOf({ idKind: 'uuid7' }, 1000)) {
    assert.equal(Number.parseInt(event_id.replace('-', '').slice(0, 12), 16), Date.parse(timestamp))
  }
})

test('the events go round the topics', () => {
  const events = eventsOf({ topics: 11, topicPrefix: 'x.' }, 22)
  assert.deepEqual([...new Set(events.map(({ topic }) => topic))].sort().slice(0, 3), ['x.00', 'x.01', 'x.02'])
  assert.ok([...Map.groupBy(events, ({ topic }) => topic).values()].every((group) => group.length === 2))
})

test('a payload has the size that was asked for, and the event is JSON', () => {
  for (const payloadBytes of [40, 150, 5000]) {
    for (const event of eventsOf({ payloadBytes }, 1001)) assert.equal(event.payload.length, payloadBytes)
  }
  const [event] = eventsOf({}, 1)
  assert.ok(event)
  assert.deepEqual(JSON.parse(eventText(event)), { ...event, payload: JSON.parse(event.payload) })
})

function batchesOf(duplicateRatio: number, sizes: readonly number[]) {
  const next = openBatches(openEventSource(shapeOf({}), startMs), duplicateRatio, 1)
  return sizes.map(next)
}

test('no event repeats with a ratio of 0', () => {
  const batches = batchesOf(0, [1, 10, 100, 1000])
  const ids = batches.flatMap(({ events }) => events.map((event) => event.event_id))
  assert.equal(new Set(ids).size, 1111)
  assert.deepEqual(
    batches.map(({ unique }) => unique),
    [1, 10, 100, 1000],
  )
})

test('all but the first event repeat with a ratio of 1', () => {
  assert.deepEqual(
    batchesOf(1, [10, 10]).map(({ unique }) => unique),
    [1, 0],
  )
})

test('a batch says how many of its events no batch held before', () => {
  const seen = new Set<string>()
  let repeated = 0
  for (const { events, unique } of batchesOf(
    0.3,
    Array.from({ length: 100 }, () => 100),
  )) {
    const before = seen.size
    for (const event of events) seen.add(JSON.stringify(event))
    assert.equal(seen.size - before, unique)
    repeated += events.length - unique
  }
  assert.ok(Math.abs(repeated / 10_000 - 0.3) < 0.02, `${repeated} of 10,000`)
})

test('every run has a seed of its own', () => {
  const seeds = Array.from({ length: 1000 }, (_, run) => seedOfRun(1, run))
  assert.equal(new Set(seeds).size, seeds.length)
  assert.ok(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
})
