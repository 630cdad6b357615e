/** One stretch of sending: from requests that are ready until they run out or the time is up. */
import { setTimeout as pause } from 'node:timers/promises'
import type { BenchConnection } from './bench-connection.ts'
import type { RequestQueue } from './bench-requests.ts'
import type { Tally } from './bench-tally.ts'

export interface SliceOptions {
  readonly durationMs: number
  /** Requests a second; undefined: every connection sends its next one when it has its answer. */
  readonly ratePerSecond: number | undefined
  readonly signal: AbortSignal
}

export interface Slice {
  /** Sends on this connection until the slice is over; several connections share its requests. */
  drive(connection: BenchConnection): Promise<void>
  /** Once every connection is done. @returns how much of `durationMs` is behind. */
  end(): { readonly elapsedMs: number; readonly progressMs: number }
}

export function startSlice(requests: RequestQueue, tally: Tally, options: SliceOptions): Slice {
  const { durationMs, ratePerSecond, signal } = options
  const startedAtMs = performance.now()
  const endMs = startedAtMs + durationMs
  const cpuBefore = process.cpuUsage()
  const intervalMs = ratePerSecond === undefined ? undefined : 1000 / ratePerSecond
  let taken = 0

  async function drive(connection: BenchConnection): Promise<void> {
    for (;;) {
      const dueMs = intervalMs === undefined ? performance.now() : startedAtMs + taken * intervalMs
      const request = dueMs < endMs ? requests.take() : undefined
      if (request === undefined) return
      taken++
      if (intervalMs !== undefined) {
        await waitUntil(dueMs, signal)
        tally.result.delays.record(performance.now() - dueMs)
      }
      const { status, body, retryAfterSeconds } = await connection.send(request.bytes)
      const answeredAtMs = performance.now()
      if (status === 202) {
        tally.countAck(request, body)
        // From when it was due: a request that waited for a free connection waited for the server.
        tally.result.latencies.record(answeredAtMs - dueMs)
      } else if (status === 429 || status === 503) {
        tally.countRefusal(request)
        await waitUntil(Math.min(endMs, answeredAtMs + retryAfterSeconds * 1000), signal)
      } else throw new Error(`the server answered ${status}: ${body.slice(0, 500)}`)
    }
  }

  function end() {
    const elapsedMs = performance.now() - startedAtMs
    const { user, system } = process.cpuUsage(cpuBefore)
    tally.result.seconds += elapsedMs / 1000
    tally.result.cpuSeconds += (user + system) / 1e6
    // An open loop that fell behind has used up less of its schedule than of the time.
    return { elapsedMs, progressMs: intervalMs === undefined ? elapsedMs : taken * intervalMs }
  }

  return { drive, end }
}

async function waitUntil(atMs: number, signal: AbortSignal): Promise<void> {
  // Again and again: timers take whole milliseconds, and may end a little early.
  for (let waitMs = atMs - performance.now(); waitMs > 0; waitMs = atMs - performance.now()) {
    await pause(Math.ceil(waitMs), undefined, { signal })
  }
}
