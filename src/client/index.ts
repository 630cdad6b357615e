/**
 * The entry `sekali/client`: for Node, browsers and edge runtimes. Nothing but `fetch` and what comes with it.
 *
 * @module sekali/client
 */
export type { FieldError } from '../core/errors.ts'
export { ClientError, type ClientErrorCode, type ClientErrorOptions, type Problem } from './client-error.ts'
export type { Delivery, NackOptions } from './delivery.ts'
export { type EventKey, idempotent, type MarkStore } from './idempotent.ts'
export type { PublishResult } from './post-batch.ts'
export type { Loss } from './publish-queue.ts'
export type { PublishedEvent } from './published-event.ts'
export { type NotPublished, Publisher, type WaitOptions } from './publisher.ts'
export type { PublisherCounts, PublisherOptions } from './publisher-options.ts'
export type { ParseJson, ReceivedEvent } from './read-events.ts'
export type { RetryBudgetOptions } from './retry-budget.ts'
export type { RetryPolicy } from './retry-policy.ts'
export type { Spool, SpooledEvent } from './spool.ts'
export {
  type DeliveriesOptions,
  type Handler,
  type RunOptions,
  type Subscription,
  subscription,
} from './subscription.ts'
export type { SubscriptionOptions, SubscriptionSettings } from './subscription-requests.ts'
export { type TailOptions, tail } from './tail.ts'
export type { Retry, Surroundings } from './with-retries.ts'
