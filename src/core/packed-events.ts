/**
 * Events in columns: one text, and where in it each event's fields lie. A thousand events are one string and two arrays
 * instead of thousands of small objects, and cross to another thread as they are.
 */
import type { NewEvent } from './event.ts'
import { fractionOf } from './timestamp.ts'

/** What a store takes: an array of events will do. */
export interface EventList extends Iterable<NewEvent> {
  readonly length: number
}

/** The fields of an event that are text: the places of their spans. */
export const packedFields = { topic: 0, eventId: 1, timestamp: 2, source: 3, payload: 4 } as const
const fieldNames = Object.keys(packedFields) as (keyof typeof packedFields)[]

/** Numbers per event in `spans`: where each of its five texts starts and ends. */
export const spansPerEvent = 2 * fieldNames.length

/** The columns; cloneable. Everything in them is valid: they are only built from validated events. */
export interface PackedColumns {
  readonly text: string
  /** In UTF-16 code units of `text`. */
  readonly spans: Int32Array<ArrayBuffer>
  /** The millisecond of each event's instant. */
  readonly instantsMs: Float64Array<ArrayBuffer>
}

/** Events in columns: one text for all, instead of an object and five strings for each. */
export class PackedEvents implements EventList {
  readonly columns: PackedColumns
  readonly length: number

  constructor(columns: PackedColumns) {
    this.columns = columns
    this.length = columns.instantsMs.length
  }

  /** The same events, packed; those that are packed already as they are. */
  static from(events: EventList): PackedEvents {
    if (events instanceof PackedEvents) return events
    const builder = new PackedEventsBuilder('')
    for (const event of events) builder.add(event)
    return builder.build()
  }

  /** All events of all lists, in order. */
  static join(lists: readonly PackedEvents[]): PackedEvents {
    const [only] = lists
    if (lists.length === 1 && only !== undefined) return only
    const length = lists.reduce((sum, list) => sum + list.length, 0)
    const spans = new Int32Array(length * spansPerEvent)
    const instantsMs = new Float64Array(length)
    const texts: string[] = []
    let chars = 0
    let count = 0
    for (const { columns } of lists) {
      const at = count * spansPerEvent
      for (let index = 0; index < columns.spans.length; index++) spans[at + index] = (columns.spans[index] ?? 0) + chars
      instantsMs.set(columns.instantsMs, count)
      texts.push(columns.text)
      chars += columns.text.length
      count += columns.instantsMs.length
    }
    return new PackedEvents({ text: texts.join(''), spans, instantsMs })
  }

  /** One field of one event. @param index 0 to `length` - 1. */
  field(index: number, name: keyof typeof packedFields): string {
    const { text, spans } = this.columns
    const at = index * spansPerEvent + 2 * packedFields[name]
    return text.slice(spans[at], spans[at + 1])
  }

  /**
   * One event as an object, made for this call.
   *
   * @param index 0 to `length` - 1.
   */
  at(index: number): NewEvent {
    const timestamp = this.field(index, 'timestamp')
    return {
      topic: this.field(index, 'topic'),
      eventId: this.field(index, 'eventId'),
      timestamp,
      instant: { ms: this.columns.instantsMs[index] ?? 0, fraction: fractionOf(timestamp) },
      source: this.field(index, 'source'),
      payload: this.field(index, 'payload'),
    }
  }

  /** All events in order, as `at` gives them. */
  *[Symbol.iterator](): Generator<NewEvent> {
    for (let index = 0; index < this.length; index++) yield this.at(index)
  }

  /** Events `start` up to, but not including, `end`. */
  slice(start: number, end: number): PackedEvents {
    const { text, spans, instantsMs } = this.columns
    return new PackedEvents({
      text,
      spans: spans.slice(start * spansPerEvent, end * spansPerEvent),
      instantsMs: instantsMs.slice(start, end),
    })
  }
}

/** Builds the columns over a text that holds most of them; what it does not hold is appended to it. */
export class PackedEventsBuilder {
  readonly #text: string
  readonly #more: string[] = []
  #chars: number
  #spans = new Int32Array(16 * spansPerEvent)
  #instantsMs = new Float64Array(16)
  #length = 0

  constructor(text: string) {
    this.#text = text
    this.#chars = text.length
  }

  get length(): number {
    return this.#length
  }

  /** @param spans of a valid event in the builder's text, as in `PackedColumns`; copied. */
  addSpans(spans: Int32Array, instantMs: number): void {
    const at = this.#next(instantMs)
    for (let index = 0; index < spansPerEvent; index++) this.#spans[at + index] = spans[index] ?? 0
  }

  add(event: NewEvent): void {
    const at = this.#next(event.instant.ms)
    for (const name of fieldNames) {
      const text = event[name]
      const place = at + 2 * packedFields[name]
      this.#more.push(text)
      this.#spans[place] = this.#chars
      this.#chars += text.length
      this.#spans[place + 1] = this.#chars
    }
  }

  build(): PackedEvents {
    return new PackedEvents({
      text: this.#more.length === 0 ? this.#text : this.#text + this.#more.join(''),
      spans: this.#spans.slice(0, this.#length * spansPerEvent),
      instantsMs: this.#instantsMs.slice(0, this.#length),
    })
  }

  #next(instantMs: number): number {
    if (this.#length === this.#instantsMs.length) {
      this.#spans = grown(this.#spans, new Int32Array(4 * this.#spans.length))
      this.#instantsMs = grown(this.#instantsMs, new Float64Array(4 * this.#instantsMs.length))
    }
    this.#instantsMs[this.#length] = instantMs
    return this.#length++ * spansPerEvent
  }
}

function grown<A extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(from: A, to: A): A {
  to.set(from)
  return to
}
