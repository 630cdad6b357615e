/** GET /events and GET|HEAD /events/{topic}/{event_id}. */
import { parseEventCursor } from '../../core/cursor.ts'
import { AppError } from '../../core/errors.ts'
import { storeLimits } from '../../core/event-store.ts'
import type { App, HttpDeps } from '../deps.ts'
import { parseCursor, parseTime } from '../query-parameters.ts'
import { eventPageSchema, eventParamsSchema, eventSchema, eventsQuerySchema, problemSchema } from '../schemas.ts'
import { eventJson, eventPageJson, jsonContentType } from '../wire.ts'

const searchBudgetMs = 2000
export const defaultLimit = 100

export function addEventsRoutes(app: App, { store }: HttpDeps): void {
  app.get('/events', {
    config: { produces: jsonContentType, isPage: true },
    schema: {
      tags: ['query'],
      summary: 'Ask for events',
      querystring: eventsQuerySchema,
      response: { 200: eventPageSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async ({ query }, reply) => {
      const order = query.order ?? 'desc'
      const page = await store.readEvents({
        topic: query.topic,
        source: query.source,
        from: parseTime('from', query.from),
        to: parseTime('to', query.to),
        text: query.q,
        order,
        limit: Math.min(query.limit ?? defaultLimit, storeLimits.maxPageEvents),
        after: parseCursor(query.cursor, (text) => parseEventCursor(text, order)),
        timeBudgetMs: searchBudgetMs,
      })
      return reply.type(jsonContentType).send(eventPageJson(page, query.topic, order))
    },
  })
  app.get('/events/:topic/:event_id', {
    config: { produces: jsonContentType, isPage: true },
    schema: {
      tags: ['query'],
      summary: 'One event: did it land?',
      params: eventParamsSchema,
      response: { 200: eventSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async ({ params }, reply) => {
      const event = await store.findEvent(params.topic, params.event_id)
      if (event === undefined) throw new AppError('not_found', 'no such event is stored')
      return reply.type(jsonContentType).send(eventJson(event))
    },
  })
}
