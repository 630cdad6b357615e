/**
 * The dedup index: exact, for ever, at a cost that hardly grows. New keys go to a memtable; full memtables become runs of
 * pages; runs are merged twice. A filter per segment says quickly that a key was never seen, which is the common case.
 * A hash never decides: a key is a duplicate only if the stored event has exactly this key.
 *
 * Everything here is derived from the event log, and every change of it on disk is in the transaction that appends the
 * events, so that log and index agree after any crash.
 */
import { randomInt } from 'node:crypto'
import type { DedupIndex, EventKey } from '../dedup-index.ts'
import { IndexDamagedError } from '../index-damaged-error.ts'
import { findInPages } from './find-in-pages.ts'
import { fanOut, type Geometry, runsPerSegment, runsPerSnapshot } from './geometry.ts'
import { openIndexJobs } from './index-jobs.ts'
import type { IndexPages, IndexState } from './index-pages.ts'
import type { KeyHash, Seed } from './key-hash.ts'
import { type Memtable, openMemtable } from './memtable.ts'
import { openSegmentFilter, type SegmentFilter } from './segment-filter.ts'

/** One that fills, one that is flushed, and one for the group that fills the first before the second is free. */
export const memtableCount = 3
const rowsReadAtOnce = 65_536

/** The truth: what the index asks the event log. */
export interface KeyLog {
  /** Whether the event stored under this seq has this key. */
  holds(seq: number, key: EventKey): boolean
  /** Up to `limit` keys in seq order, from this seq on. */
  keysFrom(seq: number, limit: number): readonly (EventKey & { readonly seq: number })[]
  transaction(run: () => void): void
}

export interface LogStructuredOptions {
  readonly pages: IndexPages
  readonly geometry: Geometry
  readonly log: KeyLog
  readonly hashWith: (seed: Seed) => KeyHash
  /** `memtableCount` buffers of `memtableBytes`, all zero. */
  readonly memtables: readonly SharedArrayBuffer[]
  /** Builds the index from the log, whatever is there. */
  readonly mustRebuild: boolean
  /** Told now and then while the index is built from the log. */
  readonly onProgress: (seq: number) => void
}

interface Inserted {
  readonly table: Memtable
  readonly from: number
  to: number
}

/**
 * Opens the index and brings it up to the end of the log; rebuilds all of it when it was never written.
 *
 * @throws IndexDamagedError when a piece is missing or broken: open again with `mustRebuild`.
 */
