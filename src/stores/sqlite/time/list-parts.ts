/** A run's lists on disk: parts of up to 256 entries, packed into about three bytes an entry, each with a checksum. */
import { crc32 } from 'node:zlib'
import { IndexDamagedError } from '../index-damaged-error.ts'

export const partEntries = 256

/** Where a part lies: part number `part` of the list of `topicId` in run `run`. */
export interface PartKey {
  readonly run: number
  /** 0 is the list of all events. */
  readonly topicId: number
  readonly part: number
}

/** Entries in time order. */
export interface PartEntries {
  readonly count: number
  /** Whether the list ends with them: a list that lost its end must not pass for a shorter one. */
  readonly isLast: boolean
  readonly ms: Float64Array
  readonly fractions: Int32Array
  /** From the first seq of the run. */
  readonly offsets: Int32Array
}

const checksumBytes = 4
const headerBytes = 10
/** Beside the count. */
const lastFlag = 0x8000
/** The difference of two times, a fraction and an offset: 8, 5 and 3 bytes of 7 bits at the most. */
const maxEntryBytes = 16
const scratch = Buffer.alloc(headerBytes + partEntries * maxEntryBytes + checksumBytes)

/** The bytes are valid until the next call. @param count at least 1. */
export function packPart(key: PartKey, { count, isLast, ms, fractions, offsets }: PartEntries): Uint8Array {
  let at = scratch.writeUInt16LE(isLast ? count | lastFlag : count, scratch.writeDoubleLE(ms[0] ?? 0, 0))
  let lastMs = ms[0] ?? 0
  let lastOffset = 0
  for (let index = 0; index < count; index++) {
    const instant = ms[index] ?? 0
    const offset = offsets[index] ?? 0
    at = writeNumber(at, instant - lastMs)
    at = writeNumber(at, fractions[index] ?? 0)
    const step = offset - lastOffset
    at = writeNumber(at, step < 0 ? -2 * step - 1 : 2 * step)
    lastMs = instant
    lastOffset = offset
  }
  at = scratch.writeUInt32LE(checksum(key, scratch.subarray(0, at)), at)
  return scratch.subarray(0, at)
}

/** @param maxEntries those behind are left out, but counted: for whoever needs the first alone. @throws IndexDamagedError */
export function unpackPart(key: PartKey, bytes: Uint8Array, maxEntries = partEntries): PartEntries {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = buffer.length - checksumBytes
  if (end < headerBytes || buffer.readUInt32LE(end) !== checksum(key, buffer.subarray(0, end))) {
    throw new IndexDamagedError('time', `part ${key.part} of topic ${key.topicId} in run ${key.run}: wrong checksum`)
  }
  const countAndFlag = buffer.readUInt16LE(8)
  const count = countAndFlag & ~lastFlag
  const unpacked = Math.min(count, maxEntries)
  const ms = new Float64Array(unpacked)
  const fractions = new Int32Array(unpacked)
  const offsets = new Int32Array(unpacked)
  let lastMs = buffer.readDoubleLE(0)
  let lastOffset = 0
  readNumbers(bytes, headerBytes, numbersPerEntry * unpacked)
  for (let index = 0; index < unpacked; index++) {
    const at = numbersPerEntry * index
    lastMs += numbers[at] ?? 0
    ms[index] = lastMs
    fractions[index] = numbers[at + 1] ?? 0
    // A remainder of floating point numbers would take longer than all the rest: offsets are far below 2^31.
    const step = (numbers[at + 2] ?? 0) | 0
    lastOffset += step & 1 ? -((step + 1) >> 1) : step >> 1
    offsets[index] = lastOffset
  }
  return { count, isLast: countAndFlag !== count, ms, fractions, offsets }
}

const numbersPerEntry = 3
const numbers = new Float64Array(numbersPerEntry * partEntries)

/** Reads what `writeNumber` wrote, one after another, into `numbers`: one loop over local variables is twice as fast. */
function readNumbers(bytes: Uint8Array, start: number, count: number): void {
  let at = start
  for (let index = 0; index < count; index++) {
    let byte = bytes[at++] ?? 0
    let value = byte & 0x7f
    for (let scale = 128; byte >= 128; scale *= 128) {
      byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
    }
    numbers[index] = value
  }
}

/** Seven bits a byte, the lowest first; up to 2^53. */
function writeNumber(start: number, value: number): number {
  let at = start
  let rest = value
  while (rest >= 128) {
    scratch[at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  scratch[at++] = rest
  return at
}

/** Covers the key as well: a part in another's place is damage too. */
function checksum({ run, topicId, part }: PartKey, content: Uint8Array): number {
  return crc32(content, crc32(`${run} ${topicId} ${part}`))
}
