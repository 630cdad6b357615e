/** Bytes that arrive in pieces. Pieces are copied together: one held by itself costs far more than the byte it may be. */

const minCapacityBytes = 4096

export class GrowingBytes {
  #bytes: Buffer = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  add(piece: Buffer): void {
    if (this.#length === 0) {
      // Most bodies arrive in one piece and are never copied. Its memory is not ours: the next piece must not be written there.
      this.#bytes = piece
      this.#length = piece.length
      return
    }
    const length = this.#length + piece.length
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(minCapacityBytes, 2 * this.#bytes.length, length))
      this.#bytes.copy(grown, 0, 0, this.#length)
      this.#bytes = grown
    }
    piece.copy(this.#bytes, this.#length)
    this.#length = length
  }

  /** All bytes since the last call. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#bytes = Buffer.alloc(0)
    this.#length = 0
    return taken
  }
}
