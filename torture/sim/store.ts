/**
 * A store on a simulated disk, run as the SQLite store runs: one writer that does one transaction after the other, and
 * readers beside it. The dedup index is the one that ships, over simulated pages; what a transaction waits for, how long, and
 * what goes wrong with it, the seed decides.
 */
import { AppError } from '../../src/core/errors.ts'
import type { NewEvent } from '../../src/core/event.ts'
import type { AppendResult } from '../../src/core/event-store.ts'
import type { PackedEvents } from '../../src/core/packed-events.ts'
import type { WalkedEvent } from '../../src/stores/collect-page.ts'
import type { MemorySubscriptionStore } from '../../src/stores/memory/memory-subscription-store.ts'
import { geometryOf } from '../../src/stores/sqlite/dedup/geometry.ts'
import { halfSipHash } from '../../src/stores/sqlite/dedup/key-hash.ts'
import { memtableCount, openLogStructuredDedupIndex } from '../../src/stores/sqlite/dedup/log-structured-dedup-index.ts'
import { memtableBytes } from '../../src/stores/sqlite/dedup/memtable.ts'
import type { DedupIndex, EventKey } from '../../src/stores/sqlite/dedup-index.ts'
import type { SimDisk } from './disk.ts'
import { outside, type Scheduler } from './scheduler.ts'

export interface SimStoreOptions {
  readonly scheduler: Scheduler
  readonly disk: SimDisk
  /** The life that the store ends with; `outside` for one that is another machine's. */
  readonly life: number
  readonly faults: StoreFaults
  /** A place where the process may end. @returns whether it did. */
  readonly crashPoint: (name: string) => boolean
}

/** Drawn anew for every transaction; shares from 0 to 1. */
export interface StoreFaults {
  /** Nothing was changed, and it says so. */
  refused: number
  /** It was made, and the answer is that nobody knows. */
  unknown: number
  /** The medium failed at the sync: the store can vouch for nothing any more. */
  failed: number
  /** Takes seconds. */
  slow: number
}

interface Transaction {
  readonly name: string
  /** Of these the answers come in order. */
  readonly isAppend: boolean
  readonly run: () => Made
  /** Does what it can of it, and takes it back. */
  readonly tryInVain: () => void
  readonly reject: (error: AppError) => void
  /** Whose wait for the answer ends with which life. */
  readonly life: number
}

interface Made {
  readonly answer: () => void
  /** To be called when it is durable. */
  readonly settle: () => void
}

/** Small, so that a run gets to see flushes and merges: 64 keys. */
const memtableBits = 6
const hashSeed = [0x5eca11, 0x0ce] as const

export class SimStore {
  readonly #options: SimStoreOptions
  readonly #index: DedupIndex
  readonly #waiting: Transaction[] = []
  #isBusy = false
  #lastAppendMs = 0
  /** The process that has it will end, as soon as it hears of it. */
  hasFailed = false

