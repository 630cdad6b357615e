/** What the duplicates on record say together. The caller holds a transaction of one snapshot. */
import {
  type Copies,
  type DuplicatedEvent,
  type DuplicateSource,
  type DuplicateSummary,
  type DuplicateSummaryQuery,
  type DuplicateWindow,
  statisticsLimits,
} from '../../../core/statistics-store.ts'
import { type CopyRecord, type CopyWindow, summariseByEvent, summariseBySource } from '../../summarise-duplicates.ts'
import { bigintArray } from '../binary-array.ts'
import type { Connection, Statement } from '../connection.ts'
import { readEventsBySeq } from '../log-reader.ts'
import { onlyLane } from '../migrations.ts'
import { readLimitMs } from '../session.ts'

const copiesOf = (table: string) =>
  `(SELECT count(*) FROM ${table} WHERE ${table}.lane = ${onlyLane} AND ${table}.seq = asked.seq)`

const countCopies: Statement = {
  name: 'count_copies',
  text: `
    SELECT asked.seq, ${copiesOf('duplicate')} AS duplicates, ${copiesOf('conflict')} AS conflicts
    FROM unnest($1::bigint[]) AS asked (seq)`,
}
const newest = (table: string, columns: string) =>
  `(SELECT ${columns} FROM ${table} WHERE lane = ${onlyLane} AND id <= $1::bigint ORDER BY id DESC LIMIT ${statisticsLimits.maxSummarisedRecords})`

const readWindow: Statement = {
  name: 'read_duplicate_window',
  text: `
    SELECT coalesce(max(id), 0) AS newest, min(id) AS oldest, count(*) AS records, (array_agg(seen_ms ORDER BY id))[1] AS since_ms
    FROM (
      SELECT * FROM (${newest('duplicate', 'id, seen_ms')} UNION ALL ${newest('conflict', 'id, seen_ms')}) AS both_tables
      ORDER BY id DESC LIMIT ${statisticsLimits.maxSummarisedRecords}) AS looked_at`,
}
const findOlder: Statement = {
  name: 'find_older_duplicate',
  text: `
    SELECT EXISTS (SELECT 1 FROM duplicate WHERE lane = ${onlyLane} AND id < $1::bigint)
      OR EXISTS (SELECT 1 FROM conflict WHERE lane = ${onlyLane} AND id < $1::bigint) AS has_older`,
}
const records = (table: string, isConflict: boolean) =>
  `SELECT seq, seen_ms, source, ${isConflict} AS is_conflict FROM ${table}
   WHERE lane = ${onlyLane} AND id BETWEEN $1::bigint AND $2::bigint AND ($3::text IS NULL OR topic = $3::text)
     AND ($4::text IS NULL OR source = $4::text) AND ($5::boolean IS NULL OR $5::boolean = ${isConflict})`

/** $1, $2: ids; $3: topic, $4: source, $5: whether it conflicts (each or null). */
const readRecords: Statement = {
  name: 'read_copy_records',
  text: `${records('duplicate', false)} UNION ALL ${records('conflict', true)}`,
}
const readRecordsWithTimes: Statement = {
  name: 'read_copy_records_with_times',
  text: `
    SELECT found.*, event.processed_ms FROM (${readRecords.text}) AS found,
      LATERAL (SELECT processed_ms FROM event WHERE event.lane = ${onlyLane} AND event.seq = found.seq LIMIT 1) AS event`,
}

export async function readCopies(connection: Connection, seqs: readonly number[]): Promise<Copies[]> {
  const asked = [...new Set(seqs)].sort((a, b) => a - b)
  const rows = await connection.query(countCopies, [bigintArray(asked)], readLimitMs)
  return rows.flatMap((row) => {
    const conflicts = Number(row.conflicts)
    const duplicates = Number(row.duplicates) + conflicts
    return duplicates === 0 ? [] : [{ seq: Number(row.seq), duplicates, conflicts }]
  })
}

export async function readSummaryByEvent(
  connection: Connection,
  query: DuplicateSummaryQuery,
): Promise<DuplicateSummary<DuplicatedEvent>> {
  const found = await readCopyWindow(connection, query, query.sort === 'spread' ? readRecordsWithTimes : readRecords)
  // Which events the page is about is known when it is made: made twice, because they are looked up in between.
  const seqs: number[] = []
  summariseByEvent(found, query, (seq) => {
    seqs.push(seq)
    return undefined
  })
  const events = new Map((await readEventsBySeq(connection, seqs)).map((event) => [event.seq, event]))
  return summariseByEvent(found, query, (seq) => {
    const event = events.get(seq)
    if (event === undefined) return undefined
    const { topic, eventId, source, processedAtMs } = event
    return { topic, eventId, source, storedAtMs: processedAtMs }
  })
}

export async function readSummaryBySource(
  connection: Connection,
  query: DuplicateSummaryQuery,
): Promise<DuplicateSummary<DuplicateSource>> {
  return summariseBySource(await readCopyWindow(connection, query, readRecordsWithTimes), query)
}

async function readCopyWindow(
  connection: Connection,
  query: DuplicateSummaryQuery,
  statement: Statement,
): Promise<CopyWindow> {
  const { throughId = Number.MAX_SAFE_INTEGER, topic = null, source = null, isConflict = null } = query
  const [looked = {}] = await connection.query(readWindow, [throughId], readLimitMs)
  const oldest = Number(looked.oldest)
  const isEmpty = Number(looked.records) === 0
  const [older] = isEmpty ? [] : await connection.query(findOlder, [oldest], readLimitMs)
  const window: DuplicateWindow = {
    throughId: Number(looked.newest),
    records: Number(looked.records),
    sinceMs: isEmpty ? undefined : Number(looked.since_ms),
    isComplete: older?.has_older !== true,
  }
  if (isEmpty) return { window, records: [] }
  const rows = await connection.query(statement, [oldest, window.throughId, topic, source, isConflict], readLimitMs)
  return {
    window,
    records: rows.map(
      (row): CopyRecord => ({
        seq: Number(row.seq),
        seenAtMs: Number(row.seen_ms),
        source: String(row.source),
        isConflict: row.is_conflict === true,
        storedAtMs: Number(row.processed_ms ?? Number.NaN),
      }),
    ),
  }
}
