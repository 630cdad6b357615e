/** The dedup index over a log of keys in real SQLite, and the Map that says what it must answer. Used by several tests. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { geometryOf } from '../../../src/stores/sqlite/dedup/geometry.ts'
import { openIndexLookup } from '../../../src/stores/sqlite/dedup/index-lookup.ts'
import { openIndexPages } from '../../../src/stores/sqlite/dedup/index-pages.ts'
import { halfSipHash, type KeyHash, type Seed } from '../../../src/stores/sqlite/dedup/key-hash.ts'
import {
  type KeyLog,
  memtableCount,
  openLogStructuredDedupIndex,
} from '../../../src/stores/sqlite/dedup/log-structured-dedup-index.ts'
import { memtableBytes } from '../../../src/stores/sqlite/dedup/memtable.ts'
import type { DedupIndex, EventKey } from '../../../src/stores/sqlite/dedup-index.ts'

export type HashWith = (seed: Seed) => KeyHash

export class IndexBench {
  readonly db: DatabaseSync
  readonly model = new Map<string, number>()
  readonly keys: EventKey[] = []
  readonly #memtableBits: number
  readonly #hashWith: HashWith
  #index: DedupIndex
  #memtables: readonly SharedArrayBuffer[] = []

  /** @param path of the SQLite file; what it holds already is taken up. */
  constructor(memtableBits: number, path = ':memory:', hashWith: HashWith = halfSipHash) {
    this.#memtableBits = memtableBits
    this.#hashWith = hashWith
    this.db = new DatabaseSync(path)
    this.db.exec('PRAGMA journal_mode = WAL')
    this.db.exec('CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, topic_id INTEGER, event_id TEXT)')
    for (const level of [0, 1, 2]) {
      this.db.exec(`CREATE TABLE IF NOT EXISTS dedup_page_${level} (id INTEGER PRIMARY KEY, page BLOB)`)
    }
    this.db.exec('CREATE TABLE IF NOT EXISTS dedup_filter (id INTEGER PRIMARY KEY, words BLOB)')
    this.db.exec('CREATE TABLE IF NOT EXISTS dedup_state (id INTEGER PRIMARY KEY, state BLOB)')
    for (const row of this.db.prepare('SELECT * FROM log ORDER BY seq').all()) {
      const key = { topicId: Number(row.topic_id), eventId: String(row.event_id) }
      this.model.set(`${key.topicId}/${key.eventId}`, Number(row.seq))
      this.keys.push(key)
    }
    this.#index = this.open()
  }

  get runKeys(): number {
    return 2 ** this.#memtableBits
  }

  open(mustRebuild = false): DedupIndex {
    const range = this.db.prepare('SELECT * FROM log WHERE seq >= ? ORDER BY seq LIMIT ?')
    const log: KeyLog = {
      holds: holdsIn(this.db),
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
    this.#memtables = Array.from(
      { length: memtableCount },
      () => new SharedArrayBuffer(memtableBytes(this.#memtableBits)),
    )
    return openLogStructuredDedupIndex({
      pages: openIndexPages(this.db, geometry),
      geometry,
      log,
      hashWith: this.#hashWith,
      memtables: this.#memtables,
      mustRebuild,
      onProgress: () => {},
    })
  }

  /** As after a crash: only what SQLite holds is left. */
  reopen(): void {
    this.#index = this.open()
  }

  rebuild(): void {
    this.#index = this.open(true)
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
      this.#index.undo()
      return
    }
    const insert = this.db.prepare('INSERT INTO log VALUES (?, ?, ?)')
    for (const [at, { topicId, eventId }] of fresh.entries()) insert.run(nextSeq + at, topicId, eventId)
    this.db.exec('COMMIT')
    this.#index.settle()
    for (const [name, seq] of added) this.model.set(name, seq)
    this.keys.push(...fresh)
  }

  /** Looks keys up as a reader does: on a connection of its own, with the writer's memtables. */
  openLookup(path: string): (key: EventKey) => number {
    const db = new DatabaseSync(path, { readOnly: true })
    const geometry = geometryOf(this.#memtableBits)
    return openIndexLookup({
      db,
      pages: openIndexPages(db, geometry),
      geometry,
      hashWith: this.#hashWith,
      memtables: this.#memtables,
      holds: holdsIn(db),
    })
  }

  /** As while the index is built: what is not found may still be stored. */
  setBuilding(): void {
    const pages = openIndexPages(this.db, geometryOf(this.#memtableBits))
    const stored = pages.readState()
    if (stored !== undefined) pages.writeState({ ...stored, isBuilding: true })
  }

  /** Every key that was ever stored is known, at its seq; asked in batches that are rolled back. */
  checkAll(): void {
    for (let at = 0; at < this.keys.length; at += this.runKeys) {
      this.append(this.keys.slice(at, at + this.runKeys), 'rollback')
    }
  }
}

/** Keys that were never used before, over three topics. */
export function newKeys(count: number): EventKey[] {
  return Array.from({ length: count }, (_, index) => ({ topicId: 1 + (index % 3), eventId: crypto.randomUUID() }))
}

function holdsIn(db: DatabaseSync): KeyLog['holds'] {
  const find = db.prepare('SELECT topic_id, event_id FROM log WHERE seq = ?')
  return (seq, key) => {
    const row = find.get(seq)
    return row?.topic_id === key.topicId && row.event_id === key.eventId
  }
}
