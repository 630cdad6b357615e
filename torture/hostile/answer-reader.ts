/** Answers off a raw connection, read strictly: what is no well-formed answer of the contract is said to be none. */

export interface WireAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** Nothing more comes on this connection that could be read as an answer. */
  readonly isLast: boolean
}

/** What was received is no answer. */
export class MalformedAnswer extends Error {}

const statusLine = /^HTTP\/1\.1 (\d{3}) [\x20-\x7e]+$/
const headerLine = /^([!#$%&'*+.^_`|~\da-z-]+): ?([\x20-\x7e]*)$/i

/**
 * @param received what came so far.
 * @returns the first answer and how many bytes it takes; undefined while some are missing.
 * @throws MalformedAnswer.
 */
export function readAnswer(received: Buffer, method: string): { answer: WireAnswer; bytes: number } | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [first = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n')
  const status = Number(statusLine.exec(first)?.[1] ?? Number.NaN)
  if (Number.isNaN(status)) throw new MalformedAnswer(`the status line ${JSON.stringify(first)}`)
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name = '', value = ''] = headerLine.exec(line) ?? []
    if (name === '') throw new MalformedAnswer(`the header line ${JSON.stringify(line)}`)
    headers.set(name.toLowerCase(), value)
  }
  const start = headEnd + 4
  if (status < 200) {
    const next = readAnswer(received.subarray(start), method)
    return next && { answer: next.answer, bytes: start + next.bytes }
  }
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true
  const isLast = isStream || headers.get('connection')?.toLowerCase() === 'close'
  if (isStream || method === 'HEAD' || status === 204 || status === 304) {
    return { answer: { status, headers, body: '', isLast }, bytes: start }
  }
  const length = Number(headers.get('content-length') ?? Number.NaN)
  if (!Number.isSafeInteger(length)) throw new MalformedAnswer(`no length: ${JSON.stringify(first)}`)
  if (received.length < start + length) return undefined
  const body = received.toString('utf8', start, start + length)
  return { answer: { status, headers, body, isLast }, bytes: start + length }
}

/** The codes of the contract, and the statuses they come with. None of these is 500, and none says that a retry would help. */
const statusOfCode: Readonly<Record<string, number>> = {
  invalid_request: 400,
  invalid_json: 400,
  invalid_encoding: 400,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  subscription_exists: 409,
  too_many_subscriptions: 409,
  body_too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  unsupported_encoding: 415,
  invalid_event: 422,
  invalid_query: 422,
  invalid_body: 422,
  headers_too_large: 431,
}
const successes = new Set([200, 201, 202, 204, 302])

/** @returns what is wrong with an answer, whatever was asked; undefined: nothing. */
export function faultOf({ status, headers, body }: WireAnswer, method: string): string | undefined {
  if (successes.has(status)) {
    const isJson = headers.get('content-type')?.startsWith('application/json') === true
    return isJson && method !== 'HEAD' && status !== 204 && !isJsonText(body)
      ? `${status} with a body that is no JSON`
      : undefined
  }
  if (headers.get('content-type')?.startsWith('application/problem+json') !== true) return `${status} without a problem`
  if (!headers.has('x-request-id')) return `${status} without a request id`
  if (method === 'HEAD') return status >= 500 ? `${status}` : undefined
  if (!isJsonText(body)) return `${status} with a problem that is no JSON`
  const { code, status: said, title, detail, request_id: id } = JSON.parse(body)
  if (said !== status || statusOfCode[code] !== status) return `${status} with the code ${code} and the status ${said}`
  const hasText = [title, detail, id].every((text) => typeof text === 'string' && text !== '')
  return hasText ? undefined : `${status} with a problem that is not complete`
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
