/** A connection of the fuzzer: writes whatever it is given, and says what was answered and how that ended. */
import { connect, type Socket } from 'node:net'
import { MalformedAnswer, readAnswer, type WireAnswer } from './answer-reader.ts'

export interface Exchange {
  readonly answers: readonly WireAnswer[]
  /** Why no more of them came; undefined: all that were asked for are there. */
  readonly end?: 'closed' | 'silent' | 'more' | MalformedAnswer
}

export class FuzzConnection implements Disposable {
  readonly #port: number
  #socket: Socket | undefined
  #received: Buffer = Buffer.alloc(0)
  #isClosed = true
  #wake = () => {}

  constructor(url: string) {
    this.#port = Number(new URL(url).port)
  }

  /**
   * Sends the bytes and waits for as many answers as there are methods, which say how each is read.
   *
   * @param silenceMs how long without a byte before it is given up.
   */
  async exchange(bytes: Uint8Array, methods: readonly string[], silenceMs: number): Promise<Exchange> {
    if (this.#isClosed) this.#open()
    this.#socket?.write(bytes)
    const answers: WireAnswer[] = []
    const give = (end: Exchange['end']) => {
      if (end !== undefined) this.close()
      return end === undefined ? { answers } : { answers, end }
    }
    for (const method of methods) {
      for (;;) {
        const found = this.#read(method)
        if (found instanceof MalformedAnswer) return give(found)
        if (found !== undefined) {
          answers.push(found)
          if (!found.isLast) break
          this.close()
          return answers.length === methods.length ? give(undefined) : give('closed')
        }
        if (this.#isClosed) return give('closed')
        if (!(await this.#more(silenceMs))) return give('silent')
      }
    }
    // What nobody asked for would be taken for the next answer.
    return give(this.#received.length > 0 ? 'more' : undefined)
  }

  close(): void {
    this.#socket?.destroy()
    this.#isClosed = true
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #read(method: string): WireAnswer | MalformedAnswer | undefined {
    try {
      const found = readAnswer(this.#received, method)
      if (found === undefined) return undefined
      this.#received = this.#received.subarray(found.bytes)
      return found.answer
    } catch (thrown) {
      if (thrown instanceof MalformedAnswer) return thrown
      throw thrown
    }
  }

  /** @returns whether something came, or the connection ended, in time. */
  #more(silenceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, silenceMs, false)
      this.#wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
  }

  #open(): void {
    const socket = connect(this.#port, '127.0.0.1')
    socket.setNoDelay(true)
    this.#socket = socket
    this.#received = Buffer.alloc(0)
    this.#isClosed = false
    socket.on('data', (chunk: Buffer) => {
      if (this.#socket !== socket) return
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    // Reset by the server: `close` follows.
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#socket !== socket) return
      this.#isClosed = true
      this.#wake()
    })
  }
}
