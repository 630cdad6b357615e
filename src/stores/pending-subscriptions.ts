/** Stands in where a store does not keep subscriptions yet: there are none, and none can be made. */
import { AppError } from '../core/errors.ts'
import type { SubscriptionStore } from '../core/subscription-store.ts'

const refuse = () => Promise.reject(new AppError('store_unavailable', 'this store keeps no subscriptions'))

export const pendingSubscriptions: SubscriptionStore = {
  create: refuse,
  remove: async () => undefined,
  find: async () => undefined,
  list: async () => [],
  claim: async () => undefined,
  settle: refuse,
  seek: async () => undefined,
  readDeadLetters: async () => undefined,
  redrive: async () => undefined,
  setPaused: async () => undefined,
}
