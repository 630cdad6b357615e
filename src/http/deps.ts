/** What the HTTP layer is given to work with. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Clock } from '../core/clock.ts'
import type { EventStore } from '../core/event-store.ts'
import type { BoundedQueue } from '../pipeline/bounded-queue.ts'
import type { Consumer } from '../pipeline/consumer.ts'
import type { Deliveries } from '../pipeline/delivery.ts'
import type { RateMeter } from '../pipeline/rate-meter.ts'
import type { Readiness } from '../pipeline/readiness.ts'
import type { Subscriptions } from '../pipeline/subscriptions.ts'
import type { TailHub } from '../pipeline/tail-hub.ts'
import type { ConfigValue } from './config-value.ts'

export interface HttpDeps {
  readonly consumer: Consumer
  readonly queue: BoundedQueue
  readonly store: EventStore
  readonly readiness: Readiness
  readonly deliveries: Deliveries
  readonly subscriptions: Subscriptions
  readonly tailHub: TailHub
  readonly receivedRate: RateMeter
  readonly clock: Clock
  readonly logger: FastifyBaseLogger
  readonly metrics: HttpMetrics
  readonly version: string
  readonly system: SystemSource
  /** Where the built dashboard is. */
  readonly pageFolder: string
  /** Of one publish body, inflated, in bytes. */
  readonly bodyLimitBytes: number
  /** Requests per minute and client address; 0 is no limit. */
  readonly rateLimitPerMinute: number
}

/** What is told about the process and how it was started; secrets are masked already. */
export interface SystemSource {
  read(): Promise<SystemReport>
}

export interface SystemReport {
  readonly startedAtMs: number
  /** Of the store. */
  readonly engine: string
  /** Where the store is; undefined in memory. */
  readonly location: string | undefined
  readonly freeBytes: number | undefined
  readonly mount: { readonly point: string; readonly type: string; readonly isOwnVolume: boolean } | undefined
  readonly rssBytes: number
  readonly heapBytes: number
  readonly eventLoopP99Ms: number
  readonly config: readonly ConfigValue[]
}

export interface HttpMetrics {
  readonly contentType: string
  render(): Promise<string>
  observeRequest(route: string, method: string, status: number, seconds: number): void
}

/** Handlers get the types of their TypeBox schemas. */
export interface TypeBoxProvider extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
  /** Handlers may also send JSON text. */
  serializer: unknown
}

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxProvider>
