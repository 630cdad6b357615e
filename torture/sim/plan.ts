/** What one seed has in store: how much is published, who reads, and how often what goes wrong. */
import type { StartPoint, SubscriptionSettings } from '../../src/core/subscription.ts'
import type { Random } from '../random.ts'
import type { StoreFaults } from './store.ts'

export interface SubscriptionPlan {
  readonly name: string
  readonly settings: SubscriptionSettings
  readonly start: StartPoint & { readonly kind: 'seq' }
  readonly workers: number
}

export interface Plan {
  /** Another process appends to the store as well, and the store outlives this one: PostgreSQL. Otherwise: SQLite. */
  readonly isShared: boolean
  readonly queueCapacityEvents: number
  readonly queueMaxWaitMs: number
  /** Of a group that begins while another is under way. */
  readonly minSecondGroupEvents: number
  readonly publishers: number
  readonly batchesPerPublisher: number
  readonly maxBatchEvents: number
  /** Of a batch that is large, so that the index flushes and merges; 0: there is none. */
  readonly bulkEvents: number
  readonly tails: number
  readonly subscriptions: readonly SubscriptionPlan[]
  readonly faults: StoreFaults
  /** At every step of a transaction. */
  readonly crashShare: number
  readonly maxCrashes: number
  /** Wall clock, milliseconds. */
  readonly clockJumps: readonly { readonly atMs: number; readonly byMs: number }[]
  /** A reader with more than this untaken counts as one that does not keep up. */
  readonly maxPendingBytes: number
  /** From then on nothing goes wrong any more. */
  readonly healAtMs: number
}

const hourMs = 60 * 60 * 1000
const noFaults: StoreFaults = { refused: 0, unknown: 0, failed: 0, slow: 0 }

export function drawPlan(random: Random): Plan {
  const { share, whole } = random
  const isShared = share() < 0.25
  const isCalm = share() < 0.1
  const subscriptions = Array.from({ length: whole(0, 2) }, (_, at) => drawSubscription(random, `s${at}`))
  return {
    isShared,
    ...drawSize(random),
    queueMaxWaitMs: random.of([100, 1000, 5000]),
    minSecondGroupEvents: random.of([1, 5, 1000]),
    publishers: whole(1, 5),
    tails: whole(0, 3),
    subscriptions,
    faults: isCalm ? { ...noFaults } : drawFaults(random, isShared),
    crashShare: isCalm ? 0 : random.of([0, 0.005, 0.02, 0.06]),
    maxCrashes: whole(1, 4),
    clockJumps: share() < 0.2 ? [drawJump(random), drawJump(random)] : [],
    maxPendingBytes: random.of([200, 2000, 1_000_000]),
    healAtMs: whole(300, 3000),
  }
}

type Size = Pick<Plan, 'queueCapacityEvents' | 'batchesPerPublisher' | 'maxBatchEvents' | 'bulkEvents'>

function drawSize({ share, whole, of }: Random): Size {
  // Memtables are flushed after 64 keys, and merged after 512.
  if (share() < 0.05) return { queueCapacityEvents: 50, batchesPerPublisher: 8, maxBatchEvents: 8, bulkEvents: 45 }
  return {
    queueCapacityEvents: of([4, 15, 50]),
    batchesPerPublisher: whole(2, 8),
    maxBatchEvents: of([1, 3, 8]),
    bulkEvents: 0,
  }
}

function drawFaults({ of }: Random, isShared: boolean): StoreFaults {
  return {
    refused: of([0, 0.02, 0.15]),
    unknown: isShared ? of([0, 0.05, 0.2]) : 0,
    failed: isShared ? 0 : of([0, 0, 0.02]),
    slow: of([0, 0, 0.03, 0.1]),
  }
}

function drawJump({ of, whole, share }: Random): { atMs: number; byMs: number } {
  const byMs = of([-60_000, -500, 500, 10_000, hourMs, 365 * 24 * hourMs])
  return { atMs: whole(0, 2500), byMs: Math.floor(byMs * (0.5 + 0.5 * share())) }
}

function drawSubscription({ of, whole }: Random, name: string): SubscriptionPlan {
  return {
    name,
    settings: {
      topics: of([['a'], ['b.*'], ['a', 'b.x']]),
      leaseMs: of([100, 500, 5000]),
      maxAttempts: of([2, 5, 1000]),
      push: undefined,
    },
    start: { kind: 'seq', seq: of([0, 0, 7]) },
    workers: whole(1, 3),
  }
}
