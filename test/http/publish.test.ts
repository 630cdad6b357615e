import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type WireEvent, wireEvent } from '../support/events.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Ack {
  readonly accepted: number
  readonly message: string
  readonly unique: number
  readonly duplicates: number
  readonly conflicts: number
  readonly results?: readonly { readonly status: string; readonly seq: number }[]
}

async function ackOf(answer: Response | Promise<Response>): Promise<Ack> {
  const settled = await answer
  assert.equal(settled.status, 202, await settled.clone().text())
  assert.match(settled.headers.get('content-type') ?? '', /^application\/json/)
  return (await settled.json()) as Ack
}

function batchOf(events: number, fields: Partial<WireEvent> = {}): WireEvent[] {
  return Array.from({ length: events }, () => wireEvent(fields))
}

test('single publish: one event is stored and counted', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent()
  assert.deepEqual(await ackOf(server.publish(event)), {
    accepted: 1,
    message: 'Accepted 1 events for processing',
    unique: 1,
    duplicates: 0,
    conflicts: 0,
  })
  const { seq, processed_at, ...stored } = await server.getJson(`/events/${event.topic}/${event.event_id}`)
  assert.deepEqual(stored, event)
  assert.equal(seq, 1)
  assert.match(processed_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('batch publish: every event of the batch is stored', async (t) => {
  const server = await startTestServer(t)
  const ack = await ackOf(server.publish(...batchOf(1000)))
  assert.deepEqual([ack.accepted, ack.unique, ack.message], [1000, 1000, 'Accepted 1000 events for processing'])
  assert.equal((await server.getJson('/stats')).unique_processed, 1000)
})

test('one event object and an array of events are publish bodies too', async (t) => {
  const server = await startTestServer(t)
  assert.equal((await ackOf(server.post('/publish', JSON.stringify(wireEvent())))).unique, 1)
  assert.equal((await ackOf(server.post('/publish', JSON.stringify(batchOf(2))))).unique, 2)
})

test('end-to-end duplicate: the second publish is a success, is counted and stores nothing', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent()
  await ackOf(server.publish(event))
  const ack = await ackOf(server.publish(event))
  assert.deepEqual([ack.accepted, ack.unique, ack.duplicates, ack.conflicts], [1, 0, 1, 0])
  assert.equal((await server.getJson('/events')).total, 1)
})

test('counters: received is unique plus duplicates', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent()
  for (let time = 0; time < 3; time++) await ackOf(server.publish(event))
  await ackOf(server.publish(wireEvent(), wireEvent({ ...event, source: 'other' })))
  const { received, unique_processed, duplicate_dropped, duplicate_rate, conflicts } = await server.getJson('/stats')
  assert.deepEqual([received, unique_processed, duplicate_dropped, duplicate_rate, conflicts], [5, 2, 3, 60, 1])
})

test('topic isolation: the same event id in two topics is two events', async (t) => {
  const server = await startTestServer(t)
  const ack = await ackOf(
    server.publish(wireEvent({ topic: 'a', event_id: '1' }), wireEvent({ topic: 'b', event_id: '1' })),
  )
  assert.equal(ack.unique, 2)
  assert.equal((await server.getJson('/events/a/1')).topic, 'a')
  assert.equal((await server.getJson('/events/b/1')).topic, 'b')
})

test('at-least-once retry: the same batch sent five times is stored once', async (t) => {
  const server = await startTestServer(t)
  const batch = batchOf(50)
  const acks = []
  for (let time = 0; time < 5; time++) acks.push(await ackOf(server.publish(...batch)))
  assert.deepEqual(
    acks.map(({ unique, duplicates }) => [unique, duplicates]),
    [
      [50, 0],
      [0, 50],
      [0, 50],
      [0, 50],
      [0, 50],
    ],
  )
  const { received, unique_processed, duplicate_dropped } = await server.getJson('/stats')
  assert.deepEqual([received, unique_processed, duplicate_dropped], [250, 50, 200])
})

