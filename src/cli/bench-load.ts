/**
 * The load generator: sends batches to POST /publish and counts what the acks say. Closed loop (every connection sends
 * its next request when it has its answer) or open loop (requests are due at fixed times, whatever the server does).
 */

import { addressOf } from '../client/send-request.ts'
import { BenchConnection } from './bench-connection.ts'
import type { Batch } from './bench-events.ts'
import { RequestQueue } from './bench-requests.ts'
import { startSlice } from './bench-slice.ts'
import { type LoadResult, openTally } from './bench-tally.ts'

export interface LoadOptions {
  readonly url: string
  readonly connections: number
  /** Asked for one batch after the other; undefined ends the load. */
  readonly nextBatch: () => Batch | undefined
  readonly signal: AbortSignal
}

export interface LoadPhase {
  /** Requests under way at its end are still answered and counted. Infinity: until the batches end. */
  readonly durationMs: number
  /** Makes the loop open. Batches a second; latency then counts from when a request was due. */
  readonly ratePerSecond?: number
}

export interface Load extends Disposable {
  /** Of the phase under way, or the last one; grows while it runs. */
  readonly result: Readonly<LoadResult>
  /**
   * One phase after the other; each goes on with the batch after the last one that was sent. At its end there is an
   * answer to everything that was sent.
   *
   * @throws Error when a connection is lost, or an answer is none of 202, 429 and 503; the signal's reason.
   */
  run(phase: LoadPhase): Promise<LoadResult>
}

/** A phase that needs more has pauses, in which more is made. */
const maxPreparedBytes = 256 * 1024 * 1024
const minPreparedBytes = 64 * 1024
/** Before anything is known of the server. */
const guessedBytesPerMs = 5000
/** A server that gets faster should not run out of requests. */
const headroom = 1.3

/** Opens the connections. @throws Error when the server is away; the signal's reason. */
export async function openLoad({ url, connections, nextBatch, signal }: LoadOptions): Promise<Load> {
  const target = addressOf(url, 'publish')
  const requests = new RequestQueue(target, nextBatch)
  const open = Array.from({ length: connections }, () => new BenchConnection(target))
  const closing = new AbortController()
  const ended = AbortSignal.any([signal, closing.signal])
  ended.addEventListener('abort', () => {
    for (const connection of open) connection[Symbol.dispose]()
  })
  const onAll = async (work: (connection: BenchConnection) => Promise<void>) => {
    ended.throwIfAborted()
    const running = open.map(work)
    try {
      await Promise.all(running)
    } catch (thrown) {
      closing.abort()
      await Promise.allSettled(running)
      // What is thrown after the signal is only what it led to.
      signal.throwIfAborted()
      throw thrown
    }
  }
  await onAll((connection) => connection.open())
  let tally = openTally()
  let bytesPerMs = guessedBytesPerMs
  return {
    get result() {
      return tally.result
    },
    async run({ durationMs, ratePerSecond }) {
      tally = openTally()
      for (let doneMs = 0; doneMs < durationMs; ) {
        const leftMs = durationMs - doneMs
        const wanted = leftMs * (ratePerSecond === undefined ? bytesPerMs : (ratePerSecond / 1000) * requests.nextBytes)
        await requests.fill(Math.min(maxPreparedBytes, Math.max(minPreparedBytes, Math.ceil(headroom * wanted))), ended)
        const readyBytes = requests.bytes
        if (readyBytes === 0) break
        const slice = startSlice(requests, tally, { durationMs: leftMs, ratePerSecond, signal: ended })
        await onAll((connection) => slice.drive(connection))
        const { elapsedMs, progressMs } = slice.end()
        // A slice that was too short for a single request says nothing of the rate.
        bytesPerMs = Math.max(1, readyBytes - requests.bytes) / Math.max(elapsedMs, 1)
        doneMs += progressMs
      }
      return tally.result
    },
    [Symbol.dispose]: () => closing.abort(),
  }
}
