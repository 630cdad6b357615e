/** The figures of a benchmark: one row for each batch size, whatever the number of measurements. */
import { Latencies } from './bench-latencies.ts'
import type { Measurement } from './bench-run.ts'

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface BenchRow {
  readonly size: number
  readonly connections: number
  /** Acknowledged events, duplicates too. */
  readonly eventsPerSecond: Spread
  readonly requestsPerSecond: Spread
  /** Over the requests of all measurements. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Events, with those of the warm-ups. */
  readonly sent: number
  readonly unique: number
  readonly duplicates: number
  readonly conflicts: number
  readonly refused: number
  /** The largest share of one CPU that the load generator took. Near 1 it is the generator that is measured. */
  readonly generatorCpu: number
  /** Undefined at sizes that were not measured then. */
  readonly originalEventsPerSecond: number | undefined
}

/** What the program that Sekali grew out of reached, in process and without a network, by events a batch. */
export const originalEventsPerSecond: ReadonlyMap<number, number> = new Map([
  [1, 2003],
  [10, 3903],
  [50, 5025],
  [100, 2566],
  [200, 2397],
  [500, 2334],
  [1000, 2288],
])

export function rowsOf(measurements: readonly Measurement[]): BenchRow[] {
  return [...Map.groupBy(measurements, ({ size }) => size)].map(([size, runs]) => rowOf(size, runs))
}

function rowOf(size: number, runs: readonly Measurement[]): BenchRow {
  const latencies = new Latencies()
  for (const { result } of runs) latencies.add(result.latencies)
  const sum = (name: 'sent' | 'unique' | 'duplicates' | 'conflicts' | 'refused') =>
    runs.reduce((total, { counts }) => total + counts[name], 0)
  return {
    size,
    connections: runs[0]?.connections ?? 0,
    eventsPerSecond: spreadOf(runs.map(({ result }) => (result.unique + result.duplicates) / result.seconds)),
    requestsPerSecond: spreadOf(runs.map(({ result }) => result.requests / result.seconds)),
    p50Ms: latencies.quantileMs(0.5),
    p99Ms: latencies.quantileMs(0.99),
    maxMs: latencies.maxMs,
    sent: sum('sent'),
    unique: sum('unique'),
    duplicates: sum('duplicates'),
    conflicts: sum('conflicts'),
    refused: sum('refused'),
    generatorCpu: Math.max(...runs.map(({ result }) => result.cpuSeconds / result.seconds)),
    originalEventsPerSecond: originalEventsPerSecond.get(size),
  }
}

/** The median of an even number of values is the mean of the two in the middle. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
  return { median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 }
}
