/** The one walk over the whole log that all checks of events share. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { parseTimestamp } from '../../../core/timestamp.ts'
import type { CheckLog } from '../../check-log.ts'
import type { TopicCounts } from './topic-counts.ts'

export interface WalkedEvent {
  readonly seq: number
  readonly topicId: number
  readonly eventId: string
  readonly instantMs: number
  readonly instantFraction: string
}

export interface EventWalk {
  readonly db: DatabaseSync
  readonly lastSeq: number
  readonly topics: TopicCounts
  readonly log: CheckLog
  /** Told of each event, in order. */
  readonly onEvent: (event: WalkedEvent) => void
  readonly onProgress: (fraction: number) => void
}

const columns =
  'seq, topic_id, event_id, instant_ms, instant_fraction, processed_ms, timestamp, source, payload' as const
const progressEvery = 4096

/** @returns how many events there are. */
export function walkEvents({ db, lastSeq, topics, log, onEvent, onProgress }: EventWalk): number {
  const walk = db.prepare(`SELECT ${columns} FROM event ORDER BY seq`)
  walk.setReturnArrays(true)
  let expected = 1
  for (const row of walk.iterate()) {
    const values = row as unknown as readonly SQLInputValue[]
    const [seq, topicId, eventId, instantMs, instantFraction, processedMs, timestamp, source, payload] = values
    const isWhole = [seq, topicId, instantMs, processedMs].every(Number.isSafeInteger)
    const isText = [eventId, instantFraction, timestamp, source, payload].every((value) => typeof value === 'string')
    if (!isWhole || !isText) {
      log.problem(`event ${seq} holds values of a wrong type`)
      continue
    }
    const event: WalkedEvent = {
      seq: Number(seq),
      topicId: Number(topicId),
      eventId: String(eventId),
      instantMs: Number(instantMs),
      instantFraction: String(instantFraction),
    }
    // Every commit gives the next seqs, and nothing is ever taken out of the log.
    if (event.seq > expected) log.problem(`events ${expected} to ${event.seq - 1} are missing`)
    if (event.seq < expected) log.problem(`event ${event.seq} has a seq that none can have`)
    expected = event.seq + 1
    if (!topics.has(event.topicId))
      log.problem(`event ${event.seq} has the topic number ${topicId}, which there is not`)
    topics.add(event.topicId, event.seq)
    const instant = parseTimestamp(String(timestamp))
    if (instant?.ms !== instantMs || instant?.fraction !== instantFraction) {
      log.problem(`event ${event.seq} is sorted by another time than its timestamp`)
    }
    onEvent(event)
    log.checked++
    if (log.checked % progressEvery === 0) onProgress(event.seq / Math.max(1, lastSeq))
  }
  if (expected <= lastSeq) log.problem(`events ${expected} to ${lastSeq} are missing`)
  if (expected > lastSeq + 1) log.problem(`there are events after seq ${lastSeq}, where the log ends`)
  return log.checked
}
