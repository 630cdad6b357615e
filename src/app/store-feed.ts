/**
 * Who hears of changes of the store: the live tail, the pulls that wait, and the pushes. Of a store that only this process
 * writes to, its own commits are all there is to hear of; others are watched as well.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type AppError, toAppError } from '../core/errors.ts'
import type { EventStore } from '../core/event-store.ts'
import type { CommittedGroup } from '../pipeline/consumer.ts'
import type { Deliveries } from '../pipeline/delivery.ts'
import { LogFollower } from '../pipeline/log-follower.ts'
import type { Pushes } from '../pipeline/push/pushes.ts'
import type { TailHub } from '../pipeline/tail-hub.ts'

export interface StoreFeedOptions {
  readonly store: EventStore
  readonly tailHub: TailHub
  readonly deliveries: Deliveries
  readonly pushes: Pushes
  /** Told of every call of the store that failed. */
  readonly onFailure: (error: AppError) => void
}

export interface StoreFeed extends AsyncDisposable {
  /** To be told of every group commit of this process, in order. */
  onCommit(group: CommittedGroup): void
  /** Starts the pushes, and watches the store if it is shared. @throws AppError as the store, if it is not. */
  start(): Promise<void>
}

/** Between two looks at which subscriptions are pushed. */
const pushLookEveryMs = 500

export function buildStoreFeed(options: StoreFeedOptions): StoreFeed {
  return options.store.watch === undefined ? ownFeed(options) : new SharedFeed(options)
}

/** The end of the log, where it is known before the store is watched. */
export async function lastSeqOf(store: EventStore): Promise<number | undefined> {
  return store.watch === undefined ? (await store.stats()).lastSeq : undefined
}

function ownFeed({ tailHub, deliveries, pushes }: StoreFeedOptions): StoreFeed {
  return {
    onCommit(group) {
      deliveries.notifyCommit()
      tailHub.publish(group)
    },
    start: () => pushes.startAll(),
    async [Symbol.asyncDispose]() {},
  }
}

class SharedFeed implements StoreFeed {
  readonly #options: StoreFeedOptions
  readonly #follower: LogFollower
  #watch: AsyncDisposable | undefined
  #arePushesStale = false
  #areBeingStarted = false
  #isClosed = false

  constructor(options: StoreFeedOptions) {
    this.#options = options
    this.#follower = new LogFollower(options)
  }

  onCommit(group: CommittedGroup): void {
    this.#options.deliveries.notifyCommit()
    this.#follower.onCommit(group)
  }

  async start(): Promise<void> {
    const { store, deliveries } = this.#options
    this.#watch = store.watch?.({
      onLogEnd: (lastSeq) => {
        deliveries.notifyCommit()
        this.#follower.onLogEnd(lastSeq)
      },
      onDeliveriesChange: () => deliveries.notifyCommit(),
      onSubscriptionsChange: () => {
        this.#arePushesStale = true
        void this.#startPushes()
      },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#follower[Symbol.dispose]()
    await this.#watch?.[Symbol.asyncDispose]()
  }

  async #startPushes(): Promise<void> {
    const { pushes, onFailure } = this.#options
    if (this.#areBeingStarted) return
    this.#areBeingStarted = true
    while (this.#arePushesStale && !this.#isClosed) {
      this.#arePushesStale = false
      try {
        await pushes.startAll()
      } catch (thrown) {
        this.#arePushesStale = true
        onFailure(toAppError(thrown, 'store_unavailable'))
      }
      await sleep(pushLookEveryMs, undefined, { ref: false })
    }
    this.#areBeingStarted = false
  }
}
