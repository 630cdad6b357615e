/** A port of subscriptions whose claims and settlements wait until the test answers them. */
import type { Delivery } from '../../src/core/subscription.ts'
import type {
  Claim,
  ClaimOptions,
  DeliveryCommand,
  DeliveryOutcome,
  SubscriptionStore,
} from '../../src/core/subscription-store.ts'

export interface HeldCall<I, O> {
  readonly input: I
  readonly answer: (output: O) => void
  readonly fail: (error: unknown) => void
}

export interface HeldSubscriptionStore {
  readonly store: SubscriptionStore
  nextClaim(): Promise<HeldCall<ClaimOptions, Claim | undefined>>
  nextSettle(): Promise<HeldCall<readonly DeliveryCommand[], DeliveryOutcome[]>>
  /** Claims made so far. */
  readonly claims: number
}

export const nothing: Claim = { deliveries: [], nextDueAtMs: undefined, hasMore: false }

export function deliveryOf(seq: number, leaseToken = `lease-${seq}`): Delivery {
  const content = { topic: 'logs.test', timestamp: '2026-01-31T09:30:00Z', source: 'test', payload: '{}' }
  const event = { ...content, eventId: `${seq}`, seq, processedAtMs: 0 }
  return { leaseToken, attempt: 1, leaseExpiresAtMs: 30_000, event }
}

export function claimOf(...seqs: readonly number[]): Claim {
  return { ...nothing, deliveries: seqs.map((seq) => deliveryOf(seq)) }
}

export function holdSubscriptionStore(): HeldSubscriptionStore {
  const claims = hold<ClaimOptions, Claim | undefined>()
  const settles = hold<readonly DeliveryCommand[], DeliveryOutcome[]>()
  const store = { claim: claims.call, settle: settles.call } as Partial<SubscriptionStore> as SubscriptionStore
  return {
    store,
    nextClaim: claims.next,
    nextSettle: settles.next,
    get claims() {
      return claims.count()
    },
  }
}

function hold<I, O>() {
  const arrived: HeldCall<I, O>[] = []
  let count = 0
  let waiting: ((call: HeldCall<I, O>) => void) | undefined
  return {
    count: () => count,
    call(input: I): Promise<O> {
      count++
      const { promise, resolve, reject } = Promise.withResolvers<O>()
      const call = { input, answer: resolve, fail: reject }
      if (waiting === undefined) arrived.push(call)
      else waiting(call)
      waiting = undefined
      return promise
    },
    async next(): Promise<HeldCall<I, O>> {
      const first = arrived.shift()
      if (first !== undefined) return first
      return new Promise((resolve) => {
        waiting = resolve
      })
    },
  }
}
