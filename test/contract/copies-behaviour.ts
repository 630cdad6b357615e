/** The copies of events that were sent more than once, and what the duplicates on record say together. */
import assert from 'node:assert/strict'
import type { NewEvent } from '../../src/core/event.ts'
import type { EventStore } from '../../src/core/event-store.ts'
import type { DuplicatedEvent, DuplicateSummaryQuery } from '../../src/core/statistics-store.ts'
import { allDuplicates, anEvent, type Behaviour, type StoreBench, someEvents, startMs } from './store-bench.ts'

function summaryQuery(fields: Partial<DuplicateSummaryQuery> = {}): DuplicateSummaryQuery {
  return { sort: 'duplicates', limit: 1000, offset: 0, ...fields }
}

function conflictOf(event: NewEvent, n = 1): NewEvent {
  return { ...event, payload: `{"other":${n}}` }
}

const sorts = ['conflicts', 'duplicates', 'last_seen', 'spread'] as const

/** Events `a` to `e` in three topics, sent again by several sources, one second after another. */
async function fill(bench: StoreBench): Promise<void> {
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((eventId, index) =>
    anEvent({ eventId, topic: `t${index % 3}`, source: 'first' }),
  ) as [NewEvent, NewEvent, NewEvent, NewEvent, NewEvent]
  await bench.store.append([a, b, c])
  bench.nowMs += 500
  await bench.store.append([d, e])
  const from = (source: string, event: NewEvent) => ({ ...event, source })
  for (const event of [a, a, from('s1', a), from('s2', b), conflictOf(b), b, d, c, from('s2', c), from('s2', c)]) {
    bench.nowMs += 1000
    await bench.store.append([event])
  }
}

