/** The time index against a plain sorted array, over random histories, with small runs so that every seam is met. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../../src/core/errors.ts'
import { IndexDamagedError } from '../../../src/stores/sqlite/index-damaged-error.ts'
import { openForReading } from '../../../src/stores/sqlite/open-database.ts'
import { entryAt } from '../../../src/stores/sqlite/time/time-entry.ts'
import { openTimeLists } from '../../../src/stores/sqlite/time/time-lists.ts'
import { openTimeWalk } from '../../../src/stores/sqlite/time/time-walk.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import {
  type Burst,
  compareEvents,
  TimeBench,
  type TimedEvent,
  type TimeQuery,
  timedEvents,
  timings,
} from './time-bench.ts'

let files = 0

function newBench(folder: string, runEvents: number): TimeBench {
  return new TimeBench(join(folder, `${files++}.db`), runEvents)
}

function newBenchFor(t: TestContext, runEvents: number): TimeBench {
  const bench = newBench(temporaryFolder(t), runEvents)
  t.after(() => bench.close())
  return bench
}

/** The next events of the log: so many, over three topics, with times of every kind in turn. */
function nextEvents(bench: TimeBench, count: number): TimedEvent[] {
  const firstSeq = bench.lastSeq + 1
  const timing = timings[firstSeq % timings.length] ?? 'anywhere'
  return timedEvents({ timing, count, topics: 3, seed: firstSeq }, firstSeq)
}

/** A query in terms of places in the log: 0 is the first event, 1 the last. */
interface Question {
  readonly order: 'asc' | 'desc'
  readonly topicId: number | undefined
  readonly from: number | undefined
  readonly to: number | undefined
  readonly after: number | undefined
  readonly limit: number
}

const place = fc.double({ min: 0, max: 1, noNaN: true })
const maybePlace = fc.option(place, { nil: undefined })
const question: fc.Arbitrary<Question> = fc.record({
  order: fc.constantFrom('asc', 'desc'),
  topicId: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  from: maybePlace,
  to: maybePlace,
  after: maybePlace,
  limit: fc.integer({ min: 1, max: 40 }),
})

function queryOf(bench: TimeBench, { order, topicId, from, to, after, limit }: Question): TimeQuery {
  const eventAt = (at: number | undefined) =>
    at === undefined ? undefined : bench.events[Math.floor(at * (bench.events.length - 1))]
  const instantAt = (at: number | undefined) => {
    const event = eventAt(at)
    // Also just before and behind what is stored.
    if (event === undefined || at === undefined) return event
    const fraction = [event.fraction, `${event.fraction}1`, event.fraction.slice(0, 9).replace(/0+$/, '')]
    return { ms: event.ms, fraction: fraction[Math.floor(at * 1000) % 3] ?? '' }
  }
  return { order, topicId, from: instantAt(from), to: instantAt(to), after: eventAt(after), limit, maxPages: 3 }
}

/** A reader that stays at what is committed now. */
function openSnapshot(t: TestContext, bench: TimeBench): { seqs(): number[]; close(): void } {
  const db = openForReading(bench.path)
  t.after(() => db.isOpen && db.close())
  const walk = openTimeWalk(db, openTimeLists(db, bench.ring))
  db.exec('BEGIN')
  db.prepare('SELECT last_seq FROM counters').get()
  const bounds = { low: entryAt({ ms: -8.64e15, fraction: '' }, 0), high: entryAt({ ms: 8.64e15, fraction: '' }, 0) }
  return {
    seqs: () => [...walk.seqs({ topicId: undefined, order: 'asc', ...bounds })],
    close: () => db.close(),
  }
}

interface Step {
  readonly kind: 'append' | 'roll back' | 'reopen' | 'open again' | 'rebuild' | 'remove'
  readonly timing: Burst['timing']
  /** Of the events that a run has. */
  readonly size: number
  readonly topics: number
  readonly seed: number
  readonly questions: readonly Question[]
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant('append' as const) },
    { weight: 3, arbitrary: fc.constant('roll back' as const) },
    { weight: 3, arbitrary: fc.constantFrom('reopen', 'open again', 'rebuild', 'remove') },
  ),
  timing: fc.constantFrom(...timings),
  size: fc.oneof(
    { weight: 4, arbitrary: place },
    { weight: 1, arbitrary: fc.double({ min: 1, max: 1.9, noNaN: true }) },
  ),
  topics: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(200)),
  seed: fc.integer(),
  questions: fc.array(question, { minLength: 1, maxLength: 3 }),
})

function run(bench: TimeBench, { kind, size, questions, ...rest }: Step): void {
  const ask = () => {
    for (const each of questions) bench.assertSame(queryOf(bench, each))
  }
  const count = Math.max(1, Math.floor(size * bench.runEvents))
  if (kind === 'append' || kind === 'roll back') {
    bench.write(timedEvents({ ...rest, count }, bench.lastSeq + 1))
    // What is not committed is not there.
    ask()
    if (kind === 'append') bench.commit()
    else bench.rollback()
  }
  if (kind === 'reopen') bench.reopen()
  if (kind === 'open again') bench.openAgain(false)
  if (kind === 'rebuild') bench.openAgain(true)
  if (kind === 'remove') {
    // Some here and there, or all of a stretch.
    const start = bench.lastSeq - count
    const isGone = (seq: number) =>
      rest.seed % 2 === 0 ? seq >= start && seq < start + count : Math.imul(seq, rest.seed) >>> 29 === 0
    bench.remove(new Set(bench.events.map(({ seq }) => seq).filter(isGone)))
  }
  ask()
}

