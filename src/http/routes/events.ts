/** GET /events and GET|HEAD /events/{topic}/{event_id}. */
import { parseEventCursor } from '../../core/cursor.ts'
import { AppError } from '../../core/errors.ts'
import { storeLimits } from '../../core/event-store.ts'
import { type Instant, parseTimestamp } from '../../core/timestamp.ts'
import type { App, HttpDeps } from '../deps.ts'
import { eventPageSchema, eventParamsSchema, eventSchema, eventsQuerySchema, problemSchema } from '../schemas.ts'
import { eventJson, eventPageJson, jsonContentType } from '../wire.ts'

const searchBudgetMs = 2000
export const defaultLimit = 100

export function addEventsRoutes(app: App, { store }: HttpDeps): void {
  app.get('/events', {
    config: { produces: jsonContentType },
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
    config: { produces: jsonContentType },
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

/** @throws AppError `invalid_query` when the text is not a cursor of this list and order. */
export function parseCursor<T>(text: string | undefined, parse: (text: string) => T | undefined): T | undefined {
  if (text === undefined) return undefined
  const position = parse(text)
  if (position === undefined) throw invalidParameter('cursor', 'is not a cursor of this list in this order')
  return position
}

function parseTime(name: string, text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined
  // A plus sign that was not percent-encoded arrives as a space; one before the time of day may be meant.
  const instant = parseTimestamp(text) ?? parseTimestamp(text.replace(/ (?=[^ ]*$)/, '+'))
  if (instant === undefined) throw invalidParameter(name, 'must be an ISO 8601 date or date and time')
  return instant
}

function invalidParameter(name: string, message: string): AppError {
  return new AppError('invalid_query', `the query parameter ${name} ${message}`, {
    errors: [{ pointer: `/${name}`, message }],
  })
}
