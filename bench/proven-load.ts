/** A server of the benchmark's own under load, with books over all phases: a figure counts only when they add up. */
import { type Load, type LoadOptions, openLoad } from '../src/cli/bench-load.ts'
import { faultsOf } from '../src/cli/bench-proof.ts'
import { causeOf, sumOf } from '../src/cli/bench-run.ts'
import { type OwnBenchServer, startBenchServer } from '../src/cli/bench-server.ts'
import type { LoadCounts } from '../src/cli/bench-tally.ts'
import { countsSince } from '../src/cli/server-counts.ts'

export interface ServerOptions {
  /** Undefined: a new SQLite file in a temporary folder. */
  readonly store?: string
  readonly signal: AbortSignal
}

/** Starts `sekali serve`, and stops it after the work. @throws Error also why the server ended, if it did. */
export async function withServer<T>(
  { store, signal }: ServerOptions,
  work: (server: OwnBenchServer) => Promise<T>,
): Promise<T> {
  await using server = await startBenchServer(store, signal)
  // Awaited here: the server is stopped when this function is left.
  return await whileServed(server, signal, () => work(server))
}

/** A lost connection is only what the end of the server led to. @throws Error why it ended. */
export async function whileServed<T>(server: OwnBenchServer, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw await causeOf(thrown, server, signal)
  }
}

export interface ProvenLoad extends Load {
  /** All phases that have ended. */
  readonly counts: LoadCounts
  /** @throws Error when events sent, acks and the server's counters disagree. */
  prove(): Promise<void>
}

const nothing: LoadCounts = { sent: 0, unique: 0, duplicates: 0, conflicts: 0, refused: 0, expectedUnique: 0 }

/** The only load on the server while it is open. */
export async function openProvenLoad(server: OwnBenchServer, options: Omit<LoadOptions, 'url'>): Promise<ProvenLoad> {
  const readCounts = () => server.readCounts('', options.signal)
  const before = await readCounts()
  const load = await openLoad({ url: server.url, ...options })
  let counts = nothing
  return {
    get result() {
      return load.result
    },
    get counts() {
      return counts
    },
    async run(phase) {
      const result = await load.run(phase)
      counts = sumOf(counts, result)
      return result
    },
    async prove() {
      const faults = faultsOf(counts, countsSince(await readCounts(), before))
      if (faults.length > 0) throw new Error(`the numbers do not add up: ${faults.join('; ')}`)
    },
    [Symbol.dispose]: () => load[Symbol.dispose](),
  }
}
