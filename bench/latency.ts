/**
 * How long an ack takes when the server is half busy. Requests are due at fixed times, and latency counts from then: a
 * server that stalls cannot slow the clock that measures it. And how long for a lone event, when nothing else goes on.
 */
import { openBatches, openEventSource, seedOfRun } from '../src/cli/bench-events.ts'
import type { Latencies } from '../src/cli/bench-latencies.ts'
import type { LoadOptions, LoadPhase } from '../src/cli/bench-load.ts'
import { spreadOf } from '../src/cli/bench-rows.ts'
import { warmUpMs } from '../src/cli/bench-run.ts'
import type { OwnBenchServer } from '../src/cli/bench-server.ts'
import type { LoadCounts, LoadResult } from '../src/cli/bench-tally.ts'
import { formatCount } from '../src/cli/format.ts'
import { atMost, roundedSpreadOf, spreadText, tableText } from './budgets.ts'
import type { Bench, BenchCommand, Budget } from './command.ts'
import { defaultEvents } from './default-events.ts'
import { positive, positiveWhole } from './flags.ts'
import { openProvenLoad, withServer } from './proven-load.ts'

interface LatencyRow {
  readonly batchEvents: number
  /** While the peak is measured. */
  readonly peakConnections: number
}

const rows: readonly LatencyRow[] = [
  { batchEvents: 1000, peakConnections: 4 },
  { batchEvents: 100, peakConnections: 8 },
  { batchEvents: 1, peakConnections: 64 },
]
/** More than are ever busy at half of the peak: publishers who do not know of each other do not wait for each other. */
const openConnections = 64
const loadShare = 0.5
const maxP99Ms = 20

export interface LatencyOptions {
  /** Of each measurement. */
  readonly seconds: number
  /** Of each closed loop that finds the peak. */
  readonly peakSeconds: number
  readonly repeats: number
}

export interface LatencyRun {
  readonly peakEventsPerSecond: number
  /** As acknowledged; less than half of the peak when the server did not keep up. */
  readonly eventsPerSecond: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
  /** 99 of 100 requests left no later than so after they were due: the share of timers and of the generator. */
  readonly p99DelayMs: number
  /** Of all phases on this server. */
  readonly counts: LoadCounts
}

export interface LatencyFigures {
  readonly atHalfOfPeak: readonly { readonly row: LatencyRow; readonly runs: readonly LatencyRun[] }[]
  readonly lone: readonly LoneRun[]
}

/** One connection, one event a request, the next when the last is acknowledged. */
export interface LoneRun {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export const latencyCommand: BenchCommand = {
  name: 'latency',
  summary: 'acks at half of the peak rate, counted from when each request was due; and a lone event',
  options: {
    seconds: { description: 'of each measurement', default: '10' },
    'peak-seconds': { description: 'of each search for the peak, which comes first', default: '3' },
    repeats: { description: 'of every row', default: '5' },
  },
  async run(flags, bench) {
    const options = {
      seconds: positive(flags, 'seconds'),
      peakSeconds: positive(flags, 'peak-seconds'),
      repeats: positiveWhole(flags, 'repeats'),
    }
    const figures = await measureLatency(options, bench)
    bench.print(latencyText(figures))
    const result = {
      ...options,
      ...{ events: defaultEvents, loadShare, openConnections },
      rows: figures.atHalfOfPeak.map(({ row, runs }) => ({
        ...row,
        ...Object.fromEntries(runNames.map((name) => [name, roundedSpreadOf(runs.map((run) => run[name]))])),
        refused: runs.reduce((total, { counts }) => total + counts.refused, 0),
      })),
      lone: Object.fromEntries(loneNames.map((name) => [name, roundedSpreadOf(figures.lone.map((run) => run[name]))])),
    }
    return { result, budgets: budgetsOf(figures) }
  },
}

/** Every row in turn, then all of them again; each on a server of its own. */
export async function measureLatency(
  options: LatencyOptions,
  { signal, line }: Pick<Bench, 'signal' | 'line'>,
): Promise<LatencyFigures> {
  const atHalfOfPeak = rows.map((row) => ({ row, runs: [] as LatencyRun[] }))
  const lone: LoneRun[] = []
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    for (const [index, { row, runs }] of atHalfOfPeak.entries()) {
      line.paintNow(`repeat ${repeat + 1} of ${options.repeats}: ${row.batchEvents} a batch`)
      const seed = seedOfRun(defaultEvents.seed, repeat * (rows.length + 1) + index)
      runs.push(await withServer({ signal }, (server) => measureRow(server, row, { ...options, seed, signal })))
    }
    line.paintNow(`repeat ${repeat + 1} of ${options.repeats}: a lone event`)
    const seed = seedOfRun(defaultEvents.seed, repeat * (rows.length + 1) + rows.length)
    lone.push(await withServer({ signal }, (server) => measureLone(server, { ...options, seed, signal })))
  }
  return { atHalfOfPeak, lone }
}

