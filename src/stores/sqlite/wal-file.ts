/**
 * Whether the WAL is whole (sqlite.org/fileformat2.html, "The Write-Ahead Log"). SQLite takes it up to the first frame that is not
 * right, and says nothing of what comes behind. After a crash that is the commit under way, which nobody was told of, and what
 * failed commits have left behind it. Damage shows by a commit that another one goes on from: that one was on the disk before.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const headerBytes = 32
const frameHeaderBytes = 24
const magicBigEndian = 0x377f0683
const magicLittleEndian = 0x377f0682
/** Of the files that this program makes, and of those that older versions made. */
const filePageBytes = [8192, 4096]
/** A server may be writing what is read: what looks damaged is looked at again, and must not have changed. */
const looks = 3
/** What changes that often is written, not damaged. */
const maxLooks = 30
const waitMs = 100

export interface WalState {
  readonly frames: number
  /** Where it stops being right, from 0; undefined when all of it is. */
  readonly badFrame: number | undefined
  readonly isHeaderWhole: boolean
  /** Whether frames behind the bad one say that a commit ends there. */
  readonly hasEndsBehind: boolean
  /** That are behind the bad frame, at least: 0 when all that is there may be what a crash leaves. */
  readonly lostCommits: number
  /** Changes whenever the WAL is begun again. */
  readonly header: string
}

/**
 * @param path of the store.
 * @returns undefined where there is no WAL, and where it changes all the time: what is written is not damaged.
 * @throws Error of the file system, also where it may not be read.
 */
export function readSettledWal(path: string): WalState | undefined {
  let state = readWal(path)
  for (let [look, same] = [1, 1]; same < looks && state?.hasEndsBehind; look++) {
    if (look === maxLooks) return undefined
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs)
    const again = readWal(path)
    const isSame = again?.header === state.header && again.badFrame === state.badFrame
    state = again
    same = isSame ? same + 1 : 1
  }
  return state
}

function readWal(path: string): WalState | undefined {
  const wal = openIfThere(`${path}-wal`)
  if (wal === undefined) return undefined
  try {
    return readFrames(wal)
  } finally {
    closeSync(wal)
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

function readFrames(wal: number): WalState | undefined {
  const header = Buffer.alloc(headerBytes)
  if (readSync(wal, header, 0, headerBytes, 0) < headerBytes) return undefined
  const magic = header.readUInt32BE(0)
  const sumOf = magic === magicBigEndian ? sumBigEndian : sumLittleEndian
  const isKnown = magic === magicBigEndian || magic === magicLittleEndian
  const isHeaderWhole = isKnown && sumOf(noSum, header.subarray(0, 24)).equals(header.subarray(24))
  if (isHeaderWhole) return walk({ wal, header, isHeaderWhole, sumOf, pageBytes: header.readUInt32BE(8) })
  // How large its pages are only the frames can tell.
  const states = filePageBytes.map((pageBytes) => walk({ wal, header, isHeaderWhole, sumOf, pageBytes }))
  return states.find(({ lostCommits }) => lostCommits > 0) ?? states[0]
}

interface Walk {
  readonly wal: number
  readonly header: Buffer
  readonly isHeaderWhole: boolean
  readonly sumOf: (from: Buffer, bytes: Buffer) => Buffer
  readonly pageBytes: number
}

function walk({ wal, header, isHeaderWhole, sumOf, pageBytes }: Walk): WalState {
  const frame = Buffer.alloc(frameHeaderBytes + pageBytes)
  const frames = Math.floor((fstatSync(wal).size - headerBytes) / frame.length)
  // Of a damaged header not even the salts are known: those of the first frame that has any are, unless it was the end of
  // an earlier WAL.
  let salts = isHeaderWhole ? header.subarray(16, 24) : undefined
  let before = { sum: header.subarray(24), isRight: isHeaderWhole, isEnd: false }
  let badFrame = isHeaderWhole ? undefined : 0
  let hasEndsBehind = false
  let lostCommits = 0
  for (let index = 0; index < frames; index++) {
    if (readSync(wal, frame, 0, frame.length, headerBytes + index * frame.length) < frame.length) break
    const saltsOfFrame = frame.subarray(8, 16)
    if (salts === undefined && saltsOfFrame.some((byte) => byte !== 0)) salts = Buffer.from(saltsOfFrame)
    const isOfThisWal = salts?.equals(saltsOfFrame) === true
    // By the sum that stands in the frame before: so frames are right or not also behind a bad one.
    const isRight =
      isOfThisWal &&
      sumOf(sumOf(before.sum, frame.subarray(0, 8)), frame.subarray(frameHeaderBytes)).equals(frame.subarray(16, 24))
    const isEnd = isOfThisWal && frame.readUInt32BE(4) > 0
    if (!isRight) badFrame ??= index
    if (badFrame !== undefined) {
      hasEndsBehind ||= isEnd
      // The header is on the disk before the first frame is written: behind a bad one nobody need go on from a commit.
      const isProof = isHeaderWhole ? before.isRight && before.isEnd : isEnd
      if (isRight && isProof) lostCommits++
    }
    before = { sum: Buffer.from(frame.subarray(16, 24)), isRight, isEnd }
  }
  return { frames, badFrame, isHeaderWhole, hasEndsBehind, lostCommits, header: header.toString('hex') }
}

const noSum = Buffer.alloc(8)
const sumLittleEndian = (from: Buffer, bytes: Buffer) => walSum(from, bytes, true)
const sumBigEndian = (from: Buffer, bytes: Buffer) => walSum(from, bytes, false)

/** @param from the sum before, as it is written. @returns the sum of both, likewise. */
function walSum(from: Buffer, bytes: Buffer, isLittleEndian: boolean): Buffer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let [first, second] = [from.readInt32BE(0), from.readInt32BE(4)]
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + view.getInt32(at, isLittleEndian) + second) | 0
    second = (second + view.getInt32(at + 4, isLittleEndian) + first) | 0
  }
  const sum = Buffer.alloc(8)
  sum.writeInt32BE(first, 0)
  sum.writeInt32BE(second, 4)
  return sum
}
