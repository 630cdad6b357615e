/** Requests as the bytes that go over the wire, made ahead so that making them does not count as the server's time. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Batch, eventText } from './bench-events.ts'

export interface PreparedRequest {
  /** Head and body. */
  readonly bytes: Uint8Array
  readonly events: number
  /** Events that no earlier request holds. */
  readonly unique: number
}

/** Many requests in one piece of memory: an object for each would cost more than its bytes. */
interface Slab {
  readonly bytes: Buffer
  /** Where each request ends. */
  readonly ends: number[]
  readonly events: number[]
  readonly unique: number[]
  taken: number
}

/** How much is made before the event loop gets a turn, so that Ctrl-C is heard. */
const bytesPerTurn = 1024 * 1024

export class RequestQueue {
  readonly #url: URL
  readonly #nextBatch: () => Batch | undefined
  readonly #slabs: Slab[] = []
  /** Made already, but it did not fit into the last slab. */
  #next: { readonly text: string; readonly batch: Batch } | undefined
  #bytes = 0

  constructor(url: URL, nextBatch: () => Batch | undefined) {
    this.#url = url
    this.#nextBatch = nextBatch
  }

  /** Of the requests that are ready. */
  get bytes(): number {
    return this.#bytes
  }

  /** Of the next request that will be made; 0 when there are no more batches. */
  get nextBytes(): number {
    this.#next ??= this.#make()
    return this.#next?.text.length ?? 0
  }

  /** Makes requests until so many bytes are ready, at least one, or until there are no more batches. */
  async fill(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.nextBytes === 0 || this.#bytes >= bytes) return
    const size = Math.max(bytes - this.#bytes, this.nextBytes)
    const slab: Slab = { bytes: Buffer.allocUnsafeSlow(size), ends: [], events: [], unique: [], taken: 0 }
    let end = 0
    let turnEnd = bytesPerTurn
    while (this.#next !== undefined && end + this.#next.text.length <= size) {
      const { text, batch } = this.#next
      end += slab.bytes.write(text, end, 'latin1')
      slab.ends.push(end)
      slab.events.push(batch.events.length)
      slab.unique.push(batch.unique)
      this.#next = this.#make()
      if (end < turnEnd) continue
      turnEnd = end + bytesPerTurn
      await nextTurn()
      signal.throwIfAborted()
    }
    this.#slabs.push(slab)
    this.#bytes += end
  }

  /** In the order of the batches; undefined when none is ready. */
  take(): PreparedRequest | undefined {
    const slab = this.#slabs[0]
    if (slab === undefined) return undefined
    const index = slab.taken++
    const start = index === 0 ? 0 : (slab.ends[index - 1] ?? 0)
    const bytes = slab.bytes.subarray(start, slab.ends[index])
    this.#bytes -= bytes.length
    if (slab.taken === slab.ends.length) this.#slabs.shift()
    return { bytes, events: slab.events[index] ?? 0, unique: slab.unique[index] ?? 0 }
  }

  #make(): { text: string; batch: Batch } | undefined {
    const batch = this.#nextBatch()
    if (batch === undefined) return undefined
    const body = `{"events":[${batch.events.map(eventText).join(',')}]}`
    // Benchmark events are ASCII: a character is a byte.
    const head = `POST ${this.#url.pathname} HTTP/1.1\r\nhost: ${this.#url.host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    return { text: head + body, batch }
  }
}
