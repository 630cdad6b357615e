/**
 * What the contract says of a publish body, decided without any of the server's code: by JSON.parse, by regular expressions
 * and by rules written down again. Slow and plain; the server must come to the same.
 */
import { isUtf8 } from 'node:buffer'
import { type JsonNode, readTree } from './json-tree.ts'

export interface CheckedEvent {
  readonly topic: string
  readonly eventId: string
  readonly timestamp: string
  readonly source: string
  /** Its text, as it was sent. */
  readonly payload: string
}

export interface Verdict {
  /** What the answer may be, as `202` or `400 invalid_json`; more than one where a form of time is not known here. */
  readonly outcomes: readonly string[]
  /** What is stored with a 202; of lines also what is stored before the refusal. */
  readonly events: readonly CheckedEvent[]
  /** Of NDJSON, for a refusal. */
  readonly line?: number
  /** The outcome may be any; what is stored is among the events. */
  readonly isUnsure?: true
}

const maxNesting = 64
const maxBatchEvents = 1000
const fields = ['topic', 'event_id', 'timestamp', 'source', 'payload']
const maxChars: Readonly<Record<string, number>> = { topic: 255, event_id: 128, source: 255 }
const accepted = ['202']
const invalidEvent = ['422 invalid_event']
/** A list on a line is none, whatever else is wrong with what it holds. */
const noEvent: Verdict = { outcomes: [...invalidEvent, '400 invalid_json'], events: [] }
const either = [...accepted, ...invalidEvent]

/** The body is JSON: one event, an array of them, or an object with an array `events`. */
export function checkDocument(bytes: Uint8Array): Verdict {
  const root = readStrictly(bytes)
  if (typeof root === 'string') return { outcomes: [root], events: [] }
  const lists = root.members?.filter(({ name }) => name === 'events') ?? []
  if (lists.length > 1) return { outcomes: ['400 invalid_json'], events: [] }
  const [list] = lists
  const items = (list === undefined ? root : list.value).items
  if (items === undefined && list === undefined) return together([root], true)
  const isListed = items !== undefined && items.length >= 1 && items.length <= maxBatchEvents
  return together(items ?? [], isListed && (list === undefined || root.members?.length === 1))
}

/** The body is NDJSON: each line by itself, up to the first that is refused. */
export function checkLines(bytes: Buffer): Verdict {
  const events: CheckedEvent[] = []
  const unsure: { isUnsure?: true } = {}
  let line = 0
  let start = 0
  while (start <= bytes.length) {
    const found = bytes.indexOf(0x0a, start)
    const end = found < 0 ? bytes.length : found
    const text = bytes.subarray(start, end)
    start = end + 1
    line++
    if (/^[ \t\r]*$/.test(text.toString('latin1'))) continue
    const root = readStrictly(text)
    if (typeof root === 'string') return { outcomes: [root], events, line, ...unsure }
    const verdict = root.items === undefined ? together([root], true) : noEvent
    if (verdict.outcomes === either) unsure.isUnsure = true
    else if (verdict.outcomes !== accepted) return { outcomes: verdict.outcomes, events, line, ...unsure }
    events.push(...verdict.events)
  }
  return events.length === 0 ? { outcomes: invalidEvent, events } : { outcomes: accepted, events, ...unsure }
}

/** @returns why it is refused, or what it holds. */
function readStrictly(bytes: Uint8Array): string | JsonNode {
  if (!isUtf8(bytes)) return '400 invalid_encoding'
  // Not by a decoder that would drop a byte order mark.
  const text = Buffer.from(bytes).toString('utf8')
  try {
    JSON.parse(text)
  } catch {
    return '400 invalid_json'
  }
  return readTree(text, maxNesting) ?? '400 invalid_json'
}

function together(items: readonly JsonNode[], isWellFormed: boolean): Verdict {
  const events: CheckedEvent[] = []
  let outcomes: readonly string[] = isWellFormed ? accepted : invalidEvent
  for (const item of items) {
    if (fields.some((field) => (item.members ?? []).filter(({ name }) => name === field).length > 1)) {
      return { outcomes: ['400 invalid_json'], events: [] }
    }
    const checked = checkEvent(item)
    if (checked === undefined) outcomes = invalidEvent
    else {
      events.push(checked)
      if (outcomes === accepted && !isPlainTime(checked.timestamp)) outcomes = either
    }
  }
  return { outcomes, events: outcomes === invalidEvent ? [] : events }
}

function checkEvent({ members }: JsonNode): CheckedEvent | undefined {
  if (members?.length !== fields.length) return undefined
  const text: Record<string, string> = {}
  for (const { name, value } of members) {
    if (!fields.includes(name)) return undefined
    if (name === 'payload') {
      if (value.members === undefined) return undefined
      text.payload = value.text
      continue
    }
    if (!value.text.startsWith('"')) return undefined
    const chars = JSON.parse(value.text)
    const limit = maxChars[name]
    if (limit === undefined ? !mayBeTime(chars) : !isText(chars, limit)) return undefined
    text[name] = chars
  }
  const { topic = '', event_id: eventId = '', timestamp = '', source = '', payload = '' } = text
  return { topic, eventId, timestamp, source, payload }
}

function isText(text: string, limit: number): boolean {
  const { length } = [...text]
  return length >= 1 && length <= limit && !/\p{Surrogate}|\0/u.test(text)
}

/** Times have many forms, which a table of their own tests; here some are surely right, and some surely wrong. */
function isPlainTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?Z$/.test(text)) return false
  const seconds = `${text.slice(0, 19)}.000Z`
  const ms = Date.parse(seconds)
  return !Number.isNaN(ms) && new Date(ms).toISOString() === seconds
}

function mayBeTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\d(?:$|[Tt ])/.test(text)
}
