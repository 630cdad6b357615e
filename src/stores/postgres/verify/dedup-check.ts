/**
 * Whether the dedup table and the log say the same. Each event must be under its own key. Keys are unique, so when every event is
 * under the first key of its pair, no pair is stored twice; events under a later key, whose first one belongs to another pair by
 * chance, are looked at one by one.
 */
import type { CheckLog } from '../../check-log.ts'
import type { Row } from '../connection.ts'
import { eventKey } from '../event-key.ts'
import { onlyLane } from '../migrations.ts'

/** The length of a topic as `eventKey` counts it: characters beyond the basic plane are two. */
const topicUnits = String.raw`char_length(e.topic) + char_length(regexp_replace(e.topic, '[^\U00010000-\U0010FFFF]+', '', 'g'))`
const firstKey = `encode(substring(sha256(convert_to('0:' || (${topicUnits}) || ':' || e.topic || e.event_id, 'UTF8')) for 16), 'hex')::uuid`

/** More than there will ever be by chance. */
const maxLaterKeys = 1000
const maxAttempts = 100

const count = `SELECT count(*) AS n FROM dedup WHERE lane = ${onlyLane}`
const differing = `
  SELECT count(*) OVER () AS total, e.seq AS event_seq, d.seq AS key_seq, d.key::text AS key, e.topic, e.event_id
  FROM (SELECT * FROM event WHERE lane = ${onlyLane}) AS e
  FULL JOIN (SELECT * FROM dedup WHERE lane = ${onlyLane}) AS d ON d.seq = e.seq
  WHERE e.seq IS NULL OR d.seq IS NULL OR d.key <> ${firstKey}
  LIMIT ${maxLaterKeys}`

export async function checkDedup(ask: (text: string) => Promise<readonly Row[]>, log: CheckLog): Promise<void> {
  log.checked = Number((await ask(count))[0]?.n)
  const rows = await ask(differing)
  for (const row of rows) {
    const text = await problemOf(row, ask)
    if (text !== undefined) log.problem(text)
  }
  log.more(Number(rows[0]?.total ?? 0) - rows.length)
}

async function problemOf(row: Row, ask: (text: string) => Promise<readonly Row[]>): Promise<string | undefined> {
  const { event_seq: eventSeq, key_seq: keySeq, key, topic, event_id: eventId } = row
  if (eventSeq === null) return `the dedup table holds seq ${keySeq}, which the log does not`
  if (keySeq === null) return `event ${eventSeq} is not in the dedup table`
  const pair = [String(topic), String(eventId)] as const
  const attempt = Array.from({ length: maxAttempts }, (_, each) => uuidText(eventKey(...pair, each))).indexOf(
    String(key),
  )
  if (attempt < 0) return `event ${eventSeq} is in the dedup table under another key`
  for (let before = 0; before < attempt; before++) {
    const [holder] = await ask(
      `SELECT e.seq, e.topic, e.event_id FROM dedup AS d JOIN event AS e ON e.lane = d.lane AND e.seq = d.seq
       WHERE d.lane = ${onlyLane} AND d.key = '${uuidText(eventKey(...pair, before))}'`,
    )
    if (holder === undefined) return `event ${eventSeq} is in the dedup table under its ${attempt + 1}th key`
    if (holder.topic === topic && holder.event_id === eventId) {
      return `the pair ${JSON.stringify(pair)} is stored twice: as seq ${holder.seq} and as seq ${eventSeq}`
    }
  }
  return undefined
}

function uuidText(key: string): string {
  const hex = Buffer.from(key, 'latin1').toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
