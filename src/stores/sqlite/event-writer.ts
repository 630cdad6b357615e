/** The append transaction: check and mark, store, record duplicates, count. Synchronous; lives in the writer thread. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Counters } from '../../core/event-store.ts'
import type { PackedEvents } from '../../core/packed-events.ts'
import { fractionOf } from '../../core/timestamp.ts'
import type { DedupIndex, EventKey } from './dedup-index.ts'
import { openDuplicateLog } from './duplicate-log.ts'
import { type PackedResults, statuses } from './packed-results.ts'
import { RowChecksums } from './row-checksums.ts'
import type { RateWriter } from './statistics/rate-writer.ts'
import type { TimeIndex } from './time/time-index.ts'
import { openTopicTable } from './topic-table.ts'

/** Measured: 50 to 100 rows a statement nearly double the rate of single-row inserts. */
const rowsPerInsert = 100
/** Without the seq and the time of the commit, which a statement is given once. */
const valuesPerRow = 8

export interface EventWriter {
  readonly counters: Counters
  /** @param nowMs the wall-clock time of the group, milliseconds since the Unix epoch. */
  append(events: PackedEvents, nowMs: number): PackedResults
  /** A commit that changes nothing a reader can see, yet must reach the disk. */
  touch(): void
}

export interface EventWriterOptions {
  readonly db: DatabaseSync
  readonly dedupIndex: DedupIndex
  readonly timeIndex: TimeIndex
  readonly rates: RateWriter
}

