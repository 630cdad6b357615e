/** GET /duplicates/copies, /duplicates/events and /duplicates/sources: what the duplicates on record say together. */
import { encodeSummaryCursor, parseSummaryCursor } from '../../core/cursor.ts'
import { storeLimits } from '../../core/event-store.ts'
import type { DuplicateSummary, DuplicateSummaryQuery } from '../../core/statistics-store.ts'
import type { App, HttpDeps } from '../deps.ts'
import { parseCursor } from '../query-parameters.ts'
import { problemSchema } from '../schemas.ts'
import {
  copiesQuerySchema,
  copiesSchema,
  duplicatedEventsQuerySchema,
  duplicatedEventsSchema,
  duplicateSourcesQuerySchema,
  duplicateSourcesSchema,
} from '../schemas-statistics.ts'
import { isoTime, jsonContentType } from '../wire.ts'
import { defaultLimit } from './events.ts'

export function addDuplicateStatisticsRoutes(app: App, { store: { statistics } }: HttpDeps): void {
  app.get('/duplicates/copies', {
    config: { produces: jsonContentType },
    schema: {
      tags: ['query'],
      summary: 'How often events were sent again',
      querystring: copiesQuerySchema,
      response: { 200: copiesSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async ({ query }) => ({ copies: [...(await statistics.readCopies([...new Set([query.seq].flat())]))] }),
  })
  app.get('/duplicates/events', {
    config: { produces: jsonContentType },
    schema: {
      tags: ['query'],
      summary: 'Which events were sent again, by whom, and whether their content changed',
      querystring: duplicatedEventsQuerySchema,
      response: { 200: duplicatedEventsSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async ({ query }) => {
      const summaryQuery = summaryQueryOf('events', query)
      const summary = await statistics.summariseByEvent(summaryQuery)
      return {
        ...pageOf('events', summary, summaryQuery),
        events: summary.rows.map((row) => ({
          topic: row.topic,
          event_id: row.eventId,
          seq: row.seq,
          source: row.source,
          stored_at: isoTime(row.storedAtMs),
          copies: row.duplicates + 1,
          duplicates: row.duplicates,
          conflicts: row.conflicts,
          duplicate_sources: [...row.duplicateSources],
          duplicate_source_count: row.duplicateSourceCount,
          last_seen_at: isoTime(row.lastSeenAtMs),
          // The wall clock may have been set back in between.
          spread_ms: Math.max(0, row.lastSeenAtMs - row.storedAtMs),
        })),
      }
    },
  })
  app.get('/duplicates/sources', {
    config: { produces: jsonContentType },
    schema: {
      tags: ['query'],
      summary: 'Which publishers send events again, how often and how late',
      querystring: duplicateSourcesQuerySchema,
      response: { 200: duplicateSourcesSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async ({ query }) => {
      const summaryQuery = summaryQueryOf('sources', query)
      const summary = await statistics.summariseBySource(summaryQuery)
      return {
        ...pageOf('sources', summary, summaryQuery),
        sources: summary.rows.map(({ source, duplicates, conflicts, events, lateMs, lastSeenAtMs }) => ({
          source,
          duplicates,
          conflicts,
          events,
          late_ms: lateMs,
          last_seen_at: isoTime(lastSeenAtMs),
        })),
      }
    },
  })
}

interface SummaryParameters {
  readonly topic?: string | undefined
  readonly source?: string | undefined
  readonly conflict?: boolean | undefined
  readonly sort?: DuplicateSummaryQuery['sort'] | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

type SummaryList = 'events' | 'sources'

function summaryQueryOf(list: SummaryList, parameters: SummaryParameters) {
  const { topic, source, conflict, sort = 'conflicts', limit, cursor } = parameters
  const place = parseCursor(cursor, (text) => parseSummaryCursor(text, `${list} ${sort}`))
  return {
    topic,
    source,
    isConflict: conflict,
    sort,
    limit: Math.min(limit ?? defaultLimit, storeLimits.maxPageEvents),
    throughId: place?.throughId,
    offset: place?.offset ?? 0,
  } satisfies DuplicateSummaryQuery
}

function pageOf(
  list: SummaryList,
  { window, total }: DuplicateSummary<unknown>,
  { sort, offset, limit }: DuplicateSummaryQuery,
) {
  // Not after the last row: an event that is gone from the log has none.
  const end = offset + limit
  const { throughId, records, sinceMs, isComplete } = window
  return {
    total,
    next_cursor: end < total ? encodeSummaryCursor(`${list} ${sort}`, { throughId, offset: end }) : null,
    window: { records, since: sinceMs === undefined ? null : isoTime(sinceMs), complete: isComplete },
  }
}