interface RunOptions extends LatencyOptions {
  readonly seed: number
  readonly signal: AbortSignal
}

async function measureRow(
  server: OwnBenchServer,
  { batchEvents, peakConnections }: LatencyRow,
  { seconds, peakSeconds, seed, signal }: RunOptions,
): Promise<LatencyRun> {
  const batches = openBatches(openEventSource({ ...defaultEvents, seed }, Date.now()), 0, seed)
  const peakOptions = { connections: peakConnections, nextBatch: () => batches(batchEvents), signal }
  const peak = await runProven(server, peakOptions, { durationMs: peakSeconds * 1000 })
  const peakEventsPerSecond = peak.result.unique / peak.result.seconds
  const ratePerSecond = (loadShare * peakEventsPerSecond) / batchEvents
  // What was made for the peak and not sent is left out: these batches go on after it.
  const openOptions = { ...peakOptions, connections: openConnections }
  const half = await runProven(server, openOptions, { durationMs: seconds * 1000, ratePerSecond })
  const { latencies, delays } = half.result
  return {
    peakEventsPerSecond,
    eventsPerSecond: half.result.unique / half.result.seconds,
    ...quantilesOf(latencies),
    p90Ms: latencies.quantileMs(0.9),
    p999Ms: latencies.quantileMs(0.999),
    p99DelayMs: delays.quantileMs(0.99),
    counts: half.counts,
  }
}

async function measureLone(server: OwnBenchServer, { seconds, seed, signal }: RunOptions): Promise<LoneRun> {
  const batches = openBatches(openEventSource({ ...defaultEvents, seed }, Date.now()), 0, seed)
  const options = { connections: 1, nextBatch: () => batches(1), signal }
  const { result } = await runProven(server, options, { durationMs: seconds * 1000 })
  return quantilesOf(result.latencies)
}

/** After a warm-up: a process that has just started has compiled nothing yet. */
async function runProven(
  server: OwnBenchServer,
  loop: Omit<LoadOptions, 'url'>,
  phase: LoadPhase,
): Promise<{ readonly result: LoadResult; readonly counts: LoadCounts }> {
  using load = await openProvenLoad(server, loop)
  await load.run({ ...phase, durationMs: warmUpMs(phase) })
  const result = await load.run(phase)
  await load.prove()
  return { result, counts: load.counts }
}

function quantilesOf(latencies: Latencies): LoneRun {
  return { p50Ms: latencies.quantileMs(0.5), p99Ms: latencies.quantileMs(0.99), maxMs: latencies.maxMs }
}

const loneNames = ['p50Ms', 'p99Ms', 'maxMs'] as const
const runNames = [
  ...(['peakEventsPerSecond', 'eventsPerSecond', 'p50Ms', 'p90Ms'] as const),
  ...(['p99Ms', 'p999Ms', 'maxMs', 'p99DelayMs'] as const),
]

function latencyText({ atHalfOfPeak, lone }: LatencyFigures): string {
  const head = ['events a batch', 'events/s', 'p50 ms', 'p90 ms', 'p99 ms', 'p99.9 ms', 'max ms', 'sent late, p99 ms']
  const shown = ['p50Ms', 'p90Ms', 'p99Ms', 'p999Ms', 'maxMs', 'p99DelayMs'] as const
  const busy = atHalfOfPeak.map(({ row, runs }) => [
    formatCount(row.batchEvents),
    formatCount(spreadOf(runs.map(({ eventsPerSecond }) => eventsPerSecond)).median),
    ...shown.map((name) =>
      spreadText(
        runs.map((run) => run[name]),
        '',
      ),
    ),
  ])
  const [p50 = '', p99 = '', max = ''] = loneNames.map((name) =>
    spreadText(
      lone.map((run) => run[name]),
      '',
    ),
  )
  return tableText([head, ...busy, ['a lone event', '', p50, '', p99, '', max, '']])
}

function budgetsOf({ atHalfOfPeak }: LatencyFigures): Budget[] {
  return atHalfOfPeak.map(({ row, runs }) =>
    atMost({
      what: `p99 of an ack at half of the peak, ${row.batchEvents} a batch`,
      measured: runs.map(({ p99Ms }) => p99Ms),
      limit: maxP99Ms,
      unit: 'ms',
    }),
  )
}
