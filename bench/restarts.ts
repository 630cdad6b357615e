/** How long a server takes to be ready again, on a store that is there: after a stop, and after kill -9 under load. */
import { setTimeout as pause } from 'node:timers/promises'
import { openLoad } from '../src/cli/bench-load.ts'
import { type OwnBenchServer, startBenchServer } from '../src/cli/bench-server.ts'
import type { Bench } from './command.ts'
import { fillBatchEvents, fillConnections, requireKeys } from './fill.ts'
import { batchesOf, type FilledStore } from './filled-store.ts'
import { openGetter } from './getter.ts'
import { whileServed } from './proven-load.ts'
import { sendRange } from './resend.ts'

export interface RestartTimes {
  /** From starting the process until GET /readyz answers 200. */
  readonly afterStopMs: readonly number[]
  readonly afterKillMs: readonly number[]
  /** Acknowledged before the kills; all of them were there afterwards. */
  readonly eventsBeforeKills: number
}

export interface RestartsOptions extends Pick<Bench, 'signal' | 'line'> {
  readonly store: FilledStore
  readonly repeats: number
  /** Acknowledged before the process is killed. */
  readonly killAfterEvents: number
}

/** The store's server must have been stopped. Stores some more events. @throws Error also when an event is lost. */
export async function measureRestarts(options: RestartsOptions): Promise<RestartTimes> {
  const { store, repeats, signal, line } = options
  const afterStopMs: number[] = []
  const afterKillMs: number[] = []
  let eventsBeforeKills = 0
  for (let repeat = 1; repeat <= repeats; repeat++) {
    line.paintNow(`restart ${repeat} of ${repeats}: after a stop, then after kill -9`)
    const ackedBefore = await withTimedServer(store, signal, async (server, readyMs) => {
      afterStopMs.push(readyMs)
      await requireKeys(server, store, signal)
      return killUnderLoad(server, options)
    })
    eventsBeforeKills += ackedBefore
    await withTimedServer(store, signal, async (server, readyMs) => {
      afterKillMs.push(readyMs)
      await recover(server, ackedBefore, options)
      await server.end('SIGTERM')
    })
  }
  return { afterStopMs, afterKillMs, eventsBeforeKills }
}

async function withTimedServer<T>(
  store: FilledStore,
  signal: AbortSignal,
  work: (server: OwnBenchServer, readyMs: number) => Promise<T>,
): Promise<T> {
  const startedAtMs = performance.now()
  await using server = await startBenchServer(store.url, signal)
  using getter = openGetter(server.url)
  while ((await getter.get('readyz')).status !== 200) await pause(1, undefined, { signal })
  const readyMs = performance.now() - startedAtMs
  // Awaited here: the server is stopped when this function is left.
  return await whileServed(server, signal, () => work(server, readyMs))
}

/** @returns how many events were acknowledged. */
async function killUnderLoad(server: OwnBenchServer, { store, killAfterEvents, signal }: RestartsOptions) {
  const from = store.description.keys
  // The load must not end before the kill.
  const range = { from, to: from + 2 * killAfterEvents + reachEvents, batchEvents: fillBatchEvents, isNew: true }
  const nextBatch = batchesOf(store.source, range)
  using load = await openLoad({ url: server.url, connections: fillConnections, nextBatch, signal })
  let isOver = false
  const loaded = load.run({ durationMs: Number.POSITIVE_INFINITY }).finally(() => {
    isOver = true
  })
  // It ends with an error, when the server is killed.
  const outcome = loaded.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  while (load.result.sent < killAfterEvents && !isOver) await pause(1, undefined, { signal })
  if (isOver) throw (await outcome) ?? new Error('the load ended before the server was killed')
  await server.end('SIGKILL')
  if ((await outcome) === undefined) throw new Error('the server was killed, and every event was acknowledged')
  const { unique, sent } = load.result
  if (unique !== sent) throw new Error('the server refused new events, or took them for duplicates')
  return unique
}

/** Requests go out in order, so that what is under way, beyond what is acknowledged, is within these. */
const reachEvents = fillBatchEvents * fillConnections

/** What a publisher does after a crash: sends again all that it sent. @throws Error when an acknowledged event is lost. */
async function recover(server: OwnBenchServer, acked: number, { store, signal }: RestartsOptions) {
  const from = store.description.keys
  const to = from + acked + reachEvents
  const { unique, duplicates } = await sendRange(server, store, { from, to, signal })
  if (duplicates < acked) throw new Error(`${acked} events were acknowledged, and ${duplicates} survived kill -9`)
  store.addKeys(unique + duplicates)
  await requireKeys(server, store, signal)
}
