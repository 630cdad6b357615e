/** Where a key of a segment lies: every key that was flushed is on exactly one page, and the state says on which. */
import { fanOut, type Geometry, pageOf, runsPerSegment, segmentBits, tagOf } from './geometry.ts'
import type { IndexPages, IndexState } from './index-pages.ts'

/**
 * Looks a hash up in one segment, newest runs first.
 *
 * @param match told the seq of each key of this hash until it answers true: only the stored event decides.
 * @returns the seq that matched, or 0.
 * @throws IndexDamagedError
 */
export function findInPages(
  { pages, geometry, state }: { readonly pages: IndexPages; readonly geometry: Geometry; readonly state: IndexState },
  segment: number,
  { high, low }: { readonly high: number; readonly low: number },
  match: (seq: number) => boolean,
): number {
  const [runs0, runs1, runs2] = state.runs
  const tag = tagOf(geometry, high)
  const firstSeq = segment * 2 ** segmentBits(geometry)

  const search = (level: 0 | 1 | 2, run: number): number => {
    const entries = pages.readPage(level, run * 2 ** geometry.pageBits[level] + pageOf(geometry, level, high))
    for (let at = 0; at < entries.length; at += 2) {
      const seqAndTag = entries[at + 1] ?? 0
      if (entries[at] !== low || (seqAndTag & 0xff) !== tag) continue
      const seq = firstSeq + (seqAndTag >>> 8)
      if (match(seq)) return seq
    }
    return 0
  }

  // The sources of a merge stay until it is complete, so a merge under way changes nothing here.
  if (segment < runs2) return search(2, segment)
  for (
    let run = Math.min(runs0, (segment + 1) * runsPerSegment) - 1;
    run >= Math.max(runs1 * fanOut, segment * runsPerSegment);
    run--
  ) {
    const seq = search(0, run)
    if (seq !== 0) return seq
  }
  for (let run = Math.min(runs1, (segment + 1) * fanOut) - 1; run >= segment * fanOut; run--) {
    const seq = search(1, run)
    if (seq !== 0) return seq
  }
  return 0
}
