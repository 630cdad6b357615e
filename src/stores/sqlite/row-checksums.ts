/** What the checksums of stored rows are over: all that their tables hold of an event or of a duplicate, and under which number. */
import { type PackedEvents, packedFields, spansPerEvent } from '../../core/packed-events.ts'
import { seedOf, TextChecksum } from './text-checksum.ts'

export interface ChecksummedEvent {
  readonly seq: number
  readonly processedMs: number
  readonly topic: string
  readonly eventId: string
  readonly timestamp: string
  readonly source: string
  readonly payload: string
}

export interface ChecksummedDuplicate {
  readonly id: number
  readonly seq: number
  readonly topicId: number
  readonly seenMs: number
  readonly source: string
  /** Of a conflict. */
  readonly timestamp?: string
  readonly payload?: string
}

export class RowChecksums {
  readonly #checksum = new TextChecksum()

  /** The topic goes in by its name: so one that is not what it was is found by its events. */
  ofPacked({ columns }: PackedEvents, index: number, seq: number, processedMs: number): number {
    const from = index * spansPerEvent
    const places = columns.spans
    return this.#checksum.ofSpans(seedOf(seq, processedMs), {
      text: columns.text,
      places,
      from,
      to: from + spansPerEvent,
    })
  }

  /** The same, of a row that was read. */
  ofEvent(event: ChecksummedEvent): number {
    const texts: string[] = []
    for (const [name, place] of fields) texts[place] = event[name]
    return this.#checksum.ofTexts(seedOf(event.seq, event.processedMs), texts)
  }

  ofDuplicate({ id, seq, topicId, seenMs, source, timestamp = '', payload = '' }: ChecksummedDuplicate): number {
    return this.#checksum.ofTexts(seedOf(seedOf(id, seq), seedOf(topicId, seenMs)), [source, timestamp, payload])
  }
}

const fields = Object.entries(packedFields) as [keyof typeof packedFields, number][]
