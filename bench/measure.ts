/** One run: an empty store, its clients, the loop, and the books, which must add up. */
import { type EventSource, openBatches } from '../src/cli/bench-events.ts'
import { type Driven, drive, type Totals } from './drive.ts'
import type { Peer } from './peers/peer.ts'

const duplicateSeed = 1

export interface MeasureOptions {
  readonly peer: Peer
  readonly batchEvents: number
  readonly connections: number
  readonly seconds: number
  readonly source: EventSource
  /** 0 to 1: the share of events that were sent before. */
  readonly duplicateRatio: number
  readonly signal?: AbortSignal | undefined
}

/** @throws Error when acks, events sent and events stored disagree. */
export async function measure(options: MeasureOptions): Promise<Driven> {
  const { peer, batchEvents, connections, seconds, source, duplicateRatio, signal } = options
  await using running = await peer.open()
  await using opened = new AsyncDisposableStack()
  const clients = []
  for (let index = 0; index < Math.min(connections, peer.maxConnections ?? connections); index++) {
    clients.push(opened.use(await running.openClient()))
  }
  const nextBatch = openBatches(source, duplicateRatio, duplicateSeed)
  const driven = await drive({ peer: running, clients, nextBatch, batchEvents, seconds, signal })
  checkBooks(peer, driven.totals, await running.countStored())
  return driven
}

function checkBooks({ name, hasDedup }: Peer, { sent, fresh, unique, duplicates }: Totals, stored: number): void {
  const expected = hasDedup ? fresh : sent
  if (unique + duplicates === sent && unique === expected && stored === unique) return
  throw new Error(
    `${name}: the books do not add up: ${sent} events sent, ${expected} of them to be stored; ` +
      `acknowledged ${unique} unique and ${duplicates} duplicates; the store counts ${stored}`,
  )
}
