/**
 * The work that keeps the index in shape: flushing a full memtable into pages, merging eight runs into one of the next
 * level, deleting what was merged. In small units, so that each commit does a little of it and none does much.
 */

import { fanOut, fanOutBits, type Geometry, pageOf, runsPerSegment, runsPerSnapshot } from './geometry.ts'
import { entryOf, type IndexPages, type IndexState } from './index-pages.ts'
import type { Memtable } from './memtable.ts'
import type { SegmentFilter } from './segment-filter.ts'

/** More than 1, so that every job ends before the next of its kind is due. */
const unitsOfWorkPerKey = 1.6
const pagesDeletedAtOnce = 256
const levelPairs = [
  [0, 1],
  [1, 2],
] as const

export interface IndexJobs {
  /** Does what is due after so many new keys. @returns whether the state has changed. */
  workFor(newKeys: number): boolean
  /** After a rollback: takes the last `workFor` back. */
  undo(): void
}

export interface IndexJobsDeps {
  readonly pages: IndexPages
  readonly geometry: Geometry
  readonly state: IndexState
  /** The memtable that is full and not flushed yet, if there is one. */
  readonly fullMemtable: () => Memtable | undefined
  readonly filterOf: (segment: number) => SegmentFilter
}

interface Job {
  isDue(): boolean
  step(): void
  credit: number
  creditBefore: number
}

export function openIndexJobs({ pages, geometry, state, fullMemtable, filterOf }: IndexJobsDeps): IndexJobs {
  const { pageBits, unitPages, unitsPerRun } = geometry
  const keysPerUnit = unitPages * 64
  let deletedBelow: [number, number] = [0, 0]
  let sorted: { readonly run: number; readonly order: Int32Array; readonly starts: Int32Array } | undefined

  function flushUnit(): void {
    const table = fullMemtable()
    if (table === undefined) return
    const run = state.runs[0]
    if (sorted?.run !== run) sorted = { run, ...sortByPage(table.hashes, geometry) }
    const filter = filterOf(Math.floor(run / runsPerSegment))
    const firstSeq = run * 2 ** geometry.memtableBits
    const unit = state.pages[0] / unitPages
    for (let page = state.pages[0]; page < state.pages[0] + unitPages; page++) {
      const [from = 0, to = 0] = sorted.starts.subarray(page, page + 2)
      const entries = new Int32Array(2 * (to - from))
      for (let at = from; at < to; at++) {
        const index = sorted.order[at] ?? 0
        const high = table.hashes[2 * index] ?? 0
        const low = table.hashes[2 * index + 1] ?? 0
        entries[2 * (at - from)] = low
        entries[2 * (at - from) + 1] = entryOf(geometry, firstSeq + index, high)
        filter.add(high, low)
      }
      pages.writePage(0, run * 2 ** pageBits[0] + page, entries)
    }
    // The filter's chunk of this unit holds just these pages' keys, so the last snapshot of a segment is its final filter.
    if (run % runsPerSnapshot === runsPerSnapshot - 1) {
      pages.writeChunk(Math.floor(run / runsPerSegment) * unitsPerRun + unit, filter.chunk(unit))
    }
    advance(0, unitPages, 2 ** pageBits[0])
  }

  function mergeUnit(source: 0 | 1, level: 1 | 2): void {
    const run = state.runs[level]
    const sourcePages = 2 ** pageBits[source]
    const unit = Math.min(fanOut, sourcePages)
    for (let page = state.pages[level]; page < state.pages[level] + unit; page++) {
      const inputs = Array.from({ length: fanOut }, (_, each) =>
        pages.readPage(source, (run * fanOut + each) * sourcePages + page),
      )
      for (const [child, entries] of distribute(inputs, 8 - fanOutBits * level).entries()) {
        pages.writePage(level, run * sourcePages * fanOut + page * fanOut + child, entries)
      }
    }
    advance(level, unit, sourcePages)
  }

  function advance(level: 0 | 1 | 2, by: number, of: number): void {
    state.pages[level] += by
    if (state.pages[level] < of) return
    state.pages[level] = 0
    state.runs[level]++
  }

  const flush: Job = { credit: 0, creditBefore: 0, isDue: () => fullMemtable() !== undefined, step: flushUnit }
  const merges = levelPairs.map(
    ([source, level]): Job => ({
      credit: 0,
      creditBefore: 0,
      isDue: () => state.runs[source] >= fanOut * (state.runs[level] + 1),
      step: () => mergeUnit(source, level),
    }),
  )

  const jobs = [flush, ...merges]

  /** Deletes some of the pages that were merged and are not read any more. */
  function deleteMerged(): void {
    for (const [source, level] of levelPairs) {
      const bound = state.runs[level] * fanOut * 2 ** pageBits[source]
      if (deletedBelow[source] === bound) continue
      if (pages.deletePagesBelow(source, bound, pagesDeletedAtOnce) < pagesDeletedAtOnce) deletedBelow[source] = bound
    }
  }

  return {
    workFor(newKeys) {
      let hasWorked = false
      for (const job of jobs) {
        job.creditBefore = job.credit
        if (!job.isDue()) {
          job.credit = 0
          continue
        }
        job.credit += unitsOfWorkPerKey * newKeys
        while (job.credit >= keysPerUnit && job.isDue()) {
          job.step()
          job.credit -= keysPerUnit
          hasWorked = true
        }
      }
      if (hasWorked) deleteMerged()
      return hasWorked
    },
    undo() {
      for (const job of jobs) job.credit = job.creditBefore
      sorted = undefined
      deletedBelow = [0, 0]
    },
  }
}

