/** Draws what the fuzzer sends next: requests whose answer is known, and bytes of which only the bounds of an answer are. */
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Random } from '../random.ts'
import { mutateBytes, mutateTarget } from './mutations.ts'
import { checkDocument, checkLines, type Verdict } from './strict-check.ts'
import { drawEvent, drawTemplate, methods } from './templates.ts'

export interface FuzzRequest {
  readonly bytes: Buffer
  readonly method: string
  /** Of a publish. */
  readonly verdict?: Verdict
}

export interface FuzzCase {
  /** One after the other on the connection, without waiting for an answer. */
  readonly requests: readonly FuzzRequest[]
  /** Where one request ends may be in doubt: the answers are not known, nor how many there are. */
  readonly isBroken: boolean
}

type Headers = Readonly<Record<string, string>>

const json = { 'content-type': 'application/json' }
const ndjson = { 'content-type': 'application/x-ndjson' }
const oddHeaders: readonly Headers[] = [
  { accept: 'text/html' },
  { accept: 'text/html;q=0.9, */*;q=0.1' },
  { accept: ',;=' },
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': '' },
  { 'content-encoding': 'identity' },
  { 'content-encoding': 'zip' },
  { 'last-event-id': '1e9' },
  { 'last-event-id': '99999999999999999999' },
  { 'if-none-match': '*', range: 'bytes=0-1,5-' },
  { upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQCAAAAAAIAAAAA', connection: 'upgrade' },
  { 'x-request-id': '\t\xff', forwarded: 'for="_', 'x-forwarded-for': '::1' },
  { cookie: 'a'.repeat(8000) },
  { te: 'trailers', expect: '100-continue' },
  { host: '' },
]

export class CaseSource {
  readonly #random: Random
  readonly #prefix: string
  readonly #recent: FuzzRequest[] = []
  #drawn = 0

  /** @param prefix of its event ids; no other source has it. */
  constructor(random: Random, prefix: string) {
    this.#random = random
    this.#prefix = prefix
  }

  next(): FuzzCase {
    const kind = this.#random.whole(0, 99)
    if (kind < 7) return { requests: [this.#broken()], isBroken: true }
    if (kind < 14) {
      const requests = Array.from({ length: this.#random.whole(2, 6) }, () => this.#publish())
      return { requests, isBroken: false }
    }
    return { requests: [kind < 50 ? this.#other(kind) : this.#publish()], isBroken: false }
  }

  #publish(): FuzzRequest {
    const random = this.#random
    const again = this.#recent[random.whole(0, 200)]
    if (again !== undefined) return again
    const isLines = random.whole(0, 3) === 0
    const valid = this.#body(isLines, `fuzz.${random.whole(0, 9)}`)
    const body = random.whole(0, 9) < 2 ? valid : mutateBytes(valid, random)
    const request = this.#encoded(body, isLines)
    this.#recent.unshift(request)
    this.#recent.length = Math.min(this.#recent.length, 20)
    return request
  }

  #encoded(body: Buffer, isLines: boolean): FuzzRequest {
    const random = this.#random
    const type = isLines ? ndjson : json
    const verdict = isLines ? checkLines(body) : checkDocument(body)
    const post = (sent: Uint8Array, headers: Headers = {}, judged = verdict) => ({
      ...requestOf('POST', '/publish', { headers: { ...type, ...headers }, body: sent }),
      verdict: judged,
    })
    switch (random.whole(0, 15)) {
      case 0:
        return post(gzipSync(body, { level: 1 }), { 'content-encoding': 'gzip' })
      case 1:
        return post(zstdCompressSync(body), { 'content-encoding': 'zstd' })
      case 2:
        return random.whole(0, 1) === 0
          ? post(deflateSync(body), { 'content-encoding': 'deflate' })
          : post(brotliCompressSync(body, { params: {} }), { 'content-encoding': 'br' })
      case 3: {
        if (isLines) return post(body)
        const isGzip = random.whole(0, 1) === 0
        const sent = mutateBytes(isGzip ? gzipSync(body, { level: 1 }) : zstdCompressSync(body), random)
        const judged = inflatedVerdict(() => (isGzip ? gunzipSync(sent) : zstdDecompressSync(sent)))
        return post(sent, { 'content-encoding': isGzip ? 'gzip' : 'zstd' }, judged)
      }
      case 4:
      case 5: {
        const head = headOf('POST', '/publish', { ...type, 'transfer-encoding': 'chunked' })
        return { bytes: Buffer.concat([head, ...this.#chunks(body)]), method: 'POST', verdict }
      }
      default:
        return post(body)
    }
  }

  /** Anything but a publish, and now and then a publish by the wrong method or to a wrong address. */
  #other(kind: number): FuzzRequest {
    const random = this.#random
    const template =
      random.whole(0, 19) === 0 ? { method: 'POST', target: '/publish', body: '{}' } : drawTemplate(random)
    const { target, body = '' } = template
    const isOther = kind < 19
    const method = isOther ? (methods[random.whole(0, methods.length - 1)] ?? 'GET') : template.method
    const headers = kind >= 45 ? (oddHeaders[random.whole(0, oddHeaders.length - 1)] ?? {}) : {}
    const bytes = Buffer.from(body)
    const hasBody = body !== '' && random.whole(0, 1) === 0
    return requestOf(method, !isOther && (random.whole(0, 2) > 0 || !hasBody) ? mutateTarget(target, random) : target, {
      headers: { ...(body === '' ? {} : json), ...headers },
      body: hasBody ? mutateBytes(bytes, random) : bytes,
    })
  }

  /** Its events may be stored, or not, or some of them. */
  #broken(): FuzzRequest {
    const random = this.#random
    if (random.whole(0, 2) === 0) {
      const { method, target, body = '' } = drawTemplate(random)
      const bytes = mutateBytes(requestOf(method, target, { headers: json, body: Buffer.from(body) }).bytes, random)
      return { bytes, method }
    }
    const isLines = random.whole(0, 2) === 0
    const body = this.#body(isLines, 'broken')
    const { events } = isLines ? checkLines(body) : checkDocument(body)
    const type = isLines ? ndjson : json
    const isChunked = random.whole(0, 1) === 0
    const length = { 'content-length': `${body.length}` }
    const head = headOf('POST', '/publish', { ...type, ...(isChunked ? { 'transfer-encoding': 'chunked' } : length) })
    const verdict: Verdict = { outcomes: [], events, isUnsure: true }
    if (isChunked && random.whole(0, 1) === 0) {
      const parts = this.#chunks(body)
      // Not what is between: another content would be another event.
      const at = 2 * random.whole(0, (parts.length - 1) / 2)
      const broken = parts.with(at, mutateBytes(parts[at] ?? Buffer.alloc(0), random))
      return { bytes: Buffer.concat([head, ...broken]), method: 'POST', verdict }
    }
    const sent = isChunked ? Buffer.concat(this.#chunks(body)) : body
    return { bytes: Buffer.concat([mutateBytes(head, random), sent]), method: 'POST', verdict }
  }

  #body(isLines: boolean, topic: string): Buffer {
    const random = this.#random
    const shape = isLines ? 3 : random.whole(0, 2)
    const count = shape === 0 ? 1 : random.whole(1, 5)
    const at = this.#drawn++
    const events = Array.from({ length: count }, (_, k) => drawEvent(`${this.#prefix}-${at}-${k}`, topic, random))
    const [first = ''] = events
    const list = events.join(',')
    return Buffer.from([first, `[${list}]`, `{"events":[${list}]}`, `${events.join('\n')}\n`][shape] ?? first)
  }

  /** What frames the body, the body's bytes, what frames it, and so on. */
  #chunks(body: Buffer): Buffer[] {
    const parts: Buffer[] = []
    for (let at = 0; at < body.length; ) {
      const bytes = body.subarray(at, at + this.#random.whole(1, 200))
      parts.push(Buffer.from(`${at === 0 ? '' : '\r\n'}${bytes.length.toString(16)}\r\n`), bytes)
      at += bytes.length
    }
    return [...parts, Buffer.from(`${body.length === 0 ? '' : '\r\n'}0\r\n\r\n`)]
  }
}

/** What follows the compressed data may be refused or not. */
function inflatedVerdict(inflate: () => Buffer): Verdict {
  try {
    const { events } = checkDocument(inflate())
    return { outcomes: [], events, isUnsure: true }
  } catch {
    return { outcomes: ['400 invalid_encoding'], events: [] }
  }
}

interface Parts {
  readonly headers: Headers
  readonly body: Uint8Array
}

function requestOf(method: string, target: string, { headers, body }: Parts): FuzzRequest {
  const head = headOf(method, target, { ...headers, 'content-length': `${body.length}` })
  return { bytes: Buffer.concat([head, body]), method }
}

function headOf(method: string, target: string, headers: Headers): Buffer {
  const lines = Object.entries({ host: 'fuzz', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
}
