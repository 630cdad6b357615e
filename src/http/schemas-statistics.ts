/** The wire contract of counts over time and of what the duplicates on record say together. */
import Type from 'typebox'
import { eventLimits } from '../core/event.ts'
import { rateLevels, statisticsLimits } from '../core/statistics-store.ts'
import { maxWidthMs } from './bucket-width.ts'
import { choice, count, cursor, eventsQuerySchema, exactly, limit, nextCursor, nullable, time } from './schemas.ts'

export const statisticsDefaults = {
  histogramBuckets: 60,
  rateBuckets: 120,
  rateSeries: 20,
  rateSpanMs: 3_600_000,
} as const
export const maxBuckets = 1000

const { topic, source, from, to, q } = eventsQuerySchema.properties
const counts = (description: string) => Type.Array(Type.Integer({ minimum: 0 }), { description })

export const histogramQuerySchema = Type.Object(
  {
    topic,
    source,
    from,
    to,
    q,
    width_ms: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxWidthMs,
        description: `Of a bucket; at most ${maxBuckets} buckets. Chosen without it.`,
      }),
    ),
    buckets: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: 500,
        default: statisticsDefaults.histogramBuckets,
        description: 'Without width_ms: the narrowest round width that needs no more buckets than these.',
      }),
    ),
    by: Type.Optional(
      choice(
        ['topic'],
        'Also the counts of up to five topics: those with most events in the range, of the twelve with most of all time.',
      ),
    ),
  },
  { additionalProperties: false },
)

export const histogramSchema = exactly({
  from: nullable(time(''), 'Where the first bucket begins; null when there is nothing to count.'),
  to: nullable(time(''), 'Where the last one ends.'),
  width_ms: nullable(Type.Integer(), ''),
  total: count('Events in all buckets.'),
  partial: Type.Optional(Type.Literal(true, { description: 'The time budget ran out.' })),
  counted_from: nullable(time(''), 'With partial: events with older timestamps were not counted.'),
  buckets: Type.Array(exactly({ from: time(''), events: count('') }), { description: 'Oldest first, none left out.' }),
  topics: Type.Optional(
    Type.Array(exactly({ topic: Type.String(), events: counts('One number per bucket.') }), {
      description: 'With by=topic: the largest first; none of them with topic, source or q.',
    }),
  ),
})

const [fine, coarse] = rateLevels

export const ratesQuerySchema = Type.Object(
  {
    by: Type.Optional(choice(['topic', 'source'], 'One series each, those that received most first.')),
    name: Type.Optional(
      Type.Union(
        [
          Type.String({ minLength: 1 }),
          Type.Array(Type.String({ minLength: 1 }), { maxItems: statisticsLimits.maxRateNames }),
        ],
        { description: 'With by: only these topics or sources. Repeatable.' },
      ),
    ),
    from: Type.Optional(Type.String({ description: 'ISO 8601; an hour ago without it.' })),
    to: Type.Optional(Type.String({ description: 'ISO 8601; now without it.' })),
    width_s: Type.Optional(
      Type.Integer({
        minimum: fine.widthS,
        maximum: maxWidthMs / 1000,
        multipleOf: fine.widthS,
        description: `Of a bucket: a multiple of ${fine.widthS}; of ${coarse.widthS} when from is more than ${fine.keptS / 3600} hours ago.`,
      }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: statisticsLimits.maxRateNames,
        description: `Series at most; without it all that are named, or ${statisticsDefaults.rateSeries}.`,
      }),
    ),
  },
  { additionalProperties: false },
)

const received = {
  unique: counts('Stored.'),
  duplicates: counts('Dropped; includes the conflicts.'),
  conflicts: counts('Dropped, with other content.'),
}

export const ratesSchema = exactly(
  {
    from: time('Where the first bucket begins.'),
    to: time('Where the last one ends.'),
    width_s: Type.Integer({ description: 'Counts divided by it are rates.' }),
    buckets: Type.Array(time(''), { description: 'Where each begins.' }),
    total: exactly(received),
    series: Type.Optional(Type.Array(exactly({ name: Type.String(), ...received }))),
  },
  'By the time of receipt. A picture: after a crash its last second may be missing, while the counters stay exact.',
)

const seq = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })

export const copiesQuerySchema = Type.Object(
  {
    seq: Type.Union([seq, Type.Array(seq, { minItems: 1, maxItems: statisticsLimits.maxCopiesSeqs })], {
      description: `Of stored events; repeatable, at most ${statisticsLimits.maxCopiesSeqs}.`,
    }),
  },
  { additionalProperties: false },
)

