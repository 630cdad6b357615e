import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { Clock } from '../../src/core/clock.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem, pointersOf } from '../support/problem.ts'
import { startTestServer } from '../support/server.ts'
import { startServerOver } from '../support/server-over.ts'

const nowMs = Date.UTC(2026, 0, 31, 9, 30, 5)
const hourMs = 3_600_000
const iso = (ms: number) => new Date(ms).toISOString()

/** Received at 09:10:05: an event, its duplicate and a conflict; at 09:20:05 another topic; it is 09:30:05. */
async function startWithReceived(t: TestContext) {
  let timeMs = nowMs - 1_200_000
  const clock: Clock = { nowMs: () => timeMs, monotonicMs: () => timeMs }
  const server = await startServerOver(t, { store: openMemoryEventStore({ clock }), clock })
  const event = wireEvent({ topic: 'a', source: 'x' })
  await server.publish(event, event, { ...event, source: 'y' })
  timeMs = nowMs - 600_000
  await server.publish(wireEvent({ topic: 'b', source: 'x' }))
  timeMs = nowMs
  return server
}

test('the last hour up to now, in buckets of a minute, without any parameter', async (t) => {
  const server = await startWithReceived(t)
  const { from, to, width_s, buckets, total, series } = await server.getJson('/rates')
  assert.deepEqual([from, to, width_s], ['2026-01-31T08:30:00.000Z', '2026-01-31T09:31:00.000Z', 60])
  assert.deepEqual([buckets.length, buckets[0], buckets[60]], [61, from, '2026-01-31T09:30:00.000Z'])
  assert.equal(series, undefined)
  const found = Object.entries(total as Record<string, number[]>).map(([kind, counts]) => {
    assert.equal(counts.length, buckets.length)
    return [kind, counts.flatMap((count, at) => (count === 0 ? [] : [[buckets[at].slice(11, 16), count]]))]
  })
  assert.deepEqual(found, [
    [
      'unique',
      [
        ['09:10', 1],
        ['09:20', 1],
      ],
    ],
    ['duplicates', [['09:10', 2]]],
    ['conflicts', [['09:10', 1]]],
  ])
})

test('by topic or source, those that received most first', async (t) => {
  const server = await startWithReceived(t)
  const range = 'width_s=600&from=2026-01-31T09:10:00Z&to=2026-01-31T09:30:00Z'
  const byTopic = await server.getJson(`/rates?${range}&by=topic`)
  assert.deepEqual(byTopic.total, { unique: [1, 1], duplicates: [2, 0], conflicts: [1, 0] })
  assert.deepEqual(byTopic.series, [
    { name: 'a', unique: [1, 0], duplicates: [2, 0], conflicts: [1, 0] },
    { name: 'b', unique: [0, 1], duplicates: [0, 0], conflicts: [0, 0] },
  ])
  const bySource = await server.getJson(`/rates?${range}&by=source&limit=1`)
  assert.deepEqual(bySource.series, [{ name: 'x', unique: [1, 1], duplicates: [1, 0], conflicts: [0, 0] }])
})

test('every name that is asked for has a series, also one that received nothing', async (t) => {
  const server = await startWithReceived(t)
  const names = async (query: string): Promise<string[]> =>
    (await server.getJson(`/rates?by=topic&${query}`)).series.map(({ name }: { name: string }) => name)
  assert.deepEqual(await names('name=b'), ['b'])
  assert.deepEqual(await names('name=z&name=b&name=b'), ['b', 'z'])
  const many = Array.from({ length: 30 }, (_, at) => `n${at}`)
  assert.deepEqual((await names(many.map((name) => `name=${name}`).join('&'))).sort(), many.sort())
})

test('what reaches further back than six hours has buckets of ten minutes or more', async (t) => {
  const server = await startWithReceived(t)
  const widthOf = async (hours: number) => (await server.getJson(`/rates?from=${iso(nowMs - hours * hourMs)}`)).width_s
  assert.deepEqual([await widthOf(0.25), await widthOf(6), await widthOf(7), await widthOf(24)], [10, 300, 600, 1800])
  const problem = await assertProblem(await server.get(`/rates?width_s=60&from=${iso(nowMs - 7 * hourMs)}`), 422)
  assert.deepEqual(pointersOf(problem), ['/width_s'])
})

test('a running server shows what it acknowledged', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent(), wireEvent())
  const { total } = await server.getJson('/rates')
  const sum = (counts: readonly number[]) => counts.reduce((all, each) => all + each, 0)
  assert.deepEqual([sum(total.unique), sum(total.duplicates), sum(total.conflicts)], [2, 0, 0])
})

const refused = [
  ['width_s=0', 'width_s'],
  ['width_s=15', 'width_s'],
  ['width_s=9007199254740990', 'width_s'],
  ['width_s=10&from=2026-01-31T04:00:00Z', 'width_s'],
  ['by=event', 'by'],
  ['name=a', 'name'],
  ['by=topic&name=', 'name'],
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['from=x', 'from'],
  ['to=x', 'to'],
  ['from=2026-01-31T09:00:00Z&to=2026-01-31T09:00:00Z', 'from'],
  ['from=2030-01-01', 'from'],
  ['width_ms=1', 'width_ms'],
] as const

test('422 names the parameter at fault', async (t) => {
  const server = await startWithReceived(t)
  for (const [query, parameter] of refused) {
    const problem = await assertProblem(await server.get(`/rates?${query}`), 422)
    assert.equal(pointersOf(problem)[0], `/${parameter}`, query)
  }
  const names = Array.from({ length: 101 }, (_, at) => `name=${at}`).join('&')
  assert.match(pointersOf(await assertProblem(await server.get(`/rates?by=topic&${names}`), 422))[0] ?? '', /^\/name/)
})

test('never 500: all the time there is', async (t) => {
  const server = await startWithReceived(t)
  const ends = 'from=0000-01-01&to=9999-12-31T23:59:59.999Z'
  const { total } = await server.getJson(`/rates?${ends}`)
  assert.equal(
    total.unique.reduce((all: number, each: number) => all + each, 0),
    2,
  )
  await server.getJson(`/rates?${ends}&width_s=3144960000`)
})
