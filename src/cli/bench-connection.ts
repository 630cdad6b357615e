/**
 * One keep-alive connection of a benchmark: HTTP/1.1 on a bare socket, because an HTTP client would take more of the CPU
 * than the server does. Reads what the server of `sekali serve` answers, not all that HTTP allows.
 */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface Answer {
  readonly status: number
  /** Of the Retry-After header; 0 without. */
  readonly retryAfterSeconds: number
  readonly body: string
}

const maxAnswerBytes = 1024 * 1024
/** For the connection to open, and for an answer to come. */
const maxWaitMs = 60_000

export class BenchConnection implements Disposable {
  readonly #url: URL
  #socket: Socket | undefined
  #received: Buffer = Buffer.alloc(0)
  #opening: PromiseWithResolvers<void> | undefined
  #waiting: PromiseWithResolvers<Answer> | undefined

  constructor(url: URL) {
    this.#url = url
  }

  /** @throws Error when the server is away. */
  async open(): Promise<void> {
    if (this.#socket !== undefined) return
    const { protocol, hostname, port } = this.#url
    // URLs put an IPv6 address in brackets, sockets do not.
    const host = hostname.replace(/^\[|\]$/g, '')
    const isTls = protocol === 'https:'
    const socket = isTls
      ? connectTls({ host, port: Number(port || 443), servername: host })
      : connectTcp({ host, port: Number(port || 80) })
    const opening = Promise.withResolvers<void>()
    this.#socket = socket
    this.#opening = opening
    socket.setNoDelay(true)
    socket.setTimeout(maxWaitMs)
    socket.once(isTls ? 'secureConnect' : 'connect', opening.resolve)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('timeout', () => this.#lose(socket, `did not answer within ${maxWaitMs / 1000} seconds`))
    socket.on('error', (error) => this.#lose(socket, `is out of reach: ${error.message}`))
    socket.on('close', () => this.#lose(socket, 'closed the connection before it answered'))
    await opening.promise
  }

  /**
   * One request at a time. Opens the connection again if the server closed it after an answer.
   *
   * @throws Error when no answer came: what became of the request is unknown then.
   */
  async send(request: Uint8Array): Promise<Answer> {
    if (this.#socket === undefined) await this.open()
    const waiting = Promise.withResolvers<Answer>()
    this.#waiting = waiting
    this.#socket?.write(request)
    return waiting.promise
  }

  /** A request under way is rejected. */
  [Symbol.dispose](): void {
    const socket = this.#socket
    if (socket !== undefined) this.#lose(socket, 'was left')
  }

  #lose(socket: Socket, what: string): void {
    if (this.#socket === socket) {
      this.#socket = undefined
      this.#received = Buffer.alloc(0)
      const error = new Error(`the server at ${this.#url.origin} ${what}`)
      this.#opening?.reject(error)
      this.#waiting?.reject(error)
      this.#waiting = undefined
    }
    socket.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const parsed = parseAnswer(this.#received)
    if (parsed === undefined) return
    const socket = this.#socket
    if (parsed === 'unreadable' || this.#waiting === undefined || parsed.end !== this.#received.length) {
      if (socket !== undefined) this.#lose(socket, 'answers in a way that the benchmark does not read')
      return
    }
    this.#received = Buffer.alloc(0)
    const { resolve } = this.#waiting
    this.#waiting = undefined
    if (parsed.isLast && socket !== undefined) this.#lose(socket, 'ended the connection')
    resolve(parsed)
  }
}

interface ParsedAnswer extends Answer {
  /** How many bytes it took. */
  readonly end: number
  /** The server closes the connection after it. */
  readonly isLast: boolean
}

/** @returns undefined while bytes are missing. */
function parseAnswer(bytes: Buffer): ParsedAnswer | 'unreadable' | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return bytes.length > maxAnswerBytes ? 'unreadable' : undefined
  const head = bytes.toString('latin1', 0, headEnd)
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
  const end = headEnd + 4 + length
  // Also where there is no length (NaN), as with a chunked answer: a proxy may send one, this server never does.
  if (!(status >= 200) || !(end <= maxAnswerBytes)) return 'unreadable'
  if (bytes.length < end) return undefined
  return {
    status,
    retryAfterSeconds: Number(/\r\nretry-after: *(\d+)/i.exec(head)?.[1] ?? 0),
    body: bytes.toString('utf8', headEnd + 4, end),
    end,
    isLast: /\r\nconnection: *close/i.test(head),
  }
}
