/** The duplicates on record: who re-sent what, and what conflicts carried. Bounded; runs inside the append transaction. */
import { storeLimits } from '../../core/event-store.ts'
import { countedDuplicate, countedSeq } from './append-statements.ts'
import { bigintArray } from './binary-array.ts'
import type { Connection, Row, Statement } from './connection.ts'
import type { EventBatch } from './event-batch.ts'
import { onlyLane } from './migrations.ts'
import { allOf } from './transaction.ts'

export interface DroppedEvent {
  readonly index: number
  /** Counts from 1 in every batch. */
  readonly count: number
  /** The stored event's, as `newSeqAt`. */
  readonly seq: number
  readonly isConflict: boolean
}

/** $1: when. */
const insertDuplicates: Statement = {
  name: 'insert_duplicates',
  text: `
    INSERT INTO duplicate (lane, id, seq, seen_ms, topic, event_id, source)
    SELECT ${onlyLane}, ${countedDuplicate('count')}, ${countedSeq('seq')}, $1::bigint, topic, event_id, source
    FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[]) AS new (count, seq, topic, event_id, source)`,
}
const insertConflicts: Statement = {
  name: 'insert_conflicts',
  text: `
    INSERT INTO conflict (lane, id, seq, seen_ms, topic, event_id, source, "timestamp", payload)
    SELECT ${onlyLane}, ${countedDuplicate('count')}, ${countedSeq('seq')}, $1::bigint, topic, event_id, source, "timestamp", payload
    FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
      AS new (count, seq, topic, event_id, source, "timestamp", payload)
    RETURNING octet_length("timestamp") + octet_length(payload) AS bytes`,
}
const trimDuplicates: Statement = {
  name: 'trim_duplicates',
  text: `DELETE FROM duplicate WHERE lane = ${onlyLane} AND id <= ${countedDuplicate('$1::bigint')}`,
}
const trimConflicts: Statement = {
  name: 'trim_conflicts',
  text: `
    DELETE FROM conflict WHERE lane = ${onlyLane} AND id <=
      (SELECT id FROM conflict WHERE lane = ${onlyLane} ORDER BY id OFFSET $1::int - 1 LIMIT 1)
    RETURNING octet_length("timestamp") + octet_length(payload) AS bytes`,
}
const countConflicts: Statement = {
  name: 'count_conflicts',
  text: `
    UPDATE lane_head SET conflict_rows = conflict_rows + $1::bigint, conflict_bytes = conflict_bytes + $2::bigint
    WHERE lane = ${onlyLane} RETURNING conflict_rows, conflict_bytes`,
}

/**
 * Sends everything before it waits, unless there are conflicts, which are counted and trimmed.
 *
 * @param dropped in the order of the batch.
 */
export async function recordDuplicates(
  connection: Connection,
  batch: EventBatch,
  { dropped, nowMs }: { readonly dropped: readonly DroppedEvent[]; readonly nowMs: number },
): Promise<void> {
  if (dropped.length === 0) return
  const byIndex = new Map(dropped.map((each) => [each.index, each]))
  const valuesOf = (part: readonly number[]) => [
    nowMs,
    bigintArray(part.map((index) => byIndex.get(index)?.count ?? 0)),
    bigintArray(part.map((index) => byIndex.get(index)?.seq ?? 0)),
    batch.texts(part, 'topic'),
    batch.texts(part, 'eventId'),
    batch.texts(part, 'source'),
  ]
  const partsOf = (isConflict: boolean) =>
    batch.partsOf(dropped.filter((each) => each.isConflict === isConflict).map(({ index }) => index))
  const recorded = partsOf(false).map((part) => connection.query(insertDuplicates, valuesOf(part)))
  const refused = partsOf(true).map((part) =>
    connection.query(insertConflicts, [
      ...valuesOf(part),
      batch.texts(part, 'timestamp'),
      batch.texts(part, 'payload'),
    ]),
  )
  const trimmed = connection.query(trimDuplicates, [dropped.length - storeLimits.maxDuplicateRecords])
  const inserted = (await allOf([...recorded, ...refused, trimmed])).slice(recorded.length, -1).flat()
  if (inserted.length > 0) await trimToBounds(connection, inserted.length, bytesOf(inserted))
}

/** Counts what was added, and drops the oldest conflicts beyond the bounds. */
async function trimToBounds(connection: Connection, addedRows: number, addedBytes: number): Promise<void> {
  let [head] = await connection.query(countConflicts, [addedRows, addedBytes])
  for (;;) {
    const excessRows = Number(head?.conflict_rows) - storeLimits.maxConflictRecords
    if (excessRows <= 0 && Number(head?.conflict_bytes) <= storeLimits.maxConflictBytes) return
    const dropped = await connection.query(trimConflicts, [Math.max(1, excessRows)])
    if (dropped.length === 0) return
    head = (await connection.query(countConflicts, [-dropped.length, -bytesOf(dropped)]))[0]
  }
}

function bytesOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { bytes }) => sum + Number(bytes), 0)
}
