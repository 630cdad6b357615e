/**
 * The fast way from bytes to events: one walk over the bytes that checks the JSON, finds the fields and measures them, and
 * makes no object per event. It knows the plain case only, which is nearly every event; whatever it does not know for sure
 * it leaves to publish-body.ts, which decides and words the errors. What it accepts, that accepts with the same result.
 */
import { eventLimits } from '../core/event.ts'
import { type PackedEventsBuilder, packedFields, spansPerEvent } from '../core/packed-events.ts'
import { parseInstantMs } from '../core/timestamp.ts'
import { skipJsonValue, skipPlainString, skipSpace } from './json-bytes.ts'
import { envelopeFields } from './json-scanner.ts'

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** In the order of their spans; they differ in length, so that a look at the length tells which one it may be. */
const nameBytes = envelopeFields.map((name) => Buffer.from(name))
const fieldByLength = new Int8Array(256).fill(-1)
for (const [field, bytes] of nameBytes.entries()) fieldByLength[bytes.length] = field
const allFields = (1 << nameBytes.length) - 1
const { timestamp: timestampField, payload: payloadField } = packedFields
const eventsName = Buffer.from('events')
/** Before the payload; in bytes, which are at least as many as characters. */
const maxFieldBytes = [eventLimits.maxTopicChars, eventLimits.maxEventIdChars, 64, eventLimits.maxSourceChars] as const

/** Walks over `bytes`, whose text the builder holds. Places are in bytes; -1 is "not the plain case". */
export class EventScanner {
  readonly #bytes: Uint8Array
  readonly #text: string
  readonly #builder: PackedEventsBuilder
  readonly #spans = new Int32Array(spansPerEvent)
  /** Otherwise characters lag behind bytes, and are counted. */
  readonly #isAscii: boolean
  #instantMs = 0
  #countedBytes = 0
  #countedChars = 0

  /** @param text what `bytes` is in UTF-8. */
  constructor(bytes: Uint8Array, text: string, builder: PackedEventsBuilder) {
    this.#bytes = bytes
    this.#text = text
    this.#builder = builder
    this.#isAscii = bytes.length === text.length
  }

  /** An event, an array of events, or an object with an array `events` and nothing else. @returns whether all was plain. */
  scanDocument(): boolean {
    const bytes = this.#bytes
    const end = bytes.length
    const start = skipSpace(bytes, 0, end)
    if (bytes[start] === openBracket) return this.#isEnd(this.#scanArray(start, end, 2))
    const name = skipSpace(bytes, start + 1, end)
    if (bytes[start] !== openBrace || !startsWith(bytes, name, eventsName)) {
      return this.#isEnd(this.#scanEvent(start, end, 1))
    }
    let at = skipSpace(bytes, name + eventsName.length + 2, end)
    if (bytes[at] !== colon) return false
    at = this.#scanArray(skipSpace(bytes, at + 1, end), end, 3)
    if (at < 0) return false
    at = skipSpace(bytes, at, end)
    return bytes[at] === closeBrace && this.#isEnd(at + 1)
  }

