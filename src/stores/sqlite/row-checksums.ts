/** What the checksums of stored rows are over: all that their tables hold of an event or of a duplicate, and under which number. */
import type { StoredEvent } from '../../core/event.ts'
import { type PackedEvents, spansPerEvent } from '../../core/packed-events.ts'
import { seedOf, TextChecksum } from './text-checksum.ts'

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

  /** The same, of a row that was read: its texts in the order of `packedFields`. */
  ofEvent({ seq, processedAtMs, topic, eventId, timestamp, source, payload }: StoredEvent): number {
    return this.#checksum.ofTexts(seedOf(seq, processedAtMs), [topic, eventId, timestamp, source, payload])
  }

  ofDuplicate({ id, seq, topicId, seenMs, source, timestamp = '', payload = '' }: ChecksummedDuplicate): number {
    return this.#checksum.ofTexts(seedOf(seedOf(id, seq), seedOf(topicId, seenMs)), [source, timestamp, payload])
  }
}
