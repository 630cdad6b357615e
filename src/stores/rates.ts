/** Received per stretch of time, from the cells of a rollup to the series of an answer; the same in every store. */
import { type Rates, type RatesQuery, type ReceivedSeries, rateLevels } from '../core/statistics-store.ts'
import { compareNames } from './compare-names.ts'

export interface ReceivedCounts {
  events: number
  /** Includes the conflicts. */
  duplicates: number
  conflicts: number
}

/** What one name received in a bucket of a level. */
export interface RateCell extends Readonly<ReceivedCounts> {
  readonly startS: number
  readonly name: string
}

export type RateLevel = (typeof rateLevels)[number]

/** The coarsest level that can answer. */
export function levelOf({ widthS }: RatesQuery): number {
  const level = rateLevels.findLastIndex((each) => widthS % each.widthS === 0)
  return Math.max(0, level)
}

export function bucketStartS({ widthS }: RateLevel, nowMs: number): number {
  return Math.floor(nowMs / 1000 / widthS) * widthS
}

/** @param total, named cells of the query's range; `named` at least those of the names that the answer holds. */
export function collectRates(query: RatesQuery, total: Iterable<RateCell>, named: readonly RateCell[]): Rates {
  const totals = openSeries(query)
  for (const cell of total) addCell(totals, query, cell)
  // Summed up first, because each series takes room for all its buckets.
  const received = new Map<string, number>(query.names?.map((name) => [name, 0]))
  for (const cell of named) {
    const before = received.get(cell.name)
    if (before === undefined && query.names !== undefined) continue
    received.set(cell.name, (before ?? 0) + cell.events + cell.duplicates)
  }
  const names = [...received].sort(([a, countA], [b, countB]) => countB - countA || compareNames(a, b))
  const series = names.slice(0, query.limit).map(([name]) => ({ name, ...openSeries(query) }))
  const byName = new Map(series.map((each) => [each.name, each]))
  for (const cell of named) {
    const found = byName.get(cell.name)
    if (found !== undefined) addCell(found, query, cell)
  }
  return { total: totals, series }
}

type MutableSeries = { readonly [K in keyof ReceivedSeries]: number[] }

function openSeries({ fromS, toS, widthS }: RatesQuery): MutableSeries {
  const zeros = () => new Array<number>(Math.max(0, Math.ceil((toS - fromS) / widthS))).fill(0)
  return { unique: zeros(), duplicates: zeros(), conflicts: zeros() }
}

function addCell(series: MutableSeries, { fromS, widthS }: RatesQuery, cell: RateCell): void {
  const bucket = Math.floor((cell.startS - fromS) / widthS)
  const add = (numbers: number[], count: number) => {
    const before = numbers[bucket]
    if (before !== undefined) numbers[bucket] = before + count
  }
  add(series.unique, cell.events)
  add(series.duplicates, cell.duplicates)
  add(series.conflicts, cell.conflicts)
}
