/** The queries for events, topics and counters. */
import type { Clock } from '../../core/clock.ts'
import type { StoredEvent } from '../../core/event.ts'
import {
  type Counters,
  type EventPage,
  type EventQuery,
  storeLimits,
  type TopicSummary,
} from '../../core/event-store.ts'
import { openPage } from '../collect-page.ts'
import { topicOf } from '../rows.ts'
import type { Connection, Statement } from './connection.ts'
import { type EventKeyOf, keyBytes } from './event-key.ts'
import { eventColumns, eventOf } from './event-row.ts'
import { walkEvents } from './event-walk.ts'
import { onlyLane } from './migrations.ts'
import { readLimitMs } from './session.ts'

const findByKey: Statement = {
  name: 'find_by_key',
  text: `
    SELECT ${eventColumns}
    FROM (SELECT seq FROM dedup WHERE lane = ${onlyLane} AND key = $1::uuid LIMIT 1) AS dedup,
      LATERAL (SELECT * FROM event WHERE event.lane = ${onlyLane} AND event.seq = dedup.seq LIMIT 1) AS event`,
}
const readTopicRows: Statement = {
  name: 'read_topics',
  text: `SELECT * FROM topic WHERE lane = ${onlyLane} ORDER BY name LIMIT ${storeLimits.maxTopics}`,
}
const readNames: Statement = {
  name: 'read_topic_names',
  text: `SELECT name FROM topic WHERE lane = ${onlyLane} ORDER BY name LIMIT ${storeLimits.maxTopics}`,
}
const readHead: Statement = { name: 'read_head', text: `SELECT * FROM lane_head WHERE lane = ${onlyLane}` }

export async function findEvent(
  connection: Connection,
  { topic, eventId, keyOf }: { readonly topic: string; readonly eventId: string; readonly keyOf: EventKeyOf },
): Promise<StoredEvent | undefined> {
  for (let attempt = 0; ; attempt++) {
    const [row] = await connection.query(findByKey, [keyBytes(keyOf(topic, eventId, attempt))], readLimitMs)
    if (row === undefined) return undefined
    const event = eventOf(row)
    if (event.topic === topic && event.eventId === eventId) return event
  }
}

export async function readEventPage(connection: Connection, query: EventQuery, clock: Clock): Promise<EventPage> {
  const page = openPage(query, clock)
  for await (const event of walkEvents(connection, query)) {
    const complete = page.take(event)
    if (complete !== undefined) return complete
  }
  return page.end()
}

export async function readTopicNames(connection: Connection): Promise<string[]> {
  return (await connection.query(readNames, [], readLimitMs)).map(({ name }) => String(name))
}

export async function readTopics(connection: Connection): Promise<TopicSummary[]> {
  return (await connection.query(readTopicRows, [], readLimitMs)).map(topicOf)
}

export async function readCounters(connection: Connection): Promise<Counters> {
  const [head] = await connection.query(readHead, [], readLimitMs)
  return {
    received: Number(head?.received),
    uniqueProcessed: Number(head?.unique_processed),
    duplicateDropped: Number(head?.duplicate_dropped),
    conflicts: Number(head?.conflicts),
    lastSeq: Number(head?.next_seq) - 1,
  }
}
