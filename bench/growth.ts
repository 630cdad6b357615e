/**
 * What a store costs as it fills, a million events at a time: rate, longest ack, memory, file. At the end it is stopped,
 * started, killed and started again, and events of all ages are sent a second time.
 */
import { UsageError } from '../src/app/config.ts'
import { openEventSource } from '../src/cli/bench-events.ts'
import type { OwnBenchServer } from '../src/cli/bench-server.ts'
import { counted, formatCount } from '../src/cli/format.ts'
import type { ServerCounts } from '../src/cli/server-counts.ts'
import { atLeast, memoryBudget, rounded, spreadText, tableText } from './budgets.ts'
import type { Bench, BenchCommand, Budget } from './command.ts'
import { defaultEvents } from './default-events.ts'
import { type FillWindow, fill, fillBatchEvents, fillConnections, requireKeys } from './fill.ts'
import { type FilledStore, openFilledStore } from './filled-store.ts'
import { positive, positiveWhole } from './flags.ts'
import { growthSvg } from './growth-svg.ts'
import { readProcessMemory } from './process-memory.ts'
import { withServer } from './proven-load.ts'
import { defaultPageSizeBytes, measureRawAppend } from './raw-append.ts'
import { resendRegions } from './resend.ts'
import { restartBudgets, restartJson } from './restart.ts'
import { measureRestarts, type RestartTimes } from './restarts.ts'
import { parseTopicPlan } from './topic-plan.ts'

/** Of the rate into an empty store. */
const keptRate = 0.85

export interface GrowthOptions {
  /** Empty. */
  readonly store: FilledStore
  readonly toKeys: number
  readonly windowKeys: number
  /** Of each restart at the end. */
  readonly repeats: number
  readonly killAfterEvents: number
  /** Of the raw append before, and after. */
  readonly rawSeconds: number
}

export interface GrowthFigures {
  readonly windows: readonly FillWindow[]
  /** Undefined where the system does not tell. */
  readonly peakBytes: number | undefined
  /** Of old, middle and new events that were sent again, and recognised. */
  readonly recognised: number
  /** The server's, before the restarts. */
  readonly counters: ServerCounts
  readonly restarts: RestartTimes
  /** Events per second before and after: how much the machine itself changed meanwhile. */
  readonly rawAppend: { readonly before: number; readonly after: number }
}

export const growthCommand: BenchCommand = {
  name: 'growth',
  summary: 'rate, longest ack, memory and file size as a store fills',
  options: {
    keys: { description: 'events to store', default: '10e6' },
    window: { description: 'events between two rows', default: '1e6' },
    keep: { description: 'an empty folder for the store, which stays (default: a temporary one)' },
    topics: { description: 'how many, or "spread": one dense, 100 medium, 10,000 rare', default: '10' },
    repeats: { description: 'restarts of each kind at the end', default: '3' },
    'kill-after': { description: 'events acknowledged before each kill', default: '100000' },
    'raw-seconds': { description: 'of the raw append before and after', default: '3' },
  },
  async run(flags, bench) {
    const [toKeys, windowKeys] = [positiveWhole(flags, 'keys'), positiveWhole(flags, 'window')]
    const timing = {
      repeats: positiveWhole(flags, 'repeats'),
      killAfterEvents: positiveWhole(flags, 'kill-after'),
      rawSeconds: positive(flags, 'raw-seconds'),
    }
    using store = openFilledStore({ keep: flags.keep, topicPlan: parseTopicPlan(flags.topics) })
    const figures = await measureGrowth({ store, toKeys, windowKeys, ...timing }, bench)
    bench.print(growthText(toKeys, figures))
    const { topicPlan } = store.description
    const { windows, peakBytes, recognised, counters, restarts, rawAppend } = figures
    const result = {
      ...{ keys: toKeys, windowKeys, topicPlan, batchEvents: fillBatchEvents, connections: fillConnections },
      windows: windows.map(windowJson),
      rateOfFirst: rounded(rateOfFirst(windows)),
      rawAppend: { before: Math.round(rawAppend.before), after: Math.round(rawAppend.after) },
      ...{ peakBytes, recognised, counters },
      restarts: restartJson(restarts),
    }
    const load = `${fillBatchEvents} events a batch, ${fillConnections} connections, uuid4 ids, durable SQLite file`
    return { result, budgets: growthBudgets(toKeys, figures), picture: growthSvg(windows, { load }) }
  },
}

