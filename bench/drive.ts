/** The loop that loads a store: the same for every one, so that a difference between two rows is one of the stores. */
import type { Batch } from '../src/cli/bench-events.ts'
import type { PeerClient, RunningPeer } from './peers/peer.ts'

/** Requests made ahead at a time; about 60 MB of events. */
const maxSliceEvents = 200_000
const warmupEvents = 10_000
const maxWarmupSeconds = 0.25
/** A slice is made this much longer than the rate so far says, so that seldom a second one is needed. */
const sliceMargin = 1.2
const minBatchesPerClient = 4
/** Of the time asked for; below it another slice is worth its ramp. */
const enoughTimed = 0.9

export interface DriveOptions {
  readonly peer: RunningPeer
  readonly clients: readonly PeerClient[]
  readonly nextBatch: (size: number) => Batch
  readonly batchEvents: number
  readonly seconds: number
  readonly signal?: AbortSignal | undefined
}

export interface Driven {
  readonly eventsPerSecond: number
  /** Of one core, what this process used while the clock ran; near 1 the client was the limit, not the store. */
  readonly clientCpu: number
  /** Of the whole run, with its warm-up. */
  readonly totals: Totals
}

export interface Totals {
  readonly sent: number
  /** Events that were sent for the first time. */
  readonly fresh: number
  readonly unique: number
  readonly duplicates: number
}

/**
 * Every client sends one batch at a time and waits for its ack. Requests are made in slices between the timed parts; in a
 * timed part the clients take them in order, so that what was sent is always the beginning of what was made.
 */
export async function drive({ peer, clients, nextBatch, batchEvents, seconds, signal }: DriveOptions): Promise<Driven> {
  const totals = { sent: 0, fresh: 0, unique: 0, duplicates: 0 }
  // Left over from the last slice; a later batch may repeat their events, so they must go out before it.
  let unsent: { readonly request: unknown; readonly fresh: number }[] = []

  async function runSlice(events: number, maxSeconds: number) {
    const count = Math.max(Math.ceil(events / batchEvents), clients.length * minBatchesPerClient)
    const requests = unsent
    while (requests.length < count) {
      const batch = nextBatch(batchEvents)
      requests.push({ request: peer.encode(batch.events), fresh: batch.unique })
    }
    let next = 0
    const cpuBefore = process.cpuUsage()
    const startedAtMs = performance.now()
    const deadlineMs = startedAtMs + maxSeconds * 1000
    await Promise.all(
      clients.map(async (client) => {
        while (performance.now() < deadlineMs) {
          signal?.throwIfAborted()
          const made = requests[next]
          if (made === undefined) return
          next++
          const { unique, duplicates } = await client.append(made.request)
          totals.sent += batchEvents
          totals.fresh += made.fresh
          totals.unique += unique
          totals.duplicates += duplicates
        }
      }),
    )
    const elapsedSeconds = (performance.now() - startedAtMs) / 1000
    const { user, system } = process.cpuUsage(cpuBefore)
    unsent = requests.slice(next)
    return { elapsedSeconds, cpuSeconds: (user + system) / 1e6 }
  }

  const warmup = await runSlice(warmupEvents, Math.min(maxWarmupSeconds, seconds))
  const sentBefore = totals.sent
  let rate = sentBefore / warmup.elapsedSeconds
  let timedSeconds = 0
  let cpuSeconds = 0
  while (timedSeconds < enoughTimed * seconds) {
    const leftSeconds = seconds - timedSeconds
    const slice = await runSlice(Math.min(rate * leftSeconds * sliceMargin, maxSliceEvents), leftSeconds)
    timedSeconds += slice.elapsedSeconds
    cpuSeconds += slice.cpuSeconds
    rate = (totals.sent - sentBefore) / timedSeconds
  }
  return { eventsPerSecond: rate, clientCpu: cpuSeconds / timedSeconds, totals }
}