export function copiesBehaviour(behaviour: Behaviour): void {
  behaviour('the copies of events are counted by seq', async (bench) => {
    await fill(bench)
    const { statistics } = bench.store
    const expected = [
      { seq: 1, duplicates: 3, conflicts: 1 },
      { seq: 2, duplicates: 3, conflicts: 2 },
      { seq: 3, duplicates: 3, conflicts: 2 },
      { seq: 4, duplicates: 1, conflicts: 0 },
    ]
    assert.deepEqual(await statistics.readCopies([5, 4, 3, 2, 1, 1, 99]), expected)
    assert.deepEqual(await statistics.readCopies([2]), [expected[1]])
    assert.deepEqual(await statistics.readCopies([]), [])
    assert.deepEqual(await statistics.readCopies(Array.from({ length: 1000 }, (_, index) => index)), expected)
  })

  behaviour('the copies of one event are listed by topic and id, page by page', async ({ store }) => {
    const event = anEvent({ topic: 'a', eventId: 'x' })
    const others = [anEvent({ topic: 'b', eventId: 'x' }), anEvent({ topic: 'a', eventId: 'X' })]
    await store.append([event, ...others])
    const copies = [event, conflictOf(event), { ...event, source: 'other' }, event, event, conflictOf(event, 2), event]
    for (const copy of copies) await store.append([copy, ...others])
    const records = (await allDuplicates(store)).filter(({ seq }) => seq === 1)
    assert.equal(records.length, copies.length)
    const one = { topic: 'a', eventId: 'x' }
    for (const limit of [1, 3, 1000]) assert.deepEqual(await allDuplicates(store, { ...one, limit }), records)
    const conflicts = records.filter(({ refused }) => refused !== undefined)
    assert.deepEqual(await allDuplicates(store, { ...one, isConflict: true }), conflicts)
    assert.equal((await allDuplicates(store, { ...one, isConflict: false })).length, 4)
    assert.equal((await allDuplicates(store, { ...one, source: 'other' })).length, 1)
    for (const unknown of [{ topic: 'a', eventId: 'y' }, { topic: 'c', eventId: 'x' }, { eventId: 'x' }]) {
      assert.deepEqual(await allDuplicates(store, unknown), [])
    }
  })

  behaviour('without duplicates a summary is empty and complete', async ({ store }) => {
    await store.append(someEvents(3))
    const window = { throughId: 0, records: 0, sinceMs: undefined, isComplete: true }
    assert.deepEqual(await store.statistics.summariseByEvent(summaryQuery()), { window, total: 0, rows: [] })
    assert.deepEqual(await store.statistics.summariseBySource(summaryQuery()), { window, total: 0, rows: [] })
  })

  behaviour('duplicates are summed up by the event they are copies of', async (bench) => {
    await fill(bench)
    const { window, total, rows } = await bench.store.statistics.summariseByEvent(summaryQuery())
    assert.deepEqual([window.records, window.sinceMs, window.isComplete, total], [10, startMs + 1500, true, 4])
    assert.equal(window.throughId, (await allDuplicates(bench.store))[0]?.id)
    const common = { source: 'first' }
    const [first, second] = [startMs, startMs + 500]
    assert.deepEqual(rows, [
      {
        ...{ ...common, topic: 't2', eventId: 'c', seq: 3, storedAtMs: first, duplicates: 3, conflicts: 2 },
        ...{ duplicateSources: ['s2', 'first'], duplicateSourceCount: 2, lastSeenAtMs: startMs + 10_500 },
      },
      {
        ...{ ...common, topic: 't1', eventId: 'b', seq: 2, storedAtMs: first, duplicates: 3, conflicts: 2 },
        ...{ duplicateSources: ['first', 's2'], duplicateSourceCount: 2, lastSeenAtMs: startMs + 6500 },
      },
      {
        ...{ ...common, topic: 't0', eventId: 'a', seq: 1, storedAtMs: first, duplicates: 3, conflicts: 1 },
        ...{ duplicateSources: ['first', 's1'], duplicateSourceCount: 2, lastSeenAtMs: startMs + 3500 },
      },
      {
        ...{ ...common, topic: 't0', eventId: 'd', seq: 4, storedAtMs: second, duplicates: 1, conflicts: 0 },
        ...{ duplicateSources: ['first'], duplicateSourceCount: 1, lastSeenAtMs: startMs + 7500 },
      },
    ] satisfies DuplicatedEvent[])
  })

  behaviour('duplicates are summed up by the source that sent them', async (bench) => {
    await fill(bench)
    const { total, rows } = await bench.store.statistics.summariseBySource(summaryQuery())
    assert.equal(total, 3)
    assert.deepEqual(rows, [
      {
        ...{ source: 'first', duplicates: 6, conflicts: 1, events: 4, lastSeenAtMs: startMs + 8500 },
        lateMs: { p50: 5500, p90: 8500, max: 8500 },
      },
      {
        ...{ source: 's2', duplicates: 3, conflicts: 3, events: 2, lastSeenAtMs: startMs + 10_500 },
        lateMs: { p50: 9500, p90: 10_500, max: 10_500 },
      },
      {
        ...{ source: 's1', duplicates: 1, conflicts: 1, events: 1, lastSeenAtMs: startMs + 3500 },
        lateMs: { p50: 3500, p90: 3500, max: 3500 },
      },
    ])
  })

  behaviour('a summary is sorted by what was asked for, and divided into pages that fit together', async (bench) => {
    await fill(bench)
    const { statistics } = bench.store
    const expectedEvents = { conflicts: 'cbad', duplicates: 'cbad', last_seen: 'cdba', spread: 'cdba' }
    const expectedSources = {
      conflicts: ['s2', 'first', 's1'],
      duplicates: ['first', 's2', 's1'],
      last_seen: ['s2', 'first', 's1'],
      spread: ['s2', 'first', 's1'],
    }
    for (const sort of sorts) {
      const events = (await statistics.summariseByEvent(summaryQuery({ sort }))).rows
      assert.equal(events.map(({ eventId }) => eventId).join(''), expectedEvents[sort], sort)
      const sources = (await statistics.summariseBySource(summaryQuery({ sort }))).rows
      assert.deepEqual(
        sources.map(({ source }) => source),
        expectedSources[sort],
      )
      for (const offset of [0, 1, 3, 4, 5]) {
        const query = summaryQuery({ sort, offset, limit: 2 })
        assert.deepEqual((await statistics.summariseByEvent(query)).rows, events.slice(offset, offset + 2))
        assert.deepEqual((await statistics.summariseBySource(query)).rows, sources.slice(offset, offset + 2))
      }
    }
  })

  behaviour('of events alike in everything the one stored last comes first', async ({ store }) => {
    const events = someEvents(5)
    await store.append(events)
    await store.append(events)
    for (const sort of sorts) {
      const { rows } = await store.statistics.summariseByEvent(summaryQuery({ sort }))
      assert.deepEqual(
        rows.map(({ seq }) => seq),
        [5, 4, 3, 2, 1],
      )
    }
  })

  behaviour('a summary takes only duplicates of a topic, of a source, or only conflicts', async (bench) => {
    await fill(bench)
    const { statistics } = bench.store
    const summary = async (fields: Partial<DuplicateSummaryQuery>) => {
      const [events, sources] = await Promise.all([
        statistics.summariseByEvent(summaryQuery(fields)),
        statistics.summariseBySource(summaryQuery(fields)),
      ])
      assert.equal(events.window.records, 10)
      assert.deepEqual(sources.window, events.window)
      return {
        events: events.rows.map(({ eventId, duplicates, conflicts }) => `${eventId}${duplicates}${conflicts}`),
        sources: sources.rows.map(({ source, duplicates, conflicts }) => `${source} ${duplicates}${conflicts}`),
      }
    }
    assert.deepEqual(await summary({ topic: 't0' }), { events: ['a31', 'd10'], sources: ['first 30', 's1 11'] })
    assert.deepEqual(await summary({ source: 's2' }), { events: ['c22', 'b11'], sources: ['s2 33'] })
    const conflicts = { events: ['c22', 'b22', 'a11'], sources: ['s2 33', 'first 11', 's1 11'] }
    assert.deepEqual(await summary({ isConflict: true }), conflicts)
    assert.deepEqual(await summary({ isConflict: false }), {
      events: ['a20', 'c10', 'd10', 'b10'],
      sources: ['first 50'],
    })
    assert.deepEqual(await summary({ topic: 't1', isConflict: false }), { events: ['b10'], sources: ['first 10'] })
    assert.deepEqual(await summary({ topic: 'unknown' }), { events: [], sources: [] })
  })

  behaviour('pages of a summary fit together while duplicates arrive', async ({ store }) => {
    const events = someEvents(20)
    await store.append(events)
    for (let index = 0; index < 20; index++) await store.append(events.slice(index))
    const { statistics } = store
    const whole = await statistics.summariseByEvent(summaryQuery())
    const sources = await statistics.summariseBySource(summaryQuery())
    const { throughId } = whole.window
    for (let offset = 0; offset < 20; offset += 3) {
      await store.append([
        ...events,
        conflictOf(events[0] ?? anEvent()),
        { ...(events[1] ?? anEvent()), source: 'new' },
      ])
      const query = summaryQuery({ throughId, offset, limit: 3 })
      const { window, total, rows } = await statistics.summariseByEvent(query)
      assert.deepEqual({ window, total, rows }, { ...whole, rows: whole.rows.slice(offset, offset + 3) })
    }
    assert.deepEqual(await statistics.summariseBySource(summaryQuery({ throughId })), sources)
    assert.equal((await statistics.summariseBySource(summaryQuery())).total, 2)
  })

  behaviour('an event that many sources sent again names ten of them', async ({ store }) => {
    const event = anEvent()
    const copies = Array.from({ length: 25 }, (_, source) => new Array(1 + (source % 7)).fill(`s${source}`)).flat()
    await store.append([event, ...copies.map((source) => ({ ...event, source }))])
    const [row] = (await store.statistics.summariseByEvent(summaryQuery())).rows
    const most = ['s13', 's20', 's6', 's12', 's19', 's5', 's11', 's18', 's4', 's10']
    assert.deepEqual([row?.duplicateSources, row?.duplicateSourceCount], [most, 25])
  })

  behaviour('beyond its bound a summary says that older duplicates were not looked at', summariseBeyondBound)
}

async function summariseBeyondBound(bench: StoreBench): Promise<void> {
  const { store } = bench
  const [old, newer] = [anEvent(), anEvent()]
  await store.append([old, newer])
  await append(store, old, 10)
  bench.nowMs += 1000
  await append(store, newer, 100_000)
  const { window, rows } = await store.statistics.summariseByEvent(summaryQuery())
  assert.deepEqual([window.records, window.sinceMs, window.isComplete], [100_000, startMs + 1000, false])
  assert.deepEqual(
    rows.map(({ seq, duplicates }) => [seq, duplicates]),
    [[2, 100_000]],
  )
  const before = await store.statistics.summariseByEvent(summaryQuery({ throughId: window.throughId - 99_995 }))
  assert.deepEqual([before.window.records, before.window.isComplete], [15, true])
  assert.deepEqual(
    before.rows.map(({ seq, duplicates }) => [seq, duplicates]),
    [
      [1, 10],
      [2, 5],
    ],
  )
}

async function append(store: EventStore, event: NewEvent, copies: number): Promise<void> {
  for (let left = copies; left > 0; left -= 10_000) await store.append(new Array(Math.min(left, 10_000)).fill(event))
}