export const copiesSchema = exactly({
  copies: Type.Array(exactly({ seq: count(''), duplicates: count('Includes the conflicts.'), conflicts: count('') }), {
    description: 'Of the events that have any on record.',
  }),
})

const sort = Type.Optional(
  choice(['conflicts', 'duplicates', 'last_seen', 'spread'], 'Largest first; conflicts without it.'),
)
const conflict = Type.Optional(Type.Boolean({ description: 'Only conflicts, or none.' }))
const sender = Type.Optional(Type.String({ minLength: 1, description: 'The source that sent the duplicates.' }))

export const duplicatedEventsQuerySchema = Type.Object(
  { topic, source: sender, conflict, sort, limit, cursor },
  { additionalProperties: false },
)

export const duplicateSourcesQuerySchema = Type.Object(
  { topic, conflict, sort, limit, cursor },
  { additionalProperties: false },
)

const summaryWindow = exactly(
  {
    records: count('Duplicates that were looked at: the newest on record.'),
    since: nullable(time(''), 'When the oldest of them was seen.'),
    complete: Type.Boolean({ description: 'No older one is on record.' }),
  },
  `At most ${statisticsLimits.maxSummarisedRecords} duplicates are summed up.`,
)

export const duplicatedEventsSchema = exactly({
  total: count('On all pages.'),
  next_cursor: nextCursor,
  window: summaryWindow,
  events: Type.Array(
    exactly({
      topic: Type.String({ maxLength: eventLimits.maxTopicChars }),
      event_id: Type.String(),
      seq: count(''),
      source: Type.String({ description: 'Of the stored event.' }),
      stored_at: time(''),
      copies: count('The stored one and its duplicates.'),
      duplicates: count('Includes the conflicts.'),
      conflicts: count(''),
      duplicate_sources: Type.Array(Type.String(), { description: 'Up to ten, those that sent most first.' }),
      duplicate_source_count: count(''),
      last_seen_at: time('When the last duplicate was dropped.'),
      spread_ms: count('From the commit to the last duplicate.'),
    }),
  ),
})

export const duplicateSourcesSchema = exactly({
  total: count('On all pages.'),
  next_cursor: nextCursor,
  window: summaryWindow,
  sources: Type.Array(
    exactly({
      source: Type.String(),
      duplicates: count('Includes the conflicts.'),
      conflicts: count(''),
      events: count('Distinct events that it sent again.'),
      late_ms: exactly(
        { p50: Type.Number(), p90: Type.Number(), max: Type.Number() },
        'From the commit of the event to the duplicate.',
      ),
      last_seen_at: time(''),
    }),
  ),
})

export const systemSchema = exactly({
  version: Type.String(),
  node: Type.String(),
  pid: count(''),
  started_at: time(''),
  uptime_seconds: Type.Number(),
  status: choice(['ready', 'not ready'], 'As /readyz.'),
  health: Type.Array(exactly({ name: Type.String(), ok: Type.Boolean(), reason: nullable(Type.String(), '') })),
  store: exactly({
    engine: Type.String(),
    location: nullable(Type.String(), 'A path or an address, without secrets; null in memory.'),
    bytes: nullable(Type.Integer(), 'On its medium; null while the store does not tell.'),
    last_seq: nullable(Type.Integer(), 'Null while the store does not tell.'),
    free_bytes: nullable(Type.Integer(), 'Room on its disk; null where it cannot be told.'),
    mount: nullable(
      exactly({
        point: Type.String(),
        type: Type.String(),
        is_own_volume: Type.Boolean({ description: 'Not the root file system, which a container loses with its end.' }),
      }),
      'Where its files are; null where it cannot be told.',
    ),
  }),
  process: exactly({
    rss_bytes: count(''),
    heap_bytes: count(''),
    event_loop_p99_ms: Type.Number({ description: 'How late timers were in the last one or two minutes.' }),
  }),
  config: Type.Array(
    exactly({
      name: Type.String(),
      value: Type.String({ description: 'Secrets are masked.' }),
      origin: choice(['flag', 'environment', 'file', 'default', 'program'], 'Where it was set.'),
    }),
  ),
})

export const indexSchema = exactly({
  name: Type.Literal('sekali'),
  version: Type.String(),
  links: Type.Record(Type.String(), Type.String()),
})
