/** Groups events into batches that know where in the input their events come from. */
import type { Batch } from '../client/post-batch.ts'

export interface InputBatch extends Batch {
  /** The line of each event, counted from 1 in the input. */
  readonly lines: readonly number[]
  readonly readSoFar: Place
}

export interface Place {
  /** Lines, blank ones included. */
  readonly line: number
  readonly bytes: number
}

/** One request holds at most this; a longer event travels alone. */
export const batchLimits = { maxEvents: 500, maxBytes: 1024 * 1024 } as const

/** What stands around the events of a body. */
export interface Framing {
  readonly contentType: Batch['contentType']
  readonly before: Buffer
  readonly between: Buffer
  readonly after: Buffer
}

export class BatchBuilder {
  readonly #framing: Framing
  #parts: Buffer[] = []
  #lines: number[] = []
  #bytes = 0
  #readSoFar: Place = { line: 0, bytes: 0 }

  constructor(framing: Framing) {
    this.#framing = framing
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0
  }

  isFullFor(event: Buffer): boolean {
    return (
      this.#lines.length === batchLimits.maxEvents ||
      (!this.isEmpty && this.#bytes + event.length > batchLimits.maxBytes)
    )
  }

  add(event: Buffer, readSoFar: Place): void {
    this.#parts.push(this.isEmpty ? this.#framing.before : this.#framing.between, event)
    this.#bytes += this.#framing.between.length + event.length
    this.#lines.push(readSoFar.line)
    this.#readSoFar = readSoFar
  }

  /** Of a line that holds no event. */
  skipTo(readSoFar: Place): void {
    this.#readSoFar = readSoFar
  }

  /** The batch, which may be empty; the builder starts anew. */
  take(): InputBatch {
    const batch: InputBatch = {
      contentType: this.#framing.contentType,
      body: Buffer.concat([...this.#parts, this.#framing.after]),
      events: this.#lines.length,
      lines: this.#lines,
      readSoFar: this.#readSoFar,
    }
    this.#parts = []
    this.#lines = []
    this.#bytes = 0
    return batch
  }
}
