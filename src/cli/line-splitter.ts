/** Cuts a stream of bytes into lines, as it arrives, in bounded memory. */

const newline = 0x0a

/** A line without its newline; or, of a line that is too long, one piece. */
export interface LinePiece {
  readonly bytes: Buffer
  /** Of its first byte, in the stream. */
  readonly position: number
  /** The line it belongs to, counted from 1. */
  readonly line: number
  readonly isLineStart: boolean
  /** Its newline was seen. */
  readonly isLineEnd: boolean
}

export class LineSplitter {
  readonly #maxPieceBytes: number
  /** The bytes of a line that has not ended yet. */
  #waiting: Buffer[] = []
  #waitingBytes = 0
  /** Of the first waiting byte. */
  #position = 0
  #line = 1
  #isLineStart = true

  constructor(maxPieceBytes: number) {
    this.#maxPieceBytes = maxPieceBytes
  }

  /** What can be told now. The pieces do not depend on how the stream is cut into chunks. */
  *push(chunk: Buffer): Generator<LinePiece> {
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    if (this.#waitingBytes <= this.#maxPieceBytes && !chunk.includes(newline)) return
    const bytes = Buffer.concat(this.#waiting)
    let start = 0
    for (;;) {
      const found = bytes.indexOf(newline, start)
      const end = found < 0 ? bytes.length : found
      while (end - start > this.#maxPieceBytes) {
        const cut = characterStart(bytes, start + this.#maxPieceBytes)
        yield this.#take(bytes.subarray(start, cut), false)
        start = cut
      }
      if (found < 0) break
      yield this.#take(bytes.subarray(start, end), true)
      start = end + 1
    }
    this.#waiting = start < bytes.length ? [bytes.subarray(start)] : []
    this.#waitingBytes = bytes.length - start
  }

  /** The bytes after the last newline; undefined when there are none. To be called once, at the end. */
  end(): LinePiece | undefined {
    return this.#waitingBytes === 0 ? undefined : this.#take(Buffer.concat(this.#waiting), false)
  }

  #take(bytes: Buffer, isLineEnd: boolean): LinePiece {
    const piece = { bytes, position: this.#position, line: this.#line, isLineStart: this.#isLineStart, isLineEnd }
    this.#position += bytes.length + (isLineEnd ? 1 : 0)
    this.#line += isLineEnd ? 1 : 0
    this.#isLineStart = isLineEnd
    return piece
  }
}

/** The start of the UTF-8 character that `at` lies in; `at` itself where the bytes are no UTF-8. */
function characterStart(bytes: Buffer, at: number): number {
  for (let start = at; start > at - 4 && start > 0; start--) {
    if (((bytes[start] ?? 0) & 0xc0) !== 0x80) return start
  }
  return at
}