export function openEventWriter({ db, dedupIndex, timeIndex, rates }: EventWriterOptions): EventWriter {
  const insertMany = prepareInsert(db, rowsPerInsert)
  const insertOne = prepareInsert(db, 1)
  const findContent = db.prepare('SELECT timestamp, source, payload FROM event WHERE seq = ?')
  const setCounters = db.prepare(
    'UPDATE counters SET received = ?, unique_processed = ?, duplicate_dropped = ?, conflicts = ?, last_seq = ?',
  )
  const addProbe = db.prepare('UPDATE counters SET probes = probes + 1')
  const topics = openTopicTable(db)
  const checksums = new RowChecksums()
  const duplicates = openDuplicateLog(db, checksums)
  let counters = readCounters(db)

  /** @returns the last seq. */
  function insertNew(
    events: PackedEvents,
    topicIds: readonly number[],
    seqs: readonly number[],
    nowMs: number,
  ): number {
    const { instantsMs } = events.columns
    let nextSeq = counters.lastSeq + 1
    let rows: (string | number)[] = []
    for (let index = 0; index < events.length; index++) {
      if (seqs[index] !== nextSeq) continue
      const topicId = topicIds[index] ?? 0
      const timestamp = events.field(index, 'timestamp')
      const ms = instantsMs[index] ?? 0
      const fraction = fractionOf(timestamp)
      timeIndex.record(nextSeq, topicId, ms, fraction)
      const eventId = events.field(index, 'eventId')
      const source = events.field(index, 'source')
      rates.countSource(source, 'stored')
      const checksum = checksums.ofPacked(events, index, nextSeq, nowMs)
      rows.push(topicId, eventId, ms, fraction, timestamp, source, events.field(index, 'payload'), checksum)
      nextSeq++
      if (rows.length < rowsPerInsert * valuesPerRow) continue
      insertMany.run({ seq: nextSeq - rowsPerInsert, now: nowMs }, ...rows)
      rows = []
    }
    const firstSeq = nextSeq - rows.length / valuesPerRow
    for (let at = 0; at < rows.length; at += valuesPerRow) {
      insertOne.run({ seq: firstSeq + at / valuesPerRow, now: nowMs }, ...rows.slice(at, at + valuesPerRow))
    }
    return nextSeq - 1
  }

  function isConflict(events: PackedEvents, index: number, seq: number): boolean {
    const stored = findContent.get(seq)
    return (
      stored === undefined ||
      stored.timestamp !== events.field(index, 'timestamp') ||
      stored.source !== events.field(index, 'source') ||
      stored.payload !== events.field(index, 'payload')
    )
  }

  function appendInTransaction(events: PackedEvents, nowMs: number): [PackedResults, Counters] {
    const { length } = events
    const topicIds = new Array<number>(length)
    const keys = new Array<EventKey>(length)
    for (let index = 0; index < length; index++) {
      const topicId = topics.idOf(events.field(index, 'topic'), nowMs)
      topicIds[index] = topicId
      keys[index] = { topicId, eventId: events.field(index, 'eventId') }
    }
    const seqs = dedupIndex.checkAndMark(keys, counters.lastSeq + 1)
    const lastSeq = insertNew(events, topicIds, seqs, nowMs)
    timeIndex.workFor(lastSeq - counters.lastSeq)
    const results = { statuses: new Uint8Array(length), seqs: Float64Array.from(seqs) }
    let stored = 0
    let conflicts = 0
    for (let index = 0; index < length; index++) {
      const seq = seqs[index] ?? 0
      const topicId = topicIds[index] ?? 0
      if (seq === counters.lastSeq + stored + 1) {
        stored++
        topics.count(topicId, 'stored', seq)
        continue
      }
      const status = isConflict(events, index, seq) ? 'conflict' : 'duplicate'
      if (status === 'conflict') conflicts++
      results.statuses[index] = statuses.indexOf(status)
      topics.count(topicId, status, seq)
      const id = counters.duplicateDropped + index - stored + 1
      const event = events.at(index)
      duplicates.record({ id, seq, topicId, seenAtMs: nowMs, event, status })
      rates.countSource(event.source, status)
    }
    rates.add({ total: { events: stored, duplicates: length - stored, conflicts }, topics: topics.counts }, nowMs)
    topics.writeCounts(nowMs)
    const next: Counters = {
      received: counters.received + length,
      uniqueProcessed: counters.uniqueProcessed + stored,
      duplicateDropped: counters.duplicateDropped + length - stored,
      conflicts: counters.conflicts + conflicts,
      lastSeq,
    }
    duplicates.trim(next.duplicateDropped)
    // Written also when every event was a duplicate: the fsync of this commit is what makes their ack durable.
    setCounters.run(next.received, next.uniqueProcessed, next.duplicateDropped, next.conflicts, next.lastSeq)
    return [results, next]
  }

  return {
    get counters() {
      return counters
    },
    append(events, nowMs) {
      db.exec('BEGIN IMMEDIATE')
      try {
        const [results, next] = appendInTransaction(events, nowMs)
        db.exec('COMMIT')
        counters = next
        dedupIndex.settle()
        timeIndex.settle()
        rates.settle()
        return results
      } catch (thrown) {
        topics.forget()
        duplicates.forget()
        if (db.isTransaction) db.exec('ROLLBACK')
        dedupIndex.undo()
        timeIndex.undo()
        rates.undo()
        throw thrown
      }
    },
    touch() {
      addProbe.run()
    },
  }
}

/** Every value that need not be bound is time saved: it takes as long as writing it. */
function prepareInsert(db: DatabaseSync, rows: number): StatementSync {
  const values = new Array(valuesPerRow).fill('?').join(', ')
  return db.prepare(
    `INSERT INTO event (seq, processed_ms, topic_id, event_id, instant_ms, instant_fraction, timestamp, source, payload, checksum)
     VALUES ${Array.from({ length: rows }, (_, row) => `(:seq + ${row}, :now, ${values})`).join(', ')}`,
  )
}

function readCounters(db: DatabaseSync): Counters {
  const row = db.prepare('SELECT * FROM counters').get() ?? {}
  return {
    received: Number(row.received),
    uniqueProcessed: Number(row.unique_processed),
    duplicateDropped: Number(row.duplicate_dropped),
    conflicts: Number(row.conflicts),
    lastSeq: Number(row.last_seq),
  }
}
