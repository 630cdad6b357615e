/** The queries. Synchronous and read-only; lives in the reader threads. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { type Clock, systemClock } from '../../core/clock.ts'
import type { StoredEvent } from '../../core/event.ts'
import {
  type DuplicatePage,
  type DuplicateQuery,
  type DuplicateRecord,
  type EventPage,
  type EventPosition,
  type EventQuery,
  type LogPage,
  type LogQuery,
  storeLimits,
  type TopicSummary,
} from '../../core/event-store.ts'
import type { Instant } from '../../core/timestamp.ts'
import { collectPage, contentChars, type WalkedEvent } from '../collect-page.ts'
import { duplicateOf, topicOf } from '../rows.ts'
import type { EventKey } from './dedup-index.ts'
import { eventColumns, eventOf, type Row } from './event-row.ts'
import { openLogWalk } from './log-walk.ts'
import { entryAt, type TimeEntry } from './time/time-entry.ts'
import { openTimeLists } from './time/time-lists.ts'
import type { TimeRing } from './time/time-ring.ts'
import { openTimeWalk } from './time/time-walk.ts'

export interface EventReader {
  findEvent(topic: string, eventId: string): StoredEvent | undefined
  readEvents(query: EventQuery): EventPage
  readLog(query: LogQuery): LogPage
  readDuplicates(query: DuplicateQuery): DuplicatePage
  readTopicNames(): string[]
  readTopics(): TopicSummary[]
}

const earliest = entryAt({ ms: -8.64e15, fraction: '' }, 0)
const latest = entryAt({ ms: 8.64e15, fraction: '' }, 0)

export interface EventReaderOptions {
  readonly db: DatabaseSync
  /** The dedup index: the seq of a key, or 0. */
  readonly findSeq: (key: EventKey) => number
  readonly ring: TimeRing
  readonly clock?: Clock
}

export function openEventReader({ db, findSeq, ring, clock = systemClock }: EventReaderOptions): EventReader {
  const findTopicId = db.prepare('SELECT id FROM topic WHERE name = ?')
  const findBySeq = db.prepare(`SELECT ${eventColumns} FROM event WHERE seq = ?`)
  const findInstant = db.prepare('SELECT instant_ms, instant_fraction FROM event WHERE seq = ?')
  const walkBySeq = db.prepare(`SELECT ${eventColumns} FROM event WHERE seq > ? ORDER BY seq`)
  const timeWalk = openTimeWalk(db, openTimeLists(db, ring))
  const walkLog = openLogWalk(db)
  const readTopicNames = db.prepare('SELECT name FROM topic ORDER BY name LIMIT ?')
  readTopicNames.setReturnArrays(true)
  const readTopics = db.prepare('SELECT * FROM topic ORDER BY name LIMIT ?')

  function topicIdOf(topic: string): number | undefined {
    const row = findTopicId.get(topic)
    return row === undefined ? undefined : Number(row.id)
  }

  function entryOf(position: EventPosition): TimeEntry {
    const row = findInstant.get(position.seq)
    return entryAt(row === undefined ? { ms: position.instantMs, fraction: '' } : instantOf(row), position.seq)
  }

  function walk(query: EventQuery, topicId: number | undefined): Iterable<Row> {
    const { order, after, from, to } = query
    if (order === 'seq') return walkBySeq.iterate(after?.seq ?? 0)
    let low = from === undefined ? earliest : entryAt(from, 0)
    let high = to === undefined ? latest : entryAt(to, 0)
    const reached = after === undefined ? undefined : entryOf(after)
    if (reached !== undefined && order === 'asc' && timeWalk.compare(reached, low) > 0) low = reached
    if (reached !== undefined && order === 'desc' && timeWalk.compare(reached, high) < 0) high = reached
    return rowsOf(timeWalk.seqs({ topicId, order, low, high }))
  }

  function* rowsOf(seqs: Iterable<number>): Generator<Row> {
    for (const seq of seqs) {
      const row = findBySeq.get(seq)
      if (row !== undefined) yield row
    }
  }

  return {
    findEvent(topic, eventId) {
      const topicId = topicIdOf(topic)
      if (topicId === undefined) return undefined
      const row = findBySeq.get(findSeq({ topicId, eventId }))
      return row === undefined ? undefined : eventOf(row)
    },
    readEvents(query) {
      const topicId = query.topic === undefined ? undefined : topicIdOf(query.topic)
      if (query.topic !== undefined && topicId === undefined) return { events: [], next: undefined, isPartial: false }
      // One snapshot for the index and the events.
      db.exec('BEGIN')
      try {
        return collectPage(eventsOf(walk(query, topicId)), query, clock)
      } finally {
        db.exec('COMMIT')
      }
    },
    readLog(query) {
      // One snapshot for the log and its end.
      db.exec('BEGIN')
      try {
        return walkLog(query, clock)
      } finally {
        db.exec('COMMIT')
      }
    },
    readDuplicates(query) {
      const { topic, eventId } = query
      const topicId = topic === undefined ? undefined : topicIdOf(topic)
      const isNothing = topicId === undefined && (topic !== undefined || eventId !== undefined)
      if (isNothing) return { duplicates: [], nextBeforeId: undefined }
      const seq = topicId === undefined || eventId === undefined ? undefined : findSeq({ topicId, eventId })
      return readDuplicatePage(db, query, { topicId, seq })
    },
    readTopicNames: () => (readTopicNames.all(storeLimits.maxTopics) as unknown as [string][]).map(([name]) => name),
    readTopics: () => readTopics.all(storeLimits.maxTopics).map(topicOf),
  }
}