export function openLogStructuredDedupIndex(options: LogStructuredOptions): DedupIndex {
  const { pages, geometry, log, onProgress } = options
  const runKeys = 2 ** geometry.memtableBits
  const loaded = options.mustRebuild ? undefined : pages.readState()
  const seed: Seed = loaded?.seed ?? [randomInt(2 ** 32) | 0, randomInt(2 ** 32) | 0]
  const hash = options.hashWith(seed)
  const state: IndexState = loaded?.state ?? { runs: [0, 0, 0], pages: [0, 0, 0] }
  const filters: SegmentFilter[] = []
  const free = options.memtables.map((shared) => openMemtable(geometry.memtableBits, shared))
  /** By run, the oldest first; all but the last are full. */
  let tables: Memtable[] = []
  let inserted: Inserted[] = []
  let committed = copyOf(state)
  let hashes = new Int32Array(2048)
  const isBuilding = loaded?.isBuilding ?? true

  const fullMemtable = () =>
    tables.length > 1 ? tables.find((table) => table.run === state.runs[0] && table !== tables.at(-1)) : undefined
  const jobs = openIndexJobs({ pages, geometry, state, fullMemtable, filterOf })

  function filterOf(segment: number): SegmentFilter {
    for (let next = filters.length; next <= segment; next++) filters.push(openSegmentFilter(geometry))
    return filters[segment] as SegmentFilter
  }

  /** The memtable for a seq; when the last one is full, another one begins. */
  function tableFor(seq: number): Memtable {
    const run = Math.floor(seq / runKeys)
    const last = tables.at(-1)
    if (last?.run === run) return last
    const table = free.pop()
    if (table === undefined) throw new IndexDamagedError('dedup', 'no memtable was flushed in time')
    table.clear(run)
    tables.push(table)
    return table
  }

  function insert(seq: number, high: number, low: number): void {
    const table = tableFor(seq)
    const index = seq % runKeys
    table.insert(index, high, low)
    const last = inserted.at(-1)
    if (last?.table === table) last.to = index + 1
    else inserted.push({ table, from: index, to: index + 1 })
  }

  function findInTables(high: number, low: number, match: (seq: number) => boolean): number {
    let found = 0
    for (let at = tables.length - 1; at >= 0 && found === 0; at--) {
      const table = tables[at] as Memtable
      const firstSeq = table.run * runKeys
      table.find(high, low, (index) => {
        if (!match(firstSeq + index)) return false
        found = firstSeq + index
        return true
      })
    }
    return found
  }

  function hashAll(keys: readonly EventKey[]): void {
    if (hashes.length < 2 * keys.length) hashes = new Int32Array(4 * keys.length)
    for (let at = 0; at < keys.length; at++) {
      const { topicId, eventId } = keys[at] as EventKey
      hash(topicId, eventId, hashes, 2 * at)
    }
  }

  /** Segment by segment, not key by key: one filter at a time stays in the processor's cache. */
  function findFlushed(keys: readonly EventKey[], seqs: number[]): void {
    for (const [segment, filter] of filters.entries()) {
      filter.prefetch(hashes, keys.length)
      for (let at = 0; at < keys.length; at++) {
        const high = hashes[2 * at] ?? 0
        const low = hashes[2 * at + 1] ?? 0
        if (seqs[at] !== 0 || !filter.mayHold(high, low)) continue
        const key = keys[at] as EventKey
        seqs[at] = findInPages({ pages, geometry, state }, segment, { high, low }, (seq) => log.holds(seq, key))
      }
    }
  }

  function load(): void {
    const segments = Math.ceil((state.runs[0] + (state.pages[0] > 0 ? 1 : 0)) / runsPerSegment)
    const snapshotRun = state.runs[0] - (state.runs[0] % runsPerSnapshot)
    for (let segment = 0; segment < segments; segment++) {
      const filter = filterOf(segment)
      for (let unit = 0; unit < geometry.unitsPerRun; unit++) {
        const words = pages.readChunk(segment * geometry.unitsPerRun + unit)
        if (words !== undefined) filter.chunk(unit).set(words)
        else if (snapshotRun > segment * runsPerSegment)
          throw new IndexDamagedError('dedup', `a filter of segment ${segment} is missing`)
      }
    }
    // What was flushed after the last snapshot, from the pages themselves.
    readdPages(1, snapshotRun / fanOut)
    readdPages(0, Math.max(snapshotRun, state.runs[1] * fanOut))
    catchUp()
  }

  /** A page that is missing would leave its keys out of the filter, and they would be taken for new. */
  function readdPages(level: 0 | 1, firstRun: number): void {
    const runPages = 2 ** geometry.pageBits[level]
    const end = state.runs[level] * runPages + state.pages[level] * (level === 0 ? 1 : fanOut)
    let next = firstRun * runPages
    const requireNext = (isThere: boolean) => {
      if (!isThere) throw new IndexDamagedError('dedup', `page ${next} of level ${level} is missing`)
    }
    for (const { id, entries } of pages.pagesFrom(level, next)) {
      requireNext(id === next)
      next++
      const run = Math.floor(id / runPages)
      const filter = filterOf(Math.floor(run / (level === 0 ? runsPerSegment : fanOut)))
      const page0 = (id % runPages) >>> (level === 0 ? 0 : geometry.pageBits[1] - geometry.pageBits[0])
      for (let at = 0; at < entries.length; at += 2) {
        const tag = (entries[at + 1] ?? 0) & 0xff
        filter.add(((page0 << 8) | tag) << (24 - geometry.pageBits[0]), entries[at] ?? 0)
      }
    }
    requireNext(next >= end)
  }

  /** Takes up the events that no page holds: the last two runs at most, unless the index is new. */
  function catchUp(): void {
    let seq = Math.max(1, state.runs[0] * runKeys)
    for (;;) {
      const keys = log.keysFrom(seq, Math.min(rowsReadAtOnce, runKeys))
      const last = keys.at(-1)
      if (last === undefined) break
      log.transaction(() => {
        hashAll(keys)
        for (const [at, key] of keys.entries()) insert(key.seq, hashes[2 * at] ?? 0, hashes[2 * at + 1] ?? 0)
        jobs.workFor(keys.length)
        pages.writeState({ state, seed, isBuilding })
      })
      settle()
      seq = last.seq + 1
      onProgress(last.seq)
    }
    log.transaction(() => pages.writeState({ state, seed, isBuilding: false }))
  }

  /** After a commit: what is in memory is now what is on disk. */
  function settle(): void {
    committed = copyOf(state)
    inserted = []
    free.push(...tables.filter((table) => table.run < state.runs[0]))
    tables = tables.filter((table) => table.run >= state.runs[0])
  }

  if (loaded === undefined) {
    log.transaction(() => {
      pages.clear()
      pages.writeState({ state, seed, isBuilding })
    })
  }
  load()

  return {
    checkAndMark(keys, nextSeq) {
      hashAll(keys)
      const seqs = new Array<number>(keys.length).fill(0)
      findFlushed(keys, seqs)
      for (const table of tables) table.prefetch(hashes, keys.length)
      const newKeys: EventKey[] = []
      for (let at = 0; at < keys.length; at++) {
        if (seqs[at] !== 0) continue
        const key = keys[at] as EventKey
        const high = hashes[2 * at] ?? 0
        const low = hashes[2 * at + 1] ?? 0
        const found = findInTables(high, low, (seq) => {
          if (seq < nextSeq) return log.holds(seq, key)
          const earlier = newKeys[seq - nextSeq]
          return earlier?.topicId === key.topicId && earlier.eventId === key.eventId
        })
        seqs[at] = found === 0 ? nextSeq + newKeys.length : found
        if (found !== 0) continue
        insert(nextSeq + newKeys.length, high, low)
        newKeys.push(key)
      }
      if (jobs.workFor(newKeys.length)) pages.writeState({ state, seed, isBuilding: false })
      return seqs
    },
    settle,
    undo() {
      for (const { table, from, to } of inserted.reverse()) {
        table.remove(from, to)
        if (from === 0 && table === tables.at(-1)) free.push(...tables.splice(-1))
      }
      inserted = []
      state.runs.splice(0, 3, ...committed.runs)
      state.pages.splice(0, 3, ...committed.pages)
      jobs.undo()
    },
  }
}

function copyOf({ runs, pages }: IndexState): IndexState {
  return { runs: [...runs], pages: [...pages] }
}
