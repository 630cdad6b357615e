/**
 * What a simulated store has on its medium. Every transaction is one record of a write-ahead log; what was written is there
 * for whoever reads, and survives the end of the process, but only what was synced survives the loss of power.
 */
import type { Clock } from '../../src/core/clock.ts'
import { type LogPage, type LogQuery, storeLimits } from '../../src/core/event-store.ts'
import { topicMatcher } from '../../src/core/topic-pattern.ts'
import { collectLogPage, type LogRow, type WalkedEvent } from '../../src/stores/collect-page.ts'
import { type LeaseMoment, openLeaseClock } from '../../src/stores/lease-clock.ts'
import { MemorySubscriptionStore } from '../../src/stores/memory/memory-subscription-store.ts'
import type { Random } from '../random.ts'
import { PageDisk, type PageUndo } from './page-disk.ts'

/** A change of subscriptions; done again it does the same. */
export type SubscriptionChange = (store: MemorySubscriptionStore) => Promise<unknown>

interface WalRecord {
  /** Events that were received, and how many of them were stored. */
  readonly received: number
  readonly rows: number
  readonly pageChanges: readonly PageUndo[]
  readonly change:
    | { readonly run: SubscriptionChange; readonly moment: LeaseMoment; readonly lastSeq: number }
    | undefined
}

export class SimDisk {
  /** In seq order: the event with seq n is at n - 1. */
  readonly rows: WalkedEvent[] = []
  readonly pages = new PageDisk()
  readonly #topicIds = new Map<string, number>()
  readonly #records: WalRecord[] = []
  readonly #clock: Clock
  #leaseMoment: () => LeaseMoment
  #subscriptions: MemorySubscriptionStore
  #syncedRecords = 0
  #received = 0
  /** While subscriptions are changed or brought back: the time and the end of the log that the change saw. */
  #seen = { moment: { nowMs: 0, wallMs: 0 }, lastSeq: 0 }

  constructor(clock: Clock) {
    this.#clock = clock
    this.#leaseMoment = openLeaseClock({ clock })
    this.#subscriptions = this.#openSubscriptions()
  }

  get received(): number {
    return this.#received
  }

  /** The last seq that a loss of power leaves. */
  get durableSeq(): number {
    let lost = 0
    for (const { rows } of this.#records.slice(this.#syncedRecords)) lost += rows
    return this.rows.length - lost
  }

  /** A store opens on it: leases run by the wall clock of then, carried on by the monotonic one. */
  startLeaseClock(): void {
    this.#leaseMoment = openLeaseClock({ clock: this.#clock })
  }

  /** Numbers for topics, given in the order in which they are first stored. */
  topicId(topic: string): number {
    let id = this.#topicIds.get(topic)
    if (id === undefined) {
      id = this.#topicIds.size + 1
      this.#topicIds.set(topic, id)
    }
    return id
  }

  /** One transaction of the event log and the index; what of it changed pages is already there. */
  writeEvents(rows: readonly WalkedEvent[], received: number): void {
    this.rows.push(...rows)
    this.#received += received
    this.#write({ received, rows: rows.length, change: undefined })
  }

  /** One transaction of subscriptions. */
  writeChange<T>(run: (store: MemorySubscriptionStore) => Promise<T>): Promise<T> {
    this.#seen = { moment: this.#leaseMoment(), lastSeq: this.rows.length }
    this.#write({ received: 0, rows: 0, change: { run, ...this.#seen } })
    return run(this.#subscriptions)
  }

  sync(): void {
    this.#syncedRecords = this.#records.length
  }

  /** The power goes: of what was not synced a part from its start is left. */
  losePower(random: Random): void {
    const left = this.#syncedRecords + random.whole(0, this.#records.length - this.#syncedRecords)
    const lost = this.#records.splice(left)
    for (const { rows, received, pageChanges } of lost.reverse()) {
      this.rows.length -= rows
      this.#received -= received
      this.pages.revert(pageChanges)
    }
    if (lost.some(({ change }) => change !== undefined)) this.#replaySubscriptions()
    // What survived did so because it had reached the medium.
    this.sync()
  }

  /** Now and then with a part of what was asked for, as when a look takes longer than it may. */
  readLog(query: LogQuery, { share, whole }: Random): LogPage {
    const limit = share() < 0.4 ? whole(1, 4) : query.limit
    return this.#read({ ...query, limit: Math.min(limit, query.limit) }, this.durableSeq)
  }

  #write(record: Omit<WalRecord, 'pageChanges'>): void {
    this.#records.push({ ...record, pageChanges: this.pages.takeChanges() })
  }

  #replaySubscriptions(): void {
    this.#subscriptions = this.#openSubscriptions()
    for (const { change } of this.#records) {
      if (change === undefined) continue
      this.#seen = change
      void change.run(this.#subscriptions)
    }
  }

  #openSubscriptions(): MemorySubscriptionStore {
    let made = 0
    return new MemorySubscriptionStore({
      moment: () => this.#seen.moment,
      lastSeq: () => this.#seen.lastSeq,
      eventAt: (seq) => this.rows[seq - 1] as WalkedEvent,
      // Cut short as `readLog` is, but so that it is the same when it is done again.
      read: (query) =>
        this.#read(
          { ...query, limit: query.after % 3 === 0 ? Math.min(2, query.limit) : query.limit },
          this.#seen.lastSeq,
        ),
      newSecret: () => new Uint8Array(32).fill(++made),
    })
  }

  #read(query: LogQuery, lastSeq: number): LogPage {
    const clock = { nowMs: () => 0, monotonicMs: () => 0 }
    const bounds = { limit: query.limit, maxChars: Math.min(query.maxChars, storeLimits.maxPageChars) }
    return collectLogPage(this.#walk(query, lastSeq), { ...query, ...bounds }, lastSeq, clock)
  }

  *#walk({ after, topics, source }: LogQuery, lastSeq: number): Generator<LogRow> {
    const matchesTopic = topicMatcher(topics)
    for (let seq = after + 1; seq <= lastSeq; seq++) {
      const row = this.rows[seq - 1] as WalkedEvent
      yield {
        seq,
        isWanted: matchesTopic(row.topic) && (source === undefined || row.source === source),
        read: () => row,
      }
    }
  }
}