  /** One event and nothing else between two places, but for space behind it. @returns whether it was plain, and added. */
  scanLine(start: number, end: number): boolean {
    const eventEnd = this.#measureEvent(start, end, 1)
    if (eventEnd < 0 || skipSpace(this.#bytes, eventEnd, end) !== end) return false
    this.#builder.addSpans(this.#spans, this.#instantMs)
    return true
  }

  #scanEvent(start: number, end: number, depth: number): number {
    const eventEnd = this.#measureEvent(start, end, depth)
    if (eventEnd >= 0) this.#builder.addSpans(this.#spans, this.#instantMs)
    return eventEnd
  }

  /**
   * Fills in the spans and the instant of the event that starts here.
   *
   * @param end of what may be read.
   * @param depth of the event's own braces.
   * @returns where the event ends, or -1.
   */
  #measureEvent(start: number, end: number, depth: number): number {
    const bytes = this.#bytes
    const spans = this.#spans
    if (bytes[start] !== openBrace) return -1
    let seen = 0
    let at = start
    do {
      const name = skipSpace(bytes, at + 1, end)
      if (bytes[name] !== quote) return -1
      const nameEnd = skipPlainString(bytes, name, end)
      const field = fieldByLength[nameEnd - name - 2] ?? -1
      if (nameEnd < 0 || field < 0 || (seen & (1 << field)) !== 0) return -1
      if (!startsWith(bytes, name, nameBytes[field] as Buffer)) return -1
      seen |= 1 << field
      at = skipSpace(bytes, nameEnd, end)
      if (bytes[at] !== colon) return -1
      const value = skipSpace(bytes, at + 1, end)
      at = field === payloadField ? this.#scanPayload(value, end, depth) : this.#scanText(field, value, end)
      if (at < 0) return -1
      at = skipSpace(bytes, at, end)
    } while (bytes[at] === comma && at < end)
    if (bytes[at] !== closeBrace || at >= end || seen !== allFields) return -1
    if (!this.#isAscii) this.#countChars(at)
    this.#instantMs = parseInstantMs(this.#text, spans[2 * timestampField] ?? 0, spans[2 * timestampField + 1] ?? 0)
    return Number.isNaN(this.#instantMs) ? -1 : at + 1
  }

  #scanArray(start: number, end: number, depth: number): number {
    const bytes = this.#bytes
    if (bytes[start] !== openBracket) return -1
    let at = start
    do {
      at = this.#scanEvent(skipSpace(bytes, at + 1, end), end, depth)
      if (at < 0 || this.#builder.length > eventLimits.maxBatchEvents) return -1
      at = skipSpace(bytes, at, end)
    } while (bytes[at] === comma)
    return bytes[at] === closeBracket ? at + 1 : -1
  }

  #scanPayload(start: number, end: number, depth: number): number {
    if (this.#bytes[start] !== openBrace) return -1
    const valueEnd = skipJsonValue(this.#bytes, start, end, eventLimits.maxNesting - depth)
    this.#spans[2 * payloadField] = start
    this.#spans[2 * payloadField + 1] = valueEnd
    return valueEnd
  }

  /** A text that is short enough whatever its characters are, and has no escapes. */
  #scanText(field: number, start: number, end: number): number {
    if (this.#bytes[start] !== quote) return -1
    const valueEnd = skipPlainString(this.#bytes, start, end)
    const length = valueEnd - start - 2
    if (length < 1 || length > (maxFieldBytes[field] ?? 0)) return -1
    this.#spans[2 * field] = start + 1
    this.#spans[2 * field + 1] = valueEnd - 1
    return valueEnd
  }

  #isEnd(at: number): boolean {
    return at >= 0 && skipSpace(this.#bytes, at, this.#bytes.length) === this.#bytes.length
  }

  /** Turns the spans of the event that ends before `end` from bytes into characters, in one walk over its bytes. */
  #countChars(end: number): void {
    const order = [0, 1, 2, 3, 4].sort((a, b) => (this.#spans[2 * a] ?? 0) - (this.#spans[2 * b] ?? 0))
    for (const field of order) {
      for (const place of [2 * field, 2 * field + 1]) this.#spans[place] = this.#charsUpTo(this.#spans[place] ?? 0)
    }
    this.#charsUpTo(end)
  }

  /** @param end in bytes, never less than in the call before. */
  #charsUpTo(end: number): number {
    const bytes = this.#bytes
    let chars = this.#countedChars
    for (let at = this.#countedBytes; at < end; at++) {
      const byte = bytes[at] ?? 0
      // Continuation bytes count nothing; the first byte of four counts for two code units.
      if (byte < 0x80 || byte >= 0xc0) chars += byte >= 0xf0 ? 2 : 1
    }
    this.#countedBytes = end
    this.#countedChars = chars
    return chars
  }
}

/** Whether a quoted name starts here. */
function startsWith(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  if (bytes[at] !== quote || bytes[at + name.length + 1] !== quote) return false
  for (let index = 0; index < name.length; index++) if (bytes[at + 1 + index] !== name[index]) return false
  return true
}
