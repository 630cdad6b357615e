/** The measurements of `sekali bench`: every size, as often as asked, each of them proven. */
import { randomUUID } from 'node:crypto'
import { openBatches, openEventSource, seedOfRun } from './bench-events.ts'
import { type Load, openLoad } from './bench-load.ts'
import { type BenchOptions, connectionsFor } from './bench-options.ts'
import { faultsOf } from './bench-proof.ts'
import { type BenchServer, joinBenchServer, startBenchServer } from './bench-server.ts'
import type { LoadCounts, LoadResult } from './bench-tally.ts'
import { formatRate } from './format.ts'
import { countsSince } from './server-counts.ts'
import { barText, type TerminalLine } from './terminal-line.ts'

/** One size, measured once. */
export interface Measurement {
  readonly size: number
  readonly connections: number
  /** Without the warm-up. */
  readonly result: LoadResult
  /** With the warm-up. */
  readonly counts: LoadCounts
  /** What does not add up. */
  readonly faults: readonly string[]
  readonly isOnMemoryDisk: boolean
}

export interface RunOptions {
  readonly options: BenchOptions
  readonly signal: AbortSignal
  /** Where progress is painted. */
  readonly line: TerminalLine
}

/** A process that has just started has compiled nothing yet, and says more of Node than of the server. */
export function warmUpMs({ durationMs }: Pick<BenchOptions, 'durationMs'>): number {
  return Math.min(1000, durationMs / 2)
}

/** @throws Error when the server is away or ends; the signal's reason. */
export async function runBench({ options, signal, line }: RunOptions): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  // All sizes, and then all again: what changes while it runs, changes for every size.
  const plan = Array.from({ length: options.repeat }, () => options.sizes).flat()
  for (const [run, size] of plan.entries()) {
    const onProgress = (fraction: number, rate: string) => {
      const bar = barText((run + fraction) / plan.length, barWidth)
      line.paint(`${bar}  ${run + 1} of ${plan.length}: ${size} a batch  ${rate}`)
    }
    measurements.push(await measure({ options, run, size, signal, onProgress }))
  }
  return measurements
}

const barWidth = 20
const progressIntervalMs = 200

interface MeasureOptions {
  readonly options: BenchOptions
  readonly run: number
  readonly size: number
  readonly signal: AbortSignal
  readonly onProgress: (fraction: number, rate: string) => void
}

async function measure({ options, run, size, signal, onProgress }: MeasureOptions): Promise<Measurement> {
  const { url, store, durationMs, duplicateRatio } = options
  // A server of its own for every measurement: none of them inherits a store that another one filled.
  await using server = url === undefined ? await startBenchServer(store, signal) : joinBenchServer(url)
  try {
    // Where others may have published, also an earlier benchmark, these topics are new.
    const topicPrefix = url === undefined && store === undefined ? 'bench.' : `bench.${randomUUID().slice(0, 8)}.`
    const seed = seedOfRun(options.seed, run)
    const batches = openBatches(openEventSource({ ...options, topicPrefix, seed }, Date.now()), duplicateRatio, seed)
    const connections = connectionsFor(size, options)
    const before = await server.readCounts(topicPrefix, signal)
    using load = await openLoad({ url: server.url, connections, nextBatch: () => batches(size), signal })
    const warmUp = await load.run({ durationMs: warmUpMs(options) })
    using _ = startProgress(load, durationMs, onProgress)
    const result = await load.run({ durationMs })
    const counts = sumOf(warmUp, result)
    const faults = faultsOf(counts, countsSince(await server.readCounts(topicPrefix, signal), before))
    return { size, connections, result, counts, faults, isOnMemoryDisk: server.isOnMemoryDisk }
  } catch (thrown) {
    throw await causeOf(thrown, server, signal)
  }
}

function startProgress(load: Load, durationMs: number, onProgress: MeasureOptions['onProgress']): Disposable {
  const startedAtMs = performance.now()
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedAtMs
    onProgress(Math.min(1, elapsedMs / durationMs), formatRate(load.result.unique + load.result.duplicates, elapsedMs))
  }, progressIntervalMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** A lost connection is only what the end of the server, or Ctrl-C, led to. */
export async function causeOf(thrown: unknown, server: BenchServer, signal: AbortSignal): Promise<unknown> {
  const failure = signal.aborted ? undefined : await server.failure()
  if (signal.aborted) return signal.reason
  return failure === undefined ? thrown : new Error(failure, { cause: thrown })
}

/** Of two phases. */
export function sumOf(a: LoadCounts, b: LoadCounts): LoadCounts {
  return {
    sent: a.sent + b.sent,
    unique: a.unique + b.unique,
    duplicates: a.duplicates + b.duplicates,
    conflicts: a.conflicts + b.conflicts,
    refused: a.refused + b.refused,
    expectedUnique: a.expectedUnique + b.expectedUnique,
  }
}
