/** The time index over a log of events in real SQLite, and the sorted array that says what it must answer. Used by several tests. */
import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../../../src/core/clock.ts'
import type { Histogram, HistogramQuery } from '../../../src/core/statistics-store.ts'
import type { Instant } from '../../../src/core/timestamp.ts'
import { type EventReader, openEventReader } from '../../../src/stores/sqlite/event-reader.ts'
import { openForReading, openForWriting } from '../../../src/stores/sqlite/open-database.ts'
import { openHistogramReader } from '../../../src/stores/sqlite/statistics/histogram-reader.ts'
import { openTimeIndex, type TimeIndex } from '../../../src/stores/sqlite/time/time-index.ts'
import { openTimeRing, ringBytes, type TimeRing } from '../../../src/stores/sqlite/time/time-ring.ts'

export interface TimedEvent {
  readonly topicId: number
  readonly ms: number
  readonly fraction: string
}

export interface LoggedEvent extends TimedEvent {
  readonly seq: number
}

export interface TimeQuery {
  readonly order: 'asc' | 'desc'
  readonly topicId?: number | undefined
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
  readonly after?: LoggedEvent | undefined
  readonly limit?: number
  /** Read no further than this. */
  readonly maxPages?: number
}

export interface CountQuery extends Pick<HistogramQuery, 'from' | 'to' | 'startMs' | 'widthMs' | 'buckets'> {
  readonly topicId?: number | undefined
}

export class TimeBench {
  readonly path: string
  readonly db: DatabaseSync
  readonly readerDb: DatabaseSync
  readonly runEvents: number
  /** The log, in the order of seqs. */
  events: LoggedEvent[] = []
  ring: TimeRing
  #lastSeq = 0
  #index: TimeIndex
  #reader: EventReader
  #countEvents: (query: HistogramQuery) => Histogram
  #pending: LoggedEvent[] = []

  /** @param path of the SQLite file; what it holds already is taken up. */
  constructor(path: string, runEvents: number) {
    this.path = path
    this.runEvents = runEvents
    this.db = openForWriting(path)
    // What a power cut would lose is not what these tests are about.
    this.db.exec('PRAGMA synchronous = OFF')
    this.readerDb = openForReading(path)
    for (const row of this.db.prepare('SELECT * FROM event ORDER BY seq').all()) {
      const [seq, topicId, ms] = [Number(row.seq), Number(row.topic_id), Number(row.instant_ms)]
      this.events.push({ seq, topicId, ms, fraction: String(row.instant_fraction) })
    }
    this.#lastSeq = Number(this.db.prepare('SELECT last_seq FROM counters').get()?.last_seq)
    this.ring = this.#newRing()
    this.#reader = this.#openReader()
    this.#countEvents = this.#openHistogramReader()
    this.#index = this.#openIndex()
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  /** As after a crash: only what SQLite holds is left. */
  reopen(): void {
    this.ring = this.#newRing()
    this.#reader = this.#openReader()
    this.#countEvents = this.#openHistogramReader()
    this.#index = this.#openIndex()
  }

  /** Opens the index again over the memory that readers go on using. */
  openAgain(mustRebuild: boolean, onProgress: (seq: number) => void = () => {}): void {
    this.#index = this.#openIndex(mustRebuild, onProgress)
  }

  /** All of a transaction but its end. @param events of less than two runs if it may be rolled back: see `ringRuns`. */
  write(events: readonly TimedEvent[]): void {
    const insert = this.db.prepare(
      `INSERT INTO event (seq, topic_id, event_id, instant_ms, instant_fraction, processed_ms, timestamp, source, payload)
       VALUES (?, ?, '', ?, ?, 0, '', '', '{}')`,
    )
    const insertTopic = this.db.prepare('INSERT OR IGNORE INTO topic VALUES (?, ?, 0, 0, 0, 0, 0, 0)')
    this.db.exec('BEGIN IMMEDIATE')
    this.#pending = events.map((event, index) => ({ ...event, seq: this.#lastSeq + 1 + index }))
    for (const { seq, topicId, ms, fraction } of this.#pending) {
      insertTopic.run(topicId, `topic-${topicId}`)
      this.#index.record(seq, topicId, ms, fraction)
      insert.run(seq, topicId, ms, fraction)
    }
    this.#index.workFor(events.length)
    this.db.prepare('UPDATE counters SET last_seq = ?').run(this.#lastSeq + events.length)
  }

  commit(): void {
    this.db.exec('COMMIT')
    this.#index.settle()
    this.events.push(...this.#pending)
    this.#lastSeq += this.#pending.length
  }

  rollback(): void {
    this.db.exec('ROLLBACK')
    this.#index.undo()
  }

  append(events: readonly TimedEvent[]): void {
    this.write(events)
    this.commit()
  }

  /** Takes events out of the log, as someone with SQL might; the index still has them. */
  remove(seqs: ReadonlySet<number>): void {
    const remove = this.db.prepare('DELETE FROM event WHERE seq = ?')
    for (const seq of seqs) remove.run(seq)
    this.events = this.events.filter(({ seq }) => !seqs.has(seq))
  }

  /** The seqs that the reader finds, page after page. */
  read({ order, topicId, from, to, after, limit = 1000, maxPages = Number.POSITIVE_INFINITY }: TimeQuery): number[] {
    const topic = topicId === undefined ? undefined : `topic-${topicId}`
    const seqs: number[] = []
    let position = after === undefined ? undefined : { seq: after.seq, instantMs: after.ms }
    for (let pages = 0; pages < maxPages; pages++) {
      const query = { order, topic, from, to, limit, after: position, timeBudgetMs: 600_000 }
      const { events, next } = this.#reader.readEvents(query)
      seqs.push(...events.map(({ seq }) => seq))
      if (next === undefined) return seqs
      assert.equal(events.length, limit)
      position = next
    }
    return seqs
  }

  /** The reader finds what a sort of the whole log finds. */
  assertSame(query: TimeQuery): void {
    const { order, topicId, from, to, after, limit = 1000, maxPages = Number.POSITIVE_INFINITY } = query
    const sign = order === 'asc' ? 1 : -1
    const expected = this.events
      .filter(
        (event) =>
          (topicId === undefined || event.topicId === topicId) &&
          (from === undefined || compareInstants(event, from) >= 0) &&
          (to === undefined || compareInstants(event, to) < 0) &&
          (after === undefined || sign * compareEvents(event, after) > 0),
      )
      .sort((a, b) => sign * compareEvents(a, b))
      .slice(0, limit * maxPages)
      .map(({ seq }) => seq)
    assert.deepEqual(this.read(query), expected)
  }

  /** Per bucket what a walk over the whole log counts. */
  assertSameCounts({ topicId, from, to, startMs, widthMs, buckets }: CountQuery): void {
    const expected = new Array<number>(buckets).fill(0)
    for (const event of this.events) {
      const isInRange = compareInstants(event, from) >= 0 && compareInstants(event, to) < 0
      if (!isInRange || (topicId !== undefined && event.topicId !== topicId)) continue
      const bucket = Math.floor((event.ms - startMs) / widthMs)
      expected[bucket] = (expected[bucket] ?? Number.NaN) + 1
    }
    const topic = topicId === undefined ? undefined : `topic-${topicId}`
    const query = { topic, from, to, startMs, widthMs, buckets, timeBudgetMs: 0 }
    assert.deepEqual(this.#countEvents(query), { counts: expected, countedFromMs: undefined })
  }

  /** Every listing, of all topics together and of each. */
  assertAllSame(): void {
    for (const order of ['asc', 'desc'] as const) {
      this.assertSame({ order })
      for (const topicId of new Set(this.events.map((event) => event.topicId))) this.assertSame({ order, topicId })
    }
  }

  close(): void {
    this.readerDb.close()
    this.db.close()
  }

  #newRing(): TimeRing {
    return openTimeRing(this.runEvents, new SharedArrayBuffer(ringBytes(this.runEvents)))
  }

  #openReader(): EventReader {
    return openEventReader({ db: this.readerDb, findSeq: () => 0, ring: this.ring })
  }

  #openHistogramReader(): (query: HistogramQuery) => Histogram {
    return openHistogramReader({ db: this.readerDb, ring: this.ring, clock: systemClock })
  }

  #openIndex(mustRebuild = false, onProgress: (seq: number) => void = () => {}): TimeIndex {
    const transaction = (run: () => void) => {
      this.db.exec('BEGIN IMMEDIATE')
      run()
      this.db.exec('COMMIT')
    }
    return openTimeIndex({ db: this.db, ring: this.ring, mustRebuild, transaction, onProgress })
  }
}

