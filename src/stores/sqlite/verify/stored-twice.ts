/**
 * Pairs that are stored twice. The index holds each event once under its hash, which was checked before; so two events with the
 * same pair are two entries with the same hash. The entries are gone through by the first bits of the hash, a page of level 0 at
 * a time: memory holds one part in some thousands of them.
 */
import { pageOf } from '../dedup/geometry.ts'
import { type IndexShape, keptBits, type Run, runsOf } from './dedup-claims.ts'

/** The hashes of the events that no page holds yet, as pairs of high and low, by seq from `firstSeq` on; 0, 0: none. */
export interface NewestHashes {
  readonly firstSeq: number
  readonly hashes: Int32Array
}

/** @returns groups of seqs of events whose hashes are the same. @param onPart told which part of all hashes is done. */
export function* sameHashes(
  shape: IndexShape,
  newest: NewestHashes,
  onPart: (fraction: number) => void,
): Generator<readonly number[]> {
  const { geometry, state } = shape
  const parts = 2 ** geometry.pageBits[0]
  const segments = Math.ceil(state.runs[0] / 64)
  const runs = Array.from({ length: segments }, (_, segment) =>
    runsOf(shape, segment).map((run) => ({ ...run, segment })),
  ).flat()
  const newestByPart = sortNewest(shape, newest)
  for (let part = 0; part < parts; part++) {
    const [keys, seqs]: [number[], number[]] = [[], []]
    const add = (low: number, tag: number, seq: number) => {
      keys.push((low >>> 0) * 256 + tag)
      seqs.push(seq)
    }
    for (const run of runs) addRun(shape, run, part, add)
    for (const index of newestByPart(part)) {
      const [high = 0, low = 0] = newest.hashes.subarray(2 * index, 2 * index + 2)
      add(low, keptBits(geometry, high) & 0xff, newest.firstSeq + index)
    }
    yield* groups(keys, seqs)
    onPart((part + 1) / parts)
  }
}

function addRun(
  { pages, geometry }: IndexShape,
  { level, run, segment }: Run & { readonly segment: number },
  part: number,
  add: (low: number, tag: number, seq: number) => void,
): void {
  const bits = geometry.pageBits[level]
  const children = 2 ** (bits - geometry.pageBits[0])
  const firstSeq = segment * 2 ** (geometry.memtableBits + 6)
  for (let page = part * children; page < (part + 1) * children; page++) {
    const entries = pages.readPage(level, run * 2 ** bits + page)
    for (let at = 0; at < entries.length; at += 2) {
      const seqAndTag = entries[at + 1] ?? 0
      add(entries[at] ?? 0, seqAndTag & 0xff, firstSeq + (seqAndTag >>> 8))
    }
  }
}

/** @returns the indexes of a part. */
function sortNewest({ geometry }: IndexShape, { hashes }: NewestHashes): (part: number) => Int32Array {
  const starts = new Int32Array(2 ** geometry.pageBits[0] + 1)
  const isEvent = (at: number) => ((hashes[at] ?? 0) | (hashes[at + 1] ?? 0)) !== 0
  const partAt = (at: number) => pageOf(geometry, 0, hashes[at] ?? 0)
  for (let at = 0; at < hashes.length; at += 2) {
    if (isEvent(at)) starts[partAt(at) + 1] = (starts[partAt(at) + 1] ?? 0) + 1
  }
  for (let part = 1; part < starts.length; part++) starts[part] = (starts[part] ?? 0) + (starts[part - 1] ?? 0)
  const next = starts.slice()
  const order = new Int32Array(starts.at(-1) ?? 0)
  for (let at = 0; at < hashes.length; at += 2) {
    if (!isEvent(at)) continue
    const place = next[partAt(at)] ?? 0
    order[place] = at / 2
    next[partAt(at)] = place + 1
  }
  return (part) => order.subarray(starts[part], starts[part + 1])
}

function* groups(keys: readonly number[], seqs: readonly number[]): Generator<readonly number[]> {
  const sorted = Float64Array.from(keys).sort()
  let before = -1
  for (let at = 1; at < sorted.length; at++) {
    const key = sorted[at] ?? 0
    if (key !== sorted[at - 1] || key === before) continue
    before = key
    yield seqs.filter((_, index) => keys[index] === key)
  }
}
