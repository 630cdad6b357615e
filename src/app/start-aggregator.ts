/**
 * The composition root: opens everything top-down, closes it bottom-up.
 *
 *   POST /publish ── http ── BoundedQueue ── Consumer ── EventStore.append ── 202
 *                                               │
 *                                               ├── StoreFeed ── TailHub ── GET /events/stream
 *                                               ├── RateMeter, Readiness, metrics
 *                                               └── log (duplicates)
 *                                               │       └── Deliveries ── POST …/pull, Pushes
 *   GET  /events … ── http ──────────────────────────── EventStore.read…
 *   POST …/pull, /ack … ── http ── Deliveries ──────── SubscriptionStore
 */
import type { AddressInfo } from 'node:net'
import { type Logger, pino } from 'pino'
import { systemClock } from '../core/clock.ts'
import type { AppError } from '../core/errors.ts'
import { buildServer } from '../http/build-server.ts'
import type { App } from '../http/deps.ts'
import { heartbeatChunk, sseEvent } from '../http/sse.ts'
import { BoundedQueue } from '../pipeline/bounded-queue.ts'
import { Consumer } from '../pipeline/consumer.ts'
import type { Deliveries } from '../pipeline/delivery.ts'
import { RateMeter } from '../pipeline/rate-meter.ts'
import { Readiness } from '../pipeline/readiness.ts'
import { TailHub } from '../pipeline/tail-hub.ts'
import { buildSubscriptions } from './build-subscriptions.ts'
import { logDuplicates } from './commit-log.ts'
import { type Config, type ConfigOrigins, resolveConfig } from './config.ts'
import { buildMetrics } from './metrics.ts'
import { openEventStore } from './open-store.ts'
import { pageFolder, version } from './own-package.ts'
import { buildStoreFeed, lastSeqOf } from './store-feed.ts'
import { openSystemReporter } from './system-report.ts'

/** A running server. Disposing of it stops it. */
export interface Aggregator extends AsyncDisposable {
  /** Where it listens, for example `http://127.0.0.1:8080`. */
  readonly url: string
  /** Resolves if the store can no longer vouch for what is on disk: dispose, and end the process. */
  readonly failure: Promise<AppError>
  /** Stops accepting, commits what is queued, closes the store. */
  [Symbol.asyncDispose](): Promise<void>
}

const queueCapacityBytes = 64 * 1024 * 1024
const queueMaxWaitMs = 5000
/** Connections that are still busy when draining has taken this long are cut. */
const maxDrainMs = 8000

/**
 * Opens the store and listens.
 *
 * ```ts
 * await using aggregator = await startAggregator({ port: 0, store: 'memory:' })
 * ```
 *
 * @param overrides what differs from the defaults of `sekali serve`.
 * @param logger of requests and of what happens to the store; silent unless given.
 * @param origins where the overrides were set, for people to look at.
 * @throws AppError why the store cannot be opened; Error why the address cannot be listened on.
 */
export async function startAggregator(
  overrides: Partial<Config> = {},
  logger: Logger = pino({ level: 'silent' }),
  origins: ConfigOrigins = {},
): Promise<Aggregator> {
  const config: Config = { ...resolveConfig({}, {}), ...overrides }
  const { queueCapacityEvents: capacityEvents, isPrivatePushAllowed, bodyLimitBytes, rateLimitPerMinute } = config
  const clock = systemClock
  await using opened = new AsyncDisposableStack()
  const store = opened.use(await openEventStore(config.store, { clock, logger }))
  const queue = new BoundedQueue({ capacityEvents, capacityBytes: queueCapacityBytes, maxWaitMs: queueMaxWaitMs })
  const receivedRate = new RateMeter(clock)
  const tailHub = new TailHub({ store, lastSeq: await lastSeqOf(store), encode: sseEvent, heartbeat: heartbeatChunk })
  const metrics = buildMetrics({ store, queue, tailHub, version })
  const failure = Promise.withResolvers<AppError>()
  const reportFailure = (error: AppError) => {
    if (error.code === 'store_failed') failure.resolve(error)
  }
  const readiness = new Readiness({ store, clock, onFailure: reportFailure })
  const around = { clock, logger, metrics, isPrivatePushAllowed, onFailure: reportFailure }
  const { deliveries, pushes, subscriptions } = buildSubscriptions({ store: store.subscriptions, ...around })
  opened.use(deliveries)
  opened.use(pushes)
  const feed = opened.use(buildStoreFeed({ store, tailHub, deliveries, pushes, onFailure: reportFailure }))
  const consumer = opened.use(
    new Consumer({
      queue,
      store,
      clock,
      onCommit(group) {
        readiness.recordCommit()
        receivedRate.add(group.events.length)
        metrics.observeCommit(group)
        feed.onCommit(group)
        logDuplicates(logger, group)
      },
      onFailure(error, events) {
        readiness.recordFailure()
        metrics.observeFailure(error, events)
        // What an operator mends needs no stack; what nobody expected does.
        const cause = error.code === 'store_failed' ? { err: error } : { code: error.code, reason: error.message }
        logger.error({ ...cause, events }, 'a commit failed; its publishers were told to try again')
        reportFailure(error)
      },
    }),
  )
  const app = await buildServer({
    consumer,
    queue,
    store,
    readiness,
    deliveries,
    subscriptions,
    tailHub,
    receivedRate,
    clock,
    logger,
    metrics,
    version,
    system: opened.use(openSystemReporter({ config, origins, clock })),
    pageFolder,
    bodyLimitBytes,
    rateLimitPerMinute,
  })
  opened.defer(() => stopServing({ app, readiness, deliveries, tailHub }))
  await app.listen({ host: config.host, port: config.port, listenTextResolver: (address) => `listening on ${address}` })
  await feed.start()
  const resources = opened.move()
  return {
    url: urlOf(app.server.address() as AddressInfo),
    failure: failure.promise,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

interface Serving {
  readonly app: App
  readonly readiness: Readiness
  readonly deliveries: Deliveries
  readonly tailHub: TailHub
}

async function stopServing({ app, readiness, deliveries, tailHub }: Serving): Promise<void> {
  readiness.startDraining()
  // Those who wait for events would keep the server open until their time is over.
  deliveries.startDraining()
  // Streams have no end of their own: the server would wait for them.
  await tailHub[Symbol.asyncDispose]()
  const timer = setTimeout(() => app.server.closeAllConnections(), maxDrainMs)
  await app.close()
  clearTimeout(timer)
}

function urlOf({ address, family, port }: AddressInfo): string {
  const isEverywhere = address === '0.0.0.0' || address === '::'
  const host = isEverywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
  return `http://${host}:${port}`
}
