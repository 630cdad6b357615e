/**
 * What the pages of the dedup index say of one segment of the log: which seqs they hold, and under which hash. All of it is read
 * in the order in which it lies on disk; memory is 5 bytes a seq of the segment.
 */
import type { CheckLog } from '../../check-log.ts'
import { fanOut, type Geometry, runsPerSegment, segmentBits } from '../dedup/geometry.ts'
import type { IndexPages, IndexState } from '../dedup/index-pages.ts'
import { IndexDamagedError } from '../index-damaged-error.ts'

export interface Claims {
  /** Whether the pages hold this seq under this hash; asked once for each event. */
  take(seq: number, high: number, low: number): 'held' | 'other' | 'missing'
  /** How many entries no event has asked for. */
  rest(describe: (seq: number) => void): void
}

export interface IndexShape {
  readonly pages: IndexPages
  readonly geometry: Geometry
  readonly state: IndexState
}

export interface Run {
  readonly level: 0 | 1 | 2
  readonly run: number
}

/** The runs that look-ups in a segment read; what a merge has not completed is not among them. */
export function runsOf({ state }: IndexShape, segment: number): Run[] {
  const [runs0, runs1, runs2] = state.runs
  if (segment < runs2) return [{ level: 2, run: segment }]
  const found: Run[] = []
  for (let run = segment * fanOut; run < Math.min(runs1, (segment + 1) * fanOut); run++) found.push({ level: 1, run })
  const first0 = Math.max(runs1 * fanOut, segment * runsPerSegment)
  for (let run = first0; run < Math.min(runs0, (segment + 1) * runsPerSegment); run++) found.push({ level: 0, run })
  return found
}

/** The page of level 0 and the tag, in one number: all that an entry keeps of the high half of its hash. */
export function keptBits(geometry: Geometry, high: number): number {
  return high >>> (24 - geometry.pageBits[0])
}

/** Reads the pages of a segment. Damaged ones are problems, and what they held is missing then. */
export function readClaims(shape: IndexShape, segment: number, log: CheckLog): Claims {
  const { geometry } = shape
  const size = 2 ** segmentBits(geometry)
  const firstSeq = segment * size
  const length = Math.min(size, shape.state.runs[0] * 2 ** geometry.memtableBits - firstSeq)
  const folds = new Int32Array(Math.max(0, length))
  const isOpen = new Uint8Array(folds.length)
  for (const run of runsOf(shape, segment)) {
    const [from, to] = seqsOf(geometry, run)
    readRun(shape, run, log, (low, kept, offset) => {
      const seq = firstSeq + offset
      log.checked++
      if (seq < from || seq >= to) log.problem(`${nameOf(run)} holds seq ${seq}, which is not one of its seqs`)
      else if (isOpen[offset] === 1) log.problem(`the index holds seq ${seq} twice`)
      else {
        isOpen[offset] = 1
        folds[offset] = fold(low, kept)
      }
    })
  }
  return {
    take(seq, high, low) {
      const offset = seq - firstSeq
      if (isOpen[offset] !== 1) return 'missing'
      isOpen[offset] = 0
      return folds[offset] === fold(low, keptBits(geometry, high)) ? 'held' : 'other'
    },
    rest(describe) {
      for (let offset = isOpen.indexOf(1); offset >= 0; offset = isOpen.indexOf(1, offset + 1)) {
        describe(firstSeq + offset)
      }
    },
  }
}

function fold(low: number, kept: number): number {
  return low ^ Math.imul(kept + 1, 0x9e3779b1)
}

function seqsOf({ memtableBits }: Geometry, { level, run }: Run): [number, number] {
  const size = 2 ** (memtableBits + 3 * level)
  return [run * size, (run + 1) * size]
}

function nameOf({ level, run }: Run): string {
  return `run ${run} of level ${level}`
}

function readRun(
  { pages, geometry }: IndexShape,
  run: Run,
  log: CheckLog,
  take: (low: number, kept: number, offset: number) => void,
): void {
  const bits = geometry.pageBits[run.level]
  const childBits = bits - geometry.pageBits[0]
  for (let page = 0; page < 2 ** bits; page++) {
    const entries = orProblem(log, () => pages.readPage(run.level, run.run * 2 ** bits + page)) ?? noEntries
    const child = page & (2 ** childBits - 1)
    for (let at = 0; at < entries.length; at += 2) {
      const seqAndTag = entries[at + 1] ?? 0
      const tag = seqAndTag & 0xff
      if (tag >>> (8 - childBits) !== child)
        log.problem(`${nameOf(run)} holds an entry on page ${page} that is of another`)
      take(entries[at] ?? 0, ((page >>> childBits) << 8) | tag, seqAndTag >>> 8)
    }
  }
}

const noEntries = new Int32Array(0)

/** What is damaged is a problem, and gives nothing. */
export function orProblem<T>(log: CheckLog, read: () => T): T | undefined {
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof IndexDamagedError)) throw thrown
    log.problem(thrown.damage)
    return undefined
  }
}