  /** Opens the index, which may write; nothing that is there is durable before `sync` has been called. */
  constructor(options: SimStoreOptions) {
    this.#options = options
    const { disk } = options
    disk.startLeaseClock()
    this.#index = openLogStructuredDedupIndex({
      pages: disk.pages,
      geometry: geometryOf(memtableBits),
      log: {
        holds: (seq, key) => {
          const row = disk.rows[seq - 1]
          return row !== undefined && row.eventId === key.eventId && disk.topicId(row.topic) === key.topicId
        },
        keysFrom: (seq, limit) =>
          disk.rows
            .slice(seq - 1, seq - 1 + limit)
            .map((row) => ({ seq: row.seq, topicId: disk.topicId(row.topic), eventId: row.eventId })),
        transaction: (run) => {
          run()
          disk.writeEvents([], 0)
        },
      },
      hashWith: () => halfSipHash(hashSeed),
      memtables: Array.from({ length: memtableCount }, () => new SharedArrayBuffer(memtableBytes(memtableBits))),
      mustRebuild: false,
      onProgress: () => {},
    })
  }

  append(events: PackedEvents, processedAtMs: number, life: number): Promise<AppendResult[]> {
    const run = (resolve: (results: AppendResult[]) => void): Made => {
      const results = this.#storeEvents(events, processedAtMs)
      return { answer: () => resolve(results), settle: () => this.#index.settle() }
    }
    return this.#submit({ name: 'append', isAppend: true, life, tryInVain: () => this.#markInVain(events) }, run)
  }

  touch(life: number): Promise<void> {
    return this.#submit({ name: 'touch', isAppend: false, life, tryInVain: () => {} }, (resolve) => {
      this.#options.disk.writeEvents([], 0)
      return { answer: () => resolve(), settle: () => {} }
    })
  }

  change<T>(
    name: string,
    life: number,
    run: (store: MemorySubscriptionStore) => Promise<T>,
    onMade: (result: T) => void = () => {},
  ): Promise<T> {
    return this.#submit({ name, isAppend: false, life, tryInVain: () => {} }, (resolve) => {
      const result = this.#options.disk.writeChange(run)
      void result.then(onMade)
      return { answer: () => resolve(result), settle: () => {} }
    })
  }

  /** Reads what is durable, at some moment between the question and the answer. */
  read<T>(name: string, life: number, look: () => T | Promise<T>): Promise<T> {
    const { scheduler } = this.#options
    return new Promise((resolve) => {
      scheduler.after(
        `${name} looks`,
        this.#latencyMs(),
        () => {
          const found = look()
          scheduler.after(`${name} answers`, this.#latencyMs(), () => resolve(found), life)
        },
        life,
      )
    })
  }

  #storeEvents(events: PackedEvents, processedAtMs: number): AppendResult[] {
    const { disk } = this.#options
    const firstSeq = disk.rows.length + 1
    const all = [...events]
    const seqs = this.#index.checkAndMark(this.#keysOf(all), firstSeq)
    const rows: WalkedEvent[] = []
    const results = all.map((event, at): AppendResult => {
      const seq = seqs[at] ?? 0
      if (seq === firstSeq + rows.length) {
        rows.push({ ...event, seq, processedAtMs })
        return { status: 'stored', seq }
      }
      const stored = seq < firstSeq ? disk.rows[seq - 1] : rows[seq - firstSeq]
      const isSame = stored?.payload === event.payload && stored.source === event.source
      return { status: isSame ? 'duplicate' : 'conflict', seq }
    })
    disk.writeEvents(rows, events.length)
    return results
  }

  /** A transaction that is rolled back when its events are in the index already. */
  #markInVain(events: PackedEvents): void {
    const { pages, rows } = this.#options.disk
    this.#index.checkAndMark(this.#keysOf([...events]), rows.length + 1)
    pages.revert(pages.takeChanges())
    this.#index.undo()
  }

  #keysOf(events: readonly NewEvent[]): EventKey[] {
    return events.map(({ topic, eventId }) => ({ topicId: this.#options.disk.topicId(topic), eventId }))
  }

  #submit<T>(
    transaction: Pick<Transaction, 'name' | 'isAppend' | 'life' | 'tryInVain'>,
    run: (resolve: (value: T | Promise<T>) => void) => Made,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...transaction, run: () => run(resolve), reject })
      if (!this.#isBusy) this.#next()
    })
  }

  #next(): void {
    const transaction = this.#waiting.shift()
    this.#isBusy = transaction !== undefined
    if (transaction === undefined) return
    const { random } = this.#options.scheduler
    const slowMs = random.share() < this.#options.faults.slow ? random.whole(500, 9000) : 0
    this.#later(transaction, 'begins', this.#latencyMs() + slowMs, () => this.#begin(transaction))
  }

  #begin(transaction: Transaction): void {
    const { scheduler, faults } = this.#options
    const draw = this.hasFailed ? undefined : scheduler.random.share()
    if (draw === undefined) {
      this.#refuse(transaction, 'store_failed')
    } else if (draw < faults.refused / 2) {
      this.#refuse(transaction, 'store_unavailable')
    } else if (draw < faults.refused) {
      transaction.tryInVain()
      this.#refuse(transaction, 'disk_full')
    } else {
      const made = transaction.run()
      this.#later(transaction, 'syncs', this.#latencyMs(), () => this.#sync(transaction, made))
    }
  }

  #sync(transaction: Transaction, made: Made): void {
    const { scheduler, faults, disk } = this.#options
    const draw = scheduler.random.share()
    if (draw < faults.failed) {
      this.hasFailed = true
      this.#refuse(transaction, 'store_failed')
      return
    }
    disk.sync()
    made.settle()
    if (draw < faults.failed + faults.unknown) this.#refuse(transaction, 'store_unavailable')
    else this.#answer(transaction, made.answer)
  }

  #refuse(
    { name, life, isAppend, reject }: Transaction,
    code: 'store_unavailable' | 'disk_full' | 'store_failed',
  ): void {
    this.#answer({ name: `${name} refused ${code}`, life, isAppend }, () =>
      reject(new AppError(code, 'the simulation says so')),
    )
  }

  /** The next transaction does not wait for the answer to get there. */
  #answer({ name, life, isAppend }: Pick<Transaction, 'name' | 'life' | 'isAppend'>, answer: () => void): void {
    const { scheduler } = this.#options
    let answerMs = scheduler.nowMs + this.#latencyMs()
    // A server answers over several connections.
    if (isAppend && this.#options.life !== outside) {
      answerMs = Math.max(answerMs, this.#lastAppendMs + 1e-6)
      this.#lastAppendMs = answerMs
    }
    scheduler.after(`${name} answered`, answerMs - scheduler.nowMs, answer, life)
    this.#next()
  }

  #later({ name }: Transaction, step: string, delayMs: number, run: () => void): void {
    const { scheduler, life, crashPoint } = this.#options
    const named = `${name} ${step}`
    scheduler.after(named, delayMs, () => crashPoint(named) || run(), life)
  }

  /** Mostly short, and now and then long enough that others overtake. */
  #latencyMs(): number {
    const { random } = this.#options.scheduler
    return random.share() < 0.1 ? 20 * random.share() : 0.5 * random.share()
  }
}
