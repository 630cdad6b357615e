/**
 * Sees what other nodes do: asks for the end of the log and for the changes of subscriptions, again and again. It also is what
 * notices that the server has gone or come back, and says so once.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { toAppError } from '../../core/errors.ts'
import type { StoreObserver } from '../../core/event-store.ts'
import type { StoreNotice } from '../store-notice.ts'
import type { Connection, Statement } from './connection.ts'
import { durabilityText, readDurability } from './durability.ts'
import { onlyLane } from './migrations.ts'

const everyMs = 50
const everyMsWhileGone = 500

const readChanges: Statement = {
  name: 'read_changes',
  text: `
    SELECT head.next_seq - 1 AS last_seq,
      subscription_head.changes AS subscription_changes,
      subscription_head.changes + (SELECT coalesce(sum(changes), 0) FROM subscription WHERE lane = ${onlyLane})::bigint AS delivery_changes
    FROM lane_head AS head, subscription_head WHERE head.lane = ${onlyLane} AND subscription_head.lane = ${onlyLane}`,
}

export interface StoreWatchOptions {
  readonly open: () => Promise<Connection>
  /** Whether a connection is still worth asking. */
  readonly isCurrent: (connection: Connection) => boolean
  readonly observer: StoreObserver
  readonly notify: (notice: StoreNotice) => void
}

export class StoreWatch implements AsyncDisposable {
  readonly #options: StoreWatchOptions
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>
  #lastSeq: number | undefined
  #deliveryChanges: number | undefined
  #subscriptionChanges: number | undefined
  #isGone = false

  constructor(options: StoreWatchOptions) {
    this.#options = options
    this.#ended = this.#run()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const connection = await this.#options.open()
        try {
          await this.#follow(connection)
        } finally {
          await connection.close()
        }
      } catch (thrown) {
        this.#sayGone(toAppError(thrown, 'store_unavailable').message)
        await this.#pause(everyMsWhileGone)
      }
    }
  }

  async #follow(connection: Connection): Promise<void> {
    const durability = durabilityText(await readDurability(connection))
    this.#options.notify({ level: 'info', text: `PostgreSQL is there: commits are ${durability}` })
    this.#isGone = false
    while (!this.#stop.signal.aborted && this.#options.isCurrent(connection)) {
      const [row] = await connection.query(readChanges)
      this.#report(Number(row?.last_seq))
      this.#reportChanges(Number(row?.delivery_changes), Number(row?.subscription_changes))
      await this.#pause(everyMs)
    }
  }

  #report(lastSeq: number): void {
    const { observer, notify } = this.#options
    if (this.#lastSeq !== undefined && lastSeq < this.#lastSeq) {
      const text = `the log ends at ${lastSeq}, and ended at ${this.#lastSeq}: this server has lost events that the one before had`
      notify({ level: 'error', text })
    }
    if (lastSeq !== this.#lastSeq) observer.onLogEnd(lastSeq)
    this.#lastSeq = lastSeq
  }

  #reportChanges(deliveryChanges: number, subscriptionChanges: number): void {
    const { observer } = this.#options
    if (deliveryChanges !== this.#deliveryChanges) observer.onDeliveriesChange()
    if (subscriptionChanges !== this.#subscriptionChanges) observer.onSubscriptionsChange()
    this.#deliveryChanges = deliveryChanges
    this.#subscriptionChanges = subscriptionChanges
  }

  #sayGone(reason: string): void {
    if (this.#isGone || this.#stop.signal.aborted) return
    this.#isGone = true
    this.#options.notify({ level: 'warn', text: `waiting for PostgreSQL: ${reason}` })
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {})
  }
}
