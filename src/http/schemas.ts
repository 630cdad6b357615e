/** The wire contract as schemas: validation of queries, types of handlers and the OpenAPI document come from here. */
import Type, { type TProperties, type TSchema } from 'typebox'
import { eventLimits } from '../core/event.ts'
import { storeLimits } from '../core/event-store.ts'

export const count = (description: string) => Type.Integer({ minimum: 0, description })
export const time = (description: string) => Type.String({ format: 'date-time', description })
export const nullable = <S extends TSchema>(schema: S, description: string) =>
  Type.Union([schema, Type.Null()], { description })
export const choice = <const T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>(Type.String({ enum: [...values], description }))
export const exactly = <P extends TProperties>(properties: P, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description !== undefined && { description }) })

const topic = Type.String({ minLength: 1, maxLength: eventLimits.maxTopicChars })
const eventId = Type.String({ minLength: 1, maxLength: eventLimits.maxEventIdChars })
const source = Type.String({ minLength: 1, maxLength: eventLimits.maxSourceChars })
const timestamp = Type.String({
  description: 'ISO 8601 date, or date and time; UTC without an offset. Kept and returned exactly as sent.',
  examples: ['2026-01-31T09:30:00.123456Z'],
})
const payload = Type.Object({}, { additionalProperties: true, description: 'Kept and returned byte for byte as sent.' })
export const cursor = Type.Optional(Type.String({ minLength: 1, description: 'The next_cursor of the page before.' }))
export const limit = Type.Optional(
  Type.Integer({
    minimum: 1,
    default: 100,
    description: `How many to return; more than ${storeLimits.maxPageEvents} is clamped to ${storeLimits.maxPageEvents}.`,
  }),
)
export const nextCursor = nullable(Type.String(), 'Where the next page goes on; null at the end.')

export const newEventSchema = exactly({ topic, event_id: eventId, timestamp, source, payload })

export const publishBodySchema = Type.Union([
  exactly({ events: Type.Array(newEventSchema, { minItems: 1, maxItems: eventLimits.maxBatchEvents }) }),
  newEventSchema,
  Type.Array(newEventSchema, { minItems: 1, maxItems: eventLimits.maxBatchEvents }),
])

export const publishQuerySchema = Type.Object(
  { results: Type.Optional(choice(['all'], 'Adds one result per event, in request order.')) },
  { additionalProperties: false },
)

export const publishAckSchema = exactly(
  {
    accepted: count('unique + duplicates'),
    message: Type.String(),
    unique: count('Stored by this request.'),
    duplicates: count('Stored before; a success. Includes the conflicts.'),
    conflicts: count('Duplicates whose content differs from what was stored first.'),
    results: Type.Optional(
      Type.Array(
        exactly({ status: choice(['stored', 'duplicate', 'conflict'], 'What became of the event.'), seq: count('') }),
      ),
    ),
  },
  'Every event of the request is durable.',
)

export const eventSchema = exactly({
  topic,
  event_id: eventId,
  timestamp,
  source,
  payload,
  seq: count('Grows in commit order, never reused.'),
  processed_at: time('When it was committed.'),
})

export const eventParamsSchema = Type.Object({ topic: Type.String(), event_id: Type.String() })

export const eventsQuerySchema = Type.Object(
  {
    topic: Type.Optional(Type.String({ minLength: 1, description: 'Only this topic.' })),
    source: Type.Optional(Type.String({ minLength: 1, description: 'Only from this source.' })),
    from: Type.Optional(Type.String({ description: 'ISO 8601, inclusive.' })),
    to: Type.Optional(Type.String({ description: 'ISO 8601, exclusive.' })),
    q: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1000, description: 'Text that the payload contains, case-insensitive.' }),
    ),
    limit,
    cursor,
    order: Type.Optional(
      choice(['desc', 'asc', 'seq'], 'desc: newest timestamp first, ties by seq; asc: its reverse; seq: commit order.'),
    ),
  },
  { additionalProperties: false },
)

const topicPattern = Type.String({ minLength: 1, maxLength: eventLimits.maxTopicChars })

export const streamQuerySchema = Type.Object(
  {
    topic: Type.Optional(
      Type.Union([topicPattern, Type.Array(topicPattern)], {
        description: 'A topic, or a pattern over its dot-separated parts: * is one part, > the rest. Repeatable.',
      }),
    ),
    source: Type.Optional(Type.String({ minLength: 1, description: 'Only from this source.' })),
    after: Type.Optional(Type.String({ description: 'A seq: events strictly after it, then live; 0 is everything.' })),
  },
  { additionalProperties: false },
)

