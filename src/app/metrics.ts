/** The Prometheus metrics, and where each gets its value from. */
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { AppError } from '../core/errors.ts'
import type { EventStore, StoreStats } from '../core/event-store.ts'
import type { HttpMetrics } from '../http/deps.ts'
import type { BoundedQueue } from '../pipeline/bounded-queue.ts'
import type { CommittedGroup } from '../pipeline/consumer.ts'
import type { TailHub } from '../pipeline/tail-hub.ts'
import { buildDeliveryMetrics, type DeliveryMetrics } from './delivery-metrics.ts'

export interface Metrics extends HttpMetrics, DeliveryMetrics {
  observeCommit(group: CommittedGroup): void
  observeFailure(error: AppError, events: number): void
}

const durationBucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export interface MetricsSources {
  readonly store: EventStore
  readonly queue: BoundedQueue
  readonly tailHub: TailHub
  readonly version: string
}

export function buildMetrics({ store, queue, tailHub, version }: MetricsSources): Metrics {
  const registers = [new Registry()]
  const [registry] = registers as [Registry]

  // What is known without the store is told also when it cannot be read: then it is asked for most.
  const readStats = () => store.stats().catch(() => undefined)
  const fromStore = (name: string, help: string, value: (stats: StoreStats) => number) =>
    new Counter({
      name,
      help,
      registers,
      async collect() {
        const stats = await readStats()
        if (stats === undefined) return
        this.reset()
        this.inc(value(stats))
      },
    })
  fromStore('sekali_events_received_total', 'Events acknowledged, duplicates included.', (stats) => stats.received)
  fromStore('sekali_events_stored_total', 'Events stored.', (stats) => stats.uniqueProcessed)
  fromStore(
    'sekali_events_duplicate_total',
    'Duplicates dropped, conflicts included.',
    (stats) => stats.duplicateDropped,
  )
  fromStore(
    'sekali_events_conflict_total',
    'Duplicates with other content than what is stored.',
    (stats) => stats.conflicts,
  )

  const gauge = (name: string, help: string, value: () => number | Promise<number | undefined>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const found = await value()
        if (found !== undefined) this.set(found)
      },
    })
  gauge('sekali_queue_events', 'Events waiting for a commit.', () => queue.size)
  gauge('sekali_queue_bytes', 'Bytes waiting for a commit.', () => queue.bytes)
  gauge('sekali_queue_capacity_events', 'Events that may wait.', () => queue.capacityEvents)
  gauge('sekali_tail_readers', 'Readers that follow the live tail.', () => tailHub.readers)
  new Counter({
    name: 'sekali_tail_readers_cut_total',
    help: 'Readers that were disconnected because they did not keep up.',
    registers,
    collect() {
      this.reset()
      this.inc(tailHub.cutOff)
    },
  })
  gauge('sekali_store_readable', '1 while the store answers; then what is asked of it is up to date.', async () =>
    (await readStats()) === undefined ? 0 : 1,
  )
  gauge('sekali_store_bytes', 'Bytes the store takes up.', async () => (await readStats())?.bytes)
  gauge('sekali_process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  gauge('sekali_process_uptime_seconds', 'Seconds since the process started.', () => process.uptime())
  new Gauge({ name: 'sekali_build_info', help: 'Always 1.', labelNames: ['version', 'node'], registers }).set(
    { version, node: process.version },
    1,
  )

  const commitSeconds = new Histogram({
    name: 'sekali_commit_duration_seconds',
    help: 'From handing a group to the store until it was durable.',
    buckets: durationBucketsSeconds,
    registers,
  })
  const commitEvents = new Histogram({
    name: 'sekali_commit_events',
    help: 'Events in a group commit.',
    buckets: [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000],
    registers,
  })
  const refused = new Counter({
    name: 'sekali_events_refused_total',
    help: 'Events whose commit failed, by error code.',
    labelNames: ['code'],
    registers,
  })
  const requestSeconds = new Histogram({
    name: 'sekali_http_request_duration_seconds',
    help: 'From the request line until the answer was sent.',
    labelNames: ['route', 'method', 'status'],
    buckets: durationBucketsSeconds,
    registers,
  })
  return {
    ...buildDeliveryMetrics(store.subscriptions, registers),
    contentType: registry.contentType,
    render: () => registry.metrics(),
    observeRequest: (route, method, status, seconds) => requestSeconds.observe({ route, method, status }, seconds),
    observeCommit({ events, durationMs }) {
      commitSeconds.observe(durationMs / 1000)
      commitEvents.observe(events.length)
    },
    observeFailure: (error, events) => refused.inc({ code: error.code }, events),
  }
}
