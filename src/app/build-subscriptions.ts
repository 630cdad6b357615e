/** Wires what durable subscriptions need: deliveries, pushes, and what programs see of both. Starts nothing. */
import { lookup } from 'node:dns/promises'
import { setTimeout as sleepFor } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Clock } from '../core/clock.ts'
import type { AppError } from '../core/errors.ts'
import type { SubscriptionStore } from '../core/subscription-store.ts'
import { deliveriesJson } from '../http/wire-subscriptions.ts'
import { Deliveries } from '../pipeline/delivery.ts'
import { type PushReport, type PushSurroundings, pushLimits } from '../pipeline/push/push-loop.ts'
import { Pushes } from '../pipeline/push/pushes.ts'
import { Subscriptions } from '../pipeline/subscriptions.ts'
import type { DeliveryMetrics } from './delivery-metrics.ts'

export interface BuildSubscriptionsOptions {
  readonly store: SubscriptionStore
  readonly clock: Clock
  readonly logger: Pick<Logger, 'info' | 'warn'>
  readonly metrics: DeliveryMetrics
  readonly isPrivatePushAllowed: boolean
  /** Told of every call of the store that failed. `store_failed` means that the process must end. */
  readonly onFailure: (error: AppError) => void
  /** The outside world, as tests replace it. */
  readonly surroundings?: Partial<Pick<PushSurroundings, 'sleep' | 'random' | 'resolveHost' | 'attemptTimeoutMs'>>
}

export interface SubscriptionParts {
  /** To be disposed after the pushes. */
  readonly deliveries: Deliveries
  /** To be started once, by `startAll`. */
  readonly pushes: Pushes
  readonly subscriptions: Subscriptions
}

export function buildSubscriptions(options: BuildSubscriptionsOptions): SubscriptionParts {
  const { store, clock, logger, metrics, isPrivatePushAllowed, onFailure } = options
  const deliveries = new Deliveries({ store, clock, observer: metrics, onFailure })
  const pushes = new Pushes({
    store,
    deliveries,
    clock,
    random: Math.random,
    sleep,
    resolveHost: (name) => lookup(name, { all: true }),
    attemptTimeoutMs: pushLimits.attemptTimeoutMs,
    ...options.surroundings,
    isPrivateAllowed: isPrivatePushAllowed,
    encode: deliveriesJson,
    onPush(report) {
      metrics.onPush(report)
      logPush(logger, report)
    },
    onFailure,
  })
  const subscriptions = new Subscriptions({ store, deliveries, pushes, isPrivatePushAllowed, onFailure })
  return { deliveries, pushes, subscriptions }
}

function logPush(logger: Pick<Logger, 'info' | 'warn'>, { name, events, result, reason, isPaused }: PushReport): void {
  if (result === 'accepted') return
  const text = isPaused ? 'push is paused until it is resumed' : 'a push failed; it will be tried again'
  logger.warn({ subscription: name, events, reason }, text)
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleepFor(ms, undefined, { signal })
  } catch {
    // Aborted: it is over, as it should be.
  }
}
