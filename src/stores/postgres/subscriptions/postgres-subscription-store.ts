/** The subscriptions of a PostgreSQL store: leases are the cluster's, by the database's clock. */
import type { Clock } from '../../../core/clock.ts'
import type { StartPoint, SubscriptionSettings, SubscriptionState } from '../../../core/subscription.ts'
import type {
  Claim,
  ClaimOptions,
  CreateOutcome,
  DeadLetterPage,
  DeadLetterQuery,
  DeliveryCommand,
  DeliveryOutcome,
  SubscriptionStore,
} from '../../../core/subscription-store.ts'
import { bigintArray } from '../binary-array.ts'
import type { Connection, Statement } from '../connection.ts'
import type { ConnectionPool } from '../connection-pool.ts'
import { onlyLane } from '../migrations.ts'
import { begin, commit, inTransaction } from '../transaction.ts'
import { type ClaimPlan, carryOut, type GivenDelivery, planClaim } from './claim.ts'
import { type Redriven, type RedriveStep, readDeadLetterPage, redriveSome } from './dead-letters.ts'
import {
  createSubscription,
  pauseSubscription,
  removeSubscription,
  seekSubscription,
  setFailingSince,
} from './define.ts'
import { settle } from './settle.ts'
import { type Advance, countSubscriptions, readStates } from './states.ts'
import { type LockedSubscription, lockSubscriptions } from './subscription-row.ts'

export interface PostgresSubscriptionStoreOptions {
  readonly clock: Clock
  readonly reader: ConnectionPool
  readonly writer: ConnectionPool
  /** What tests put in place of the database's time. */
  readonly leaseNowMs: (() => number) | undefined
}

/** Events that were looked at and not asked for; after a crash, and on other nodes, at most as many are looked at again. */
const maxUnwrittenAdvance = 10_000

const writeAdvances: Statement = {
  name: 'write_advances',
  text: `
    UPDATE subscription SET cursor = greatest(cursor, advance.through)
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS advance (id, epoch, through)
    WHERE subscription.lane = ${onlyLane} AND subscription.id = advance.id AND subscription.epoch = advance.epoch`,
}

export class PostgresSubscriptionStore implements SubscriptionStore {
  readonly #options: PostgresSubscriptionStoreOptions
  /** By name: a rare topic does not cost a commit for every look that finds nothing. */
  readonly #advances = new Map<string, Advance>()

  constructor(options: PostgresSubscriptionStoreOptions) {
    this.#options = options
  }

  create(name: string, settings: SubscriptionSettings, start: StartPoint): Promise<CreateOutcome> {
    return this.#commit((connection) => createSubscription(connection, { name, settings, start }, this.#nowMsOf))
  }

  async remove(name: string): Promise<true | undefined> {
    const removed = await this.#commit((connection) => removeSubscription(connection, name))
    this.#advances.delete(name)
    return removed
  }

