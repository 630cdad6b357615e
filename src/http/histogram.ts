/** What GET /events/histogram answers: chooses the buckets and asks the store. */
import type { EventStore } from '../core/event-store.ts'
import type { Histogram } from '../core/statistics-store.ts'
import { compareInstants, type Instant, parseTimestamp } from '../core/timestamp.ts'
import { type Buckets, bucketsFor, bucketsOf } from './bucket-width.ts'
import { invalidParameter } from './query-parameters.ts'
import { maxBuckets } from './schemas-statistics.ts'
import { edgeIsoTime, isoTime } from './wire.ts'

export interface HistogramRequest {
  readonly topic: string | undefined
  readonly source: string | undefined
  readonly text: string | undefined
  readonly from: Instant | undefined
  readonly to: Instant | undefined
  readonly widthMs: number | undefined
  /** The most, when the width is not given. */
  readonly buckets: number
  readonly by: 'topic' | undefined
}

const timeBudgetMs = 2000
/** The topics that are counted to find the largest in a range: the largest of all time. */
const candidateTopics = 12
const shownTopics = 5

export async function countOverTime(store: EventStore, request: HistogramRequest) {
  const hasTopics = request.by === 'topic'
  const from = request.from ?? (await edgeInstant(store, request, 'asc'))
  const to = request.to ?? nextMs(await edgeInstant(store, request, 'desc'))
  if (from === undefined || to === undefined || compareInstants(from, to) >= 0) {
    const topics = hasTopics ? { topics: [] } : {}
    return { from: null, to: null, width_ms: null, total: 0, counted_from: null, buckets: [], ...topics }
  }
  const buckets = chooseBuckets(from, to, request)
  const { startMs, widthMs, count } = buckets
  const { source, text } = request
  const countTopic = (topic: string | undefined): Promise<Histogram> =>
    store.statistics.countEvents({ topic, source, text, from, to, startMs, widthMs, buckets: count, timeBudgetMs })
  // The topics before the total, so that no topic has more than all, whatever arrives in between.
  const topics = hasTopics ? await countTopics(store, request, countTopic) : undefined
  const { counts, countedFromMs } = await countTopic(request.topic)
  return {
    from: edgeIsoTime(startMs),
    to: edgeIsoTime(startMs + count * widthMs),
    width_ms: widthMs,
    total: sum(counts),
    ...(countedFromMs !== undefined && { partial: true as const }),
    counted_from: countedFromMs === undefined ? null : isoTime(countedFromMs),
    buckets: counts.map((events, at) => ({ from: edgeIsoTime(startMs + at * widthMs), events })),
    ...(topics !== undefined && { topics }),
  }
}

/** The largest topics of the range; what is not theirs is the rest of the buckets. */
async function countTopics(
  store: EventStore,
  { topic, source, text }: HistogramRequest,
  countTopic: (topic: string) => Promise<Histogram>,
) {
  // Each of them would walk the rows again.
  if (source !== undefined || text !== undefined) return []
  const all = topic === undefined ? await store.readTopics() : []
  const candidates = all.toSorted((a, b) => b.events - a.events).slice(0, candidateTopics)
  const counted = []
  for (const { topic: name } of candidates) counted.push({ topic: name, events: [...(await countTopic(name)).counts] })
  return counted
    .filter(({ events }) => sum(events) > 0)
    .toSorted((a, b) => sum(b.events) - sum(a.events))
    .slice(0, shownTopics)
}

/** The first or last instant there is; of one topic when there is a topic. */
async function edgeInstant(
  store: EventStore,
  { topic }: HistogramRequest,
  order: 'asc' | 'desc',
): Promise<Instant | undefined> {
  const { events } = await store.readEvents({ topic, order, limit: 1, timeBudgetMs })
  const [event] = events
  return event && parseTimestamp(event.timestamp)
}

function nextMs(instant: Instant | undefined): Instant | undefined {
  return instant && { ms: instant.ms + 1, fraction: '' }
}

function chooseBuckets(from: Instant, to: Instant, { widthMs, buckets: wanted }: HistogramRequest): Buckets {
  // An exclusive end within a millisecond still needs the bucket of that millisecond.
  const endMs = to.fraction === '' ? to.ms : to.ms + 1
  if (widthMs === undefined) return bucketsFor(from.ms, endMs, { maxBuckets: wanted, stepMs: 1 })
  const buckets = bucketsOf(from.ms, endMs, widthMs)
  if (buckets.count <= maxBuckets) return buckets
  throw invalidParameter('width_ms', `is too narrow: the range has over ${maxBuckets} buckets`)
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, each) => total + each, 0)
}
