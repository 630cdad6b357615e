/**
 * Finds the fields of the events in a publish body, so that a payload can be stored byte for byte as it was sent and nothing
 * is built of what no event needs. Runs after `checkJson` and therefore assumes JSON that is valid up to what goes too deep;
 * finds what goes too deep, and envelope fields that appear twice.
 */
import { AppError, type ErrorCode } from '../core/errors.ts'
import { eventLimits } from '../core/event.ts'
import { isEscaped } from './json-text.ts'

const maxFieldNameChars = 100
const maxUnknownFields = 10
/** Of a document that is not events: far more than any has, and few enough to be looked at one by one. */
const maxFields = 1000
const maxFieldCommas = 20_000

export const envelopeFields = ['topic', 'event_id', 'timestamp', 'source', 'payload'] as const

const quote = 0x22
const comma = 0x2c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** One item of a body, which may be no object. */
export interface ScannedEvent {
  /** To itself; empty when it is the whole body. */
  readonly pointer: string
  readonly isObject: boolean
  /** The text of each field's value, in the order of `envelopeFields`. */
  readonly values: readonly (string | undefined)[]
  /** Names of other fields, the first ten of them; the event is refused either way. */
  readonly unknown: readonly string[]
}

export interface ScannedBody {
  /** The first ones, as many as a body may have. */
  readonly events: readonly ScannedEvent[]
  /** Where the list of events is; undefined when the body is one event. */
  readonly listPointer: string | undefined
  /** How many the list has; undefined when it is no array, or there is none. */
  readonly count: number | undefined
  /** Names of fields beside the list, the first ten of them. */
  readonly unknown: readonly string[]
}

/**
 * @param text a JSON document: an event, an array of events, or an object with an array `events`.
 * @throws AppError `invalid_json` when something is nested deeper than 64, or an envelope field appears twice.
 */
export function scanBody(text: string): ScannedBody {
  const start = skipSpace(text, 0)
  if (text.charCodeAt(start) === openBracket) {
    const events: ScannedEvent[] = []
    const { count } = scanEvents(text, start, { depth: 1, path: '', events })
    return { events, listPointer: '', count, unknown: [] }
  }
  if (text.charCodeAt(start) === openBrace && hasEvents(text, start)) return scanBatch(text, start)
  return { events: [scanLine(text)], listPointer: undefined, count: undefined, unknown: [] }
}

/** The one event that the text is; a list is none, whatever is in it. @throws AppError as `scanBody`. */
export function scanLine(text: string): ScannedEvent {
  const start = skipSpace(text, 0)
  const event = emptyEvent('')
  if (text.charCodeAt(start) === openBracket) scanEvents(text, start, { depth: 1, path: '', events: [] })
  else scanEvent(text, start, { depth: 1, pointer: () => '', event })
  return event
}

/**
 * Looks over a document that is not events.
 *
 * @throws AppError as `scanBody`, where its outermost fields are meant; `invalid_body` when one of them, or the document,
 *   has so many values that even saying what is wrong with each would take hundreds of megabytes.
 */
export function scanFields(text: string): void {
  const start = skipSpace(text, 0)
  const field = (at: number, depth: number, pointer: () => string) => {
    const end = skipField(text, at, depth, pointer)
    if (countCommas(text, at, end) > maxFieldCommas) throw tooWide(pointer())
    return end
  }
  if (text.charCodeAt(start) !== openBrace) {
    field(start, 0, () => '')
    return
  }
  const seen = new Set<string>()
  scanObject(text, start, (key, at) => {
    if (seen.has(key)) throw repeatedField(pointerTo(key))
    if (seen.add(key).size > maxFields) throw tooWide('')
    return field(at, 1, () => pointerTo(key))
  })
}

/** Of everything inside a value, but for what is in strings. */
function countCommas(text: string, start: number, end: number): number {
  let count = 0
  for (let at = start; at < end; at++) {
    const char = text.charCodeAt(at)
    if (char === quote) at = skipString(text, at) - 1
    else if (char === comma) count++
  }
  return count
}

function hasEvents(text: string, start: number): boolean {
  let isFound = false
  scanObject(text, start, (key, at) => {
    isFound ||= key === 'events'
    const end = skipValue(text, at, 1)
    // What goes too deep is found again, by who can name it; nothing behind it is looked at.
    return end < 0 ? text.length : end
  })
  return isFound
}

function scanBatch(text: string, start: number): ScannedBody {
  const events: ScannedEvent[] = []
  const unknown: string[] = []
  let count: number | undefined
  let seen = false
  scanObject(text, start, (key, at) => {
    if (key !== 'events') {
      addName(unknown, key)
      return skipField(text, at, 1, () => pointerTo(key))
    }
    if (seen) throw repeatedField('/events')
    seen = true
    const list = scanEvents(text, at, { depth: 2, path: '/events', events })
    count = list.count
    return list.end
  })
  return { events, listPointer: '/events', count, unknown }
}

interface EventsPlace {
  /** Of the array itself. */
  readonly depth: number
  readonly path: string
  readonly events: ScannedEvent[]
}

