/**
 * Which keys a segment surely does not hold: a blocked Bloom filter, 16 bits a key, 8 bits set in one block of 512.
 * One false "maybe" in about a thousand. Built only from bits that pages keep, so that it can be rebuilt from them.
 */
import { type Geometry, segmentBits } from './geometry.ts'

const wordsPerBlock = 16
const bitsPerKeyBits = 4
const blockBits = 9
/** Odd multipliers; each takes its own 6 bits from the low half of the hash. */
const salts = Int32Array.of(
  0x47b6137b,
  0x44974d91,
  0x8824ad5b,
  0xa2b7289d,
  0x705495c7,
  0x2df1424b,
  0x9efc4947,
  0x5c6bfb31,
)

/** Written so that the loads of `prefetch` are not optimised away. */
export let prefetched = 0

export interface SegmentFilter {
  add(high: number, low: number): void
  mayHold(high: number, low: number): boolean
  /** Reads the blocks of these hashes (pairs of high and low), so that they are in the cache: see `Memtable.prefetch`. */
  prefetch(hashes: Int32Array, count: number): void
  /** The words that one of the geometry's `unitsPerRun` chunks covers: those of the same share of level 0's pages. */
  chunk(unit: number): Int32Array<ArrayBuffer>
}

export function openSegmentFilter(geometry: Geometry): SegmentFilter {
  const indexBits = segmentBits(geometry) + bitsPerKeyBits - blockBits
  const words = new Int32Array(2 ** indexBits * wordsPerBlock)
  const shift = 32 - indexBits
  const chunkWords = words.length / geometry.unitsPerRun
  return {
    add(high, low) {
      const block = (high >>> shift) * wordsPerBlock
      for (let probe = 0; probe < 8; probe++) {
        const bit = Math.imul(low, salts[probe] ?? 0) >>> 26
        const word = block + 2 * probe + (bit >>> 5)
        words[word] = (words[word] ?? 0) | (1 << (bit & 31))
      }
    },
    mayHold(high, low) {
      const block = (high >>> shift) * wordsPerBlock
      for (let probe = 0; probe < 8; probe++) {
        const bit = Math.imul(low, salts[probe] ?? 0) >>> 26
        if (((words[block + 2 * probe + (bit >>> 5)] ?? 0) & (1 << (bit & 31))) === 0) return false
      }
      return true
    },
    prefetch(hashes, count) {
      let seen = 0
      for (let at = 0; at < 2 * count; at += 2) seen ^= words[((hashes[at] ?? 0) >>> shift) * wordsPerBlock] ?? 0
      prefetched = seen
    },
    chunk: (unit) => words.subarray(unit * chunkWords, (unit + 1) * chunkWords),
  }
}
