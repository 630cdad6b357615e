/** The log in commit order: first few columns of many events, then the whole of those that are asked for. */
import type { Clock } from '../../core/clock.ts'
import type { StoredEvent } from '../../core/event.ts'
import type { LogPage, LogQuery } from '../../core/event-store.ts'
import { topicMatcher } from '../../core/topic-pattern.ts'
import { bigintArray } from './binary-array.ts'
import type { Connection, Statement } from './connection.ts'
import { eventColumns, eventOctets, eventOf } from './event-row.ts'
import { onlyLane } from './migrations.ts'
import { readLimitMs } from './session.ts'

const rowsPerLook = 2000
const rowsPerDeadlineCheck = 256

const readLastSeq: Statement = {
  name: 'read_last_seq',
  text: `SELECT next_seq - 1 AS last_seq FROM lane_head WHERE lane = ${onlyLane}`,
}
const lookAlong: Statement = {
  name: 'look_along',
  text: `
    SELECT seq, topic, source, ${eventOctets} AS octets FROM event
    WHERE lane = ${onlyLane} AND seq > $1::bigint AND seq <= $2::bigint ORDER BY seq LIMIT $3::int`,
}
const readSome: Statement = {
  name: 'read_some',
  text: `
    SELECT ${eventColumns} FROM unnest($1::bigint[]) AS asked (seq),
      LATERAL (SELECT * FROM event WHERE event.lane = ${onlyLane} AND event.seq = asked.seq LIMIT 1) AS event
    ORDER BY event.seq`,
}

export async function lastSeqOf(connection: Connection): Promise<number> {
  const [row] = await connection.query(readLastSeq, [], readLimitMs)
  return Number(row?.last_seq)
}

/** In seq order, those that are there. */
export async function readEventsBySeq(connection: Connection, seqs: readonly number[]): Promise<StoredEvent[]> {
  if (seqs.length === 0) return []
  return (await connection.query(readSome, [bigintArray(seqs)], readLimitMs)).map(eventOf)
}

/** What a look at the log has found. */
export interface LogLook extends Omit<LogPage, 'events'> {
  readonly seqs: readonly number[]
}

export async function readLogPage(connection: Connection, query: LogQuery, clock: Clock): Promise<LogPage> {
  const { seqs, through, isEnd } = await lookAtLog(connection, query, clock)
  return { events: await readEventsBySeq(connection, seqs), through, isEnd }
}

export async function lookAtLog(connection: Connection, query: LogQuery, clock: Clock): Promise<LogLook> {
  const deadlineMs = clock.monotonicMs() + query.timeBudgetMs
  const matchesTopic = topicMatcher(query.topics)
  // Commits show their events and their head together: up to here everything is to be seen.
  const lastSeq = await lastSeqOf(connection)
  const seqs: number[] = []
  let through = query.after
  let octets = 0
  let looked = 0
  while (through < lastSeq) {
    const rows = await connection.query(lookAlong, [through, lastSeq, rowsPerLook], readLimitMs)
    for (const row of rows) {
      if (matchesTopic(String(row.topic)) && (query.source === undefined || row.source === query.source)) {
        octets += Number(row.octets)
        if (seqs.length === query.limit || (seqs.length > 0 && octets > query.maxChars))
          return { seqs, through, isEnd: false }
        seqs.push(Number(row.seq))
      }
      through = Number(row.seq)
      if (++looked % rowsPerDeadlineCheck === 0 && clock.monotonicMs() > deadlineMs)
        return { seqs, through, isEnd: false }
    }
    if (rows.length < rowsPerLook) break
  }
  return { seqs, through: Math.max(query.after, lastSeq), isEnd: true }
}
