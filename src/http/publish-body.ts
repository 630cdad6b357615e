/**
 * From a publish body to validated events. The plain case is event-scanner.ts's; everything else is parsed, validated and
 * explained here. These two are the only places that read event fields off the wire.
 */
import { AppError, type FieldError } from '../core/errors.ts'
import { eventLimits, type NewEvent, textFault } from '../core/event.ts'
import { PackedEvents, PackedEventsBuilder } from '../core/packed-events.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import { EventScanner } from './event-scanner.ts'
import { envelopeFields, pointerTo, scanPayloads } from './json-scanner.ts'
import { cutTooDeep, decodeUtf8, parseJson } from './json-text.ts'

/** Unknown fields named per event; the event is refused either way. */
const maxUnknownFieldsNamed = 10

/**
 * Parses one event, an array of events, or `{"events": [...]}`.
 *
 * @throws AppError `invalid_encoding` when it is not UTF-8; `invalid_json` when it is not JSON, too deep or repeats a field;
 *   `invalid_event` naming every event that breaks a rule, or when there are not 1 to 1,000 of them.
 */
export function parsePublishBody(bytes: Uint8Array): PackedEvents {
  const text = decodeUtf8(bytes)
  const builder = new PackedEventsBuilder(text)
  const isPlain = new EventScanner(bytes, text, builder).scanDocument()
  return isPlain ? builder.build() : PackedEvents.from(parseAnyBody(text))
}

/** What `parsePublishBody` does, for every case. */
export function parseAnyBody(whole: string): NewEvent[] {
  const text = cutTooDeep(whole)
  const body = parseJson(text)
  const isBatch = isObject(body) && Object.hasOwn(body, 'events')
  const payloads = scanPayloads(text, isBatch)
  const faults: FieldError[] = []
  if (isBatch) addUnknownFields(body, ['events'], '', faults)
  const path = isBatch ? '/events' : ''
  const values = isBatch ? body.events : body
  const isList = isBatch || Array.isArray(body)
  if (isList && !isBatchSized(values)) {
    const count = Array.isArray(values) ? ` (it has ${values.length})` : ''
    faults.push({ pointer: path, message: `must be an array of 1 to ${eventLimits.maxBatchEvents} events${count}` })
    throw invalidEvents(faults)
  }
  const list: unknown[] = isList && Array.isArray(values) ? values : [body]
  const events: NewEvent[] = []
  for (const [index, value] of list.entries()) {
    const event = validateEvent(value, payloads[index] ?? '', isList ? `${path}/${index}` : '', faults)
    if (event !== undefined) events.push(event)
  }
  if (faults.length > 0) throw invalidEvents(faults)
  return events
}

/** Parses one event, as a line of NDJSON holds it, whatever its form. @throws AppError as `parsePublishBody`. */
export function parseEventLine(line: string): NewEvent {
  const text = cutTooDeep(line)
  const value = parseJson(text)
  const [payload] = scanPayloads(text, false)
  const faults: FieldError[] = []
  const event = validateEvent(value, payload ?? '', '', faults)
  if (event === undefined) throw invalidEvents(faults)
  return event
}

function validateEvent(value: unknown, payload: string, path: string, faults: FieldError[]): NewEvent | undefined {
  if (!isObject(value)) {
    faults.push({ pointer: path, message: 'must be an object' })
    return undefined
  }
  const faultsBefore = faults.length
  const { topic, event_id: eventId, timestamp, source } = value
  const check = (field: (typeof envelopeFields)[number], fault: string | undefined) => {
    if (fault === undefined) return
    faults.push({ pointer: `${path}/${field}`, message: Object.hasOwn(value, field) ? fault : 'is missing' })
  }
  check('topic', textFault(topic, eventLimits.maxTopicChars))
  check('event_id', textFault(eventId, eventLimits.maxEventIdChars))
  const instant = typeof timestamp === 'string' ? parseTimestamp(timestamp) : undefined
  check('timestamp', instant === undefined ? 'must be an ISO 8601 date or date and time' : undefined)
  check('source', textFault(source, eventLimits.maxSourceChars))
  check('payload', isObject(value.payload) ? undefined : 'must be an object')
  addUnknownFields(value, envelopeFields, path, faults)
  if (faults.length > faultsBefore || instant === undefined) return undefined
  return { topic, eventId, timestamp, instant, source, payload } as NewEvent
}

function addUnknownFields(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: string,
  faults: FieldError[],
): void {
  let named = 0
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    if (++named > maxUnknownFieldsNamed) return
    faults.push({ pointer: path + pointerTo(key), message: 'is not a known field' })
  }
}

function isBatchSized(values: unknown): boolean {
  return Array.isArray(values) && values.length >= 1 && values.length <= eventLimits.maxBatchEvents
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalidEvents(errors: readonly FieldError[]): AppError {
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return new AppError('invalid_event', `${first?.pointer || 'the event'} ${first?.message}${more}`, { errors })
}
