/** What was received per stretch of time, by when it was received. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStore } from '../../src/core/event-store.ts'
import { type Rates, type RatesQuery, rateLevels } from '../../src/core/statistics-store.ts'
import { anEvent, type Behaviour, someEvents, startMs } from './store-bench.ts'

const startS = startMs / 1000
const [fine, coarse] = rateLevels

function ratesQuery(fields: Partial<RatesQuery> = {}): RatesQuery {
  return { fromS: startS, toS: startS + 6 * fine.widthS, widthS: fine.widthS, limit: 100, ...fields }
}

/** What the store shows once it shows all that was acknowledged. */
async function settledRates(store: EventStore, query: RatesQuery, received: number): Promise<Rates> {
  for (let attempt = 0; ; attempt++) {
    const rates = await store.statistics.readRates(query)
    const { unique, duplicates } = rates.total
    const shown = [...unique, ...duplicates].reduce((sum, count) => sum + count, 0)
    if (shown === received) return rates
    assert.ok(shown < received && attempt < 1000, `${shown} of ${received} are shown`)
    await sleep(10)
  }
}

const zeros = [0, 0, 0, 0, 0, 0]

export function rateBehaviour(behaviour: Behaviour): void {
  behaviour('what was received is counted by when it was, as unique, duplicate and conflict', async (bench) => {
    const { store } = bench
    // Their own timestamps do not matter.
    const events = someEvents(5, (index) => ({ ms: startMs - index * 86_400_000 }))
    await store.append(events)
    bench.nowMs += 9999
    await store.append([...events.slice(0, 2), { ...(events[0] ?? anEvent()), payload: '{"other":true}' }])
    bench.nowMs += 1
    await store.append([anEvent(), anEvent()])
    bench.nowMs += 40_000
    await store.append([anEvent()])
    assert.deepEqual(await settledRates(store, ratesQuery(), 11), {
      total: { unique: [5, 2, 0, 0, 0, 1], duplicates: [3, 0, 0, 0, 0, 0], conflicts: [1, 0, 0, 0, 0, 0] },
      series: [],
    })
    const shorter = ratesQuery({ fromS: startS + 10, toS: startS + 50, widthS: 20 })
    assert.deepEqual((await store.statistics.readRates(shorter)).total.unique, [2, 0])
    const [start, end] = [startS - (startS % 600), startS - (startS % 600) + 1200]
    const wide = await settledRates(store, ratesQuery({ fromS: start, toS: end, widthS: coarse.widthS }), 11)
    assert.deepEqual(wide.total, { unique: [8, 0], duplicates: [3, 0], conflicts: [1, 0] })
  })

  behaviour('the time of receipt is that which the group was given', async ({ store }) => {
    await store.append([anEvent()], startMs + 25_000)
    assert.deepEqual((await settledRates(store, ratesQuery(), 1)).total.unique, [0, 0, 1, 0, 0, 0])
  })

  for (const by of ['topic', 'source'] as const) {
    behaviour(`rates by ${by} are a series for each name, with most received first`, async (bench) => {
      const { store } = bench
      const named = (name: string) => (by === 'topic' ? { topic: name } : { source: name })
      const busy = someEvents(3, () => named('busy'))
      await store.append([...busy, anEvent(named('Z')), anEvent(named('a')), anEvent(named('😀')), anEvent(named('ﬀ'))])
      bench.nowMs += 10_000
      await store.append([...busy.slice(0, 2), { ...(busy[0] ?? anEvent()), payload: '{}' }, anEvent(named('a'))])
      const rates = await settledRates(store, ratesQuery({ by }), 11)
      assert.deepEqual(
        rates.series.map(({ name }) => name),
        ['busy', 'a', 'Z', 'ﬀ', '😀'],
      )
      assert.deepEqual(rates.series[0], {
        name: 'busy',
        unique: [3, 0, 0, 0, 0, 0],
        duplicates: [0, 3, 0, 0, 0, 0],
        conflicts: [0, 1, 0, 0, 0, 0],
      })
      const two = await store.statistics.readRates(ratesQuery({ by, limit: 2 }))
      assert.deepEqual(two, { total: rates.total, series: rates.series.slice(0, 2) })
      const asked = await store.statistics.readRates(ratesQuery({ by, names: ['unknown', '😀', 'a'] }))
      assert.deepEqual(asked.series, [
        rates.series[1],
        rates.series[4],
        { name: 'unknown', unique: zeros, duplicates: zeros, conflicts: zeros },
      ])
      const wide = { fromS: startS - (startS % 600), toS: startS - (startS % 600) + 1200, widthS: 600, by, limit: 1 }
      assert.deepEqual((await settledRates(store, wide, 11)).series, [
        { name: 'busy', unique: [3, 0], duplicates: [3, 0], conflicts: [1, 0] },
      ])
    })
  }

  behaviour('a duplicate counts for the source that sent it', async ({ store }) => {
    const event = anEvent({ source: 'first' })
    await store.append([event, { ...event, source: 'second' }])
    const { series } = await settledRates(store, ratesQuery({ by: 'source' }), 2)
    assert.deepEqual(
      series.map(({ name, unique, duplicates, conflicts }) => [name, unique[0], duplicates[0], conflicts[0]]),
      [
        ['first', 1, 0, 0],
        ['second', 0, 1, 1],
      ],
    )
  })

  behaviour(
    'a clock that is set back, or forward for a moment, moves what is received and loses nothing',
    async (bench) => {
      const { store } = bench
      for (const afterMs of [30_000, 0, 10_000, 30_000, 30 * 365 * 86_400_000, 0, 30_001]) {
        bench.nowMs = startMs + afterMs
        await store.append([anEvent()])
      }
      assert.deepEqual((await settledRates(store, ratesQuery(), 6)).total.unique, [2, 1, 0, 3, 0, 0])
    },
  )

  behaviour('more names in a stretch of time than are kept are in the total', async (bench) => {
    const { store } = bench
    const many = fine.maxNames + 500
    const few = someEvents(300, () => ({ topic: 'busy', source: 'busy' }))
    await store.append([...few, ...someEvents(many, (index) => ({ topic: `t${index}`, source: `s${index}` }))])
    for (const by of ['topic', 'source'] as const) {
      const fineRates = await settledRates(store, ratesQuery({ by, limit: 100 }), many + 300)
      assert.deepEqual([fineRates.series.length, fineRates.series[0]?.name], [100, 'busy'])
      const widthS = coarse.widthS
      const start = startS - (startS % widthS)
      const query = ratesQuery({ by, fromS: start, toS: start + widthS, widthS, limit: 100 })
      const coarseRates = await settledRates(store, query, many + 300)
      assert.deepEqual([coarseRates.series.length, coarseRates.series[0]?.unique], [100, [300]])
    }
  })
}

/** For stores that outlive their process. */
export function durableRateBehaviour(behaviour: Behaviour): void {
  behaviour('reopening keeps rates, and goes on with them', async (bench) => {
    const event = anEvent({ topic: 'a' })
    for (let round = 1; round <= 3; round++) {
      await bench.store.append([event, anEvent({ topic: 'b' })])
      // What is gathered in memory is written when the store is closed.
      await bench.store.append([anEvent({ topic: 'b' })])
      const store = await bench.reopen()
      for (const widthS of [fine.widthS, coarse.widthS]) {
        const start = startS - (startS % widthS)
        const query = ratesQuery({ by: 'topic', fromS: start, toS: start + widthS, widthS })
        assert.deepEqual(await store.statistics.readRates(query), {
          total: { unique: [2 * round + 1], duplicates: [round - 1], conflicts: [0] },
          series: [
            { name: 'b', unique: [2 * round], duplicates: [0], conflicts: [0] },
            { name: 'a', unique: [1], duplicates: [round - 1], conflicts: [0] },
          ],
        })
      }
    }
  })
}
