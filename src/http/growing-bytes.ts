/** Bytes that arrive in pieces. Pieces are copied together: one held by itself costs far more than the byte it may be. */

const minCapacityBytes = 4096
/** How far ahead of what has arrived memory is taken for what was announced. */
const maxAheadFactor = 8
/** Memory of bodies that are done with, for the next ones: without it a busy server makes 100 MB of garbage a second. */
const maxSpares = 4
const maxSpareBytes = 1024 * 1024
const spareStepBytes = 64 * 1024
const spares: Buffer[] = []

export class GrowingBytes {
  readonly #expectedBytes: number
  #bytes: Buffer = Buffer.alloc(0)
  #length = 0
  #isOwn = false

  /** @param expectedBytes what the sender announced, not to be trusted; 0 when it is not known. */
  constructor(expectedBytes = 0) {
    this.#expectedBytes = expectedBytes
  }

  get length(): number {
    return this.#length
  }

  add(piece: Buffer): void {
    if (this.#length === 0) {
      // Most bodies arrive in one piece and are never copied. Its memory is not ours: the next piece must not be written there.
      this.#bytes = piece
      this.#length = piece.length
      this.#isOwn = false
      return
    }
    const length = this.#length + piece.length
    if (length > this.#bytes.length || !this.#isOwn) this.#grow(length)
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

  /** As `take`, for a reader that keeps nothing of the bytes: their memory is used again after it. */
  use<T>(read: (bytes: Buffer) => T): T {
    const memory = this.#isOwn ? this.#bytes : undefined
    try {
      return read(this.take())
    } finally {
      if (memory !== undefined && memory.length <= maxSpareBytes && spares.length < maxSpares) spares.push(memory)
    }
  }

  #grow(length: number): void {
    const expected = Math.min(this.#expectedBytes, maxAheadFactor * length)
    const capacity = Math.max(minCapacityBytes, length <= expected ? expected : 2 * length)
    const grown = allocate(capacity)
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
    this.#isOwn = true
  }
}

function allocate(bytes: number): Buffer {
  const spare = spares.findIndex((memory) => memory.length >= bytes && memory.length < bytes + 2 * spareStepBytes)
  const [reused] = spare < 0 ? [] : spares.splice(spare, 1)
  if (reused !== undefined) return reused
  return Buffer.allocUnsafeSlow(bytes < spareStepBytes ? bytes : Math.ceil(bytes / spareStepBytes) * spareStepBytes)
}
