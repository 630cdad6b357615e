/** Events per bucket of time: from the time index alone, or by looking at them when there is more to filter by. */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../../core/clock.ts'
import { payloadMatcher } from '../../../core/payload-text.ts'
import type { Histogram, HistogramQuery } from '../../../core/statistics-store.ts'
import { countWalk, type LookedAt } from '../../histogram.ts'
import { openTimeCount } from '../time/time-count.ts'
import { entryAt } from '../time/time-entry.ts'
import { openTimeLists } from '../time/time-lists.ts'
import type { TimeRing } from '../time/time-ring.ts'
import { openTimeWalk, type TimeRange } from '../time/time-walk.ts'

export interface HistogramReaderOptions {
  readonly db: DatabaseSync
  readonly ring: TimeRing
  readonly clock: Clock
}

/** @throws what `TimeWalk.seqs` throws. */
export function openHistogramReader(options: HistogramReaderOptions): (query: HistogramQuery) => Histogram {
  const { db, ring, clock } = options
  const findTopicId = db.prepare('SELECT id FROM topic WHERE name = ?')
  // The payload comes last in a row: without a text to search for, what it takes up is not read.
  const findSource = db.prepare("SELECT instant_ms, source, '' FROM event WHERE seq = ?")
  const findPayload = db.prepare('SELECT instant_ms, source, payload FROM event WHERE seq = ?')
  findSource.setReturnArrays(true)
  findPayload.setReturnArrays(true)
  const lists = openTimeLists(db, ring)
  const count = openTimeCount(db, lists)
  const walk = openTimeWalk(db, lists)

  function* lookAt(range: TimeRange, { source, text }: HistogramQuery): Generator<LookedAt> {
    const find = text === undefined ? findSource : findPayload
    const matchesText = text === undefined ? () => true : payloadMatcher(text)
    for (const seq of walk.seqs(range)) {
      const row = find.get(seq) as unknown as [number, string, string] | undefined
      if (row === undefined) continue
      const [ms, sentBy, payload] = row
      const isWanted = (source === undefined || sentBy === source) && matchesText(payload)
      yield { ms, isWanted, chars: payload.length }
    }
  }

  function countEvents(query: HistogramQuery): Histogram {
    const topicId = query.topic === undefined ? undefined : findTopicId.get(query.topic)?.id
    if (query.topic !== undefined && topicId === undefined) return countWalk([], query, clock)
    const bounds = { low: entryAt(query.from, 0), high: entryAt(query.to, 0) }
    const range = { topicId: topicId === undefined ? undefined : Number(topicId), ...bounds }
    if (query.source !== undefined || query.text !== undefined) {
      return countWalk(lookAt({ ...range, order: 'desc' }, query), query, clock)
    }
    const { startMs, widthMs, buckets } = query
    return { counts: count({ ...range, startMs, widthMs, buckets }), countedFromMs: undefined }
  }

  return (query) => {
    // One snapshot for the index and the events.
    db.exec('BEGIN')
    try {
      return countEvents(query)
    } finally {
      db.exec('COMMIT')
    }
  }
}
