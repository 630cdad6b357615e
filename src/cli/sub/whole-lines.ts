/** Bytes of one of several writers, in pieces that end with a line, so that lines of two are not mixed. Bounded. */

const newline = 0x0a
/** A line that is longer goes out in pieces. */
const maxKeptBytes = 64 * 1024

export class WholeLines {
  #kept: Buffer[] = []
  #keptBytes = 0

  /** What can be written now; may be empty. */
  push(chunk: Buffer): Buffer {
    const end = chunk.lastIndexOf(newline) + 1
    const isTooLong = this.#keptBytes + chunk.length - end > maxKeptBytes
    const cut = isTooLong ? chunk.length : end
    if (cut === 0) {
      this.#keep(chunk)
      return Buffer.alloc(0)
    }
    const out = Buffer.concat([...this.#kept, chunk.subarray(0, cut)])
    this.#kept = []
    this.#keptBytes = 0
    this.#keep(chunk.subarray(cut))
    return out
  }

  /** The rest, when nothing more comes. */
  end(): Buffer {
    const out = Buffer.concat(this.#kept)
    this.#kept = []
    this.#keptBytes = 0
    return out
  }

  #keep(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#kept.push(chunk)
    this.#keptBytes += chunk.length
  }
}
