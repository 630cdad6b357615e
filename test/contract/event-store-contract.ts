/**
 * What every event store must do, as tests. A store that passes is one that the pipeline can trust; the port in
 * core/event-store.ts gives the words, this suite their meaning. Part of the package, so that others can write stores:
 * it depends on Node's test runner alone.
 *
 * @module sekali/contract
 */
import { describe, type TestContext, test } from 'node:test'
import type { Clock } from '../../src/core/clock.ts'
import type { EventStore } from '../../src/core/event-store.ts'
import { appendBehaviour } from './append-behaviour.ts'
import { claimBehaviour } from './claim-behaviour.ts'
import { claimBoundsBehaviour } from './claim-bounds-behaviour.ts'
import { copiesBehaviour } from './copies-behaviour.ts'
import { counterBehaviour } from './counter-behaviour.ts'
import { deadLetterBehaviour } from './dead-letter-behaviour.ts'
import { duplicateBehaviour } from './duplicate-behaviour.ts'
import { histogramBehaviour } from './histogram-behaviour.ts'
import { identityBehaviour } from './identity-behaviour.ts'
import { logBehaviour } from './log-behaviour.ts'
import { pagingBehaviour } from './paging-behaviour.ts'
import { queryBehaviour } from './query-behaviour.ts'
import { durableRateBehaviour, rateBehaviour } from './rate-behaviour.ts'
import { durableBehaviour, volatileBehaviour } from './reopening-behaviour.ts'
import { seekBehaviour } from './seek-behaviour.ts'
import { settleBehaviour } from './settle-behaviour.ts'
import { startBehaviour } from './start-behaviour.ts'
import { type Behaviour, openBench } from './store-bench.ts'
import { subscriptionBehaviour } from './subscription-behaviour.ts'
import { durableSubscriptionBehaviour, volatileSubscriptionBehaviour } from './subscription-reopening-behaviour.ts'

/**
 * Opens the store at one place. Called again, after the store before was disposed of, it opens what that one left.
 *
 * The suite moves `clock` on: all that the store does by time, leases and delays of redelivery included, must go by it. The
 * stores here take it as `leaseNowMs: clock.nowMs` besides.
 */
export type OpenStore = (clock: Clock) => Promise<EventStore>

/** The store under test. */
export interface EventStoreSubject {
  /** False: what is stored is gone with the store; opened again it starts empty. */
  readonly isDurable: boolean
  /** A new, empty place for one test. What it takes up is given back with `t.after`. */
  readonly prepare: (t: TestContext) => OpenStore | Promise<OpenStore>
}

/**
 * Registers the suite with `node:test`: the whole of a store's first test file.
 *
 * ```ts
 * import { openMemoryEventStore } from 'sekali'
 * import { eventStoreContract } from 'sekali/contract'
 *
 * eventStoreContract('memory', {
 *   isDurable: false,
 *   prepare: () => async (clock) => openMemoryEventStore({ clock, leaseNowMs: clock.nowMs }),
 * })
 * ```
 *
 * @param name of the engine, for the report.
 * @param subject where its stores are opened.
 */
export function eventStoreContract(name: string, subject: EventStoreSubject): void {
  const behaviour: Behaviour = (sentence, check) => {
    test(sentence, async (t) => {
      await using bench = await openBench(await subject.prepare(t))
      await check(bench)
    })
  }
  describe(`subscriptions ${name}`, () => {
    subscriptionBehaviour(behaviour)
    startBehaviour(behaviour)
    claimBehaviour(behaviour)
    claimBoundsBehaviour(behaviour)
    settleBehaviour(behaviour)
    deadLetterBehaviour(behaviour)
    seekBehaviour(behaviour)
    if (subject.isDurable) durableSubscriptionBehaviour(behaviour)
    else volatileSubscriptionBehaviour(behaviour)
  })
  describe(`statistics ${name}`, () => {
    histogramBehaviour(behaviour)
    rateBehaviour(behaviour)
    copiesBehaviour(behaviour)
    if (subject.isDurable) durableRateBehaviour(behaviour)
  })
  describe(`event store ${name}`, () => {
    identityBehaviour(behaviour)
    appendBehaviour(behaviour)
    duplicateBehaviour(behaviour)
    counterBehaviour(behaviour)
    queryBehaviour(behaviour)
    pagingBehaviour(behaviour)
    logBehaviour(behaviour)
    if (subject.isDurable) durableBehaviour(behaviour)
    else volatileBehaviour(behaviour)
  })
}
