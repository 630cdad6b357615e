/** Subscriptions between the wire and the domain. What is refused here names its field. */

import type { Static } from 'typebox'
import { encodeDeadLetterCursor } from '../core/cursor.ts'
import type { FieldError } from '../core/errors.ts'
import {
  type DeadLetter,
  type Delivery,
  type PushSettings,
  type StartPoint,
  type SubscriptionSettings,
  type SubscriptionState,
  subscriptionDefaults,
  subscriptionLimits,
} from '../core/subscription.ts'
import type { DeadLetterPage, DeliveryOutcome } from '../core/subscription-store.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import { topicPatternFault } from '../core/topic-pattern.ts'
import { webhookSecretFault } from '../pipeline/push/webhook-signature.ts'
import { invalidBody } from './json-body.ts'
import type { createBodySchema, seekBodySchema } from './schemas-subscriptions.ts'
import { eventJson, isoTime } from './wire.ts'

export interface NewSubscription {
  readonly settings: SubscriptionSettings
  readonly start: StartPoint
}

/**
 * What a PUT asks for.
 *
 * @param pushUrlFault what is wrong with a URL to push to.
 * @throws AppError `invalid_body` naming the fields at fault.
 */
export function parseNewSubscription(
  name: string,
  body: Static<typeof createBodySchema>,
  pushUrlFault: (url: string) => string | undefined,
): NewSubscription {
  const faults: FieldError[] = []
  const check = (pointer: string, message: string | undefined) => {
    if (message !== undefined) faults.push({ pointer, message })
  }
  check('/name', nameFault(name))
  for (const [index, pattern] of body.topics.entries()) check(`/topics/${index}`, topicPatternFault(pattern))
  const start = parseStart(body.start ?? 'latest', '/start', faults)
  if (body.push !== undefined) {
    check('/push/url', pushUrlFault(body.push.url))
    check('/push/secret', webhookSecretFault(body.push.secret))
  }
  if (faults.length > 0) throw invalidBody(faults)
  const { topics, lease_ms: leaseMs, max_attempts: maxAttempts, push } = body
  return {
    settings: {
      topics,
      leaseMs: leaseMs ?? subscriptionDefaults.leaseMs,
      maxAttempts: maxAttempts ?? subscriptionDefaults.maxAttempts,
      push: push && { ...push, concurrency: push.concurrency ?? subscriptionDefaults.pushConcurrency },
    },
    start,
  }
}

/** @throws AppError `invalid_body` when it does not say exactly one place. */
export function parseSeek(body: Static<typeof seekBodySchema>): StartPoint {
  const [field, ...others] = Object.keys(body)
  if (field === undefined || others.length > 0) {
    throw invalidBody([{ pointer: '', message: 'must have exactly one of start, seq and time' }])
  }
  const faults: FieldError[] = []
  const { start, seq, time } = body
  const point = start ?? (seq !== undefined ? { seq } : { time: time ?? '' })
  const parsed = parseStart(point, start === undefined ? '' : '/start', faults)
  if (faults.length > 0) throw invalidBody(faults)
  return parsed
}

export function subscriptionWire(state: SubscriptionState, nowMs: number) {
  const { settings, oldestUnackedAtMs } = state
  const { topics, leaseMs, maxAttempts, push } = settings
  return {
    name: state.name,
    topics,
    start: startWire(state.start),
    lease_ms: leaseMs,
    max_attempts: maxAttempts,
    push: push === undefined ? null : pushWire(push, state.pausedReason),
    created_at: isoTime(state.createdAtMs),
    position: state.position,
    lag: state.lag,
    oldest_unacked_seconds: oldestUnackedAtMs === undefined ? null : Math.max(0, nowMs - oldestUnackedAtMs) / 1000,
    in_flight: state.inFlight,
    redelivered: state.redelivered,
    dead_letters: state.deadLetters,
    acked: state.acked,
  }
}

function pushWire({ url, concurrency }: PushSettings, pausedReason: string | undefined) {
  return { url, concurrency, has_secret: true, paused_reason: pausedReason ?? null }
}

/** What a pull answers, and what is pushed. */
export function deliveriesJson(deliveries: readonly Delivery[]): string {
  return `{"deliveries":[${deliveries.map(deliveryJson).join(',')}]}`
}

export function deadLetterPageJson({ deadLetters, nextAfterSeq }: DeadLetterPage): string {
  const cursor = nextAfterSeq === undefined ? null : encodeDeadLetterCursor(nextAfterSeq)
  return `{"dead_letters":[${deadLetters.map(deadLetterJson).join(',')}],"next_cursor":${JSON.stringify(cursor)}}`
}

/** How many leases were settled, and which were not. */
export function settledWire(leases: readonly string[], outcomes: readonly DeliveryOutcome[]) {
  const refused: { lease: string; reason: DeliveryOutcome }[] = []
  for (const [index, lease] of leases.entries()) {
    const reason = outcomes[index] ?? 'unknown'
    if (reason !== 'done') refused.push({ lease, reason })
  }
  return { done: leases.length - refused.length, refused }
}

function nameFault(name: string): string | undefined {
  const { maxNameChars } = subscriptionLimits
  // HTTP clients take these two out of a path.
  if (new RegExp(`^[\\w.-]{1,${maxNameChars}}$`).test(name) && name !== '.' && name !== '..') return undefined
  return `must be 1 to ${maxNameChars} letters, digits, -, _ and .`
}

function parseStart(
  start: NonNullable<Static<typeof createBodySchema>['start']>,
  pointer: string,
  faults: FieldError[],
): StartPoint {
  if (typeof start === 'string') return { kind: start }
  if ('seq' in start) return { kind: 'seq', seq: start.seq }
  const instant = parseTimestamp(start.time)
  if (instant !== undefined) return { kind: 'time', ms: instant.ms }
  faults.push({ pointer: `${pointer}/time`, message: 'must be an ISO 8601 date or date and time' })
  return { kind: 'latest' }
}

function startWire(start: StartPoint) {
  switch (start.kind) {
    case 'seq':
      return { seq: start.seq }
    case 'time':
      return { time: isoTime(start.ms) }
    default:
      return start.kind
  }
}

function deliveryJson({ leaseToken, attempt, leaseExpiresAtMs, event }: Delivery): string {
  return `{"lease":${JSON.stringify(leaseToken)},"attempt":${attempt},"lease_expires_at":"${isoTime(leaseExpiresAtMs)}","event":${eventJson(event)}}`
}

function deadLetterJson({ event, attempts, reason, atMs }: DeadLetter): string {
  return `{"event":${eventJson(event)},"attempts":${attempts},"reason":${JSON.stringify(reason)},"at":"${isoTime(atMs)}"}`
}
