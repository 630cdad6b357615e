/** The duplicates on record, page by page. */
import { type DuplicatePage, type DuplicateQuery, storeLimits } from '../../core/event-store.ts'
import { duplicateOf } from '../rows.ts'
import type { Connection, Statement } from './connection.ts'
import { onlyLane } from './migrations.ts'
import { readLimitMs } from './session.ts'

/** $1: before this id, $2: topic, $3: source, $4: whether it conflicts (each or null), $5: rows, $6: octets. */
const readAll: Statement = { name: 'read_duplicates', text: pageText('') }
/** $7: the seq of the event that they are duplicates of. */
const readOfEvent: Statement = { name: 'read_duplicates_of_event', text: pageText('AND seq = $7::bigint') }

function pageText(condition: string): string {
  return `
    WITH found AS (
      (${select('duplicate', 'NULL::text AS "timestamp", NULL::text AS payload', `$4::boolean IS NOT TRUE ${condition}`)})
      UNION ALL
      (${select('conflict', '"timestamp", payload', `$4::boolean IS NOT FALSE ${condition}`)})
    ),
    sized AS (
      SELECT *, octet_length(topic) + octet_length(event_id) + octet_length(source)
        + coalesce(octet_length("timestamp") + octet_length(payload), 0) AS octets
      FROM found ORDER BY id DESC LIMIT $5::int
    ),
    summed AS (
      SELECT *, sum(octets) OVER (ORDER BY id DESC ROWS UNBOUNDED PRECEDING) AS octets_through, row_number() OVER (ORDER BY id DESC) AS n
      FROM sized
    )
    SELECT *, (SELECT count(*) FROM sized) AS found FROM summed WHERE n = 1 OR octets_through <= $6::bigint ORDER BY id DESC`
}

function select(table: string, content: string, condition: string): string {
  return `
    SELECT id, seq, seen_ms, topic, event_id, source, ${content} FROM ${table}
    WHERE ${condition} AND lane = ${onlyLane} AND id < $1::bigint
      AND ($2::text IS NULL OR topic = $2::text) AND ($3::text IS NULL OR source = $3::text)
    ORDER BY id DESC LIMIT $5::int`
}

/** @param seq of the event that they are duplicates of; undefined: of any. */
export async function readDuplicatePage(
  connection: Connection,
  query: DuplicateQuery,
  seq: number | undefined,
): Promise<DuplicatePage> {
  const { topic = null, source = null, isConflict = null, beforeId = Number.MAX_SAFE_INTEGER, limit } = query
  const values = [beforeId, topic, source, isConflict, limit + 1, storeLimits.maxPageChars]
  const [statement, more] = seq === undefined ? [readAll, []] : [readOfEvent, [seq]]
  const rows = await connection.query(statement, [...values, ...more], readLimitMs)
  const duplicates = rows.slice(0, limit).map(duplicateOf)
  const hasMore = Number(rows[0]?.found ?? 0) > duplicates.length
  return { duplicates, nextBeforeId: hasMore ? duplicates.at(-1)?.id : undefined }
}
