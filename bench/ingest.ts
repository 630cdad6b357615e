/**
 * How many events a second a server takes: the rows of the budget, and 1 to 10,000 topics. All rows take turns, and a raw
 * append runs beside them, so that a slow minute of the machine hits all of them.
 */
import { openBatches, openEventSource, seedOfRun } from '../src/cli/bench-events.ts'
import { Latencies } from '../src/cli/bench-latencies.ts'
import { spreadOf } from '../src/cli/bench-rows.ts'
import { warmUpMs } from '../src/cli/bench-run.ts'
import type { LoadCounts } from '../src/cli/bench-tally.ts'
import {
  atLeast,
  memoryBudget,
  memoryLimitBytes,
  rounded,
  roundedSpreadOf,
  spreadText,
  tableText,
  wholeSpreadOf,
} from './budgets.ts'
import type { Bench, BenchCommand, Budget } from './command.ts'
import { defaultEvents } from './default-events.ts'
import { positive, positiveWhole, positiveWholes } from './flags.ts'
import { readProcessMemory } from './process-memory.ts'
import { openProvenLoad, withServer } from './proven-load.ts'
import { defaultPageSizeBytes, measureRawAppend } from './raw-append.ts'

interface IngestRow {
  readonly batchEvents: number
  readonly connections: number
  readonly topics: number
  /** Undefined: measured, but nothing is promised. */
  readonly budgetEventsPerSecond?: number
}

const budgetRows: readonly IngestRow[] = [
  { batchEvents: 1000, connections: 4, topics: defaultEvents.topics, budgetEventsPerSecond: 200_000 },
  { batchEvents: 100, connections: 8, topics: defaultEvents.topics, budgetEventsPerSecond: 130_000 },
  { batchEvents: 1, connections: 64, topics: defaultEvents.topics, budgetEventsPerSecond: 15_000 },
]
const rawBatchEvents = 1000
const budgetOfRawAppend = 0.4

export interface IngestOptions {
  /** Of each measurement, without its warm-up. */
  readonly seconds: number
  readonly repeats: number
  /** Topic counts that the 1,000-event row is measured with besides. */
  readonly topics: readonly number[]
}

export interface IngestFigures {
  readonly row: IngestRow
  /** One a repeat. */
  readonly runs: readonly IngestRun[]
  readonly latencies: Latencies
}

interface IngestRun {
  readonly eventsPerSecond: number
  /** Of the raw append in the same repeat. */
  readonly ofRawAppend: number
  /** Undefined where the system does not tell. */
  readonly peakBytes: number | undefined
  /** Of one core, what the load generator took; near 1 it was the limit, not the server. */
  readonly generatorCpu: number
  /** With the warm-up. */
  readonly counts: LoadCounts
}

export const ingestCommand: BenchCommand = {
  name: 'ingest',
  summary: 'events a second by batch size and by number of topics, beside a raw append',
  options: {
    seconds: { description: 'of each measurement', default: '5' },
    repeats: { description: 'of every row', default: '5' },
    topics: { description: 'topic counts, for the rows with 1,000 events a batch', default: '1,100,10000' },
  },
  async run(flags, bench) {
    const options = {
      seconds: positive(flags, 'seconds'),
      repeats: positiveWhole(flags, 'repeats'),
      topics: positiveWholes(flags, 'topics'),
    }
    const { rawRates, figures } = await measureIngest(options, bench)
    bench.print(ingestText(rawRates, figures))
    const result = {
      ...options,
      events: defaultEvents,
      rawAppend: { batchEvents: rawBatchEvents, eventsPerSecond: wholeSpreadOf(rawRates) },
      rows: figures.map(rowJson),
    }
    return { result, budgets: budgetsOf(figures) }
  },
}

/** @throws Error also when a run's numbers do not add up. */
export async function measureIngest(
  { seconds, repeats, topics }: IngestOptions,
  { signal, line }: Pick<Bench, 'signal' | 'line'>,
): Promise<{ readonly rawRates: readonly number[]; readonly figures: readonly IngestFigures[] }> {
  const topicRows = topics.map((count) => ({ batchEvents: 1000, connections: 4, topics: count }))
  const figures = [...budgetRows, ...topicRows].map((row) => ({
    row,
    runs: [] as IngestRun[],
    latencies: new Latencies(),
  }))
  const rawRates: number[] = []
  for (let repeat = 0; repeat < repeats; repeat++) {
    line.paintNow(`repeat ${repeat + 1} of ${repeats}: raw append`)
    const source = openEventSource(defaultEvents, Date.now())
    const pageSizeBytes = defaultPageSizeBytes
    const rawRate = await measureRawAppend({ batchEvents: rawBatchEvents, seconds, source, pageSizeBytes, signal })
    rawRates.push(rawRate)
    for (const [index, { row, runs, latencies }] of figures.entries()) {
      line.paintNow(`repeat ${repeat + 1} of ${repeats}: ${rowName(row)}`)
      const seed = seedOfRun(defaultEvents.seed, repeat * figures.length + index)
      const measured = await measureRow(row, { seconds, seed, signal })
      latencies.add(measured.latencies)
      runs.push({ ...measured.run, ofRawAppend: measured.run.eventsPerSecond / rawRate })
    }
  }
  return { rawRates, figures }
}

