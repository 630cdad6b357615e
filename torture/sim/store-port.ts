/** The simulated store as the program sees it, in one life of the process. What no simulated client asks for is not there. */
import type { EventStore, StoreObserver } from '../../src/core/event-store.ts'
import { PackedEvents } from '../../src/core/packed-events.ts'
import type { StatisticsStore } from '../../src/core/statistics-store.ts'
import type { SubscriptionStore } from '../../src/core/subscription-store.ts'
import type { SimDisk } from './disk.ts'
import type { Oracle } from './oracle.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimStore } from './store.ts'

export interface StorePortOptions {
  readonly store: SimStore
  readonly disk: SimDisk
  readonly scheduler: Scheduler
  readonly oracle: Oracle
  readonly life: number
  /** Other processes write to it as well. */
  readonly isShared: boolean
}

const watchEveryMs = 50
const unused = () => Promise.reject(new Error('no client of the simulation asks for this'))

const statistics: StatisticsStore = {
  countEvents: unused,
  readRates: unused,
  readCopies: unused,
  summariseByEvent: unused,
  summariseBySource: unused,
}

export function openStorePort(options: StorePortOptions): EventStore {
  const { store, disk, scheduler, life, isShared } = options
  const port: EventStore = {
    subscriptions: subscriptionPort(options),
    statistics,
    append: (events, processedAtMs = scheduler.clock.nowMs()) =>
      store.append(PackedEvents.from(events), processedAtMs, life),
    checkWritable: () => store.touch(life),
    readLog: (query) => store.read('readLog', life, () => disk.readLog(query, scheduler.random)),
    stats: () =>
      store.read('stats', life, () => ({
        engine: 'simulated',
        bytes: 0,
        received: disk.received,
        uniqueProcessed: disk.rows.length,
        duplicateDropped: disk.received - disk.rows.length,
        conflicts: 0,
        lastSeq: disk.rows.length,
      })),
    findEvent: unused,
    readEvents: unused,
    readDuplicates: unused,
    readTopicNames: unused,
    readTopics: unused,
    async [Symbol.asyncDispose]() {},
  }
  return isShared ? { ...port, watch: (observer) => watch(options, observer) } : port
}

function subscriptionPort({ store, oracle, life }: StorePortOptions): SubscriptionStore {
  return {
    create: (name, settings, start) => store.change('create', life, (on) => on.create(name, settings, start)),
    find: (name) => store.change('find', life, (on) => on.find(name)),
    list: () => store.change('list', life, (on) => on.list()),
    claim: (options) =>
      store.change(
        'claim',
        life,
        (on) => on.claim(options),
        (claim) => claim && oracle.onClaimed(options.name, claim.deliveries),
      ),
    settle: (commands) => store.change('settle', life, (on) => on.settle(commands)),
    readDeadLetters: (query) => store.change('readDeadLetters', life, (on) => on.readDeadLetters(query)),
    remove: unused,
    count: unused,
    seek: unused,
    redrive: unused,
    setPaused: unused,
    setFailingSince: unused,
  }
}

/** Tells of every new end of the log, as the PostgreSQL store does; now and then it misses some and tells of the last. */
function watch({ disk, scheduler, life }: StorePortOptions, observer: StoreObserver): AsyncDisposable {
  let told: number | undefined
  let isOver = false
  const look = () => {
    if (isOver) return
    if (disk.durableSeq !== told) {
      told = disk.durableSeq
      observer.onLogEnd(told)
    }
    scheduler.after('watch', watchEveryMs * (0.5 + scheduler.random.share()), look, life)
  }
  scheduler.after('watch', 1, look, life)
  return {
    async [Symbol.asyncDispose]() {
      isOver = true
    },
  }
}
