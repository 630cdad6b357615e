/**
 * One life of the simulated process: the pipeline that ships, wired as `start-aggregator.ts` wires it, over a store of the
 * simulation. What reaches it over the network, and what of its answers gets back, goes through `call`.
 */

import { buildSubscriptions } from '../../src/app/build-subscriptions.ts'
import { buildStoreFeed, lastSeqOf, type StoreFeed } from '../../src/app/store-feed.ts'
import type { AppError } from '../../src/core/errors.ts'
import type { StoredEvent } from '../../src/core/event.ts'
import type { EventStore } from '../../src/core/event-store.ts'
import { BoundedQueue } from '../../src/pipeline/bounded-queue.ts'
import { Consumer } from '../../src/pipeline/consumer.ts'
import type { Deliveries } from '../../src/pipeline/delivery.ts'
import type { Pushes } from '../../src/pipeline/push/pushes.ts'
import { Readiness } from '../../src/pipeline/readiness.ts'
import type { Subscriptions } from '../../src/pipeline/subscriptions.ts'
import { TailHub } from '../../src/pipeline/tail-hub.ts'
import type { Scheduler } from './scheduler.ts'

export interface SimProcessOptions {
  readonly scheduler: Scheduler
  readonly store: EventStore
  readonly queueCapacityEvents: number
  readonly queueMaxWaitMs: number
  readonly minSecondGroupEvents: number
  /** The store can vouch for nothing any more: the process has to end. */
  readonly onStoreFailed: () => void
}

const queueCapacityBytes = 1024 * 1024

export class SimProcess {
  readonly queue: BoundedQueue
  readonly consumer: Consumer
  readonly deliveries: Deliveries
  readonly subscriptions: Subscriptions
  readonly tailHub: TailHub
  readonly readiness: Readiness
  readonly #pushes: Pushes
  readonly #feed: StoreFeed

  private constructor(options: SimProcessOptions, lastSeq: number | undefined) {
    const { store, scheduler, minSecondGroupEvents, onStoreFailed } = options
    const { queueCapacityEvents: capacityEvents, queueMaxWaitMs: maxWaitMs } = options
    const { clock } = scheduler
    const onFailure = (error: AppError) => {
      if (error.code === 'store_failed') onStoreFailed()
    }
    this.queue = new BoundedQueue({ capacityEvents, capacityBytes: queueCapacityBytes, maxWaitMs })
    this.tailHub = new TailHub({ store, lastSeq, encode: tailLine, heartbeat: Buffer.from('\n') })
    this.readiness = new Readiness({ store, clock, onFailure })
    const parts = buildSubscriptions({
      store: store.subscriptions,
      clock,
      logger: { info: () => {}, warn: () => {} },
      metrics: { onClaimed: () => {}, onSettled: () => {}, onPush: () => {} },
      isPrivatePushAllowed: false,
      onFailure,
    })
    this.deliveries = parts.deliveries
    this.#pushes = parts.pushes
    this.subscriptions = parts.subscriptions
    const { tailHub, deliveries, readiness } = this
    const feed = buildStoreFeed({ store, tailHub, deliveries, pushes: parts.pushes, onFailure })
    this.#feed = feed
    this.consumer = new Consumer({
      queue: this.queue,
      store,
      clock,
      minSecondGroupEvents,
      onCommit(group) {
        readiness.recordCommit()
        feed.onCommit(group)
      },
      onFailure(error) {
        readiness.recordFailure()
        onFailure(error)
      },
    })
  }

  static async start(options: SimProcessOptions): Promise<SimProcess> {
    const started = new SimProcess(options, await lastSeqOf(options.store))
    await started.#feed.start()
    return started
  }

  /** As SIGTERM does: what was accepted is answered, and nothing goes on afterwards. */
  async drain(): Promise<void> {
    this.readiness.startDraining()
    this.deliveries.startDraining()
    await this.tailHub[Symbol.asyncDispose]()
    await this.consumer[Symbol.asyncDispose]()
    await this.#feed[Symbol.asyncDispose]()
    await this.#pushes[Symbol.asyncDispose]()
    await this.deliveries[Symbol.asyncDispose]()
  }
}

/** An event as readers of the tail get it: one line. */
function tailLine({ seq, topic, eventId, payload }: StoredEvent): Buffer {
  return Buffer.from(`${seq} ${topic} ${eventId} ${payload}\n`, 'latin1')
}
