/** The log in commit order: what tails and subscriptions read. */
import assert from 'node:assert/strict'
import { type EventStore, type LogQuery, storeLimits } from '../../src/core/event-store.ts'
import { asStored, type Behaviour, someEvents, storedFields } from './store-bench.ts'

function aLogQuery(fields: Partial<LogQuery> = {}): LogQuery {
  return { after: 0, topics: [], limit: 1000, maxChars: storeLimits.maxPageChars, timeBudgetMs: 60_000, ...fields }
}

/** Every page of a query; each begins where the one before said it had looked. */
async function readWholeLog(store: EventStore, fields: Partial<LogQuery>) {
  const seqs: number[] = []
  let { after } = aLogQuery(fields)
  for (;;) {
    const page = await store.readLog(aLogQuery({ ...fields, after }))
    assert.ok(page.through >= after)
    assert.ok(page.events.every(({ seq }) => seq > after && seq <= page.through))
    seqs.push(...page.events.map(({ seq }) => seq))
    after = page.through
    if (page.isEnd) return { seqs, through: after }
  }
}

export function logBehaviour(behaviour: Behaviour): void {
  behaviour('the log is what was stored, in commit order, and says how far it goes', async ({ store }) => {
    assert.deepEqual(await store.readLog(aLogQuery()), { events: [], through: 0, isEnd: true })
    const events = someEvents(30)
    await store.append(events)
    await store.append(events.slice(0, 5))
    const page = await store.readLog(aLogQuery())
    assert.deepEqual(
      page.events.map(storedFields),
      events.map((event, index) => asStored(event, index + 1)),
    )
    assert.deepEqual([page.through, page.isEnd], [30, true])
    assert.deepEqual(await store.readLog(aLogQuery({ after: 30 })), { events: [], through: 30, isEnd: true })
    assert.deepEqual(await store.readLog(aLogQuery({ after: 99 })), { events: [], through: 99, isEnd: true })
  })

  behaviour('the log by topics and source is what those filters select, in pages of any size', async ({ store }) => {
    const events = someEvents(200, (index) => ({ topic: `t.${index % 7}`, source: `s${index % 3}` }))
    await store.append(events)
    for (const [topics, source] of [
      [['t.3'], undefined],
      [['t.3', 't.5'], 's1'],
      [['t.*'], 's2'],
      [[], 's0'],
      [['nothing.>'], undefined],
    ] as const) {
      const isWanted = (event: { topic: string; source: string }) =>
        (topics.length === 0 || topics.includes('t.*' as never) || topics.includes(event.topic as never)) &&
        (source === undefined || event.source === source)
      const expected = events.flatMap((event, index) => (isWanted(event) ? [index + 1] : []))
      for (const limit of [1, 7, 1000]) {
        const { seqs, through } = await readWholeLog(store, { topics, source, limit })
        assert.deepEqual(seqs, expected)
        assert.equal(through, 200)
      }
    }
  })

  behaviour('a page of the log ends before its texts are too large, but holds one event', async ({ store }) => {
    await store.append(someEvents(6, (index) => ({ payload: `{"n":${index},"text":"${'x'.repeat(1000)}"}` })))
    const page = await store.readLog(aLogQuery({ maxChars: 2500 }))
    assert.deepEqual([page.events.length, page.through, page.isEnd], [2, 2, false])
    assert.equal((await store.readLog(aLogQuery({ maxChars: 1 }))).events.length, 1)
    assert.deepEqual((await readWholeLog(store, { maxChars: 1 })).seqs, [1, 2, 3, 4, 5, 6])
  })

  behaviour('a look at the log that runs out of time says how far it came, and goes on there', async ({ store }) => {
    const events = someEvents(2000, (index) => ({ topic: index % 500 === 0 ? 'rare' : 'common' }))
    await store.append(events)
    const first = await store.readLog(aLogQuery({ topics: ['rare'], timeBudgetMs: 0 }))
    assert.equal(first.isEnd, false)
    assert.ok(first.through > 0 && first.through < 2000)
    const { seqs } = await readWholeLog(store, { topics: ['rare'], timeBudgetMs: 0 })
    assert.deepEqual(seqs, [1, 501, 1001, 1501])
  })
}
