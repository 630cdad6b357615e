/** What the tests of subscriptions work with: a subscription to everything, and what goes on with its deliveries. */
import assert from 'node:assert/strict'
import type { EventStore } from '../../src/core/event-store.ts'
import type { Delivery, StartPoint, SubscriptionSettings, SubscriptionState } from '../../src/core/subscription.ts'
import type { Claim, DeliveryCommand, DeliveryOutcome, SubscriptionStore } from '../../src/core/subscription-store.ts'

export const leaseMs = 30_000

/** The name that every test here uses for the subscription it is about. */
export const name = 'worker'

export const earliest: StartPoint = { kind: 'earliest' }

export function someSettings(fields: Partial<SubscriptionSettings> = {}): SubscriptionSettings {
  return { topics: [], leaseMs, maxAttempts: 5, push: undefined, ...fields }
}

/** Creates the subscription. */
export async function subscribe(
  { subscriptions }: EventStore,
  fields: Partial<SubscriptionSettings> = {},
  start: StartPoint = earliest,
): Promise<SubscriptionStore> {
  assert.equal(await subscriptions.create(name, someSettings(fields), start), 'created')
  return subscriptions
}

export async function claimOf(subscriptions: SubscriptionStore, maxEvents = 1000, of = name): Promise<Claim> {
  const claim = await subscriptions.claim({ name: of, maxEvents })
  assert.ok(claim !== undefined, 'the subscription is there')
  assert.ok(claim.deliveries.length <= maxEvents, 'a claim gives at most `maxEvents`')
  return claim
}

export async function claimed(subscriptions: SubscriptionStore, maxEvents = 1000): Promise<readonly Delivery[]> {
  return (await claimOf(subscriptions, maxEvents)).deliveries
}

/** As many as asked for, and not by one claim: a claim ends early on a busy machine. */
export async function claimedInAll(subscriptions: SubscriptionStore, events: number): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = []
  while (deliveries.length < events) {
    const more = await claimed(subscriptions, Math.min(1000, events - deliveries.length))
    assert.ok(more.length > 0, `there are ${events} events to deliver`)
    deliveries.push(...more)
  }
  return deliveries
}

/** The one delivery of a claim. */
export async function claimOne(subscriptions: SubscriptionStore): Promise<Delivery> {
  const [delivery] = await claimed(subscriptions, 1)
  assert.ok(delivery !== undefined, 'there is something to deliver')
  return delivery
}

export function seqsOf(deliveries: readonly Delivery[]): number[] {
  return deliveries.map(({ event }) => event.seq)
}

/** Seq and attempt of each delivery. */
export function attemptsOf(deliveries: readonly Delivery[]): [number, number][] {
  return deliveries.map(({ event, attempt }) => [event.seq, attempt])
}

export function ack(...deliveries: readonly Delivery[]): DeliveryCommand[] {
  return deliveries.map(({ leaseToken }) => ({ kind: 'ack', name, leaseToken }))
}

export function extend(...deliveries: readonly Delivery[]): DeliveryCommand[] {
  return deliveries.map(({ leaseToken }) => ({ kind: 'extend', name, leaseToken }))
}

export function nack({ leaseToken }: Delivery, fields: { delayMs?: number; reason?: string } = {}): DeliveryCommand {
  return { kind: 'nack', name, leaseToken, delayMs: 0, reason: 'it broke', ...fields }
}

export async function settleOne(subscriptions: SubscriptionStore, command: DeliveryCommand): Promise<DeliveryOutcome> {
  const [outcome] = await subscriptions.settle([command])
  assert.ok(outcome !== undefined)
  return outcome
}

/** Settles, and every command must have had its effect. */
export async function settleAll(subscriptions: SubscriptionStore, commands: readonly DeliveryCommand[]): Promise<void> {
  const outcomes = await subscriptions.settle(commands)
  assert.deepEqual(
    outcomes,
    commands.map(() => 'done'),
  )
}

export async function stateOf(subscriptions: SubscriptionStore): Promise<SubscriptionState> {
  const state = await subscriptions.find(name)
  assert.ok(state !== undefined, 'the subscription is there')
  return state
}

/** The numbers of a state that a test names. */
export async function assertState(
  subscriptions: SubscriptionStore,
  expected: Partial<SubscriptionState>,
): Promise<void> {
  const state = await stateOf(subscriptions)
  const named = Object.fromEntries(Object.entries(state).filter(([key]) => key in expected))
  assert.deepEqual(named, expected)
}

/** Seq, attempts and reason of each dead letter, page by page. */
export async function deadLettersOf(subscriptions: SubscriptionStore, limit = 1000): Promise<unknown[]> {
  const found: unknown[] = []
  let afterSeq: number | undefined = 0
  while (afterSeq !== undefined) {
    const page = await subscriptions.readDeadLetters({ name, limit, afterSeq })
    assert.ok(page !== undefined && page.deadLetters.length <= limit)
    found.push(...page.deadLetters.map(({ event, attempts, reason }) => [event.seq, attempts, reason]))
    assert.ok(page.nextAfterSeq === undefined || page.nextAfterSeq > afterSeq, 'pages go on')
    afterSeq = page.nextAfterSeq
  }
  return found
}

/** Makes dead letters of the next events, one attempt each; the subscription has `maxAttempts` 1. */
export async function bury(subscriptions: SubscriptionStore, events: number): Promise<void> {
  await settleAll(
    subscriptions,
    (await claimedInAll(subscriptions, events)).map((delivery) => nack(delivery)),
  )
}