export const eventPageSchema = exactly({
  topic: nullable(Type.String(), 'The topic of the filter; null without one.'),
  total: count('Events in this answer.'),
  next_cursor: nextCursor,
  partial: Type.Optional(Type.Literal(true, { description: 'The time budget ran out; next_cursor goes on.' })),
  events: Type.Array(eventSchema),
})

export const statsSchema = exactly({
  uptime_seconds: Type.Number(),
  received: count('unique_processed + duplicate_dropped'),
  unique_processed: count('Events stored.'),
  duplicate_dropped: count('Includes the conflicts.'),
  topics: Type.Array(Type.String(), { description: `The first ${storeLimits.maxTopics} by name.` }),
  duplicate_rate: Type.Number({ description: 'Percent of received.' }),
  conflicts: count('Duplicates with other content.'),
  throughput: exactly(
    { '1m': Type.Number(), '5m': Type.Number() },
    'Events received per second by this process, averaged over the last minutes.',
  ),
  queue: exactly({ size: count('Events.'), capacity: count('Events.'), bytes: count('') }),
  store: exactly({
    engine: Type.String(),
    bytes: count('On its medium.'),
    last_seq: count('0 while empty.'),
    durability: Type.Optional(
      Type.String({ description: 'What an acknowledged commit survives; of a store on servers.' }),
    ),
  }),
  tails: count('Readers that follow the live tail of this process.'),
  subscriptions: count('Durable ones, of the store.'),
})

export const topicsSchema = exactly({
  topics: Type.Array(
    exactly({
      topic,
      events: count('Stored.'),
      duplicates: count('Includes the conflicts.'),
      conflicts: count(''),
      last_seq: count(''),
      first_seen_at: time(''),
      last_seen_at: time('When an event or a duplicate last arrived.'),
    }),
    { description: `The first ${storeLimits.maxTopics} by name.` },
  ),
})

export const duplicatesQuerySchema = Type.Object(
  {
    topic: Type.Optional(Type.String({ minLength: 1 })),
    event_id: Type.Optional(Type.String({ minLength: 1, description: 'With topic: of one event.' })),
    source: Type.Optional(Type.String({ minLength: 1, description: 'The source that sent the duplicate.' })),
    conflict: Type.Optional(Type.Boolean({ description: 'Only conflicts, or none.' })),
    limit,
    cursor,
  },
  { additionalProperties: false },
)

export const duplicatePageSchema = exactly({
  total: count('Duplicates in this answer.'),
  next_cursor: nextCursor,
  duplicates: Type.Array(
    exactly({
      topic,
      event_id: eventId,
      seq: count("The stored event's."),
      seen_at: time('When it was dropped.'),
      source,
      conflict: Type.Boolean(),
      refused: Type.Optional(exactly({ timestamp, source, payload }, 'What the conflict carried.')),
    }),
  ),
})

export const healthSchema = exactly({
  status: choice(['healthy'], ''),
  queue_size: count('Events waiting.'),
  processed_count: count('Events stored.'),
})

export const unhealthySchema = exactly({
  status: choice(['unhealthy'], 'The store cannot commit.'),
  queue_size: count('Events waiting.'),
  processed_count: Type.Optional(count('Events stored; absent when the store does not tell.')),
  reason: Type.String(),
})

export const livenessSchema = exactly({ status: choice(['alive'], '') })

export const readinessSchema = exactly({
  status: choice(['ready', 'not ready'], ''),
  reason: Type.Optional(Type.String()),
})

export const emptyQuerySchema = Type.Object({}, { additionalProperties: false })

export const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Stable, for programs.' }),
    request_id: Type.String({ description: 'Also in the header x-request-id and in the log.' }),
    errors: Type.Optional(Type.Array(exactly({ pointer: Type.String(), message: Type.String() }))),
    line: Type.Optional(Type.Integer({ description: 'NDJSON: the line at fault.' })),
    accepted: Type.Optional(Type.Integer({ description: 'NDJSON: events that were accepted before the error.' })),
    unique: Type.Optional(Type.Integer({ description: 'NDJSON: stored by this request before the error.' })),
    duplicates: Type.Optional(Type.Integer({ description: 'NDJSON: of the accepted, stored before.' })),
    conflicts: Type.Optional(Type.Integer({ description: 'NDJSON: duplicates with other content.' })),
  },
  { description: 'application/problem+json (RFC 9457).' },
)
