/** From what a program hands over to the JSON text that is sent. The text is made once: every retry sends the same. */
import { ClientError } from './client-error.ts'

/** An event as a program hands it over; names as on the wire. */
export interface PublishedEvent {
  /** The publisher's `topic` unless given. */
  readonly topic?: string
  /** A UUIDv7 unless given. Give one when the event has an identity of its own, such as the number of an order. */
  readonly event_id?: string
  /** ISO 8601; the moment of handing over unless given. */
  readonly timestamp?: string | Date
  /** The publisher's `source` unless given. */
  readonly source?: string
  /** Becomes a JSON object. What `JSON.stringify` leaves out is left out. A string is JSON already, and kept as it is. */
  readonly payload: object | string
}

export interface EncodedEvent {
  readonly text: string
  /** Of the text in UTF-8. */
  readonly bytes: number
}

export interface EventDefaults {
  readonly topic: string | undefined
  readonly source: string | undefined
  readonly mintEventId: () => string
  readonly nowMs: () => number
}

/** Mints `event_id` and `timestamp` where the event has none. @throws ClientError `invalid_event`. */
export function encodeEvent(event: PublishedEvent, defaults: EventDefaults): EncodedEvent {
  const { topic = defaults.topic, source = defaults.source, payload } = event
  if (!topic) throw invalid('topic', 'is missing; give the event one, or the publisher')
  if (!source) throw invalid('source', 'is missing; give the event one, or the publisher')
  const text = `{"topic":${JSON.stringify(topic)},"event_id":${JSON.stringify(event.event_id ?? defaults.mintEventId())},"timestamp":${timestampJson(event, defaults)},"source":${JSON.stringify(source)},"payload":${payloadJson(payload)}}`
  return { text, bytes: utf8Bytes(text) }
}

function timestampJson({ timestamp }: PublishedEvent, { nowMs }: EventDefaults): string {
  if (typeof timestamp === 'string') return JSON.stringify(timestamp)
  const date = timestamp ?? new Date(nowMs())
  if (Number.isNaN(date.getTime())) throw invalid('timestamp', 'is not a valid date')
  return `"${date.toISOString()}"`
}

function payloadJson(payload: object | string): string {
  let text: string | undefined
  try {
    if (typeof payload === 'string') JSON.parse(payload)
    // Line breaks of JSON stand between its tokens only.
    text = typeof payload === 'string' ? payload.trim().replaceAll(/[\r\n]/g, ' ') : JSON.stringify(payload)
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw invalid('payload', `cannot be written as JSON: ${reason}`, thrown)
  }
  if (text?.startsWith('{')) return text
  throw invalid('payload', 'must be an object')
}

function invalid(field: string, message: string, cause?: unknown): ClientError {
  const problem = { code: 'invalid_event', errors: [{ pointer: `/${field}`, message }] }
  return new ClientError('invalid_event', `the event's ${field} ${message}`, { problem, cause })
}

const asciiText = /^[\0-\x7f]*$/

function utf8Bytes(text: string): number {
  if (asciiText.test(text)) return text.length
  let bytes = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800) bytes += 2
    // Half of a pair, which is 4 bytes; a lone surrogate was escaped by JSON.stringify.
    else if (unit >= 0xd800 && unit < 0xe000) bytes += 2
    else bytes += 3
  }
  return bytes
}
