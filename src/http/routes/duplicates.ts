/** GET /duplicates: the evidence of every retry and every conflict. */
import { parseDuplicateCursor } from '../../core/cursor.ts'
import { storeLimits } from '../../core/event-store.ts'
import type { App, HttpDeps } from '../deps.ts'
import { invalidParameter, parseCursor } from '../query-parameters.ts'
import { duplicatePageSchema, duplicatesQuerySchema, problemSchema } from '../schemas.ts'
import { duplicatePageJson, jsonContentType } from '../wire.ts'
import { defaultLimit } from './events.ts'

export function addDuplicatesRoute(app: App, { store }: HttpDeps): void {
  app.get('/duplicates', {
    config: { produces: jsonContentType, isPage: true },
    schema: {
      tags: ['query'],
      summary: 'Duplicates on record, newest first',
      description: `The last ${storeLimits.maxDuplicateRecords} duplicates and ${storeLimits.maxConflictRecords} conflicts.`,
      querystring: duplicatesQuerySchema,
      response: { 200: duplicatePageSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async ({ query }, reply) => {
      if (query.event_id !== undefined && query.topic === undefined) throw invalidParameter('event_id', 'needs topic')
      const page = await store.readDuplicates({
        topic: query.topic,
        eventId: query.event_id,
        source: query.source,
        isConflict: query.conflict,
        limit: Math.min(query.limit ?? defaultLimit, storeLimits.maxPageEvents),
        beforeId: parseCursor(query.cursor, parseDuplicateCursor),
      })
      return reply.type(jsonContentType).send(duplicatePageJson(page))
    },
  })
}
