/**
 * From a publish body to validated events. The plain case is event-scanner.ts's; everything else is parsed, validated and
 * explained here. These two are the only places that read event fields off the wire.
 */
import { AppError, type FieldError } from '../core/errors.ts'
import { eventLimits, type NewEvent, textFault } from '../core/event.ts'
import { PackedEvents, PackedEventsBuilder } from '../core/packed-events.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import { EventScanner } from './event-scanner.ts'
import { envelopeFields, pointerTo, type ScannedEvent, scanBody, scanLine } from './json-scanner.ts'
import { checkJson, decodeUtf8 } from './json-text.ts'

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
  return isPlain ? builder.build() : PackedEvents.from(parseAnyBody(bytes, text))
}

/** What `parsePublishBody` does, for every case. @param text what `bytes` is in UTF-8. */
export function parseAnyBody(bytes: Uint8Array, text: string): NewEvent[] {
  checkJson(bytes)
  const { events, listPointer, count, unknown } = scanBody(text)
  const faults: FieldError[] = []
  addUnknownFields(unknown, '', faults)
  if (listPointer !== undefined && (count === undefined || count < 1 || count > eventLimits.maxBatchEvents)) {
    const found = count === undefined ? '' : ` (it has ${count})`
    const message = `must be an array of 1 to ${eventLimits.maxBatchEvents} events${found}`
    faults.push({ pointer: listPointer, message })
    throw invalidEvents(faults)
  }
  const valid = events.map((event) => validateEvent(event, faults)).filter((event) => event !== undefined)
  if (faults.length > 0) throw invalidEvents(faults)
  return valid
}

/** Parses one event, as a line of NDJSON holds it, whatever its form. @throws AppError as `parsePublishBody`. */
export function parseEventLine(bytes: Uint8Array): NewEvent {
  const text = decodeUtf8(bytes)
  checkJson(bytes)
  const faults: FieldError[] = []
  const event = validateEvent(scanLine(text), faults)
  if (event === undefined) throw invalidEvents(faults)
  return event
}

function validateEvent(scanned: ScannedEvent, faults: FieldError[]): NewEvent | undefined {
  const { pointer, isObject, values, unknown } = scanned
  if (!isObject) {
    faults.push({ pointer, message: 'must be an object' })
    return undefined
  }
  const faultsBefore = faults.length
  const [topic, eventId, timestamp, source] = values.slice(0, 4).map(stringIn)
  const payload = values[4]
  const check = (field: number, fault: string | undefined) => {
    if (fault === undefined) return
    const message = values[field] === undefined ? 'is missing' : fault
    faults.push({ pointer: `${pointer}/${envelopeFields[field]}`, message })
  }
  check(0, textFault(topic, eventLimits.maxTopicChars))
  check(1, textFault(eventId, eventLimits.maxEventIdChars))
  const instant = timestamp === undefined ? undefined : parseTimestamp(timestamp)
  check(2, instant === undefined ? 'must be an ISO 8601 date or date and time' : undefined)
  check(3, textFault(source, eventLimits.maxSourceChars))
  check(4, payload?.startsWith('{') ? undefined : 'must be an object')
  addUnknownFields(unknown, pointer, faults)
  if (faults.length > faultsBefore || instant === undefined) return undefined
  return { topic, eventId, timestamp, instant, source, payload } as NewEvent
}

/** Only a string is worth parsing: whatever else stands there would be built to be refused. */
function stringIn(value: string | undefined): string | undefined {
  return value?.startsWith('"') ? String(JSON.parse(value)) : undefined
}

function addUnknownFields(names: readonly string[], path: string, faults: FieldError[]): void {
  for (const name of names) faults.push({ pointer: path + pointerTo(name), message: 'is not a known field' })
}

function invalidEvents(errors: readonly FieldError[]): AppError {
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return new AppError('invalid_event', `${first?.pointer || 'the event'} ${first?.message}${more}`, { errors })
}