for (const [runEvents, numRuns] of [
  [8, 60],
  [64, 40],
  [700, 8],
] as const) {
  test(`with runs of ${runEvents} it answers as a sorted array does, over any history`, (t) => {
    const folder = temporaryFolder(t)
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) => {
        const bench = newBench(folder, runEvents)
        try {
          for (const each of steps) run(bench, each)
          bench.assertAllSame()
          bench.reopen()
          bench.assertAllSame()
        } finally {
          bench.close()
        }
      }),
      { numRuns },
    )
  })
}

test('a reopen at every single step of a run changes no answer', (t) => {
  const bench = newBenchFor(t, 64)
  for (let batch = 0; batch < 60; batch++) {
    bench.append(nextEvents(bench, 7))
    bench.reopen()
    bench.assertAllSame()
  }
})

test('a rollback at every single step of a run changes no answer, and is not seen before', (t) => {
  const bench = newBenchFor(t, 64)
  for (let batch = 0; batch < 60; batch++) {
    bench.write(nextEvents(bench, 1 + ((batch * 37) % 100)))
    bench.assertAllSame()
    bench.rollback()
    bench.append(nextEvents(bench, 7))
    bench.assertAllSame()
  }
})

test('a transaction of many runs is taken up whole, wherever it begins', (t) => {
  const bench = newBenchFor(t, 64)
  for (const count of [64 * 3, 10, 64 * 7, 1, 64 * 12 + 5, 64 * 4]) {
    bench.append(nextEvents(bench, count))
    bench.assertAllSame()
    bench.reopen()
    bench.assertAllSame()
  }
})

test('lists of many parts, and more new events than are looked at together, are read from any place', (t) => {
  const bench = newBenchFor(t, 3000)
  while (bench.lastSeq < 8990) bench.append(nextEvents(bench, 290))
  bench.assertAllSame()
  for (const after of bench.events.filter(({ seq }) => seq % 431 === 0)) {
    for (const order of ['asc', 'desc'] as const) {
      for (const topicId of [undefined, after.topicId, 2]) {
        bench.assertSame({ order, topicId, after, limit: 20, maxPages: 2 })
        bench.assertSame({ order, topicId, from: after, limit: 20, maxPages: 2 })
        bench.assertSame({ order, topicId, to: after, limit: 20, maxPages: 2 })
      }
    }
  }
})

test('a reader with a snapshot older than the ring says that the store is unavailable, and never answers wrongly', (t) => {
  const bench = newBenchFor(t, 64)
  for (const committed of [0, 1, 50, 63, 64, 65, 200, 447, 448, 900]) {
    while (bench.lastSeq < committed) bench.append(nextEvents(bench, Math.min(10, committed - bench.lastSeq)))
    const snapshot = openSnapshot(t, bench)
    const then = bench.events.toSorted(compareEvents).map(({ seq }) => seq)
    let isTooOld = false
    for (let step = 0; step < 40; step++) {
      try {
        assert.deepEqual(snapshot.seqs(), then)
        assert.equal(isTooOld, false, 'what was overwritten does not come back')
      } catch (thrown) {
        if (!(thrown instanceof AppError)) throw thrown
        assert.equal(thrown.code, 'store_unavailable')
        isTooOld = true
      }
      bench.append(nextEvents(bench, 10))
    }
    // Of an empty log there is nothing that could be too old.
    assert.equal(isTooOld, then.length > 0)
    snapshot.close()
    bench.assertAllSame()
  }
})

test('an index that is built again holds nothing of events that are gone, be it a few or many runs of them', (t) => {
  for (const [first, last] of [
    [100, 110],
    [64, 127],
    [65, 700],
    [1, 130],
    [860, 890],
  ] as const) {
    const bench = newBenchFor(t, 64)
    while (bench.lastSeq < 900) bench.append(nextEvents(bench, 30))
    bench.remove(new Set(bench.events.map(({ seq }) => seq).filter((seq) => seq >= first && seq <= last)))
    bench.openAgain(true)
    const snapshot = openSnapshot(t, bench)
    assert.deepEqual(
      snapshot.seqs(),
      bench.events.toSorted(compareEvents).map(({ seq }) => seq),
    )
    snapshot.close()
    bench.append(nextEvents(bench, 100))
    bench.assertAllSame()
  }
})

