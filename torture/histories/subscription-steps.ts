/** What may happen in a history of subscriptions: who creates, publishes, claims and settles, and what the machine does. */
import fc from 'fast-check'
import type { StartPoint, SubscriptionSettings } from '../../src/core/subscription.ts'
import type { DeliveryCommand } from '../../src/core/subscription-store.ts'

export const startMs = 1_769_851_800_000
const leaseMs = 10
const yearMs = 365 * 24 * 3600 * 1000

/** A command about one of the deliveries so far, counted from the newest; round again when there are fewer. */
export interface Intent {
  readonly kind: DeliveryCommand['kind']
  readonly age: number
  readonly delayMs: number
  /** The subscription it is sent to; undefined: the one that gave the delivery. */
  readonly name: string | undefined
}

export type SubscriptionStep =
  | {
      readonly kind: 'create'
      readonly name: string
      readonly settings: SubscriptionSettings
      readonly start: StartPoint
    }
  | { readonly kind: 'append'; readonly topics: readonly string[] }
  | { readonly kind: 'claim'; readonly name: string; readonly maxEvents: number }
  | { readonly kind: 'settle'; readonly intents: readonly Intent[] }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'seek'; readonly name: string; readonly start: StartPoint }
  | { readonly kind: 'redrive'; readonly name: string; readonly seqs: readonly number[] | undefined }
  | { readonly kind: 'pause'; readonly name: string; readonly reason: string | undefined }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'crash' }

const name = fc.constantFrom('x', 'x', 'x', 'y')
const topic = fc.constantFrom('a', 'a', 'b')
const placeStart: fc.Arbitrary<StartPoint> = fc.oneof(
  fc.constant<StartPoint>({ kind: 'earliest' }),
  fc.constant<StartPoint>({ kind: 'latest' }),
  fc.nat({ max: 12 }).map((seq): StartPoint => ({ kind: 'seq', seq })),
)
const timeStart = fc.nat({ max: 40 }).map((ms): StartPoint => ({ kind: 'time', ms: startMs + ms }))
const start: fc.Arbitrary<StartPoint> = fc.oneof(
  { arbitrary: placeStart, weight: 3 },
  { arbitrary: timeStart, weight: 1 },
)
const settings: fc.Arbitrary<SubscriptionSettings> = fc
  .tuple(fc.constantFrom<string[][]>([], ['a'], ['b']), fc.integer({ min: 1, max: 3 }))
  .map(([topics, maxAttempts]) => ({ topics, leaseMs, maxAttempts, push: undefined }))
const intent: fc.Arbitrary<Intent> = fc.record({
  kind: fc.constantFrom('ack', 'ack', 'nack', 'nack', 'nack', 'extend'),
  age: fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: 30 })),
  delayMs: fc.constantFrom(0, 0, 3, leaseMs),
  name: fc.option(name, { nil: undefined, freq: 15 }),
})

const creating = (from: fc.Arbitrary<StartPoint>): fc.Arbitrary<SubscriptionStep> =>
  fc.record({ kind: fc.constant('create'), name, settings, start: from })
const append: fc.Arbitrary<SubscriptionStep> = fc.record({
  kind: fc.constant('append'),
  topics: fc.array(topic, { minLength: 1, maxLength: 5 }),
})
const claim: fc.Arbitrary<SubscriptionStep> = fc.record({
  kind: fc.constant('claim'),
  name,
  maxEvents: fc.integer({ min: 1, max: 5 }),
})
const settle: fc.Arbitrary<SubscriptionStep> = fc.record({
  kind: fc.constant('settle'),
  intents: fc.array(intent, { minLength: 1, maxLength: 5 }),
})
const wait: fc.Arbitrary<SubscriptionStep> = fc.record({
  kind: fc.constant('wait'),
  ms: fc.constantFrom(1, 3, leaseMs - 1, leaseMs, leaseMs),
})
const seeking = (from: fc.Arbitrary<StartPoint>): fc.Arbitrary<SubscriptionStep> =>
  fc.record({ kind: fc.constant('seek'), name, start: from })
/** A jump of the clock: whatever was leased or held back is due, or is not due for long. */
const jump: fc.Arbitrary<SubscriptionStep> = fc.record({
  kind: fc.constant('wait'),
  ms: fc.constantFrom(-yearMs, -leaseMs, -1, yearMs),
})
const seqs = fc.option(fc.array(fc.nat({ max: 12 }), { maxLength: 4 }), { nil: undefined })
const redrive: fc.Arbitrary<SubscriptionStep> = fc.record({ kind: fc.constant('redrive'), name, seqs })
const reason = fc.constantFrom(undefined, 'because')
const pause: fc.Arbitrary<SubscriptionStep> = fc.record({ kind: fc.constant('pause'), name, reason })
const remove: fc.Arbitrary<SubscriptionStep> = fc.record({ kind: fc.constant('remove'), name })
const reopen: fc.Arbitrary<SubscriptionStep> = fc.constant({ kind: 'reopen' })

const crash: fc.Arbitrary<SubscriptionStep> = fc.constant({ kind: 'crash' })

const common = [
  { arbitrary: append, weight: 3 },
  { arbitrary: claim, weight: 12 },
  { arbitrary: settle, weight: 12 },
  { arbitrary: wait, weight: 6 },
  { arbitrary: redrive, weight: 2 },
  { arbitrary: pause, weight: 1 },
  { arbitrary: remove, weight: 1 },
] as const
const forward = [
  ...common,
  { arbitrary: creating(start), weight: 1 },
  { arbitrary: seeking(start), weight: 1 },
] as const
/** Where the clock has gone back, a time is no place in the log. */
const jumping = [
  ...common,
  { arbitrary: creating(placeStart), weight: 1 },
  { arbitrary: seeking(placeStart), weight: 1 },
  { arbitrary: jump, weight: 2 },
] as const
const ending = [
  { arbitrary: reopen, weight: 1 },
  { arbitrary: crash, weight: 1 },
] as const

/** Of a store that lives in memory. */
export const livingDeliveries = historyOf(fc.oneof(...forward), 60)
export const reopenedDeliveries = historyOf(fc.oneof(...forward, { arbitrary: reopen, weight: 1 }), 250)
/** Many short ones: shorter ones are looked through sooner. */
export const crashedDeliveries = fc.oneof(
  historyOf(fc.oneof(...forward, ...ending), 60),
  historyOf(fc.oneof(...jumping, ...ending), 60),
)

/** Long ones: an event needs many steps to die, be redriven and die again. */
function historyOf(step: fc.Arbitrary<SubscriptionStep>, maxLength: number): fc.Arbitrary<SubscriptionStep[]> {
  return fc
    .tuple(creating(placeStart), append, fc.array(step, { maxLength, size: 'max' }))
    .map(([first, second, rest]) => [first, second, ...rest])
}