interface ScannedList {
  readonly end: number
  readonly count: number | undefined
}

function scanEvents(text: string, start: number, { depth, path, events }: EventsPlace): ScannedList {
  if (text.charCodeAt(start) !== openBracket) {
    return { end: skipField(text, start, depth - 1, () => path), count: undefined }
  }
  let count = 0
  const pointer = () => `${path}/${count}`
  // Events beyond the limit are looked over like all others, and kept nowhere.
  const beyond = emptyEvent('')
  let at = skipSpace(text, start + 1)
  if (text.charCodeAt(at) === closeBracket) return { end: at + 1, count }
  for (;;) {
    const event = count < eventLimits.maxBatchEvents ? emptyEvent(pointer()) : beyond
    if (event !== beyond) events.push(event)
    at = skipSpace(text, scanEvent(text, at, { depth: depth + 1, pointer, event }))
    count++
    if (text.charCodeAt(at) !== comma) return { end: at + 1, count }
    at = skipSpace(text, at + 1)
  }
}

interface EmptyEvent {
  readonly pointer: string
  isObject: boolean
  readonly values: (string | undefined)[]
  readonly unknown: string[]
}

function emptyEvent(pointer: string): EmptyEvent {
  return { pointer, isObject: false, values: [], unknown: [] }
}

interface EventPlace {
  /** Of the event's own braces. */
  readonly depth: number
  readonly pointer: () => string
  /** Is filled in. */
  readonly event: EmptyEvent
}

/** @returns where the event ends. */
function scanEvent(text: string, start: number, { depth, pointer, event }: EventPlace): number {
  if (text.charCodeAt(start) !== openBrace) return skipField(text, start, depth - 1, pointer)
  event.isObject = true
  let seen = 0
  return scanObject(text, start, (key, at) => {
    const field = envelopeFields.indexOf(key as (typeof envelopeFields)[number])
    const end = skipField(text, at, depth, () => pointer() + pointerTo(key))
    if (field < 0) addName(event.unknown, key)
    else {
      if ((seen & (1 << field)) !== 0) throw repeatedField(`${pointer()}/${key}`)
      seen |= 1 << field
      event.values[field] = text.slice(at, end)
    }
    return end
  })
}

function addName(names: string[], name: string): void {
  if (names.length < maxUnknownFields && !names.includes(name)) names.push(name)
}

/** Calls `member` with each key and where its value starts; it answers where the value ends. */
function scanObject(text: string, start: number, member: (key: string, at: number) => number): number {
  let at = skipSpace(text, start + 1)
  if (text.charCodeAt(at) === closeBrace) return at + 1
  for (;;) {
    const keyEnd = skipString(text, at)
    const raw = text.slice(at + 1, keyEnd - 1)
    const key = raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw
    const colon = skipSpace(text, keyEnd)
    at = skipSpace(text, member(key, skipSpace(text, colon + 1)))
    if (text.charCodeAt(at) !== comma) return at + 1
    at = skipSpace(text, at + 1)
  }
}

/** As `skipValue`. @throws AppError `invalid_json` that names the field when it is nested too deep. */
function skipField(text: string, start: number, depth: number, pointer: () => string): number {
  const end = skipValue(text, start, depth)
  if (end < 0) throw faultyField(pointer(), `goes deeper than ${eventLimits.maxNesting} levels`)
  return end
}

/**
 * @param depth how many arrays and objects the value is inside of.
 * @returns where it ends; -1 when it is nested too deep.
 */
function skipValue(text: string, start: number, depth: number): number {
  const first = text.charCodeAt(start)
  if (first === quote) return skipString(text, start)
  let at = start
  if (first !== openBrace && first !== openBracket) {
    while (at < text.length && !isEndOfScalar(text.charCodeAt(at))) at++
    return at
  }
  let open = depth
  for (;;) {
    const char = text.charCodeAt(at)
    if (char === quote) {
      at = skipString(text, at)
      continue
    }
    at++
    if (char === openBrace || char === openBracket) {
      if (++open > eventLimits.maxNesting) return -1
    } else if ((char === closeBrace || char === closeBracket) && --open === depth) {
      return at
    }
  }
}

function skipString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end + 1
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (text.charCodeAt(at) <= 0x20) at++
  return at
}

function isEndOfScalar(char: number): boolean {
  return char === comma || char === closeBrace || char === closeBracket || char <= 0x20
}

/** One token of a JSON Pointer (RFC 6901), in front of which its path goes. */
export function pointerTo(key: string): string {
  return `/${key.slice(0, maxFieldNameChars).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function repeatedField(pointer: string): AppError {
  return faultyField(pointer, 'appears more than once')
}

function tooWide(pointer: string): AppError {
  return faultyField(pointer, 'has too many values', 'invalid_body')
}

function faultyField(pointer: string, message: string, code: ErrorCode = 'invalid_json'): AppError {
  return new AppError(code, `${pointer || 'the body'} ${message}`, { errors: [{ pointer, message }] })
}
