/**
 * Whether the WAL is whole (sqlite.org/fileformat2.html, "The Write-Ahead Log"). SQLite takes it up to the first frame that is not
 * right, and says nothing of what comes behind. After a crash that is the commit under way, which nobody was told of: each commit
 * is on the disk before the next one begins. So a second one behind a bad frame means that the frame was damaged later.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const headerBytes = 32
const frameHeaderBytes = 24
const magicBigEndian = 0x377f0683
const magicLittleEndian = 0x377f0682
const maxPageBytes = 65_536
/** A server may be writing what is read: what looks damaged is looked at again, and must not have changed. */
const looks = 3
/** What changes that often is written, not damaged. */
const maxLooks = 30
const waitMs = 100

export interface WalState {
  readonly frames: number
  /** Where it stops being right; undefined when all of it is. */
  readonly badFrame: number | undefined
  /** From there on, by their marks. */
  readonly commitsBehind: number
  readonly header: string
}

/**
 * @param path of the store.
 * @returns undefined where there is no WAL, and where it changes all the time: what is written is not damaged.
 */
export function readSettledWal(path: string): WalState | undefined {
  let state = readWal(path)
  // Frames of an earlier WAL, which end every one that was begun again, are no damage: no commit of this one is behind them.
  for (let [look, same] = [1, 1]; same < looks && state !== undefined && state.commitsBehind > 0; look++) {
    if (look === maxLooks) return undefined
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs)
    const again = readWal(path)
    const isSame = again?.header === state.header && again.badFrame === state.badFrame
    state = again
    same = isSame ? same + 1 : 1
  }
  return state
}

/** @returns how many commits are behind the damage at least: 0 when there is none, but for what a crash leaves. */
export function lostCommits(wal: WalState | undefined): number {
  return wal?.badFrame === undefined ? 0 : Math.max(0, wal.commitsBehind - 1)
}

function readWal(path: string): WalState | undefined {
  const fd = openIfThere(`${path}-wal`)
  if (fd === undefined) return undefined
  try {
    return readFrames(fd)
  } finally {
    closeSync(fd)
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined
    throw thrown
  }
}

function readFrames(fd: number): WalState | undefined {
  const { size } = fstatSync(fd)
  const header = Buffer.alloc(headerBytes)
  if (readSync(fd, header, 0, headerBytes, 0) < headerBytes) return undefined
  const pageBytes = header.readUInt32BE(8)
  const isPageSize = pageBytes >= 512 && pageBytes <= maxPageBytes && (pageBytes & (pageBytes - 1)) === 0
  const isLittleEndian = header.readUInt32BE(0) === magicLittleEndian
  const sum = new WalSum(isLittleEndian)
  sum.add(header.subarray(0, 24))
  const isKnown = isLittleEndian || header.readUInt32BE(0) === magicBigEndian
  const isHeaderWhole = isKnown && isPageSize && sum.is(header, 24)
  let isWhole = isHeaderWhole
  const frame = Buffer.alloc(frameHeaderBytes + (isPageSize ? pageBytes : 8192))
  const frames = Math.floor((size - headerBytes) / frame.length)
  let salts = header.subarray(16, 24)
  let areKnown = isHeaderWhole
  let badFrame = isWhole ? undefined : 0
  let commitsBehind = 0
  for (let index = 0; index < frames; index++) {
    if (readSync(fd, frame, 0, frame.length, headerBytes + index * frame.length) < frame.length) break
    // Of a damaged header not even the salts are known: those of the first frame that has any are, unless it was the end of
    // an earlier WAL.
    if (!isHeaderWhole && !areKnown) salts = Buffer.from(frame.subarray(8, 16))
    areKnown ||= salts.some((byte) => byte !== 0)
    const isOfThisWal = frame.compare(salts, 0, 8, 8, 16) === 0
    if (isWhole) {
      sum.add(frame.subarray(0, 8))
      sum.add(frame.subarray(frameHeaderBytes))
      isWhole = isOfThisWal && sum.is(frame, 16)
      if (!isWhole) badFrame = index
    }
    if (!isWhole && isOfThisWal && frame.readUInt32BE(4) > 0) commitsBehind++
  }
  // The header is on the disk before the first frame is written: behind a bad one, one commit is enough.
  if (!isHeaderWhole && commitsBehind > 0) commitsBehind++
  return { frames, badFrame, commitsBehind, header: header.toString('hex') }
}

/** Runs from the header through all frames. */
class WalSum {
  readonly #isLittleEndian: boolean
  #first = 0
  #second = 0

  constructor(isLittleEndian: boolean) {
    this.#isLittleEndian = isLittleEndian
  }

  add(bytes: Buffer): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let [first, second] = [this.#first, this.#second]
    for (let at = 0; at < bytes.length; at += 8) {
      first = (first + view.getInt32(at, this.#isLittleEndian) + second) | 0
      second = (second + view.getInt32(at + 4, this.#isLittleEndian) + first) | 0
    }
    this.#first = first
    this.#second = second
  }

  is(bytes: Buffer, at: number): boolean {
    return bytes.readInt32BE(at) === this.#first && bytes.readInt32BE(at + 4) === this.#second
  }
}
