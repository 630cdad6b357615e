/** Random histories of the subscriptions of every store against plain objects that say what a subscription is. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock } from '../../src/core/clock.ts'
import type { EventStore } from '../../src/core/event-store.ts'
import type { StartPoint, SubscriptionSettings } from '../../src/core/subscription.ts'
import type { DeliveryCommand, SubscriptionStore } from '../../src/core/subscription-store.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { openPostgresEventStore } from '../../src/stores/postgres/postgres-event-store.ts'
import { openSqliteEventStore } from '../../src/stores/sqlite/sqlite-event-store.ts'
import { newEvent } from '../support/events.ts'
import { removeSharedPostgres, sharedPostgres } from '../support/postgres-server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { SubscriptionModel } from './subscription-model.ts'

const startMs = 1_769_851_800_000
const leaseMs = 10

/** A command about one of the deliveries so far, counted from the newest; round again when there are fewer. */
interface Intent {
  readonly kind: DeliveryCommand['kind']
  readonly age: number
  readonly delayMs: number
  /** The subscription it is sent to; undefined: the one that gave the delivery. */
  readonly name: string | undefined
}

type Step =
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

const name = fc.constantFrom('x', 'x', 'x', 'y')
const topic = fc.constantFrom('a', 'a', 'b')
const start: fc.Arbitrary<StartPoint> = fc.oneof(
  fc.constant<StartPoint>({ kind: 'earliest' }),
  fc.constant<StartPoint>({ kind: 'latest' }),
  fc.nat({ max: 12 }).map((seq): StartPoint => ({ kind: 'seq', seq })),
  fc.nat({ max: 40 }).map((ms): StartPoint => ({ kind: 'time', ms: startMs + ms })),
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

const create: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('create'), name, settings, start })
const append: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('append'),
  topics: fc.array(topic, { minLength: 1, maxLength: 5 }),
})
const claim: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('claim'),
  name,
  maxEvents: fc.integer({ min: 1, max: 5 }),
})
const settle: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('settle'),
  intents: fc.array(intent, { minLength: 1, maxLength: 5 }),
})
const wait: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('wait'),
  ms: fc.constantFrom(1, 3, leaseMs - 1, leaseMs, leaseMs),
})
const seek: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('seek'), name, start })
const seqs = fc.option(fc.array(fc.nat({ max: 12 }), { maxLength: 4 }), { nil: undefined })
const redrive: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('redrive'), name, seqs })
const reason = fc.constantFrom(undefined, 'because')
const pause: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('pause'), name, reason })
const remove: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('remove'), name })
const reopen: fc.Arbitrary<Step> = fc.constant({ kind: 'reopen' })

const common = [
  { arbitrary: create, weight: 1 },
  { arbitrary: append, weight: 3 },
  { arbitrary: claim, weight: 12 },
  { arbitrary: settle, weight: 12 },
  { arbitrary: wait, weight: 6 },
  { arbitrary: seek, weight: 1 },
  { arbitrary: redrive, weight: 2 },
  { arbitrary: pause, weight: 1 },
  { arbitrary: remove, weight: 1 },
] as const

/** Long ones: an event needs many steps to die, be redriven and die again. */
function historyOf(step: fc.Arbitrary<Step>, maxLength: number): fc.Arbitrary<Step[]> {
  return fc
    .tuple(create, append, fc.array(step, { maxLength, size: 'max' }))
    .map(([first, second, rest]) => [first, second, ...rest])
}

function commandOf({ kind, age, delayMs, name: other }: Intent, model: SubscriptionModel): DeliveryCommand {
  const { leases } = model
  const [leaseToken, giver] = leases.at(-1 - (age % Math.max(1, leases.length))) ?? ['none', 'x']
  const command = { name: other ?? giver, leaseToken }
  return kind === 'nack' ? { kind, ...command, delayMs, reason: `after ${delayMs}` } : { kind, ...command }
}

/** Does one step in the store and in the model; what comes back must be the same. */
async function doStep(
  step: Exclude<Step, { kind: 'reopen' }>,
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

async function runHistory(steps: readonly Step[], open: (clock: Clock) => Promise<EventStore>): Promise<void> {
  const model = new SubscriptionModel(startMs)
  const clock: Clock = { nowMs: () => model.nowMs, monotonicMs: () => performance.now() }
  let store = await open(clock)
  try {
    for (const step of steps) {
      if (step.kind === 'reopen') {
        await store[Symbol.asyncDispose]()
        store = await open(clock)
      } else {
        await doStep(step, store, model)
      }
      await assertSameState(store, model)
    }
  } finally {
    await store[Symbol.asyncDispose]()
  }
}

test('subscriptions in memory do in every history what the model does', () =>
  fc.assert(
    fc.asyncProperty(historyOf(fc.oneof(...common), 60), (history) =>
      runHistory(history, async (clock) => openMemoryEventStore({ clock, leaseNowMs: clock.nowMs })),
    ),
    { numRuns: 2000 },
  ))

test('subscriptions in SQLite do in every history what the model does, however often they are reopened', async (t) => {
  const folder = temporaryFolder(t)
  let files = 0
  await fc.assert(
    fc.asyncProperty(historyOf(fc.oneof(...common, { arbitrary: reopen, weight: 1 }), 250), (history) => {
      const path = join(folder, `${++files}.db`)
      return runHistory(history, (clock) => openSqliteEventStore(path, { clock, leaseNowMs: clock.nowMs }))
    }),
    { numRuns: 25 },
  )
})

test('subscriptions in PostgreSQL do in every history what the model does, however often they are reopened', async (t) => {
  t.after(removeSharedPostgres)
  const postgres = await sharedPostgres()
  await fc.assert(
    fc.asyncProperty(historyOf(fc.oneof(...common, { arbitrary: reopen, weight: 1 }), 250), async (history) => {
      const url = await postgres.createDatabase()
      await runHistory(history, async (clock) =>
        openPostgresEventStore(url, { clock, leaseNowMs: () => clock.nowMs() }),
      )
    }),
    { numRuns: 8 },
  )
})