/** The indexes of a memtable in the order of their pages, and where each page starts among them. */
function sortByPage(hashes: Int32Array, geometry: Geometry): { order: Int32Array; starts: Int32Array } {
  const starts = new Int32Array(2 ** geometry.pageBits[0] + 1)
  for (let at = 0; at < hashes.length; at += 2) {
    const high = hashes[at] ?? 0
    if ((high | (hashes[at + 1] ?? 0)) === 0) continue
    const page = pageOf(geometry, 0, high)
    starts[page + 1] = (starts[page + 1] ?? 0) + 1
  }
  for (let page = 1; page < starts.length; page++) starts[page] = (starts[page] ?? 0) + (starts[page - 1] ?? 0)
  const next = starts.slice()
  const order = new Int32Array(starts.at(-1) ?? 0)
  for (let at = 0; at < hashes.length; at += 2) {
    const high = hashes[at] ?? 0
    if ((high | (hashes[at + 1] ?? 0)) === 0) continue
    const page = pageOf(geometry, 0, high)
    const place = next[page] ?? 0
    order[place] = at / 2
    next[page] = place + 1
  }
  return { order, starts }
}

/** Spreads the entries of one page over its eight children, by the three bits of the tag at `shift`. */
function distribute(inputs: readonly Int32Array[], shift: number): Int32Array[] {
  const counts = new Int32Array(fanOut)
  for (const entries of inputs) {
    for (let at = 1; at < entries.length; at += 2) {
      const child = ((entries[at] ?? 0) >>> shift) & (fanOut - 1)
      counts[child] = (counts[child] ?? 0) + 2
    }
  }
  const children = Array.from(counts, (count) => new Int32Array(count))
  counts.fill(0)
  for (const entries of inputs) {
    for (let at = 0; at < entries.length; at += 2) {
      const seqAndTag = entries[at + 1] ?? 0
      const child = (seqAndTag >>> shift) & (fanOut - 1)
      const place = counts[child] ?? 0
      const output = children[child] as Int32Array
      output[place] = entries[at] ?? 0
      output[place + 1] = seqAndTag
      counts[child] = place + 2
    }
  }
  return children
}
