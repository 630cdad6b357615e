/** GET /events/histogram and GET /rates: how many, over time. */
import { rateLevels } from '../../core/statistics-store.ts'
import { type Buckets, bucketsFor, bucketsOf } from '../bucket-width.ts'
import type { App, HttpDeps } from '../deps.ts'
import { countOverTime } from '../histogram.ts'
import { invalidParameter, parseTime } from '../query-parameters.ts'
import { problemSchema } from '../schemas.ts'
import {
  histogramQuerySchema,
  histogramSchema,
  maxBuckets,
  ratesQuerySchema,
  ratesSchema,
  statisticsDefaults,
} from '../schemas-statistics.ts'
import { edgeIsoTime, jsonContentType } from '../wire.ts'

const [fine, coarse] = rateLevels
/** A clock that is a little off must not make an answer out of a refusal. */
const fineGraceMs = 60_000

export function addRatesRoutes(app: App, { store, clock }: HttpDeps): void {
  app.get('/events/histogram', {
    config: { produces: jsonContentType },
    schema: {
      tags: ['query'],
      summary: 'Events over time, by their timestamps',
      description:
        'The same filters as /events. Without source and q its cost hardly depends on how many events there are.',
      querystring: histogramQuerySchema,
      response: { 200: histogramSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async ({ query }) => {
      const { topic, source, q: text, width_ms: widthMs, buckets = statisticsDefaults.histogramBuckets } = query
      const range = { from: parseTime('from', query.from), to: parseTime('to', query.to) }
      return countOverTime(store, { topic, source, text, ...range, widthMs, buckets, by: query.by })
    },
  })
  app.get('/rates', {
    config: { produces: jsonContentType },
    schema: {
      tags: ['query'],
      summary: 'Received over time: stored, duplicates, conflicts',
      description: `From rollups: ${fine.widthS} s wide for ${fine.keptS / 3600} hours, ${coarse.widthS} s for ${coarse.keptS / 86_400} days.`,
      querystring: ratesQuerySchema,
      response: { 200: ratesSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async ({ query }) => {
      const { by } = query
      if (query.name !== undefined && by === undefined) throw invalidParameter('name', 'needs by')
      const { startMs, widthMs, count } = rateBuckets(query, clock.nowMs())
      const widthS = widthMs / 1000
      const fromS = startMs / 1000
      const names = query.name === undefined ? undefined : [...new Set([query.name].flat())]
      const { total, series } = await store.statistics.readRates({
        by,
        names,
        fromS,
        toS: fromS + count * widthS,
        widthS,
        limit: query.limit ?? names?.length ?? statisticsDefaults.rateSeries,
      })
      return {
        from: edgeIsoTime(startMs),
        to: edgeIsoTime(startMs + count * widthMs),
        width_s: widthS,
        buckets: Array.from({ length: count }, (_, at) => edgeIsoTime(startMs + at * widthMs)),
        total: { unique: [...total.unique], duplicates: [...total.duplicates], conflicts: [...total.conflicts] },
        ...(by !== undefined && {
          series: series.map(({ name, unique, duplicates, conflicts }) => ({
            name,
            unique: [...unique],
            duplicates: [...duplicates],
            conflicts: [...conflicts],
          })),
        }),
      }
    },
  })
}

interface RateRange {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly width_s?: number | undefined
}

function rateBuckets(query: RateRange, nowMs: number): Buckets {
  const toMs = parseTime('to', query.to)?.ms ?? nowMs
  const fromMs = parseTime('from', query.from)?.ms ?? toMs - statisticsDefaults.rateSpanMs
  if (fromMs >= toMs) throw invalidParameter('from', 'must be before to')
  const isFine = fromMs >= nowMs - fine.keptS * 1000 - fineGraceMs
  const stepMs = (isFine ? fine : coarse).widthS * 1000
  if (query.width_s === undefined)
    return bucketsFor(fromMs, toMs, { maxBuckets: statisticsDefaults.rateBuckets, stepMs })
  const widthMs = query.width_s * 1000
  if (widthMs % stepMs !== 0) throw invalidParameter('width_s', `must be a multiple of ${stepMs / 1000} that far back`)
  const buckets = bucketsOf(fromMs, toMs, widthMs)
  if (buckets.count > maxBuckets)
    throw invalidParameter('width_s', `is too narrow: the range has over ${maxBuckets} buckets`)
  return buckets
}