  async find(name: string): Promise<SubscriptionState | undefined> {
    return (await this.#states(name))[0]
  }

  list(): Promise<readonly SubscriptionState[]> {
    return this.#states(undefined)
  }

  count(): Promise<number> {
    return this.#options.reader.use(countSubscriptions)
  }

  claim(options: ClaimOptions): Promise<Claim | undefined> {
    return this.#options.writer.use((connection) =>
      inTransaction(connection, async () => {
        await begin(connection)
        const [subscription] = await lockSubscriptions(connection, [options.name])
        const claim = subscription && (await this.#claimLocked(connection, subscription, options))
        // What changed nothing needs no commit.
        if (claim === undefined || claim.deliveries === undefined) await connection.run('ROLLBACK')
        else await commit(connection)
        return claim && { ...claim, deliveries: claim.deliveries ?? [] }
      }),
    )
  }

  settle(commands: readonly DeliveryCommand[]): Promise<DeliveryOutcome[]> {
    return this.#commit((connection) => settle(connection, commands, this.#nowMsOf))
  }

  async seek(name: string, start: StartPoint): Promise<true | undefined> {
    const moved = await this.#commit((connection) => seekSubscription(connection, { name, start }))
    this.#advances.delete(name)
    return moved
  }

  readDeadLetters(query: DeadLetterQuery): Promise<DeadLetterPage | undefined> {
    return this.#options.reader.use((connection) => readDeadLetterPage(connection, query))
  }

  async redrive(name: string, seqs: readonly number[] | undefined): Promise<number | undefined> {
    let redriven = 0
    let afterSeq: number | undefined = 0
    while (afterSeq !== undefined) {
      const step: RedriveStep = { name, seqs, afterSeq }
      const done: Redriven | undefined = await this.#commit((connection) =>
        redriveSome(connection, step, this.#nowMsOf),
      )
      if (done === undefined) return undefined
      redriven += done.redriven
      afterSeq = done.nextAfterSeq
    }
    return redriven
  }

  setFailingSince(name: string, atMs: number | undefined): Promise<true | undefined> {
    return this.#commit((connection) => setFailingSince(connection, { name, atMs }))
  }

  setPaused(name: string, reason: string | undefined): Promise<true | undefined> {
    return this.#commit((connection) => pauseSubscription(connection, { name, reason }))
  }

  /** Before the connections are closed: a clean end leaves nothing to be looked at again. */
  async writeAdvances(): Promise<void> {
    const advances = [...this.#advances.values()]
    if (advances.length === 0) return
    const columns = [
      advances.map(({ subscriptionId }) => subscriptionId),
      advances.map(({ epoch }) => epoch),
      advances.map(({ through }) => through),
    ]
    try {
      await this.#commit((connection) => connection.query(writeAdvances, columns.map(bigintArray)))
    } catch {
      // What is not written is looked at again; closing must go on.
    }
  }

  /** Deliveries are undefined when nothing was changed. */
  async #claimLocked(
    connection: Connection,
    subscription: LockedSubscription,
    { name, maxEvents }: ClaimOptions,
  ): Promise<(Omit<Claim, 'deliveries'> & { deliveries: GivenDelivery[] | undefined }) | undefined> {
    const { clock } = this.#options
    const { id, epoch, databaseNowMs } = subscription
    const nowMs = this.#nowMsOf(databaseNowMs)
    const advance = this.#advances.get(name)
    const isCurrent = advance?.subscriptionId === id && advance.epoch === epoch
    const cursor = isCurrent ? Math.max(subscription.cursor, advance.through) : subscription.cursor
    const plan = await planClaim(connection, subscription, { maxEvents, nowMs, cursor, clock })
    const toNodeTime = (dueMs: number) => dueMs - nowMs + clock.nowMs()
    const { hasMore, nextDueAtMs } = plan
    if (!isWorthACommit(plan, subscription.cursor)) {
      if (plan.through > subscription.cursor) {
        this.#advances.set(name, { subscriptionId: id, epoch, through: plan.through })
      }
      return { deliveries: undefined, hasMore, nextDueAtMs: nextDueAtMs && toNodeTime(nextDueAtMs) }
    }
    const deliveries = await carryOut(connection, subscription, { plan, nowMs })
    const dueTimes = [nextDueAtMs, deliveries[0]?.leaseExpiresAtMs].filter((dueMs) => dueMs !== undefined)
    return { deliveries, hasMore, nextDueAtMs: dueTimes.length === 0 ? undefined : toNodeTime(Math.min(...dueTimes)) }
  }

  readonly #nowMsOf = (databaseNowMs: number): number => this.#options.leaseNowMs?.() ?? databaseNowMs

  #states(name: string | undefined): Promise<SubscriptionState[]> {
    const advances = [...this.#advances]
      .filter(([each]) => name === undefined || each === name)
      .map(([, advance]) => advance)
    const query = { name, nowMs: this.#options.leaseNowMs?.(), advances }
    return this.#options.reader.use((connection) => readStates(connection, query))
  }

  #commit<T>(change: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#options.writer.use((connection) =>
      inTransaction(connection, async () => {
        await begin(connection)
        const result = await change(connection)
        await commit(connection)
        return result
      }),
    )
  }
}

function isWorthACommit({ dueSeqs, newSeqs, hasExhausted, through }: ClaimPlan, writtenCursor: number): boolean {
  return dueSeqs.length + newSeqs.length > 0 || hasExhausted || through - writtenCursor >= maxUnwrittenAdvance
}
