/** Events per bucket of time, by their own timestamps. */
import assert from 'node:assert/strict'
import type { EventStore } from '../../src/core/event-store.ts'
import type { HistogramQuery } from '../../src/core/statistics-store.ts'
import { anEvent, type Behaviour, someEvents, startMs } from './store-bench.ts'

/** Ten buckets of a second. */
function histogramQuery(fields: Partial<HistogramQuery> = {}): HistogramQuery {
  const [from, to] = [
    { ms: startMs, fraction: '' },
    { ms: startMs + 10_000, fraction: '' },
  ]
  return { from, to, startMs, widthMs: 1000, buckets: 10, timeBudgetMs: 60_000, ...fields }
}

async function countsOf(store: EventStore, fields: Partial<HistogramQuery> = {}): Promise<readonly number[]> {
  const { counts, countedFromMs } = await store.statistics.countEvents(histogramQuery(fields))
  assert.equal(countedFromMs, undefined)
  return counts
}

const zeros = new Array(10).fill(0)

export function histogramBehaviour(behaviour: Behaviour): void {
  behaviour('an empty store has buckets without events', async ({ store }) => {
    assert.deepEqual(await countsOf(store), zeros)
    assert.deepEqual(await countsOf(store, { source: 'any', text: 'any', topic: 'any' }), zeros)
  })

  behaviour('an event is in the bucket of its instant, whenever it was stored', async ({ store }) => {
    const offsetsMs = [9999, 0, 1, 999, 1000, 5000, -1, 10_000, 5500, 5999]
    await store.append(someEvents(offsetsMs.length, (index) => ({ ms: startMs + (offsetsMs[index] ?? 0) })))
    const expected = [3, 1, 0, 0, 0, 3, 0, 0, 0, 1]
    assert.deepEqual(await countsOf(store), expected)
    assert.deepEqual(await countsOf(store, { source: 'contract' }), expected)
    assert.deepEqual(await countsOf(store, { buckets: 3, widthMs: 4000 }), [4, 3, 1])
    assert.deepEqual(await countsOf(store, { buckets: 1000, widthMs: 10 }), [
      ...[2, ...new Array(98).fill(0), 1, 1],
      ...[...new Array(399).fill(0), 1, ...new Array(49).fill(0), 1, ...new Array(48).fill(0), 1],
      ...[...new Array(399).fill(0), 1],
    ])
  })

  behaviour('the ends of the range are exact to the last digit', async ({ store }) => {
    const fractions = ['', '0000000001', '4', '45', '450000000001', '450000000002', '5', '9999999999999']
    await store.append(someEvents(8, (index) => ({ ms: startMs + 2000, fraction: fractions[index] ?? '' })))
    for (const filter of [{}, { source: 'contract' }, { topic: 'logs.test' }]) {
      for (const [first, fraction] of fractions.entries()) {
        const from = { ms: startMs + 2000, fraction }
        assert.equal((await countsOf(store, { ...filter, from }))[2], 8 - first, `from ${fraction}`)
        assert.equal((await countsOf(store, { ...filter, to: from }))[2], first, `to ${fraction}`)
        const both = { from, to: { ms: startMs + 2000, fraction: '5' } }
        assert.equal((await countsOf(store, { ...filter, ...both }))[2], Math.max(0, 6 - first))
      }
    }
  })

  behaviour('the first bucket may begin before the range, and the last one end behind it', async ({ store }) => {
    await store.append(someEvents(100, (index) => ({ ms: startMs + index * 100 })))
    const query = {
      from: { ms: startMs + 150, fraction: '' },
      to: { ms: startMs + 2850, fraction: '' },
      startMs: startMs - 500,
      buckets: 5,
    }
    assert.deepEqual(await countsOf(store, query), [3, 10, 10, 4, 0])
  })

  behaviour('a range without instants is empty', async ({ store }) => {
    await store.append(someEvents(10))
    for (const filter of [{}, { source: 'contract' }]) {
      const at = (ms: number) => ({ ms: startMs + ms, fraction: '' })
      assert.deepEqual(await countsOf(store, { ...filter, from: at(0), to: at(0) }), zeros)
      assert.deepEqual(await countsOf(store, { ...filter, from: at(5), to: at(0) }), zeros)
      assert.deepEqual(await countsOf(store, { ...filter, from: at(1) }), zeros)
    }
  })

  behaviour('a histogram is of a topic, a source, a text, or several of them', async ({ store }) => {
    await store.append(
      someEvents(60, (index) => ({
        ms: startMs + (index % 10) * 1000,
        topic: `t${index % 2}`,
        source: `s${index % 3}`,
        payload: index % 4 === 0 ? '{"text":"Caf\\u00c9"}' : '{"n":1}',
      })),
    )
    const total = async (fields: Partial<HistogramQuery>) =>
      (await countsOf(store, fields)).reduce((sum, count) => sum + count, 0)
    assert.equal(await total({}), 60)
    assert.deepEqual(await countsOf(store, { topic: 't1' }), [0, 6, 0, 6, 0, 6, 0, 6, 0, 6])
    assert.equal(await total({ source: 's1' }), 20)
    assert.equal(await total({ text: 'café' }), 15)
    assert.equal(await total({ topic: 't0', source: 's1' }), 10)
    assert.equal(await total({ topic: 't0', source: 's0', text: 'CAFÉ' }), 5)
    assert.equal(await total({ topic: 't1', text: 'café' }), 0)
    for (const unknown of [{ topic: 'unknown' }, { source: 'unknown' }, { text: 'unknown' }]) {
      assert.equal(await total(unknown), 0)
    }
  })

  behaviour('duplicates are not counted', async ({ store }) => {
    const event = anEvent()
    await store.append([event, event, { ...event, payload: '{}' }])
    assert.deepEqual(await countsOf(store), [1, ...zeros.slice(1)])
  })

  behaviour('when the time budget runs out, the newest were counted and it says from where on', async ({ store }) => {
    const events = someEvents(2000, (index) => ({ ms: startMs + 5 * ((index * 7) % 2000) }))
    await store.append(events)
    const query = histogramQuery({ source: 'contract', timeBudgetMs: -1 })
    const { counts, countedFromMs } = await store.statistics.countEvents(query)
    assert.ok(countedFromMs !== undefined)
    const counted = counts.reduce((sum, count) => sum + count, 0)
    assert.ok(counted > 0 && counted < 2000, `${counted} were counted`)
    assert.equal(counted, events.filter(({ instant }) => instant.ms >= countedFromMs).length)
    assert.deepEqual(await countsOf(store, { timeBudgetMs: -1 }), new Array(10).fill(200))
  })
}
