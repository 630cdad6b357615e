/** The events in the order of a query, some at a time: each time so many and so large that memory has a bound. */
import type { EventQuery } from '../../core/event-store.ts'
import type { Instant } from '../../core/timestamp.ts'
import type { WalkedEvent } from '../collect-page.ts'
import type { Connection, Row, Statement } from './connection.ts'
import { eventColumns, eventOctets, instantOf, walkedEventOf } from './event-row.ts'
import { indexedFractionDigits, onlyLane } from './migrations.ts'
import { readLimitMs } from './session.ts'

const maxRowsPerRead = 1000
const maxOctetsPerRead = 16 * 1024 * 1024

/** A place between two events, in the order of instants. */
interface TimePlace {
  readonly instant: Instant
  readonly seq: number
}

const earliest: TimePlace = { instant: { ms: -8.64e15, fraction: '' }, seq: 0 }
const latest: TimePlace = { instant: { ms: 8.64e15, fraction: '' }, seq: 0 }

const findInstant: Statement = {
  name: 'find_instant',
  text: `SELECT instant_ms, "timestamp" FROM event WHERE lane = ${onlyLane} AND seq = $1::bigint`,
}

/** From after the query's place to the end. Only the payload that its source filter wants is read. */
export async function* walkEvents(connection: Connection, query: EventQuery): AsyncGenerator<WalkedEvent> {
  const isFiltered = query.source !== undefined || query.text !== undefined || query.order === 'seq'
  const rows = isFiltered ? maxRowsPerRead : Math.min(maxRowsPerRead, query.limit + 1)
  const read = query.order === 'seq' ? readBySeq(connection, query) : await readByTime(connection, query)
  for (;;) {
    const found = await read(rows)
    for (const row of found) yield walkedEventOf(row)
    const walked = Number(found[0]?.walked ?? 0)
    if (walked === found.length && walked < rows) return
  }
}

/** Reads on from where the read before it ended. */
type Read = (rows: number) => Promise<Row[]>

function readBySeq(connection: Connection, { after, source, topic }: EventQuery): Read {
  let seq = after?.seq ?? 0
  return async (rows) => {
    const values = [rows, maxOctetsPerRead, source ?? null, topic ?? null, seq]
    const found = await connection.query(walkBySeq, values, readLimitMs)
    seq = Number(found.at(-1)?.seq ?? seq)
    return found
  }
}

async function readByTime(
  connection: Connection,
  { after, from, to, topic, source, order }: EventQuery,
): Promise<Read> {
  let low = from === undefined ? earliest : { instant: from, seq: 0 }
  let high = to === undefined ? latest : { instant: to, seq: 0 }
  const goOnFrom = (place: TimePlace) => {
    if (order === 'asc' && isBefore(low, place)) low = place
    if (order === 'desc' && isBefore(place, high)) high = place
  }
  if (after !== undefined) {
    const [row] = await connection.query(findInstant, [after.seq], readLimitMs)
    const instant = row === undefined ? { ms: after.instantMs, fraction: '' } : instantOf(row)
    goOnFrom({ instant, seq: after.seq })
  }
  const statement = timeStatements[order === 'asc' ? 'asc' : 'desc'][topic === undefined ? 'all' : 'topic']
  return async (rows) => {
    const values = [
      rows,
      maxOctetsPerRead,
      source ?? null,
      ...placeValues(low),
      ...placeValues(high),
      ...(topic === undefined ? [] : [topic]),
    ]
    const found = await connection.query(statement, values, readLimitMs)
    const last = found.at(-1)
    if (last !== undefined) goOnFrom(walkedEventOf(last))
    return found
  }
}

/** Where a place has digits that are not in the index, all events there that have none are before it, whatever their seqs. */
const maxBigint = '9223372036854775807'

