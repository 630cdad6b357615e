/** Fills a store with new events and tells how it went, a window of keys at a time; memory stays bounded. */
import { Latencies } from '../src/cli/bench-latencies.ts'
import type { OwnBenchServer } from '../src/cli/bench-server.ts'
import { formatCount, formatRate } from '../src/cli/format.ts'
import { barText } from '../src/cli/terminal-line.ts'
import type { Bench } from './command.ts'
import { batchesOf, type FilledStore } from './filled-store.ts'
import { readProcessMemory } from './process-memory.ts'
import { openProvenLoad, withServer } from './proven-load.ts'

export interface FillOptions extends Pick<Bench, 'signal' | 'line'> {
  readonly store: FilledStore
  readonly server: OwnBenchServer
  /** How many events the store holds in the end. */
  readonly toKeys: number
  readonly windowKeys: number
}

export interface FillWindow {
  /** In the store at its end. */
  readonly keys: number
  /** While events were sent; pauses in which requests were made are left out. */
  readonly eventsPerSecond: number
  readonly p99AckMs: number
  readonly maxAckMs: number
  /** Of the server, at its end; undefined where the system does not tell. */
  readonly rssBytes: number | undefined
  readonly databaseBytes: number
  readonly walBytes: number
}

export const fillBatchEvents = 1000
export const fillConnections = 4
/** Requests are made ahead for about so long: some hundred megabytes at most, and pauses of less than a second. */
const phaseMs = 1000
/** Of the first window, what comes before its figures: a process that has just started has compiled nothing yet. */
const warmUpShare = 0.1
const barWidth = 20

/** @throws Error when a batch is refused, or the numbers do not add up in the end. */
export async function* fill(options: FillOptions): AsyncGenerator<FillWindow> {
  const { store, server, toKeys, windowKeys, signal } = options
  const { source } = store
  const before = store.description.keys
  let limit = before
  let nextBatch = batchesOf(source, { from: before, to: before, batchEvents: fillBatchEvents, isNew: true })
  using load = await openProvenLoad(server, { connections: fillConnections, nextBatch: () => nextBatch(), signal })

  async function sendTo(keys: number) {
    const latencies = new Latencies()
    let seconds = 0
    const first = limit
    nextBatch = batchesOf(source, { from: first, to: keys, batchEvents: fillBatchEvents, isNew: true })
    limit = keys
    for (let sent = 0; sent < keys - first; ) {
      const result = await load.run({ durationMs: phaseMs })
      if (result.unique !== result.sent) throw new Error('the server refused new events, or took them for duplicates')
      sent += result.sent
      seconds += result.seconds
      latencies.add(result.latencies)
      store.addKeys(result.sent)
      paint(options, first + sent, formatRate(sent, seconds * 1000))
    }
    return { eventsPerSecond: (keys - first) / seconds, latencies }
  }

  while (limit < toKeys) {
    const windowEnd = Math.min(toKeys, limit + windowKeys)
    if (limit === before) await sendTo(limit + Math.floor(warmUpShare * (windowEnd - limit)))
    const { eventsPerSecond, latencies } = await sendTo(windowEnd)
    yield {
      keys: windowEnd,
      eventsPerSecond,
      p99AckMs: latencies.quantileMs(0.99),
      maxAckMs: latencies.maxMs,
      rssBytes: readProcessMemory(server.pid)?.rssBytes,
      ...store.sizes(),
    }
  }
  await load.prove()
}

function paint({ line, toKeys }: FillOptions, keys: number, rate: string): void {
  line.paint(`${barText(keys / toKeys, barWidth)}  ${formatCount(keys)} of ${formatCount(toKeys)} keys  ${rate}`)
}

/** Fills it up if it holds fewer events, and stops the server again. */
export async function fillUp(store: FilledStore, toKeys: number, { signal, line }: Pick<Bench, 'signal' | 'line'>) {
  if (store.description.keys >= toKeys) return
  await withServer({ store: store.url, signal }, async (server) => {
    await requireKeys(server, store, signal)
    for await (const _ of fill({ store, server, toKeys, windowKeys: toKeys, signal, line }));
    await server.end('SIGTERM')
  })
}

/** @throws Error when the server counts other events than the store was filled with. */
export async function requireKeys(server: OwnBenchServer, store: FilledStore, signal: AbortSignal): Promise<void> {
  const { unique } = await server.readCounts('', signal)
  const { keys } = store.description
  if (unique === keys) return
  throw new Error(
    `the store was filled with ${keys} events, and the server counts ${unique}; begin with an empty folder`,
  )
}
