/** The dedup index against a plain Map, over random histories, with small runs so that every level and every seam is met. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { halfSipHash } from '../../../src/stores/sqlite/dedup/key-hash.ts'
import { IndexDamagedError } from '../../../src/stores/sqlite/index-damaged-error.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type HashWith, IndexBench, newKeys } from './index-bench.ts'

/** Few different hashes, so that almost every look-up meets keys that are not the one. */
function collidingHash(lowMask: number, highMask: number): HashWith {
  return (seed) => {
    const hash = halfSipHash(seed)
    return (topicId, eventId, out, at) => {
      hash(topicId, eventId, out, at)
      out[at] = (out[at] ?? 0) & highMask
      out[at + 1] = ((out[at + 1] ?? 0) & lowMask) | 1
    }
  }
}

/** One step of a history: what it does, how large its batch is, and where in the past it takes known keys from. */
interface Step {
  readonly kind: 'new' | 'again' | 'mixed' | 'rolled back' | 'reopen' | 'rebuild'
  /** Of the keys that a run holds. */
  readonly share: number
  /** 0 is the oldest key, 1 the newest. */
  readonly place: number
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant('new' as const) },
    { weight: 2, arbitrary: fc.constant('again' as const) },
    { weight: 3, arbitrary: fc.constant('mixed' as const) },
    { weight: 2, arbitrary: fc.constant('rolled back' as const) },
    { weight: 1, arbitrary: fc.constantFrom('reopen' as const, 'rebuild' as const) },
  ),
  share: fc.double({ min: 0.01, max: 1, noNaN: true }),
  place: fc.double({ min: 0, max: 1, noNaN: true }),
})

function run(bench: IndexBench, { kind, share, place }: Step): void {
  const size = Math.max(3, Math.floor(share * bench.runKeys))
  const knownKeys = (count: number) => {
    const start = Math.floor(place * bench.keys.length)
    return bench.keys.slice(start, start + count)
  }
  if (kind === 'rebuild') bench.rebuild()
  if (kind === 'reopen') bench.reopen()
  if (kind === 'new') bench.append(newKeys(size))
  if (kind === 'rolled back') bench.append(newKeys(size), 'rollback')
  if (kind === 'again') bench.append(knownKeys(size))
  if (kind === 'mixed') {
    const third = Math.floor(size / 3)
    const fresh = newKeys(third)
    bench.append([...fresh, ...knownKeys(third), ...fresh])
  }
}

for (const [name, hashWith] of [
  ['the real hash', halfSipHash],
  ['colliding low halves', collidingHash(0x7, -1)],
  ['colliding high halves', collidingHash(-1, 0xf0000000)],
  ['one single hash', collidingHash(0, 0)],
] as const) {
  test(`with ${name} it answers as a Map does, over any history of batches, rollbacks, crashes and rebuilds`, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(6, 7, 8),
        fc.array(step, { minLength: 20, maxLength: 120 }),
        (memtableBits, steps) => {
          if (name === 'one single hash' && memtableBits > 6) return
          const bench = new IndexBench(memtableBits, ':memory:', hashWith)
          for (const each of steps) run(bench, each)
          bench.checkAll()
          bench.reopen()
          bench.checkAll()
          bench.db.close()
        },
      ),
      { numRuns: name === 'one single hash' ? 5 : 25 },
    )
  })
}

test('a reopen at every single step of flushes and merges changes no answer', () => {
  const bench = new IndexBench(6)
  for (let batch = 0; batch < 64 * 9; batch++) {
    bench.append(newKeys(16))
    bench.reopen()
    if (batch % 64 === 63) bench.checkAll()
  }
})

test('a rollback at every single step of flushes and merges changes no answer', () => {
  const bench = new IndexBench(6)
  for (let batch = 0; batch < 64 * 9; batch++) {
    bench.append(newKeys(13), 'rollback')
    bench.append(newKeys(16))
    if (batch % 64 === 63) bench.checkAll()
  }
})

