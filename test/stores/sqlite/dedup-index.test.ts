/** The dedup index against a plain Map, over random histories, with small runs so that every level and every seam is met. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import { geometryOf } from '../../../src/stores/sqlite/dedup/geometry.ts'
import { IndexDamagedError, openIndexPages } from '../../../src/stores/sqlite/dedup/index-pages.ts'
import { halfSipHash, type KeyHash } from '../../../src/stores/sqlite/dedup/key-hash.ts'
import {
  type KeyLog,
  memtableCount,
  openLogStructuredDedupIndex,
} from '../../../src/stores/sqlite/dedup/log-structured-dedup-index.ts'
import { memtableBytes } from '../../../src/stores/sqlite/dedup/memtable.ts'
import type { DedupIndex, EventKey } from '../../../src/stores/sqlite/dedup-index.ts'

/** A log of keys in real SQLite, the index over it, and the Map that says what both must answer. */
class Bench {
  readonly db = new DatabaseSync(':memory:')
  readonly model = new Map<string, number>()
  readonly keys: EventKey[] = []
  readonly #memtableBits: number
  readonly #hashWith: (seed: readonly [number, number]) => KeyHash
  #index: DedupIndex

  constructor(memtableBits: number, hashWith: (seed: readonly [number, number]) => KeyHash = halfSipHash) {
    this.#memtableBits = memtableBits
    this.#hashWith = hashWith
    this.db.exec('CREATE TABLE log (seq INTEGER PRIMARY KEY, topic_id INTEGER, event_id TEXT)')
    for (const level of [0, 1, 2]) this.db.exec(`CREATE TABLE dedup_page_${level} (id INTEGER PRIMARY KEY, page BLOB)`)
    this.db.exec('CREATE TABLE dedup_filter (id INTEGER PRIMARY KEY, words BLOB)')
    this.db.exec('CREATE TABLE dedup_state (id INTEGER PRIMARY KEY, state BLOB)')
    this.#index = this.open()
  }

  get runKeys(): number {
    return 2 ** this.#memtableBits
  }

  open(): DedupIndex {
    const find = this.db.prepare('SELECT topic_id, event_id FROM log WHERE seq = ?')
    const range = this.db.prepare('SELECT * FROM log WHERE seq >= ? ORDER BY seq LIMIT ?')
    const log: KeyLog = {
      holds: (seq, key) => {
        const row = find.get(seq)
        return row?.topic_id === key.topicId && row.event_id === key.eventId
      },
      keysFrom: (seq, limit) =>
        range
          .all(seq, limit)
          .map((row) => ({ seq: Number(row.seq), topicId: Number(row.topic_id), eventId: String(row.event_id) })),
      transaction: (run) => {
        this.db.exec('BEGIN')
        run()
        this.db.exec('COMMIT')
      },
    }
    const geometry = geometryOf(this.#memtableBits)
    return openLogStructuredDedupIndex({
      pages: openIndexPages(this.db, geometry),
      geometry,
      log,
      hashWith: this.#hashWith,
      memtables: Array.from({ length: memtableCount }, () => new SharedArrayBuffer(memtableBytes(this.#memtableBits))),
      onProgress: () => {},
    })
  }

  /** As after a crash: only what SQLite holds is left. */
  reopen(): void {
    this.#index = this.open()
  }

  clearIndex(): void {
    openIndexPages(this.db, geometryOf(this.#memtableBits)).clear()
  }

  append(batch: readonly EventKey[], ending: 'commit' | 'rollback' = 'commit'): void {
    const nextSeq = this.keys.length + 1
    const added = new Map<string, number>()
    const fresh: EventKey[] = []
    const expected = batch.map((key) => {
      const name = `${key.topicId}/${key.eventId}`
      const known = this.model.get(name) ?? added.get(name)
      if (known !== undefined) return known
      fresh.push(key)
      added.set(name, nextSeq + fresh.length - 1)
      return nextSeq + fresh.length - 1
    })
    this.db.exec('BEGIN')
    assert.deepEqual(this.#index.checkAndMark(batch, nextSeq), expected)
    if (ending === 'rollback') {
      this.db.exec('ROLLBACK')
      this.#index.rolledBack()
      return
    }
    const insert = this.db.prepare('INSERT INTO log VALUES (?, ?, ?)')
    for (const [at, { topicId, eventId }] of fresh.entries()) insert.run(nextSeq + at, topicId, eventId)
    this.db.exec('COMMIT')
    this.#index.committed()
    for (const [name, seq] of added) this.model.set(name, seq)
    this.keys.push(...fresh)
  }

  /** Every key that was ever stored is known, at its seq; asked in batches that are rolled back. */
  checkAll(): void {
    for (let at = 0; at < this.keys.length; at += this.runKeys) {
      this.append(this.keys.slice(at, at + this.runKeys), 'rollback')
    }
  }
}

let lastId = 0
function newKeys(count: number): EventKey[] {
  return Array.from({ length: count }, () => ({ topicId: 1 + (++lastId % 3), eventId: `id-${lastId}` }))
}

/** Few different hashes, so that almost every look-up meets keys that are not the one. */
function collidingHash(lowMask: number, highMask: number) {
  return (seed: readonly [number, number]): KeyHash => {
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

function run(bench: Bench, { kind, share, place }: Step): void {
  const size = Math.max(3, Math.floor(share * bench.runKeys))
  const knownKeys = (count: number) => {
    const start = Math.floor(place * bench.keys.length)
    return bench.keys.slice(start, start + count)
  }
  if (kind === 'rebuild') bench.clearIndex()
  if (kind === 'rebuild' || kind === 'reopen') bench.reopen()
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
          const bench = new Bench(memtableBits, hashWith)
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
  const bench = new Bench(6)
  for (let batch = 0; batch < 64 * 9; batch++) {
    bench.append(newKeys(16))
    bench.reopen()
    if (batch % 64 === 63) bench.checkAll()
  }
})

test('a rollback at every single step of flushes and merges changes no answer', () => {
  const bench = new Bench(6)
  for (let batch = 0; batch < 64 * 9; batch++) {
    bench.append(newKeys(13), 'rollback')
    bench.append(newKeys(16))
    if (batch % 64 === 63) bench.checkAll()
  }
})

test('every level is reached: two segments are merged to the end', () => {
  const bench = new Bench(6)
  const keysOfTwoSegments = 2 * 64 * 64
  while (bench.keys.length < keysOfTwoSegments + 64 * 30) bench.append(newKeys(50))
  const { pages } = bench.db.prepare('SELECT count(*) AS pages FROM dedup_page_2').get() ?? {}
  assert.ok(Number(pages) >= 2 * 64, String(pages))
  bench.checkAll()
})

for (const table of ['dedup_page_0', 'dedup_page_1', 'dedup_page_2', 'dedup_filter', 'dedup_state']) {
  for (const damage of ['a flipped bit', 'a missing row']) {
    const column = table === 'dedup_filter' ? 'words' : table === 'dedup_state' ? 'state' : 'page'
    if (damage === 'a missing row' && table === 'dedup_state') continue

    test(`${damage} in ${table} is noticed, never answered wrongly, and healed by building the index again`, () => {
      const bench = new Bench(6)
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
      bench.clearIndex()
      bench.reopen()
      bench.checkAll()
    })
  }
}

test('when its state is gone the index is built again by itself', () => {
  const bench = new Bench(6)
  while (bench.keys.length < 64 * 64) bench.append(newKeys(50))
  bench.db.exec('DELETE FROM dedup_state')
  bench.reopen()
  bench.checkAll()
})
