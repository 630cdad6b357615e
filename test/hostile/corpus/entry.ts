/** What an entry of the corpus is: bytes as they go over the wire, and what they must get. */
import { requestHead } from '../../support/raw-http.ts'

/** What a refused request gets. Without a pointer no field is at fault. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly pointer?: string
  /** The connection is in an unknown state, and is closed. */
  readonly closes?: true
  /** Of NDJSON; the ones before it are taken. */
  readonly line?: number
}

/** What a request gets that is correct, however it looks: the status, and for a publish how many events it held. */
export interface Answer {
  readonly status: number
  readonly accepted?: number
  /** What the body has in it. */
  readonly body?: RegExp
}

export interface Entry {
  readonly name: string
  /** Made when it is sent: some are large. */
  readonly bytes: () => string | Uint8Array
  readonly gets: Refusal | Answer
}

export type Bytes = string | Uint8Array
type Headers = Readonly<Record<string, string | number>>

export const json = { 'content-type': 'application/json' }
export const ndjson = { 'content-type': 'application/x-ndjson' }

export const notJson = { status: 400, code: 'invalid_json', pointer: '' } as const
export const notUtf8 = { status: 400, code: 'invalid_encoding', pointer: '' } as const
export const malformed = { status: 400, code: 'invalid_request', closes: true } as const
export const tooLarge = { status: 413, code: 'body_too_large' } as const
export const notFound = { status: 404, code: 'not_found' } as const

export function invalidEvent(pointer: string): Refusal {
  return { status: 422, code: 'invalid_event', pointer }
}

export function invalidQuery(name: string): Refusal {
  return { status: 422, code: 'invalid_query', pointer: `/${name}` }
}

export function invalidBody(pointer: string): Refusal {
  return { status: 422, code: 'invalid_body', pointer }
}

/** A whole request with a body. */
export function withBody(line: string, body: Bytes, headers: Headers = json): Buffer {
  const bytes = Buffer.from(body)
  return Buffer.concat([Buffer.from(requestHead(line, { 'content-length': bytes.length, ...headers })), bytes])
}

let ids = 0

/** The text of a valid event with an id of its own, but for the fields given; each is JSON text. */
export function eventText(fields: Readonly<Record<string, string>> = {}): string {
  const valid = {
    topic: '"hostile"',
    event_id: `"valid-${ids++}"`,
    timestamp: '"2026-01-31T09:30:00Z"',
    source: '"corpus"',
    payload: '{"a":1}',
  }
  const members = Object.entries({ ...valid, ...fields }).map(([name, value]) => `"${name}":${value}`)
  return `{${members.join(',')}}`
}

/** So many arrays inside each other. */
export function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels)
}
