/**
 * Whether the dedup index and the log say the same: every event is in the index once, under its own hash; nothing is in the index
 * that is not in the log; filters know every key that is on a page; no pair is stored twice. Told of the events in their order.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { CheckLog } from '../../check-log.ts'
import { type Geometry, runsPerSegment, runsPerSnapshot, segmentBits } from '../dedup/geometry.ts'
import { openIndexPages } from '../dedup/index-pages.ts'
import { halfSipHash } from '../dedup/key-hash.ts'
import { openSegmentFilter, type SegmentFilter } from '../dedup/segment-filter.ts'
import { type Claims, type IndexShape, orProblem, readClaims } from './dedup-claims.ts'
import type { WalkedEvent } from './event-walk.ts'
import { sameHashes } from './stored-twice.ts'

export interface DedupCheck {
  event(event: Pick<WalkedEvent, 'seq' | 'topicId' | 'eventId'>): void
  /** After the last event. @param nameOf the pair of an event, as text; equal for equal pairs. */
  end(nameOf: (seq: number) => string, onProgress: (fraction: number) => void): void
}

export interface DedupCheckOptions {
  readonly db: DatabaseSync
  readonly geometry: Geometry
  readonly lastSeq: number
  readonly log: CheckLog
}

/** Runs that memory holds: see `memtableCount`. */
const maxNewestRuns = 3

/** @returns undefined when there is no index that could be checked. @throws IndexDamagedError */
export function openDedupCheck({ db, geometry, lastSeq, log }: DedupCheckOptions): DedupCheck | undefined {
  const pages = openIndexPages(db, geometry)
  const stored = pages.readState()
  if (stored === undefined) {
    log.problem('the index is missing')
    return undefined
  }
  if (stored.isBuilding) {
    log.note('the index was being built, and was not checked')
    return undefined
  }
  const { state, seed } = stored
  const shape: IndexShape = { pages, geometry, state }
  const runKeys = 2 ** geometry.memtableBits
  const segmentKeys = 2 ** segmentBits(geometry)
  const firstNewest = state.runs[0] * runKeys
  const newestCount = lastSeq + 1 - firstNewest
  if (newestCount < 0 || newestCount > maxNewestRuns * runKeys) {
    log.problem(`the index says that it holds the events up to ${firstNewest - 1}, but the log ends at ${lastSeq}`)
    return undefined
  }
  const newest = { firstSeq: firstNewest, hashes: new Int32Array(2 * newestCount) }
  const hash = halfSipHash(seed)
  const hashed = new Int32Array(2)
  /** Keys of runs before this one are in the filters on disk. */
  const snapshotRun = state.runs[0] - (state.runs[0] % runsPerSnapshot)
  let segment = -1
  let claims: Claims | undefined
  let filter: SegmentFilter | undefined

  function endSegment(): void {
    claims?.rest((seq) => log.problem(`the index holds seq ${seq}, which the log does not`))
    claims = undefined
  }

  function beginSegment(next: number): void {
    endSegment()
    segment = next
    claims = readClaims(shape, segment, log)
    filter = snapshotRun > segment * runsPerSegment ? readFilter(shape, segment, log) : undefined
  }

  return {
    event({ seq, topicId, eventId }) {
      hash(topicId, eventId, hashed, 0)
      const [high = 0, low = 0] = hashed
      if (seq >= firstNewest) {
        newest.hashes[2 * (seq - firstNewest)] = high
        newest.hashes[2 * (seq - firstNewest) + 1] = low
        return
      }
      while (segment < Math.floor(seq / segmentKeys)) beginSegment(segment + 1)
      const taken = claims?.take(seq, high, low)
      if (taken === 'missing') log.problem(`event ${seq} is not in the index`)
      if (taken === 'other') log.problem(`event ${seq} is in the index under another key`)
      const isInFilter = filter === undefined || seq >= snapshotRun * runKeys || filter.mayHold(high, low)
      if (!isInFilter) log.problem(`event ${seq} is not in its filter`)
    },
    end(nameOf, onProgress) {
      while (segment < Math.ceil(state.runs[0] / runsPerSegment) - 1) beginSegment(segment + 1)
      endSegment()
      if (log.problems > 0) {
        log.note('events that are stored twice were not looked for, because that takes an index without problems')
        return
      }
      for (const seqs of sameHashes(shape, newest, onProgress)) {
        const byName = new Map<string, number>()
        for (const seq of seqs) {
          const name = nameOf(seq)
          const first = byName.get(name)
          if (first === undefined) byName.set(name, seq)
          else log.problem(`${name} is stored twice: as seq ${first} and as seq ${seq}`)
        }
      }
    },
  }
}

function readFilter({ pages, geometry }: IndexShape, segment: number, log: CheckLog): SegmentFilter | undefined {
  const filter = openSegmentFilter(geometry)
  for (let unit = 0; unit < geometry.unitsPerRun; unit++) {
    const words = orProblem(log, () => pages.readChunk(segment * geometry.unitsPerRun + unit))
    if (words === undefined) {
      log.problem(`the filter of segment ${segment} is not complete`)
      return undefined
    }
    filter.chunk(unit).set(words)
  }
  return filter
}
