/** The index on disk: pages of entries per level, chunks of filters, and one row of state. Every piece has a checksum. */
import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { IndexDamagedError } from '../index-damaged-error.ts'
import { type Geometry, segmentBits, tagOf } from './geometry.ts'
import type { Seed } from './key-hash.ts'

/** How far every job has come. Saved with each step, in the transaction that makes the step. */
export interface IndexState {
  /** Complete runs per level. */
  readonly runs: [number, number, number]
  /** Pages of the source level done by the job under way: flush, merge to level 1, merge to level 2. */
  readonly pages: [number, number, number]
}

export interface StoredState {
  readonly state: IndexState
  readonly seed: Seed
  /** Events are still missing that were stored before the index was begun: an answer "not stored" would be no answer. */
  readonly isBuilding: boolean
}

export interface IndexPages {
  /** @returns entries as pairs of Int32: the low half of the hash; seq within the segment << 8 | tag. */
  readPage(level: 0 | 1 | 2, id: number): Int32Array
  /** @param entries pairs as `readPage` returns them; copied. */
  writePage(level: 0 | 1 | 2, id: number, entries: Int32Array): void
  /** A level's pages in the order of their ids, from this one on. */
  pagesFrom(level: 0 | 1 | 2, id: number): Iterable<{ readonly id: number; readonly entries: Int32Array }>
  /** Deletes up to `maxPages` pages below this id. @returns how many there were. */
  deletePagesBelow(level: 0 | 1 | 2, id: number, maxPages: number): number
  /** @returns undefined when it was never written. */
  readChunk(id: number): Int32Array | undefined
  writeChunk(id: number, words: Int32Array): void
  /** @returns undefined when it was never written. */
  readState(): StoredState | undefined
  writeState(stored: StoredState): void
  /** Empties the whole index. */
  clear(): void
}

const checksumBytes = 4

export function openIndexPages(db: DatabaseSync, geometry: Geometry): IndexPages {
  const levels = [0, 1, 2].map((level) => {
    const read = db.prepare(`SELECT page FROM dedup_page_${level} WHERE id = ?`)
    read.setReturnArrays(true)
    return {
      read,
      write: db.prepare(`INSERT INTO dedup_page_${level} (id, page) VALUES (?, ?) ON CONFLICT DO NOTHING`),
      walk: db.prepare(`SELECT id, page FROM dedup_page_${level} WHERE id >= ? ORDER BY id`),
      remove: db.prepare(
        `DELETE FROM dedup_page_${level} WHERE id <
           ifnull((SELECT id FROM dedup_page_${level} WHERE id < ?1 ORDER BY id LIMIT 1 OFFSET ?2), ?1)`,
      ),
    }
  })
  const readChunk = db.prepare('SELECT words FROM dedup_filter WHERE id = ?')
  const writeChunk = db.prepare(
    'INSERT INTO dedup_filter (id, words) VALUES (?, ?) ON CONFLICT DO UPDATE SET words = excluded.words',
  )
  const readState = db.prepare('SELECT state FROM dedup_state WHERE id = 1')
  const writeState = db.prepare(
    'INSERT INTO dedup_state (id, state) VALUES (1, ?) ON CONFLICT DO UPDATE SET state = excluded.state',
  )

  const at = (level: 0 | 1 | 2) => levels[level] as (typeof levels)[number]
  return {
    readPage(level, id) {
      const row = at(level).read.get(id) as unknown as readonly [Uint8Array] | undefined
      if (row === undefined) throw new IndexDamagedError('dedup', `page ${id} of level ${level} is missing`)
      return unsealed(row[0], id, `page ${id} of level ${level}`)
    },
    writePage(level, id, entries) {
      const { changes } = at(level).write.run(id, sealed(entries, id))
      if (changes === 0) throw new IndexDamagedError('dedup', `page ${id} of level ${level} is there before its time`)
    },
    *pagesFrom(level, firstId) {
      for (const row of at(level).walk.iterate(firstId)) {
        const id = Number(row.id)
        yield { id, entries: unsealed(row.page as Uint8Array, id, `page ${id} of level ${level}`) }
      }
    },
    deletePagesBelow: (level, id, maxPages) => Number(at(level).remove.run(id, maxPages).changes),
    readChunk(id) {
      const row = readChunk.get(id)
      return row === undefined ? undefined : unsealed(row.words as Uint8Array, id, `filter chunk ${id}`)
    },
    writeChunk: (id, words) => void writeChunk.run(id, sealed(words, id)),
    readState() {
      const row = readState.get()
      if (row === undefined) return undefined
      const [memtableBits, seed0 = 0, seed1 = 0, ...rest] = unsealed(row.state as Uint8Array, 0, 'the state')
      if (memtableBits !== geometry.memtableBits || rest.length !== 7)
        throw new IndexDamagedError('dedup', 'the state has another shape')
      const [isBuilding, r0 = 0, r1 = 0, r2 = 0, p0 = 0, p1 = 0, p2 = 0] = rest
      return { state: { runs: [r0, r1, r2], pages: [p0, p1, p2] }, seed: [seed0, seed1], isBuilding: isBuilding === 1 }
    },
    writeState({ state: { runs, pages }, seed, isBuilding }) {
      const words = Int32Array.of(geometry.memtableBits, ...seed, isBuilding ? 1 : 0, ...runs, ...pages)
      writeState.run(sealed(words, 0))
    },
    clear() {
      db.exec('DELETE FROM dedup_page_0; DELETE FROM dedup_page_1; DELETE FROM dedup_page_2')
      db.exec('DELETE FROM dedup_filter; DELETE FROM dedup_state')
    },
  }
}

/** One entry's second half. @param seq of the event; only its place within the segment is kept. */
export function entryOf(geometry: Geometry, seq: number, high: number): number {
  return ((seq % 2 ** segmentBits(geometry)) << 8) | tagOf(geometry, high)
}

/** The checksum covers the id as well: a page in another's place is damage too. */
function sealed(content: Int32Array, id: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(content.byteLength + checksumBytes)
  bytes.set(new Uint8Array(content.buffer, content.byteOffset, content.byteLength))
  bytes.writeUInt32LE(crc32(bytes.subarray(0, content.byteLength), id % 2 ** 32), content.byteLength)
  return bytes
}

function unsealed(bytes: Uint8Array, id: number, name: string): Int32Array {
  const length = bytes.byteLength - checksumBytes
  if (length < 0 || length % 4 !== 0) throw new IndexDamagedError('dedup', `${name} has a wrong size`)
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  if ((words.at(-1) ?? 0) >>> 0 !== crc32(bytes.subarray(0, length), id % 2 ** 32)) {
    throw new IndexDamagedError('dedup', `${name} has a wrong checksum`)
  }
  return words.subarray(0, length / 4)
}