interface RowOptions {
  readonly seconds: number
  readonly seed: number
  readonly signal: AbortSignal
}

/** On a server and a store of its own. */
async function measureRow({ batchEvents, connections, topics }: IngestRow, { seconds, seed, signal }: RowOptions) {
  const batches = openBatches(openEventSource({ ...defaultEvents, topics, seed }, Date.now()), 0, seed)
  return withServer({ signal }, async (server) => {
    using load = await openProvenLoad(server, { connections, nextBatch: () => batches(batchEvents), signal })
    const durationMs = seconds * 1000
    await load.run({ durationMs: warmUpMs({ durationMs }) })
    const result = await load.run({ durationMs })
    await load.prove()
    const run = {
      eventsPerSecond: (result.unique + result.duplicates) / result.seconds,
      peakBytes: readProcessMemory(server.pid)?.peakBytes,
      generatorCpu: result.cpuSeconds / result.seconds,
      counts: load.counts,
    }
    return { run, latencies: result.latencies }
  })
}

function rowName({ batchEvents, connections, topics }: IngestRow): string {
  return `${batchEvents} x ${connections}, ${topics} topics`
}

const head = ['batch x connections', 'events/s', 'of raw append', 'p50 ms', 'p99 ms', 'peak MiB', 'generator CPU']

function ingestText(rawRates: readonly number[], figures: readonly IngestFigures[]): string {
  const rows = figures.map(({ row, runs, latencies }) => [
    rowName(row),
    spreadText(eachOf(runs, 'eventsPerSecond'), ''),
    spreadText(eachOf(runs, 'ofRawAppend'), ''),
    latencies.quantileMs(0.5).toFixed(1),
    latencies.quantileMs(0.99).toFixed(1),
    String(Math.round(peakBytesOf(runs) / 2 ** 20)),
    `${Math.round(100 * spreadOf(eachOf(runs, 'generatorCpu')).median)} %`,
  ])
  return tableText([head, [`raw append, ${rawBatchEvents} a commit`, spreadText(rawRates, '')], ...rows])
}

function rowJson({ row, runs, latencies }: IngestFigures) {
  const { batchEvents, connections, topics } = row
  return {
    batchEvents,
    connections,
    topics,
    eventsPerSecond: wholeSpreadOf(eachOf(runs, 'eventsPerSecond')),
    ofRawAppend: roundedSpreadOf(eachOf(runs, 'ofRawAppend')),
    p50Ms: rounded(latencies.quantileMs(0.5)),
    p99Ms: rounded(latencies.quantileMs(0.99)),
    maxMs: rounded(latencies.maxMs),
    peakBytes: peakBytesOf(runs),
    generatorCpu: rounded(spreadOf(eachOf(runs, 'generatorCpu')).median),
    refused: runs.reduce((total, { counts }) => total + counts.refused, 0),
  }
}

function eachOf(runs: readonly IngestRun[], name: 'eventsPerSecond' | 'ofRawAppend' | 'generatorCpu'): number[] {
  return runs.map((run) => run[name])
}

/** 0 where the system does not tell. */
function peakBytesOf(runs: readonly IngestRun[]): number {
  return Math.max(...runs.map(({ peakBytes }) => peakBytes ?? 0))
}

function budgetsOf(figures: readonly IngestFigures[]): Budget[] {
  return figures.flatMap(({ row, runs }) => {
    if (row.budgetEventsPerSecond === undefined) return []
    const what = `ingest, ${rowName(row)}`
    const rates = eachOf(runs, 'eventsPerSecond')
    const budgets = [atLeast({ what, measured: rates, limit: row.budgetEventsPerSecond, unit: 'events/s' })]
    if (row.batchEvents === rawBatchEvents) {
      const measured = eachOf(runs, 'ofRawAppend')
      budgets.push(atLeast({ what: `${what}, of raw append`, measured, limit: budgetOfRawAppend, unit: '' }))
    }
    const overBytes = ({ peakBytes = 0, counts }: IngestRun) => peakBytes - memoryLimitBytes(counts.unique)
    const [worst] = runs.toSorted((a, b) => overBytes(b) - overBytes(a))
    if (worst?.peakBytes === undefined) return budgets
    return [...budgets, memoryBudget(`${what}, largest peak of memory`, worst.peakBytes, worst.counts.unique)]
  })
}
