/** The rollups on a connection of the test's own: what is written when, what is kept, and clocks that are wrong. */
import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { rateLevels } from '../../../src/core/statistics-store.ts'
import { openForWriting } from '../../../src/stores/sqlite/open-database.ts'
import { openRateWriter, type RateWriter } from '../../../src/stores/sqlite/statistics/rate-writer.ts'
import { inTransaction } from '../../../src/stores/sqlite/transaction.ts'
import { newFile } from './sqlite-files.ts'

const startMs = 1_769_851_800_000
const startS = startMs / 1000
const [fine, coarse] = rateLevels

class RateBench {
  readonly db: DatabaseSync
  rates: RateWriter
  nowMs = startMs
  elapsedMs = 0

  constructor(t: TestContext) {
    this.db = openForWriting(newFile(t))
    this.db.exec('PRAGMA synchronous = OFF')
    t.after(() => this.db.close())
    this.rates = this.#open()
  }

  /** As after a kill. */
  reopen(): void {
    this.rates = this.#open()
  }

  /** Time goes on, as it should. */
  wait(ms: number): void {
    this.nowMs += ms
    this.elapsedMs += ms
  }

  take(sources: readonly string[]): void {
    for (const source of sources) this.rates.countSource(source, 'stored')
    const total = { events: sources.length, duplicates: 0, conflicts: 0 }
    this.rates.add({ total, topics: new Map() }, this.nowMs)
  }

  append(...sources: string[]): void {
    inTransaction(this.db, () => this.take(sources))
    this.rates.settle()
  }

  fail(...sources: string[]): void {
    assert.throws(() =>
      inTransaction(this.db, () => {
        this.take(sources)
        throw new Error('failed by the test')
      }),
    )
    this.rates.undo()
  }

  /** `name events`, of a level's buckets in order; the total has no name. */
  rows(level = 0, kind = 2): string[] {
    const rows = this.db
      .prepare('SELECT name, events FROM received_rate WHERE level = ? AND kind = ? ORDER BY start_s, name')
      .all(level, kind)
    return rows.map(({ name, events }) => `${name} ${events}`)
  }

  put(level: number, starts: readonly number[]): void {
    const insert = this.db.prepare("INSERT INTO received_rate VALUES (?, 0, ?, '', 1, 0, 0)")
    this.db.exec('BEGIN')
    for (const bucketStartS of starts) insert.run(level, bucketStartS)
    this.db.exec('COMMIT')
  }

  #open(): RateWriter {
    return openRateWriter({ db: this.db, monotonicMs: () => this.elapsedMs })
  }
}

test('after a quiet second an append is written with its commit, the next ones a second later', (t) => {
  const bench = new RateBench(t)
  bench.append('a', 'a', 'b', 'a')
  assert.deepEqual(bench.rows(), ['a 3', 'b 1'])
  assert.equal(bench.rates.isDirty, false)
  bench.wait(999)
  bench.append('a')
  assert.deepEqual([bench.rows(), bench.rates.isDirty, bench.rates.isDue], [['a 3', 'b 1'], true, false])
  bench.wait(1)
  assert.equal(bench.rates.isDue, true)
  bench.append('b')
  assert.deepEqual(bench.rows(), ['a 4', 'b 2'])
  assert.deepEqual([bench.rows(0, 0), bench.rows(1, 0), bench.rows(1)], [[' 6'], [' 6'], ['a 4', 'b 2']])
})

test('a bucket that ends is written, and goes on when the clock comes back to it', (t) => {
  const bench = new RateBench(t)
  bench.append('a')
  bench.append('a', 'b')
  bench.nowMs += 10_000
  bench.append('c')
  assert.deepEqual(bench.rows(), ['a 2', 'b 1'])
  bench.nowMs -= 10_000
  bench.append('b')
  bench.wait(1000)
  bench.append('d')
  assert.deepEqual(bench.rows(), ['a 2', 'b 2', 'd 1', 'c 1'])
})