test('readers of a log whose newest events are all gone are answered, also while the next event is written', (t) => {
  for (const [size, last] of [
    [255, 0],
    [300, 0],
    [900, 100],
    [900, 640],
  ] as const) {
    const bench = newBenchFor(t, 64)
    while (bench.lastSeq < size) bench.append(nextEvents(bench, Math.min(30, size - bench.lastSeq)))
    bench.remove(new Set(bench.events.map(({ seq }) => seq).filter((seq) => seq > last)))
    bench.openAgain(true)
    bench.assertAllSame()
    bench.write(nextEvents(bench, 1))
    bench.assertAllSame()
    bench.rollback()
    bench.assertAllSame()
    bench.append(nextEvents(bench, 100))
    bench.assertAllSame()
    bench.reopen()
    bench.assertAllSame()
  }
})

test('a log that is said to end where it cannot is refused at once', (t) => {
  const bench = newBenchFor(t, 64)
  bench.append(nextEvents(bench, 100))
  bench.db.exec('UPDATE counters SET last_seq = last_seq + 1099511627776')
  assert.throws(() => bench.openAgain(false), { code: 'store_unavailable', message: /its log ends before seq 101,/ })
})

for (const size of [50, 64, 640, 1000]) {
  test(`while the index of ${size} events is built, a reader says that the store is unavailable`, (t) => {
    const bench = newBenchFor(t, 64)
    while (bench.lastSeq < size) bench.append(nextEvents(bench, Math.min(30, size - bench.lastSeq)))
    let steps = 0
    bench.openAgain(true, () => {
      steps++
      for (const order of ['asc', 'desc'] as const) {
        assert.throws(() => bench.read({ order }), { code: 'store_unavailable' })
        assert.throws(() => bench.read({ order, topicId: 1 }), { code: 'store_unavailable' })
      }
    })
    assert.ok(steps >= Math.floor(size / 64), `${steps} steps`)
    bench.assertAllSame()
  })
}

test('when building the index fails half-way, readers say that the store is unavailable until it is built', (t) => {
  const bench = newBenchFor(t, 64)
  while (bench.lastSeq < 300) bench.append(nextEvents(bench, 30))
  const failHalfWay = (seq: number) => assert.ok(seq < 150, 'failed by the test')
  assert.throws(() => bench.openAgain(true, failHalfWay), /failed by the test/)
  assert.throws(() => bench.read({ order: 'asc' }), { code: 'store_unavailable' })
  bench.openAgain(false)
  bench.assertAllSame()
})

for (const damage of ['a flipped bit in', 'another part in the place of', 'nothing in the place of'] as const) {
  test(`${damage} a part is noticed, never answered wrongly, and healed by building the index again`, (t) => {
    const bench = newBenchFor(t, 2000)
    while (bench.lastSeq < 6500) bench.append(nextEvents(bench, 250))
    const change = bench.db.prepare('UPDATE time_list SET entries = ? WHERE run = ? AND topic_id = ? AND part = ?')
    const remove = bench.db.prepare('DELETE FROM time_list WHERE run = ? AND topic_id = ? AND part = ?')
    const put = bench.db.prepare('INSERT OR REPLACE INTO time_list VALUES (?, ?, ?, ?)')
    const parts = bench.db
      .prepare('SELECT * FROM time_list JOIN time_run USING (run)')
      .all()
      .map((row) => ({
        place: [Number(row.run), Number(row.topic_id), Number(row.part)] as const,
        entries: Buffer.from(row.entries as Uint8Array),
      }))
    assert.ok(parts.length > 20)
    for (const [index, { place, entries }] of parts.entries()) {
      // Without its only part a topic is one that has no events in the run.
      const isOnly = place[2] === 0 && parts[index + 1]?.place[2] !== 1
      if (damage === 'nothing in the place of' && isOnly && place[1] !== 0) continue
      const flipped = Buffer.from(entries)
      const at = (index * 7) % flipped.length
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (index % 8))
      if (damage === 'nothing in the place of') remove.run(...place)
      else change.run(damage === 'a flipped bit in' ? flipped : (parts.at(index - 1)?.entries ?? null), ...place)
      for (const order of ['asc', 'desc'] as const) {
        const query = { order, topicId: place[1] === 0 ? undefined : place[1] }
        assert.throws(() => bench.read(query), IndexDamagedError, `part ${place}`)
      }
      if (index % 10 === 0) {
        bench.openAgain(true)
        bench.assertAllSame()
      }
      put.run(...place, entries)
    }
  })
}

for (const run of [0, 2, 4]) {
  test(`without the row of run ${run} nothing is answered wrongly, and opening builds what is missing`, (t) => {
    const bench = newBenchFor(t, 64)
    while (bench.lastSeq < 64 * 6) bench.append(nextEvents(bench, 30))
    const { runs } = bench.db.prepare('SELECT count(*) AS runs FROM time_run').get() ?? {}
    assert.equal(runs, 5)
    bench.db.prepare('DELETE FROM time_run WHERE run = ?').run(run)
    if (run < 4) {
      assert.throws(() => bench.read({ order: 'asc' }), IndexDamagedError)
      assert.throws(() => bench.reopen(), IndexDamagedError)
      bench.openAgain(true)
    } else {
      // As if it had never been written: the ring may still have its events.
      bench.assertAllSame()
      bench.reopen()
    }
    bench.assertAllSame()
  })
}