function compareInstants(a: Instant, b: Instant): number {
  if (a.ms !== b.ms) return a.ms - b.ms
  return a.fraction < b.fraction ? -1 : Number(a.fraction > b.fraction)
}

export function compareEvents(a: LoggedEvent, b: LoggedEvent): number {
  return compareInstants(a, b) || a.seq - b.seq
}

/**
 * - `in order`: later and later, by a few milliseconds.
 * - `nearly`: the same, but some are late.
 * - `anywhere`: in the years 0000 to 9999.
 * - `together`: in very few milliseconds, one of them negative, apart by fractions of any length.
 */
export const timings = ['in order', 'nearly', 'anywhere', 'together'] as const

export interface Burst {
  readonly timing: (typeof timings)[number]
  readonly count: number
  readonly topics: number
  readonly seed: number
}

/** Events from a seed; those `in order` go on from the seq they are given. */
export function timedEvents({ timing, count, topics, seed }: Burst, firstSeq: number): TimedEvent[] {
  const random = randomFrom(seed)
  const below = (end: number) => Math.floor(random() * end)
  return Array.from({ length: count }, (_, index) => {
    const now = 1_769_851_800_000 + 3 * (firstSeq + index)
    const topicId = 1 + below(topics)
    if (timing === 'in order') return { topicId, ms: now, fraction: below(4) === 0 ? fraction(below) : '' }
    if (timing === 'nearly') return { topicId, ms: now - below(5) * below(5) * below(20), fraction: '' }
    if (timing === 'anywhere') return { topicId, ms: below(315_569_519_999_999) - 62_167_219_200_000, fraction: '' }
    return { topicId, ms: [-1, 0, 1_769_851_800_000][below(3)] ?? 0, fraction: fraction(below) }
  })
}

/** Digits of any number, often the same in the first nine, never with a zero at their end. */
function fraction(below: (end: number) => number): string {
  const digits = Array.from({ length: below(12) }, () => below(10)).join('')
  const start = ['', '123456789', '123456789000', '000000000'][below(4)] ?? ''
  return (start + digits).replace(/0+$/, '')
}

/** A small generator (mulberry32), because what is drawn must be the same again. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