/** $1: rows, $2: octets, $3: the source that is wanted, or null. */
function walkText(walked: string, order: string): string {
  return `
    WITH walked AS (${walked}),
    sized AS (
      SELECT *, sum(octets) OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING) - octets AS octets_before, count(*) OVER () AS walked
      FROM walked
    )
    SELECT * FROM sized WHERE octets_before < $2::bigint ORDER BY ${order} LIMIT $1::int`
}

/** @param isWanted of the payload: where it is not, the row is only passed by. */
function walkColumns(isWanted: string): string {
  const payload = `CASE WHEN ${isWanted} THEN event.payload ELSE '' END AS payload`
  return `${eventColumns.replace('event.payload', payload)}, instant_ms, instant_head, instant_rest, ${eventOctets} AS octets`
}

const isOfSource = '($3::text IS NULL OR source = $3::text)'
const isOfTopic = '($4::text IS NULL OR topic = $4::text)'

/** $4: the topic that is wanted, or null; $5: after this seq. */
const walkBySeq: Statement = {
  name: 'walk_by_seq',
  text: walkText(
    `SELECT ${walkColumns(`${isOfSource} AND ${isOfTopic}`)} FROM event
     WHERE lane = ${onlyLane} AND seq > $5::bigint ORDER BY seq LIMIT $1::int`,
    'seq',
  ),
}

/**
 * Between two places, without them: $4 to $7, and $8 to $11; see `placeValues`. $12: the topic. Events whose instants do not fit
 * into the index are few or none; they are sorted among themselves, and the two merged.
 */
function walkByTime(order: 'asc' | 'desc', of: 'all' | 'topic'): Statement {
  const columns = (...names: readonly string[]) => names.map((name) => `${name} ${order}`).join(', ')
  const isWanted = of === 'topic' ? 'AND topic = $12::text' : ''
  const whole = columns('instant_ms', 'instant_head', 'instant_rest', 'seq')
  return {
    name: `walk_${order}_${of}`,
    text: walkText(
      `(SELECT ${walkColumns(isOfSource)} FROM event
        WHERE instant_rest = '' ${isWanted}
          AND (instant_ms, instant_head, seq) > ($4::bigint, $5::text, CASE WHEN $6::text = '' THEN $7::bigint ELSE ${maxBigint} END)
          AND (instant_ms, instant_head, seq) < ($8::bigint, $9::text, CASE WHEN $10::text = '' THEN $11::bigint ELSE ${maxBigint} END)
        ORDER BY ${columns('instant_ms', 'instant_head', 'seq')} LIMIT $1::int)
       UNION ALL
       (SELECT ${walkColumns(isOfSource)} FROM event
        WHERE instant_rest <> '' ${isWanted}
          AND (instant_ms, instant_head) >= ($4::bigint, $5::text)
          AND (instant_ms, instant_head, instant_rest, seq) > ($4::bigint, $5::text, $6::text, $7::bigint)
          AND (instant_ms, instant_head) <= ($8::bigint, $9::text)
          AND (instant_ms, instant_head, instant_rest, seq) < ($8::bigint, $9::text, $10::text, $11::bigint)
        ORDER BY ${whole} LIMIT $1::int)`,
      whole,
    ),
  }
}

const timeStatements = {
  asc: { all: walkByTime('asc', 'all'), topic: walkByTime('asc', 'topic') },
  desc: { all: walkByTime('desc', 'all'), topic: walkByTime('desc', 'topic') },
}

function placeValues({ instant: { ms, fraction }, seq }: TimePlace): (string | number)[] {
  return [ms, fraction.slice(0, indexedFractionDigits), fraction.slice(indexedFractionDigits), seq]
}

function isBefore(a: TimePlace, b: TimePlace): boolean {
  if (a.instant.ms !== b.instant.ms) return a.instant.ms < b.instant.ms
  if (a.instant.fraction !== b.instant.fraction) return a.instant.fraction < b.instant.fraction
  return a.seq < b.seq
}
