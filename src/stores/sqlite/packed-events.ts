/**
 * A group as it crosses to the writer thread and back: one string and typed arrays, not thousands of small objects
 * that would be cloned one by one.
 */

import type { NewEvent } from '../../core/event.ts'
import type { AppendResult, AppendStatus } from '../../core/event-store.ts'

export interface PackedEvents {
  readonly texts: string
  /** Where each text ends in `texts`, six per event. */
  readonly ends: Uint32Array<ArrayBuffer>
  /** The millisecond of each event's instant. */
  readonly instantsMs: Float64Array<ArrayBuffer>
}

const textsPerEvent = 6

export function packEvents(events: readonly NewEvent[]): PackedEvents {
  const texts = new Array<string>(events.length * textsPerEvent)
  const ends = new Uint32Array(events.length * textsPerEvent)
  const instantsMs = new Float64Array(events.length)
  let count = 0
  let end = 0
  const add = (text: string) => {
    texts[count] = text
    end += text.length
    ends[count++] = end
  }
  for (const [index, event] of events.entries()) {
    add(event.topic)
    add(event.eventId)
    add(event.timestamp)
    add(event.instant.fraction)
    add(event.source)
    add(event.payload)
    instantsMs[index] = event.instant.ms
  }
  return { texts: texts.join(''), ends, instantsMs }
}

export function unpackEvents({ texts, ends, instantsMs }: PackedEvents): NewEvent[] {
  const events = new Array<NewEvent>(instantsMs.length)
  let count = 0
  let start = 0
  const take = () => {
    const end = ends[count++] ?? 0
    const text = texts.slice(start, end)
    start = end
    return text
  }
  for (let index = 0; index < events.length; index++) {
    const topic = take()
    const eventId = take()
    const timestamp = take()
    const instant = { ms: instantsMs[index] ?? 0, fraction: take() }
    events[index] = { topic, eventId, timestamp, instant, source: take(), payload: take() }
  }
  return events
}

export interface PackedResults {
  /** Per event an index into `statuses`. */
  readonly statuses: Uint8Array<ArrayBuffer>
  readonly seqs: Float64Array<ArrayBuffer>
}

const statuses: readonly AppendStatus[] = ['stored', 'duplicate', 'conflict']

export function packResults(results: readonly AppendResult[]): PackedResults {
  return {
    statuses: Uint8Array.from(results, ({ status }) => statuses.indexOf(status)),
    seqs: Float64Array.from(results, ({ seq }) => seq),
  }
}

export function unpackResults(packed: PackedResults): AppendResult[] {
  return Array.from(packed.seqs, (seq, index) => ({ status: statuses[packed.statuses[index] ?? 0] ?? 'stored', seq }))
}
