import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import type { EventStore } from '../../src/core/event-store.ts'
import type { HistogramQuery, StatisticsStore } from '../../src/core/statistics-store.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem, pointersOf } from '../support/problem.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { startServerOver, storeWith } from '../support/server-over.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Answer {
  readonly from: string | null
  readonly width_ms: number | null
  readonly total: number
  readonly buckets: readonly { readonly from: string; readonly events: number }[]
  readonly topics?: readonly { readonly topic: string; readonly events: readonly number[] }[]
}

const minutes = (minute: number, second = 0) => new Date(Date.UTC(2026, 0, 31, 9, minute, second)).toISOString()

/** Five events: topic a at 09:00, 09:01:30 and 09:03, topic b at 09:01 and 09:01:59. */
async function startWithEvents(t: TestContext): Promise<TestServer> {
  const server = await startTestServer(t, { store: `sqlite:${temporaryFolder(t)}/events.db` })
  await server.publish(
    wireEvent({ topic: 'a', timestamp: minutes(0), source: 'x' }),
    wireEvent({ topic: 'a', timestamp: minutes(3), payload: { msg: 'Needle' } }),
    wireEvent({ topic: 'b', timestamp: minutes(1), source: 'x' }),
    wireEvent({ topic: 'a', timestamp: minutes(1, 30) }),
    wireEvent({ topic: 'b', timestamp: minutes(1, 59), payload: { msg: 'needle' } }),
  )
  return server
}

/** The statistics of the store, but counted another way. */
function countingWith(
  { statistics }: Pick<EventStore, 'statistics'>,
  countEvents: StatisticsStore['countEvents'],
): StatisticsStore {
  return {
    countEvents,
    readRates: (query) => statistics.readRates(query),
    readCopies: (seqs) => statistics.readCopies(seqs),
    summariseByEvent: (query) => statistics.summariseByEvent(query),
    summariseBySource: (query) => statistics.summariseBySource(query),
  }
}

const counts = ({ buckets }: Answer) => buckets.map(({ events }) => events)

test('a histogram has exactly the fields of the contract, and a bucket for every minute', async (t) => {
  const server = await startWithEvents(t)
  assert.deepEqual(await server.getJson('/events/histogram?width_ms=60000'), {
    from: minutes(0),
    to: minutes(4),
    width_ms: 60_000,
    total: 5,
    counted_from: null,
    buckets: [
      { from: minutes(0), events: 1 },
      { from: minutes(1), events: 3 },
      { from: minutes(2), events: 0 },
      { from: minutes(3), events: 1 },
    ],
  })
})

const questions = [
  ['of a topic', 'topic=b', [2]],
  ['from an instant', `from=${minutes(1, 30)}`, [2, 0, 1]],
  ['up to an instant, without it', `to=${minutes(1, 59)}`, [1, 2]],
  ['of a source', 'source=x', [1, 1, 0, 0]],
  ['of a text in any case', 'q=NEEDLE', [0, 1, 0, 1]],
  ['of all filters together', `topic=b&source=x&q=hello&from=${minutes(1)}&to=${minutes(2)}`, [1]],
  ['of a range that holds none', `from=${minutes(2)}&to=${minutes(3)}`, [0]],
  ['of a range before all', `to=${minutes(0)}`, []],
  ['of a range after all', `from=${minutes(10)}`, []],
  ['of a topic that nobody published to', 'topic=c', []],
] as const

test('filters and ranges', async (t) => {
  const server = await startWithEvents(t)
  for (const [name, query, expected] of questions) {
    await t.test(`the events ${name}`, async () => {
      const answer: Answer = await server.getJson(`/events/histogram?width_ms=60000&${query}`)
      assert.deepEqual(counts(answer), expected)
      const total = expected.reduce((sum: number, each) => sum + each, 0)
      assert.equal(answer.total, total)
    })
  }
})

test('the page of events for a bucket holds as many as the bucket says', async (t) => {
  const server = await startWithEvents(t)
  const { buckets }: Answer = await server.getJson('/events/histogram?width_ms=60000')
  for (const { from, events } of buckets) {
    const to = new Date(Date.parse(from) + 60_000).toISOString()
    assert.equal((await server.getJson(`/events?from=${from}&to=${to}`)).total, events)
  }
})

