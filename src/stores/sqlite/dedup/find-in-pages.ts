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
  const [, merged1, merged2] = state.pages
  const page0 = pageOf(geometry, 0, high)
  const page1 = pageOf(geometry, 1, high)
  const tag = tagOf(geometry, high)
  const firstSeq = segment * 2 ** segmentBits(geometry)

  const search = (level: 0 | 1 | 2, run: number, page: number): number => {
    const entries = pages.readPage(level, run * 2 ** geometry.pageBits[level] + page)
    for (let at = 0; at < entries.length; at += 2) {
      const second = entries[at + 1] ?? 0
      if (entries[at] !== low || (second & 0xff) !== tag) continue
      const seq = firstSeq + (second >>> 8)
      if (match(seq)) return seq
    }
    return 0
  }

  if (segment < runs2 || (segment === runs2 && page1 < merged2)) {
    return search(2, segment, pageOf(geometry, 2, high))
  }
  const mergedRuns1 = page0 < merged1 ? runs1 + 1 : runs1
  for (
    let run = Math.min(runs0, (segment + 1) * runsPerSegment) - 1;
    run >= Math.max(mergedRuns1 * fanOut, segment * runsPerSegment);
    run--
  ) {
    const seq = search(0, run, page0)
    if (seq !== 0) return seq
  }
  for (let run = Math.min(mergedRuns1, (segment + 1) * fanOut) - 1; run >= segment * fanOut; run--) {
    const seq = search(1, run, page1)
    if (seq !== 0) return seq
  }
  return 0
}
