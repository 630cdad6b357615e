/** As much of HTTP/1.1 as the benchmark needs: a keep-alive request out, an answer with a content-length in. */

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

export function httpRequest(method: 'GET' | 'POST' | 'PUT', path: string, body = ''): Buffer {
  const head = [`${method} ${path} HTTP/1.1`, 'host: 127.0.0.1']
  if (body !== '') head.push('content-type: application/json', `content-length: ${Buffer.byteLength(body)}`)
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** @returns undefined while bytes are missing. */
export function parseHttpAnswer(received: Buffer): HttpAnswer | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) throw new Error(`an answer without content-length: ${head}`)
  const bodyEnd = headEnd + 4 + Number(length)
  if (received.length < bodyEnd) return undefined
  return { status: Number(head.slice(9, 12)), body: received.toString('utf8', headEnd + 4, bodyEnd) }
}
