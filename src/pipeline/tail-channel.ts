/** The readers that ask for the same events: these are matched and encoded once for all of them. */
import type { StoredEvent } from '../core/event.ts'
import { topicMatcher } from '../core/topic-pattern.ts'
import type { CommittedGroup } from './consumer.ts'
import type { TailReader } from './tail-hub.ts'

export interface TailFilter {
  /** As `topicMatcher` takes them. */
  readonly topics: readonly string[]
  readonly source: string | undefined
}

export class TailChannel {
  readonly readers = new Set<TailReader>()
  readonly #filter: TailFilter
  readonly #matchesTopic: (topic: string) => boolean
  readonly #encode: (event: StoredEvent) => Uint8Array

  constructor(filter: TailFilter, encode: (event: StoredEvent) => Uint8Array) {
    this.#filter = filter
    this.#matchesTopic = topicMatcher(filter.topics)
    this.#encode = encode
  }

  /** The same for filters that ask for the same. */
  static keyOf({ topics, source }: TailFilter): string {
    return JSON.stringify([[...new Set(topics)].sort(), source ?? null])
  }

  send(group: CommittedGroup): void {
    let shared: Uint8Array | undefined
    for (const reader of this.readers) {
      // Most are exactly at the end of the log; one that has just joined may have read a part of this group already.
      if (reader.position >= group.firstSeq) {
        this.sendTo(reader, group)
        continue
      }
      shared ??= this.#chunkOf(group, 0)
      if (shared.length > 0) reader.sink.write(shared)
      reader.position = group.lastSeq
    }
  }

  /** What of the group lies after the reader's position. */
  sendTo(reader: TailReader, group: CommittedGroup): void {
    if (reader.position >= group.lastSeq) return
    const chunk = this.#chunkOf(group, reader.position)
    if (chunk.length > 0) reader.sink.write(chunk)
    reader.position = group.lastSeq
  }

  #chunkOf({ events, results, processedAtMs }: CommittedGroup, after: number): Uint8Array {
    const { source } = this.#filter
    const chunks: Uint8Array[] = []
    for (const [index, { status, seq }] of results.entries()) {
      if (status !== 'stored' || seq <= after || !this.#matchesTopic(events.field(index, 'topic'))) continue
      if (source !== undefined && events.field(index, 'source') !== source) continue
      const { topic, eventId, timestamp, source: sender, payload } = events.at(index)
      chunks.push(this.#encode({ topic, eventId, timestamp, source: sender, payload, seq, processedAtMs }))
    }
    return chunks.length === 0 ? nothing : Buffer.concat(chunks)
  }
}

const nothing = new Uint8Array()