test('every level is reached: two segments are merged to the end', () => {
  const bench = new IndexBench(6)
  const keysOfTwoSegments = 2 * 64 * 64
  while (bench.keys.length < keysOfTwoSegments + 64 * 30) bench.append(newKeys(50))
  const { pages } = bench.db.prepare('SELECT count(*) AS pages FROM dedup_page_2').get() ?? {}
  assert.ok(Number(pages) >= 2 * 64, String(pages))
  // What was merged is deleted: of level 1 no more than one segment is left, of level 0 two runs of level 1.
  const { left0, left1 } =
    bench.db
      .prepare('SELECT (SELECT count(*) FROM dedup_page_0) AS left0, (SELECT count(*) FROM dedup_page_1) AS left1')
      .get() ?? {}
  assert.ok(Number(left0) <= 2 * 8 && Number(left1) <= 8 * 8, `${left0} ${left1}`)
  bench.checkAll()
})

for (const table of ['dedup_page_0', 'dedup_page_1', 'dedup_page_2', 'dedup_filter', 'dedup_state']) {
  for (const damage of ['a flipped bit', 'a missing row']) {
    const column = table === 'dedup_filter' ? 'words' : table === 'dedup_state' ? 'state' : 'page'
    if (damage === 'a missing row' && table === 'dedup_state') continue

    test(`${damage} in ${table} is noticed, never answered wrongly, and healed by building the index again`, () => {
      const bench = new IndexBench(6)
      // Enough for merged pages on every level, and not so many that level 0 is empty.
      while (bench.keys.length < 64 * 64 + 64 * 21) bench.append(newKeys(50))
      for (const row of bench.db.prepare(`SELECT id, ${column} AS bytes FROM ${table}`).all()) {
        const bytes = Buffer.from(row.bytes as Uint8Array)
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10
        if (damage === 'a missing row') bench.db.prepare(`DELETE FROM ${table} WHERE id = ?`).run(Number(row.id))
        else bench.db.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = ?`).run(bytes, Number(row.id))
      }
      assert.throws(() => {
        bench.reopen()
        bench.checkAll()
      }, IndexDamagedError)
      if (bench.db.isTransaction) bench.db.exec('ROLLBACK')
      bench.rebuild()
      bench.checkAll()
    })
  }
}

test('when its state is gone the index is built again by itself', () => {
  const bench = new IndexBench(6)
  while (bench.keys.length < 64 * 64) bench.append(newKeys(50))
  bench.db.exec('DELETE FROM dedup_state')
  bench.reopen()
  bench.checkAll()
})

test('a reader finds every key at every step of flushes and merges, and none that was not stored', (t) => {
  const path = join(temporaryFolder(t), 'keys.db')
  const bench = new IndexBench(6, path)
  const lookUp = bench.openLookup(path)
  for (let batch = 0; batch < 64 * 6; batch++) {
    bench.append(newKeys(16))
    bench.append(newKeys(5), 'rollback')
    for (let at = batch % 7; at < bench.keys.length; at += 97) {
      assert.equal(lookUp(bench.keys[at] ?? assert.fail()), at + 1)
    }
    assert.equal(lookUp({ topicId: 1, eventId: `never stored ${batch}` }), 0)
  }
})

test('while the index is built a reader finds what is there already, and does not say of the rest that it is not stored', (t) => {
  const path = join(temporaryFolder(t), 'keys.db')
  const bench = new IndexBench(6, path)
  while (bench.keys.length < 1000) bench.append(newKeys(50))
  bench.setBuilding()
  const lookUp = bench.openLookup(path)
  assert.equal(lookUp(bench.keys[0] ?? assert.fail()), 1)
  assert.throws(() => lookUp({ topicId: 1, eventId: 'perhaps' }), { code: 'store_unavailable' })
})

test('pages beyond what the state says are damage', () => {
  const bench = new IndexBench(6)
  while (bench.keys.length < 100) bench.append(newKeys(10))
  bench.db.exec("INSERT INTO dedup_page_0 VALUES (1, x'00')")
  assert.throws(() => {
    while (bench.keys.length < 1000) bench.append(newKeys(10))
  }, IndexDamagedError)
})

test('a reader notices an index that is gone', (t) => {
  const path = join(temporaryFolder(t), 'keys.db')
  const bench = new IndexBench(6, path)
  const lookUp = bench.openLookup(path)
  bench.db.exec('DELETE FROM dedup_state')
  assert.throws(() => lookUp({ topicId: 1, eventId: 'a' }), IndexDamagedError)
})
