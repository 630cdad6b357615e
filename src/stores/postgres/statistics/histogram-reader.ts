/** Events per bucket of time: from the index alone, or by looking at them when there is more to filter by. */
import type { Clock } from '../../../core/clock.ts'
import { payloadMatcher } from '../../../core/payload-text.ts'
import type { Histogram, HistogramQuery } from '../../../core/statistics-store.ts'
import type { Instant } from '../../../core/timestamp.ts'
import { contentChars } from '../../collect-page.ts'
import { startDeadline } from '../../deadline.ts'
import { bucketOf } from '../../histogram.ts'
import type { Connection, Statement } from '../connection.ts'
import { walkEvents } from '../event-walk.ts'
import { indexedFractionDigits } from '../migrations.ts'
import { readLimitMs } from '../session.ts'

const countAll = countStatement('count_events', '')
const countOfTopic = countStatement('count_topic_events', 'topic = $9::text AND')

/** $1, $2: start and width; $3 to $5: from, $6 to $8: to. Fractions matter in the first and the last millisecond only. */
function countStatement(name: string, condition: string): Statement {
  const count = `SELECT (instant_ms - $1::bigint) / $2::bigint AS bucket, count(*) AS events FROM event WHERE ${condition}`
  const isFrom = '(instant_head, instant_rest) >= ($4::text, $5::text)'
  const isTo = '(instant_head, instant_rest) < ($7::text, $8::text)'
  return {
    name,
    text: `
      ${count} instant_ms > $3::bigint AND instant_ms < $6::bigint GROUP BY 1
      UNION ALL
      ${count} instant_ms = $3::bigint AND ${isFrom} AND ($3::bigint < $6::bigint OR ($3::bigint = $6::bigint AND ${isTo})) GROUP BY 1
      UNION ALL
      ${count} instant_ms = $6::bigint AND $3::bigint < $6::bigint AND ${isTo} GROUP BY 1`,
  }
}

export async function countEvents(connection: Connection, query: HistogramQuery, clock: Clock): Promise<Histogram> {
  const counts = new Array<number>(query.buckets).fill(0)
  const add = (bucket: number, events: number) => {
    if (bucket >= 0 && bucket < counts.length) counts[bucket] = (counts[bucket] ?? 0) + events
  }
  if (query.source === undefined && query.text === undefined) {
    const { startMs, widthMs, topic } = query
    const values = [startMs, widthMs, ...instantValues(query.from), ...instantValues(query.to)]
    const statement = topic === undefined ? countAll : countOfTopic
    const rows = await connection.query(statement, topic === undefined ? values : [...values, topic], readLimitMs)
    for (const { bucket, events } of rows) add(Number(bucket), Number(events))
    return { counts, countedFromMs: undefined }
  }
  const isSpent = startDeadline(clock, query.timeBudgetMs)
  const matchesText = query.text === undefined ? () => true : payloadMatcher(query.text)
  // Newest first, so that what the time budget leaves out is the oldest.
  for await (const event of walkEvents(connection, { ...query, order: 'desc', limit: 1000 })) {
    const { ms } = event.instant
    const isOfSource = query.source === undefined || event.source === query.source
    if (isOfSource && matchesText(event.payload)) add(bucketOf(query, ms), 1)
    if (isSpent(contentChars(event))) return { counts, countedFromMs: ms }
  }
  return { counts, countedFromMs: undefined }
}

function instantValues({ ms, fraction }: Instant): (string | number)[] {
  return [ms, fraction.slice(0, indexedFractionDigits), fraction.slice(indexedFractionDigits)]
}