test('without a width the server chooses a round one, for 60 buckets or as many as asked for', async (t) => {
  const server = await startWithEvents(t)
  const range = `from=${minutes(0)}&to=${minutes(5)}`
  const widthOf = async (query: string) => (await server.getJson(`/events/histogram?${range}&${query}`)).width_ms
  assert.equal(await widthOf(''), 5000)
  assert.equal(await widthOf('buckets=10'), 30_000)
  assert.equal(await widthOf('buckets=5'), 60_000)
  assert.equal(await widthOf('buckets=500'), 1000)
})

test('an empty store has no buckets', async (t) => {
  const server = await startTestServer(t)
  const nothing = { from: null, to: null, width_ms: null, total: 0, counted_from: null, buckets: [] }
  assert.deepEqual(await server.getJson('/events/histogram'), nothing)
  assert.deepEqual(await server.getJson('/events/histogram?by=topic'), { ...nothing, topics: [] })
})

test('by=topic adds the five topics with most events in the range, largest first', async (t) => {
  const server = await startTestServer(t)
  const events = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((topic, index) =>
    Array.from({ length: index + 1 }, (_, at) => wireEvent({ topic, timestamp: minutes(at % 2) })),
  )
  await server.publish(...events, wireEvent({ topic: 'f', timestamp: minutes(50) }))
  const path = `/events/histogram?by=topic&width_ms=60000&from=${minutes(0)}&to=${minutes(2)}`
  const answer: Answer = await server.getJson(path)
  assert.deepEqual(counts(answer), [12, 9])
  assert.deepEqual(answer.topics, [
    { topic: 'f', events: [3, 3] },
    { topic: 'e', events: [3, 2] },
    { topic: 'd', events: [2, 2] },
    { topic: 'c', events: [2, 1] },
    { topic: 'b', events: [1, 1] },
  ])
})

test('no topic has more than all together, whatever is published in between', async (t) => {
  const memory = openMemoryEventStore({ clock: systemClock })
  const countAndPublish = async (query: HistogramQuery) => {
    const histogram = await memory.statistics.countEvents(query)
    await server.publish(wireEvent({ topic: 'a', timestamp: minutes(0) }))
    return histogram
  }
  const server = await startServerOver(t, {
    store: storeWith(memory, { statistics: countingWith(memory, countAndPublish) }),
  })
  await server.publish(wireEvent({ topic: 'a', timestamp: minutes(0) }))
  const answer: Answer = await server.getJson('/events/histogram?by=topic')
  const shown = answer.topics?.[0]?.events[0] ?? assert.fail('the topic is there')
  assert.ok(shown <= (answer.buckets[0]?.events ?? 0))
})

test('when the time budget ran out the answer says since when it counted', async (t) => {
  const memory = openMemoryEventStore({ clock: systemClock })
  const countedFromMs = Date.parse(minutes(1))
  const statistics = countingWith(memory, async () => ({ counts: [0, 2], countedFromMs }))
  const server = await startServerOver(t, { store: storeWith(memory, { statistics }) })
  const path = `/events/histogram?q=x&width_ms=60000&from=${minutes(0)}&to=${minutes(2)}`
  const { partial, counted_from, total } = await server.getJson(path)
  assert.deepEqual({ partial, counted_from, total }, { partial: true, counted_from: minutes(1), total: 2 })
})

const refused = [
  ['width_ms=0', 'width_ms'],
  ['width_ms=1.5', 'width_ms'],
  ['width_ms=x', 'width_ms'],
  ['width_ms=1', 'width_ms'],
  ['width_ms=9007199254740991', 'width_ms'],
  ['buckets=0', 'buckets'],
  ['buckets=501', 'buckets'],
  ['by=source', 'by'],
  ['from=yesterday', 'from'],
  ['to=x', 'to'],
  ['topic=', 'topic'],
  ['q=', 'q'],
  ['limit=1', 'limit'],
] as const

test('422 names the parameter at fault', async (t) => {
  const server = await startWithEvents(t)
  for (const [query, parameter] of refused) {
    const problem = await assertProblem(await server.get(`/events/histogram?${query}`), 422)
    assert.deepEqual(pointersOf(problem), [`/${parameter}`], query)
  }
})

test('never 500: the first and the last day there are, in any number of buckets', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent({ timestamp: '0000-01-01' }), wireEvent({ timestamp: '9999-12-31T23:59:59.999999Z' }))
  for (const query of ['', 'buckets=2', 'buckets=500', 'width_ms=3144960000000', 'by=topic&buckets=7']) {
    const answer: Answer = await server.getJson(`/events/histogram?${query}`)
    assert.deepEqual([answer.total, counts(answer).at(0), counts(answer).at(-1)], [2, 1, 1], query)
  }
})
