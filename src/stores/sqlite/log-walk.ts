/** The log in commit order, for those who ask for some topics. Lives in the reader threads. */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../core/clock.ts'
import type { LogPage, LogQuery } from '../../core/event-store.ts'
import { topicMatcher } from '../../core/topic-pattern.ts'
import { collectLogPage, type LogRow } from '../collect-page.ts'
import { eventColumns, eventOf, type Row } from './event-row.ts'
import { requireOrder } from './require-order.ts'

/** Topics whose names a walk remembers to match; with more than this they are looked up again. */
const maxRememberedTopics = 10_000

export type LogWalk = (query: LogQuery, clock: Clock) => LogPage

/**
 * Walks the log by few columns, and reads the whole of an event only when it is asked for. The caller holds a read
 * transaction around each walk.
 */
export function openLogWalk(db: DatabaseSync): LogWalk {
  const findBySeq = db.prepare(`SELECT ${eventColumns} FROM event WHERE seq = ?`)
  const walk = db.prepare('SELECT seq, topic_id, source FROM event WHERE seq > ? ORDER BY seq')
  walk.setReturnArrays(true)
  const nameOf = db.prepare('SELECT name FROM topic WHERE id = ?')
  const readLastSeq = db.prepare('SELECT last_seq FROM counters')

  function* rowsOf({ after, topics, source }: LogQuery): Generator<LogRow> {
    const matches = topicMatcher(topics)
    const remembered = new Map<number, boolean>()
    const isTopicWanted = (topicId: number) => {
      let isWanted = topics.length === 0 || remembered.get(topicId)
      if (isWanted !== undefined) return isWanted
      if (remembered.size === maxRememberedTopics) remembered.clear()
      isWanted = matches(String(nameOf.get(topicId)?.name))
      remembered.set(topicId, isWanted)
      return isWanted
    }
    let before = after
    for (const row of walk.iterate(after)) {
      const [seq, topicId, eventSource] = row as unknown as readonly [number, number, string]
      requireOrder(seq, before)
      before = seq
      const isWanted = (source === undefined || source === eventSource) && isTopicWanted(topicId)
      yield { seq, isWanted, read: () => eventOf(findBySeq.get(seq) as Row) }
    }
  }

  return (query, clock) => collectLogPage(rowsOf(query), query, Number(readLastSeq.get()?.last_seq), clock)
}
