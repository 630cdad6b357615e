/** The one walk over the whole log that all checks of events share. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { StoredEvent } from '../../../core/event.ts'
import { parseTimestamp } from '../../../core/timestamp.ts'
import type { CheckLog } from '../../check-log.ts'
import { RowChecksums } from '../row-checksums.ts'
import type { TopicCounts } from './topic-counts.ts'

export interface WalkedEvent extends StoredEvent {
  readonly topicId: number
  readonly instantMs: number
  readonly instantFraction: string
}

export interface EventWalk {
  readonly db: DatabaseSync
  readonly lastSeq: number
  readonly topics: TopicCounts
  readonly log: CheckLog
  /** Of the events' checksums. */
  readonly checksumLog: CheckLog
  /** Told of each event, in order. */
  readonly onEvent: (event: WalkedEvent) => void
  readonly onProgress: (fraction: number) => void
}

const progressEvery = 4096

export function walkEvents({ db, lastSeq, topics, log, checksumLog, onEvent, onProgress }: EventWalk): void {
  const walk = db.prepare(
    `SELECT seq, topic_id, processed_ms, instant_ms, event_id, timestamp, source, payload, instant_fraction, checksum
     FROM event ORDER BY seq`,
  )
  walk.setReturnArrays(true)
  const checksums = new RowChecksums()
  let expected = 1
  let withoutChecksum = 0

  function checkChecksum(event: WalkedEvent, checksum: SQLInputValue | undefined): void {
    if (checksum === null) {
      withoutChecksum++
      return
    }
    checksumLog.checked++
    if (checksum === checksums.ofEvent(event)) return
    checksumLog.problem(`${named(event)} is not what was stored: its checksum is another`)
  }

  function checkPlace(event: WalkedEvent): void {
    const { seq, topicId } = event
    // Every commit gives the next seqs, and nothing is ever taken out of the log.
    if (seq > expected) log.problem(missing(expected, seq - 1))
    if (seq < expected) log.problem(`event ${seq} has a seq that none can have`)
    expected = seq + 1
    if (!topics.has(topicId)) log.problem(`event ${seq} has the topic number ${topicId}, which there is not`)
    const instant = parseTimestamp(event.timestamp)
    if (instant?.ms !== event.instantMs || instant.fraction !== event.instantFraction) {
      log.problem(`${named(event)} is sorted by another time than its timestamp`)
    }
  }

  for (const row of walk.iterate()) {
    const values = row as unknown as readonly SQLInputValue[]
    const event = eventOf(values, topics)
    log.checked++
    if (event === undefined) {
      log.problem(`event ${values[0]} holds values of a wrong type`)
      continue
    }
    checkPlace(event)
    checkChecksum(event, values.at(-1))
    topics.add(event.topicId, event)
    onEvent(event)
    if (log.checked % progressEvery === 0) onProgress(event.seq / Math.max(1, lastSeq))
  }
  if (expected <= lastSeq) log.problem(missing(expected, lastSeq))
  if (expected > lastSeq + 1) log.problem(`there are events after seq ${lastSeq}, where the log ends`)
  if (withoutChecksum > 0) {
    checksumLog.note(`${withoutChecksum} events have no checksum: an older version stored them`)
  }
}

function missing(first: number, last: number): string {
  return first === last ? `event ${first} is missing` : `events ${first} to ${last} are missing`
}

function named({ seq, topic, eventId }: WalkedEvent): string {
  return `event ${seq}, ${JSON.stringify([topic, eventId])},`
}

/** @returns undefined for values that no version of the program has written. */
function eventOf(values: readonly SQLInputValue[], topics: TopicCounts): WalkedEvent | undefined {
  const [seq, topicId, processedAtMs, instantMs, eventId, timestamp, source, payload, instantFraction] = values
  if (!isWhole(seq) || !isWhole(topicId) || !isWhole(processedAtMs) || !isWhole(instantMs)) return undefined
  if (typeof eventId !== 'string' || typeof timestamp !== 'string' || typeof source !== 'string') return undefined
  if (typeof payload !== 'string' || typeof instantFraction !== 'string') return undefined
  const texts = { topic: topics.nameOf(topicId), eventId, timestamp, source, payload }
  return { seq, topicId, processedAtMs, instantMs, instantFraction, ...texts }
}

function isWhole(value: SQLInputValue | undefined): value is number {
  return Number.isSafeInteger(value)
}
