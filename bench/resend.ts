/** Sends events of a filled store again: every one must be recognised. */
import type { OwnBenchServer } from '../src/cli/bench-server.ts'
import type { LoadCounts } from '../src/cli/bench-tally.ts'
import { fillBatchEvents, fillConnections } from './fill.ts'
import { batchesOf, type FilledStore } from './filled-store.ts'
import { openProvenLoad } from './proven-load.ts'

const regionEvents = 10_000

export interface Region {
  readonly name: 'old' | 'middle' | 'new'
  readonly from: number
  readonly to: number
}

/** The first, middle and last events of a store. */
export function regionsOf(keys: number): Region[] {
  const size = Math.min(regionEvents, Math.floor(keys / 3))
  const middle = Math.floor((keys - size) / 2)
  return [
    { name: 'old', from: 0, to: size },
    { name: 'middle', from: middle, to: middle + size },
    { name: 'new', from: keys - size, to: keys },
  ]
}

/** @param range some of which may be stored. @returns what the acks said. */
export async function sendRange(
  server: OwnBenchServer,
  store: FilledStore,
  { from, to, signal }: { readonly from: number; readonly to: number; readonly signal: AbortSignal },
): Promise<LoadCounts> {
  const nextBatch = batchesOf(store.source, { from, to, batchEvents: fillBatchEvents, isNew: false })
  using load = await openProvenLoad(server, { connections: fillConnections, nextBatch, signal })
  const counts = await load.run({ durationMs: Number.POSITIVE_INFINITY })
  if (counts.sent === to - from && counts.refused === 0 && counts.conflicts === 0) return counts
  throw new Error(
    `of ${to - from} events ${counts.sent} were sent, ${counts.refused} refused, ${counts.conflicts} in conflict`,
  )
}

/** @returns how many events were recognised. @throws Error when one was not, or the server's counters disagree. */
export async function resendRegions(server: OwnBenchServer, store: FilledStore, signal: AbortSignal): Promise<number> {
  const { keys } = store.description
  const before = await server.readCounts('', signal)
  let sent = 0
  for (const { name, from, to } of regionsOf(keys)) {
    const counts = await sendRange(server, store, { from, to, signal })
    sent += counts.sent
    if (counts.unique === 0 && counts.duplicates === counts.sent) continue
    throw new Error(`of ${counts.sent} ${name} events ${counts.unique} were stored a second time`)
  }
  const after = await server.readCounts('', signal)
  if (after.unique === keys && after.duplicates - before.duplicates === sent) return sent
  throw new Error(
    `the server counts ${after.unique} events and ${after.duplicates} duplicates after ${sent} were sent again`,
  )
}
