/**
 * The newest keys, in memory: one run of level 0 while it fills and while it is flushed. In shared memory, so that reader
 * threads can look keys up that no page holds yet; what they find they verify against the stored event.
 */

export interface Memtable {
  /** Which run of level 0 it holds. */
  run: number
  insert(index: number, high: number, low: number): void
  /** Undoes the inserts of these indexes. They must be the latest ones: then no other key's chain leads over them. */
  remove(fromIndex: number, toIndex: number): void
  /** Reads the places that look-ups of these hashes (pairs of high and low) begin at, so that they are in the cache. */
  prefetch(hashes: Int32Array, count: number): void
  /** Calls `match` with the index of each key of this hash until it answers true. */
  find(high: number, low: number, match: (index: number) => boolean): boolean
  /** The hashes by index, as pairs of high and low; 0, 0 where there is none. */
  readonly hashes: Int32Array
  clear(run: number): void
}

const headerBytes = 64
/** Written so that the loads of `prefetch` are not optimised away. */
export let prefetched = 0

export function memtableBytes(memtableBits: number): number {
  return headerBytes + 2 ** memtableBits * 24
}

/** @param shared of `memtableBytes`; zero, or another thread's table. */
export function openMemtable(memtableBits: number, shared: SharedArrayBuffer): Memtable {
  const capacity = 2 ** memtableBits
  const mask = 2 * capacity - 1
  const header = new Int32Array(shared, 0, 1)
  const hashes = new Int32Array(shared, headerBytes, 2 * capacity)
  /** Pairs of low half and index + 1; 0 is free. Linear probing, at most half full. */
  const slots = new Int32Array(shared, headerBytes + 8 * capacity, 4 * capacity)

  return {
    hashes,
    get run() {
      return Atomics.load(header, 0)
    },
    set run(run) {
      Atomics.store(header, 0, run)
    },
    insert(index, high, low) {
      hashes[2 * index] = high
      hashes[2 * index + 1] = low
      let slot = (low ^ high) & mask
      while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask
      slots[2 * slot] = low
      slots[2 * slot + 1] = index + 1
    },
    remove(fromIndex, toIndex) {
      for (let index = toIndex - 1; index >= fromIndex; index--) {
        const high = hashes[2 * index] ?? 0
        const low = hashes[2 * index + 1] ?? 0
        if ((high | low) === 0) continue
        let slot = (low ^ high) & mask
        while (slots[2 * slot + 1] !== index + 1) slot = (slot + 1) & mask
        slots[2 * slot + 1] = 0
        hashes[2 * index] = 0
        hashes[2 * index + 1] = 0
      }
    },
    prefetch(wanted, count) {
      // Loads that do not depend on each other wait for memory together; one look-up after the other waits for each.
      let seen = 0
      for (let at = 0; at < 2 * count; at += 2) {
        seen ^= slots[2 * (((wanted[at + 1] ?? 0) ^ (wanted[at] ?? 0)) & mask) + 1] ?? 0
      }
      prefetched = seen
    },
    find(high, low, match) {
      let slot = (low ^ high) & mask
      for (;;) {
        const entry = slots[2 * slot + 1] ?? 0
        if (entry === 0) return false
        if (slots[2 * slot] === low && hashes[2 * entry - 2] === high && match(entry - 1)) return true
        slot = (slot + 1) & mask
      }
    },
    clear(run) {
      hashes.fill(0)
      slots.fill(0)
      this.run = run
    },
  }
}
