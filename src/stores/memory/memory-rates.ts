/** The rollups of a memory store: what was received, in total, by topic and by source, per stretch of time. Bounded. */
import type { AppendStatus } from '../../core/event-store.ts'
import { type Rates, type RatesQuery, rateLevels } from '../../core/statistics-store.ts'
import { bucketStartS, collectRates, levelOf, type RateCell, type RateLevel, type ReceivedCounts } from '../rates.ts'

type Cell = ReceivedCounts & Pick<RateCell, 'startS' | 'name'>

interface Bucket {
  readonly total: Cell
  readonly topic: Map<string, Cell>
  readonly source: Map<string, Cell>
}

/** Names of a bucket of each kind; fewer than a store on disk keeps. */
const maxNames = 100
/** Buckets of a level; the oldest go first. */
const maxBuckets = 1000

export interface Received {
  readonly topic: string
  readonly source: string
  readonly status: AppendStatus
}

export class MemoryRates {
  readonly #levels = rateLevels.map((level) => ({ level, buckets: new Map<number, Bucket>() }))

  record({ topic, source, status }: Received, nowMs: number): void {
    for (const { level, buckets } of this.#levels) {
      const bucket = bucketAt(buckets, level, nowMs)
      count(bucket.total, status)
      for (const [cells, name] of [
        [bucket.topic, topic],
        [bucket.source, source],
      ] as const) {
        const cell = cells.get(name) ?? { ...bucket.total, name, events: 0, duplicates: 0, conflicts: 0 }
        if (cells.size >= maxNames && !cells.has(name)) continue
        cells.set(name, cell)
        count(cell, status)
      }
    }
  }

  read(query: RatesQuery): Rates {
    const all = [...(this.#levels[levelOf(query)]?.buckets.values() ?? [])]
    const inRange = all.filter(({ total }) => total.startS >= query.fromS && total.startS < query.toS)
    const { by } = query
    const named = by === undefined ? [] : inRange.flatMap((bucket) => [...bucket[by].values()])
    return collectRates(
      query,
      inRange.map(({ total }) => total),
      named,
    )
  }
}

function bucketAt(buckets: Map<number, Bucket>, level: RateLevel, nowMs: number): Bucket {
  const startS = bucketStartS(level, nowMs)
  const known = buckets.get(startS)
  if (known !== undefined) return known
  const total = { startS, name: '', events: 0, duplicates: 0, conflicts: 0 }
  const bucket = { total, topic: new Map(), source: new Map() }
  buckets.set(startS, bucket)
  // Those made first, whatever the clock said: it may have been wrong.
  const [oldest] = buckets.keys()
  if (buckets.size > maxBuckets && oldest !== undefined) buckets.delete(oldest)
  return bucket
}

function count(cell: Cell, status: AppendStatus): void {
  if (status === 'stored') cell.events++
  else cell.duplicates++
  if (status === 'conflict') cell.conflicts++
}
