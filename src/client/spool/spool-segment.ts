/** One file of a spool: appended to by its owner, read from the front, removed when all of it is settled. */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { decodeLine, newline } from './spool-line.ts'

export interface SpoolLine {
  /** Undefined for a line that is not what was written. */
  readonly text: string | undefined
  readonly raw: Buffer
  readonly position: number
}

/** Read at once; grows for a line that is longer. */
const chunkBytes = 256 * 1024

export class SpoolSegment {
  readonly path: string
  readonly #fd: number
  /** Position of the first event; 0 for one of an earlier run, where all have it. */
  readonly #firstPosition: number
  #bytes: number
  #readOffset = 0
  /** From the front; those that were not what had been written as well. */
  #readLines = 0
  /** Read, and not settled. */
  #openLines = 0
  /** It could not be read to its end: it stays for the next run. */
  #isBroken = false
  #unread: Buffer = Buffer.alloc(0)

  /** @param mode `create` for one to append to, `found` for one of an earlier run. @throws Error of the file system. */
  constructor(path: string, mode: 'create' | 'found', firstPosition: number) {
    this.path = path
    this.#fd = openSync(path, mode === 'create' ? 'wx+' : 'r')
    this.#firstPosition = firstPosition
    this.#bytes = fstatSync(this.#fd).size
  }

  get bytes(): number {
    return this.#bytes
  }

  get isRead(): boolean {
    return this.#isBroken || this.#readOffset >= this.#bytes
  }

  get isSettled(): boolean {
    return !this.#isBroken && this.isRead && this.#openLines === 0
  }

  get nextPosition(): number {
    return this.#firstPosition === 0 ? 0 : this.#firstPosition + this.#readLines
  }

  /** @throws Error of the file system; then the line is not there, or torn, which is the same. */
  append(line: Buffer): void {
    let written = 0
    try {
      while (written < line.length) {
        written += writeSync(this.#fd, line, written, line.length - written, this.#bytes + written)
      }
    } catch (thrown) {
      if (written > 0) ftruncateSync(this.#fd, this.#bytes)
      throw thrown
    }
    this.#bytes += line.length
  }

  /** What was appended last is in its owner's memory; only when all before it was read. */
  skipLast(): void {
    this.#readOffset = this.#bytes
    this.#readLines++
    this.#openLines++
  }

  /** The next line; undefined when all were read. A last line without its end was never finished, and is none. */
  readLine(): SpoolLine | undefined {
    for (;;) {
      const end = this.#unread.indexOf(newline)
      if (end !== -1) {
        const raw = this.#unread.subarray(0, end)
        this.#unread = this.#unread.subarray(end + 1)
        const position = this.nextPosition
        this.#readOffset += end + 1
        this.#readLines++
        const text = decodeLine(raw)
        if (text !== undefined) this.#openLines++
        return { text, raw, position }
      }
      const at = this.#readOffset + this.#unread.length
      const chunk = Buffer.allocUnsafe(Math.min(Math.max(chunkBytes, this.#unread.length), this.#bytes - at))
      const read = this.#readInto(chunk, at)
      if (read === 0) {
        this.#readOffset = this.#bytes
        this.#unread = Buffer.alloc(0)
        return undefined
      }
      this.#unread = Buffer.concat([this.#unread, chunk.subarray(0, read)])
    }
  }

  /** The oldest of those that were read. @returns how many of them are not in this file. */
  settle(count: number): number {
    const here = Math.min(count, this.#openLines)
    this.#openLines -= here
    return count - here
  }

  /** What is settled need not be sent again. Only when all is. @returns the bytes that it frees: none where that failed. */
  empty(): number {
    const freed = this.#bytes
    try {
      if (freed > 0) ftruncateSync(this.#fd, 0)
    } catch {
      // It is sent again at the next start, and is a duplicate.
      return 0
    }
    this.#bytes = 0
    this.#readOffset = 0
    return freed
  }

  sync(onError: (error: Error) => void): void {
    fdatasync(this.#fd, (error) => {
      // Closed in the meantime, which syncs as well.
      if (error !== null && error.code !== 'EBADF') onError(error)
    })
  }

  syncNow(): void {
    fdatasyncSync(this.#fd)
  }

  #readInto(chunk: Buffer, at: number): number {
    try {
      return chunk.length === 0 ? 0 : readSync(this.#fd, chunk, 0, chunk.length, at)
    } catch {
      this.#isBroken = true
      return 0
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  remove(): void {
    try {
      unlinkSync(this.path)
    } catch {
      // Somebody else removed it; or it stays, is sent again at the next start, and is a duplicate.
    }
    this.close()
  }
}
