/** The wire contract of subscriptions as schemas. */
import Type from 'typebox'
import { eventLimits } from '../core/event.ts'
import { subscriptionDefaults, subscriptionLimits } from '../core/subscription.ts'
import { topicPatternLimits } from '../core/topic-pattern.ts'
import { maxSettleCommands } from '../pipeline/settler.ts'
import { choice, count, cursor, eventSchema, exactly, limit, nextCursor, nullable, time } from './schemas.ts'

/** Of requests about deliveries. */
export const deliveryDefaults = { pullEvents: 100, waitMs: 0, delayMs: 0 } as const
const maxWaitMs = 30_000

const namedStart = choice(['earliest', 'latest'], '')
const startSeq = Type.Object(
  { seq: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) },
  { additionalProperties: false },
)
const startTime = Type.Object({ time: Type.String() }, { additionalProperties: false })
const startPoint = Type.Union([namedStart, startSeq, startTime], {
  description: '"earliest", "latest", {"seq": N} (strictly after it), {"time": "ISO 8601"} (committed then or later)',
})
const leaseMs = Type.Integer({
  minimum: subscriptionLimits.minLeaseMs,
  maximum: subscriptionLimits.maxLeaseMs,
  default: subscriptionDefaults.leaseMs,
  description: 'What is not acked within it is delivered again.',
})
const maxAttempts = Type.Integer({
  minimum: 1,
  maximum: subscriptionLimits.maxAttempts,
  default: subscriptionDefaults.maxAttempts,
  description: 'After so many deliveries without an ack an event is a dead letter.',
})
const leases = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
  minItems: 1,
  maxItems: maxSettleCommands,
  description: 'From deliveries of this subscription.',
})

export const subscriptionParamsSchema = Type.Object({
  name: Type.String({ description: 'Letters, digits, -, _ and .; 1 to 128 of them.' }),
})

const pushConcurrency = Type.Integer({
  minimum: 1,
  maximum: subscriptionLimits.maxPushConcurrency,
  default: subscriptionDefaults.pushConcurrency,
  description: 'Requests that may be under way at a time. With more than 1 events arrive in any order.',
})

export const createBodySchema = Type.Object(
  {
    topics: Type.Array(Type.String({ minLength: 1, maxLength: 2 * eventLimits.maxTopicChars }), {
      minItems: 1,
      maxItems: topicPatternLimits.maxPatterns,
      description: 'Topics, or patterns over their dot-separated parts: * is one part, > the rest.',
    }),
    start: Type.Optional(startPoint),
    lease_ms: Type.Optional(leaseMs),
    max_attempts: Type.Optional(maxAttempts),
    push: Type.Optional(
      Type.Object(
        {
          url: Type.String({ minLength: 1, description: 'http or https. Redirects are not followed.' }),
          secret: Type.String({
            description: 'whsec_ and 24 to 64 bytes in base64 (Standard Webhooks). Never shown again.',
          }),
          concurrency: Type.Optional(pushConcurrency),
        },
        { additionalProperties: false, description: 'Batches are posted there; 2xx acks them.' },
      ),
    ),
  },
  { additionalProperties: false },
)

export const pullBodySchema = Type.Object(
  {
    max: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: subscriptionLimits.maxPullEvents,
        default: deliveryDefaults.pullEvents,
        description: 'Events to lease.',
      }),
    ),
    wait_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: maxWaitMs,
        default: deliveryDefaults.waitMs,
        description: 'How long to wait for an event when there is none.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const ackBodySchema = Type.Object({ leases }, { additionalProperties: false })

export const nackBodySchema = Type.Object(
  {
    leases,
    delay_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: subscriptionLimits.maxDelayMs,
        default: deliveryDefaults.delayMs,
        description: 'Before it is delivered again.',
      }),
    ),
    reason: Type.Optional(
      Type.String({ maxLength: subscriptionLimits.maxReasonChars, description: 'Kept with the dead letter.' }),
    ),
  },
  { additionalProperties: false },
)

export const seekBodySchema = Type.Object(
  {
    start: Type.Optional(startPoint),
    seq: Type.Optional(
      Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Strictly after it.' }),
    ),
    time: Type.Optional(Type.String({ description: 'ISO 8601: what was committed then or later.' })),
  },
  { additionalProperties: false, description: 'Exactly one of them.' },
)

export const redriveBodySchema = Type.Object(
  {
    seqs: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), {
        minItems: 1,
        maxItems: maxSettleCommands,
        description: 'Of the dead letters; all of them without it.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const deadLettersQuerySchema = Type.Object({ limit, cursor }, { additionalProperties: false })

export const subscriptionSchema = exactly({
  name: Type.String(),
  topics: Type.Array(Type.String()),
  start: startPoint,
  lease_ms: leaseMs,
  max_attempts: maxAttempts,
  push: nullable(
    exactly({
      url: Type.String(),
      concurrency: pushConcurrency,
      has_secret: Type.Boolean({ description: 'The secret itself is never shown.' }),
      paused_reason: nullable(Type.String(), 'Why push waits for POST …/resume; null while it does not.'),
    }),
    'null for a subscription that is only pulled.',
  ),
  created_at: time(''),
  position: count('Every event up to this seq is settled: acked, a dead letter, or not asked for.'),
  lag: count('Events that are still to be delivered or acked, those not asked for included.'),
  oldest_unacked_seconds: nullable(Type.Number(), 'Since the oldest event without an ack was committed; null: none.'),
  in_flight: count('Leased now.'),
  redelivered: count('Deliveries after the first of an event.'),
  dead_letters: count('On record now.'),
  acked: count('Since it was created.'),
})

export const subscriptionListSchema = exactly({ subscriptions: Type.Array(subscriptionSchema) })

export const deliveriesSchema = exactly({
  deliveries: Type.Array(
    exactly({
      lease: Type.String({ description: 'Names this delivery; to be acked with.' }),
      attempt: Type.Integer({ minimum: 1 }),
      lease_expires_at: time('Not acked by then, it is delivered again.'),
      event: eventSchema,
    }),
    { description: 'Empty when there was nothing until the wait was over.' },
  ),
})

const refused = Type.Array(
  exactly({
    lease: Type.String(),
    reason: choice(
      ['expired', 'unknown'],
      'expired: it ran out, and the event is or will be delivered to somebody; unknown: not a lease of this subscription.',
    ),
  }),
)
export const ackSchema = exactly({ acked: count('Also those that were acked before.'), refused })
export const nackSchema = exactly({ nacked: count(''), refused })
export const extendSchema = exactly({ extended: count('Leased in full again from now.'), refused })
export const redriveSchema = exactly({ redriven: count('Dead letters that are delivered again from attempt 1.') })

export const deadLetterPageSchema = exactly({
  dead_letters: Type.Array(
    exactly({
      event: eventSchema,
      attempts: count(''),
      reason: Type.String({ description: 'Of the last nack, or that the lease ran out.' }),
      at: time('When it became one.'),
    }),
  ),
  next_cursor: nextCursor,
})