test('5,000 events with 20 % duplicates from parallel publishers: every count is exact', async (t) => {
  const server = await startTestServer(t, { store: `sqlite:${temporaryFolder(t)}/events.db` })
  const unique = Array.from({ length: 4000 }, (_, index) =>
    wireEvent({ topic: `topic.${index % 5}`, event_id: `${index}` }),
  )
  const duplicates = unique.filter((_, index) => index % 4 === 0)
  // Multiplied by a number without common factor, so that originals and duplicates are mixed over all batches.
  const sent = [...unique, ...duplicates]
  const mixed = sent.map((_, index) => sent[(index * 1237) % sent.length] as WireEvent)
  const batches = Array.from({ length: 100 }, (_, index) => mixed.slice(index * 50, (index + 1) * 50))
  const publishers = Array.from({ length: 8 }, async () => {
    const acks: Ack[] = []
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      acks.push(await ackOf(server.publish(...batch)))
    }
    return acks
  })
  const acks = (await Promise.all(publishers)).flat()
  const sum = (count: (ack: Ack) => number) => acks.reduce((total, ack) => total + count(ack), 0)
  assert.deepEqual(
    [sum((ack) => ack.accepted), sum((ack) => ack.unique), sum((ack) => ack.duplicates)],
    [5000, 4000, 1000],
  )
  const stats = await server.getJson('/stats')
  assert.deepEqual(
    [stats.received, stats.unique_processed, stats.duplicate_dropped, stats.duplicate_rate, stats.conflicts],
    [5000, 4000, 1000, 20, 0],
  )
  const { topics } = await server.getJson('/topics')
  assert.deepEqual(
    topics.map(({ events }: { events: number }) => events),
    [800, 800, 800, 800, 800],
  )
})

test('64 publishers racing with the same ids: each event is stored for exactly one of them', async (t) => {
  const server = await startTestServer(t, { store: `sqlite:${temporaryFolder(t)}/events.db` })
  const batch = batchOf(20)
  const body = JSON.stringify(batch)
  const acks = await Promise.all(
    Array.from({ length: 64 }, (_, publisher) =>
      ackOf(server.post('/publish?results=all', publisher % 2 === 0 ? body : JSON.stringify(batch.toReversed()))),
    ),
  )
  const winners = new Map<number, number>()
  for (const { results = [] } of acks) {
    assert.equal(results.length, 20)
    for (const { status, seq } of results) if (status === 'stored') winners.set(seq, (winners.get(seq) ?? 0) + 1)
  }
  assert.deepEqual(
    [...winners.entries()].sort(([a], [b]) => a - b),
    batch.map((_, index) => [index + 1, 1]),
  )
  const { received, unique_processed } = await server.getJson('/stats')
  assert.deepEqual([received, unique_processed], [1280, 20])
})

test('?results=all tells what became of each event, in request order', async (t) => {
  const server = await startTestServer(t)
  const [first, second, third] = [wireEvent(), wireEvent(), wireEvent()]
  await ackOf(server.publish(first, second))
  const body = { events: [third, first, { ...second, source: 'other' }, third] }
  const ack = await ackOf(server.post('/publish?results=all', JSON.stringify(body)))
  assert.deepEqual(ack.results, [
    { status: 'stored', seq: 3 },
    { status: 'duplicate', seq: 1 },
    { status: 'conflict', seq: 2 },
    { status: 'duplicate', seq: 3 },
  ])
  assert.deepEqual([ack.accepted, ack.unique, ack.duplicates, ack.conflicts], [4, 1, 3, 1])
})

test('without ?results=all the answer has no results', async (t) => {
  const server = await startTestServer(t)
  assert.equal(Object.hasOwn(await ackOf(server.publish(wireEvent())), 'results'), false)
})

test('a pair twice in one batch: the first is stored, the second is a duplicate', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent({ source: 'first' })
  const ack = await ackOf(server.publish(event, { ...event, source: 'second' }))
  assert.deepEqual([ack.accepted, ack.unique, ack.duplicates, ack.conflicts], [2, 1, 1, 1])
  assert.equal((await server.getJson(`/events/${event.topic}/${event.event_id}`)).source, 'first')
})

for (const [name, other] of [
  ['timestamp', { timestamp: '2026-01-31T09:30:00.000Z' }],
  ['source', { source: 'Test' }],
  ['payload', { payload: { msg: 'hello', level: 'INFO' } }],
] as const) {
  test(`a duplicate with another ${name} is a conflict, also when it means the same`, async (t) => {
    const server = await startTestServer(t)
    const event = wireEvent()
    await ackOf(server.publish(event))
    assert.equal((await ackOf(server.publish({ ...event, ...other }))).conflicts, 1)
  })
}

test('the identity of an event is compared code unit by code unit', async (t) => {
  const server = await startTestServer(t)
  const ids = ['é', 'e\u0301', 'a', 'A', 'ａ', 'a ', ' a', '1', '01', 'ß', 'ss', '__proto__', 'constructor', '😀']
  const events = ids.flatMap((id) => [wireEvent({ topic: 't', event_id: id }), wireEvent({ topic: id, event_id: 't' })])
  const ack = await ackOf(server.publish(...events))
  assert.equal(ack.unique, events.length)
})

test('a batch with one invalid event stores none of its events', async (t) => {
  const server = await startTestServer(t)
  const answer = await server.post(
    '/publish',
    JSON.stringify({ events: [...batchOf(10), { ...wireEvent(), topic: '' }] }),
  )
  assert.equal(answer.status, 422)
  assert.equal((await server.getJson('/stats')).received, 0)
})
