/** Random histories of the subscriptions of a store, against plain objects that say what a subscription is. */
import assert from 'node:assert/strict'
import type { Clock } from '../../src/core/clock.ts'
import type { EventStore } from '../../src/core/event-store.ts'
import type { DeliveryCommand, SubscriptionStore } from '../../src/core/subscription-store.ts'
import { newEvent } from '../../test/support/events.ts'
import type { StorePlace } from './store-place.ts'
import { SubscriptionModel } from './subscription-model.ts'
import { type Intent, type SubscriptionStep, startMs } from './subscription-steps.ts'

function commandOf({ kind, age, delayMs, name: other }: Intent, model: SubscriptionModel): DeliveryCommand {
  const { leases } = model
  const [leaseToken, giver] = leases.at(-1 - (age % Math.max(1, leases.length))) ?? ['none', 'x']
  const command = { name: other ?? giver, leaseToken }
  return kind === 'nack' ? { kind, ...command, delayMs, reason: `after ${delayMs}` } : { kind, ...command }
}

/** Does one step in the store and in the model; what comes back must be the same. */
async function doStep(
  step: Exclude<SubscriptionStep, { kind: 'reopen' | 'crash' }>,
  store: EventStore,
  model: SubscriptionModel,
): Promise<void> {
  const { subscriptions } = store
  switch (step.kind) {
    case 'create':
      assert.equal(
        await subscriptions.create(step.name, step.settings, step.start),
        model.create(step.name, step.settings, step.start),
      )
      return
    case 'append':
      await store.append(step.topics.map((each) => newEvent({ topic: each })))
      model.append(step.topics)
      return
    case 'claim':
      await claimInBoth(step.name, step.maxEvents, subscriptions, model)
      return
    case 'settle': {
      const commands = step.intents.map((each) => commandOf(each, model))
      assert.deepEqual(
        await subscriptions.settle(commands),
        commands.map((command) => model.settle(command)),
      )
      return
    }
    case 'wait':
      model.nowMs += step.ms
      return
    case 'seek':
      assert.equal(await subscriptions.seek(step.name, step.start), model.seek(step.name, step.start))
      return
    case 'redrive':
      assert.equal(await subscriptions.redrive(step.name, step.seqs), model.redrive(step.name, step.seqs))
      return
    case 'pause':
      assert.equal(await subscriptions.setPaused(step.name, step.reason), model.setPaused(step.name, step.reason))
      return
    case 'remove':
      assert.equal(await subscriptions.remove(step.name), model.remove(step.name))
  }
}

async function claimInBoth(
  subscription: string,
  maxEvents: number,
  subscriptions: SubscriptionStore,
  model: SubscriptionModel,
): Promise<void> {
  const found = await subscriptions.claim({ name: subscription, maxEvents })
  const tokens = found?.deliveries.map(({ leaseToken }) => leaseToken) ?? []
  const known = model.leases.map(([token]) => token)
  assert.equal(new Set([...tokens, ...known]).size, tokens.length + known.length, 'every token is new')
  const expected = model.claim(subscription, maxEvents, tokens)
  assert.deepEqual(
    found && {
      nextDueAtMs: found.nextDueAtMs,
      hasMore: found.hasMore,
      deliveries: found.deliveries.map(({ event, attempt, leaseExpiresAtMs }) => ({
        seq: event.seq,
        attempt,
        leaseExpiresAtMs,
      })),
    },
    expected && { ...expected },
  )
}

async function assertSameState({ subscriptions }: EventStore, model: SubscriptionModel): Promise<void> {
  const states = model.states()
  assert.deepEqual(await subscriptions.list(), states)
  for (const state of states) assert.deepEqual(await subscriptions.find(state.name), state)
  for (const [owner, letters] of model.deadLetters()) {
    const page = await subscriptions.readDeadLetters({ name: owner, limit: 1000, afterSeq: 0 })
    assert.deepEqual(
      page?.deadLetters.map(({ event, ...letter }) => ({ seq: event.seq, ...letter })),
      letters,
    )
  }
}

/** @throws AssertionError when the store does anything that the model does not. */
export async function runSubscriptionHistory(steps: readonly SubscriptionStep[], place: StorePlace): Promise<void> {
  const model = new SubscriptionModel(startMs)
  const clock: Clock = { nowMs: () => model.nowMs, monotonicMs: () => performance.now() }
  let store = await place.open(clock)
  try {
    for (const step of steps) {
      if (step.kind === 'reopen' || step.kind === 'crash') {
        model[step.kind]()
        if (step.kind === 'crash') place.crash()
        await store[Symbol.asyncDispose]()
        store = await place.open(clock)
      } else {
        await doStep(step, store, model)
      }
      await assertSameState(store, model)
    }
  } finally {
    await store[Symbol.asyncDispose]()
  }
}
