/**
 * The shape of the index. A run is a range of seqs, so that no list of runs is needed; within a run the entries are
 * spread over pages by the top bits of their hash, so that a page has an address and no search is needed to find it.
 *
 *   level 0: 2^memtableBits keys a run     page = top pageBits[0] bits of the hash
 *   level 1: 8 runs of level 0             3 bits more
 *   level 2: 8 runs of level 1, a segment  3 bits more; never merged again
 *
 * About 64 keys a page at every level.
 */

export interface Geometry {
  readonly memtableBits: number
  readonly pageBits: readonly [number, number, number]
  /** Pages of level 0 that one unit of work flushes or merges. */
  readonly unitPages: number
  /** Units that flush one run; also the chunks of a segment's filter on disk. */
  readonly unitsPerRun: number
}

/** Runs of one level that make one of the next, and its binary logarithm. */
export const fanOut = 8
export const fanOutBits = 3
/** Runs of level 0 in a segment. */
export const runsPerSegment = fanOut * fanOut
/** Flushes between two snapshots of the filter; divides `runsPerSegment`. */
export const runsPerSnapshot = 16

const keysPerPageBits = 6

/** @param memtableBits 6 to 18; 18 but for tests. A page's entry holds 24 bits of seq, which is a segment of 2^18 × 64. */
export function geometryOf(memtableBits: number): Geometry {
  const bits = memtableBits - keysPerPageBits
  const pages = 2 ** bits
  const unitsPerRun = Math.min(64, pages)
  return { memtableBits, pageBits: [bits, bits + 3, bits + 6], unitPages: pages / unitsPerRun, unitsPerRun }
}

export function segmentBits(geometry: Geometry): number {
  return geometry.memtableBits + 2 * fanOutBits
}

/** The page of a level that a hash belongs to. */
export function pageOf(geometry: Geometry, level: 0 | 1 | 2, high: number): number {
  const bits = geometry.pageBits[level]
  return bits === 0 ? 0 : high >>> (32 - bits)
}

/** The 8 bits of the hash that follow the page bits of level 0: all of the high half that an entry keeps. */
export function tagOf(geometry: Geometry, high: number): number {
  return (high >>> (24 - geometry.pageBits[0])) & 0xff
}
