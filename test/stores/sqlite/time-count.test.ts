/** Counts per bucket from the time index against a plain count, over random logs, with small runs so that every seam is met. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { IndexDamagedError } from '../../../src/stores/sqlite/index-damaged-error.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type CountQuery, TimeBench, timedEvents, timings } from './time-bench.ts'

const place = fc.double({ min: 0, max: 1, noNaN: true })

/** A range in terms of places in the log, and how it is divided. */
const question = fc.record({
  topicId: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  from: place,
  to: place,
  /** Behind or before the digits of the event that an end of the range is made of. */
  fractions: fc.tuple(fc.nat(3), fc.nat(3)),
  buckets: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1000 })),
  /** How far before the range the first bucket begins, and how far behind it the last one ends. */
  slack: fc.tuple(fc.nat(1000), fc.nat(1000)),
})

const burst = fc.record({
  timing: fc.constantFrom(...timings),
  size: fc.oneof({ weight: 4, arbitrary: place }, { weight: 1, arbitrary: fc.double({ min: 1, max: 5, noNaN: true }) }),
  topics: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(200)),
  seed: fc.integer(),
  questions: fc.array(question, { minLength: 2, maxLength: 6 }),
})

function queryOf(bench: TimeBench, asked: typeof question extends fc.Arbitrary<infer Q> ? Q : never): CountQuery {
  const { topicId, fractions, buckets, slack } = asked
  const instantAt = (at: number, fraction: number) => {
    const event = bench.events[Math.floor(at * (bench.events.length - 1))] ?? assert.fail()
    const digits = [event.fraction, `${event.fraction}1`, event.fraction.slice(0, 9).replace(/0+$/, ''), '']
    return { ms: event.ms, fraction: digits[fraction] ?? '' }
  }
  const from = instantAt(asked.from, fractions[0])
  const to = instantAt(asked.to, fractions[1])
  const startMs = from.ms - slack[0]
  const widthMs = Math.max(1, Math.ceil((to.ms + 1 + slack[1] - startMs) / buckets))
  return { topicId, from, to, startMs, widthMs, buckets }
}

for (const [runEvents, numRuns] of [
  [8, 60],
  [64, 40],
  [3000, 10],
] as const) {
  test(`with runs of ${runEvents} it counts as a walk over all events does`, (t) => {
    const folder = temporaryFolder(t)
    let files = 0
    fc.assert(
      fc.property(fc.array(burst, { minLength: 2, maxLength: 12 }), (bursts) => {
        const bench = new TimeBench(join(folder, `${files++}.db`), runEvents)
        try {
          for (const { size, questions, ...rest } of bursts) {
            const count = Math.max(1, Math.floor(size * runEvents))
            bench.append(timedEvents({ ...rest, count }, bench.lastSeq + 1))
            for (const asked of questions) bench.assertSameCounts(queryOf(bench, asked))
          }
        } finally {
          bench.close()
        }
      }),
      { numRuns },
    )
  })
}

function filledBench(t: TestContext, runEvents: number, events: number): TimeBench {
  const bench = new TimeBench(join(temporaryFolder(t), 'time.db'), runEvents)
  t.after(() => bench.close())
  while (bench.lastSeq < events) {
    const firstSeq = bench.lastSeq + 1
    bench.append(timedEvents({ timing: 'in order', count: 250, topics: 3, seed: firstSeq }, firstSeq))
  }
  return bench
}

/** All of the log in so many buckets. */
function wholeLog(bench: TimeBench, buckets: number): CountQuery {
  const [first, last] = [bench.events[0] ?? assert.fail(), bench.events.at(-1) ?? assert.fail()]
  const widthMs = Math.ceil((last.ms + 1 - first.ms) / buckets)
  return { from: first, to: { ms: last.ms + 1, fraction: '' }, startMs: first.ms, widthMs, buckets }
}

test('what is gone from the log is counted until the index is built again', (t) => {
  const bench = filledBench(t, 64, 1000)
  const { events } = bench
  bench.remove(new Set(events.filter(({ seq }) => seq % 3 === 0).map(({ seq }) => seq)))
  assert.throws(() => bench.assertSameCounts(wholeLog(bench, 10)), assert.AssertionError)
  bench.openAgain(true)
  bench.assertSameCounts(wholeLog(bench, 10))
})

test('while the index is built, nothing is counted', (t) => {
  const bench = filledBench(t, 64, 500)
  const query = wholeLog(bench, 10)
  bench.openAgain(true, () => assert.throws(() => bench.assertSameCounts(query), { code: 'store_unavailable' }))
  bench.assertSameCounts(query)
})

test('a damaged part that has to be read is noticed, and what lies between two edges is not read', (t) => {
  const bench = filledBench(t, 4000, 9000)
  const { parts } =
    bench.db.prepare('SELECT count(*) AS parts FROM time_list WHERE topic_id = 0 AND run = 0').get() ?? {}
  const damage = bench.db.prepare("UPDATE time_list SET entries = x'00' WHERE run = 0 AND topic_id = 0 AND part = ?")
  assert.ok(Number(parts) > 8)
  damage.run(5)
  bench.assertSameCounts(wholeLog(bench, 1))
  assert.throws(() => bench.assertSameCounts(wholeLog(bench, 1000)), IndexDamagedError)
  damage.run(Number(parts) - 1)
  assert.throws(() => bench.assertSameCounts(wholeLog(bench, 1)), IndexDamagedError)
})
