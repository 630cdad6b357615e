/** As much of the NATS protocol as the benchmark needs: publishes out in one piece, an answer for each of them in. */
import { once } from 'node:events'
import { connect } from 'node:net'

export interface NatsPublish {
  readonly subject: string
  /** Makes a repeated publish a duplicate; empty is none. */
  readonly messageId: string
  readonly body: string
}

/** Bytes that any connection can send, and where in them its own inbox has to be named. */
export interface NatsRequest {
  readonly bytes: Buffer
  readonly inboxAts: readonly number[]
}

export interface NatsConnection extends AsyncDisposable {
  /** @returns the bodies of the answers, in order of arrival; as many as were published. */
  request(request: NatsRequest): Promise<readonly string[]>
}

const crlf = '\r\n'
const inboxPrefix = '_INBOX.'
const inboxDigits = 6
let connections = 0

export function natsRequest(publishes: readonly NatsPublish[]): NatsRequest {
  const inboxAts: number[] = []
  let at = 0
  const texts = publishes.map(({ subject, messageId, body }) => {
    const header = messageId === '' ? '' : `NATS/1.0${crlf}Nats-Msg-Id: ${messageId}${crlf}${crlf}`
    const headerBytes = Buffer.byteLength(header)
    const sizes = `${headerBytes === 0 ? '' : `${headerBytes} `}${headerBytes + Buffer.byteLength(body)}`
    const start = `${headerBytes === 0 ? 'PUB' : 'HPUB'} ${subject} ${inboxPrefix}`
    const text = `${start}${'0'.repeat(inboxDigits)} ${sizes}${crlf}${header}${body}${crlf}`
    inboxAts.push(at + Buffer.byteLength(start))
    at += Buffer.byteLength(text)
    return text
  })
  return { bytes: Buffer.from(texts.join('')), inboxAts }
}

export async function openNatsConnection(port: number): Promise<NatsConnection> {
  const inbox = String(++connections).padStart(inboxDigits, '0')
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  let waiting = Promise.withResolvers<readonly string[]>()
  let answers: string[] = []
  let missing = 0
  let rest: Buffer = Buffer.alloc(0)
  const takeAnswer = (body: string) => {
    answers.push(body)
    if (answers.length === missing) waiting.resolve(answers)
  }
  socket.on('error', (error) => waiting.reject(error))
  socket.on('close', () => waiting.reject(new Error('nats closed the connection')))
  socket.on('data', (chunk: Buffer) => {
    const received = Buffer.concat([rest, chunk])
    rest = received.subarray(
      takeFrames(received, (line, body) => {
        if (line === 'PING') socket.write(`PONG${crlf}`)
        else if (line === 'PONG') waiting.resolve([])
        else if (line.startsWith('-ERR')) waiting.reject(new Error(`nats answered ${line}`))
        else if (body !== undefined) takeAnswer(body)
      }),
    )
  })
  const options = JSON.stringify({ verbose: false, pedantic: false, headers: true, lang: 'raw', version: '1' })
  socket.write([`CONNECT ${options}`, `SUB ${inboxPrefix}${inbox} 1`, 'PING', ''].join(crlf))
  await waiting.promise
  return {
    request({ bytes, inboxAts }) {
      for (const at of inboxAts) bytes.write(inbox, at, 'latin1')
      waiting = Promise.withResolvers()
      answers = []
      missing = inboxAts.length
      if (socket.closed) waiting.reject(new Error('the connection is closed'))
      else socket.write(bytes)
      return waiting.promise
    },
    async [Symbol.asyncDispose]() {
      if (socket.closed) return
      waiting.promise.catch(() => {})
      socket.destroy()
      await once(socket, 'close')
    },
  }
}

/** @returns how many bytes the whole frames were; `body` is given for those that carry one. */
function takeFrames(received: Buffer, take: (line: string, body: string | undefined) => void): number {
  for (let at = 0; ; ) {
    const lineEnd = received.indexOf(crlf, at)
    if (lineEnd < 0) return at
    const line = received.toString('latin1', at, lineEnd)
    const bodyAt = lineEnd + crlf.length
    if (line.startsWith('MSG ')) {
      const bodyEnd = bodyAt + Number(line.slice(line.lastIndexOf(' ') + 1))
      if (received.length < bodyEnd + crlf.length) return at
      take(line, received.toString('utf8', bodyAt, bodyEnd))
      at = bodyEnd + crlf.length
    } else {
      take(line, undefined)
      at = bodyAt
    }
  }
}
