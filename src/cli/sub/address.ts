/** Where a subscription is on the server. */
import { UsageError } from '../../app/config.ts'
import type { SubscriptionAnswer } from '../../http/wire-types.ts'
import { objectWith } from '../ask-server.ts'

/** @throws UsageError for a name that would be another address. */
export function subscriptionPath(name: string): string {
  // Taken out of a path, they would ask for something else.
  if (name === '' || name === '.' || name === '..') throw new UsageError(`NAME cannot be "${name}"`)
  return `subscriptions/${encodeURIComponent(name)}`
}

/** Reads what GET /subscriptions/{name} answers. */
export const subscriptionIn = objectWith<SubscriptionAnswer>('name', 'lag', 'topics', 'position')