/** @throws Error also when events are missing in the end, or stored twice. */
export async function measureGrowth(options: GrowthOptions, bench: Bench): Promise<GrowthFigures> {
  const { store, toKeys, windowKeys } = options
  if (store.description.keys > 0) {
    throw new UsageError('the store in --keep holds events already; growth begins with none')
  }
  const before = await rawRate(options, bench)
  const filled = await withServer({ store: store.url, signal: bench.signal }, async (server) => {
    const windows: FillWindow[] = []
    bench.print(rowText(head))
    for await (const window of fill({ store, server, toKeys, windowKeys, ...bench })) {
      windows.push(window)
      bench.print(rowText(cellsOf(window)))
    }
    return { windows, ...(await finish(server, store, bench.signal)) }
  })
  const restarts = await measureRestarts({ ...options, ...bench })
  return { ...filled, restarts, rawAppend: { before, after: await rawRate(options, bench) } }
}

async function finish(server: OwnBenchServer, store: FilledStore, signal: AbortSignal) {
  await requireKeys(server, store, signal)
  const recognised = await resendRegions(server, store, signal)
  const counters = await server.readCounts('', signal)
  if (counters.received !== counters.unique + counters.duplicates) throw new Error('the counters do not add up')
  const peakBytes = readProcessMemory(server.pid)?.peakBytes
  await server.end('SIGTERM')
  return { recognised, counters, peakBytes }
}

async function rawRate({ rawSeconds: seconds }: GrowthOptions, { line, signal }: Bench): Promise<number> {
  line.paintNow('raw append')
  const source = openEventSource(defaultEvents, Date.now())
  const pageSizeBytes = defaultPageSizeBytes
  return measureRawAppend({ batchEvents: fillBatchEvents, seconds, source, pageSizeBytes, signal })
}

function rateOfFirst(windows: readonly FillWindow[]): number {
  return (windows.at(-1)?.eventsPerSecond ?? 0) / (windows[0]?.eventsPerSecond ?? 1)
}

const head = ['keys', 'events/s', 'p99 ack ms', 'max ack ms', 'RSS MiB', 'file MiB', 'WAL MiB']
const columnChars = 12

/** Rows are printed while it runs, so their widths cannot depend on all of them. */
function rowText(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(columnChars)).join('')
}

function cellsOf(window: FillWindow): string[] {
  const { keys, eventsPerSecond, p99AckMs, maxAckMs, rssBytes, databaseBytes, walBytes } = window
  const mib = (bytes: number | undefined) => (bytes === undefined ? '-' : formatCount(bytes / 2 ** 20))
  const times = [p99AckMs.toFixed(1), maxAckMs.toFixed(1)]
  return [formatCount(keys), formatCount(eventsPerSecond), ...times, mib(rssBytes), mib(databaseBytes), mib(walBytes)]
}

function growthText(keys: number, { windows, recognised, counters, restarts, rawAppend }: GrowthFigures): string {
  const { received, unique, duplicates } = counters
  return tableText([
    ['', ''],
    ['last window, of the first', String(rounded(rateOfFirst(windows), 3))],
    ['raw append before, after', `${formatCount(rawAppend.before)}, ${formatCount(rawAppend.after)} events/s`],
    [`ready after a stop at ${formatCount(keys)}`, spreadText(restarts.afterStopMs, 'ms')],
    ['ready after kill -9 under load', spreadText(restarts.afterKillMs, 'ms')],
    ['old, middle and new events sent again', `${formatCount(recognised)}, all recognised`],
    [
      counted(received, 'event'),
      `= ${formatCount(unique)} unique + ${counted(duplicates, 'duplicate')}, as the server says`,
    ],
  ])
}

function windowJson({ eventsPerSecond, p99AckMs, maxAckMs, ...window }: FillWindow) {
  return {
    keys: window.keys,
    eventsPerSecond: Math.round(eventsPerSecond),
    p99AckMs: rounded(p99AckMs),
    maxAckMs: rounded(maxAckMs),
    rssBytes: window.rssBytes,
    databaseBytes: window.databaseBytes,
    walBytes: window.walBytes,
  }
}

function growthBudgets(keys: number, { windows, peakBytes, restarts }: GrowthFigures): Budget[] {
  const at = `at ${formatCount(keys)} events`
  const rate = { what: `rate ${at}, of the first window`, measured: [rateOfFirst(windows)], limit: keptRate, unit: '' }
  const memory = peakBytes === undefined ? [] : [memoryBudget(`peak of memory ${at}`, peakBytes, keys)]
  return [atLeast(rate), ...memory, ...restartBudgets(keys, restarts)]
}
