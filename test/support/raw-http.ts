/** HTTP as bytes on a socket: for requests that no HTTP client would send, and for answers that come early. */
import { connect, type Socket } from 'node:net'

export interface RawResponse {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RawConnection {
  readonly socket: Socket
  /** Resolves when the bytes were handed to the system; waits while the server does not read. */
  write(bytes: string | Uint8Array): Promise<void>
  /** The next answer, whole; one to HEAD has no body. @throws Error when the connection ends before it. */
  response(method?: 'HEAD'): Promise<RawResponse>
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>
}

/** @param url of the server; only host and port count. */
export async function openRawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received: Buffer = Buffer.alloc(0)
  let end: Error | undefined
  let wake = () => {}
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    wake()
  })
  socket.on('error', (error) => {
    end ??= error
    wake()
  })
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      end ??= new Error('the connection was closed')
      wake()
      resolve()
    })
  })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return {
    socket,
    closed,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()))
      }),
    async response(method) {
      for (;;) {
        const found = parseResponse(received, method)
        if (found !== undefined) {
          received = received.subarray(found.length)
          return found.response
        }
        if (end !== undefined) throw end
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

/** Sends the bytes on a connection of their own and reads one answer. */
export async function rawRequest(url: string, bytes: string | Uint8Array): Promise<RawResponse> {
  const connection = await openRawConnection(url)
  try {
    await connection.write(bytes)
    return await connection.response(bytes.toString().startsWith('HEAD ') ? 'HEAD' : undefined)
  } finally {
    connection.socket.destroy()
  }
}

/** The head of a request, ready to be followed by its body. */
export function requestHead(line: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** One chunk of a body with `transfer-encoding: chunked`; an empty one ends the body. */
export function httpChunk(bytes: string | Uint8Array): Buffer {
  const content = Buffer.from(bytes)
  return Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')])
}

interface ParsedResponse {
  readonly response: RawResponse
  readonly length: number
}

function parseResponse(bytes: Buffer, method: 'HEAD' | undefined): ParsedResponse | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const status = Number(statusLine.split(' ')[1])
  const start = headEnd + 4
  if (status === 100) {
    const next = parseResponse(bytes.subarray(start), method)
    return next && { response: next.response, length: start + next.length }
  }
  const length = start + (method === 'HEAD' ? 0 : Number(headers['content-length'] ?? 0))
  if (bytes.length < length) return undefined
  return { response: { status, headers, body: bytes.subarray(start, length).toString() }, length }
}