interface DuplicateFilter {
  readonly topicId: number | undefined
  /** Of the one event whose copies are asked for. */
  readonly seq: number | undefined
}

function readDuplicatePage(db: DatabaseSync, query: DuplicateQuery, { topicId, seq }: DuplicateFilter): DuplicatePage {
  const conditions = ['id < ?']
  const values: SQLInputValue[] = [query.beforeId ?? Number.MAX_SAFE_INTEGER]
  if (seq !== undefined) {
    conditions.push('seq = ?')
    values.push(seq)
  }
  if (topicId !== undefined) {
    conditions.push('topic_id = ?')
    values.push(topicId)
  }
  if (query.source !== undefined) {
    conditions.push('source = ?')
    values.push(query.source)
  }
  const select = (table: string, content: string) =>
    `SELECT id, seq, topic_id, seen_ms, source, ${content} FROM ${table} WHERE ${conditions.join(' AND ')}`
  const tables = []
  if (query.isConflict !== true) tables.push(select('duplicate', 'NULL AS timestamp, NULL AS payload'))
  if (query.isConflict !== false) tables.push(select('conflict', 'timestamp, payload'))
  const statement = db.prepare(
    `SELECT d.id, d.seq, t.name AS topic, e.event_id, d.seen_ms, d.source, d.timestamp, d.payload
     FROM (${tables.join(' UNION ALL ')} ORDER BY id DESC LIMIT ?) AS d
     JOIN topic AS t ON t.id = d.topic_id JOIN event AS e ON e.seq = d.seq ORDER BY d.id DESC`,
  )
  const rows = statement.iterate(...tables.flatMap(() => values), query.limit + 1)
  const duplicates: DuplicateRecord[] = []
  let chars = 0
  for (const row of rows) {
    const record = duplicateOf(row)
    const last = duplicates.at(-1)
    chars += contentChars({ ...record, timestamp: '', payload: '', ...record.refused })
    if (last !== undefined && (duplicates.length === query.limit || chars > storeLimits.maxPageChars)) {
      return { duplicates, nextBeforeId: last.id }
    }
    duplicates.push(record)
  }
  return { duplicates, nextBeforeId: undefined }
}

function* eventsOf(rows: Iterable<Row>): Generator<WalkedEvent> {
  for (const row of rows) yield { ...eventOf(row), instant: instantOf(row) }
}

function instantOf(row: Row): Instant {
  return { ms: Number(row.instant_ms), fraction: String(row.instant_fraction) }
}
