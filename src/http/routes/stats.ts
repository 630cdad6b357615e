/** GET /stats and GET /topics. */
import type { App, HttpDeps } from '../deps.ts'
import { emptyQuerySchema, problemSchema, statsSchema, topicsSchema } from '../schemas.ts'
import { jsonContentType, topicWire } from '../wire.ts'

export function addStatsRoutes(app: App, deps: HttpDeps): void {
  const { store, queue, clock, receivedRate, tailHub } = deps
  const startedAtMs = clock.monotonicMs()
  app.get('/stats', {
    config: { produces: jsonContentType },
    schema: {
      tags: ['operations'],
      summary: 'Counters that add up',
      querystring: emptyQuerySchema,
      response: { 200: statsSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async () => {
      const [stats, topics, subscriptions] = await Promise.all([
        store.stats(),
        store.readTopicNames(),
        store.subscriptions.count(),
      ])
      const { received, uniqueProcessed, duplicateDropped, conflicts, engine, bytes, lastSeq, durability } = stats
      return {
        uptime_seconds: Math.round(clock.monotonicMs() - startedAtMs) / 1000,
        received,
        unique_processed: uniqueProcessed,
        duplicate_dropped: duplicateDropped,
        topics: [...topics],
        duplicate_rate: received === 0 ? 0 : toHundredths((100 * duplicateDropped) / received),
        conflicts,
        throughput: { '1m': toHundredths(receivedRate.perSecond(60)), '5m': toHundredths(receivedRate.perSecond(300)) },
        queue: { size: queue.size, capacity: queue.capacityEvents, bytes: queue.bytes },
        store: { engine, bytes, last_seq: lastSeq, ...(durability !== undefined && { durability }) },
        tails: tailHub.readers,
        subscriptions,
      }
    },
  })
  app.get('/topics', {
    config: { produces: jsonContentType, isPage: true },
    schema: {
      tags: ['query'],
      summary: 'Topics and their counters',
      querystring: emptyQuerySchema,
      response: { 200: topicsSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async () => ({ topics: (await store.readTopics()).map(topicWire) }),
  })
}

function toHundredths(value: number): number {
  return Math.round(value * 100) / 100
}