test('a kill takes at most what was not written yet, and counting goes on from the rows', (t) => {
  const bench = new RateBench(t)
  bench.append('a')
  bench.append('a')
  bench.reopen()
  bench.append('a', 'b')
  assert.deepEqual([bench.rows(), bench.rows(0, 0), bench.rows(1)], [['a 2', 'b 1'], [' 3'], ['a 2', 'b 1']])
})

test('a commit that fails is not counted, and what was written before stays', (t) => {
  const bench = new RateBench(t)
  bench.append('a')
  bench.wait(1000)
  bench.fail('a', 'b')
  assert.deepEqual([bench.rows(), bench.rates.isDirty], [['a 1'], false])
  bench.fail('a', 'c')
  bench.append('a')
  assert.deepEqual([bench.rows(), bench.rows(0, 0)], [['a 2'], [' 2']])
})

test('a level keeps so many names: the fine one the first, the coarse one those that received most', (t) => {
  const bench = new RateBench(t)
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`)
  bench.append(...names('few', 900))
  bench.wait(1000)
  bench.append(...names('much', 150), ...names('much', 150), ...names('much', 150))
  bench.wait(1000)
  bench.append(...names('few', 60), ...names('few', 60), ...names('few', 60), ...names('few', 60))
  const [rows, coarseRows] = [bench.rows(), bench.rows(1)]
  assert.equal(rows.length, fine.maxNames)
  assert.equal(rows.filter((row) => row.startsWith('much')).length, 100)
  assert.equal(coarseRows.length, coarse.maxNames)
  assert.equal(coarseRows.filter((row) => row.startsWith('few')).length, 60)
  assert.equal(coarseRows.filter((row) => /^much\d+ 3$/.test(row)).length, 140)
  assert.deepEqual([bench.rows(0, 0), bench.rows(1, 0)], [[' 1590'], [' 1590']])
})

test('what a level no longer keeps is deleted a few rows at a time, however long nothing ran', (t) => {
  const bench = new RateBench(t)
  const old = Array.from({ length: 3000 }, (_, index) => startS - fine.keptS - 10 * (index + 20))
  bench.put(0, [...old, startS - fine.keptS + 600])
  bench.put(1, [startS - coarse.keptS - 600, startS - coarse.keptS + 600])
  const counts: number[] = []
  for (let second = 0; second < 65; second++) {
    bench.append('a')
    counts.push(bench.rows(0, 0).length)
    bench.wait(1000)
  }
  const deleted = counts.map((count, index) => (counts[index - 1] ?? count) - count)
  assert.deepEqual(
    deleted.slice(0, 60).filter((count) => count > 0),
    [],
    'the clock has not kept its pace for long',
  )
  assert.ok(Math.max(...deleted) <= 1000)
  assert.equal(bench.rows(0, 0).length, 1 + 7)
  assert.equal(bench.rows(1, 0).length, 2)
})

test('a clock that is far ahead for a moment costs nothing; what it left in the future goes later', (t) => {
  const bench = new RateBench(t)
  bench.append('a')
  for (let second = 0; second < 120; second++) {
    bench.wait(1000)
    bench.append('a')
  }
  const before = bench.rows(0, 0)
  const yearMs = 365 * 86_400_000
  bench.nowMs += yearMs
  for (let second = 0; second < 30; second++) {
    bench.wait(1000)
    bench.append('b')
  }
  bench.nowMs -= yearMs
  const isFuture = () => bench.rows().some((row) => row.startsWith('b'))
  assert.deepEqual(bench.rows(0, 0).slice(0, before.length - 1), before.slice(0, -1))
  assert.equal(isFuture(), true)
  for (let second = 0; second <= 602; second++) {
    bench.wait(1000)
    bench.append('c')
  }
  assert.equal(isFuture(), false)
  assert.deepEqual(bench.rows(0, 0).slice(0, before.length - 1), before.slice(0, -1))
})
