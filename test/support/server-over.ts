/** The HTTP server over a store of the test's own: for stores that are slow, full or broken. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { pino } from 'pino'
import { type BuildSubscriptionsOptions, buildSubscriptions } from '../../src/app/build-subscriptions.ts'
import { buildMetrics } from '../../src/app/metrics.ts'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import type { EventStore } from '../../src/core/event-store.ts'
import { buildServer } from '../../src/http/build-server.ts'
import type { SystemSource } from '../../src/http/deps.ts'
import { heartbeatChunk, sseEvent } from '../../src/http/sse.ts'
import { BoundedQueue } from '../../src/pipeline/bounded-queue.ts'
import { Consumer } from '../../src/pipeline/consumer.ts'
import type { Deliveries } from '../../src/pipeline/delivery.ts'
import type { Pushes } from '../../src/pipeline/push/pushes.ts'
import { RateMeter } from '../../src/pipeline/rate-meter.ts'
import { Readiness } from '../../src/pipeline/readiness.ts'
import { TailHub } from '../../src/pipeline/tail-hub.ts'
import { clientOf, type TestServer } from './server.ts'

export interface ServerOverOptions {
  readonly store: EventStore
  readonly clock?: Clock
  readonly queueCapacityEvents?: number
  /** How long a batch waits for room. */
  readonly maxWaitMs?: number
  readonly isPrivatePushAllowed?: boolean
  readonly surroundings?: BuildSubscriptionsOptions['surroundings']
  /** Of the built dashboard; without it there is none. */
  readonly pageFolder?: string
  readonly system?: SystemSource
}

export interface ServerOver extends TestServer {
  readonly readiness: Readiness
  readonly queue: BoundedQueue
  readonly deliveries: Deliveries
  readonly pushes: Pushes
  /** The HTTP server itself, to change its time limits. */
  readonly server: Server
}

export async function startServerOver(t: TestContext, options: ServerOverOptions): Promise<ServerOver> {
  const { store, clock = systemClock, queueCapacityEvents = 10_000, maxWaitMs = 60_000 } = options
  const queue = new BoundedQueue({ capacityEvents: queueCapacityEvents, capacityBytes: 1e9, maxWaitMs })
  const readiness = new Readiness({ store, clock, onFailure: () => {} })
  const tailHub = new TailHub({ store, lastSeq: 0, encode: sseEvent, heartbeat: heartbeatChunk })
  const metrics = buildMetrics({ store, queue, tailHub, version: '0.0.0' })
  const logLines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void logLines.push(line) })
  const { deliveries, pushes, subscriptions } = buildSubscriptions({
    store: store.subscriptions,
    clock,
    logger,
    metrics,
    isPrivatePushAllowed: options.isPrivatePushAllowed ?? false,
    onFailure: () => {},
    surroundings: options.surroundings ?? {},
  })
  const consumer = new Consumer({
    queue,
    store,
    clock,
    onCommit(group) {
      readiness.recordCommit()
      deliveries.notifyCommit()
      tailHub.publish(group)
    },
    onFailure: (error, events) => {
      readiness.recordFailure()
      metrics.observeFailure(error, events)
    },
  })
  const app = await buildServer({
    consumer,
    queue,
    store,
    readiness,
    deliveries,
    subscriptions,
    tailHub,
    receivedRate: new RateMeter(clock),
    clock,
    logger,
    metrics,
    version: '0.0.0',
    system: options.system ?? { read: () => Promise.reject(new Error('not part of these tests')) },
    pageFolder: options.pageFolder ?? '/nowhere',
    bodyLimitBytes: 8 * 1024 * 1024,
    rateLimitPerMinute: 0,
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  await pushes.startAll()
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= closeAll()
    return closing
  }
  async function closeAll(): Promise<void> {
    deliveries.startDraining()
    app.server.closeAllConnections()
    await app.close()
    await pushes[Symbol.asyncDispose]()
    await deliveries[Symbol.asyncDispose]()
  }
  t.after(close)
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  return { ...clientOf({ url }), readiness, queue, deliveries, pushes, logLines, close, server: app.server }
}

/** The store with some of its calls replaced. */
export function storeWith(store: EventStore, calls: Partial<EventStore>): EventStore {
  const bound: EventStore = {
    subscriptions: store.subscriptions,
    statistics: store.statistics,
    append: (events, processedAtMs) => store.append(events, processedAtMs),
    checkWritable: () => store.checkWritable(),
    findEvent: (topic, eventId) => store.findEvent(topic, eventId),
    readEvents: (query) => store.readEvents(query),
    readLog: (query) => store.readLog(query),
    readDuplicates: (query) => store.readDuplicates(query),
    readTopicNames: () => store.readTopicNames(),
    readTopics: () => store.readTopics(),
    stats: () => store.stats(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
  return { ...bound, ...calls }
}
