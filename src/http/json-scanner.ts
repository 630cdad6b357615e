/**
 * Finds the text of each payload in a publish body, so that it can be stored byte for byte as it was sent.
 * Runs after JSON.parse has accepted the text and therefore assumes valid JSON; sees what JSON.parse does not show:
 * nesting depth and envelope fields that appear twice.
 */
import { AppError } from '../core/errors.ts'
import { eventLimits } from '../core/event.ts'
import { isEscaped } from './json-text.ts'

const maxFieldNameChars = 100

export const envelopeFields = ['topic', 'event_id', 'timestamp', 'source', 'payload'] as const

const quote = 0x22
const comma = 0x2c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/**
 * The payload texts of a publish body, in the order of its events; empty for an event without a payload.
 *
 * @param text a JSON document: an event, an array of events, or an object with an array `events`.
 * @param isBatch whether it is an object with a field `events`.
 * @throws AppError `invalid_json` when something is nested deeper than 64, or an envelope field appears twice.
 */
export function scanPayloads(text: string, isBatch: boolean): string[] {
  const payloads: string[] = []
  const start = skipSpace(text, 0)
  if (text.charCodeAt(start) === openBracket) {
    scanEvents(text, start, 1, '', payloads)
  } else if (isBatch) {
    let seen = false
    scanObject(text, start, (key, at) => {
      if (key !== 'events') return skipField(text, at, 1, () => pointerTo(key))
      if (seen) throw repeatedField('/events')
      seen = true
      return scanEvents(text, at, 2, '/events', payloads)
    })
  } else {
    scanEvent(text, start, 1, '', payloads)
  }
  return payloads
}

/** Looks over a document that is not events. @throws AppError as `scanPayloads`, where its outermost fields are meant. */
export function scanFields(text: string): void {
  const start = skipSpace(text, 0)
  if (text.charCodeAt(start) !== openBrace) {
    skipField(text, start, 0, () => '')
    return
  }
  const seen = new Set<string>()
  scanObject(text, start, (key, at) => {
    if (seen.has(key)) throw repeatedField(pointerTo(key))
    seen.add(key)
    return skipField(text, at, 1, () => pointerTo(key))
  })
}

/** @param depth of the array itself. @returns where the value ends. */
function scanEvents(text: string, start: number, depth: number, path: string, payloads: string[]): number {
  if (text.charCodeAt(start) !== openBracket) return skipField(text, start, depth - 1, () => path)
  let at = skipSpace(text, start + 1)
  if (text.charCodeAt(at) === closeBracket) return at + 1
  for (;;) {
    at = skipSpace(text, scanEvent(text, at, depth + 1, `${path}/${payloads.length}`, payloads))
    if (text.charCodeAt(at) !== comma) return at + 1
    at = skipSpace(text, at + 1)
  }
}

/** @param depth of the event's own braces. @returns where the event ends. */
function scanEvent(text: string, start: number, depth: number, path: string, payloads: string[]): number {
  const index = payloads.push('') - 1
  if (text.charCodeAt(start) !== openBrace) return skipField(text, start, depth - 1, () => path)
  let seen = 0
  return scanObject(text, start, (key, at) => {
    const field = envelopeFields.indexOf(key as (typeof envelopeFields)[number])
    const end = skipField(text, at, depth, () => path + pointerTo(key))
    if (field < 0) return end
    if ((seen & (1 << field)) !== 0) throw repeatedField(`${path}/${key}`)
    seen |= 1 << field
    if (key === 'payload') payloads[index] = text.slice(at, end)
    return end
  })
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

function faultyField(pointer: string, message: string): AppError {
  return new AppError('invalid_json', `${pointer || 'the body'} ${message}`, { errors: [{ pointer, message }] })
}
